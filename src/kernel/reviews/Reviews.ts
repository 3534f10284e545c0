import { Context, Duration, Effect, Layer, Schema } from "effect"
import type { Principal } from "../ids.ts"
import { isCurrency, MinorUnits } from "../Money.ts"
import { OperatorsOnly } from "../operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { InvalidInput } from "../refusals.ts"
import { checkText } from "../text.ts"
import { Conclusion, type Review } from "./Review.ts"
import {
  AskedByNoOperator,
  NothingToReview,
  ReviewContradicted,
  ReviewDecided,
  ReviewOpenAlready,
  SecondPersonNeeded,
  UnknownReview
} from "./reviewRefusals.ts"
import { type ReviewRequest, type ReviewSlice, ReviewStore } from "./ReviewStore.ts"

/** What somebody asks for, as it comes in at a door. */
export interface ReviewAsked {
  readonly attempt?: string | undefined
  readonly incident?: number | undefined
  readonly conclusion: string
  readonly processorReference?: string | undefined
  readonly amount?: number | undefined
  readonly currency?: string | undefined
  readonly evidence: string
}

type Asked<A, E = never> = Effect.Effect<A, E | OperatorsOnly | LedgerUnavailable>

/** How long a second person may take; what was seen may not be so any longer then. */
const lifetime = Duration.days(3)

/**
 * Persons decide here what no processor tells: one operator says what they saw, with evidence, and a second one with a
 * key of their own approves. An approval is recorded by the same step as every other evidence, and never charges. It
 * is judged against what is on record when it is asked for, when it is approved, and by the database itself.
 */
export class Reviews extends Context.Service<
  Reviews,
  {
    readonly request: (
      by: Principal,
      asked: ReviewAsked
    ) => Asked<Review, InvalidInput | NothingToReview | ReviewOpenAlready | ReviewContradicted>
    readonly approve: (
      by: Principal,
      review: string
    ) => Asked<
      Review,
      UnknownReview | SecondPersonNeeded | AskedByNoOperator | ReviewDecided | ReviewContradicted
    >
    readonly reject: (
      by: Principal,
      review: string,
      reason: string
    ) => Asked<Review, InvalidInput | UnknownReview | ReviewDecided>
    readonly get: (by: Principal, review: string) => Effect.Effect<Review, UnknownReview | LedgerUnavailable>
    readonly list: (by: Principal, slice: ReviewSlice) => Asked<ReadonlyArray<Review>>
  }
>()("payment-orchestration/kernel/reviews/Reviews") {
  static readonly layer: Layer.Layer<Reviews, never, ReviewStore> = Layer.effect(
    Reviews,
    Effect.gen(function* () {
      const store = yield* ReviewStore

      const request = Effect.fn("Reviews.request")(function* (by: Principal, asked: ReviewAsked) {
        const wanted = yield* judge(asked)
        const requesting = yield* store.request(by, wanted, lifetime)
        switch (requesting._tag) {
          case "Requested":
            return requesting.review
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NothingToReview":
            return yield* NothingToReview.of(wanted.attempt ?? String(wanted.incident))
          case "OpenAlready":
            return yield* new ReviewOpenAlready({ review: requesting.review })
          case "Contradicted":
            return yield* new ReviewContradicted({ by: requesting.by })
        }
      })

      const approve = Effect.fn("Reviews.approve")(function* (by: Principal, review: string) {
        const deciding = yield* store.decide(by, review, { approve: true })
        switch (deciding._tag) {
          case "Decided":
            return deciding.review
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NoSuchReview":
            return yield* UnknownReview.of(review)
          case "DecidedBefore":
            return yield* new ReviewDecided({ state: deciding.state })
          case "SamePerson":
            return yield* new SecondPersonNeeded()
          case "AskedByNoOperator":
            return yield* new AskedByNoOperator()
          case "Contradicted":
            return yield* new ReviewContradicted({ by: deciding.by })
        }
      })

      const reject = Effect.fn("Reviews.reject")(function* (by: Principal, review: string, reason: string) {
        yield* checkText({ reason })
        const said = reason.trim()
        if (said === "" || said.length > 500)
          return yield* problem("reason", "is not a text of 1 to 500 characters")
        const deciding = yield* store.decide(by, review, { approve: false, reason: said })
        if (deciding._tag === "Decided") return deciding.review
        if (deciding._tag === "NotOperator") return yield* new OperatorsOnly()
        if (deciding._tag === "DecidedBefore") return yield* new ReviewDecided({ state: deciding.state })
        return yield* UnknownReview.of(review)
      })

      return Reviews.of({
        request,
        approve,
        reject,
        get: Effect.fn("Reviews.get")(function* (by, review) {
          return (yield* store.get(by, review)) ?? (yield* UnknownReview.of(review))
        }),
        list: Effect.fn("Reviews.list")((by, slice) => store.list(by, slice))
      })
    })
  )
}

const isConclusion = Schema.is(Conclusion)
const isAmount = Schema.is(MinorUnits)
const isIncident = Schema.is(Schema.Int.check(Schema.isGreaterThan(0)))

const problem = (field: string, text: string) => Effect.fail(new InvalidInput({ field, problem: text }))

/** What can be judged without the record: each conclusion comes with what shows it, and with nothing else. */
const judge = Effect.fnUntraced(function* (
  asked: ReviewAsked
): Effect.fn.Return<ReviewRequest, InvalidInput> {
  yield* checkText(asked)
  const { attempt, incident, conclusion, processorReference: reference, amount, currency } = asked
  if (!isConclusion(conclusion)) {
    return yield* problem("conclusion", `is none; say one of ${Conclusion.literals.join(", ")}`)
  }
  const evidence = asked.evidence.trim()
  if (evidence === "" || evidence.length > 2000) {
    return yield* problem("evidence", "is not a text of 1 to 2000 characters; say what you saw, and where")
  }
  if (conclusion === "handled") {
    if (!isIncident(incident)) {
      return yield* problem("incident", "is missing; say the number of the incident that was dealt with")
    }
    if (attempt !== undefined) return yield* problem("attempt", "stands beside an incident; leave it out")
  } else if (incident !== undefined) {
    return yield* problem("incident", "is only handled; of an attempt say captured, declined or absent")
  } else if (attempt === undefined) {
    return yield* problem("attempt", "is missing; say which attempt the processor shows this of")
  }
  const named = conclusion === "captured" || conclusion === "declined"
  if (named !== (reference !== undefined)) {
    return yield* problem(
      "processorReference",
      named
        ? "is missing; say the processor's own id of the charge"
        : "says that the processor knows a charge; leave it out"
    )
  }
  if (
    reference !== undefined &&
    (reference.trim() !== reference || reference === "" || reference.length > 255)
  ) {
    return yield* problem(
      "processorReference",
      "is not an id of 1 to 255 characters without spaces around it"
    )
  }
  if (conclusion !== "captured") {
    if (amount !== undefined) return yield* problem("amount", "says that money moved; leave it out")
    if (currency !== undefined) return yield* problem("currency", "says that money moved; leave it out")
  } else {
    if (!isAmount(amount)) return yield* problem("amount", "is not the captured amount in whole minor units")
    if (!isCurrency(currency)) return yield* problem("currency", "is not the currency of the captured amount")
  }
  return {
    conclusion,
    evidence,
    ...(attempt === undefined ? {} : { attempt }),
    ...(incident === undefined ? {} : { incident }),
    ...(reference === undefined ? {} : { processorReference: reference }),
    ...(amount === undefined ? {} : { amount }),
    ...(currency === undefined ? {} : { currency })
  }
})
