import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { Absent, Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { DisputeNews } from "../../../src/kernel/disputes/DisputeNews.ts"
import {
  ChargeUnknown,
  type RefundLookup,
  type RefundLookupResult
} from "../../../src/kernel/PaymentProvider.ts"
import { keepableRefund } from "../../../src/kernel/refunds/keepableRefund.ts"
import type { Refund } from "../../../src/kernel/refunds/Refund.ts"
import {
  RefundLedger,
  type RefundFound,
  type RefundOutcome
} from "../../../src/kernel/refunds/RefundLedger.ts"
import { RefundBlocked } from "../../../src/kernel/refunds/refundRefusals.ts"
import { incapable } from "../../support/kernel/fakeDrivers.ts"
import { done, due, reconciling, type Script } from "../../support/kernel/reconcilingRefunds.ts"
import { fakeRefundLedger, mid, provider, session, usd } from "../../support/kernel/refunding.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const evidence = { code: "code", message: "message" }
const declined = new Declined({ kind: "hard", evidence })

const failed = new Declined({ kind: "hard", processorReference: "re_9", evidence })
const unsure = (code: string, message: string) => new Indeterminate({ evidence: { code, message } })

describe("a webhook about a refund", () => {
  const found = (changes: Partial<RefundFound> = {}) => ({
    find: () => Effect.succeed({ provider, processorReference: "ch_1", version: 7, ...changes })
  })
  /** A ledger that finds the charge, and answers so to each return in turn. */
  const keeping = (
    answers: ReadonlyArray<"known" | "waits" | undefined>,
    changes: Partial<RefundFound> = {}
  ) => {
    const kept: Array<object> = []
    const recordReturn: RefundLedger["Service"]["recordReturn"] = (read) => {
      kept.push(read)
      return Effect.succeed(answers[kept.length - 1])
    }
    return { kept, ledger: { ...found(changes), recordReturn } }
  }
  const gone = { _tag: "Refunded", refundReference: "re_9", money: usd(4900) } as const

  it.effect("of a charge that nobody knows is not known", () =>
    Effect.gen(function* () {
      const { hears, contexts, reads } = reconciling({ ledger: { find: () => Effect.undefined } })
      expect(yield* hears).toBe(false)
      expect([...contexts, ...reads]).toEqual([])
    })
  )

  it.effect.each<[string, ReturnType<RefundLookup["readRefund"]>, object]>([
    ["went back", Effect.succeed(done), gone],
    ["failed", Effect.succeed({ _tag: "RefundDeclined", declined: failed }), failed]
  ])("is recorded as its processor's own object says that it %s", ([, read, outcome]) =>
    Effect.gen(function* () {
      const { kept, ledger } = keeping(["known"])
      const context = Effect.succeed({ captured: usd(4900), refundedAmount: 1200 })
      const { hears, reads, contexts } = reconciling({ ledger, read, context })
      expect(yield* hears).toBe(true)
      expect(reads).toStrictEqual([{ mid, processorReference: "ch_1", refundReference: "re_9" }])
      expect(contexts).toStrictEqual([{ mid, processorReference: "ch_1" }])
      expect(kept).toMatchObject([
        {
          mid,
          processorReference: "ch_1",
          refundReference: "re_9",
          version: 7,
          refunded: 1200,
          by: "reconciler",
          outcome
        }
      ])
    })
  )

  it.effect("needs no sum of its charge", () =>
    Effect.gen(function* () {
      const { kept, ledger } = keeping(["known"])
      const context = Effect.fail(new ChargeUnknown({ provider: "processor", processorReference: "ch_1" }))
      expect(yield* reconciling({ ledger, context }).hears).toBe(true)
      expect(kept).toHaveLength(1)
      expect(kept[0]).not.toHaveProperty("refunded")
    })
  )

  it.effect("is asked about anew when the books were written to meanwhile, and not for ever", () =>
    Effect.gen(function* () {
      const twice = keeping([undefined, "known"])
      expect(yield* reconciling({ ledger: twice.ledger }).hears).toBe(true)
      expect(twice.kept).toHaveLength(2)
      const always = keeping([])
      expect(yield* Effect.flip(reconciling({ ledger: always.ledger }).hears)).toStrictEqual(
        unsure("books_moved", "its books were written to each time that the processor was asked")
      )
      expect(always.kept).toHaveLength(5)
    })
  )

  it.effect.each<[string, Refund["state"], RefundLookupResult, number, number]>([
    ["done", "in_flight", done, 1, 0],
    ["declined by its name", "in_flight", { _tag: "RefundDeclined", declined: failed }, 1, 0],
    ["declined without a name", "in_flight", { _tag: "RefundDeclined", declined }, 1, 1],
    ["pending, while its sender is at it", "in_flight", { _tag: "RefundPending", evidence }, 0, 1],
    ["pending, and nobody is at it", "indeterminate", { _tag: "RefundPending", evidence }, 1, 1]
  ])(
    "of a charge of which one of ours is open makes us ask for that one first: %s",
    ([, state, lookup, times, kepts]) =>
      Effect.gen(function* () {
        const { kept, ledger } = keeping(["known"], { ours: due({ state }) })
        const { hears, recorded, asked } = reconciling({ found: lookup, ledger })
        expect(yield* hears).toBe(true)
        expect(asked).toHaveLength(1)
        expect(recorded.map(({ source, by, version }) => [source, by, version])).toEqual(
          Array.from({ length: times }, () => ["webhook", "reconciler", 7])
        )
        expect(kept).toHaveLength(kepts)
      })
  )

  it.effect("is asked for by its own name where the one of ours went back under another", () =>
    Effect.gen(function* () {
      const { kept, ledger } = keeping(["known"], { ours: due() })
      const other: RefundLookupResult = {
        _tag: "RefundDone",
        refunded: { refundReference: "re_8", money: usd(4900) }
      }
      const { hears, recorded, reads } = reconciling({ found: other, ledger })
      expect(yield* hears).toBe(true)
      expect([recorded.length, reads.length, kept.length]).toEqual([1, 1, 1])
    })
  )

  it.effect("of ours that is not found long after is absent only if nobody is at it", () =>
    Effect.gen(function* () {
      for (const [state, times] of [
        ["in_flight", 0],
        ["indeterminate", 1]
      ] as const) {
        const { ledger } = keeping(["known"], { ours: due({ state }, Duration.days(1)) })
        const { hears, recorded } = reconciling({ found: { _tag: "RefundNotFound", evidence }, ledger })
        yield* hears
        expect(recorded.length).toBe(times)
      }
    })
  )

  const nothing = {
    _tag: "Refunded",
    refundReference: "re_9",
    money: { ...usd(1), amount: 0 },
    evidence: { code: "refunded", message: "the processor gave it back" }
  } as const
  const waiting = unsure("refund_in_review", "a refund of the charge is still being checked")
  const notOver = unsure("refund_in_review", "message")
  it.effect.each<[string, Script, Indeterminate]>([
    ["a refund of the charge is being checked", { ledger: keeping(["waits"]).ledger }, waiting],
    ["it is not over", { read: Effect.succeed({ _tag: "RefundPending", evidence }) }, notOver],
    [
      "it cannot be found",
      { read: Effect.succeed({ _tag: "RefundNotFound", evidence }) },
      unsure("code", "message")
    ],
    ["it cannot be read", { read: Effect.fail(unsure("garbled", "what")) }, unsure("garbled", "what")],
    [
      "the answer is of another one that went back",
      {
        read: Effect.succeed({ _tag: "RefundDone", refunded: { refundReference: "re_8", money: usd(4900) } })
      },
      unsure("refund_of_another", "the answer is not of re_9")
    ],
    [
      "the answer is of a failure without a name",
      { read: Effect.succeed({ _tag: "RefundDeclined", declined }) },
      unsure("refund_of_another", "the answer is not of re_9")
    ],
    [
      "the answer is no refund",
      {
        read: Effect.succeed({
          _tag: "RefundDone",
          refunded: nothing
        })
      },
      unsure("impossible_refund", keepableRefund(nothing).evidence.message)
    ],
    [
      "nobody answers",
      { read: Effect.never },
      unsure("lookup_unanswered", "the processor did not answer in time")
    ],
    [
      "nobody is there",
      { drivers: [] },
      unsure("cannot_ask", "no provider processor is configured; configured are none")
    ],
    [
      "the driver cannot read it",
      { drivers: [incapable(provider)] },
      unsure("cannot_ask", "processor cannot do refundLookup; choose a provider that can")
    ]
  ])("comes again while %s", ([, script, error]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(reconciling({ ledger: found(), ...script }).hears)).toStrictEqual(error)
    })
  )

  it.effect("is found in a trace", () =>
    Effect.gen(function* () {
      const { hears } = reconciling({ ledger: keeping(["known"]).ledger })
      expect(yield* spansOf(hears)).toEqual(["RefundNews.heard"])
    })
  )
})

it.effect("a webhook about a dispute is recorded by the ledger of refunds", () =>
  Effect.gen(function* () {
    const { service } = fakeRefundLedger({ recordDispute: () => Effect.succeed(true) })
    const { heard } = yield* DisputeNews.pipe(
      Effect.provide(Layer.provide(DisputeNews.layer, Layer.succeed(RefundLedger, service)))
    )
    const dispute = {
      disputeReference: "dp_1",
      processorReference: "ch_1",
      state: "open",
      money: usd(4900),
      reason: "fraudulent"
    } as const
    expect(yield* heard(mid, dispute, undefined)).toBe(true)
  })
)

describe("what is kept of the outcome of a refund is what a ledger can write down:", () => {
  const long = "x".repeat(10_000)
  const impossible = { _tag: "Indeterminate", evidence: { code: "impossible_refund" } }
  it.each<[string, RefundOutcome, object]>([
    [
      "a refund without a reference is none",
      { _tag: "Refunded", refundReference: "", money: usd(4900), evidence },
      impossible
    ],
    [
      "a refund of nothing is none",
      { _tag: "Refunded", refundReference: "re_9", money: { ...usd(4900), amount: 0 }, evidence },
      impossible
    ],
    [
      "an id that is none is left out",
      { _tag: "Indeterminate", evidence, refundReference: "" },
      { _tag: "Indeterminate", evidence }
    ]
  ])("%s", (_, outcome, kept) => {
    expect(keepableRefund(outcome)).toMatchObject(kept)
    expect(keepableRefund(outcome)).not.toHaveProperty("refundReference")
  })

  it("and words of any length are cut", () => {
    const endless = { code: long, message: long }
    for (const outcome of [
      { _tag: "Refunded", refundReference: "re_9", money: usd(4900), evidence: endless },
      { _tag: "Indeterminate", evidence: endless },
      new Declined({ kind: "hard", evidence: endless }),
      new Absent({ evidence: endless })
    ] as const) {
      const kept = keepableRefund(outcome)
      expect(kept._tag).toBe(outcome._tag)
      expect(kept.evidence.message.length).toBeLessThan(10_000)
      expect(kept.evidence.code.length).toBeLessThan(10_000)
    }
  })
})

it("a refund that is blocked by what has no name says so without one", () => {
  for (const reason of ["refund_in_review", "disputed"] as const) {
    const { message } = new RefundBlocked({ session, reason })
    expect(message).not.toMatch(/undefined|Stryker/)
    expect(message).toBe(new RefundBlocked({ session, reason, by: "" }).message)
  }
})
