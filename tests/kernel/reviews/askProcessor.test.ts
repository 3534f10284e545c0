import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { ChargeUnknown, refundOfAnother } from "../../../src/kernel/PaymentProvider.ts"
import { RefundId } from "../../../src/kernel/refunds/Refund.ts"
import { type Contradiction, Review } from "../../../src/kernel/reviews/Review.ts"
import * as refusals from "../../../src/kernel/reviews/reviewRefusals.ts"
import { by, of, over, type Reads, review, type Shows, ulid } from "../../support/kernel/reviewing.ts"

describe("a capture that two persons saw", () => {
  const said = new Review({
    ...review,
    attempt: of.id,
    session: of.session,
    conclusion: "captured",
    processorReference: "ch_1",
    amount: 4900,
    currency: "USD",
    requestedBy: Principal.make("operator_2")
  })
  const shown = (amount: number, currency: "USD" | "EUR" = "USD"): Shows =>
    Effect.succeed({ captured: { amount, currency }, refundedAmount: 0 })
  const decided = [
    ["get", by, "rv_1"],
    ["decide", by, "rv_1", { approve: true }]
  ]

  it.effect("is signed when its processor shows just that", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, shows: shown(4900) })
      yield* reviews.approve(by, "rv_1")
      expect(reviews.seen).toEqual(["mid_1 ch_1"])
      expect(reviews.asked).toEqual(decided)
    })
  )

  const evidence = { code: "timeout", message: "silence" }
  const unknownCharge = new ChargeUnknown({ provider: "processor", processorReference: "ch_1" })
  const contradicted = (contradiction: Contradiction) =>
    new refusals.ReviewContradicted({ by: contradiction })
  it.effect.each<[string, Shows, object]>([
    ["knows no such charge", Effect.fail(unknownCharge), contradicted("unknown_to_processor")],
    ["shows less", shown(4899), contradicted("other_at_processor")],
    [
      "shows that all of it went back",
      Effect.succeed({ captured: { amount: 4900, currency: "USD" }, refundedAmount: 4900 }),
      contradicted("other_at_processor")
    ],
    [
      "shows one that was sent for another attempt",
      Effect.succeed({
        captured: { amount: 4900, currency: "USD" },
        refundedAmount: 0,
        idempotencyKey: `${of.session}-2-mid_1`
      }),
      contradicted("other_at_processor")
    ],
    ["shows another currency", shown(4900, "EUR"), contradicted("other_at_processor")],
    [
      "proves nothing",
      Effect.fail(new Indeterminate({ evidence })),
      new refusals.ProcessorSilent({
        provider: "processor",
        problem: new Indeterminate({ evidence }).message
      })
    ]
  ])("is not recorded when its processor %s", ([, shows, refusal]) =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, shows })
      expect(yield* Effect.flip(reviews.approve(by, "rv_1"))).toStrictEqual(refusal)
      expect(reviews.asked).toEqual([["get", by, "rv_1"]])
    })
  )

  it.effect("is not recorded when its processor says nothing for twenty seconds", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, shows: Effect.never })
      const approving = yield* Effect.forkChild(Effect.flip(reviews.approve(by, "rv_1")))
      yield* TestClock.adjust(Duration.seconds(20))
      expect(yield* Fiber.join(approving)).toStrictEqual(
        new refusals.ProcessorSilent({ provider: "processor", problem: "it did not answer in time" })
      )
      expect(reviews.asked).toEqual([["get", by, "rv_1"]])
    })
  )

  it.effect.each<[string, Review]>([
    ["is decided", new Review({ ...said, state: "approved" })],
    ["says that no money moved", new Review({ ...review, requestedBy: Principal.make("operator_2") })],
    ["was asked for by whoever approves", new Review({ ...said, requestedBy: by })]
  ])("makes nobody ask a processor where it %s", ([, found]) =>
    Effect.gen(function* () {
      const reviews = yield* over({ found, shows: Effect.die("nobody is asked") })
      yield* reviews.approve(by, "rv_1")
      expect(reviews.seen).toEqual([])
      expect(reviews.asked).toEqual(decided)
    })
  )
})

describe("a refund that two persons saw", () => {
  const said = new Review({
    ...review,
    attempt: of.id,
    session: of.session,
    refund: RefundId.make(`re_${ulid}_1`),
    charge: "ch_1",
    conclusion: "refunded",
    processorReference: "re_1",
    amount: 700,
    currency: "USD",
    requestedBy: Principal.make("operator_2")
  })
  const done = (amount = 700, currency: "USD" | "EUR" = "USD", refundReference = "re_1"): Reads =>
    Effect.succeed({ _tag: "RefundDone", refunded: { refundReference, money: { amount, currency } } })
  const evidence = { code: "timeout", message: "silence" }
  const unsure = (code: string) => new Indeterminate({ evidence: { code, message: "silence" } })
  const silent = ({ message: problem }: { readonly message: string }) =>
    new refusals.ProcessorSilent({ provider: "processor", problem })

  it.effect("is signed when its processor shows just that one of that charge", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, reads: done() })
      yield* reviews.approve(by, "rv_1")
      expect(reviews.seen).toEqual(["mid_1 ch_1 re_1"])
      expect(reviews.asked.map(([what]) => what)).toEqual(["get", "decide"])
    })
  )

  it.effect.each<[string, Reads, object]>([
    ["shows less", done(699), new refusals.ReviewContradicted({ by: "other_at_processor" })],
    [
      "shows another currency",
      done(700, "EUR"),
      new refusals.ReviewContradicted({ by: "other_at_processor" })
    ],
    [
      "answers with another refund",
      done(700, "USD", "re_2"),
      new refusals.ReviewContradicted({ by: "other_at_processor" })
    ],
    [
      "says that it is another charge's",
      Effect.fail(unsure(refundOfAnother)),
      new refusals.ReviewContradicted({ by: "other_at_processor" })
    ],
    [
      "knows no such refund",
      Effect.succeed({ _tag: "RefundNotFound", evidence }),
      new refusals.ReviewContradicted({ by: "unknown_to_processor" })
    ],
    [
      "says that it failed",
      Effect.succeed({ _tag: "RefundDeclined", declined: new Declined({ kind: "hard", evidence }) }),
      new refusals.ReviewContradicted({ by: "not_refunded_at_processor" })
    ],
    [
      "says that it is not over",
      Effect.succeed({ _tag: "RefundPending", evidence, refundReference: "re_1" }),
      new refusals.ReviewContradicted({ by: "not_refunded_at_processor" })
    ],
    ["proves nothing", Effect.fail(unsure("timeout")), silent(unsure("timeout"))]
  ])("is not recorded when its processor %s", ([, reads, refusal]) =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, reads })
      expect(yield* Effect.flip(reviews.approve(by, "rv_1"))).toStrictEqual(refusal)
      expect(reviews.asked).toEqual([["get", by, "rv_1"]])
    })
  )

  it.effect("is not recorded when its processor cannot be asked for it", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: said, shows: Effect.die("nobody asks for a charge") })
      expect((yield* Effect.flip(reviews.approve(by, "rv_1")))._tag).toBe("ProcessorSilent")
      expect(reviews.asked).toEqual([["get", by, "rv_1"]])
    })
  )

  it.effect("and a bank paid, makes nobody ask a processor", () =>
    Effect.gen(function* () {
      const found = new Review({ ...said, conclusion: "refunded_outside" })
      const reviews = yield* over({ found, reads: Effect.die("nobody asks for a refund") })
      yield* reviews.approve(by, "rv_1")
      expect(reviews.seen).toEqual([])
    })
  )
})
