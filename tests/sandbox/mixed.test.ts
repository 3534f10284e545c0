// The cascade over two processors that share nothing, both ways round, with every fault at every step of either: what
// the service wrote down is held against what the emulators' books say.
import { layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { expect } from "vitest"
import type { Fault, Rule } from "../../sandbox/plumbing/Fault.ts"
import type { Sandbox } from "../../sandbox/startSandbox.ts"
import { type Gateway, openCompany, Shop, type Written } from "./shop.ts"

type Place = Gateway | "proxy" | "lookup"

interface Case {
  readonly name: string
  readonly order: readonly [Gateway, Gateway]
  /** The first gateway declines, so that the cascade asks the second one. */
  readonly firstDeclines: boolean
  readonly place: Place
  readonly fault: Fault
}

/** Faults of a gateway at the call that moves money. */
const ofGateway: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "slow", seconds: 0.05 },
  { kind: "late_answer", seconds: 0.05 },
  { kind: "error_before", status: 503 },
  { kind: "error_after", status: 502 },
  { kind: "error_saved" },
  { kind: "rate_limited" },
  { kind: "late_money", answer: "error", seconds: 0.2 },
  { kind: "late_money", answer: "pending", seconds: 0.2 },
  { kind: "late_money", answer: "cut", seconds: 0.2 },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" },
  { kind: "contradictory", variant: 1 },
  { kind: "contradictory", variant: 2 },
  { kind: "contradictory", variant: 3 },
  { kind: "duplicate_answer" },
  { kind: "blind", seconds: 0.2 },
  { kind: "cut_after", blindSeconds: 0.2 }
]

/** Faults of the proxy, on the way to the gateway and back. */
const ofProxy: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "slow", seconds: 0.05 },
  { kind: "late_answer", seconds: 0.05 },
  { kind: "error_before", status: 503 },
  { kind: "error_after", status: 502 },
  { kind: "rate_limited" },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" },
  { kind: "proxy_408_before" },
  { kind: "proxy_408_after" },
  { kind: "proxy_408_then", seconds: 0.2 },
  { kind: "proxy_error" }
]

/** Faults of whoever is only asked. */
const ofQuestion: ReadonlyArray<Fault> = [
  { kind: "cut_after" },
  { kind: "error_before", status: 503 },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" }
]

const money = { stripe: "/payment_intents", nmi: "/transact.php" } as const
const questions = { stripe: "/payment_intents", nmi: "/query.php" } as const
const decline: Readonly<Record<Gateway, Fault>> = {
  stripe: { kind: "code", code: "do_not_honor" },
  nmi: { kind: "code", code: "201" }
}

const orders: ReadonlyArray<readonly [Gateway, Gateway]> = [
  ["stripe", "nmi"],
  ["nmi", "stripe"]
]

const titleOf = ({ kind, answer, variant, blindSeconds }: Fault) =>
  [kind, answer, variant, blindSeconds === undefined ? undefined : "blind"]
    .filter((one) => one !== undefined)
    .join(" ")

const cases: ReadonlyArray<Case> = orders.flatMap((order) =>
  [false, true].flatMap((firstDeclines) => {
    const struck = order[firstDeclines ? 1 : 0]
    const at = (place: Place, faults: ReadonlyArray<Fault>): ReadonlyArray<Case> =>
      faults.map((fault) => ({
        name: `${titleOf(fault)} at ${place === "lookup" ? `a question to ${struck}` : place}${firstDeclines ? ` after ${order[0]} declined` : ""}, ${order.join(" before ")}`,
        order,
        firstDeclines,
        place,
        fault
      }))
    return [...at(struck, ofGateway), ...at("proxy", ofProxy), ...at("lookup", ofQuestion)]
  })
)

const everTold = new Set<string>()
const companies = new Map<Gateway, Effect.Success<ReturnType<typeof openCompany>>>()
/** The company that asks in this order; it is opened once. */
const companyOf = Effect.fnUntraced(function* (order: readonly [Gateway, Gateway]) {
  const known = companies.get(order[0]) ?? (yield* openCompany(order))
  companies.set(order[0], known)
  return known
})

/** What stays in review for a person, because the processor itself does not know: nothing moved. */
const forPersons: ReadonlyArray<string> = ["error_saved at nmi"]

layer(Shop.layer({ proxyTimeout: 1500 }), { excludeTestServices: true, timeout: Duration.minutes(1) })(
  "the cascade over mixed providers",
  (it) => {
    for (const one of cases) {
      it.effect(one.name, () =>
        Effect.gen(function* () {
          const shop = yield* Shop
          const { sandbox } = shop
          const at = yield* companyOf(one.order)
          const [first, second] = one.order
          const struck = one.firstDeclines ? second : first
          for (const emulator of emulators(sandbox)) emulator.faults.clear()
          if (one.firstDeclines) {
            sandbox[first].faults.add({
              fault: decline[first],
              match: { path: money[first], method: "POST" }
            })
          }
          arm(one, struck, (emulator, rule) => sandbox[emulator].faults.add(rule))

          const { session, told, amount } = yield* shop.pay(at)
          const soon = yield* shop.written(session)
          const captures = () => shop.moved(session)
          everTold.add(told)
          expect(captures().length).toBeLessThanOrEqual(1)
          // What the customer was told is never better than the books, and money is never said not to have moved.
          if (told === "settled") expect(captures()).toHaveLength(1)
          if (told === "declined") expect(captures()).toEqual([])
          holds(soon, captures(), amount)

          expect(struckBy(sandbox).filter((times) => times === 0)).toEqual([])

          // Whatever was still on its way arrives, and the reconciler asks.
          if ((one.fault.seconds ?? one.fault.blindSeconds ?? 0) > 0.1)
            yield* Effect.sleep(Duration.millis(300))
          for (const emulator of emulators(sandbox)) emulator.faults.clear()
          if (one.place === "lookup") {
            const method = struck === "stripe" ? "GET" : "POST"
            // Those that wait for a person are asked about in the same pass.
            const match = { path: questions[struck], method }
            sandbox[struck].faults.add({ fault: one.fault, match, times: 100 })
            yield* shop.reconcile
            expect(struckBy(sandbox).filter((times) => times === 0)).toEqual([])
            const unanswered = yield* shop.written(session)
            expect(unanswered.state).toBe("in_review")
            holds(unanswered, captures(), amount)
            for (const emulator of emulators(sandbox)) emulator.faults.clear()
          }
          yield* shop.reconcile
          holds(yield* shop.written(session), captures(), amount)
          yield* shop.anHourLater
          yield* shop.reconcile

          const end = yield* shop.written(session)
          expect(captures().length).toBeLessThanOrEqual(1)
          if (captures().length > 0) {
            expect(end).toMatchObject({ state: "settled", postings: [amount], incidents: [], fulfilments: 1 })
            expect(
              end.captures.map(({ provider, amount: taken }) => ({ gateway: provider, amount: taken }))
            ).toEqual(captures())
          } else {
            const stays = forPersons.includes(`${one.fault.kind} at ${one.place}`)
            expect(stays ? ["in_review"] : ["pending", "failed"]).toContain(end.state)
            expect(end).toMatchObject({ captures: [], postings: [], fulfilments: 0 })
          }
        })
      )
    }

    for (const [order, code] of [
      [orders[0], "stolen_card"],
      [orders[1], "252"]
    ] as const) {
      if (order === undefined) continue
      it.effect(`asks nobody else after ${order[0]} declined hard`, () =>
        Effect.gen(function* () {
          const shop = yield* Shop
          for (const emulator of emulators(shop.sandbox)) emulator.faults.clear()
          const [first] = order
          const match = { path: money[first], method: "POST" }
          shop.sandbox[first].faults.add({ fault: { kind: "code", code }, match })
          const { session, told } = yield* shop.pay(yield* companyOf(order))
          expect(told).toBe("declined")
          expect(shop.moved(session)).toEqual([])
          expect(yield* shop.written(session)).toMatchObject({
            attempts: [{ provider: first, state: "declined", code }],
            captures: []
          })
        })
      )
    }

    it.effect(
      "records what NMI took when it approved a part, asks nobody else and leaves it to a person",
      () =>
        Effect.gen(function* () {
          const shop = yield* Shop
          for (const emulator of emulators(shop.sandbox)) emulator.faults.clear()
          const match = { path: money.nmi, method: "POST" }
          shop.sandbox.nmi.faults.add({ fault: { kind: "partial", amount: 500 }, match })
          const { session, told } = yield* shop.pay(yield* companyOf(["nmi", "stripe"]))
          expect(told).toBe("in_review")
          yield* shop.reconcile
          expect(shop.moved(session)).toEqual([{ gateway: "nmi", amount: 500 }])
          expect(yield* shop.written(session)).toMatchObject({
            state: "in_review",
            attempts: [{ provider: "nmi" }],
            captures: [{ provider: "nmi", amount: 500 }],
            incidents: ["captured_other_amount"],
            fulfilments: 0
          })
        })
    )

    it.effect("told customers everything that there is to be told", () =>
      Effect.sync(() => expect([...everTold].toSorted()).toEqual(["declined", "in_review", "settled"]))
    )
  }
)

const emulators = ({ stripe, nmi, basisTheory }: Sandbox) => [stripe, nmi, basisTheory]

/** How often each fault that is switched on has struck. */
const struckBy = (sandbox: Sandbox): ReadonlyArray<number> =>
  emulators(sandbox).flatMap(({ faults }) => faults.list().map(({ struck }) => struck))

/** Puts the fault where it belongs. */
const arm = (
  { place, fault, firstDeclines }: Case,
  struck: Gateway,
  add: (emulator: Gateway | "basisTheory", rule: Rule) => void
): void => {
  switch (place) {
    case "stripe":
    case "nmi":
      return add(place, { fault, match: { path: money[place], method: "POST" } })
    case "proxy":
      return add("basisTheory", { fault, match: { path: "/proxy" }, nth: firstDeclines ? 2 : 1 })
    case "lookup":
      // The answer is lost, so that everything hangs on what is asked afterwards.
      return add(struck, { fault: { kind: "cut_after" }, match: { path: money[struck], method: "POST" } })
  }
}

/** At every moment: what is written down is true, or waits in review. */
const holds = (
  { state, attempts, captures, fulfilments }: Written,
  moved: ReturnType<Shop["Service"]["moved"]>,
  amount: number
): void => {
  if (state === "settled") expect(moved.map((capture) => capture.amount)).toEqual([amount])
  if (moved.length > 0) expect(["settled", "in_review"]).toContain(state)
  if (captures.length > 0) expect(moved).toHaveLength(captures.length)
  expect(fulfilments).toBe(state === "settled" ? 1 : 0)
  expect(attempts.filter((attempt) => attempt.state !== "declined").length).toBeLessThanOrEqual(1)
}
