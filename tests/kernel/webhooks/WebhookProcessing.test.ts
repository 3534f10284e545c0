import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import { WebhookRefused } from "../../../src/kernel/PaymentProvider.ts"
import { webhookRetryDelays } from "../../../src/kernel/webhooks/WebhookProcessing.ts"
import {
  aboutCharge,
  aboutDispute,
  aboutNothing,
  aboutRefund,
  captured,
  evidence,
  instant,
  known,
  mid,
  passing,
  provider,
  webhook
} from "../../support/kernel/processingWebhooks.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const about = { webhook: "wh_7", provider, mid }
const first = Duration.seconds(1)
const later = (trouble: string, problem: string) => ({
  outcome: "later",
  retryAfter: first,
  trouble,
  problem
})

describe("a webhook about a charge", () => {
  it.effect("leads to a question at its processor, and the answer is recorded", () =>
    Effect.gen(function* () {
      const { outcome, sought, lookups, evidence: recorded } = passing()
      expect(yield* outcome).toStrictEqual({ outcome: "processed" })
      expect(sought).toEqual([[mid, aboutCharge]])
      expect(lookups()).toBe(1)
      expect(recorded).toMatchObject([{ outcome: captured, source: "webhook", by: "webhooks", fence: 0 }])
    })
  )

  it.effect("leads to none if the money that it names is known to have moved", () =>
    Effect.gen(function* () {
      const old = passing({ charge: { ...known, capturedAs: "ch_1", processorReference: "ch_1" } })
      expect(yield* old.outcome).toStrictEqual({ outcome: "processed" })
      expect(old.lookups()).toBe(0)
      for (const charge of [
        { ...known, capturedAs: "ch_1", processorReference: "ch_2" },
        { ...known, capturedAs: "ch_1" },
        { ...known, processorReference: "ch_1" }
      ]) {
        const news = passing({ charge })
        yield* news.pass
        expect(news.lookups()).toBe(1)
      }
    })
  )

  it.effect("that nobody knows comes again", () =>
    Effect.gen(function* () {
      expect(yield* passing({ charge: undefined }).outcome).toStrictEqual(
        later("unknown", "no attempt of this account is known by what it names")
      )
    })
  )

  it.effect("whose driver is still at it comes again, and says why", () =>
    Effect.gen(function* () {
      const { attempt, ...rest } = known
      const charge = { ...rest, attempt: { ...attempt, state: "in_flight" } } as const
      const { outcome } = passing({ charge, found: { _tag: "StillPending", evidence } })
      expect(yield* outcome).toStrictEqual(
        later("failed", "in_flight: its driver has not recorded an outcome yet")
      )
    })
  )
})

describe("a webhook about a refund", () => {
  const subjects = [aboutRefund]
  const due = [webhook({ subjects })]

  it.effect("is handed on, and done with once the refund is known", () =>
    Effect.gen(function* () {
      const { outcome, heard } = passing({ due })
      expect(yield* outcome).toStrictEqual({ outcome: "processed" })
      expect(heard).toEqual([[mid, aboutRefund]])
    })
  )

  it.effect("comes again while nobody knows it, or nobody knows what became of it", () =>
    Effect.gen(function* () {
      expect(yield* passing({ due, refund: Effect.succeed(false) }).outcome).toStrictEqual(
        later("unknown", "no refund or charge is known by what it names")
      )
      const unsure = Effect.fail(new Indeterminate({ evidence }))
      expect(yield* passing({ due, refund: unsure }).outcome).toStrictEqual(later("failed", "code: message"))
    })
  )
})

describe("a webhook about a dispute", () => {
  const receivedAt = DateTime.makeUnsafe("2026-11-21T10:00:03Z")
  const due = [webhook({ subjects: [aboutDispute], receivedAt })]

  it.effect("is handed on with its time, and done with once its charge is known", () =>
    Effect.gen(function* () {
      const { outcome, heard } = passing({ due })
      expect(yield* outcome).toStrictEqual({ outcome: "processed" })
      expect(heard).toEqual([[mid, aboutDispute, instant, receivedAt]])
    })
  )

  it.effect("comes again while its charge is unknown", () =>
    Effect.gen(function* () {
      expect(yield* passing({ due, dispute: Effect.succeed(false) }).outcome).toStrictEqual(
        later("unknown", "the charge that is disputed is not known")
      )
    })
  )
})

describe("a webhook", () => {
  it.effect("about nothing that this service keeps is done with", () =>
    Effect.gen(function* () {
      const { outcome, heard, sought } = passing({ due: [webhook({ subjects: [aboutNothing] })] })
      expect(yield* outcome).toStrictEqual({ outcome: "processed" })
      expect([...heard, ...sought]).toEqual([])
    })
  )

  it.effect("about several looks into each, and tells first of what may still succeed by itself", () =>
    Effect.gen(function* () {
      const subjects = [aboutDispute, aboutRefund, aboutCharge]
      const { outcome, heard, sought } = passing({
        due: [webhook({ subjects })],
        dispute: Effect.succeed(false),
        refund: Effect.fail(new Indeterminate({ evidence })),
        charge: undefined
      })
      expect(yield* outcome).toStrictEqual(later("failed", "code: message"))
      expect([heard.length, sought.length]).toEqual([2, 1])
      const unknown = passing({
        due: [webhook({ subjects: [aboutDispute, aboutCharge] })],
        dispute: Effect.succeed(false),
        charge: undefined
      })
      expect(yield* unknown.outcome).toStrictEqual(
        later("unknown", "the charge that is disputed is not known")
      )
    })
  )

  it.effect(
    "comes again by its schedule, 19 hours in all, and is then a dead letter that the log tells of",
    () =>
      Effect.gen(function* () {
        const seconds = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 14_400, 28_800]
        expect(webhookRetryDelays).toEqual(seconds.map((one) => Duration.seconds(one)))
        const problem = "no attempt of this account is known by what it names"
        for (const [step, delay] of webhookRetryDelays.entries()) {
          const { outcome, pass, log } = passing({ due: [webhook({ step })], charge: undefined })
          expect(yield* outcome).toStrictEqual({ ...later("unknown", problem), retryAfter: delay })
          expect(yield* pass).toEqual({ taken: 1, deadLetters: 0 })
          expect(log).toEqual([])
        }
        const last = passing({ due: [webhook({ step: seconds.length })], charge: undefined })
        expect(yield* last.pass).toEqual({ taken: 1, deadLetters: 1 })
        expect(last.outcomes).toStrictEqual([[7, { outcome: "dead_letter", trouble: "unknown", problem }]])
        expect(last.log).toEqual([
          {
            level: "Error",
            words: "a webhook is a dead letter: an operator looks at it",
            about: { ...about, type: "charge.updated", trouble: "unknown", problem }
          }
        ])
      })
  )

  it.effect("that waits for another refund comes again in ten minutes, as often as it takes", () =>
    Effect.gen(function* () {
      const refund = Effect.fail(
        new Indeterminate({ evidence: { code: "refund_in_review", message: "another one is" } })
      )
      for (const step of [0, webhookRetryDelays.length]) {
        const { outcome } = passing({ due: [webhook({ step, subjects: [aboutRefund] })], refund })
        expect(yield* outcome).toStrictEqual({
          ...later("failed", "refund_in_review: another one is"),
          retryAfter: Duration.minutes(10),
          waits: true
        })
      }
      // Something else that failed is told, and is tried as always.
      const { attempt, ...rest } = known
      const { outcome } = passing({
        due: [webhook({ subjects: [aboutRefund, aboutCharge] })],
        refund,
        charge: { ...rest, attempt: { ...attempt, state: "in_flight" } },
        found: { _tag: "StillPending", evidence }
      })
      expect(yield* outcome).toStrictEqual(
        later("failed", "in_flight: its driver has not recorded an outcome yet")
      )
    })
  )

  it.effect("that breaks comes again, holds up no other, and stands in the log", () =>
    Effect.gen(function* () {
      const problem = "something broke; the cause is in the log"
      const broken = (step: number) =>
        passing({
          due: [webhook({ step, subjects: [aboutRefund] }), webhook({ nr: 8 })],
          refund: Effect.die("broken")
        })
      const one = broken(0)
      expect(yield* one.pass).toEqual({ taken: 2, deadLetters: 0 })
      expect(new Map(one.outcomes)).toEqual(
        new Map<number, unknown>([
          [7, later("failed", problem)],
          [8, { outcome: "processed" }]
        ])
      )
      expect(one.log).toEqual([{ level: "Error", words: "a webhook broke", about }])
      const last = broken(webhookRetryDelays.length)
      expect(yield* last.pass).toEqual({ taken: 2, deadLetters: 1 })
      expect(new Map(last.outcomes).get(7)).toStrictEqual({
        outcome: "dead_letter",
        trouble: "failed",
        problem
      })
    })
  )

  it.effect("costs the database's silence no try", () =>
    Effect.gen(function* () {
      const silent = new LedgerUnavailable({ operation: "find_charge", cause: new Error("gone") })
      const { pass, outcomes, log } = passing({ findsCharge: Effect.fail(silent) })
      expect(yield* pass).toEqual({ taken: 1, deadLetters: 0 })
      expect(outcomes).toEqual([])
      expect(log).toEqual([
        { level: "Error", words: "a webhook could not be processed and is tried again", about }
      ])
    })
  )
})

describe("a webhook of which the database refuses something", () => {
  const says = "the database refuses what it is about; the cause is in the log"
  const refusal = (operation: string) =>
    new LedgerUnavailable({ operation, cause: new Error("out of range"), refused: true })

  it.effect("comes again at the cost of a try, its other subjects are looked into, and it ends", () =>
    Effect.gen(function* () {
      const due = [webhook({ subjects: [aboutRefund, aboutCharge] }), webhook({ nr: 8 })]
      const one = passing({ due, refund: Effect.fail(refusal("find_refund")) })
      expect(yield* one.pass).toEqual({ taken: 2, deadLetters: 0 })
      expect(new Map(one.outcomes)).toEqual(
        new Map<number, unknown>([
          [7, later("failed", says)],
          [8, { outcome: "processed" }]
        ])
      )
      expect(one.lookups()).toBe(2)
      expect(one.log).toEqual([
        { level: "Error", words: "the database refuses what a webhook is about", about }
      ])
      const last = passing({
        due: due.map((row) => ({ ...row, step: webhookRetryDelays.length })),
        refund: Effect.fail(refusal("find_refund"))
      })
      expect(yield* last.pass).toEqual({ taken: 2, deadLetters: 1 })
      expect(new Map(last.outcomes).get(7)).toEqual({
        outcome: "dead_letter",
        trouble: "failed",
        problem: says
      })
    })
  )

  it.effect("when that is what was read of it, is written down without it", () =>
    Effect.gen(function* () {
      const read = () =>
        Effect.succeed({ eventId: "evt_1", type: "dispute.opened", subjects: [aboutDispute] })
      const raw = { headers: {}, body: new Uint8Array([123]) }
      const broken = "something broke; the cause is in the log"
      for (const step of [0, webhookRetryDelays.length]) {
        const due = [webhook({ subjects: [], raw, step })]
        const { pass, outcomes, log } = passing({ due, reader: read, refusesReadings: true })
        const isLast = step > 0
        expect(yield* pass).toEqual({ taken: 1, deadLetters: isLast ? 1 : 0 })
        expect(outcomes).toEqual([
          [
            7,
            isLast ? { outcome: "dead_letter", trouble: "failed", problem: broken } : later("failed", broken)
          ]
        ])
        expect(log[0]).toEqual({
          level: "Error",
          words: "the database refuses what was read of a webhook",
          about
        })
      }
    })
  )
})

describe("a webhook that could not be read when it came", () => {
  const raw = { headers: { "webhook-id": "evt_1" }, body: new Uint8Array([123]) }
  const due = [webhook({ subjects: [], raw, type: "unreadable" })]
  const dead = (problem: string) => ({ outcome: "dead_letter", trouble: "unreadable", problem })
  const reads = () =>
    Effect.succeed({
      eventId: "evt_1",
      type: "dispute.opened",
      occurredAt: DateTime.makeUnsafe("2026-11-20T09:00:00Z"),
      subjects: [aboutDispute]
    })

  it.effect("is read anew as it came then, worked off, and kept as it is read", () =>
    Effect.gen(function* () {
      const { outcome, read, heard } = passing({ due, reader: reads })
      const reading = {
        type: "dispute.opened",
        occurredAt: DateTime.makeUnsafe("2026-11-20T09:00:00Z"),
        subjects: [aboutDispute]
      }
      expect(yield* outcome).toEqual({ outcome: "processed", read: reading })
      expect(read).toStrictEqual([{ mid, ...raw, receivedAt: instant }])
      expect(heard).toEqual([[mid, aboutDispute, reading.occurredAt, instant]])
    })
  )

  it.effect("keeps what was read when it has to come again, or is left to a person", () =>
    Effect.gen(function* () {
      const again = passing({ due, reader: reads, dispute: Effect.succeed(false) })
      expect(yield* again.outcome).toMatchObject({ outcome: "later", read: { type: "dispute.opened" } })
      const last = passing({
        due: due.map((one) => ({ ...one, step: webhookRetryDelays.length })),
        reader: reads,
        dispute: Effect.succeed(false)
      })
      expect(yield* last.outcome).toMatchObject({ outcome: "dead_letter", read: { type: "dispute.opened" } })
    })
  )

  it.effect("is a dead letter when nobody can read it", () =>
    Effect.gen(function* () {
      const refused = new WebhookRefused({ reason: "unreadable", problem: "is no JSON" })
      const without = [webhook({ subjects: [], type: "unreadable" })]
      expect(yield* passing({ due: without, reader: reads }).outcome).toStrictEqual(
        dead("its body is not kept any more")
      )
      expect(yield* passing({ due }).outcome).toStrictEqual(dead("its provider reads no webhooks"))
      expect(yield* passing({ due, drivers: [] }).outcome).toStrictEqual(
        dead("its provider reads no webhooks")
      )
      expect(yield* passing({ due, reader: () => Effect.fail(refused) }).outcome).toStrictEqual(
        dead("is no JSON")
      )
    })
  )
})

describe("a pass", () => {
  it.effect(
    "takes on a hundred for ninety seconds, and forgets old bodies when there is nothing else to do",
    () =>
      Effect.gen(function* () {
        const idle = passing({ due: [] })
        expect(yield* idle.pass).toEqual({ taken: 0, deadLetters: 0 })
        expect(idle.claims).toEqual([
          ["besides processor", 100, "1m 30s"],
          ["processor", 100, "1m 30s"]
        ])
        expect(idle.forgotten).toEqual([["30d", 100]])
        const busy = passing({ due: [webhook({ subjects: [aboutNothing] })] })
        yield* busy.pass
        expect(busy.forgotten).toEqual([])
      })
  )

  it.effect("works off eight at a time", () =>
    Effect.gen(function* () {
      let under = 0
      const due = Array.from({ length: 9 }, (_, nr) => webhook({ nr, subjects: [aboutRefund] }))
      const waits = Effect.suspend(() => {
        under++
        return Effect.delay(Effect.succeed(true), Duration.minutes(10))
      })
      const fiber = yield* Effect.forkChild(passing({ due, refund: waits }).pass)
      yield* TestClock.adjust(Duration.minutes(5))
      expect(under).toBe(8)
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("is found in a trace, and each webhook in it", () =>
    Effect.gen(function* () {
      const subjects = [aboutNothing]
      expect(yield* spansOf(passing({ due: [webhook({ subjects })] }).pass)).toEqual([
        "WebhookProcessing.pass",
        "WebhookProcessing.process",
        "WebhookProcessing.pass"
      ])
    })
  )
})
