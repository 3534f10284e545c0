import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { OperatorsOnly } from "../../../src/kernel/operations/operatorRefusals.ts"
import type { ReviewAsked } from "../../../src/kernel/reviews/judgeReview.ts"
import * as refusals from "../../../src/kernel/reviews/reviewRefusals.ts"
import type { Deciding, Requesting } from "../../../src/kernel/reviews/ReviewStore.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"
import { attempt, by, over, pan, review, ulid } from "../../support/kernel/reviewing.ts"

const absent: ReviewAsked = { attempt, conclusion: "absent", evidence: "I looked" }
const declined: ReviewAsked = { ...absent, conclusion: "declined", processorReference: "ch_1" }
const captured: ReviewAsked = { ...declined, conclusion: "captured", amount: 4900, currency: "USD" }
const refund = `re_${ulid}_1`
const refunded: ReviewAsked = { ...captured, attempt: undefined, refund, conclusion: "refunded" }
const handled: ReviewAsked = { incident: 7, conclusion: "handled", evidence: "I looked" }

describe("what one operator saw", () => {
  it.effect.each([
    ["absent", absent],
    ["declined", declined],
    ["captured", captured],
    ["handled", handled]
  ] as const)("is asked for with all that shows it: %s", ([, asked]) =>
    Effect.gen(function* () {
      const reviews = yield* over()
      expect(yield* reviews.request(by, asked)).toBe(review)
      expect(reviews.wanted).toStrictEqual([asked])
      expect(reviews.asked).toEqual([["request", by, "3d", ["patient 2d", "silent 0"]]])
    })
  )

  it.effect("may be as long as it needs, without spaces around it", () =>
    Effect.gen(function* () {
      const reviews = yield* over()
      yield* reviews.request(by, { ...absent, evidence: ` ${"x".repeat(2000)} ` })
      yield* reviews.request(by, { ...declined, processorReference: "x".repeat(255) })
      yield* reviews.request(by, { ...handled, incident: 1 })
      yield* reviews.request(by, refunded)
      expect(reviews.wanted).toStrictEqual([
        { ...absent, evidence: "x".repeat(2000) },
        { ...declined, processorReference: "x".repeat(255) },
        { ...handled, incident: 1 },
        {
          refund,
          conclusion: "refunded",
          processorReference: "ch_1",
          amount: 4900,
          currency: "USD",
          evidence: "I looked"
        }
      ])
    })
  )

  const noEvidence = "is not a text of 1 to 2000 characters; say what you saw, and where"
  const noIncident = "is missing; say the number of the incident that was dealt with"
  const noReference = "is missing; say the processor's own id of the charge or the refund"
  const noId = "is not an id of 1 to 255 characters without spaces around it"
  const known = "says that the processor knows it; leave it out"
  const moved = "says that money moved; leave it out"
  const noRefund = "is missing; say which refund this is of"
  const noAmount = "is not the captured amount in whole minor units"
  const noCurrency = "is not the currency of the captured amount"
  const only = "is only handled; of an attempt or a refund say what became of it"

  it.effect.each<[string, ReviewAsked, string, string]>([
    [
      "a conclusion that is none",
      { ...absent, conclusion: "guessed" },
      "conclusion",
      "is none; say one of captured, refunded, refunded_outside, declined, absent, handled"
    ],
    ["no evidence", { ...absent, evidence: "  " }, "evidence", noEvidence],
    ["endless evidence", { ...absent, evidence: "x".repeat(2001) }, "evidence", noEvidence],
    ["handled without an incident", { ...handled, incident: undefined }, "incident", noIncident],
    ["the incident 0", { ...handled, incident: 0 }, "incident", noIncident],
    ["half an incident", { ...handled, incident: 1.5 }, "incident", noIncident],
    [
      "an attempt beside an incident",
      { ...handled, attempt },
      "attempt",
      "stands beside an incident; leave it out"
    ],
    ["an incident that was captured", { ...captured, incident: 7 }, "incident", only],
    [
      "neither",
      { ...absent, attempt: undefined },
      "attempt",
      "is missing; say which attempt or refund the processor shows this of"
    ],
    ["money that went back of no refund", { ...captured, conclusion: "refunded" }, "refund", noRefund],
    [
      "a refund that was captured",
      { ...refunded, conclusion: "captured" },
      "refund",
      "is not captured; say refunded, refunded_outside, declined or absent"
    ],
    [
      "an attempt beside a refund",
      { ...refunded, attempt },
      "attempt",
      "stands beside a refund; leave it out"
    ],
    [
      "a refund beside an incident",
      { ...handled, refund },
      "refund",
      "stands beside an incident; leave it out"
    ],
    ["an incident that was refunded", { ...refunded, incident: 7 }, "incident", only],
    [
      "a refund of no name",
      { ...refunded, processorReference: undefined },
      "processorReference",
      noReference
    ],
    [
      "a refund of no amount",
      { ...refunded, amount: undefined },
      "amount",
      "is not the refunded amount in whole minor units"
    ],
    [
      "a refund of no currency",
      { ...refunded, currency: undefined },
      "currency",
      "is not the currency of the refunded amount"
    ],
    ["a decline of no charge", { ...absent, conclusion: "declined" }, "processorReference", noReference],
    [
      "a capture of no charge",
      { ...captured, processorReference: undefined },
      "processorReference",
      noReference
    ],
    [
      "absence of a charge that is there",
      { ...absent, processorReference: "ch_1" },
      "processorReference",
      known
    ],
    ["an incident of a charge", { ...handled, processorReference: "ch_1" }, "processorReference", known],
    ["an empty reference", { ...declined, processorReference: "" }, "processorReference", noId],
    ["a reference in spaces", { ...declined, processorReference: " ch_1" }, "processorReference", noId],
    ["an endless one", { ...declined, processorReference: "x".repeat(256) }, "processorReference", noId],
    ["an amount that was declined", { ...declined, amount: 1 }, "amount", moved],
    ["a currency that was declined", { ...declined, currency: "USD" }, "currency", moved],
    ["a capture of no amount", { ...captured, amount: undefined }, "amount", noAmount],
    ["a capture of half a cent", { ...captured, amount: 0.5 }, "amount", noAmount],
    ["a capture without a currency", { ...captured, currency: undefined }, "currency", noCurrency],
    ["a capture of shells", { ...captured, currency: "SHL" }, "currency", noCurrency],
    [
      "a card number",
      { ...absent, evidence: pan },
      "evidence",
      "looks like a card number; this service takes vault tokens only"
    ]
  ])("is refused before anybody is asked: %s", ([, asked, field, problem]) =>
    Effect.gen(function* () {
      const reviews = yield* over()
      expect(yield* Effect.flip(reviews.request(by, asked))).toMatchObject({
        _tag: "InvalidInput",
        field,
        problem
      })
      expect(reviews.asked).toEqual([])
    })
  )

  it.effect.each<[string, Requesting, ReviewAsked, object]>([
    ["whoever is no operator", { _tag: "NotOperator" }, absent, new OperatorsOnly()],
    [
      "an attempt that nobody knows",
      { _tag: "NothingToReview" },
      absent,
      refusals.NothingToReview.of(attempt)
    ],
    [
      "a refund that nobody knows",
      { _tag: "NothingToReview" },
      refunded,
      refusals.NothingToReview.of(refund)
    ],
    ["an incident that nobody knows", { _tag: "NothingToReview" }, handled, refusals.NothingToReview.of("7")],
    [
      "what is being reviewed",
      { _tag: "OpenAlready", review: "rv_9" },
      absent,
      new refusals.ReviewOpenAlready({ review: "rv_9" })
    ],
    [
      "what stronger evidence stands against",
      { _tag: "Contradicted", by: "captured" },
      absent,
      new refusals.ReviewContradicted({ by: "captured" })
    ]
  ])("is refused by the record: %s", ([, requesting, asked, refusal]) =>
    Effect.gen(function* () {
      const reviews = yield* over({ requesting })
      expect(yield* Effect.flip(reviews.request(by, asked))).toStrictEqual(refusal)
    })
  )
})

describe("a second operator", () => {
  it.effect("approves it, or rejects it with a reason", () =>
    Effect.gen(function* () {
      const reviews = yield* over()
      expect(yield* reviews.approve(by, "rv_1")).toBe(review)
      expect(yield* reviews.reject(by, "rv_1", " it is not so ")).toBe(review)
      yield* reviews.reject(by, "rv_1", "x".repeat(500))
      expect(reviews.asked).toEqual([
        ["get", by, "rv_1"],
        ["decide", by, "rv_1", { approve: true }],
        ["decide", by, "rv_1", { approve: false, reason: "it is not so" }],
        ["decide", by, "rv_1", { approve: false, reason: "x".repeat(500) }]
      ])
    })
  )

  it.effect("gives a reason that can be read", () =>
    Effect.gen(function* () {
      const reviews = yield* over()
      for (const reason of ["", "  ", "x".repeat(501)]) {
        expect(yield* Effect.flip(reviews.reject(by, "rv_1", reason))).toMatchObject({
          _tag: "InvalidInput",
          field: "reason",
          problem: "is not a text of 1 to 500 characters"
        })
      }
      expect(yield* Effect.flip(reviews.reject(by, "rv_1", pan))).toMatchObject({ field: "reason" })
      expect(reviews.asked).toEqual([])
    })
  )

  const decided = new refusals.ReviewDecided({ state: "expired" })
  const unheardOf = refusals.UnknownReview.of("rv_1")
  it.effect.each<[string, Deciding, object, object]>([
    ["as no operator", { _tag: "NotOperator" }, new OperatorsOnly(), new OperatorsOnly()],
    ["of what is not there", { _tag: "NoSuchReview" }, unheardOf, unheardOf],
    ["of what was decided", { _tag: "DecidedBefore", state: "expired" }, decided, decided],
    ["as the first one", { _tag: "SamePerson" }, new refusals.SecondPersonNeeded(), unheardOf],
    ["for whoever asked in vain", { _tag: "AskedByNoOperator" }, new refusals.AskedByNoOperator(), unheardOf],
    [
      "against stronger evidence",
      { _tag: "Contradicted", by: "absent" },
      new refusals.ReviewContradicted({ by: "absent" }),
      unheardOf
    ]
  ])("decides nothing %s", ([, deciding, approving, rejecting]) =>
    Effect.gen(function* () {
      const reviews = yield* over({ deciding })
      expect(yield* Effect.flip(reviews.approve(by, "rv_1"))).toStrictEqual(approving)
      expect(yield* Effect.flip(reviews.reject(by, "rv_1", "no"))).toStrictEqual(rejecting)
    })
  )
})

describe("reviews", () => {
  it.effect("are looked up and listed in the operator's name", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: review })
      const slice = { size: 20, from: "start", open: true } as const
      expect(yield* reviews.get(by, "rv_1")).toBe(review)
      expect(yield* reviews.list(by, slice)).toEqual([review])
      expect(reviews.asked).toEqual([
        ["get", by, "rv_1"],
        ["list", by, slice]
      ])
      const none = yield* over()
      expect(yield* Effect.flip(none.get(by, "rv_1"))).toStrictEqual(refusals.UnknownReview.of("rv_1"))
    })
  )

  it.effect("are found in a trace by what was done with them", () =>
    Effect.gen(function* () {
      const reviews = yield* over({ found: review })
      const all = Effect.all([
        reviews.request(by, absent),
        reviews.approve(by, "rv_1"),
        reviews.reject(by, "rv_1", "no"),
        reviews.get(by, "rv_1"),
        reviews.list(by, { size: 1, from: "start", open: false })
      ])
      expect(yield* spansOf(all)).toEqual([
        "Reviews.request",
        "Reviews.approve",
        "Reviews.reject",
        "Reviews.get",
        "Reviews.list"
      ])
    })
  )
})
