// What banks dispute, by the state of the processor's own object, in any order.
import { assert, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { MidId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { DisputeState } from "../../src/kernel/PaymentProvider.ts"
import { at } from "../graphql/support.ts"
import { books, paidSession, refund, refundDoors, standing, told } from "./support.ts"

type Paid = { readonly id: string; readonly mid: string; readonly charge: string }

interface Heard {
  readonly reference?: string
  readonly minute?: number
  readonly amount?: number
  readonly receivedAt?: DateTime.Utc
}

const minutes = (minute: number) => DateTime.makeUnsafe(Date.UTC(2026, 0, 21, 10, minute))

/** Tells of a dispute; `minute` is when the processor says that it was so. */
const hear = Effect.fnUntraced(function* (
  { mid, charge }: Paid,
  state: DisputeState,
  { reference, minute, amount = 5000, receivedAt }: Heard = {}
) {
  const { heard } = yield* DisputeNews
  return yield* heard(
    MidId.make(mid),
    {
      disputeReference: reference ?? `dp_1 of ${charge}`,
      processorReference: charge,
      state,
      money: new Money({ amount, currency: "USD" }),
      reason: "fraudulent"
    },
    minute === undefined ? undefined : minutes(minute),
    receivedAt
  )
})

const stateOf = Effect.fnUntraced(function* ({ id }: Paid) {
  return at((yield* standing(id)).disputes, 0, "state")
})

const permutations = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  all.length < 2
    ? [all]
    : all.flatMap((one, index) => permutations(all.toSpliced(index, 1)).map((rest) => [one, ...rest]))

it.layer(refundDoors, { excludeTestServices: true, timeout: "120 seconds" })("a dispute", (it) => {
  it.effect("stands in the way of a refund while it is open, and says so", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      assert.isTrue(yield* hear(paid, "warning", { minute: 1 }))
      assert.strictEqual(at(yield* refund(paid.id, 100), "refund", "state"), "refunded")
      for (const [minute, state] of (["open", "under_review"] as const).entries()) {
        yield* hear(paid, state, { minute: minute + 2, amount: 1000 })
        const blocked = yield* refund(paid.id, 100)
        assert.deepStrictEqual(
          [at(blocked, "code"), at(blocked, "reason"), at(blocked, "by")],
          ["refund_blocked", "disputed", `dp_1 of ${paid.charge}`]
        )
        assert.deepInclude(yield* standing(paid.id), {
          left: 0,
          blocked: { reason: "disputed", by: `dp_1 of ${paid.charge}` }
        })
      }
      yield* hear(paid, "won", { minute: 5, amount: 1000 })
      assert.deepInclude(yield* standing(paid.id), { left: 4900, blocked: undefined })
      assert.strictEqual(at(yield* refund(paid.id, 100), "refund", "state"), "refunded")
      assert.strictEqual((yield* books(paid.id)).gateway, 200)
    })
  )

  it.effect("that is lost counts as money that is gone", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      yield* hear(paid, "lost", { minute: 1, amount: 4000 })
      assert.strictEqual((yield* standing(paid.id)).left, 1000)
      assert.strictEqual(at(yield* refund(paid.id, 1001), "refundable"), 1000)
      assert.strictEqual(at(yield* refund(paid.id), "refund", "money", "amount"), 1000)
    })
  )

  it.effect("of money that went back already opens an incident", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      yield* refund(paid.id, 3000)
      yield* hear(paid, "open", { minute: 1 })
      assert.deepStrictEqual((yield* told(paid.id)).incidents, ["refunded_and_disputed"])
    })
  )

  it.effect("ends as its newest state says, in whatever order it is told, however often", () =>
    Effect.gen(function* () {
      const states = [
        ["warning", 1],
        ["open", 2],
        ["under_review", 3],
        ["open", 4],
        ["won", 5]
      ] as const
      for (const order of permutations(states)) {
        const paid = yield* disputable
        for (const [state, minute] of [...order, ...order]) yield* hear(paid, state, { minute })
        assert.strictEqual(yield* stateOf(paid), "won", JSON.stringify(order))
        const { events } = yield* told(paid.id)
        assert.strictEqual(events.filter((event) => event === "dispute_closed").length, 1, events.join())
        assert.strictEqual(events.at(-1), "dispute_closed")
      }
    })
  )

  it.effect("whose times nobody tells goes on and never back", () =>
    Effect.gen(function* () {
      const states = ["warning", "open", "under_review", "lost"] as const
      for (const order of permutations(states)) {
        const paid = yield* disputable
        for (const state of [...order, ...order]) yield* hear(paid, state)
        assert.strictEqual(yield* stateOf(paid), "lost", order.join())
      }
    })
  )

  it.effect("tells when it opens, when it goes on and when it is over", () =>
    Effect.gen(function* () {
      const paid = yield* disputable
      yield* hear(paid, "open", { minute: 1 })
      yield* hear(paid, "under_review", { minute: 2 })
      yield* hear(paid, "lost", { minute: 3 })
      assert.deepStrictEqual((yield* told(paid.id)).events, [
        "dispute_opened",
        "dispute_updated",
        "dispute_closed"
      ])
    })
  )

  it.effect("that is told of another charge than before changes nothing, and a person looks at it", () =>
    Effect.gen(function* () {
      const one = yield* disputable
      // Of the same account: a dispute's id is one account's.
      const other = yield* Effect.repeat(disputable, { until: ({ mid }) => mid === one.mid })
      const reference = `dp of ${one.charge}`
      yield* hear(one, "open", { reference, minute: 1 })
      for (const minute of [2, 3]) {
        assert.isTrue(yield* hear(other, "lost", { reference, minute }))
      }
      assert.strictEqual(yield* stateOf(one), "open")
      assert.deepStrictEqual((yield* standing(other.id)).disputes, [])
      assert.deepStrictEqual((yield* told(one.id)).incidents, [])
      assert.deepStrictEqual((yield* told(other.id)).incidents, ["dispute_of_another"])
    })
  )

  it.effect("whose news is dated ahead of its arrival holds up nothing that comes later, nor goes back", () =>
    Effect.gen(function* () {
      const receivedAt = minutes(10)
      const ahead = 80_000_000
      // So it begins: what comes later is newer.
      for (const state of ["open", "lost"] as const) {
        const paid = yield* disputable
        yield* hear(paid, state, { minute: ahead, receivedAt })
        assert.strictEqual(yield* stateOf(paid), state)
        yield* hear(paid, "open", { minute: 9, receivedAt })
        assert.strictEqual(yield* stateOf(paid), state)
        yield* hear(paid, "won", { minute: 11, receivedAt: minutes(12) })
        assert.strictEqual(yield* stateOf(paid), "won")
        // Nor does telling it again, by whatever clock.
        for (const times of [{ receivedAt }, {}]) {
          yield* hear(paid, state, { minute: ahead, ...times })
        }
        assert.strictEqual(yield* stateOf(paid), "won")
      }
      // So it goes on: further on is newer, and what comes later as well.
      const paid = yield* disputable
      yield* hear(paid, "under_review", { minute: 9, receivedAt })
      yield* hear(paid, "open", { minute: ahead, receivedAt })
      assert.strictEqual(yield* stateOf(paid), "under_review")
      yield* hear(paid, "lost", { minute: ahead, receivedAt })
      assert.strictEqual(yield* stateOf(paid), "lost")
      yield* hear(paid, "won", { minute: 11, receivedAt: minutes(12) })
      assert.strictEqual(yield* stateOf(paid), "won")
      // A clock that is a little ahead is believed.
      yield* hear(paid, "open", { minute: 17, receivedAt: minutes(12) })
      assert.strictEqual(yield* stateOf(paid), "open")
    })
  )

  it.effect("of a charge that nobody knows is not kept", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      assert.isFalse(yield* hear({ ...paid, charge: "ch_of_nobody" }, "open"))
      // Another account's charge of the same name is another charge.
      assert.isFalse(yield* hear({ ...paid, mid: "mid_bio_1" }, "open"))
      assert.deepStrictEqual((yield* standing(paid.id)).disputes, [])
    })
  )
})

const disputable = paidSession()
