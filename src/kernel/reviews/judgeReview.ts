import { Effect, Schema } from "effect"
import { isCurrency, MinorUnits } from "../Money.ts"
import { InvalidInput } from "../refusals.ts"
import { checkText } from "../text.ts"
import { Conclusion } from "./Review.ts"
import type { ReviewRequest } from "./ReviewStore.ts"

/** What somebody asks for, as it comes in at a door. */
export interface ReviewAsked {
  readonly attempt?: string | undefined
  readonly refund?: string | undefined
  readonly incident?: number | undefined
  readonly conclusion: string
  readonly processorReference?: string | undefined
  readonly amount?: number | undefined
  readonly currency?: string | undefined
  readonly evidence: string
}

const isConclusion = Schema.is(Conclusion)
const isAmount = Schema.is(MinorUnits)
const isMoney = Schema.is(Schema.Literals(["captured", "refunded", "refunded_outside"]))
const isIncident = Schema.is(Schema.Int.check(Schema.isGreaterThan(0)))

export const problem = (field: string, text: string) =>
  Effect.fail(new InvalidInput({ field, problem: text }))

/** What can be judged without the record: each conclusion comes with what shows it, and with nothing else. */
export const judgeReview = Effect.fnUntraced(function* (
  asked: ReviewAsked
): Effect.fn.Return<ReviewRequest, InvalidInput> {
  yield* checkText(asked)
  const { conclusion, attempt, refund, incident, processorReference: reference, amount, currency } = asked
  if (!isConclusion(conclusion)) {
    return yield* problem("conclusion", `is none; say one of ${Conclusion.literals.join(", ")}`)
  }
  const evidence = asked.evidence.trim()
  if (evidence === "" || evidence.length > 2000) {
    return yield* problem("evidence", "is not a text of 1 to 2000 characters; say what you saw, and where")
  }
  yield* judgeSubject(conclusion, asked)
  const named = conclusion !== "absent" && conclusion !== "handled"
  if (named !== (reference !== undefined)) {
    return yield* problem(
      "processorReference",
      named
        ? conclusion === "refunded_outside"
          ? "is missing; say the bank's reference of the transfer"
          : "is missing; say the processor's own id of the charge or the refund"
        : "says that the processor knows it; leave it out"
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
  if (!isMoney(conclusion)) {
    if (amount !== undefined) return yield* problem("amount", "says that money moved; leave it out")
    if (currency !== undefined) return yield* problem("currency", "says that money moved; leave it out")
  } else {
    if (!isAmount(amount))
      return yield* problem("amount", `is not the ${conclusion} amount in whole minor units`)
    if (!isCurrency(currency))
      return yield* problem("currency", `is not the currency of the ${conclusion} amount`)
  }
  return {
    conclusion,
    evidence,
    ...(attempt === undefined ? {} : { attempt }),
    ...(refund === undefined ? {} : { refund }),
    ...(incident === undefined ? {} : { incident }),
    ...(reference === undefined ? {} : { processorReference: reference }),
    ...(amount === undefined ? {} : { amount }),
    ...(currency === undefined ? {} : { currency })
  }
})

/** A review is of one thing: an incident, a refund or an attempt. */
const judgeSubject = Effect.fnUntraced(function* (
  conclusion: Conclusion,
  { attempt, refund, incident }: ReviewAsked
): Effect.fn.Return<void, InvalidInput> {
  if (conclusion === "handled") {
    if (!isIncident(incident)) {
      return yield* problem("incident", "is missing; say the number of the incident that was dealt with")
    }
    if (attempt !== undefined) return yield* problem("attempt", "stands beside an incident; leave it out")
    if (refund !== undefined) return yield* problem("refund", "stands beside an incident; leave it out")
    return
  }
  if (incident !== undefined) {
    return yield* problem("incident", "is only handled; of an attempt or a refund say what became of it")
  }
  if (refund === undefined) {
    if (conclusion === "refunded" || conclusion === "refunded_outside") {
      return yield* problem("refund", "is missing; say which refund this is of")
    }
    if (attempt === undefined) {
      return yield* problem("attempt", "is missing; say which attempt or refund the processor shows this of")
    }
    return
  }
  if (attempt !== undefined) return yield* problem("attempt", "stands beside a refund; leave it out")
  if (conclusion === "captured") {
    return yield* problem("refund", "is not captured; say refunded, refunded_outside, declined or absent")
  }
})
