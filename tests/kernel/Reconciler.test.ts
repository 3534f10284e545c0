import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import {
  Absent,
  Captured,
  Declined,
  Indeterminate,
  type Outcome
} from "../../src/kernel/cascade/Disposition.ts"
import { ProviderName } from "../../src/kernel/ids.ts"
import { LedgerUnavailable, PaymentLedger, type Unresolved } from "../../src/kernel/PaymentLedger.ts"
import {
  type ChargeLookup,
  type LookupResult,
  type PaymentProvider,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"
import { fakeLedger } from "../support/kernel/FakeLedger.ts"
import { keptLog } from "../support/kernel/keptLog.ts"
import { unresolved } from "../support/kernel/unresolved.ts"

const evidence = { code: "code", message: "message" }
const captured = new Captured({ processorReference: "ch_1", amount: 4900, currency: "USD", evidence })
const declined = new Declined({ kind: "soft", evidence })
const nothingProven = new Indeterminate({ evidence })
const horizon = Duration.minutes(5)

const withoutLookup = incapable("bad")

const lookupOf = (name: string, lookupCharge: ChargeLookup["lookupCharge"]): PaymentProvider => ({
  ...withoutLookup,
  name: ProviderName.make(name),
  chargeLookup: { absenceHorizon: horizon, lookupCharge }
})

/** One pass over some attempts; what was recorded, by attempt. */
const passOver = (
  due: ReadonlyArray<Unresolved>,
  drivers: ReadonlyArray<PaymentProvider>,
  refusing: (outcome: Outcome) => boolean = () => false
) => {
  const recorded = new Map<string, Outcome>()
  const claims: Array<readonly [limit: number, lease: string]> = []
  const log = keptLog()
  const { service } = fakeLedger({
    answers: {
      claimUnresolved: (limit, lease) => {
        claims.push([limit, Duration.format(lease)])
        return Effect.succeed(due)
      },
      takeOver: (limit) => Effect.succeed(limit),
      record: ({ attempt, by, fence, next, outcome, source }) => {
        expect([...next], "a reconciler never goes on to another account").toStrictEqual([])
        expect(fence, "a reconciler holds no fence").toBe(0)
        expect(source).toBe("lookup")
        expect(by).toBe("reconciler")
        if (refusing(outcome))
          return Effect.fail(new LedgerUnavailable({ operation: "record", cause: "refused" }))
        recorded.set(attempt, outcome)
        const state = outcome._tag === "Indeterminate" ? "indeterminate" : "captured"
        return Effect.succeed({ attempt: state, session: "in_review", passedOver: [] })
      }
    }
  })
  const layer = Reconciler.layer.pipe(
    Layer.provide([Layer.succeed(PaymentLedger, service), Layer.succeed(Providers, providersOf(drivers))])
  )
  const using = <A, E>(use: (reconciler: Reconciler["Service"]) => Effect.Effect<A, E>) =>
    Effect.flatMap(Reconciler, use).pipe(Effect.provide(layer), log.keeping)
  return {
    pass: using(({ pass }) => pass),
    takeOver: using(({ takeOver }) => takeOver),
    claims,
    entries: log.entries,
    recorded
  }
}

const says = (result: LookupResult) => lookupOf("says", () => Effect.succeed(result))

describe("what a lookup says is recorded as it is:", () => {
  it.effect.each<[string, LookupResult, Duration.Duration, Outcome]>([
    ["captured", { _tag: "FoundCaptured", captured }, Duration.seconds(1), captured],
    ["declined", { _tag: "FoundDeclined", declined }, Duration.seconds(1), declined],
    ["pending, however old", { _tag: "StillPending", evidence }, Duration.days(30), nothingProven],
    ["not found before the horizon proves nothing", { _tag: "NotFound", evidence }, horizon, nothingProven],
    [
      "not found after the horizon is absence",
      { _tag: "NotFound", evidence },
      Duration.sum(horizon, Duration.millis(1)),
      new Absent({ evidence })
    ]
  ])("%s", ([, result, age, outcome]) =>
    Effect.gen(function* () {
      const { pass, recorded } = passOver([unresolved(1, "says", age)], [says(result)])
      const done = yield* pass
      expect([...recorded.values()]).toStrictEqual([outcome])
      expect(done).toStrictEqual({ asked: 1, resolved: outcome === nothingProven ? 0 : 1 })
    })
  )
})

describe("what says nothing is recorded as unknown, and holds up no other attempt:", () => {
  const good = lookupOf("good", () => Effect.succeed({ _tag: "FoundCaptured", captured }))
  const unanswered = "the processor did not answer the lookup in time"

  it.effect.each<[string, ReadonlyArray<PaymentProvider>, string, string]>([
    [
      "a processor that is not configured",
      [],
      "cannot_look_up",
      "no provider bad is configured; configured are good"
    ],
    [
      "a driver that cannot look up",
      [withoutLookup],
      "cannot_look_up",
      "bad cannot do chargeLookup; choose a provider that can"
    ],
    ["a lookup that fails", [lookupOf("bad", () => Effect.fail(nothingProven))], "code", "message"],
    [
      "a lookup that breaks",
      [lookupOf("bad", () => Effect.die("broken"))],
      "lookup_broke",
      "the lookup ended without an answer"
    ],
    ["a lookup that never ends", [lookupOf("bad", () => Effect.never)], "lookup_unanswered", unanswered],
    [
      "a lookup that refuses to end",
      [lookupOf("bad", () => Effect.uninterruptible(Effect.never))],
      "lookup_unanswered",
      unanswered
    ],
    [
      "a capture that cannot be one",
      [
        lookupOf("bad", () =>
          Effect.succeed({
            _tag: "FoundCaptured",
            captured: new Captured({ ...captured, amount: 0 }, { disableChecks: true })
          })
        )
      ],
      "impossible_capture",
      `no amount that can be captured: ${JSON.stringify({ ...captured, amount: 0 })}`
    ]
  ])("%s", ([, bad, code, message]) =>
    Effect.gen(function* () {
      const { pass, recorded } = passOver([unresolved(1, "bad"), unresolved(2, "good")], [...bad, good])
      const fiber = yield* Effect.forkChild(pass)
      yield* TestClock.adjust(Duration.seconds(20))
      expect(yield* Fiber.join(fiber)).toStrictEqual({ asked: 2, resolved: 1 })
      expect(recorded).toStrictEqual(
        new Map<string, Outcome>([
          [unresolved(1, "bad").attempt.id, new Indeterminate({ evidence: { code, message } })],
          [unresolved(2, "good").attempt.id, captured]
        ])
      )
    })
  )

  it.effect("an attempt that the ledger does not take is left for later, and the others are resolved", () =>
    Effect.gen(function* () {
      const poison = lookupOf("poison", () => Effect.succeed({ _tag: "StillPending", evidence }))
      const { entries, pass, recorded } = passOver(
        [unresolved(1, "poison"), unresolved(2, "good")],
        [poison, good],
        (outcome) => outcome._tag === "Indeterminate"
      )
      expect(yield* pass).toStrictEqual({ asked: 2, resolved: 1 })
      expect([...recorded.values()].map(({ _tag }) => _tag)).toStrictEqual(["Captured"])
      expect(entries).toStrictEqual([
        {
          level: "Error",
          words: "an attempt could not be reconciled and is tried again",
          about: { attempt: unresolved(1, "poison").attempt.id, provider: "poison" }
        }
      ])
    })
  )

  it.effect("a lookup that breaks stands in the log", () =>
    Effect.gen(function* () {
      const { entries, pass } = passOver(
        [unresolved(1, "bad")],
        [lookupOf("bad", () => Effect.die("broken"))]
      )
      yield* pass
      expect(entries).toStrictEqual([{ level: "Error", words: "a lookup broke", about: {} }])
    })
  )
})

describe("a reconciler", () => {
  it.effect("asks for an attempt by its own account and key", () =>
    Effect.gen(function* () {
      const asked: Array<object> = []
      const { attempt, writtenAt } = unresolved(1, "asked")
      const rest = { money: attempt.money, writtenAt }
      const driver = lookupOf("asked", (key) => {
        asked.push(key)
        return Effect.succeed({ _tag: "StillPending", evidence })
      })
      yield* passOver([unresolved(1, "asked"), unresolved(2, "asked")], [driver]).pass
      expect(asked).toStrictEqual([
        { mid: "mid_1", idempotencyKey: "key_1", ...rest },
        { mid: "mid_1", idempotencyKey: "key_2", ...rest }
      ])
    })
  )

  it.effect("asks eight processors at a time, so that slow ones hold up few", () =>
    Effect.gen(function* () {
      let asking = 0
      const slow = lookupOf("slow", () => {
        asking++
        return Effect.never
      })
      const due = Array.from({ length: 9 }, (_, n) => unresolved(n, "slow"))
      const fiber = yield* Effect.forkChild(passOver(due, [slow]).pass)
      yield* TestClock.adjust(Duration.seconds(19))
      expect(asking).toBe(8)
      yield* TestClock.adjust(Duration.seconds(1))
      expect(asking).toBe(9)
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("takes on a hundred attempts for a minute, longer than it waits for any answer", () =>
    Effect.gen(function* () {
      const { claims, pass, takeOver } = passOver([], [])
      expect(yield* pass).toStrictEqual({ asked: 0, resolved: 0 })
      expect(claims).toStrictEqual([[100, "1m"]])
      expect(yield* takeOver).toBe(100)
    })
  )
})
