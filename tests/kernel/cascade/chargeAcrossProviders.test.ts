import { describe, expect, it } from "@effect/vitest"
import { Cause, Clock, Deferred, Duration, Effect, Exit, Fiber, References } from "effect"
import { TestClock } from "effect/testing"
import { permitLifetime } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import { Captured, type Declined, type Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { Providers, providersOf, type TokenCharge } from "../../../src/kernel/PaymentProvider.ts"
import { captured, declined, indeterminate } from "../../support/kernel/cascade.ts"
import { deadline, incapable } from "../../support/kernel/fakeDrivers.ts"
import { fakeLedger, type Mischief } from "../../support/kernel/FakeLedger.ts"
import {
  captures,
  cascade,
  declinesHard,
  declinesSoftly,
  knowsNothing,
  runningCascade
} from "../../support/kernel/runningCascade.ts"

/** A cascade over three accounts with these drivers and this ledger, and without a log. */
const setup = (answers: Readonly<Record<string, TokenCharge["chargeToken"]>>, mischief: Mischief = {}) => {
  const { run, ...seen } = runningCascade(answers, mischief)
  return { ...seen, run: Effect.provideService(run, References.MinimumLogLevel, "None") }
}

describe("chargeAcrossProviders", () => {
  it.effect("goes on after soft declines and ends with a capture", () =>
    Effect.gen(function* () {
      const { calls, keys, run, sends } = setup({
        mid_a: declinesSoftly,
        mid_b: declinesSoftly,
        mid_c: captures
      })
      expect(yield* run).toEqual({ _tag: "Ended", heard: "Captured", session: "settled", passedOver: [] })
      expect(sends).toEqual(["mid_a", "mid_b", "mid_c"])
      expect(new Set(keys).size).toBe(3)
      expect(calls).toEqual([
        "open mid_a,mid_b,mid_c",
        "record 1 Declined declined",
        "record 2 Declined declined",
        "record 3 Captured approved"
      ])
    })
  )

  it.effect.each([
    ["a capture", captures, "settled"],
    ["a hard decline", declinesHard, "pending"],
    ["an unknown outcome", knowsNothing, "in_review"]
  ] as const)("asks nobody else after %s", ([, answer, state]) =>
    Effect.gen(function* () {
      const { run, sends } = setup({ mid_a: answer, mid_b: captures, mid_c: captures })
      expect(yield* run).toMatchObject({ _tag: "Ended", session: state })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("passes over an account that was stopped after it had been chosen", () =>
    Effect.gen(function* () {
      const { run, sends } = setup(
        { mid_a: captures, mid_b: declinesSoftly, mid_c: captures },
        { stopped: ["mid_a", "mid_c"] }
      )
      expect(yield* run).toEqual({
        _tag: "Ended",
        heard: "Declined",
        session: "pending",
        passedOver: [{ mid: "mid_c", reason: "kill_switch_on" }]
      })
      expect(sends).toEqual(["mid_b"])
    })
  )

  it.effect("sends nothing when the write-ahead permits nobody", () =>
    Effect.gen(function* () {
      const { run, sends } = setup({ mid_a: captures }, { stopped: ["mid_a", "mid_b", "mid_c"] })
      expect(yield* run).toMatchObject({ _tag: "NothingOpened", opening: { _tag: "NonePermitted" } })
      expect(sends).toEqual([])
    })
  )

  it.effect("fails and sends nothing when the write-ahead is not acknowledged", () =>
    Effect.gen(function* () {
      const { calls, run, sends } = setup({ mid_a: captures }, { openIsUnavailable: true })
      expect(yield* Effect.flip(run)).toMatchObject({ _tag: "LedgerUnavailable", operation: "open" })
      expect(sends).toEqual([])
      expect(calls).toEqual(["open mid_a,mid_b,mid_c"])
    })
  )
})

/** What came of a charge whose first driver gives this answer, without time passing. */
const firstDriver = (answer: TokenCharge["chargeToken"]) =>
  Effect.gen(function* () {
    const { calls, run, sends } = setup({ mid_a: answer, mid_b: captures, mid_c: captures })
    const result = yield* run
    expect(result).toMatchObject({ _tag: "Ended", session: "in_review" })
    expect(sends).toEqual(["mid_a"])
    return calls.at(-1)
  })

describe("a capture that cannot be one proves nothing:", () => {
  it.effect.each<[string, Partial<Captured>]>([
    ["no amount", { amount: 0 }],
    ["a negative amount", { amount: -100 }],
    ["an amount beyond counting", { amount: 2 ** 53 }],
    ["a blank reference", { processorReference: " " }],
    ["a reference with a NUL", { processorReference: "ch_\0" }],
    ["a reference with half a character", { processorReference: "ch_\ud83e" }],
    ["an endless reference", { processorReference: "x".repeat(11_000) }]
  ])("%s", ([, claims]) =>
    Effect.gen(function* () {
      const answer = new Captured({ ...captured, ...claims }, { disableChecks: true })
      expect(yield* firstDriver(() => Effect.succeed(answer))).toBe(
        "record 1 Indeterminate impossible_capture"
      )
    })
  )
})

describe("a driver that breaks leaves the outcome unknown:", () => {
  it.effect.each<[string, TokenCharge["chargeToken"]]>([
    ["it dies", () => Effect.die(new Error("cannot read properties of undefined"))],
    [
      "it throws before it starts",
      () => {
        throw new Error("not a function")
      }
    ],
    ["it interrupts itself", () => Effect.interrupt],
    ["it fails with what it does not declare", () => Effect.fail(JSON.parse('{"_tag":"Declined"}'))],
    [
      "it declines and dies at once",
      () => Effect.failCause(Cause.combine(Cause.fail(declined("soft")), Cause.die("a sibling fiber broke")))
    ],
    [
      "it declines and does not know at once",
      () => Effect.failCause(Cause.combine(Cause.fail(declined("soft")), Cause.fail(indeterminate)))
    ],
    [
      "it declines and is interrupted at once",
      () => Effect.failCause(Cause.combine(Cause.fail(declined("soft")), Cause.interrupt()))
    ],
    [
      "it dies while it cleans up after a decline",
      () => Effect.fail(declined("soft")).pipe(Effect.ensuring(Effect.die("the socket was gone")))
    ],
    [
      "it dies while it cleans up after a capture",
      () => Effect.succeed(captured).pipe(Effect.ensuring(Effect.die("the socket was gone")))
    ]
  ])("%s", ([, answer]) =>
    Effect.gen(function* () {
      expect(yield* firstDriver(answer)).toBe("record 1 Indeterminate driver_broke")
    })
  )

  it.effect.each([
    ["no driver of that name is there", providersOf([])],
    ["it cannot charge tokens", providersOf([incapable("driver_of_mid_a")])]
  ] as const)("%s", ([, providers]) =>
    Effect.gen(function* () {
      const ledger = fakeLedger()
      const result = yield* cascade.pipe(
        Effect.provideService(PaymentLedger, ledger.service),
        Effect.provideService(Providers, providers)
      )
      expect(result).toMatchObject({ _tag: "Ended", session: "in_review" })
      expect(ledger.calls.at(-1)).toBe("record 1 Indeterminate not_configured")
    })
  )
})

describe("the deadline of a charge", () => {
  it.effect.each<[string, TokenCharge["chargeToken"]]>([
    ["never answers", () => Effect.never],
    ["never answers and refuses to be interrupted", () => Effect.uninterruptible(Effect.never)],
    ["never finishes cleaning up", () => Effect.never.pipe(Effect.onInterrupt(() => Effect.never))]
  ])("ends the wait for a driver that %s, one second after the driver's own", ([, answer]) =>
    Effect.gen(function* () {
      const { calls, run, sends } = setup({ mid_a: answer, mid_b: captures, mid_c: captures })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.sum(deadline, Duration.millis(999)))
      expect(calls).toEqual(["open mid_a,mid_b,mid_c"])
      yield* TestClock.adjust(Duration.millis(1))
      expect(fiber.pollUnsafe()).toEqual(
        Exit.succeed({ _tag: "Ended", heard: "Indeterminate", session: "in_review", passedOver: [] })
      )
      expect(calls.at(-1)).toBe("record 1 Indeterminate deadline")
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect.each([
    ["a capture", Effect.succeed(captured), "record 1 Captured approved"],
    ["a decline", Effect.fail(declined("soft")), "record 1 Declined declined"]
  ] as const)(
    "does not lose %s that comes after it: it is recorded, and nothing is opened",
    ([, answer, recorded]) =>
      Effect.gen(function* () {
        const late: Effect.Effect<Captured, Declined | Indeterminate> = answer
        const { calls, run, sends } = setup({
          mid_a: () => Effect.delay(late, Duration.sum(deadline, Duration.seconds(30))),
          mid_b: captures
        })
        const fiber = yield* Effect.forkChild(run)
        yield* TestClock.adjust(Duration.sum(deadline, Duration.seconds(5)))
        expect(yield* Fiber.join(fiber)).toMatchObject({ heard: "Indeterminate", session: "in_review" })
        yield* TestClock.adjust(Duration.seconds(30))
        expect(calls.at(-1)).toBe(recorded)
        expect(sends).toEqual(["mid_a"])
      })
  )

  it.effect("interrupts the driver that does not answer for two minutes more", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const { run } = setup({
        mid_a: () => Effect.never.pipe(Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined)))
      })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.seconds(11))
      yield* Fiber.join(fiber)
      yield* TestClock.adjust(Duration.minutes(2))
      yield* Deferred.await(interrupted)
    })
  )

  it.effect("is not waited for when the driver answers", () =>
    Effect.gen(function* () {
      // No time passes in this test: one that waited for the deadline would never end.
      const { run } = setup({ mid_a: captures })
      expect(yield* run).toMatchObject({ session: "settled" })
    })
  )

  it.effect.each([
    ["a capture", Effect.succeed(captured), "record 1 Captured approved"],
    ["a decline", Effect.fail(declined("hard")), "record 1 Declined declined"]
  ] as const)("does not spoil %s that comes just before it", ([, answer, recorded]) =>
    Effect.gen(function* () {
      const late: Effect.Effect<Captured, Declined | Indeterminate> = answer
      const { calls, run } = setup({ mid_a: () => Effect.delay(late, deadline) })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(deadline)
      expect(fiber.pollUnsafe()).toBeDefined()
      expect(calls.at(-1)).toBe(recorded)
    })
  )
})

describe("a permit", () => {
  const justTooLong = Duration.sum(permitLifetime, Duration.millis(1))

  it.effect("that went stale on its way from the write-ahead sends nothing and records nothing", () =>
    Effect.gen(function* () {
      const { calls, run, sends } = setup(
        { mid_a: captures },
        { beforeOpenAnswers: TestClock.adjust(justTooLong) }
      )
      expect(yield* run).toEqual({ _tag: "LeftToReconciler" })
      expect(sends).toEqual([])
      expect(calls).toEqual(["open mid_a,mid_b,mid_c"])
    })
  )

  it.effect("that went stale on its way from a recorded decline sends nothing", () =>
    Effect.gen(function* () {
      const { run, sends } = setup(
        { mid_a: declinesSoftly, mid_b: captures },
        { beforeRecordAnswers: TestClock.adjust(justTooLong) }
      )
      expect(yield* run).toEqual({ _tag: "LeftToReconciler" })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("is good for its lifetime, however long the charge before it took", () =>
    Effect.gen(function* () {
      const { run, sends } = setup(
        { mid_a: () => Effect.delay(Effect.fail(declined("soft")), Duration.seconds(9)), mid_b: captures },
        { beforeOpenAnswers: Effect.sleep(permitLifetime) }
      )
      const fiber = yield* Effect.forkChild(run, { startImmediately: true })
      yield* TestClock.adjust(permitLifetime)
      yield* TestClock.adjust(Duration.seconds(9))
      expect(yield* Fiber.join(fiber)).toMatchObject({ session: "settled" })
      expect(sends).toEqual(["mid_a", "mid_b"])
    })
  )

  it.effect("counts its age from when its write was sent, however long that one waited before", () =>
    Effect.gen(function* () {
      const { run, sends } = setup(
        { mid_a: declinesSoftly, mid_b: captures },
        { beforeSent: TestClock.adjust(justTooLong) }
      )
      expect(yield* run).toMatchObject({ session: "settled" })
      expect(sends).toEqual(["mid_a", "mid_b"])
    })
  )

  it.effect("that went stale after its write was sent sends nothing, whatever that one waited for", () =>
    Effect.gen(function* () {
      const { run, sends } = setup(
        { mid_a: captures },
        { beforeSent: TestClock.adjust(justTooLong), beforeOpenAnswers: TestClock.adjust(justTooLong) }
      )
      expect(yield* run).toEqual({ _tag: "LeftToReconciler" })
      expect(sends).toEqual([])
    })
  )

  it.effect.each([
    ["forward", 3_600_000],
    ["back", -3_600_000]
  ] as const)("does not age when the wall clock is set %s by an hour", ([, change]) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let offset = 0
      const millis = () => clock.currentTimeMillisUnsafe() + offset
      const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(offset) * 1_000_000n
      const wallClock: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: millis,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanosUnsafe: nanos,
        currentTimeNanos: Effect.sync(nanos)
      }
      const { run, sends } = setup(
        { mid_a: captures },
        { beforeOpenAnswers: Effect.sync(() => void (offset = change)) }
      )
      expect(yield* Effect.provideService(run, Clock.Clock, wallClock)).toMatchObject({ session: "settled" })
      expect(sends).toEqual(["mid_a"])
    })
  )
})

describe("an outcome that is not acknowledged", () => {
  it.effect("is recorded again, never charged again", () =>
    Effect.gen(function* () {
      const { calls, run, sends } = setup({ mid_a: declinesSoftly, mid_b: captures }, { failingRecords: 2 })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.seconds(1))
      expect(yield* Fiber.join(fiber)).toMatchObject({ session: "settled" })
      expect(sends).toEqual(["mid_a", "mid_b"])
      expect(calls).toEqual([
        "open mid_a,mid_b,mid_c",
        "record 1 Declined declined",
        "record 1 Declined declined",
        "record 1 Declined declined",
        "record 2 Captured approved"
      ])
    })
  )

  it.effect.each([
    ["a capture", captures],
    ["a decline", declinesSoftly],
    ["an unknown outcome", knowsNothing]
  ] as const)("for good leaves %s to the reconciler", ([, answer]) =>
    Effect.gen(function* () {
      const { calls, run, sends } = setup({ mid_a: answer, mid_b: captures }, { failingRecords: Infinity })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.seconds(6))
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(Duration.seconds(1))
      expect(fiber.pollUnsafe()).toEqual(Exit.succeed({ _tag: "LeftToReconciler" }))
      expect(sends).toEqual(["mid_a"])
      expect(calls.length).toBe(1 + 8)
    })
  )

  it.effect("because the ledger is silent keeps its caller for fifteen seconds, and no longer", () =>
    Effect.gen(function* () {
      const { run, sends } = setup({ mid_a: captures }, { failingRecords: "silent" })
      const fiber = yield* Effect.forkChild(Effect.uninterruptible(run))
      yield* TestClock.adjust(Duration.seconds(14))
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(Duration.seconds(1))
      expect(fiber.pollUnsafe()).toEqual(Exit.succeed({ _tag: "LeftToReconciler" }))
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("because the ledger broke is left to the reconciler too", () =>
    Effect.gen(function* () {
      const { run, sends } = setup({ mid_a: captures }, { failingRecords: "broken" })
      expect(yield* run).toEqual({ _tag: "LeftToReconciler" })
      expect(sends).toEqual(["mid_a"])
    })
  )
})
