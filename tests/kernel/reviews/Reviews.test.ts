import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { AttemptId, MidId, Principal, SessionId } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { GatePassedBefore, OperatorsOnly } from "../../../src/kernel/operations/operatorRefusals.ts"
import {
  ChargeUnknown,
  type PaymentProvider,
  Providers,
  providersOf
} from "../../../src/kernel/PaymentProvider.ts"
import { Contradiction, Review } from "../../../src/kernel/reviews/Review.ts"
import * as refusals from "../../../src/kernel/reviews/reviewRefusals.ts"
import type { ReviewAsked } from "../../../src/kernel/reviews/judgeReview.ts"
import { Reviews } from "../../../src/kernel/reviews/Reviews.ts"
import {
  type Deciding,
  type Horizons,
  type Requesting,
  type ReviewRequest,
  ReviewStore
} from "../../../src/kernel/reviews/ReviewStore.ts"
import { fakeLedger } from "../../support/kernel/FakeLedger.ts"
import { incapable } from "../../support/kernel/fakeDrivers.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"
import { unresolved } from "../../support/kernel/unresolved.ts"

const by = Principal.make("operator_1")
const ulid = "01JD0000000000000000000000"
const attempt = `at_${ulid}_1`
const pan = "4242 4242 4242 4242"

const review = new Review({
  id: "rv_1",
  attempt: AttemptId.make(attempt),
  session: SessionId.make(`ps_${ulid}`),
  conclusion: "absent",
  evidence: "I looked",
  state: "open",
  requestedBy: by,
  requestedAt: DateTime.makeUnsafe(0),
  expiresAt: DateTime.makeUnsafe(1)
})

/** One driver that knows of horizons, and one that cannot look anything up. */
const drivers = providersOf([
  {
    ...incapable("patient"),
    chargeLookup: {
      absenceHorizon: Duration.days(2),
      lookupCharge: () => Effect.die("nobody looks up a charge here")
    },
    refundLookup: {
      absenceHorizon: Duration.days(1),
      lookupRefund: () => Effect.die("nobody looks up a refund here"),
      readRefund: () => Effect.die("nobody reads a refund here")
    }
  },
  incapable("silent")
])

const formatted = (horizons: Horizons) =>
  Object.entries(horizons).map(([name, horizon]) => `${name} ${Duration.format(horizon)}`)

const of = unresolved(1, "processor").attempt

/** A processor that shows a charge in such a way, and the charges that it was asked for. */
const showing = (shows: Shows, seen: Array<string>) =>
  providersOf([
    {
      ...incapable("processor"),
      refundContext: ({ mid, processorReference }) => {
        seen.push(`${mid} ${processorReference}`)
        return shows
      }
    }
  ])

type Shows = ReturnType<PaymentProvider["refundContext"]>

interface Script {
  readonly shows?: Shows
  readonly requesting?: Requesting
  readonly deciding?: Deciding
  readonly found?: Review
}

/** Reviews over a store that answers what a test says, and what it was asked. */
const over = Effect.fnUntraced(function* (script: Script = {}) {
  const wanted: Array<ReviewRequest> = []
  const seen: Array<string> = []
  const ledger = fakeLedger({ answers: { attempts: () => Effect.succeed([of]) } })
  const asked: Array<ReadonlyArray<unknown>> = []
  const store: ReviewStore["Service"] = {
    request: (who, request, lifetime, horizons) => {
      wanted.push(request)
      asked.push(["request", who, Duration.format(lifetime), formatted(horizons)])
      return Effect.succeed(script.requesting ?? { _tag: "Requested", review })
    },
    decide: (...what) => {
      asked.push(["decide", ...what])
      return Effect.succeed(script.deciding ?? { _tag: "Decided", review })
    },
    get: (...what) => {
      asked.push(["get", ...what])
      return Effect.succeed(script.found)
    },
    list: (...what) => {
      asked.push(["list", ...what])
      return Effect.succeed([review])
    },
    expireDue: () => Effect.die("nobody expires here")
  }
  const service = yield* Reviews.pipe(
    Effect.provide(
      Layer.provide(Reviews.layer, [
        Layer.succeed(ReviewStore, store),
        Layer.succeed(PaymentLedger, ledger.service),
        Layer.succeed(Providers, script.shows === undefined ? drivers : showing(script.shows, seen))
      ])
    )
  )
  return { ...service, wanted, asked, seen }
})

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
  const noRefund = "is missing; say which refund the processor shows this of"
  const noAmount = "is not the captured amount in whole minor units"
  const noCurrency = "is not the currency of the captured amount"
  const only = "is only handled; of an attempt or a refund say what became of it"

  it.effect.each<[string, ReviewAsked, string, string]>([
    [
      "a conclusion that is none",
      { ...absent, conclusion: "guessed" },
      "conclusion",
      "is none; say one of captured, refunded, declined, absent, handled"
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
      "is not captured; say refunded, declined or absent"
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

describe("an operator who is refused reads", () => {
  it.each<[Error, string]>([
    [new OperatorsOnly(), "only an operator may do this; ask with the API key of one"],
    [
      new GatePassedBefore({ mid: MidId.make("mid_1"), gate: "banking" }),
      "mid_1 has passed the gate banking already, and one word for it is kept: vouch for another gate, or revoke this one first and pass it anew"
    ],
    [
      refusals.UnknownReview.of("rv_1"),
      'there is no review "rv_1"; the list of reviews has those that are open'
    ],
    [
      refusals.UnknownReview.of(pan),
      'there is no review "(a card number)"; the list of reviews has those that are open'
    ],
    [
      refusals.NothingToReview.of("x".repeat(81)),
      `there is no attempt, no refund and no incident "${"x".repeat(80)}"`
    ],
    [
      new refusals.ReviewOpenAlready({ review: "rv_9" }),
      "rv_9 is open for the same already; approve it, reject it, or wait until it expires"
    ],
    [
      new refusals.SecondPersonNeeded(),
      "whoever asked does not approve it, with no key of theirs, and nor does who gave out a key of the name that asked; a second operator looks as well, and signs with their own"
    ],
    [
      new refusals.AskedByNoOperator(),
      "whoever asked may not ask for it any more; reject it, and let an operator who may look and ask again"
    ],
    [
      new refusals.ReviewDecided({ state: "expired" }),
      "the review is expired already; ask for another one if there is still something to decide"
    ]
  ])("%s", (refusal, sentence) => {
    expect(refusal.message).toBe(sentence)
  })

  it("which field it is about", () => {
    expect(new GatePassedBefore({ mid: "mid_1", gate: "banking" }).field).toBe("gate")
    expect(refusals.UnknownReview.of("rv_1").field).toBe("review")
    expect(new refusals.ReviewContradicted({ by: "captured" }).field).toBe("conclusion")
  })

  it("what stands against a conclusion", () => {
    const said = Contradiction.literals.map((one) => new refusals.ReviewContradicted({ by: one }).message)
    const against = "stronger evidence stands against it: "
    expect(said).toEqual(
      [
        "its driver is still at it, or is taken over soon: nothing is in review yet",
        "money is on record for it",
        "the money that went back is on record",
        "its processor proved that no money moved",
        "it was given up as absent already",
        "that money is on record already",
        "that is the processor's reference of another charge or refund of this account",
        "the processor named it once, so it is not absent; say what it shows of it",
        "it may still turn up: it is called absent a day after it was written, or later, and not before",
        "a webhook that names it has not been heard: a dead letter is replayed, one that waits is waited for, and then say what its processor shows",
        "its processor was asked, and knows no charge of that reference",
        "its processor was asked, and shows another amount or currency under that reference, or that all of it went back; say what it shows",
        "it is more than was asked for, or in another currency",
        "the incident is closed already",
        "the incident or the refund is of another attempt"
      ].map((sentence) => against + sentence)
    )
  })
})
