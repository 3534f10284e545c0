import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { Absent, Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { DisputeNews } from "../../../src/kernel/disputes/DisputeNews.ts"
import { ChargeUnknown, type RefundLookupResult } from "../../../src/kernel/PaymentProvider.ts"
import { keepableRefund } from "../../../src/kernel/refunds/keepableRefund.ts"
import type { Refund } from "../../../src/kernel/refunds/Refund.ts"
import {
  RefundLedger,
  type RefundFound,
  type RefundOutcome
} from "../../../src/kernel/refunds/RefundLedger.ts"
import { RefundBlocked } from "../../../src/kernel/refunds/refundRefusals.ts"
import { done, due, reconciling } from "../../support/kernel/reconcilingRefunds.ts"
import { fakeRefundLedger, mid, provider, session, usd } from "../../support/kernel/refunding.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const evidence = { code: "code", message: "message" }
const declined = new Declined({ kind: "hard", evidence })

describe("a webhook about a refund", () => {
  const found = (changes: Partial<RefundFound> = {}) => ({
    find: () => Effect.succeed({ provider, processorReference: "ch_1", booked: false, ...changes })
  })
  const elsewhere = (known: boolean | undefined) => {
    const booked: Array<object> = []
    const recordElsewhere: RefundLedger["Service"]["recordElsewhere"] = (news) => {
      booked.push(news)
      return Effect.succeed(known)
    }
    return { booked, recordElsewhere }
  }

  it.effect("of a charge that nobody knows is not known", () =>
    Effect.gen(function* () {
      const { hears, contexts } = reconciling({ ledger: { find: () => Effect.undefined } })
      expect(yield* hears).toBe(false)
      expect(contexts).toEqual([])
    })
  )

  it.effect("that is in the books already is known, and asks nobody", () =>
    Effect.gen(function* () {
      const { hears, asked, contexts } = reconciling({ ledger: found({ booked: true }) })
      expect(yield* hears).toBe(true)
      expect([...asked, ...contexts]).toEqual([])
    })
  )

  it.effect.each<[string, Refund["state"], RefundLookupResult, number]>([
    ["done", "in_flight", done, 1],
    ["declined", "in_flight", { _tag: "RefundDeclined", declined }, 1],
    ["pending, while its sender is at it", "in_flight", { _tag: "RefundPending", evidence }, 0],
    ["pending, though it is known", "refunded", { _tag: "RefundPending", evidence }, 0],
    ["pending, and nobody is at it", "indeterminate", { _tag: "RefundPending", evidence }, 1]
  ])("of ours makes us ask what became of it: %s", ([, state, lookup, times]) =>
    Effect.gen(function* () {
      const { hears, recorded } = reconciling({
        found: lookup,
        ledger: found({ booked: true, ours: due({ state }) })
      })
      expect(yield* hears).toBe(true)
      expect(recorded.map(({ source, by }) => [source, by])).toEqual(
        Array.from({ length: times }, () => ["webhook", "reconciler"])
      )
    })
  )

  it.effect("of ours that is not found long after is absent only if nobody is at it", () =>
    Effect.gen(function* () {
      for (const [state, times] of [
        ["in_flight", 0],
        ["indeterminate", 1]
      ] as const) {
        const { hears, recorded } = reconciling({
          found: { _tag: "RefundNotFound", evidence },
          ledger: found({ booked: true, ours: due({ state }, Duration.days(1)) })
        })
        yield* hears
        expect(recorded.length).toBe(times)
      }
    })
  )

  it.effect("that was made elsewhere is booked by what its processor says went back in all", () =>
    Effect.gen(function* () {
      for (const known of [true, false]) {
        const { booked, recordElsewhere } = elsewhere(known)
        const { hears, contexts } = reconciling({
          ledger: { ...found(), recordElsewhere },
          context: Effect.succeed({ captured: usd(4900), refundedAmount: 1200 })
        })
        expect(yield* hears).toBe(known)
        expect(contexts).toStrictEqual([{ mid, processorReference: "ch_1" }])
        expect(booked).toStrictEqual([
          { mid, processorReference: "ch_1", refundReference: "re_9", refunded: 1200 }
        ])
      }
    })
  )

  const unsure = (code: string, message: string) => new Indeterminate({ evidence: { code, message } })
  it.effect("comes again while a refund of the charge is being checked, or nobody can be asked", () =>
    Effect.gen(function* () {
      const { recordElsewhere } = elsewhere(undefined)
      const checking = reconciling({ ledger: { ...found(), recordElsewhere } })
      expect(yield* Effect.flip(checking.hears)).toStrictEqual(
        unsure("refund_in_review", "a refund of the charge is still being checked")
      )
      const gone = reconciling({ ledger: found(), drivers: [] })
      expect(yield* Effect.flip(gone.hears)).toStrictEqual(
        unsure("cannot_ask", "no provider processor is configured; configured are none")
      )
      const unheardOf = new ChargeUnknown({ provider: "processor", processorReference: "ch_1" })
      const none = reconciling({ ledger: found(), context: Effect.fail(unheardOf) })
      expect(yield* Effect.flip(none.hears)).toStrictEqual(
        unsure("cannot_ask", "processor knows no charge ch_1")
      )
      const silent = reconciling({ ledger: found(), context: Effect.never })
      expect(yield* Effect.flip(silent.hears)).toStrictEqual(
        unsure("lookup_unanswered", "the processor did not answer in time")
      )
    })
  )

  it.effect("is found in a trace", () =>
    Effect.gen(function* () {
      const { hears } = reconciling({ ledger: found({ booked: true }) })
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
