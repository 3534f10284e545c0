/** What one document may ask for at most. Every limit itself passes; one more is refused. */
export const limits = {
  /** Words and signs of the document, before it is parsed. */
  tokens: 2000,
  /** Brackets inside brackets, before it is parsed: the parser calls itself for each. */
  nesting: 50,
  /** Fields inside fields. */
  depth: 12,
  aliases: 30,
  directives: 20,
  /** Fields of the query or the mutation itself. */
  rootFields: 15,
  /** Objects that are resolved, when every page is as full as it may be; ten values of one count as one more. */
  cost: 10_000
} as const

/** What fields count by themselves, because they read whole months: those of the query, and of a type by its name. */
export const heavy: Readonly<Record<string, number>> = {
  paymentFigures: 3000,
  declineReasons: 3000,
  capUsage: 1000,
  policyReplay: 5000,
  "ChangeRequest.policyReplay": 5000
}

/** Those of which one request may do one: of two, the first could charge and the second be refused. */
export const moneyMutations: ReadonlyArray<string> = [
  "createPaymentSession",
  "confirmPaymentSession",
  "cancelPaymentSession",
  "claimFulfilment",
  "refundPayment",
  "approveReview",
  "approveChange"
]
