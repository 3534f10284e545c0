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
 * Positive proof that money did not move. The only failure from which a cascade may go on; a driver makes one
 * from an allow-list of answers and from nothing else.
 */
export class Declined extends Schema.TaggedError<Declined>()("Declined", {
  kind: DeclineKind,
  evidence: Evidence
}) {
  override get message(): string {
    return `declined (${this.kind}): ${this.evidence.message}`
  }
}

/** Nobody knows yet whether money moved: a timeout, a cut line, an answer that proves nothing. Halts the session. */
export class Indeterminate extends Schema.TaggedError<Indeterminate>()("Indeterminate", {
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
