// What a refund does between its steps, with a ledger and a processor that a test has in its hand.
import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { permitLifetime } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import { Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { AttemptId, EntityId, MidId, Principal, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { LedgerUnavailable, PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { type PaymentProvider, Providers, providersOf } from "../../../src/kernel/PaymentProvider.ts"
import { Refund, RefundId } from "../../../src/kernel/refunds/Refund.ts"
import {
  type Refundable,
  RefundLedger,
  type RefundOutcome
} from "../../../src/kernel/refunds/RefundLedger.ts"
import { Refunds } from "../../../src/kernel/refunds/Refunds.ts"

const session = SessionId.make(`ps_${"0".repeat(26)}`)
const mid = MidId.make("mid_goods_1")
const by = Principal.make("test")
const usd = (amount: number) => new Money({ amount, currency: "USD" })

const written = new Refund({
  id: RefundId.make(`re_${"0".repeat(26)}_1`),
  session,
  ordinal: 1,
  attempt: AttemptId.make(`at_${"0".repeat(26)}_1`),
  mid,
  entity: EntityId.make("loop_goods"),
  provider: ProviderName.make("hand"),
  processorReference: "ch_1",
  money: usd(1000),
  kind: "refund",
  reason: "it came back",
  requestedBy: by,
  idempotencyKey: "key_of_the_row",
  state: "in_flight",
  writtenAt: DateTime.makeUnsafe(0)
})

const capture = {
  attempt: written.attempt,
  mid,
  provider: written.provider,
  processorReference: "ch_1",
  captured: usd(5000),
  refundable: 5000
}

interface Script {
  readonly refundable?: ReadonlyArray<Refundable>
  readonly open?: RefundLedger["Service"]["open"]
  readonly provider?: Partial<PaymentProvider>
  /** What comes of recording, the first time and ever after. */
  readonly recording?: (times: number) => Effect.Effect<void, LedgerUnavailable>
}

/** Asks once; answers what was sent and what was recorded beside the answer. */
const ask = Effect.fnUntraced(function* (script: Script, amount = 1000) {
  const sent: Array<string> = []
  const recorded: Array<RefundOutcome> = []
  let asked = 0
  const ledger = Layer.mock(RefundLedger, {
    refundable: () =>
      Effect.sync(() => {
        const answers = script.refundable ?? [
          { _tag: "Refundable", state: "settled", version: 7, captures: [capture] }
        ]
        return answers[Math.min(asked++, answers.length - 1)]
      }),
    open: script.open ?? (() => Effect.succeed({ _tag: "Permitted", refund: written })),
    compareReturned: () => Effect.succeed(true),
    record: ({ outcome }) =>
      Effect.suspend(() => {
        recorded.push(outcome)
        return (script.recording?.(recorded.length) ?? Effect.void).pipe(Effect.as(written))
      })
  })
  const provider: PaymentProvider = {
    name: written.provider,
    charge: () => Effect.die("nothing is charged here"),
    refundContext: () => Effect.succeed({ captured: usd(5000), refundedAmount: 0 }),
    refund: ({ idempotencyKey, money }) =>
      Effect.sync(() => {
        sent.push(idempotencyKey)
        return { refundReference: "re_1", money }
      }),
    ...script.provider
  }
  const answer = yield* Refunds.pipe(
    Effect.flatMap((refunds) =>
      Effect.result(
        refunds.refund(session, { by, idempotencyKey: "key", body: { amount, reason: "it came back" } })
      )
    ),
    Effect.provide(
      Refunds.layer.pipe(
        Layer.provide([
          ledger,
          Layer.mock(PaymentLedger, {}),
          Layer.succeed(Providers, providersOf([provider]))
        ])
      )
    ),
    Effect.forkChild
  )
  yield* TestClock.adjust(Duration.minutes(2))
  return { answer: yield* Fiber.join(answer), sent, recorded }
})

it.effect("who asks again while the first is on its way is answered the first, not refused for it", () =>
  Effect.gen(function* () {
    const { answer, sent } = yield* ask({
      refundable: [
        { _tag: "Refundable", state: "settled", version: 7, captures: [capture] },
        { _tag: "RefundReplayed", refund: written }
      ],
      // What the first one gave back meanwhile.
      provider: { refundContext: () => Effect.succeed({ captured: usd(5000), refundedAmount: 4500 }) }
    })
    assert.deepStrictEqual([answer._tag, sent], ["Success", []])
  })
)

it.effect("what went back at the processor counts, although the books do not know it yet", () =>
  Effect.gen(function* () {
    const { answer, sent } = yield* ask({
      provider: { refundContext: () => Effect.succeed({ captured: usd(5000), refundedAmount: 4500 }) }
    })
    assert.deepStrictEqual(
      [answer._tag === "Failure" ? answer.failure._tag : undefined, sent],
      ["RefundTooLarge", []]
    )
  })
)

it.effect("a permit that went stale is not used", () =>
  Effect.gen(function* () {
    const { answer, sent, recorded } = yield* ask({
      open: () =>
        Effect.as(Effect.sleep(Duration.sum(permitLifetime, Duration.millis(1))), {
          _tag: "Permitted",
          refund: written
        })
    })
    assert.deepStrictEqual([answer._tag, sent, recorded], ["Success", [], []])
  })
)

it.effect("nothing is sent when the write-ahead is not acknowledged", () =>
  Effect.gen(function* () {
    const { answer, sent } = yield* ask({
      open: () => Effect.fail(new LedgerUnavailable({ operation: "open_refund", cause: "silence" }))
    })
    assert.deepStrictEqual([answer._tag, sent], ["Failure", []])
  })
)

it.effect(
  "nothing is sent to a processor that is silent about the charge, or that has no void to offer",
  () =>
    Effect.gen(function* () {
      const silent = { refundContext: () => Effect.never }
      const onlyVoids = {
        refundContext: () => Effect.succeed({ captured: usd(5000), refundedAmount: 0, voidOnly: true })
      }
      for (const provider of [silent, onlyVoids]) {
        const { answer, sent, recorded } = yield* ask({ provider }, 5000)
        assert.deepStrictEqual(
          [answer._tag === "Failure" ? answer.failure._tag : undefined, sent, recorded],
          ["ProcessorUnavailable", [], []]
        )
      }
    })
)

it.effect("an outcome that is not recorded at once is recorded again and never sent again", () =>
  Effect.gen(function* () {
    const { sent, recorded } = yield* ask({
      recording: (times) =>
        times < 4
          ? Effect.fail(new LedgerUnavailable({ operation: "record_refund", cause: "silence" }))
          : Effect.void
    })
    assert.deepStrictEqual(sent, ["key_of_the_row"])
    assert.deepStrictEqual(
      recorded.map(({ _tag }) => _tag),
      ["Refunded", "Refunded", "Refunded", "Refunded"]
    )
  })
)

it.effect("only a driver's own word says that nothing went back; silence and breakage say nothing", () =>
  Effect.gen(function* () {
    const evidence = { code: "no", message: "no" }
    const ways: ReadonlyArray<readonly [PaymentProvider["refund"], string, string]> = [
      [() => Effect.fail(new Declined({ kind: "hard", evidence })), "Declined", "no"],
      [() => Effect.fail(new Indeterminate({ evidence })), "Indeterminate", "no"],
      [() => Effect.never, "Indeterminate", "deadline"],
      [() => Effect.die("broken"), "Indeterminate", "driver_broke"],
      [() => Effect.interrupt, "Indeterminate", "driver_broke"],
      [
        () => Effect.succeed({ refundReference: " ", money: usd(1000) }),
        "Indeterminate",
        "impossible_refund"
      ],
      [({ money }) => Effect.succeed({ refundReference: "re_1", money }), "Refunded", "refunded"]
    ]
    for (const [refund, tag, code] of ways) {
      const { recorded } = yield* ask({ provider: { refund } })
      assert.deepStrictEqual(
        recorded.map((outcome) => [outcome._tag, outcome.evidence.code]),
        [[tag, code]]
      )
    }
  })
)
