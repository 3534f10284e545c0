import { DateTime, Schema } from "effect"
import { withoutCardNumber } from "../cardNumbers.ts"
import { Contradiction, ReviewState } from "./Review.ts"
import type { Contradicted } from "./ReviewStore.ts"

const quotable = (id: string): string => withoutCardNumber(id).slice(0, 80)

/** There is no such review. */
export class UnknownReview extends Schema.TaggedError<UnknownReview>()("UnknownReview", {
  review: Schema.String
}) {
  static of(id: string): UnknownReview {
    return new UnknownReview({ review: quotable(id) })
  }
  get field(): string {
    return "review"
  }
  override get message(): string {
    return `there is no review ${JSON.stringify(this.review)}; the list of reviews has those that are open`
  }
}

/** There is no such attempt, refund or incident. */
export class NothingToReview extends Schema.TaggedError<NothingToReview>()("NothingToReview", {
  about: Schema.String
}) {
  static of(id: string): NothingToReview {
    return new NothingToReview({ about: quotable(id) })
  }
  override get message(): string {
    return `there is no attempt, no refund and no incident ${JSON.stringify(this.about)}`
  }
}

/** Somebody has asked for a review of the same already. */
export class ReviewOpenAlready extends Schema.TaggedError<ReviewOpenAlready>()("ReviewOpenAlready", {
  review: Schema.String
}) {
  override get message(): string {
    return `${this.review} is open for the same already; approve it, reject it, or wait until it expires`
  }
}

const sentences: Readonly<Record<Contradiction, string>> = {
  in_flight: "its driver is still at it, or is taken over soon: nothing is in review yet",
  captured: "money is on record for it",
  refunded: "the money that went back is on record",
  declined: "its processor proved that no money moved",
  absent: "it was given up as absent already",
  captured_already: "that money is on record already",
  reference_of_another: "that is the processor's reference of another charge or refund of this account",
  known_to_processor: "the processor named it once, so it is not absent; say what it shows of it",
  too_early: "it may still turn up: it is called absent a day after it was written, or later, and not before",
  news_waiting:
    "a webhook that names it has not been heard: a dead letter is replayed, one that waits is waited for, and then say what its processor shows",
  incident_closed: "the incident is closed already",
  unknown_to_processor: "its processor was asked, and knows no charge or refund of that reference",
  other_at_processor:
    "its processor was asked, and shows another amount or currency under that reference, a charge that was sent for another attempt, another charge's refund, or that all of it went back; say what it shows",
  not_refunded_at_processor:
    "its processor was asked, and shows that refund as failed, or as not over yet; say declined of one that failed, and wait for one that is not over",
  other_amount: "it is more than was asked for, or in another currency",
  other_attempt: "the incident or the refund is of another attempt"
}

/** Evidence that is stronger than a person's word stands against the conclusion. Nothing was done. */
export class ReviewContradicted extends Schema.TaggedError<ReviewContradicted>()("ReviewContradicted", {
  by: Contradiction,
  /** With `too_early`: from when on it may be called absent. */
  notBefore: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** With `news_waiting`: the webhook that has to be heard first, `wh_` and its number. */
  webhook: Schema.optionalKey(Schema.String)
}) {
  static of({ by, notBefore, webhook }: Contradicted): ReviewContradicted {
    return new ReviewContradicted({
      by,
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(webhook === undefined ? {} : { webhook })
    })
  }
  get field(): string {
    return "conclusion"
  }
  override get message(): string {
    const more = [
      ...(this.notBefore === undefined ? [] : [`; from ${DateTime.formatIso(this.notBefore)} on`]),
      ...(this.webhook === undefined ? [] : [`; it is ${this.webhook}`])
    ].join("")
    return `stronger evidence stands against it: ${sentences[this.by]}${more}`
  }
}

/** The processor could not be asked for what two persons say they saw. Nothing was recorded. */
export class ProcessorSilent extends Schema.TaggedError<ProcessorSilent>()("ProcessorSilent", {
  provider: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.provider} could not be asked for that charge or refund (${this.problem}); nothing was recorded, and you may approve again`
  }
}

/** The one who asked may not approve as well. */
export class SecondPersonNeeded extends Schema.TaggedError<SecondPersonNeeded>()("SecondPersonNeeded", {}) {
  override get message(): string {
    return "whoever asked does not approve it, with no key of theirs, and nor does who gave out a key of the name that asked; a second operator looks as well, and signs with their own"
  }
}

/** The one who asked may not any more, so that an approval would be one person's word. */
export class AskedByNoOperator extends Schema.TaggedError<AskedByNoOperator>()("AskedByNoOperator", {}) {
  override get message(): string {
    return "whoever asked may not ask for it any more; reject it, and let an operator who may look and ask again"
  }
}

/** The review was decided before, or its time is over. */
export class ReviewDecided extends Schema.TaggedError<ReviewDecided>()("ReviewDecided", {
  state: ReviewState
}) {
  override get message(): string {
    return `the review is ${this.state} already; ask for another one if there is still something to decide`
  }
}
