// What becomes of a session whose money moved although it should not have, once persons have looked at it: through both
// doors, on the real database, against the gateways' own books.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { AttemptId, MidId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { DisputeState } from "../../src/kernel/PaymentProvider.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, create } from "../graphql/support.ts"
import {
  becomesUnknown,
  capturedLate,
  claim,
  confirmed,
  declinedTwice,
  handleAll,
  heardCaptured,
  waits
} from "./inReview.ts"
import { paidSession, refund, refundDoors, rest, told } from "./support.ts"

/** The events that say how a session ended, and why. */
const endings = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  const events = yield* owner<{ readonly line: string }>`
    select substr(type, 9) || ' ' || coalesce(payload ->> 'reason', '') as line from outbox
    where session_id = ${session} and type in ('payment.charged.v1', 'payment.failed.v1') order by event_nr`
  return events.map(({ line }) => line)
})

const charges = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  return yield* owner`select
    (select count(*)::int from fulfilments where session_id = ${session}) as fulfilments,
    (select count(*)::int from postings where session_id = ${session} and credit_account = 'customer_payments') as posted`
})

const giveBack = Effect.fnUntraced(function* (session: string, charge: string, amount?: number) {
  const { status, json, text } = yield* rest(session, {
    reason: "it should not have been taken",
    processorReference: charge,
    ...(amount === undefined ? {} : { amount })
  })
  assert.strictEqual(status, 201, text)
  return at(json, "state")
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "120 seconds" })("a session in review", (it) => {
  it.effect("whose late capture persons let stand is settled, and fulfilled once", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      yield* capturedLate(id, 1)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["incident"] })
      assert.strictEqual(yield* handleAll(id), 1)
      assert.deepInclude(yield* waits(id), { state: "settled", for: [] })
      assert.deepStrictEqual(yield* endings(id), ["charged.v1 captured"])
      assert.deepStrictEqual(yield* charges(id), [{ fulfilments: 1, posted: 1 }])
      assert.deepStrictEqual([yield* claim(id), yield* claim(id)], ["first", "duplicate"])
      // It is a payment like any other from here on.
      assert.strictEqual(at(yield* refund(id), "refund", "state"), "refunded")
      assert.deepInclude(yield* waits(id), { state: "settled" })
      const owner = yield* Owner
      assert.deepStrictEqual(yield* owner`select * from audit_faults()`, [])
    })
  )

  it.effect(
    "whose money was given back has failed, its order is free, and what is captured later is found",
    () =>
      Effect.gen(function* () {
        const order = "order_given_back"
        const id = yield* declinedTwice(5000, order)
        const charge = yield* capturedLate(id, 1)
        const again = {
          customer: "loop_user_1",
          brand: "loop-store",
          entity: "loop_goods",
          mode: "hosted",
          product: "merchandise",
          intent: { type: "amount", amountCents: 5000, currency: "USD" },
          orderReference: order
        }
        assert.strictEqual(at(yield* create(again), "code"), "order_already_declared")
        assert.strictEqual(yield* giveBack(id, charge), "refunded")
        assert.deepInclude(yield* waits(id), { state: "in_review", for: ["incident"] })
        yield* handleAll(id)
        assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
        assert.deepStrictEqual(yield* endings(id), ["failed.v1 given_back"])
        assert.strictEqual(yield* claim(id), "session_not_settled")
        assert.strictEqual(at(yield* confirm(id, "tok_captured"), "code"), "session_not_payable")
        assert.strictEqual(yield* confirmed(id), "failed")
        const next = String(at(yield* create(again), "session", "sessionId"))
        assert.strictEqual(at(yield* confirm(next, "tok_captured"), "outcome"), "settled")

        // The same news again is no news; another charge is.
        yield* heardCaptured(AttemptId.make(`at_${id.slice(3)}_1`), charge)
        assert.deepStrictEqual((yield* told(id)).incidents, ["late_capture"])
        yield* capturedLate(id, 2)
        assert.deepStrictEqual((yield* told(id)).incidents, ["late_capture", "late_capture"])
        assert.deepInclude(yield* waits(id), { state: "failed" })
        assert.strictEqual(yield* confirmed(id), "in_review")
        assert.strictEqual(at(yield* refund(id), "code"), "nothing_to_refund")
      })
  )

  it.effect("that was paid in part says how much is still to be given back, until nothing is", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const charge = yield* capturedLate(id, 2, 3000)
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["money 3000"] })
      assert.strictEqual(yield* giveBack(id, charge, 1800), "refunded")
      const standing = yield* waits(id)
      assert.deepInclude(standing, { state: "in_review", for: ["money 1200"] })
      assert.match(standing.messages.join(), /^USD 12\.00 of the charge \S+ is still to be given back\.$/)
      assert.strictEqual(yield* giveBack(id, charge), "refunded")
      assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
      assert.deepStrictEqual(yield* endings(id), ["failed.v1 given_back"])
    })
  )

  it.effect("that was paid too much is settled once the surplus went back", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const charge = yield* capturedLate(id, 1, 6200)
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["money 1200"] })
      assert.strictEqual(yield* claim(id), "session_not_settled")
      yield* giveBack(id, charge, 1200)
      assert.deepInclude(yield* waits(id), { state: "settled", for: [] })
      assert.strictEqual(yield* claim(id), "first")
      assert.deepStrictEqual(yield* endings(id), ["charged.v1 captured"])
    })
  )

  it.effect("that was paid twice is settled by the one that stays", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const first = yield* capturedLate(id, 1)
      yield* capturedLate(id, 2)
      assert.deepInclude(yield* waits(id), {
        state: "in_review",
        for: ["incident", "incident", "money 5000"]
      })
      yield* giveBack(id, first, 2000)
      assert.deepInclude(yield* waits(id), { for: ["incident", "incident", "money 3000"] })
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["money 3000"] })
      yield* giveBack(id, first)
      assert.deepInclude(yield* waits(id), { state: "settled", for: [] })
      assert.deepStrictEqual(yield* charges(id), [{ fulfilments: 1, posted: 2 }])
      assert.strictEqual(yield* claim(id), "first")
    })
  )

  it.effect("ends nothing while nobody knows whether its money went back", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const charge = yield* capturedLate(id, 1, 1091)
      assert.strictEqual(yield* giveBack(id, charge), "indeterminate")
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["refund", "money 1091"] })
      yield* (yield* RefundReconciler).pass
      assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
    })
  )

  it.effect("ends nothing while its charge is disputed", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const charge = yield* capturedLate(id, 1)
      const owner = yield* Owner
      const [row] = yield* owner<{
        readonly mid: string
      }>`select mid_id as mid from captures where session_id = ${id}`
      const dispute = Effect.fnUntraced(function* (state: DisputeState) {
        const { heard } = yield* DisputeNews
        const money = new Money({ amount: 5000, currency: "USD" })
        const about = { disputeReference: `dp of ${charge}`, processorReference: charge }
        yield* heard(MidId.make(row?.mid ?? ""), { ...about, state, money, reason: "fraudulent" }, undefined)
      })
      yield* dispute("open")
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "in_review", for: ["dispute"] })
      yield* dispute("lost")
      assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
      assert.deepStrictEqual(yield* endings(id), ["failed.v1 given_back"])
    })
  )

  it.effect("is not settled by another charge while a bank disputes the first", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice(5000)
      const again = yield* confirm(id, "tok_timeout_nothing", `again ${id}`)
      assert.strictEqual(at(again, "outcome"), "in_review")
      const charge = yield* capturedLate(id, 1)
      const owner = yield* Owner
      const [row] = yield* owner<{ readonly mid: string }>`
        select mid_id as mid from captures where session_id = ${id}`
      const money = new Money({ amount: 5000, currency: "USD" })
      yield* (yield* DisputeNews).heard(
        MidId.make(row?.mid ?? ""),
        {
          disputeReference: `dp of ${charge}`,
          processorReference: charge,
          state: "open",
          money,
          reason: "fraudulent"
        },
        undefined
      )
      const heard = yield* heardCaptured(AttemptId.make(`at_${id.slice(3)}_3`), `ch of ${id}`)
      assert.deepStrictEqual([heard.attempt, heard.settlement], ["captured", undefined])
      const { state, for: waiting } = yield* waits(id)
      assert.strictEqual(state, "in_review")
      assert.include(waiting, "dispute")
      assert.deepStrictEqual(yield* endings(id), [])
    })
  )

  it.effect(
    "over a charge that another session's name was given for has failed once that was dealt with",
    () =>
      Effect.gen(function* () {
        const other = yield* paidSession()
        const id = yield* declinedTwice(5000)
        const owner = yield* Owner
        const [attempt] = yield* owner<{ readonly id: string }>`
        select attempt_id as id from attempts where session_id = ${id} and mid_id = ${other.mid}`
        yield* heardCaptured(AttemptId.make(attempt?.id ?? ""), other.charge)
        assert.deepInclude(yield* waits(id), { state: "in_review", for: ["incident"] })
        yield* handleAll(id)
        assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
        assert.deepStrictEqual(yield* endings(id), ["failed.v1 nothing_captured"])
      })
  )

  it.effect(
    "is not ended under a charge whose outcome nobody knows, whoever has dealt with what was before",
    () =>
      Effect.gen(function* () {
        for (const last of ["Declined", "Captured"] as const) {
          // Declined at the first account, unknown at the second one: what the first took late is looked at meanwhile.
          const id = yield* declinedTwice(5000)
          const owner = yield* Owner
          yield* becomesUnknown(id, 2)
          yield* capturedLate(id, 1)
          yield* handleAll(id)
          assert.deepInclude(yield* waits(id), { state: "in_review", for: ["charge"] })
          if (last === "Captured") {
            yield* capturedLate(id, 2)
            // Two charges of it stand now, and one is too many.
            assert.deepInclude(yield* waits(id), { state: "settled" })
            assert.deepStrictEqual((yield* told(id)).incidents, ["late_capture", "late_capture"])
          } else {
            yield* owner`select record_outcome(jsonb_build_object('attempt', ${`at_${id.slice(3)}_2`}::text, 'fence', 0,
            'source', 'lookup', 'by', 'test', 'next', '[]'::jsonb, 'mostRounds', 5, 'outcome',
            '{"_tag": "Declined", "kind": "hard", "evidence": {"code": "no", "message": "no"}}'::jsonb))`
            assert.deepInclude(yield* waits(id), { state: "settled" })
          }
          assert.deepStrictEqual((yield* endings(id)).length, 1)
          assert.deepStrictEqual([yield* claim(id), yield* claim(id)], ["first", "duplicate"])
        }
      })
  )
})
