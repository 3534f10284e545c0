import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger } from "effect"
import { TestClock } from "effect/testing"
import { eventOf } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import {
  Absent,
  type Captured,
  type Declined,
  Indeterminate
} from "../../../src/kernel/cascade/Disposition.ts"
import { attemptId } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { Providers, providersOf, type TokenCharge } from "../../../src/kernel/PaymentProvider.ts"
import { candidate, captured, declined, indeterminate, session } from "../../support/kernel/cascade.ts"
import { deadline, incapable } from "../../support/kernel/fakeDrivers.ts"
import { fakeLedger } from "../../support/kernel/FakeLedger.ts"
import { captures, cascade, runningCascade } from "../../support/kernel/runningCascade.ts"

const quiet = Effect.provide(Logger.layer([]))

describe("what an answer means to the cascade:", () => {
  it.each([
    ["a capture", captured, "ChargeCaptured"],
    ["a soft decline", declined("soft"), "ChargeDeclined"],
    ["a hard decline", declined("hard"), "ChargeDeclined"],
    ["an unknown outcome", indeterminate, "ChargeIndeterminate"]
  ] as const)("%s means what it is", (_, outcome, tag) => {
    const event = eventOf(outcome)
    expect(event._tag).toBe(tag)
    expect(Object.values(event).filter((value) => value !== tag)).toStrictEqual([outcome])
    expect(Object.values(event)).toContain(outcome)
  })

  it("absence is no answer to a charge, so nothing is known", () => {
    const evidence = { code: "not_found", message: "never heard of it" }
    const event = eventOf(new Absent({ evidence }))
    expect(event).toEqual({ _tag: "ChargeIndeterminate", indeterminate: new Indeterminate({ evidence }) })
  })
})

describe("the ledger is told", () => {
  const [, b, c] = ["mid_a", "mid_b", "mid_c"].map(candidate)

  it.effect.each([
    ["a capture, and nowhere to go on to", Effect.succeed(captured), captured, []],
    [
      "a soft decline, and the accounts that are left",
      Effect.fail(declined("soft")),
      declined("soft"),
      [b, c]
    ],
    ["a hard decline, and nowhere to go on to", Effect.fail(declined("hard")), declined("hard"), []],
    ["an unknown outcome, and nowhere to go on to", Effect.fail(indeterminate), indeterminate, []]
  ] as const)("by the driver, under its fence and in its caller's name: %s", ([, answer, outcome, next]) =>
    Effect.gen(function* () {
      const { evidence, run } = runningCascade({ mid_a: () => answer, mid_b: captures })
      yield* run
      expect(evidence[0]).toEqual({
        attempt: attemptId(session, 1),
        fence: 1,
        outcome,
        source: "driver",
        next,
        by: "app"
      })
    })
  )

  it.effect.each([
    ["a capture", Effect.succeed(captured), captured],
    ["a decline", Effect.fail(declined("soft")), declined("soft")]
  ] as const)("%s after the deadline under no fence, and nowhere to go on to", ([, answer, outcome]) =>
    Effect.gen(function* () {
      const late: Effect.Effect<Captured, Declined> = answer
      const { evidence, run } = runningCascade({
        mid_a: () => Effect.delay(late, Duration.minutes(1)),
        mid_b: captures
      })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(fiber)
      expect(evidence.map(({ fence }) => fence)).toEqual([1, 0])
      expect(evidence[1]).toEqual({ ...evidence[0], fence: 0, outcome, next: [] })
    })
  )

  it.effect.each<[string, TokenCharge["chargeToken"]]>([
    ["says that it does not know", () => Effect.delay(Effect.fail(indeterminate), Duration.minutes(1))],
    ["breaks", () => Effect.delay(Effect.die("the socket was gone"), Duration.minutes(1))]
  ])("nothing more when a driver %s after its deadline", ([, answer]) =>
    Effect.gen(function* () {
      const { evidence, run } = runningCascade({ mid_a: answer, mid_b: captures })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.minutes(5))
      yield* Fiber.join(fiber)
      expect(evidence.map(({ outcome }) => outcome.evidence.code)).toEqual(["deadline"])
    })
  )
})

describe("what our own side found out is said in the evidence:", () => {
  const evidenceOf = (answer: TokenCharge["chargeToken"]) =>
    Effect.gen(function* () {
      const { evidence, run } = runningCascade({ mid_a: answer })
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(Duration.sum(deadline, Duration.seconds(1)))
      yield* Fiber.join(fiber)
      return evidence[0]?.outcome.evidence
    }).pipe(quiet)

  it.effect("a driver that did not answer in time", () =>
    Effect.gen(function* () {
      expect(yield* evidenceOf(() => Effect.never)).toEqual({
        code: "deadline",
        message: "the driver did not answer in time"
      })
    })
  )

  it.effect("a driver that broke", () =>
    Effect.gen(function* () {
      expect(yield* evidenceOf(() => Effect.die("broken"))).toEqual({
        code: "driver_broke",
        message: "the driver ended without an answer"
      })
    })
  )

  it.effect.each([
    ["is not there", [], "no provider driver_of_mid_a is configured; configured are none"],
    [
      "cannot charge tokens",
      [incapable("driver_of_mid_a")],
      "driver_of_mid_a cannot do tokenCharge; choose a provider that can"
    ]
  ] as const)("a driver that %s", ([, drivers, message]) =>
    Effect.gen(function* () {
      const { evidence, service } = fakeLedger()
      yield* cascade.pipe(
        Effect.provideService(PaymentLedger, service),
        Effect.provideService(Providers, providersOf(drivers))
      )
      expect(evidence[0]?.outcome.evidence).toEqual({ code: "not_configured", message })
    })
  )
})
