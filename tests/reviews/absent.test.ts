// What two persons call absent or declined is paid for again, or given back again: so it is judged before anything of that
// is free.
import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Effect } from "effect"
import { Principal } from "../../src/kernel/ids.ts"
import { ReviewStore } from "../../src/kernel/reviews/ReviewStore.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as f from "../db/support/refundScene.ts"
import * as s from "../db/support/scene.ts"
import * as v from "../db/support/reviewScene.ts"
import { take } from "../db/support/webhookScene.ts"
import { at, field } from "../graphql/support.ts"
import { asked, contradictionOf, first, house, rest, second, set, signed } from "./support.ts"

const absent = (nr: number) => ({
  attempt: s.attempt(nr),
  conclusion: "absent",
  evidence: "the dashboard has no such charge"
})

const declined = (nr: number, processorReference: string) => ({
  attempt: s.attempt(nr),
  conclusion: "declined",
  processorReference,
  evidence: "the dashboard shows it as failed"
})

const stateOf = Effect.fnUntraced(function* (nr: number) {
  const [row] = yield* (yield* Owner)<{
    readonly state: string
  }>`select state from payment_sessions where session_id = ${s.session(nr)}`
  return row?.state
})

/** A webhook that names the charge of a session by its key. */
const named = (nr: number, event: string) =>
  take(event, { subjects: [{ _tag: "Charge", idempotencyKey: `${s.session(nr)}-1-mid_goods_1` }] })

/** One that was given up, by the number under which it is replayed. */
const deadLetter = Effect.fnUntraced(function* (event: string) {
  const owner = yield* Owner
  const [row] = yield* owner<{ readonly id: string }>`update webhook_inbox
    set state = 'dead_letter', trouble = 'failed', problem = 'nobody answered', next_try_at = null
    where event_id = ${`msg_${event}`} returning 'wh_' || webhook_nr as id`
  return row?.id
})

const heard = (event: string) =>
  `update webhook_inbox set state = 'processed', next_try_at = null where event_id = 'msg_${event}'`

it.layer(house, { excludeTestServices: true })("a charge", (it) => {
  it.effect("is called absent a day after it was written, and not a moment sooner", () =>
    Effect.gen(function* () {
      yield* set(v.inReview(1))
      const owner = yield* Owner
      const [written] = yield* owner<{ readonly at: Date }>`select written_at + interval '1 day' as at
        from attempts where attempt_id = ${s.attempt(1)}`
      const tooEarly = yield* rest(first, "", absent(1))
      assert.strictEqual(contradictionOf(tooEarly), "too_early")
      const notBefore = DateTime.makeUnsafe(written?.at ?? "").pipe(DateTime.formatIso)
      assert.strictEqual(at(tooEarly.json, "error", "details", "notBefore"), notBefore)
      assert.include(at(tooEarly.json, "error", "message"), notBefore)
      const request = `mutation ($attempt: ID!) {
        requestReview(attempt: $attempt, conclusion: absent, evidence: "seen") {
          ... on ReviewContradicted { by notBefore webhookId } } }`
      assert.deepStrictEqual(yield* field(request, "requestReview", { attempt: s.attempt(1) }), {
        by: "too_early",
        notBefore,
        webhookId: null
      })
      assert.strictEqual(yield* stateOf(1), "in_review")
      yield* set(v.aDayPasses(1))
      yield* signed(absent(1))
      assert.strictEqual(yield* stateOf(1), "failed")
    })
  )

  it.effect("is called absent after the horizon of its processor, where that is longer than a day", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(2), ...v.aDayPasses(2)])
      const reviews = yield* ReviewStore
      const by = Principal.make(developmentKey.principal)
      const ask = (horizons: Readonly<Record<string, Duration.Duration>>) =>
        Effect.map(
          reviews.request(
            by,
            { attempt: s.attempt(2), conclusion: "absent", evidence: "seen" },
            Duration.days(3),
            horizons
          ),
          (told) => (told._tag === "Contradicted" ? told.by : told._tag)
        )
      assert.strictEqual(yield* ask({ stub_a: Duration.days(2), stub_b: Duration.zero }), "too_early")
      // What another driver needs is no matter, and no driver makes it shorter than a day.
      assert.strictEqual(yield* ask({ stub_a: Duration.minutes(1), stub_b: Duration.days(9) }), "Requested")
    })
  )

  it.effect("is not called absent while a webhook that names it waits, or lies among the dead letters", () =>
    Effect.gen(function* () {
      yield* set([
        ...v.inReview(3),
        ...v.aDayPasses(3),
        named(3, "dead"),
        named(3, "waits"),
        named(4, "other")
      ])
      const dead = yield* deadLetter("dead")
      const refused = yield* rest(first, "", absent(3))
      assert.strictEqual(contradictionOf(refused), "news_waiting")
      assert.strictEqual(at(refused.json, "error", "details", "webhook"), dead)
      assert.include(at(refused.json, "error", "message"), "replayed")
      yield* set([heard("dead")])
      assert.strictEqual(contradictionOf(yield* rest(first, "", absent(3))), "news_waiting")
      yield* set([heard("waits")])
      const id = yield* asked(absent(3))
      // What comes between the question and the signature is heard first as well.
      yield* set([named(3, "late")])
      assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), "news_waiting")
      assert.strictEqual(yield* stateOf(3), "in_review")
      yield* set([heard("late")])
      assert.strictEqual((yield* rest(second, `/${id}/approve`, {})).status, 200)
      assert.strictEqual(yield* stateOf(3), "failed")
    })
  )

  it.effect(
    "is not called declined while a webhook that names it, or what is said to have failed, waits",
    () =>
      Effect.gen(function* () {
        yield* set([...v.inReview(5), named(5, "its key")])
        const refused = yield* rest(first, "", declined(5, "pi_5"))
        assert.strictEqual(contradictionOf(refused), "news_waiting")
        yield* set([heard("its key")])
        const id = yield* asked(declined(5, "pi_5"))
        // A dispute is news of money that was taken.
        yield* set([
          take("disputed", {
            subjects: [
              {
                _tag: "Dispute",
                disputeReference: "du_5",
                processorReference: "pi_5",
                state: "open",
                money: { amount: 3500, currency: "USD" },
                reason: "fraudulent"
              }
            ]
          })
        ])
        assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), "news_waiting")
        assert.strictEqual(yield* stateOf(5), "in_review")
        yield* set([heard("disputed")])
        assert.strictEqual((yield* rest(second, `/${id}/approve`, {})).status, 200)
        assert.strictEqual(yield* stateOf(5), "pending")
      })
  )

  it.effect("is not called declined by what failed under another name, or by what another one captured", () =>
    Effect.gen(function* () {
      const called = { ...s.outcome.indeterminate, processorReference: "pi_6" }
      yield* set([
        s.declare(6),
        s.open(6),
        s.record(6, 1, called),
        s.declare(7),
        s.open(7),
        s.record(7, 1, s.captured("pi_7")),
        ...v.inReview(8)
      ])
      for (const [nr, name] of [
        [6, "pi_of_another"],
        [8, "pi_7"]
      ] as const) {
        assert.strictEqual(
          contradictionOf(yield* rest(first, "", declined(nr, name))),
          "reference_of_another",
          name
        )
      }
      yield* signed(declined(6, "pi_6"))
      assert.strictEqual(yield* stateOf(6), "pending")
    })
  )
})

it.layer(house, { excludeTestServices: true })("a webhook that never came true", (it) => {
  const gaveUp = Effect.fnUntraced(function* (event: string, problem: string) {
    yield* deadLetter(event)
    yield* (yield* Owner)`update webhook_inbox set problem = ${problem} where event_id = ${`msg_${event}`}`
  })
  const contradictory = "charge_contradicted: it is said to be captured, and the dashboard shows nothing"
  const saysCaptured = (nr: number, event: string) =>
    take(event, {
      subjects: [{ _tag: "Charge", said: "captured", idempotencyKey: `${s.session(nr)}-1-mid_goods_1` }]
    })
  const opens = Effect.fnUntraced(function* (nr: number) {
    const [row] = yield* (yield* Owner).unsafe<{ readonly open_attempt: unknown }>(s.open(nr, "mid_goods_1"))
    return at(row?.open_attempt, "_tag")
  })

  it.effect(
    "is closed when two persons say declined, and holds the charge and its session up until then",
    () =>
      Effect.gen(function* () {
        yield* set([
          ...v.inReview(11),
          saysCaptured(11, "never true"),
          s.declare(12),
          s.open(12),
          s.record(12, 1, s.outcome.declined),
          saysCaptured(12, "of a decline")
        ])
        for (const [nr, event] of [
          [11, "never true"],
          [12, "of a decline"]
        ] as const) {
          const body = declined(nr, `pi_${nr}`)
          // As long as it is tried, and when it was given up for another reason.
          assert.strictEqual(contradictionOf(yield* rest(first, "", body)), "news_waiting")
          yield* gaveUp(event, "silent: no answer")
          assert.strictEqual(contradictionOf(yield* rest(first, "", body)), "news_waiting")
          yield* gaveUp(event, contradictory)
          assert.strictEqual(yield* opens(nr), "NotPayable")
          yield* signed(body)
          assert.strictEqual(yield* stateOf(nr), "pending")
          assert.strictEqual(yield* opens(nr), "Permitted")
        }
        // Nobody says it again of what no webhook contradicts.
        yield* set([s.declare(13), s.open(13), s.record(13, 1, s.outcome.declined)])
        assert.strictEqual(contradictionOf(yield* rest(first, "", declined(13, "pi_13"))), "declined")
      })
  )
})

it.layer(house, { excludeTestServices: true })("a refund", (it) => {
  it.effect("is not called absent while a webhook that names it, or its charge, has not been heard", () =>
    Effect.gen(function* () {
      const evidence = { code: "timeout", message: "nobody knows" }
      yield* set([
        ...f.paid(1),
        f.openRefund(1, { amount: 1000 }),
        f.recordRefund(1, 1, { _tag: "Indeterminate", evidence }),
        ...v.aDayPasses(1),
        take("charge", {
          subjects: [{ _tag: "Refund", refundReference: "lost", processorReference: "by hand 1 1" }]
        })
      ])
      const dead = yield* deadLetter("charge")
      const body = { refund: f.refund(1), conclusion: "absent", evidence: "not on the page" }
      const refused = yield* rest(first, "", body)
      assert.strictEqual(contradictionOf(refused), "news_waiting")
      assert.strictEqual(at(refused.json, "error", "details", "webhook"), dead)
      yield* set([heard("charge")])
      yield* signed(body)
      assert.strictEqual(
        at(
          yield* field(`query ($id: ID!) { session(id: $id) { refunds { nodes { state } } } }`, "session", {
            id: s.session(1)
          }),
          "refunds",
          "nodes",
          0,
          "state"
        ),
        "absent"
      )
    })
  )

  it.effect("is not called declined while a webhook of it waits, or by what failed under another name", () =>
    Effect.gen(function* () {
      const evidence = { code: "timeout", message: "nobody knows" }
      yield* set([
        ...f.paid(2),
        f.openRefund(2, { amount: 1000 }),
        f.recordRefund(2, 1, { _tag: "Indeterminate", evidence, refundReference: "re_2" })
      ])
      const body = { refund: f.refund(2), conclusion: "declined", evidence: "it shows as failed" }
      const another = yield* rest(first, "", { ...body, processorReference: "re_of_another" })
      assert.strictEqual(contradictionOf(another), "reference_of_another")
      yield* set([
        take("its own", {
          subjects: [{ _tag: "Refund", refundReference: "re_2", processorReference: "by hand 2 1" }]
        })
      ])
      const own = { ...body, processorReference: "re_2" }
      assert.strictEqual(contradictionOf(yield* rest(first, "", own)), "news_waiting")
      yield* set([
        heard("its own"),
        // News of another refund waits for this one, and does not stand against it.
        take("of another", {
          subjects: [{ _tag: "Refund", refundReference: "re_3", processorReference: "by hand 2 1" }]
        })
      ])
      yield* signed(own)
    })
  )

  it.effect("is not called given back by a bank while a webhook that names it, or its charge, waits", () =>
    Effect.gen(function* () {
      const evidence = { code: "timeout", message: "nobody knows" }
      yield* set([
        ...f.paid(3),
        f.openRefund(3, { amount: 1000 }),
        f.recordRefund(3, 1, { _tag: "Indeterminate", evidence })
      ])
      const owner = yield* Owner
      const [row] = yield* owner<{ readonly idempotencyKey: string }>`
        select idempotency_key as "idempotencyKey" from refunds where refund_id = ${f.refund(3)}`
      const transfer = {
        refund: f.refund(3),
        conclusion: "refunded_outside",
        processorReference: "SEPA 3",
        amount: 1000,
        currency: "USD",
        evidence: "the statement of the account"
      }
      const names = (event: string, by: object) =>
        take(event, { subjects: [{ _tag: "Refund", refundReference: "re_of_3", ...by }] })
      yield* set([names("by charge", { processorReference: "by hand 3 1" })])
      const dead = yield* deadLetter("by charge")
      const refused = yield* rest(first, "", transfer)
      assert.strictEqual(contradictionOf(refused), "news_waiting")
      assert.strictEqual(at(refused.json, "error", "details", "webhook"), dead)
      yield* set([heard("by charge")])
      const id = yield* asked(transfer)
      // What comes between the question and the signature is heard first as well.
      yield* set([names("by key", { ...row })])
      assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), "news_waiting")
      yield* set([heard("by key")])
      assert.strictEqual((yield* rest(second, `/${id}/approve`, {})).status, 200)
    })
  )
})
