import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { ChargeUnknown } from "../../../src/kernel/PaymentProvider.ts"
import { type Contradiction, Review } from "../../../src/kernel/reviews/Review.ts"
import * as refusals from "../../../src/kernel/reviews/reviewRefusals.ts"
import { by, of, over, review, type Shows } from "../../support/kernel/reviewing.ts"

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
