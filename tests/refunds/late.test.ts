// Money that was captured after everybody had said no: whoever acted on the no hears of it, at both doors and by an event.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, Doors, field } from "../graphql/support.ts"
import { capturedLate, declinedTwice, handleAll, waits } from "./inReview.ts"
import { refund, refundDoors, told } from "./support.ts"

/** What both doors say of late captures, and which attempts REST says were captured late. */
const late = Effect.fnUntraced(function* (session: string) {
  const { fetch } = yield* Doors
  const headers = { authorization: `Bearer ${developmentKey.key}` }
  const { json } = yield* fetch(`/v1/payment-sessions/${session}`, { headers })
  const read = yield* field(
    `query ($id: ID!) { session(id: $id) { lateCaptures {
      attemptId processorReference money { amount } left { amount } incident handledAt merchantAccount { midId } } } }`,
    "session",
    { id: session }
  )
  const all = [at(read, "lateCaptures")].flat().filter((one) => one !== undefined)
  const rest = [at(json, "lateCaptures") ?? []].flat()
  const both = all.map((one) => [
    at(one, "processorReference"),
    at(one, "incident"),
    at(one, "left", "amount")
  ])
  assert.deepStrictEqual(
    rest.map((one) => [at(one, "processorReference"), at(one, "incident"), at(one, "left")]),
    both,
    "both doors tell the same"
  )
  return {
    captures: all.map((one) => ({
      attempt: at(one, "attemptId"),
      charge: at(one, "processorReference"),
      left: at(one, "left", "amount"),
      handled: at(one, "handledAt") !== null
    })),
    attempts: [at(json, "attempts")].flat().map((one) => [at(one, "state"), at(one, "capturedLate") ?? false])
  }
})

/** Ends a session that waits for another card, in each of the ways in which one ends without money. */
const end = Effect.fnUntraced(function* (session: string, state: string) {
  const owner = yield* Owner
  if (state === "failed") {
    // Until its rounds are used up.
    for (let round = 2; round <= 5; round++)
      yield* confirm(session, "tok_soft_decline", `${session} ${round}`)
  } else if (state === "cancelled") {
    yield* owner`select cancel_session(jsonb_build_object('session', ${session}::text, 'by', 'test'))`
  } else {
    yield* owner`update payment_sessions set expires_at = now() where session_id = ${session}`
    yield* owner`select expire_due('{"limit": 1000}')`
  }
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("a late capture", (it) => {
  for (const state of ["failed", "cancelled", "expired"]) {
    it.effect(`of a session that is ${state} is told, until persons have dealt with it and afterwards`, () =>
      Effect.gen(function* () {
        const id = yield* declinedTwice()
        yield* end(id, state)
        assert.deepInclude(yield* waits(id), { state, for: [] })
        assert.deepStrictEqual((yield* late(id)).captures, [])
        const charge = yield* capturedLate(id, 1)
        const attempt = `at_${id.slice(3)}_1`
        assert.deepInclude(yield* waits(id), { state, for: ["incident"] })
        const heard = yield* late(id)
        assert.deepStrictEqual(heard.captures, [{ attempt, charge, left: 5000, handled: false }])
        assert.deepStrictEqual(heard.attempts.slice(0, 2), [
          ["declined", true],
          ["declined", false]
        ])
        assert.strictEqual((yield* told(id)).events.at(-1), "captured_late")
        const [event] = yield* (yield* Owner)`select payload ->> 'processorReference' as charge,
          payload ->> 'attempt' as attempt, (payload ->> 'capturedAmount')::int as amount,
          payload ->> 'capturedCurrency' as currency from outbox
          where session_id = ${id} and type = 'payment.captured_late.v1'`
        assert.deepStrictEqual(event, { charge, attempt, amount: 5000, currency: "USD" })

        assert.strictEqual(at(yield* refund(id), "refund", "state"), "refunded")
        yield* handleAll(id)
        assert.deepInclude(yield* waits(id), { state, for: [] })
        assert.deepStrictEqual((yield* late(id)).captures, [{ attempt, charge, left: 0, handled: true }])
      })
    )
  }

  it.effect("that persons let stand settles its session, whose attempts do not all read as declined", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice()
      const charge = yield* capturedLate(id, 2)
      yield* handleAll(id)
      assert.deepInclude(yield* waits(id), { state: "settled", for: [] })
      const { captures, attempts } = yield* late(id)
      assert.deepStrictEqual(captures, [
        { attempt: `at_${id.slice(3)}_2`, charge, left: 5000, handled: true }
      ])
      assert.deepStrictEqual(attempts, [
        ["declined", false],
        ["declined", true]
      ])
      assert.deepStrictEqual((yield* told(id)).events, ["declined", "captured_late", "in_review"])
    })
  )

  it.effect("beside the charge that a session is settled by is told, and changes nothing of it", () =>
    Effect.gen(function* () {
      const id = yield* declinedTwice()
      yield* confirm(id, "tok_captured", `${id} again`)
      assert.deepStrictEqual((yield* late(id)).captures, [])
      const charge = yield* capturedLate(id, 1)
      assert.deepInclude(yield* waits(id), { state: "settled" })
      const { captures } = yield* late(id)
      assert.deepStrictEqual(captures, [
        { attempt: `at_${id.slice(3)}_1`, charge, left: 5000, handled: false }
      ])
      assert.strictEqual((yield* told(id)).events.at(-1), "captured_late")
    })
  )
})
