// Money that went back and did not arrive is here again: both doors say so, the world is told, and it may be given back
// anew.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Owner } from "../db/support/pgStorage.ts"
import { at, field } from "../graphql/support.ts"
import { capturedLate, declinedTwice, handleAll, sign, waits } from "./inReview.ts"
import {
  books,
  byHand,
  news,
  paidSession,
  refund,
  refundDoors,
  rest,
  returnsTo,
  standing,
  told
} from "./support.ts"

const lastEvent = Effect.fnUntraced(function* (session: string) {
  const [event] = yield* (yield* Owner)<{ readonly type: string; readonly amount: number }>`
    select type, (payload ->> 'refundAmount')::int as amount from outbox where session_id = ${session}
    order by event_nr desc limit 1`
  return `${event?.type} ${event?.amount}`
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })(
  "a refund that did not arrive",
  (it) => {
    it.effect("says so at both doors and to the world, and its money goes back anew", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession(5000)
        const reference = String(at(yield* refund(id, 2000), "refund", "refundReference"))
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 2000"], left: 3000 })
        yield* returnsTo(reference)
        assert.isTrue(yield* news(mid, reference, charge))
        assert.isTrue(yield* news(mid, reference, charge))

        assert.deepInclude(yield* standing(id), { refunds: ["refund taken_back 2000"], left: 5000 })
        const { json } = yield* rest(id)
        const shown = yield* field(
          "query ($id: ID!) { session(id: $id) { refunds { nodes { message } } } }",
          "session",
          { id }
        )
        for (const message of [
          at(json, "refunds", 0, "message"),
          at(shown, "refunds", "nodes", 0, "message")
        ]) {
          assert.match(String(message), /did not arrive/)
          assert.notMatch(String(message), /was given back/)
        }
        assert.deepStrictEqual(yield* told(id), {
          events: ["refunded", "refund_taken_back"],
          incidents: ["refund_taken_back"]
        })
        assert.strictEqual(yield* lastEvent(id), "payment.refund_taken_back.v1 2000")
        assert.deepInclude(yield* books(id), { booked: 0, posted: 0 })

        assert.strictEqual(at(yield* refund(id), "refund", "state"), "refunded")
        assert.deepInclude(yield* standing(id), { left: 0 })
        assert.deepInclude(yield* books(id), { booked: 5000, posted: 5000 })
      })
    )

    it.effect("was made elsewhere: it is taken out of the books again", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession(5000)
        const elsewhere = `elsewhere ${charge}`
        yield* byHand(charge, elsewhere, 700)
        yield* refund(id, 1000)
        assert.isTrue(yield* news(mid, elsewhere, charge))
        assert.deepInclude(yield* standing(id), { left: 3300 })
        yield* returnsTo(elsewhere)
        for (const _ of [1, 2]) assert.isTrue(yield* news(mid, elsewhere, charge))
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1000"], left: 4000 })
        assert.deepStrictEqual(yield* told(id), {
          events: ["refunded", "refunded", "refund_taken_back"],
          incidents: ["refunded_more_than_booked", "refunded_elsewhere", "refund_taken_back"]
        })
        assert.deepInclude(yield* books(id), { booked: 1000, posted: 1000 })
        // It goes out once more, under the same name.
        yield* (yield* Owner)`update stub_gateway.entries set kind = 'refunded', code = 'refunded'
        where processor_reference = ${elsewhere}`
        for (const _ of [1, 2]) assert.isTrue(yield* news(mid, elsewhere, charge))
        assert.deepInclude(yield* books(id), { booked: 1700, posted: 1700 })
      })
    )

    it.effect("was one of several that were made elsewhere: the others stay in the books", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession(5000)
        const [first, second] = [`first ${charge}`, `second ${charge}`]
        yield* byHand(charge, first, 700)
        yield* byHand(charge, second, 300)
        for (const reference of [first, second]) assert.isTrue(yield* news(mid, reference, charge))
        yield* returnsTo(second)
        for (const reference of [second, first, second]) assert.isTrue(yield* news(mid, reference, charge))
        const { incidents } = yield* told(id)
        assert.deepStrictEqual(
          incidents.filter((kind) => kind === "refund_taken_back"),
          ["refund_taken_back"]
        )
        assert.deepInclude(yield* books(id), { booked: 700, posted: 700 })
      })
    )

    it.effect("was another than the one that is booked: what two persons signed stays in the books", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession(5000)
        const refundId = String(at(yield* refund(id, 1091), "refund", "refundId"))
        assert.deepInclude(yield* standing(id), { refunds: ["refund indeterminate 1091"] })
        // Ours is not over for days and fails in the end; the money was given back by hand, which two persons sign.
        const byHands = `by hand ${charge}`
        yield* byHand(charge, byHands, 1091)
        const [own] = yield* (yield* Owner)<{ readonly reference: string }>`
          select e.processor_reference as reference from stub_gateway.entries e
          join refunds r on r.idempotency_key = e.idempotency_key where refund_id = ${refundId}`
        yield* returnsTo(own?.reference ?? assert.fail("nothing was sent"))
        yield* sign({
          refund: refundId,
          conclusion: "refunded",
          processorReference: byHands,
          amount: 1091,
          currency: "USD"
        })
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1091"] })
        for (const reference of [byHands, own?.reference ?? ""]) yield* news(mid, reference, charge)
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1091"], left: 3909 })
        assert.deepInclude(yield* books(id), { booked: 1091, gateway: 1091 })
        assert.notInclude((yield* told(id)).incidents, "refund_taken_back")
      })
    )

    it.effect("of a session in review is waited for again", () =>
      Effect.gen(function* () {
        const id = yield* declinedTwice(5000)
        const charge = yield* capturedLate(id, 1, 3000)
        const owner = yield* Owner
        const [row] = yield* owner<{
          readonly mid: string
        }>`select mid_id as mid from captures where session_id = ${id}`
        const reference = String(at(yield* refund(id), "refund", "refundReference"))
        assert.deepInclude(yield* waits(id), { for: ["incident"] })
        yield* returnsTo(reference)
        yield* news(row?.mid ?? "", reference, charge)
        yield* handleAll(id)
        assert.deepInclude(yield* waits(id), { state: "in_review", for: ["money 3000"] })
        assert.strictEqual(at(yield* refund(id), "refund", "state"), "refunded")
        assert.deepInclude(yield* waits(id), { state: "failed", for: [] })
      })
    )
  }
)
