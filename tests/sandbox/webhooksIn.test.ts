// The gateways' own webhooks at the service's door: an answer that nobody heard is made good by them, whatever becomes
// of them on the way, and money that goes back elsewhere is known.
import { layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { createHmac } from "node:crypto"
import { afterAll, expect } from "vitest"
import type { Fault } from "../../sandbox/plumbing/Fault.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { type Gateway, openCompany, Shop, webhookSecrets } from "./shop.ts"
import { postForm, receiver, sendJson } from "./support.ts"

const money = { stripe: "/payment_intents", nmi: "/transact.php" } as const
const told = { stripe: "payment_intent.succeeded", nmi: "transaction.sale.success" } as const

const onTheWay: ReadonlyArray<Fault | undefined> = [
  undefined,
  { kind: "webhook_twice" },
  { kind: "webhook_forged" },
  { kind: "webhook_delayed", seconds: 0.1 }
]

type Listener = Awaited<ReturnType<typeof receiver>>
const listeners = new Map<Gateway, Listener>()
afterAll(() => {
  for (const { close } of listeners.values()) close()
})

/** Whoever a gateway tells; there is one for all tests. */
const listening = Effect.fnUntraced(function* (gateway: Gateway) {
  const known = listeners.get(gateway)
  if (known !== undefined) return known
  const { sandbox } = yield* Shop
  const listener = yield* Effect.promise(() => receiver())
  listeners.set(gateway, listener)
  if (gateway === "nmi") sandbox.nmi.listen("shop", listener.url, { key: webhookSecrets.nmi })
  else sandbox.stripe.listen("shop", listener.url, { secret: webhookSecrets.stripe })
  return listener
})

layer(Shop.layer(), { excludeTestServices: true, timeout: Duration.minutes(1) })("a webhook", (it) => {
  for (const gateway of ["stripe", "nmi"] as const satisfies ReadonlyArray<Gateway>) {
    for (const fault of onTheWay) {
      it.effect(
        `of ${gateway}${fault === undefined ? "" : `, ${fault.kind},`} settles a charge whose answer was cut off, once`,
        () =>
          Effect.gen(function* () {
            const shop = yield* Shop
            const emulator = shop.sandbox[gateway]
            const at = yield* openCompany(gateway === "nmi" ? ["nmi", "stripe"] : ["stripe", "nmi"])
            const mid = at.accounts[0]?.id ?? ""
            const listener = yield* listening(gateway)
            const before = listener.received.length
            const received = () => listener.received.slice(before)

            emulator.faults.clear()
            emulator.faults.add({
              fault: { kind: "cut_after" },
              match: { path: money[gateway], method: "POST" }
            })
            if (fault !== undefined) emulator.faults.add({ fault, match: { event: told[gateway] } })
            const { session, amount } = yield* shop.pay(at)
            expect((yield* shop.written(session)).state).toBe("in_review")
            yield* Effect.sleep(Duration.millis(150))
            yield* emulator.quiet
            expect(received().length).toBeGreaterThan(0)

            const heard = yield* Effect.forEach(received(), (webhook) => shop.knock(gateway, mid, webhook))
            expect(heard).toContain("taken")
            expect(heard.includes("refused")).toBe(fault?.kind === "webhook_forged")
            expect(heard.includes("known")).toBe(fault?.kind === "webhook_twice")
            yield* shop.workOff
            expect(yield* shop.written(session)).toMatchObject({
              state: "settled",
              postings: [amount],
              fulfilments: 1,
              incidents: []
            })
            // Told again, at this address or another's, it changes nothing.
            yield* Effect.forEach(received(), (webhook) => shop.knock(gateway, mid, webhook))
            yield* shop.workOff
            expect(yield* shop.written(session)).toMatchObject({
              state: "settled",
              postings: [amount],
              fulfilments: 1
            })
            expect(shop.moved(session)).toEqual([{ gateway, amount }])
          })
      )
    }
  }

  for (const type of ["refund", "void"] as const) {
    it.effect(`of nmi tells of a ${type} that a person made at the gateway's own pages`, () =>
      Effect.gen(function* () {
        const shop = yield* Shop
        const { nmi } = shop.sandbox
        const at = yield* openCompany(["nmi", "stripe"])
        const mid = at.accounts[0]?.id ?? ""
        const listener = yield* listening("nmi")
        nmi.faults.clear()
        const { session, amount } = yield* shop.pay(at)
        const charge = nmi.books().movements.find(({ order }) => order.startsWith(`${session}-`))?.reference
        const before = listener.received.length
        yield* Effect.promise(() =>
          postForm(`${nmi.origin}/api/transact.php`, {
            security_key: "sandbox_shop",
            type,
            transactionid: charge ?? "",
            ...(type === "refund" ? { amount: "4.00" } : {})
          })
        )
        yield* nmi.quiet
        for (const nth of [1, 2]) {
          const heard = yield* Effect.forEach(listener.received.slice(before), (webhook) =>
            shop.knock("nmi", mid, webhook)
          )
          expect(heard, String(nth)).toContain(nth === 1 ? "taken" : "known")
          yield* shop.workOff
        }
        expect(shop.returned(session)).toEqual([type === "refund" ? 400 : amount])
        const { state, incidents } = yield* shop.written(session)
        expect({ state, incidents }).toEqual({ state: "settled", incidents: ["refunded_elsewhere"] })
        // What went back already does not go back again.
        expect(["RefundTooLarge", "NothingToRefund"]).toContain(yield* shop.giveBack(session, amount))
        expect(shop.returned(session)).toHaveLength(1)
      })
    )
  }

  it.effect(
    "of nmi tells of the void of a charge that nobody heard of as captured: it is no dead letter",
    () =>
      Effect.gen(function* () {
        const shop = yield* Shop
        const owner = yield* Owner
        const { nmi } = shop.sandbox
        const at = yield* openCompany(["nmi", "stripe"])
        const mid = at.accounts[0]?.id ?? ""
        const listener = yield* listening("nmi")
        nmi.faults.clear()
        nmi.faults.add({ fault: { kind: "cut_after" }, match: { path: money.nmi, method: "POST" } })
        const { session } = yield* shop.pay(at)
        nmi.faults.clear()
        expect((yield* shop.written(session)).state).toBe("in_review")
        yield* nmi.quiet
        const before = listener.received.length
        const charge = nmi.books().movements.find(({ order }) => order.startsWith(`${session}-`))?.reference
        yield* Effect.promise(() =>
          postForm(`${nmi.origin}/api/transact.php`, {
            security_key: "sandbox_shop",
            type: "void",
            transactionid: charge ?? ""
          })
        )
        yield* nmi.quiet
        // The sale's own webhook is lost; the void's alone comes.
        const news = listener.received.slice(before)
        expect(yield* Effect.forEach(news, (webhook) => shop.knock("nmi", mid, webhook))).toEqual(["taken"])
        yield* shop.workOff
        const inbox = yield* owner`select type, state, trouble from webhook_inbox where mid_id = ${mid}`
        expect(inbox).toEqual([{ type: "transaction.void.success", state: "processed", trouble: null }])
        expect(yield* shop.written(session)).toMatchObject({ captures: [], postings: [], incidents: [] })
        expect((yield* shop.written(session)).attempts[0]?.state).toBe("declined")
      })
  )

  it.effect("of stripe that a refund failed is not settled by an answer that is older than it", () =>
    Effect.gen(function* () {
      const shop = yield* Shop
      const owner = yield* Owner
      const { stripe } = shop.sandbox
      const at = yield* openCompany(["stripe", "nmi"])
      const mid = at.accounts[0]?.id ?? ""
      stripe.faults.clear()
      const { session } = yield* shop.pay(at)
      expect(yield* shop.giveBack(session, 300)).toBe("refunded")
      const moved = stripe
        .books()
        .movements.find(({ order, kind }) => order.startsWith(`${session}-`) && kind === "refunded")
      const refund = {
        id: moved?.movement,
        object: "refund",
        payment_intent: moved?.reference,
        status: "failed"
      }
      // The news is there before the object shows it: signed as Stripe signs, and ahead of its own books.
      const body = JSON.stringify({
        id: `evt_early_${session}`,
        object: "event",
        type: "refund.failed",
        created: Math.floor(Date.now() / 1000),
        livemode: false,
        data: { object: { ...refund, amount: 300, currency: "usd", metadata: {} } }
      })
      const t = Math.floor(Date.now() / 1000)
      const v1 = createHmac("sha256", webhookSecrets.stripe).update(`${t}.${body}`).digest("hex")
      const headers = { "content-type": "application/json", "stripe-signature": `t=${t},v1=${v1}` }
      expect(yield* shop.knock("stripe", mid, { headers, body })).toBe("taken")
      const inbox = owner`select state, trouble, split_part(problem, ':', 1) as problem from webhook_inbox where mid_id = ${mid}`
      const states = Effect.map(shop.written(session), ({ refunds }) => refunds.map(({ state }) => state))
      yield* shop.workOff
      expect(yield* inbox).toEqual([{ state: "pending", trouble: "failed", problem: "refund_contradicted" }])
      expect(yield* states).toEqual(["refunded"])

      yield* Effect.promise(() =>
        postForm(
          `${stripe.origin}/_sandbox/refunds/${moved?.movement}/fail`,
          {},
          { authorization: "Bearer sk_test_sandbox_shop" }
        )
      )
      yield* owner`update webhook_inbox set next_try_at = now() where mid_id = ${mid}`
      yield* shop.workOff
      expect(yield* inbox).toMatchObject([{ state: "processed", trouble: null }])
      expect(yield* states).toEqual(["taken_back"])
    })
  )

  for (const gateway of ["stripe", "nmi"] as const satisfies ReadonlyArray<Gateway>) {
    it.effect(`of ${gateway} tells of refunds that fail afterwards, ours and a person's, in any order`, () =>
      Effect.gen(function* () {
        const shop = yield* Shop
        const owner = yield* Owner
        const emulator = shop.sandbox[gateway]
        const at = yield* openCompany(gateway === "nmi" ? ["nmi", "stripe"] : ["stripe", "nmi"])
        const mid = at.accounts[0]?.id ?? ""
        const listener = yield* listening(gateway)
        emulator.faults.clear()
        const post = (path: string, form: Readonly<Record<string, string>>) =>
          Effect.promise(() =>
            postForm(`${emulator.origin}${path}`, form, { authorization: "Bearer sk_test_sandbox_shop" })
          )
        /** A person gives back at the gateway's own pages. */
        const byHand = (charge: string, amount: number) =>
          gateway === "stripe"
            ? post("/v1/refunds", { payment_intent: charge, amount: String(amount) })
            : post("/api/transact.php", {
                security_key: "sandbox_shop",
                type: "refund",
                transactionid: charge,
                amount: (amount / 100).toFixed(2)
              })
        /** It does not arrive: failed at Stripe; called back at NMI. */
        const fails = (refund: string) =>
          gateway === "stripe"
            ? post(`/_sandbox/refunds/${refund}/fail`, {})
            : post("/api/transact.php", { security_key: "sandbox_shop", type: "void", transactionid: refund })
        const { session } = yield* shop.pay(at)
        if (gateway === "nmi") {
          yield* Effect.promise(() =>
            sendJson(`${emulator.origin}/_sandbox/settle`, "POST", { account: "shop" })
          )
        }
        yield* emulator.quiet
        const before = listener.received.length
        const knocks = Effect.gen(function* () {
          yield* emulator.quiet
          // The newest first, and each again.
          const news = listener.received.slice(before).toReversed()
          yield* Effect.forEach([...news, ...news], (webhook) => shop.knock(gateway, mid, webhook))
          yield* shop.workOff
        })
        const booked = Effect.map(
          owner<{ readonly amount: number }>`select sum(amount)::int as amount from returns
            where session_id = ${session} group by refund_reference having sum(amount) <> 0 order by 1`,
          (rows) => rows.map(({ amount }) => amount)
        )
        const movements = () =>
          emulator.books().movements.filter(({ order }) => order.startsWith(`${session}-`))
        const charge = movements()[0]?.reference ?? ""
        const refunds = () =>
          movements().flatMap(({ kind, movement }) => (kind === "refunded" ? [movement] : []))

        expect(yield* shop.giveBack(session, 300)).toBe("refunded")
        yield* byHand(charge, 200)
        yield* byHand(charge, 200)
        yield* knocks
        expect(yield* booked).toEqual([200, 200, 300])
        const [ours = "", , second = ""] = refunds()
        yield* fails(second)
        yield* knocks
        expect(yield* booked).toEqual([200, 300])
        yield* fails(ours)
        yield* knocks
        expect(yield* booked).toEqual([200])
        const { refunds: states, incidents } = yield* shop.written(session)
        expect(states.map(({ state }) => state)).toEqual(["taken_back"])
        expect(incidents.filter((kind) => kind === "refund_taken_back")).toHaveLength(2)
        const left = emulator.books().charges.find(({ reference }) => reference === charge)
        expect((left?.captured ?? 0) - (left?.left ?? 0)).toBe(200)
        expect(yield* shop.giveBack(session, 300)).toBe("refunded")
      })
    )
  }
})
