// A refund that somebody makes at the processor while the charge is unknown: its news comes before anybody knows that there
// is anything to give back.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { AttemptId } from "../../src/kernel/ids.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { take } from "../db/support/webhookScene.ts"
import { becomesUnknown, claim, declinedTwice, heardCaptured } from "./inReview.ts"
import { byHand, news, refundDoors } from "./support.ts"

/** What stands against handing a session's goods over. */
const blocked = Effect.fnUntraced(function* (session: string) {
  const [answer] = yield* (yield* Owner)`
    select told ->> 'reason' as reason, told ->> 'by' as by
    from claim_fulfilment(jsonb_build_object('session', ${session}::text, 'by', 'app')) told`
  return answer
})

it.layer(refundDoors, { excludeTestServices: true })("news of a return", (it) => {
  it.effect(
    "that came before the capture keeps the goods until it is heard, and is due once there is one",
    () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const id = yield* declinedTwice(5000, "order_parked")
        yield* becomesUnknown(id, 1)
        const attempt = AttemptId.make(`at_${id.slice(3)}_1`)
        const [entry] = yield* owner<{
          readonly reference: string
          readonly mid: string
          readonly gateway: string
        }>`
        update stub_gateway.entries e set kind = 'captured', code = 'approved', amount = 5000
        from attempts a where a.attempt_id = ${attempt} and e.idempotency_key = a.idempotency_key
        returning e.processor_reference as reference, e.mid, a.provider as gateway`
        if (entry === undefined) return assert.fail("no entry")
        yield* byHand(entry.reference, "by_hand", 5000)
        assert.strictEqual(yield* news(entry.mid, "by_hand", entry.reference), false)
        const named = [{ _tag: "Refund", refundReference: "by_hand", processorReference: entry.reference }]
        yield* owner.unsafe(
          take("parked", { provider: entry.gateway, mid: entry.mid, entity: "loop_goods", subjects: named })
        )
        const parked = yield* owner<{ readonly nr: string }>`
        update webhook_inbox set trouble = 'unknown', step = 8, next_try_at = now() + interval '4 hours'
        where event_id = 'msg_parked' returning webhook_nr::text as nr`
        yield* heardCaptured(attempt, entry.reference)
        assert.strictEqual(yield* claim(id), "not_fulfillable")
        assert.deepStrictEqual(yield* blocked(id), { reason: "news_waiting", by: `wh_${parked[0]?.nr}` })
        assert.deepStrictEqual(
          yield* owner`select next_try_at <= now() as due from webhook_inbox where event_id = 'msg_parked'`,
          [{ due: true }]
        )
        assert.strictEqual(yield* news(entry.mid, "by_hand", entry.reference), true)
        yield* owner`update webhook_inbox set state = 'processed', trouble = null, next_try_at = null
        where event_id = 'msg_parked'`
        assert.deepStrictEqual(yield* blocked(id), { reason: "given_back", by: null })
      })
  )
})
