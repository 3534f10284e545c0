import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import { unknownRefund } from "../../../src/kernel/refunds/giveBack.ts"
import type { PaymentProvider } from "../../../src/kernel/PaymentProvider.ts"
import { refunding, unsettled } from "../../support/kernel/givingBack.ts"
import { by, capture, mid, refund, session, usd } from "../../support/kernel/refunding.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const evidence = { code: "code", message: "message" }
const lease = Duration.seconds(55)

const order = (changes: object = {}) => ({
  session,
  mid,
  processorReference: "ch_1",
  amount: 4900,
  kind: "refund",
  reason: "it was broken",
  lease,
  ...changes
})
const request = (amount: number) => ({
  mid,
  idempotencyKey: "key_1",
  money: usd(amount),
  processorReference: "ch_1"
})

describe("money that goes back", () => {
  it.effect("is all that is left if nothing is said, is written down, sent once, and recorded", () =>
    Effect.gen(function* () {
      const made = yield* refunding()
      expect(yield* made.ask()).toStrictEqual(refund({ state: "refunded" }))
      expect(made.asked).toStrictEqual([{ mid, processorReference: "ch_1" }])
      expect(made.orders).toStrictEqual([order()])
      expect(made.wishes).toStrictEqual([
        { by, idempotencyKey: "key_1", body: { session, reason: "it was broken" } }
      ])
      expect(made.sent).toStrictEqual([request(4900)])
      expect(made.recorded).toStrictEqual([
        {
          refund: refund().id,
          outcome: {
            _tag: "Refunded",
            refundReference: "re_9",
            money: usd(4900),
            evidence: { code: "refunded", message: "the processor gave it back" }
          },
          source: "driver",
          by
        }
      ])
      expect(made.log).toEqual([])
    })
  )

  it.effect("is what was asked for, of the charge that was named", () =>
    Effect.gen(function* () {
      const captures = [capture(), capture({ processorReference: "ch_2", refundable: 1000 })]
      const made = yield* refunding({
        ledger: {
          refundable: () => Effect.succeed({ _tag: "Refundable", state: "settled", version: 7, captures })
        }
      })
      yield* made.ask({ amount: 1000, processorReference: "ch_2" })
      expect(made.orders).toStrictEqual([order({ amount: 1000, processorReference: "ch_2" })])
      expect(made.wishes).toMatchObject([{ body: { amount: 1000, processorReference: "ch_2" } }])
    })
  )

  it.effect("is voided as a whole while its processor has not settled it", () =>
    Effect.gen(function* () {
      const made = yield* refunding({
        context: Effect.succeed(unsettled),
        voids: () => Effect.succeed({ evidence })
      })
      yield* made.ask()
      expect(made.orders).toStrictEqual([order({ kind: "void" })])
      expect([made.sent, made.voided]).toStrictEqual([[], [request(4900)]])
      expect(made.recorded).toMatchObject([
        { outcome: { _tag: "Refunded", refundReference: "void_ch_1", money: usd(4900) } }
      ])
    })
  )

  it.effect("goes on when its caller goes away, and is waited for when the service shuts down", () =>
    Effect.gen(function* () {
      const made = yield* refunding({
        refund: ({ money }) =>
          Effect.delay(Effect.succeed({ refundReference: "re_9", money }), Duration.seconds(5))
      })
      const caller = yield* Effect.forkChild(made.ask())
      yield* TestClock.adjust(Duration.seconds(1))
      yield* Fiber.interrupt(caller)
      const closing = yield* Effect.forkChild(Scope.close(made.scope, Exit.void))
      yield* TestClock.adjust(Duration.seconds(5))
      yield* Fiber.join(closing)
      expect(made.recorded).toMatchObject([{ outcome: { _tag: "Refunded" } }])
    })
  )

  it.effect("is found in a trace", () =>
    Effect.gen(function* () {
      const { ask, ofSession } = yield* refunding({ ledger: { ofSession: () => Effect.undefined } })
      expect(yield* spansOf(ask())).toEqual(["Refunds.refund", "giveBack"])
      expect(yield* spansOf(ofSession(session))).toEqual(["Refunds.ofSession"])
    })
  )
})

describe("what a processor says to a refund is recorded as what it proves:", () => {
  const declined = new Declined({ kind: "hard", evidence })
  const unknown = (code: string, message: string) => ({ _tag: "Indeterminate", evidence: { code, message } })
  const broke = unknown("driver_broke", "the driver ended without an answer")

  it.effect.each<[string, PaymentProvider["refund"], object]>([
    ["a decline", () => Effect.fail(declined), declined],
    ["an unknown outcome", () => Effect.fail(new Indeterminate({ evidence })), unknown("code", "message")],
    [
      "an unknown outcome with the refund's id",
      () => Effect.fail(new Indeterminate({ evidence, processorReference: "re_9" })),
      { ...unknown("code", "message"), refundReference: "re_9" }
    ],
    [
      "a driver that breaks",
      () => Effect.die("broken"),
      unknown("driver_broke", "the driver ended without an answer")
    ],
    [
      "a driver that throws before it starts",
      () => {
        throw new Error("not a function")
      },
      broke
    ],
    [
      "a driver that fails with what it does not declare",
      () => Effect.fail(JSON.parse('{"_tag":"Declined"}')),
      broke
    ],
    [
      "a driver that declines and dies at once",
      () => Effect.failCause(Cause.combine(Cause.fail(declined), Cause.die("a sibling fiber broke"))),
      broke
    ],
    [
      "a driver that breaks while it declines",
      () => Effect.ensuring(Effect.fail(declined), Effect.die("broken")),
      unknown("driver_broke", "the driver ended without an answer")
    ],
    ["silence", () => Effect.never, unknown("deadline", "the processor did not answer in time")],
    [
      "silence that cannot be ended",
      () => Effect.uninterruptible(Effect.never),
      unknown("deadline", "the processor did not answer in time")
    ]
  ])("%s", ([, answer, outcome]) =>
    Effect.gen(function* () {
      const { waiting, recorded, sent, log } = yield* refunding({ refund: answer })
      yield* waiting()
      expect(recorded.map((one) => one.outcome)).toStrictEqual([outcome])
      expect(sent.length).toBe(1)
      const told = { level: "Warn", words: "a refund's outcome is unknown", about: {} }
      expect(log).toEqual("_tag" in outcome && outcome._tag === "Indeterminate" ? [told] : [])
    })
  )

  it.effect("a void that its driver cannot do any more is unknown", () =>
    Effect.gen(function* () {
      const { waiting, recorded } = yield* refunding({
        ledger: { open: () => Effect.succeed({ _tag: "Permitted", refund: refund({ kind: "void" }) }) }
      })
      yield* waiting()
      expect(recorded.map((one) => one.outcome)).toStrictEqual([
        unknown("cannot_void", "processor cannot do void; choose a provider that can")
      ])
    })
  )

  it.effect("a refund without a reference proves nothing", () =>
    Effect.gen(function* () {
      const { ask, recorded, log } = yield* refunding({
        refund: () => Effect.succeed({ refundReference: "", money: usd(4900) })
      })
      yield* ask()
      expect(recorded.map(({ outcome }) => [outcome._tag, outcome.evidence.code])).toEqual([
        ["Indeterminate", "impossible_refund"]
      ])
      expect(log).toEqual([])
    })
  )

  it.effect("an answer within forty seconds counts", () =>
    Effect.gen(function* () {
      const { waiting, recorded } = yield* refunding({
        refund: ({ money }) =>
          Effect.delay(Effect.succeed({ refundReference: "re_9", money }), Duration.seconds(39))
      })
      yield* waiting()
      expect(recorded.map(({ outcome }) => outcome._tag)).toEqual(["Refunded"])
    })
  )
})

describe("a refund whose permit", () => {
  const openAfter = (wait: Duration.Duration) =>
    refunding({
      ledger: { open: () => Effect.delay(Effect.succeed({ _tag: "Permitted", refund: refund() }), wait) }
    })

  it.effect("is older than two seconds is not sent: this process stood still", () =>
    Effect.gen(function* () {
      const late = yield* openAfter(Duration.millis(2001))
      expect(yield* late.waiting()).toStrictEqual(refund())
      expect([late.sent, late.recorded]).toEqual([[], []])
      const inTime = yield* openAfter(Duration.seconds(2))
      yield* inTime.waiting()
      expect(inTime.sent.length).toBe(1)
    })
  )
})

describe("the outcome of a refund that cannot be recorded", () => {
  const silent = new LedgerUnavailable({ operation: "record_refund", cause: new Error("gone") })
  const failing = (times: number) => {
    let failures = 0
    return refunding({
      ledger: {
        record: () =>
          Effect.suspend(() =>
            failures++ < times ? Effect.fail(silent) : Effect.succeed(refund({ state: "refunded" }))
          )
      }
    })
  }

  it.effect("is recorded again, seven times, and never sent again", () =>
    Effect.gen(function* () {
      const { waiting, sent, recorded, log } = yield* failing(7)
      expect(yield* waiting()).toStrictEqual(refund({ state: "refunded" }))
      expect([sent.length, recorded.length]).toEqual([1, 1])
      expect(log).toEqual([])
    })
  )

  it.effect("is left to the reconciler then, and stands in the log", () =>
    Effect.gen(function* () {
      const { waiting, sent, log } = yield* failing(8)
      expect(yield* waiting()).toStrictEqual(refund())
      expect(sent.length).toBe(1)
      expect(log).toEqual([
        {
          level: "Error",
          words: "the outcome of a refund was not recorded and is left to the reconciler",
          about: {
            refund: refund().id,
            outcome: "Refunded",
            code: "refunded",
            reference: "re_9",
            amount: 4900,
            currency: "USD"
          }
        }
      ])
    })
  )

  it.effect("is told without money if none went back", () =>
    Effect.gen(function* () {
      const { waiting, log } = yield* refunding({
        refund: () => Effect.fail(new Declined({ kind: "hard", evidence })),
        ledger: { record: () => Effect.fail(silent) }
      })
      yield* waiting()
      expect(log.map(({ about }) => about)).toStrictEqual([
        { refund: refund().id, outcome: "Declined", code: "code" }
      ])
    })
  )

  it.effect("keeps its caller for fifteen seconds and no longer", () =>
    Effect.gen(function* () {
      const { ask, log } = yield* refunding({ ledger: { record: () => Effect.never } })
      const fiber = yield* Effect.forkChild(ask())
      yield* TestClock.adjust(Duration.seconds(14))
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(Duration.seconds(1))
      expect(yield* Fiber.join(fiber)).toStrictEqual(refund())
      expect(log).toEqual([
        {
          level: "Warn",
          words: "the record of a refund takes long; nobody waits for it any more",
          about: {}
        }
      ])
    })
  )
})

describe("a refund that was asked for before under its key", () => {
  const replayed = { _tag: "RefundReplayed", refund: refund({ state: "refunded" }) } as const
  const reused = {
    _tag: "RefundKeyReused",
    earlierSession: session,
    earlierBody: { session, reason: "it was late" }
  } as const

  it.effect("is answered as it stands, whenever that is found out, and not sent again", () =>
    Effect.gen(function* () {
      for (const ledger of [
        { refundable: () => Effect.succeed(replayed) },
        { open: () => Effect.succeed(replayed) }
      ]) {
        const { ask, sent } = yield* refunding({ ledger })
        expect(yield* ask()).toStrictEqual(replayed.refund)
        expect(sent).toEqual([])
      }
    })
  )

  it.effect("is its sender's alone while that is at it, whenever that is found out", () =>
    Effect.gen(function* () {
      for (const state of ["in_flight", "indeterminate"] as const) {
        const underWay = { _tag: "RefundReplayed", refund: refund({ state }) } as const
        for (const ledger of [
          { refundable: () => Effect.succeed(underWay) },
          { open: () => Effect.succeed(underWay) }
        ]) {
          const { ask, sent } = yield* refunding({ ledger })
          expect(yield* ask()).toStrictEqual(underWay.refund)
          expect(sent).toEqual([])
        }
      }
    })
  )

  it.effect("is refused if it was another, with what differs", () =>
    Effect.gen(function* () {
      for (const ledger of [
        { refundable: () => Effect.succeed(reused) },
        { open: () => Effect.succeed(reused) }
      ]) {
        const { refused, sent } = yield* refunding({ ledger })
        expect(yield* refused()).toMatchObject({
          _tag: "IdempotencyKeyReused",
          differences: [{ field: "reason", before: '"it was late"', now: '"it was broken"' }]
        })
        expect(sent).toEqual([])
      }
    })
  )
})

it.effect("what became of a session's money is told as the ledger has it", () =>
  Effect.gen(function* () {
    const returns = {
      captures: [capture()],
      refunds: [refund()],
      disputes: [],
      waitsFor: [],
      lateCaptures: []
    }
    const { ofSession } = yield* refunding({ ledger: { ofSession: () => Effect.succeed(returns) } })
    expect(yield* ofSession(session)).toBe(returns)
  })
)

describe("of what nobody knows of a refund", () => {
  it("the processor's reference is the refund's own, if there is one", () => {
    expect(unknownRefund(new Indeterminate({ evidence }))).toStrictEqual({ _tag: "Indeterminate", evidence })
    expect(unknownRefund(new Indeterminate({ evidence, processorReference: "re_9" }))).toStrictEqual({
      _tag: "Indeterminate",
      evidence,
      refundReference: "re_9"
    })
  })
})
