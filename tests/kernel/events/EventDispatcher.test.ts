import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { ClaimedDelivery, EventDeliveries } from "../../../src/kernel/events/EventDeliveries.ts"
import type { Claim, DeliveryOutcome } from "../../../src/kernel/events/EventDeliveries.ts"
import { EventDispatcher } from "../../../src/kernel/events/EventDispatcher.ts"
import { EventSecrets, SecretUnreadable } from "../../../src/kernel/events/EventSecrets.ts"
import { EventSender, type Letter, type Sent } from "../../../src/kernel/events/EventSender.ts"
import { type DisabledReason, SubscriptionId } from "../../../src/kernel/events/EventSubscription.ts"
import { waitAfter } from "../../../src/kernel/events/retrySchedule.ts"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import { keptLog } from "../../support/kernel/keptLog.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const subscription = SubscriptionId.make(`es_${"0".repeat(26)}`)

const delivery = (fields: { readonly step?: number; readonly secrets?: ReadonlyArray<string> } = {}) =>
  new ClaimedDelivery({
    subscription,
    event: "evt_7",
    claim: 3,
    step: 0,
    url: "https://shop.example/events",
    type: "payment.charged.v1",
    occurredAt: "2026-11-20T10:00:00.000Z",
    payload: { session: "ps_1", amount: 4200 },
    secrets: ["sealed new", "sealed old"],
    ...fields
  })

const silent = new LedgerUnavailable({ operation: "record_delivery", cause: new Error("gone") })

interface Script {
  readonly due?: ReadonlyArray<ClaimedDelivery>
  readonly sent?: Sent
  readonly disabled?: DisabledReason
  /** How often the database is silent before it takes what is recorded. */
  readonly silences?: number
  readonly told?: number
  readonly replayed?: number
}

/** A dispatcher over ports that say what a test says, and what they were asked. */
const dispatching = Effect.fnUntraced(function* (script: Script = {}) {
  const claims: Array<Claim> = []
  const letters: Array<Letter> = []
  const recorded: Array<readonly [ClaimedDelivery, DeliveryOutcome]> = []
  const limits: Array<number> = []
  let silences = script.silences ?? 0
  const ports = Layer.mergeAll(
    Layer.succeed(EventDeliveries, {
      fanOut: (limit) => Effect.sync(() => (limits.push(limit), script.told ?? 0)),
      replay: (limit) => Effect.sync(() => (limits.push(limit), script.replayed ?? 0)),
      claim: (claim) => Effect.sync(() => (claims.push(claim), script.due ?? [delivery()])),
      record: (one, outcome) =>
        Effect.suspend(() => {
          if (silences-- > 0) return Effect.fail(silent)
          recorded.push([one, outcome])
          return Effect.succeed(script.disabled)
        })
    }),
    Layer.succeed(EventSecrets, {
      draw: () => Effect.die("nobody draws here"),
      open: (of, sealed) =>
        sealed.startsWith("sealed ")
          ? Effect.succeed(Redacted.make(sealed.slice("sealed ".length)))
          : Effect.fail(new SecretUnreadable({ subscription: of }))
    }),
    Layer.succeed(EventSender, {
      judge: () => Effect.die("nobody judges here"),
      send: (letter) =>
        Effect.sync(() => {
          letters.push(letter)
          return script.sent ?? { _tag: "Answered", status: 200, answer: "" }
        })
    })
  )
  const dispatcher = yield* EventDispatcher.pipe(
    Effect.provide(yield* Layer.build(EventDispatcher.layer.pipe(Layer.provide(ports))))
  )
  const log = keptLog()
  const pass = dispatcher.claim("healthy", 10).pipe(
    Effect.flatMap((due) => Effect.all(due, { discard: true })),
    log.keeping
  )
  return { dispatcher, pass, claims, letters, recorded, limits, log: log.entries }
})

const answered = (status: number, answer = ""): Sent => ({ _tag: "Answered", status, answer })
const bounds = { streak: Duration.days(2), disableAfter: Duration.days(5) }
const again = (step: number) => waitAfter(`${subscription}_evt_7`, step)

describe("a delivery", () => {
  it.effect(
    "is the event as Standard Webhooks has it, under the event's id, signed with every secret in turn",
    () =>
      Effect.gen(function* () {
        const { pass, letters } = yield* dispatching()
        yield* pass
        expect(letters).toHaveLength(1)
        expect(letters[0]).toMatchObject({
          url: "https://shop.example/events",
          id: "evt_7",
          body: '{"id":"evt_7","type":"payment.charged.v1","timestamp":"2026-11-20T10:00:00.000Z","data":{"session":"ps_1","amount":4200}}'
        })
        expect(letters[0]?.secrets.map(Redacted.value)).toEqual(["new", "old"])
      })
  )

  it.effect("is received with 200 to 299, gone with 410, and failed with everything else", () =>
    Effect.gen(function* () {
      for (const [status, outcome] of [
        [100, "failed"],
        [199, "failed"],
        [200, "delivered"],
        [299, "delivered"],
        [300, "failed"],
        [301, "failed"],
        [404, "failed"],
        [409, "failed"],
        [410, "gone"],
        [411, "failed"],
        [500, "failed"]
      ] as const) {
        const { pass, recorded } = yield* dispatching({ sent: answered(status, "hello") })
        yield* pass
        const retry = outcome === "delivered" ? {} : { retryAfter: again(0) }
        expect(recorded).toEqual([[delivery(), { outcome, status, answer: "hello", ...retry, ...bounds }]])
      }
    })
  )

  it.effect("that nobody answered is failed, with why and without a status", () =>
    Effect.gen(function* () {
      const { pass, recorded } = yield* dispatching({ sent: { _tag: "NotAnswered", problem: "no answer" } })
      yield* pass
      expect(recorded).toEqual([
        [delivery(), { outcome: "failed", answer: "no answer", retryAfter: again(0), ...bounds }]
      ])
    })
  )

  it.effect("comes again as its step says, and not after the last", () =>
    Effect.gen(function* () {
      for (const step of [1, 8]) {
        const { pass, recorded } = yield* dispatching({ due: [delivery({ step })], sent: answered(500) })
        yield* pass
        expect(recorded[0]?.[1].retryAfter).toEqual(again(step))
      }
      for (const sent of [answered(500), { _tag: "NotAnswered", problem: "" } as const]) {
        const { pass, recorded, log } = yield* dispatching({ due: [delivery({ step: 9 })], sent })
        yield* pass
        expect(recorded[0]?.[1]).not.toHaveProperty("retryAfter")
        expect(log[0]?.about).toMatchObject({ again: false })
      }
    })
  )

  it.effect("keeps of an answer what can be kept: bounded, in one line, and no card number", () =>
    Effect.gen(function* () {
      const kept = Effect.fnUntraced(function* (answer: string) {
        const { pass, recorded } = yield* dispatching({ sent: answered(200, answer) })
        yield* pass
        return recorded[0]?.[1].answer
      })
      expect(yield* kept(` two\r\n\tlines\u0000 of \ud800 it\n`)).toBe("two lines of it")
      expect(yield* kept("x".repeat(600))).toBe("x".repeat(500))
      expect(yield* kept("your card 4111 1111 1111 1111 was charged")).toBe("(a card number)")
    })
  )

  it.effect("is told in the log when it was not received, and only then", () =>
    Effect.gen(function* () {
      const about = { subscription, event: "evt_7", type: "payment.charged.v1" }
      const received = yield* dispatching()
      yield* received.pass
      expect(received.log).toEqual([])
      const failed = yield* dispatching({ sent: answered(503) })
      yield* failed.pass
      expect(failed.log).toEqual([
        {
          level: "Warn",
          words: "an event was not received",
          about: { ...about, status: 503, problem: undefined, again: true }
        }
      ])
      const unreached = yield* dispatching({
        sent: { _tag: "NotAnswered", problem: "cut" },
        disabled: "failing"
      })
      yield* unreached.pass
      expect(unreached.log).toEqual([
        {
          level: "Warn",
          words: "an event was not received",
          about: { ...about, status: undefined, problem: "cut", again: true }
        },
        {
          level: "Error",
          words: "a subscription was disabled; its app enables it again",
          about: { ...about, reason: "failing" }
        }
      ])
    })
  )

  it.effect("is not sent when no secret of it can be read, and signed with those that can", () =>
    Effect.gen(function* () {
      const none = yield* dispatching({ due: [delivery({ secrets: ["of another key"] })] })
      yield* none.pass
      expect([none.letters, none.recorded]).toEqual([[], []])
      expect(none.log.map(({ level, words }) => [level, words])).toEqual([
        [
          "Error",
          `a signing secret of ${subscription} cannot be read with the keys that EVENT_SECRETS_KEY has`
        ]
      ])
      const some = yield* dispatching({ due: [delivery({ secrets: ["sealed new", "of another key"] })] })
      yield* some.pass
      expect(some.letters[0]?.secrets.map(Redacted.value)).toEqual(["new"])
      expect(some.recorded).toHaveLength(1)
    })
  )

  it.effect("is recorded again when the database is silent for a moment, and sent once", () =>
    Effect.gen(function* () {
      const { pass, letters, recorded } = yield* dispatching({ silences: 4 })
      const fiber = yield* Effect.forkChild(pass)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      expect([letters.length, recorded.length]).toEqual([1, 1])
    })
  )

  it.effect("that cannot be recorded is told and left to its lease; it breaks no other", () =>
    Effect.gen(function* () {
      const { pass, letters, recorded, log } = yield* dispatching({
        silences: 5,
        due: [delivery(), delivery({ step: 1 })]
      })
      const fiber = yield* Effect.forkChild(pass)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      expect(letters).toHaveLength(2)
      expect(recorded.map(([one]) => one.step)).toEqual([1])
      expect(log.map(({ level, words }) => [level, words])).toEqual([
        ["Warn", "a delivery could not be ended and comes again"]
      ])
    })
  )
})

describe("a pass", () => {
  it.effect("claims for each lane apart, fewer of one subscription where it fails", () =>
    Effect.gen(function* () {
      const { dispatcher, claims } = yield* dispatching()
      yield* dispatcher.claim("healthy", 5)
      yield* dispatcher.claim("failing", 6)
      const lease = Duration.seconds(60)
      expect(claims).toEqual([
        { failing: false, limit: 5, each: 8, lease },
        { failing: true, limit: 6, each: 2, lease }
      ])
    })
  )

  it.effect("is told in the trace, and each delivery in it", () =>
    Effect.gen(function* () {
      const { pass } = yield* dispatching()
      expect(yield* spansOf(pass)).toEqual(["EventDispatcher.claim", "EventDispatcher.deliver"])
    })
  )

  it.effect("says whether there may be more to make deliveries of", () =>
    Effect.gen(function* () {
      for (const [told, replayed, more] of [
        [0, 0, false],
        [499, 0, false],
        [500, 0, true],
        [0, 1, true]
      ] as const) {
        const { dispatcher, limits } = yield* dispatching({ told, replayed })
        expect(yield* dispatcher.prepare).toBe(more)
        expect(limits).toEqual([500, 500])
      }
    })
  )
})
