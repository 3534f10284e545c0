import { Context, Duration, Effect, Layer } from "effect"
import type { Principal, ProviderName } from "../ids.ts"
import { OperatorsOnly } from "../operations/operatorRefusals.ts"
import { type LedgerUnavailable, PaymentLedger } from "../PaymentLedger.ts"
import { Providers } from "../PaymentProvider.ts"
import type { InvalidInput } from "../refusals.ts"
import { checkText } from "../text.ts"
import { askProcessor } from "./askProcessor.ts"
import { judgeReview, problem, type ReviewAsked } from "./judgeReview.ts"
import type { Review } from "./Review.ts"
import {
  AskedByNoOperator,
  NothingToReview,
  type ProcessorSilent,
  ReviewContradicted,
  ReviewDecided,
  ReviewOpenAlready,
  SecondPersonNeeded,
  UnknownReview
} from "./reviewRefusals.ts"
import { type Horizons, type ReviewSlice, ReviewStore } from "./ReviewStore.ts"

type Asked<A, E = never> = Effect.Effect<A, E | OperatorsOnly | LedgerUnavailable>

/** How long a second person may take; what was seen may not be so any longer then. */
const lifetime = Duration.days(3)

/**
 * Persons decide here what no processor tells: one operator says what they saw, with evidence, and a second one with a
 * key of their own approves. An approval is recorded by the same step as every other evidence, and never charges. It
 * is judged against what is on record when it is asked for, when it is approved, and by the database itself; a capture is
 * asked of the processor, before it is signed.
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
      | UnknownReview
      | SecondPersonNeeded
      | AskedByNoOperator
      | ReviewDecided
      | ReviewContradicted
      | ProcessorSilent
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
  static readonly layer: Layer.Layer<Reviews, never, ReviewStore | PaymentLedger | Providers> = Layer.effect(
    Reviews,
    Effect.gen(function* () {
      const store = yield* ReviewStore
      const ledger = yield* PaymentLedger
      const providers = yield* Providers
      const horizons = yield* horizonsOf(providers)

      const request = Effect.fn("Reviews.request")(function* (by: Principal, asked: ReviewAsked) {
        const wanted = yield* judgeReview(asked)
        const requesting = yield* store.request(by, wanted, lifetime, horizons)
        switch (requesting._tag) {
          case "Requested":
            return requesting.review
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NothingToReview":
            return yield* NothingToReview.of(wanted.attempt ?? wanted.refund ?? String(wanted.incident))
          case "OpenAlready":
            return yield* new ReviewOpenAlready({ review: requesting.review })
          case "Contradicted":
            return yield* ReviewContradicted.of(requesting)
        }
      })

      const approve = Effect.fn("Reviews.approve")(function* (by: Principal, review: string) {
        // Only an operator finds one, and nobody else makes a processor be asked.
        const open = yield* store.get(by, review)
        if (open?.state === "open" && open.requestedBy !== by) {
          yield* askProcessor({ ledger, providers }, open)
        }
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
            return yield* ReviewContradicted.of(deciding)
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

/** How long each driver takes a charge or a refund for one that may still turn up; the longer of both. */
const horizonsOf = Effect.fnUntraced(function* ({ names, get }: Providers["Service"]) {
  const horizons: Record<ProviderName, Duration.Duration> = {}
  for (const name of names) {
    const { chargeLookup, refundLookup } = yield* Effect.orDie(get(name))
    horizons[name] = Duration.max(
      chargeLookup?.absenceHorizon ?? Duration.zero,
      refundLookup?.absenceHorizon ?? Duration.zero
    )
  }
  return horizons satisfies Horizons
})
