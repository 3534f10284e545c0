import { Effect } from "effect"
import { InvalidInput } from "../refusals.ts"
import { EventType } from "../Outbox.ts"

const ofPayments = {
  "payment.charged.v1":
    "The session is settled: money was captured. Claim the fulfilment, and fulfil on `first`.",
  "payment.declined.v1":
    "Proof that no money moved. Read the session to see whether another card may be tried.",
  "payment.in_review.v1": "Nobody knows yet whether money moved. Nobody is to pay again.",
  "payment.failed.v1":
    "The session ended without a payment. With the reason `given_back`, all that was captured for it went back.",
  "payment.captured_late.v1":
    "Money was captured after everybody had said no, or beyond what settled the session. Fulfil nothing for it; persons look at it, and `lateCaptures` of the session says when they did.",
  "payment.session_expired.v1": "The session was not paid in its time."
}

const ofRefunds = {
  "payment.refunded.v1": "Money went back to the customer.",
  "payment.refund_declined.v1": "A refund ended without money going back.",
  "payment.refund_in_review.v1":
    "Nobody knows yet whether a refund went through. It is not sent again meanwhile.",
  "payment.refund_taken_back.v1":
    "Money that had gone back did not arrive and is here again. Give it back anew, or in another way."
}

const ofDisputes = {
  "payment.dispute_opened.v1": "The customer disputes the payment at the bank.",
  "payment.dispute_updated.v1": "A dispute went on.",
  "payment.dispute_closed.v1": "A dispute is over."
}

const ofOperations = {
  "operations.page.v1":
    "A person is needed: `kind` is `in_review`, `refund_in_review`, `capture_unheard` or `incident`. Sent to operators who name this type, and to nobody else."
}

/** When each event is told, for the reference. */
export const eventMeanings: Readonly<Record<EventType, string>> = {
  ...ofPayments,
  ...ofRefunds,
  ...ofDisputes,
  ...ofOperations
}

const isEventType = (type: string): type is EventType => EventType.literals.some((known) => known === type)

/** The types that an app asks for, each once; undefined is all of them. */
export const checkEventTypes = (
  types: ReadonlyArray<string> | undefined
): Effect.Effect<ReadonlyArray<EventType> | undefined, InvalidInput> => {
  if (types === undefined) return Effect.succeed(undefined)
  if (types.length === 0) {
    const problem = "is empty; name the types that you want, or leave it out to be told of all"
    return Effect.fail(new InvalidInput({ field: "eventTypes", problem }))
  }
  if (types.every(isEventType)) return Effect.succeed([...new Set(types)])
  const unknown = types.findIndex((type) => !isEventType(type))
  const problem = `is no type of event; there are ${EventType.literals.join(", ")}`
  return Effect.fail(new InvalidInput({ field: `eventTypes[${unknown}]`, problem }))
}
