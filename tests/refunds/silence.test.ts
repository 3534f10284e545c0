// No money comes, comes back or stays without a word to somebody: what was dealt with covers nothing that comes later.
import { assert, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { AttemptId, MidId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { DisputeState } from "../../src/kernel/PaymentProvider.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at } from "../graphql/support.ts"
import {
  becomesUnknown,
  capturedLate,
  claim,
  declinedTwice,
  handleAll,
  heardCaptured,
  waits
} from "./inReview.ts"
import { byHand, news, paidSession, refund, refundDoors } from "./support.ts"

/** The open incidents of a session, each with the sum that it is of. */
const open = Effect.fnUntraced(function* (session: string) {
  const rows = yield* (yield* Owner)<{ readonly line: string }>`
    select concat_ws(' ', kind, detail ->> 'amount') as line from incidents
    where session_id = ${session} and closed_at is null order by incident_id`
  return rows.map(({ line }) => line)
})

const midOf = Effect.fnUntraced(function* (charge: string) {
  const [row] = yield* (yield* Owner)<{ readonly mid: string }>`
    select mid_id as mid from captures where processor_reference = ${charge}`
  return row?.mid ?? assert.fail("nothing was captured")
})

/** A bank's word on a charge, dated by its minute. */
const hear = Effect.fnUntraced(function* (
  charge: string,
  state: DisputeState,
  minute: number,
  amount = 5000,
  currency: "USD" | "EUR" = "USD"
) {
  yield* (yield* DisputeNews).heard(
    MidId.make(yield* midOf(charge)),
    {
      disputeReference: `dp of ${charge}`,
      processorReference: charge,
      state,
      money: new Money({ amount, currency }),
      reason: "fraudulent"
    },
    DateTime.makeUnsafe(Date.UTC(2026, 0, 21, 10, minute))
  )
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "120 seconds" })("in silence", (it) => {
  it.effect("nothing that a lost dispute took comes back to a session that has failed without it", () =>
    Effect.gen(function* () {
      for (const then of ["won", "under_review", "closed"] as const) {
        const id = yield* declinedTwice()
        const charge = yield* capturedLate(id, 1)
        yield* hear(charge, "lost", 1)
        yield* handleAll(id)
        assert.deepInclude(yield* waits(id), { state: "failed" })
        yield* hear(charge, then, 2)
        assert.deepStrictEqual(yield* open(id), ["dispute_reversed 5000"], then)
        // To and fro is told each time.
        yield* handleAll(id)
        yield* hear(charge, "lost", 3)
        assert.deepStrictEqual(yield* open(id), [])
        yield* hear(charge, "won", 4)
        assert.deepStrictEqual(yield* open(id), ["dispute_reversed 5000"])
      }
    })
  )

  it.effect("nothing that a lost dispute took comes back on top of what settled a session", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice()
      const charge = yield* capturedLate(id, 1, 6200)
      yield* hear(charge, "lost", 1, 1200)
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "settled" })
      yield* hear(charge, "won", 2, 1200)
      assert.deepStrictEqual(yield* open(id), ["dispute_reversed 1200"])
    })
  )

  it.effect("no dispute that was lost in another currency is waited for, but what persons say of it", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000, "order_of_another_currency")
      const charge = yield* capturedLate(id, 1)
      yield* hear(charge, "open", 1, 4600, "EUR")
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["dispute"] })
      for (const minute of [2, 3]) yield* hear(charge, "lost", minute, 4600, "EUR")
      assert.deepStrictEqual(yield* open(id), ["dispute_lost_otherwise 4600"])
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["incident"] })
      yield* handleAll(id)
      // The money stands in the books, so the order is not free; nothing goes out for it, and nothing goes back.
      assert.deepInclude(yield* waits(id), { state: "settled" })
      assert.notStrictEqual(yield* claim(id), "first")
      assert.strictEqual(at(yield* refund(id, 100), "__typename"), "RefundBlocked")
    })
  )

  it.effect("nobody is called for a dispute that is won at last where the money is owed", () =>
    Effect.gen(function* () {
      const { id, charge } = yield* paidSession()
      assert.strictEqual(at(yield* refund(id, 500), "refund", "state"), "refunded")
      yield* hear(charge, "lost", 1, 4000)
      yield* hear(charge, "won", 2, 4000)
      assert.deepStrictEqual(yield* open(id), [])
    })
  )

  it.effect("no charge settles a session beside another whose only trouble is of another kind", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice()
      yield* becomesUnknown(id, 2)
      const first = yield* capturedLate(id, 1)
      yield* handleAll(id)
      yield* byHand(first, `rx ${first}`, 100)
      assert.isTrue(yield* news(yield* midOf(first), `rx ${first}`, first))
      yield* capturedLate(id, 2)
      assert.deepInclude(yield* waits(id), { state: "settled" })
      assert.deepStrictEqual(yield* open(id), ["refunded_elsewhere 100", "late_capture 5000"])
    })
  )

  it.effect("no charge settles a session while a bank disputes another of it", () =>
    Effect.gen(function* () {
      for (const [end, left] of [
        ["lost", "settled"],
        ["won", "in_review"]
      ] as const) {
        const id = yield* declinedTwice()
        yield* becomesUnknown(id, 2)
        const first = yield* capturedLate(id, 1)
        yield* handleAll(id)
        yield* hear(first, "open", 1)
        yield* capturedLate(id, 2)
        assert.deepInclude(yield* waits(id), { state: "in_review" })
        assert.strictEqual(yield* claim(id), "session_not_settled")
        assert.deepStrictEqual(yield* open(id), ["late_capture 5000"])
        yield* handleAll(id)
        yield* hear(first, end, 2)
        assert.deepInclude(yield* waits(id), { state: left }, end)
        if (end === "won") {
          assert.deepInclude(yield* waits(id), { for: ["money 5000"] })
        } else {
          assert.deepStrictEqual([yield* claim(id), yield* claim(id)], ["first", "duplicate"])
        }
      }
    })
  )

  it.effect(
    "another sum of one charge is told, though the first was dealt with, and the same words are not",
    () =>
      Effect.gen(function* () {
        const id = yield* declinedTwice()
        const charge = yield* capturedLate(id, 1)
        yield* handleAll(id)
        const said = (amount: number) => heardCaptured(AttemptId.make(`at_${id.slice(3)}_1`), charge, amount)
        for (const amount of [6000, 9000]) {
          for (const times of ["once", "again"]) {
            yield* said(amount)
            assert.deepStrictEqual(yield* open(id), [`captured_other_amount ${amount}`], times)
          }
          yield* handleAll(id)
          yield* said(amount)
          assert.deepStrictEqual(yield* open(id), [])
        }
        // While the one is open the other is told as well.
        yield* said(7000)
        yield* said(8000)
        assert.deepStrictEqual(yield* open(id), ["captured_other_amount 7000", "captured_other_amount 8000"])
      })
  )

  it.effect("a dispute of money that went back is told when it opens anew, and not for going on", () =>
    Effect.gen(function* () {
      const { id, charge } = yield* paidSession()
      yield* refund(id, 3000)
      for (const minute of [1, 4]) {
        yield* hear(charge, "open", minute)
        assert.deepStrictEqual(yield* open(id), ["refunded_and_disputed 5000"])
        yield* handleAll(id)
        yield* hear(charge, "under_review", minute + 1)
        assert.deepStrictEqual(yield* open(id), [])
        yield* hear(charge, "won", minute + 2)
      }
    })
  )
})
