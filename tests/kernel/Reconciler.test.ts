import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import { Attempt } from "../../src/kernel/Attempt.ts"
import { Captured, Declined, Indeterminate, type Outcome } from "../../src/kernel/cascade/Disposition.ts"
import { AttemptId, MidId, ProviderName, SessionId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import { LedgerUnavailable, PaymentLedger, type Unresolved } from "../../src/kernel/PaymentLedger.ts"
import {
  type ChargeLookup,
  type LookupResult,
  type PaymentProvider,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { BrandId, EntityId } from "../../src/kernel/ids.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"
import { fakeLedger } from "../support/kernel/FakeLedger.ts"

const evidence = { code: "code", message: "message" }
const captured = new Captured({ processorReference: "ch_1", amount: 4900, currency: "USD", evidence })
const horizon = Duration.minutes(5)

const withoutLookup = incapable("bad")

const lookupOf = (name: string, lookupCharge: ChargeLookup["lookupCharge"]): PaymentProvider => ({
  ...withoutLookup,
  name: ProviderName.make(name),
  chargeLookup: { absenceHorizon: horizon, lookupCharge }
})

const unresolved = (
  nr: number,
  provider: string,
  age: Duration.Duration = Duration.seconds(1)
): Unresolved => {
  const ulid = `0000000000000000000000000${nr}`
  return {
    attempt: new Attempt({
      id: AttemptId.make(`at_${ulid}_1`),
      session: SessionId.make(`ps_${ulid}`),
      ordinal: 1,
      mid: MidId.make("mid_1"),
      entity: EntityId.make("entity"),
      provider: ProviderName.make(provider),
      category: "supplements",
      brand: BrandId.make("brand"),
      money: new Money({ amount: 4900, currency: "USD" }),
      idempotencyKey: `key_${nr}`,
      state: "indeterminate"
    }),
    writtenAt: DateTime.makeUnsafe(0),
    age: Duration.toMillis(age)
  }
}

/** One pass over some attempts; what was recorded, by attempt. */
const passOver = (
  due: ReadonlyArray<Unresolved>,
  drivers: ReadonlyArray<PaymentProvider>,
  refusing: (outcome: Outcome) => boolean = () => false
) => {
  const recorded = new Map<string, Outcome>()
  const { service } = fakeLedger({
    answers: {
      claimUnresolved: () => Effect.succeed(due),
      record: ({ attempt, outcome, next, fence }) => {
        assert.deepStrictEqual([...next], [], "a reconciler never goes on to another account")
        assert.strictEqual(fence, 0, "a reconciler holds no fence")
        if (refusing(outcome))
          return Effect.fail(new LedgerUnavailable({ operation: "record", cause: "refused" }))
        recorded.set(attempt, outcome)
        const state = outcome._tag === "Indeterminate" ? "indeterminate" : "captured"
        return Effect.succeed({ attempt: state, session: "in_review", passedOver: [] })
      }
    }
  })
  const pass = Effect.flatMap(Reconciler, (reconciler) => reconciler.pass).pipe(
    Effect.provide(
      Reconciler.layer.pipe(
        Layer.provide([Layer.succeed(PaymentLedger, service), Layer.succeed(Providers, providersOf(drivers))])
      )
    ),
    Effect.provideService(References.MinimumLogLevel, "None")
  )
  return { pass, recorded }
}

const says = (result: LookupResult) => lookupOf("says", () => Effect.succeed(result))

describe("what a lookup says is recorded as it is:", () => {
  it.effect.each<[string, LookupResult, Duration.Duration, Outcome["_tag"]]>([
    ["captured", { _tag: "FoundCaptured", captured }, Duration.seconds(1), "Captured"],
    [
      "declined",
      { _tag: "FoundDeclined", declined: new Declined({ kind: "soft", evidence }) },
      Duration.seconds(1),
      "Declined"
    ],
    ["pending, however old", { _tag: "StillPending", evidence }, Duration.days(30), "Indeterminate"],
    ["not found before the horizon proves nothing", { _tag: "NotFound", evidence }, horizon, "Indeterminate"],
    [
      "not found after the horizon is absence",
      { _tag: "NotFound", evidence },
      Duration.sum(horizon, Duration.millis(1)),
      "Absent"
    ]
  ])("%s", ([, result, age, outcome]) =>
    Effect.gen(function* () {
      const { pass, recorded } = passOver([unresolved(1, "says", age)], [says(result)])
      const done = yield* pass
      assert.deepStrictEqual(
        [...recorded.values()].map(({ _tag }) => _tag),
        [outcome]
      )
      assert.deepStrictEqual(done, { asked: 1, resolved: outcome === "Indeterminate" ? 0 : 1 })
    })
  )
})

describe("what says nothing is recorded as unknown, and holds up no other attempt:", () => {
  const good = lookupOf("good", () => Effect.succeed({ _tag: "FoundCaptured", captured }))
  it.effect.each<[string, ReadonlyArray<PaymentProvider>, string]>([
    ["a processor that is not configured", [], "cannot_look_up"],
    ["a driver that cannot look up", [withoutLookup], "cannot_look_up"],
    ["a lookup that fails", [lookupOf("bad", () => Effect.fail(new Indeterminate({ evidence })))], "code"],
    ["a lookup that breaks", [lookupOf("bad", () => Effect.die("broken"))], "lookup_broke"],
    ["a lookup that never ends", [lookupOf("bad", () => Effect.never)], "lookup_unanswered"],
    [
      "a lookup that refuses to end",
      [lookupOf("bad", () => Effect.uninterruptible(Effect.never))],
      "lookup_unanswered"
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
      "impossible_capture"
    ]
  ])("%s", ([, bad, code]) =>
    Effect.gen(function* () {
      const { pass, recorded } = passOver([unresolved(1, "bad"), unresolved(2, "good")], [...bad, good])
      const fiber = yield* Effect.forkChild(pass)
      yield* TestClock.adjust(Duration.seconds(20))
      assert.deepStrictEqual(yield* Fiber.join(fiber), { asked: 2, resolved: 1 })
      assert.deepStrictEqual(
        [...recorded.values()].map((outcome) => outcome.evidence.code).toSorted(),
        [code, "code"].toSorted()
      )
    })
  )

  it.effect("an attempt that the ledger does not take is left for later, and the others are resolved", () =>
    Effect.gen(function* () {
      const poison = lookupOf("poison", () => Effect.succeed({ _tag: "StillPending", evidence }))
      const { pass, recorded } = passOver(
        [unresolved(1, "poison"), unresolved(2, "good")],
        [poison, good],
        (outcome) => outcome._tag === "Indeterminate"
      )
      assert.deepStrictEqual(yield* pass, { asked: 2, resolved: 1 })
      assert.deepStrictEqual(
        [...recorded.values()].map(({ _tag }) => _tag),
        ["Captured"]
      )
    })
  )
})
