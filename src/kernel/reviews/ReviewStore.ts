import { Context, type DateTime, type Duration, type Effect } from "effect"
import type { Principal, ProviderName } from "../ids.ts"
import type { OperatorsOnly } from "../operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { Conclusion, Contradiction, Review, ReviewState } from "./Review.ts"

/** What one person says, judged as far as it can be without the record. */
export interface ReviewRequest {
  /** An attempt's id, a refund's, or an incident's number. */
  readonly attempt?: string
  readonly refund?: string
  readonly incident?: number
  readonly conclusion: Conclusion
  readonly processorReference?: string
  readonly amount?: number
  readonly currency?: string
  readonly evidence: string
}

/** What stands against a conclusion, and what of it helps to go on. */
export interface Contradicted {
  readonly _tag: "Contradicted"
  readonly by: Contradiction
  /** With `too_early`. */
  readonly notBefore?: DateTime.Utc
  /** With `news_waiting`: `wh_` and its number. */
  readonly webhook?: string
}

/** How long after its write-ahead a charge or a refund may still turn up at a processor. */
export type Horizons = Readonly<Record<ProviderName, Duration.Duration>>

export type Requesting =
  | { readonly _tag: "Requested"; readonly review: Review }
  | { readonly _tag: "NotOperator" }
  | { readonly _tag: "NothingToReview" }
  | { readonly _tag: "OpenAlready"; readonly review: string }
  | Contradicted

export type Deciding =
  | { readonly _tag: "Decided"; readonly review: Review }
  | { readonly _tag: "NotOperator" }
  | { readonly _tag: "NoSuchReview" }
  | { readonly _tag: "DecidedBefore"; readonly state: ReviewState }
  | { readonly _tag: "SamePerson" }
  | { readonly _tag: "AskedByNoOperator" }
  | Contradicted

/** A part of the list of reviews, the newest first; positions are numbers of reviews. */
export interface ReviewSlice {
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: string | undefined
  readonly before?: string | undefined
  /** Only those that wait for somebody. */
  readonly open: boolean
}

type Kept<A, E = never> = Effect.Effect<A, E | LedgerUnavailable>

/** The port to reviews. Each method is one statement and one commit; an approval records its evidence in it. */
export class ReviewStore extends Context.Service<
  ReviewStore,
  {
    /** What is not known by a horizon is judged as if its processor took a day. */
    readonly request: (
      by: Principal,
      request: ReviewRequest,
      lifetime: Duration.Duration,
      horizons: Horizons
    ) => Kept<Requesting>
    /** `reason` is said with a rejection. */
    readonly decide: (
      by: Principal,
      review: string,
      decision: { readonly approve: boolean; readonly reason?: string }
    ) => Kept<Deciding>
    /** Undefined also for whoever is no operator. */
    readonly get: (by: Principal, review: string) => Kept<Review | undefined>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly list: (by: Principal, slice: ReviewSlice) => Kept<ReadonlyArray<Review>, OperatorsOnly>
    /** Ends reviews whose time is over; answers how many. */
    readonly expireDue: (limit: number) => Kept<number>
  }
>()("payment-orchestration/kernel/reviews/ReviewStore") {}
