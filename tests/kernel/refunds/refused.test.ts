import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { largestAmount } from "../../../src/kernel/Money.ts"
import { ChargeUnknown, type RefundContext } from "../../../src/kernel/PaymentProvider.ts"
import type { RefundOpening } from "../../../src/kernel/refunds/RefundLedger.ts"
import type { RefundRequested } from "../../../src/kernel/refunds/Refunds.ts"
import { NotSettledYet, RefundTooLarge } from "../../../src/kernel/refunds/refundRefusals.ts"
import { refunding, type Script, settledThere, unsettled } from "../../support/kernel/givingBack.ts"
import { capture, mid, refund, session, usd } from "../../support/kernel/refunding.ts"

const evidence = { code: "code", message: "message" }

const request = (amount: number) => ({
  mid,
  idempotencyKey: "key_1",
  money: usd(amount),
  processorReference: "ch_1"
})

describe("a refund is refused, and nothing is written or sent,", () => {
  const nothing = Effect.fnUntraced(function* (
    script: Script,
    body: Partial<RefundRequested>,
    refusal: object
  ) {
    const made = yield* refunding(script)
    expect(yield* made.refused(body)).toMatchObject(refusal)
    expect([...made.orders, ...made.sent, ...made.recorded]).toEqual([])
  })
  const captures = (...list: ReadonlyArray<ReturnType<typeof capture>>): Script => ({
    ledger: {
      refundable: () => Effect.succeed({ _tag: "Refundable", state: "settled", version: 7, captures: list })
    }
  })
  const without = "say why in 1 to 500"
  const whole = "say whole minor units of at least 1, or leave it out for all that is left"
  const wrong = (field: string, problem: string) => ({ _tag: "InvalidInput", field, problem })

  it.effect.each<[string, Partial<RefundRequested>, object]>([
    ["without a reason", { reason: "" }, wrong("reason", `has 0 characters; ${without}`)],
    ["with an empty reason", { reason: "  " }, wrong("reason", `has 2 characters; ${without}`)],
    [
      "with an endless reason",
      { reason: "x".repeat(501) },
      wrong("reason", `has 501 characters; ${without}`)
    ],
    ["with a card number", { reason: "4242 4242 4242 4242" }, { _tag: "InvalidInput", field: "reason" }],
    [
      "with a card number for a charge",
      { processorReference: "4242424242424242" },
      { _tag: "InvalidInput", field: "processorReference" }
    ],
    ["of nothing", { amount: 0 }, wrong("amount", `is 0; ${whole}`)],
    ["of less than nothing", { amount: -1 }, wrong("amount", `is -1; ${whole}`)],
    ["of half a cent", { amount: 0.5 }, wrong("amount", `is 0.5; ${whole}`)],
    [
      "of more than any charge may ask",
      { amount: largestAmount + 1 },
      { _tag: "InvalidInput", field: "amount" }
    ],
    [
      "of the most that one may ask, when less is left",
      { amount: largestAmount },
      { _tag: "RefundTooLarge", amount: largestAmount, refundable: 4900 }
    ],
    ["of more than there is money", { amount: 2 ** 53 }, { _tag: "InvalidInput", field: "amount" }],
    [
      "of more than is left",
      { amount: 4901 },
      { _tag: "RefundTooLarge", amount: 4901, refundable: 4900, currency: "USD" }
    ],
    [
      "of another charge",
      { processorReference: "ch_2" },
      { _tag: "NothingToRefund", session, state: "settled", captures: ["ch_1"] }
    ]
  ])("%s", ([, body, refusal]) => nothing({}, body, refusal))

  it.effect("and not for a reason of 500 characters, nor for the least amount", () =>
    Effect.gen(function* () {
      const made = yield* refunding()
      yield* made.ask({ reason: "x".repeat(500), amount: 1 })
      expect(made.orders).toMatchObject([{ amount: 1 }])
    })
  )

  it.effect(
    "where nothing was captured, where several charges were and none is named, where nothing is left",
    () =>
      Effect.gen(function* () {
        yield* nothing(captures(), {}, { _tag: "NothingToRefund", captures: [] })
        const two = captures(capture(), capture({ processorReference: "ch_2" }))
        yield* nothing(two, {}, { _tag: "NothingToRefund", captures: ["ch_1", "ch_2"] })
        const spent = captures(capture({ refundable: 0 }))
        for (const body of [{}, { amount: 1 }])
          yield* nothing(spent, body, {
            _tag: "NothingToRefund",
            captures: ["ch_1"],
            gone: "ch_1",
            field: "session",
            message: `nothing is left of the charge ch_1 of ${session}: all of it went back, or a dispute took it`
          })
      })
  )

  it.effect("while something is in the way, which is said before anything of amounts", () =>
    Effect.gen(function* () {
      for (const blocked of [
        { reason: "refund_in_review", by: "re_1" },
        { reason: "disputed", by: "dp_1" },
        { reason: "charge_in_review" }
      ] as const) {
        const standing = captures(capture({ refundable: 0, blocked }))
        for (const body of [{}, { amount: 1 }, { amount: 4901 }])
          yield* nothing(standing, body, { _tag: "RefundBlocked", session, ...blocked })
      }
    })
  )

  it.effect("of more than our books have left, whatever the processor says", () =>
    nothing(
      captures(capture({ refundable: 1000 })),
      { amount: 1001 },
      { _tag: "RefundTooLarge", amount: 1001, refundable: 1000 }
    )
  )

  it.effect("as it was judged, if nothing came before under its key meanwhile", () =>
    Effect.gen(function* () {
      const looking = Effect.fnUntraced(function* (key: { readonly idempotencyKey?: string }) {
        let looks = 0
        const made = yield* refunding({
          ledger: {
            refundable: () =>
              Effect.sync(() =>
                looks++ === 0
                  ? {
                      _tag: "Refundable" as const,
                      state: "settled" as const,
                      version: 7,
                      captures: [capture()]
                    }
                  : undefined
              )
          }
        })
        const refusal = yield* made.refused({ amount: 4901 }, session, key)
        expect(refusal).toMatchObject({ _tag: "RefundTooLarge", amount: 4901 })
        return looks
      })
      expect(yield* looking({ idempotencyKey: "key_1" })).toBe(2)
      expect(yield* looking({})).toBe(1)
    })
  )

  it.effect("of a session that nobody knows", () =>
    Effect.gen(function* () {
      const made = yield* refunding({
        ledger: { refundable: () => Effect.undefined, ofSession: () => Effect.undefined }
      })
      for (const id of ["ps_1", session]) {
        expect(yield* made.refused({}, id)).toMatchObject({ _tag: "UnknownSession", session: id })
        expect(yield* Effect.flip(made.ofSession(id))).toMatchObject({ _tag: "UnknownSession", session: id })
      }
      expect(made.asked).toEqual([])
    })
  )

  it.effect("when the processor says that less is left, or that it takes back all or nothing yet", () =>
    Effect.gen(function* () {
      const there = (context: Partial<RefundContext>): Script => ({
        context: Effect.succeed({ ...settledThere, ...context }),
        voids: () => Effect.die("nobody voids")
      })
      const left = (refundable: number) => new RefundTooLarge({ amount: 4900, refundable, currency: "USD" })
      yield* nothing(there({ refundedAmount: 1 }), {}, left(4899))
      yield* nothing(there({ refundedAmount: 5000 }), {}, left(0))
      yield* nothing(there({ captured: usd(4000) }), {}, left(4000))
      yield* nothing(
        there({ voidOnly: true }),
        { amount: 4899 },
        new NotSettledYet({ amount: 4899, captured: 4900 })
      )
      yield* nothing(
        there({ voidOnly: true, captured: usd(9000), refundedAmount: 1 }),
        {},
        new NotSettledYet({ amount: 4900, captured: 4900 })
      )
    })
  )

  it.effect("and what it says is right to the last cent is sent", () =>
    Effect.gen(function* () {
      const made = yield* refunding({ context: Effect.succeed({ ...settledThere, refundedAmount: 900 }) })
      yield* made.ask({ amount: 4000 })
      expect(made.sent).toStrictEqual([request(4000)])
      const settled = yield* refunding({ context: Effect.succeed({ ...settledThere, voidOnly: false }) })
      yield* settled.ask({ amount: 1 })
      expect(settled.sent.length).toBe(1)
    })
  )

  const cannotAsk = (problem: string) => ({ _tag: "ProcessorUnavailable", provider: "processor", problem })
  it.effect.each<[string, Script, object]>([
    [
      "cannot be asked",
      { context: Effect.fail(new Indeterminate({ evidence })) },
      cannotAsk("the outcome is unknown and is being checked: message")
    ],
    [
      "does not know the charge",
      { context: Effect.fail(new ChargeUnknown({ provider: "processor", processorReference: "ch_1" })) },
      { _tag: "UnknownCharge", provider: "processor", processorReference: "ch_1" }
    ],
    [
      "would void and cannot",
      { context: Effect.succeed(unsettled) },
      cannotAsk("processor cannot do void; choose a provider that can")
    ],
    [
      "is not configured",
      { drivers: [] },
      cannotAsk("no provider processor is configured; configured are none")
    ]
  ])("when the processor %s", ([, script, refusal]) => nothing(script, {}, refusal))

  it.effect("when the processor does not say within twenty seconds what may go back", () =>
    Effect.gen(function* () {
      for (const context of [Effect.never, Effect.uninterruptible(Effect.never)]) {
        const made = yield* refunding({ context })
        const fiber = yield* Effect.forkChild(made.refused())
        yield* TestClock.adjust(Duration.seconds(19))
        expect(fiber.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust(Duration.seconds(1))
        expect(yield* Fiber.join(fiber)).toMatchObject(cannotAsk("it did not answer in time"))
      }
    })
  )

  it.effect.each<[string, RefundOpening, object]>([
    [
      "nothing is captured any more",
      { _tag: "NothingCaptured", state: "failed" },
      { _tag: "NothingToRefund", session, state: "failed", captures: [] }
    ],
    [
      "a charge is in review",
      { _tag: "ChargeInReview", state: "in_review" },
      { _tag: "RefundBlocked", session, reason: "charge_in_review" }
    ],
    [
      "the charge is disputed",
      { _tag: "Disputed", dispute: { reference: "dp_1", state: "open" } },
      { _tag: "RefundBlocked", session, reason: "disputed", by: "dp_1" }
    ],
    [
      "another refund is in review",
      { _tag: "RefundInReview", refund: refund() },
      { _tag: "RefundBlocked", session, reason: "refund_in_review", by: refund().id }
    ],
    [
      "less is left by now",
      { _tag: "TooMuch", refundable: 100 },
      { _tag: "RefundTooLarge", amount: 4900, refundable: 100, currency: "USD" }
    ],
    ["the session is gone", { _tag: "NoSuchSession" }, { _tag: "UnknownSession", session }]
  ])("when the write-ahead finds that %s", ([, opening, refusal]) =>
    Effect.gen(function* () {
      const { refused, sent } = yield* refunding({ ledger: { open: () => Effect.succeed(opening) } })
      expect(yield* refused()).toMatchObject(refusal)
      expect(sent).toEqual([])
    })
  )
})
