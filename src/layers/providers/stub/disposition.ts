import {
  Captured,
  Declined,
  type DeclineKind,
  type Evidence,
  Indeterminate,
  type RetryAdvice
} from "../../../kernel/cascade/Disposition.ts"
import type { LookupResult, RefundLookupResult } from "../../../kernel/PaymentProvider.ts"
import type { StubAnswer } from "./wire.ts"

/** What a code proves. A code that is not listed for the call proves nothing: its outcome is indeterminate. */
export type Meaning =
  | { readonly outcome: "succeeded"; readonly why: string }
  | {
      readonly outcome: "declined"
      readonly kind: DeclineKind
      /** What the issuer's code says about trying the card again. */
      readonly advice?: RetryAdvice
      /** No issuer was asked. */
      readonly offNetwork?: true
      readonly why: string
    }

const meanings = (table: Readonly<Record<string, Meaning>>): ReadonlyMap<string, Meaning> =>
  new Map(Object.entries(table))

/** Answers to a charge. */
export const chargeCodes = meanings({
  approved: { outcome: "succeeded", why: "the gateway names the charge and what it captured" },
  do_not_honor: {
    outcome: "declined",
    kind: "soft",
    why: "the issuer refused without a reason; by another acquirer it may take the same charge"
  },
  stolen_card: {
    outcome: "declined",
    kind: "hard",
    advice: "never",
    why: "the card is blocked wherever it is charged"
  },
  insufficient_funds: {
    outcome: "declined",
    kind: "hard",
    why: "the customer's account is the same whoever charges it"
  },
  invalid_token: {
    outcome: "declined",
    kind: "hard",
    offNetwork: true,
    why: "the gateway found no card to charge"
  }
})

/** Answers to a refund. None of the refusals is worth another try. */
export const refundCodes = meanings({
  refunded: { outcome: "succeeded", why: "the gateway names the refund and its amount" },
  refund_exceeds_captured: { outcome: "declined", kind: "hard", why: "less than that is left of the charge" },
  wrong_currency: { outcome: "declined", kind: "hard", why: "the charge was in another currency" },
  refund_declined: { outcome: "declined", kind: "hard", why: "the card takes no money back" },
  refund_returned: { outcome: "declined", kind: "hard", why: "it went back and did not arrive" },
  not_settled: { outcome: "declined", kind: "soft", why: "it can only be voided until it is settled" },
  charge_unknown: { outcome: "declined", kind: "hard", why: "there is no such charge on this account" }
})

/** Answers to a void. */
export const voidCodes = meanings({
  voided: { outcome: "succeeded", why: "the gateway took the charge back before it was settled" },
  already_settled: { outcome: "declined", kind: "hard", why: "the time to void is over; refund instead" },
  not_voidable: { outcome: "declined", kind: "hard", why: "some of the charge went back already" },
  charge_unknown: { outcome: "declined", kind: "hard", why: "there is no such charge on this account" }
})

/** A success whose proof is complete. */
export interface Proof {
  readonly reference: string
  readonly amount: number
  readonly currency: Captured["currency"]
  readonly evidence: Evidence
}

/**
 * What an answer proves, by the codes that its call allows. A success that does not name the money is none.
 */
export const judge = (
  codes: ReadonlyMap<string, Meaning>,
  answer: StubAnswer
): Proof | Declined | Indeterminate => {
  const { code, message, reference, amount, currency } = answer
  const evidence = { code, message }
  const meaning = codes.get(code)
  if (meaning?.outcome === "declined") {
    const { kind, advice, offNetwork } = meaning
    return new Declined({
      kind,
      ...(advice === undefined ? {} : { advice }),
      ...(offNetwork === undefined ? {} : { offNetwork }),
      evidence
    })
  }
  return meaning === undefined || reference === undefined || amount === undefined || currency === undefined
    ? new Indeterminate({ evidence })
    : { reference, amount, currency, evidence }
}

export const capturedFrom = ({ reference, amount, currency, evidence }: Proof): Captured =>
  new Captured({ processorReference: reference, amount, currency, evidence })

/** What a lookup's answer says of the charge. */
export const lookupResult = (answer: StubAnswer): LookupResult | Indeterminate => {
  const evidence = { code: answer.code, message: answer.message }
  if (answer.code === "pending") return { _tag: "StillPending", evidence }
  if (answer.code === "not_found") return { _tag: "NotFound", evidence }
  const judged = judge(chargeCodes, answer)
  if (judged instanceof Indeterminate) return judged
  return judged instanceof Declined
    ? { _tag: "FoundDeclined", declined: judged }
    : { _tag: "FoundCaptured", captured: capturedFrom(judged) }
}

/** What a lookup's answer says of a refund. */
export const refundLookupResult = (answer: StubAnswer): RefundLookupResult | Indeterminate => {
  if (answer.code === "refund_not_found") {
    return { _tag: "RefundNotFound", evidence: { code: answer.code, message: answer.message } }
  }
  const judged = judge(refundCodes, answer)
  if (judged instanceof Indeterminate) return judged
  if (judged instanceof Declined) {
    const { kind, evidence } = judged
    const named = answer.reference === undefined ? {} : { processorReference: answer.reference }
    return { _tag: "RefundDeclined", declined: new Declined({ kind, evidence, ...named }) }
  }
  const { reference, amount, currency } = judged
  return { _tag: "RefundDone", refunded: { refundReference: reference, money: { amount, currency } } }
}
