import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Absent, Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import type { RefundLookupResult } from "../../../src/kernel/PaymentProvider.ts"
import { concluded } from "../../../src/kernel/refunds/askRefund.ts"
import { incapable } from "../../support/kernel/fakeDrivers.ts"
import { done, due, horizon, reconciling, type Script } from "../../support/kernel/reconcilingRefunds.ts"
import { mid, provider, refund, usd } from "../../support/kernel/refunding.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const evidence = { code: "code", message: "message" }
const declined = new Declined({ kind: "hard", evidence })
const unknown = (code: string, message: string) => ({ _tag: "Indeterminate", evidence: { code, message } })
const gaveBack = {
  _tag: "Refunded",
  refundReference: "re_9",
  money: usd(4900),
  evidence: { code: "refunded", message: "the processor gave it back" }
}

describe("what a processor says of a refund", () => {
  it.effect("is asked for by all that helps to find it, and recorded as heard by lookup", () =>
    Effect.gen(function* () {
      const { pass, asked, recorded } = reconciling({ due: [due(), { ...due(), refundReference: "re_9" }] })
      expect(yield* pass).toEqual({ asked: 2, resolved: 2 })
      const { idempotencyKey, money, processorReference, writtenAt } = refund()
      const query = { mid, idempotencyKey, money, processorReference, writtenAt }
      expect(asked).toStrictEqual([query, { ...query, refundReference: "re_9" }])
      const evidenceOf = {
        refund: refund().id,
        outcome: gaveBack,
        source: "lookup",
        by: "reconciler",
        version: 7
      }
      expect(recorded).toStrictEqual([evidenceOf, evidenceOf])
    })
  )

  it.effect("is not absent for a lookup that does not find what the processor named once", () =>
    Effect.gen(function* () {
      const { pass, recorded } = reconciling({
        due: [{ ...due(), age: Duration.toMillis(Duration.days(1)), refundReference: "re_9" }],
        found: { _tag: "RefundNotFound", evidence }
      })
      expect(yield* pass).toEqual({ asked: 1, resolved: 0 })
      expect(recorded.map(({ outcome }) => outcome)).toStrictEqual([
        unknown("known_and_not_found", "the processor named it re_9 and does not find it: message")
      ])
    })
  )

  it.effect.each<[string, RefundLookupResult, Duration.Duration, object]>([
    ["done", done, horizon, gaveBack],
    ["declined", { _tag: "RefundDeclined", declined }, horizon, declined],
    [
      "pending, however old",
      { _tag: "RefundPending", evidence },
      Duration.days(30),
      unknown("code", "message")
    ],
    [
      "pending under an id",
      { _tag: "RefundPending", evidence, refundReference: "re_9" },
      horizon,
      { ...unknown("code", "message"), refundReference: "re_9" }
    ],
    [
      "not found before the horizon, which proves nothing",
      { _tag: "RefundNotFound", evidence },
      horizon,
      unknown("code", "message")
    ],
    [
      "not found after it, which is absence",
      { _tag: "RefundNotFound", evidence },
      Duration.sum(horizon, Duration.millis(1)),
      new Absent({ evidence })
    ]
  ])("is recorded as it is: %s", ([, found, age, outcome]) =>
    Effect.gen(function* () {
      const { outcome: heard, pass } = reconciling({ found, due: [due({}, age)] })
      expect(yield* heard).toStrictEqual(outcome)
      const resolved = "_tag" in outcome && outcome._tag === "Indeterminate" ? 0 : 1
      expect(yield* pass).toEqual({ asked: 1, resolved })
    })
  )

  it.effect("of one that its sender may still be sending is no absence, whatever a driver's horizon", () =>
    Effect.gen(function* () {
      const found: RefundLookupResult = { _tag: "RefundNotFound", evidence }
      const at = (age: Duration.Duration) =>
        reconciling({ found, absenceHorizon: Duration.seconds(1), due: [due({}, age)] }).outcome
      expect(yield* at(Duration.seconds(55))).toMatchObject({ _tag: "Indeterminate" })
      expect(yield* at(Duration.millis(55_001))).toMatchObject({ _tag: "Absent" })
    })
  )

  it("proves the same to whoever asks by the driver's own horizon", () => {
    const found: RefundLookupResult = { _tag: "RefundNotFound", evidence }
    expect(concluded(found, 1000, Duration.seconds(1))).toStrictEqual(unknown("code", "message"))
    expect(concluded(found, 1001, Duration.seconds(1))).toStrictEqual(new Absent({ evidence }))
    expect(concluded({ _tag: "RefundPending", evidence }, 1001, horizon)).toStrictEqual(
      unknown("code", "message")
    )
  })

  const unanswered = unknown("lookup_unanswered", "the processor did not answer in time")
  it.effect.each<[string, Script, object]>([
    [
      "a lookup that fails",
      { lookUp: () => Effect.fail(new Indeterminate({ evidence })) },
      unknown("code", "message")
    ],
    [
      "a lookup that fails and knows an id",
      { lookUp: () => Effect.fail(new Indeterminate({ evidence, processorReference: "re_9" })) },
      { ...unknown("code", "message"), refundReference: "re_9" }
    ],
    [
      "a lookup that breaks",
      { lookUp: () => Effect.die("broken") },
      unknown("lookup_broke", "the lookup ended without an answer")
    ],
    ["a lookup that never ends", { lookUp: () => Effect.never }, unanswered],
    ["a lookup that refuses to end", { lookUp: () => Effect.uninterruptible(Effect.never) }, unanswered],
    [
      "a processor that is not configured",
      { drivers: [] },
      unknown("cannot_look_up", "no provider processor is configured; configured are none")
    ],
    [
      "a driver that cannot look up",
      { drivers: [incapable(provider)] },
      unknown("cannot_look_up", "processor cannot do refundLookup; choose a provider that can")
    ]
  ])("is unknown after %s", ([, script, outcome]) =>
    Effect.gen(function* () {
      const { outcome: heard, log } = reconciling(script)
      expect(yield* heard).toStrictEqual(outcome)
      const broke = JSON.stringify(outcome).includes("lookup_broke")
      expect(log).toEqual(broke ? [{ level: "Error", words: "a lookup broke", about: {} }] : [])
    })
  )

  it.effect("within twenty seconds counts", () =>
    Effect.gen(function* () {
      const { outcome } = reconciling({ lookUp: () => Effect.delay(Effect.succeed(done), "19 seconds") })
      expect(yield* outcome).toStrictEqual(gaveBack)
    })
  )
})

describe("what became of a void", () => {
  const voiding = (age = Duration.seconds(1)) => [due({ kind: "void" }, age)]
  const refunded = (refundReference: string): RefundLookupResult => ({
    _tag: "RefundDone",
    refunded: { refundReference, money: usd(4900) }
  })
  const voided = { ...gaveBack, refundReference: "void_ch_1" }
  const notVoided = unknown("not_voided", "the processor says that the charge is not voided")
  const settled = new Declined({ kind: "hard", processorReference: "void_ch_1", evidence })

  it.effect("is known by its charge, which is asked for by that name, and never by a sum", () =>
    Effect.gen(function* () {
      const gone = reconciling({ due: voiding(), read: Effect.succeed(refunded("void_ch_1")) })
      expect(yield* gone.outcome).toStrictEqual(voided)
      expect([gone.asked, gone.contexts]).toStrictEqual([[], []])
      expect(gone.reads).toStrictEqual([{ mid, processorReference: "ch_1", refundReference: "void_ch_1" }])
      const read = Effect.succeed<RefundLookupResult>({ _tag: "RefundDeclined", declined: settled })
      expect(yield* reconciling({ due: voiding(), read }).outcome).toStrictEqual(settled)
      const other = reconciling({ due: voiding(), read: Effect.succeed(refunded("re_9")) })
      expect(yield* other.outcome).toStrictEqual(
        unknown("refund_of_another", "the answer is not of void_ch_1")
      )
    })
  )

  it.effect("is unknown while it may still be on its way, and then absence", () =>
    Effect.gen(function* () {
      for (const _tag of ["RefundPending", "RefundNotFound"] as const) {
        const at = (age: Duration.Duration) =>
          reconciling({ due: voiding(age), read: Effect.succeed({ _tag, evidence }) }).outcome
        expect(yield* at(horizon)).toStrictEqual(notVoided)
        expect(yield* at(Duration.sum(horizon, Duration.millis(1)))).toStrictEqual(
          new Absent({ evidence: notVoided.evidence })
        )
      }
    })
  )

  it.effect("is unknown when its processor does not say, or cannot be asked", () =>
    Effect.gen(function* () {
      const silent = reconciling({ due: voiding(), read: Effect.never })
      expect(yield* silent.outcome).toStrictEqual(
        unknown("lookup_unanswered", "the processor did not answer in time")
      )
      const cannot = reconciling({ due: voiding(), drivers: [incapable(provider)] })
      expect(yield* cannot.outcome).toStrictEqual(
        unknown("cannot_look_up", "processor cannot do refundLookup; choose a provider that can")
      )
    })
  )

  it.effect("has a reference that fits into the books, however long the charge's is", () =>
    Effect.gen(function* () {
      const processorReference = "x".repeat(255)
      const { outcome, reads } = reconciling({ due: [due({ kind: "void", processorReference })] })
      yield* outcome
      expect(reads).toMatchObject([{ refundReference: `void_${"x".repeat(250)}` }])
    })
  )
})

describe("a pass", () => {
  it.effect("takes on a hundred refunds for a minute", () =>
    Effect.gen(function* () {
      const { pass, claims, takeOver } = reconciling({ due: [] })
      expect(yield* pass).toEqual({ asked: 0, resolved: 0 })
      expect(claims).toEqual([[100, "1m"]])
      expect(yield* takeOver).toBe(100)
    })
  )

  it.effect("asks eight processors at a time", () =>
    Effect.gen(function* () {
      let asking = 0
      let most = 0
      const { pass, asked } = reconciling({
        due: Array.from({ length: 9 }, () => due()),
        lookUp: () =>
          Effect.gen(function* () {
            most = Math.max(most, ++asking)
            yield* Effect.sleep(Duration.seconds(5))
            asking--
            return done
          })
      })
      yield* pass
      expect([asked.length, most]).toEqual([9, 8])
    })
  )

  it.effect("leaves for later what the ledger does not take, and resolves the others", () =>
    Effect.gen(function* () {
      let calls = 0
      const silent = new LedgerUnavailable({ operation: "record_refund", cause: new Error("gone") })
      const { pass, log } = reconciling({
        due: [due(), due()],
        ledger: {
          record: () => (calls++ === 0 ? Effect.fail(silent) : Effect.succeed(refund({ state: "refunded" })))
        }
      })
      expect(yield* pass).toEqual({ asked: 2, resolved: 1 })
      expect(log).toEqual([
        {
          level: "Error",
          words: "a refund could not be reconciled and is tried again",
          about: { refund: refund().id }
        }
      ])
    })
  )

  it.effect("is found in a trace, and each refund in it", () =>
    Effect.gen(function* () {
      expect(yield* spansOf(reconciling().pass)).toEqual([
        "RefundReconciler.pass",
        "RefundReconciler.takeOn",
        "RefundReconciler.resolve"
      ])
    })
  )
})
