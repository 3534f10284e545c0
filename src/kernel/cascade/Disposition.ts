import { Schema } from "effect"
import { Currency } from "../Money.ts"

/**
 * What a processor said, word for word enough to be judged again later: a code of its own and what it meant.
 * Never card data.
 */
export const Evidence = Schema.Struct({
  /** The processor's or the transport's own code: `approved`, `do_not_honor`, `timeout`. */
  code: Schema.String,
  message: Schema.String
})
export type Evidence = typeof Evidence.Type

/**
 * What the customer has to do before a charge goes on: strong customer authentication (3DS) at an address of the
 * issuer's. Until it is done or the charge is cancelled, the charge is live and nothing else is sent.
 */
export const PaymentAction = Schema.Struct({
  type: Schema.Literal("redirect"),
  /** Where to send the customer's browser. */
  url: Schema.String
})
export type PaymentAction = typeof PaymentAction.Type

/** Positive proof that money moved. The amount is what the processor says it captured, not what was asked. */
export class Captured extends Schema.TaggedClass<Captured>()("Captured", {
  /** The processor's own id of the charge; unique within a merchant account. */
  processorReference: Schema.NonEmptyString,
  /** Minor units. */
  amount: Schema.Int,
  currency: Currency,
  evidence: Evidence
}) {}

/** `soft`: another account may take it. `hard`: the card or its issuer refuses, so no other account is asked. */
export const DeclineKind = Schema.Literals(["soft", "hard"])
export type DeclineKind = typeof DeclineKind.Type

/**
 * What the issuer or its network says about trying this card again on the same account. `never`: do not. `later`:
 * not now. `updated`: only once the card's data was corrected. The networks fine who does not heed it.
 */
export const RetryAdvice = Schema.Literals(["never", "later", "updated"])
export type RetryAdvice = typeof RetryAdvice.Type

/**
 * Positive proof that money did not move. The only failure from which a cascade may go on; a driver makes one
 * from an allow-list of answers and from nothing else.
 */
export class Declined extends Schema.TaggedError<Declined>()("Declined", {
  kind: DeclineKind,
  advice: Schema.optionalKey(RetryAdvice),
  /** It never came to a card network, so it spends none of the networks' budgets: not sent, or refused before that. */
  offNetwork: Schema.optionalKey(Schema.Literal(true)),
  /** It did take money, and all of that was taken back before it was settled. */
  undone: Schema.optionalKey(Schema.Literal(true)),
  /** The processor's own id of what it declined, when it gave one. */
  processorReference: Schema.optionalKey(Schema.NonEmptyString),
  evidence: Evidence
}) {
  override get message(): string {
    return `declined (${this.kind}): ${this.evidence.message}`
  }
}

/**
 * Nobody knows yet whether money moved: a timeout, a cut line, an answer that proves nothing, a charge that waits
 * for its customer. Halts the session.
 */
export class Indeterminate extends Schema.TaggedError<Indeterminate>()("Indeterminate", {
  /** The processor's own id of the charge, when it gave one: a lookup by it finds the charge at once. */
  processorReference: Schema.optionalKey(Schema.NonEmptyString),
  action: Schema.optionalKey(PaymentAction),
  evidence: Evidence
}) {
  override get message(): string {
    return `the outcome is unknown and is being checked: ${this.evidence.message}`
  }
}

/** The processor never received the charge, and the time in which it still could is over. */
export class Absent extends Schema.TaggedClass<Absent>()("Absent", { evidence: Evidence }) {}

/** Everything that can be said of one attempt's money. */
export const Outcome = Schema.Union([Captured, Declined, Indeterminate, Absent])
export type Outcome = typeof Outcome.Type
