import { Schema } from "effect"
import { AttemptId, Principal, SessionId } from "../ids.ts"
import { Currency, MinorUnits } from "../Money.ts"
import { RefundId } from "../refunds/Refund.ts"

/**
 * What a person saw. `captured`, `refunded`: the processor shows that the money moved. `refunded_outside`: the money of
 * a refund went back without the processor, by a bank transfer. `declined`: the processor shows the charge or the
 * refund, and that it moved none. `absent`: it shows no such thing; that ends a session and never lets it be charged
 * again, and sets the amount of a refund free. `handled`: an incident was dealt with.
 */
export const Conclusion = Schema.Literals([
  "captured",
  "refunded",
  "refunded_outside",
  "declined",
  "absent",
  "handled"
])
export type Conclusion = typeof Conclusion.Type

export const ReviewState = Schema.Literals(["open", "approved", "rejected", "expired"])
export type ReviewState = typeof ReviewState.Type

/** What one person says of an attempt, a refund or an incident, and what a second one said to it. */
export class Review extends Schema.Class<Review>("Review")({
  /** `rv_` and its number. */
  id: Schema.String,
  /** Of a refund or an incident: the attempt that it is of. */
  attempt: AttemptId,
  session: SessionId,
  /** The number of the incident that it closes. */
  incident: Schema.optionalKey(Schema.Int),
  /** The refund that it is about. */
  refund: Schema.optionalKey(RefundId),
  /** Of a refund: the processor's own id of the charge that it is of. */
  charge: Schema.optionalKey(Schema.String),
  conclusion: Conclusion,
  /** The processor's own id of the charge, or of the refund; the bank's of what went back without it. */
  processorReference: Schema.optionalKey(Schema.String),
  /** Minor units that the processor shows as captured, or as given back. */
  amount: Schema.optionalKey(MinorUnits),
  currency: Schema.optionalKey(Currency),
  evidence: Schema.String,
  state: ReviewState,
  requestedBy: Principal,
  requestedAt: Schema.DateTimeUtcFromString,
  /** Later it is not approved any more: what was seen may not be so any longer. */
  expiresAt: Schema.DateTimeUtcFromString,
  decidedBy: Schema.optionalKey(Schema.String),
  decidedAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  reason: Schema.optionalKey(Schema.String)
}) {}

/** What stands against a conclusion: evidence that is stronger than a person's word. */
export const Contradiction = Schema.Literals([
  "in_flight",
  "captured",
  "refunded",
  "declined",
  "absent",
  "captured_already",
  "reference_of_another",
  "known_to_processor",
  "too_early",
  "news_waiting",
  "unknown_to_processor",
  "other_at_processor",
  "not_refunded_at_processor",
  "other_amount",
  "incident_closed",
  "other_attempt"
])
export type Contradiction = typeof Contradiction.Type
