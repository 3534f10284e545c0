// What looks for webhooks that nobody heard, loosened word by word: without each something is charged or given back twice.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Owner, pgStorage } from "../support/pgStorage.ts"
import * as f from "../support/refundScene.ts"
import * as s from "../support/scene.ts"
import { saysCaptured, signed, take } from "../support/webhookScene.ts"

interface Loosened {
  /** The function of the schema `payments`, what stands in it once, and what is put there instead. */
  readonly in: string
  readonly find: string
  readonly put: string
  readonly given: ReadonlyArray<string>
  /** One statement; what it answers in the end, as it is and loosened. */
  readonly asks: string
  readonly holds: string
  readonly breaks: string
}

const declined = (nr: number, said: object = {}) => [
  s.declare(nr),
  s.open(nr),
  s.record(nr, 1, { ...s.outcome.declined, ...said })
]
const named = (nr: number) =>
  take(`named_${nr}`, { subjects: [{ _tag: "Charge", said: "captured", processorReference: `pi_${nr}` }] })
const dead = `update webhook_inbox set state = 'dead_letter', trouble = 'failed', problem = 'no answer', next_try_at = null`
const opening = (nr: number) => ({
  asks: s.open(nr),
  holds: "NotPayable",
  breaks: "Permitted"
})
const order = (nr: number) => [
  s.declare(nr, { order: "one order" }),
  s.open(nr),
  s.record(nr, 1, s.outcome.declined),
  saysCaptured(s.attempt(nr, 1)),
  `update payment_sessions set state = 'cancelled' where session_id = '${s.session(nr)}'`,
  s.declare(nr + 1, { order: "one order" })
]
const evidence = { code: "timeout", message: "nobody knows" }
const lost = (said: object) => [
  ...f.paid(1),
  f.openRefund(1, { amount: 1000 }),
  f.recordRefund(1, 1, { _tag: "Indeterminate", evidence }),
  `insert into webhook_inbox (provider, mid_id, entity_id, event_id, type, subjects)
    select provider, mid_id, entity_id, 'msg_lost', 'refund.updated', jsonb_build_array('${JSON.stringify({
      _tag: "Refund",
      refundReference: "re_lost",
      ...said
    })}'::jsonb || jsonb_build_object('idempotencyKey', idempotency_key)) from refunds where refund_id = '${f.refund(1)}'`
]
const calledAbsent = {
  asks: `select record_refund(jsonb_build_object('refund', '${f.refund(1)}', 'fence', 0, 'source', 'lookup', 'by', 'test',
    'outcome', jsonb_build_object('_tag', 'Absent', 'evidence', '${JSON.stringify(evidence)}'::jsonb))) ->> 'state' as said`,
  holds: "indeterminate",
  breaks: "absent"
}

const loosened: ReadonlyArray<Loosened> = [
  {
    in: "capture_unheard",
    find: "select exists (",
    put: "select false and exists (",
    given: [...declined(1), saysCaptured(s.attempt(1, 1))],
    ...opening(1)
  },
  {
    in: "capture_unheard",
    find: "w.state <> 'processed'",
    put: "w.state = 'pending'",
    given: [...declined(1), saysCaptured(s.attempt(1, 1)), dead],
    ...opening(1)
  },
  // What was signed stands while its processor repeats itself.
  {
    in: "capture_unheard",
    find: "w.released is null and",
    put: "",
    given: [
      ...declined(1),
      saysCaptured(s.attempt(1, 1)),
      signed(`of_${s.attempt(1, 1)}`),
      take(`of_${s.attempt(1, 1)}`)
    ],
    asks: s.open(1),
    holds: "Permitted",
    breaks: "NotPayable"
  },
  {
    in: "charge_names",
    find: "array['key ' || a.idempotency_key]",
    put: "array['']",
    given: [...declined(1), saysCaptured(s.attempt(1, 1))],
    ...opening(1)
  },
  {
    in: "charge_names",
    find: "e.detail ? 'processorReference'",
    put: "false",
    given: [...declined(1, { processorReference: "pi_1" }), named(1)],
    ...opening(1)
  },
  {
    in: "capture_said",
    find: "a.session_id = s.session_id and",
    put: "false and",
    given: [...declined(1), saysCaptured(s.attempt(1, 1))],
    ...opening(1)
  },
  {
    in: "capture_said",
    find: "return s.order_reference is not null",
    put: "return false",
    given: order(1),
    ...opening(2)
  },
  {
    in: "refund_unheard",
    find: "select exists (",
    put: "select false and exists (",
    given: lost({}),
    ...calledAbsent
  },
  {
    in: "refund_unheard",
    find: "w.state <> 'processed'",
    put: "w.state = 'pending'",
    given: [...lost({}), dead],
    ...calledAbsent
  },
  // That one failed holds up nothing; the other way round it would hold up for ever.
  {
    in: "refund_unheard",
    find: "named ->> 'said' is distinct from 'failed' and",
    put: "",
    given: lost({ said: "failed" }),
    ...calledAbsent,
    holds: "absent",
    breaks: "indeterminate"
  }
]

it.layer(pgStorage, { excludeTestServices: true })("what nobody has heard", (it) => {
  for (const { in: name, find, put, given, asks, holds, breaks } of loosened) {
    it.effect(`is found by ${name} with ${find}`, () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const answers = (loose: boolean) =>
          Effect.flip(
            owner.withTransaction(
              Effect.gen(function* () {
                if (loose) {
                  const [found] = yield* owner<{ readonly source: string }>`
                    select pg_get_functiondef(${`payments.${name}`}::regproc) as source`
                  const parts = (found?.source ?? "").split(find)
                  assert.strictEqual(parts.length, 2, `${name} has ${find} once`)
                  yield* owner.unsafe(parts.join(put))
                }
                for (const statement of given) yield* owner.unsafe(statement)
                const [row] = yield* owner.unsafe<Readonly<Record<string, unknown>>>(asks)
                const [said] = Object.values(row ?? {})
                const tag = typeof said === "object" && said !== null && "_tag" in said ? said._tag : said
                return yield* Effect.fail({ tag })
              })
            )
          )
        assert.deepStrictEqual(yield* answers(false), { tag: holds })
        assert.deepStrictEqual(yield* answers(true), { tag: breaks })
      })
    )
  }
})
