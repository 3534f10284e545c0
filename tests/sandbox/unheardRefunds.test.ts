// Money that goes back at a gateway's own pages, and whose webhook never comes: what the gateway lists is asked for one by
// one and booked, once. What a list cannot explain stays a person's.
import { layer } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { expect } from "vitest"
import { Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import { MidId } from "../../src/kernel/ids.ts"
import { type PaymentProvider, Providers, type RefundLookup } from "../../src/kernel/PaymentProvider.ts"
import type { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { ReturnSearch } from "../../src/kernel/refunds/ReturnSearch.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { type Gateway, openCompany, Shop } from "./shop.ts"
import { postForm, sendJson } from "./support.ts"

const companies = new Map<Gateway, Effect.Success<ReturnType<typeof openCompany>>>()

/** A paid session, and what a person does with it at the gateway's own pages; nobody hears of that. */
const paid = Effect.fnUntraced(function* (gateway: Gateway, settled = true) {
  const shop = yield* Shop
  const owner = yield* Owner
  const emulator = shop.sandbox[gateway]
  emulator.faults.clear()
  const company =
    companies.get(gateway) ?? (yield* openCompany(gateway === "nmi" ? ["nmi", "stripe"] : ["stripe", "nmi"]))
  companies.set(gateway, company)
  const { session, amount } = yield* shop.pay(company)
  if (gateway === "nmi" && settled) {
    yield* Effect.promise(() => sendJson(`${emulator.origin}/_sandbox/settle`, "POST", { account: "shop" }))
  }
  const movements = () => emulator.books().movements.filter(({ order }) => order.startsWith(`${session}-`))
  const charge = movements()[0]?.reference ?? ""
  const post = (path: string, form: Readonly<Record<string, string>>) =>
    Effect.promise(() =>
      postForm(`${emulator.origin}${path}`, form, { authorization: "Bearer sk_test_sandbox_shop" })
    )
  const transact = (form: Readonly<Record<string, string>>) =>
    post("/api/transact.php", { security_key: "sandbox_shop", transactionid: charge, ...form })
  return {
    shop,
    session,
    amount,
    mid: MidId.make(company.accounts[0]?.id ?? ""),
    charge,
    emulator,
    byHand: (cents: number) =>
      gateway === "stripe"
        ? post("/v1/refunds", { payment_intent: charge, amount: String(cents) })
        : transact({ type: "refund", amount: (cents / 100).toFixed(2) }),
    voidByHand: transact({ type: "void" }),
    refunds: () => movements().flatMap(({ kind, movement }) => (kind === "refunded" ? [movement] : [])),
    booked: Effect.map(
      owner<{ readonly amount: number }>`select sum(amount)::int as amount from returns
        where session_id = ${session} group by refund_reference having sum(amount) <> 0 order by 1`,
      (rows) => rows.map(({ amount: cents }) => cents)
    ),
    alarms: Effect.map(
      owner<{ readonly open: boolean }>`select closed_at is null as open from incidents
        where session_id = ${session} and kind = 'refunded_more_than_booked' order by incident_id`,
      (rows) => rows.map(({ open }) => (open ? "open" : "closed"))
    ),
    /** The workers look for what is missing; the time until then passes. */
    search: (looking: Effect.Effect<unknown, unknown, ReturnSearch | Providers | RefundLedger> = searching) =>
      owner`update incidents set next_search_at = now() where closed_at is null and session_id = ${session}`.pipe(
        Effect.andThen(looking),
        Effect.orDie
      )
  }
})

const searching = Effect.flatMap(ReturnSearch, ({ pass }) => pass)

/** The same search, of gateways that say something else than they do. */
const lying = (lie: (provider: PaymentProvider, lookup: RefundLookup) => Partial<PaymentProvider>) =>
  Effect.gen(function* () {
    const real = yield* Providers
    const liar = (provider: PaymentProvider): PaymentProvider =>
      provider.refundLookup === undefined
        ? provider
        : { ...provider, ...lie(provider, provider.refundLookup) }
    const wrapped = Layer.succeed(Providers, { ...real, get: (name) => Effect.map(real.get(name), liar) })
    return yield* searching.pipe(
      Effect.provide(
        Layer.fresh(ReturnSearch.layer).pipe(
          Layer.provide(Layer.fresh(RefundReconciler.layer)),
          Layer.provide(wrapped)
        )
      )
    )
  })

const listing = (names: ReadonlyArray<string>) =>
  lying((_, refundLookup) => ({
    refundLookup: { ...refundLookup, listRefunds: () => Effect.succeed(names) }
  }))

const ways = [
  { gateway: "stripe", settled: true, kind: "refunds" },
  { gateway: "nmi", settled: true, kind: "refunds" },
  { gateway: "nmi", settled: false, kind: "a void" }
] as const

layer(Shop.layer(), { excludeTestServices: true, timeout: Duration.minutes(1) })("nobody hears of", (it) => {
  for (const { gateway, settled, kind } of ways) {
    it.effect(`${kind} by hand at ${gateway}: each is found when the next refund is asked for, once`, () =>
      Effect.gen(function* () {
        const { shop, session, amount, mid, charge, ...at } = yield* paid(gateway, settled)
        if (settled) yield* Effect.andThen(at.byHand(200), at.byHand(200))
        else yield* at.voidByHand
        const gone = settled ? [200, 200] : [amount]
        expect(yield* at.booked).toEqual([])
        expect(yield* shop.giveBack(session)).toBe("RefundTooLarge")
        expect(yield* at.alarms).toEqual(["open"])

        yield* at.search()
        expect(yield* at.booked).toEqual(gone)
        expect(yield* at.alarms).toEqual(["closed"])
        const { incidents } = yield* shop.written(session)
        expect(incidents.filter((one) => one === "refunded_elsewhere")).toHaveLength(gone.length)
        // Their webhooks come after all, and another search.
        const { heard } = yield* RefundNews
        const names = settled ? at.refunds() : [`void_${charge}`]
        for (const refundReference of names) {
          expect(yield* heard(mid, { refundReference, processorReference: charge })).toBe(true)
        }
        yield* at.search()
        expect(yield* at.booked).toEqual(gone)

        const left = settled ? amount - 400 : 0
        expect(yield* shop.giveBack(session)).toBe(settled ? "refunded" : "NothingToRefund")
        expect(shop.returned(session).reduce((sum, cents) => sum + cents, 0)).toBe(amount)
        expect(yield* at.booked).toEqual([...gone, ...(left > 0 ? [left] : [])].toSorted((a, b) => a - b))
        expect(yield* at.alarms).toEqual(["closed"])
      })
    )
  }

  for (const gateway of ["stripe", "nmi"] as const satisfies ReadonlyArray<Gateway>) {
    it.effect(`a refund by hand at ${gateway} while one of ours is in doubt: neither is booked twice`, () =>
      Effect.gen(function* () {
        const { shop, session, ...at } = yield* paid(gateway)
        yield* at.byHand(200)
        const path = gateway === "stripe" ? "/refunds" : "/transact.php"
        at.emulator.faults.add({ fault: { kind: "cut_after" }, match: { path, method: "POST" } })
        expect(yield* shop.giveBack(session, 300)).toBe("indeterminate")
        expect(yield* at.alarms).toEqual(["open"])
        // The gateway does not tell of ours by its key: what is listed may be ours.
        const unfound = lying((_, refundLookup) => ({
          refundLookup: {
            ...refundLookup,
            lookupRefund: () =>
              Effect.succeed({ _tag: "RefundNotFound", evidence: { code: "not_found", message: "no" } })
          }
        }))
        yield* at.search(unfound)
        expect(yield* at.booked).toEqual([])
        expect(yield* at.alarms).toEqual(["open"])

        yield* at.search()
        expect(yield* at.booked).toEqual([200, 300])
        expect(yield* at.alarms).toEqual(["closed"])
        const { refunds, incidents } = yield* shop.written(session)
        expect(refunds.map(({ state }) => state)).toEqual(["refunded"])
        expect(incidents.filter((one) => one === "refunded_elsewhere")).toHaveLength(1)
        expect(shop.returned(session).toSorted((a, b) => a - b)).toEqual([200, 300])
      })
    )

    it.effect(
      `a refund by hand at ${gateway}, and its list cannot be read: it is a person's until it can`,
      () =>
        Effect.gen(function* () {
          const { shop, session, amount, ...at } = yield* paid(gateway)
          yield* at.byHand(200)
          expect(yield* shop.giveBack(session, amount)).toBe("RefundTooLarge")
          const match =
            gateway === "stripe"
              ? { path: "/refunds", method: "GET" }
              : { path: "/query.php", method: "POST" }
          for (const kind of ["truncated", "malformed", "empty", "cut_before"] as const) {
            at.emulator.faults.add({ fault: { kind }, match, times: 9 })
            yield* at.search()
            at.emulator.faults.clear()
            expect(yield* at.booked, kind).toEqual([])
            expect(yield* at.alarms, kind).toEqual(["open"])
          }
          yield* at.search()
          expect(yield* at.booked).toEqual([200])
          expect(yield* at.alarms).toEqual(["closed"])
        })
    )

    it.effect(`a refund by hand at ${gateway}, and the list lies: nothing is booked by it`, () =>
      Effect.gen(function* () {
        const other = yield* paid(gateway)
        yield* other.byHand(150)
        const { shop, session, amount, ...at } = yield* paid(gateway)
        yield* at.byHand(200)
        expect(yield* shop.giveBack(session, amount)).toBe("RefundTooLarge")
        const unknown = new Indeterminate({ evidence: { code: "lookup_failed", message: "no" } })
        const lies = {
          "it is an old one": listing([]),
          "it names another charge's refund": listing(other.refunds()),
          "it names what there is not": listing(["re_none", "999999999", "", `void_${at.charge}`]),
          "it names the charge": listing([at.charge]),
          "it is not told": lying((_, refundLookup) => ({
            refundLookup: { ...refundLookup, listRefunds: () => Effect.fail(unknown) }
          })),
          "it breaks": lying((_, refundLookup) => ({
            refundLookup: { ...refundLookup, listRefunds: () => Effect.die("broken") }
          })),
          // A sum that was true before says nothing against the incident.
          "it is an old one, and so is the sum": lying(({ refundContext }, refundLookup) => ({
            refundLookup: { ...refundLookup, listRefunds: () => Effect.succeed([]) },
            refundContext: (charge) =>
              Effect.map(refundContext(charge), (context) => ({ ...context, refundedAmount: 0 }))
          }))
        }
        for (const [lie, search] of Object.entries(lies)) {
          yield* at.search(search)
          expect(yield* at.booked, lie).toEqual([])
          expect(yield* at.alarms, lie).toEqual(["open"])
        }
        expect(yield* other.booked).toEqual([])
        yield* at.search()
        expect(yield* at.booked).toEqual([200])
        expect(yield* at.alarms).toEqual(["closed"])
      })
    )

    it.effect(
      `a refund by hand at ${gateway} that is told in another currency does not explain the sum`,
      () =>
        Effect.gen(function* () {
          const { shop, session, amount, ...at } = yield* paid(gateway)
          yield* at.byHand(200)
          expect(yield* shop.giveBack(session, amount)).toBe("RefundTooLarge")
          yield* at.search(
            lying((_, refundLookup) => ({
              refundLookup: {
                ...refundLookup,
                readRefund: ({ refundReference }) =>
                  Effect.succeed({
                    _tag: "RefundDone",
                    refunded: { refundReference, money: { amount: 200, currency: "EUR" } }
                  })
              }
            }))
          )
          expect(yield* at.alarms).toEqual(["open"])
          // It is in the books as it was told, under its own name, and once.
          yield* at.search()
          expect(yield* at.booked).toEqual([200])
          expect(yield* at.alarms).toEqual(["open"])
        })
    )
  }

  it.effect(
    "a second refund by hand of the same amount is news, and a person's word on the first covers it not",
    () =>
      Effect.gen(function* () {
        const { shop, session, amount, ...at } = yield* paid("stripe")
        for (const nth of [1, 2]) {
          yield* at.byHand(200)
          expect(yield* shop.giveBack(session, amount - 200 * nth + 1)).toBe("RefundTooLarge")
          expect((yield* at.alarms).at(-1)).toBe("open")
          yield* at.search()
          expect(yield* at.alarms).toEqual(Array.from({ length: nth }, () => "closed"))
        }
        expect(yield* at.booked).toEqual([200, 200])
      })
  )
})
