import { type RefundLookupResult, refundOfAnother } from "../../../kernel/PaymentProvider.ts"
import { Declined, type Evidence, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { isCurrency } from "../../../kernel/Money.ts"
import { detailsOf, isRequestRefusal } from "./disposition.ts"
import type { Refund, Reply } from "./wire.ts"

/** What the status of a refund proves. A status that is not listed proves nothing. */
export const refundStatuses: Readonly<
  Record<string, { readonly means: "done" | "pending" | "declined"; readonly why: string }>
> = {
  succeeded: { means: "done", why: "the money is on its way to the customer" },
  pending: { means: "pending", why: "it is asked for, and may still fail" },
  requires_action: { means: "pending", why: "the customer has to say where the money is to go" },
  failed: { means: "declined", why: "the money came back to the account" },
  canceled: { means: "declined", why: "it was called back before it was paid out" }
}

/** Why Stripe refuses to refund. Nothing went back, and asking again would not help. */
export const refundRefusals: Readonly<Record<string, string>> = {
  charge_already_refunded: "all of the charge went back already",
  amount_too_large: "less than that is left of the charge",
  amount_too_small: "less than can be refunded",
  charge_disputed: "the charge is disputed: the money went back that way",
  charge_not_refundable: "the charge was not captured",
  payment_intent_unexpected_state: "the intent has no captured charge",
  balance_insufficient: "the account's balance does not cover it",
  insufficient_funds: "the account's balance does not cover it",
  refund_disputed_payment: "the charge is disputed: the money went back that way"
}

/** The refund that is asked about: its key, and the charge that it is of. */
export interface AskedRefund {
  readonly idempotencyKey: string
  readonly processorReference: string
}

/** Whether it is the refund that is asked about, and not another one. */
export const isAskedRefund = (
  { metadata, payment_intent }: Refund,
  { idempotencyKey, processorReference }: AskedRefund
): boolean => metadata["refund_id"] === idempotencyKey && payment_intent === processorReference

/** What a refund itself proves of the one that is asked about. */
export const judgeRefund = (refund: Refund, asked: AskedRefund): RefundLookupResult | Indeterminate => {
  const evidence: Evidence = { code: refund.status ?? "no_status", message: describe(refund) }
  const unknown = (code: string, message: string) => new Indeterminate({ evidence: { code, message } })
  if (!isAskedRefund(refund, asked)) {
    return unknown(refundOfAnother, "the refund does not carry this key, or is of another charge")
  }
  const listed = Object.hasOwn(refundStatuses, evidence.code) ? refundStatuses[evidence.code] : undefined
  const currency = refund.currency.toUpperCase()
  switch (listed?.means) {
    case "done":
      return refund.amount < 1 || !isCurrency(currency) || refund.failure_reason
        ? unknown("refund_contradicts_itself", evidence.message)
        : {
            _tag: "RefundDone",
            refunded: { refundReference: refund.id, money: { amount: refund.amount, currency } }
          }
    case "pending":
      return { _tag: "RefundPending", evidence, refundReference: refund.id }
    case "declined":
      return {
        _tag: "RefundDeclined",
        declined: new Declined({ kind: "hard", processorReference: refund.id, evidence })
      }
    default:
      return unknown("unknown_status", evidence.message)
  }
}

const describe = ({ status, failure_reason: reason }: Refund): string => {
  const listed = Object.hasOwn(refundStatuses, status ?? "") ? refundStatuses[status ?? ""] : undefined
  return `the refund is ${status}${reason ? ` (${reason})` : ""}: ${listed?.why ?? "which nobody here knows"}`
}

/** What the answer to the request that creates a refund proves; a replay is asked about again by whoever called. */
export const judgeRefundAnswer = (
  reply: Reply<Refund>,
  asked: AskedRefund
): RefundLookupResult | Indeterminate => {
  switch (reply._tag) {
    case "Object":
      return judgeRefund(reply.value, asked)
    case "NotSent":
      return declined("not_sent", `no refund was sent${detailsOf(reply)}`)
    case "Error": {
      const { error, status, replayed } = reply
      const why =
        typeof error.code === "string" && Object.hasOwn(refundRefusals, error.code)
          ? refundRefusals[error.code]
          : undefined
      const refused = why !== undefined || isRequestRefusal(error)
      return !replayed && refused && error.type === "invalid_request_error" && isRefusal(status)
        ? declined(error.code || "refused", `${why ?? "nothing was refunded"}${detailsOf(reply)}`)
        : unproven(error.code || "refund_failed", detailsOf(reply))
    }
    case "Unreadable":
      return unproven("unreadable_answer", detailsOf(reply))
    case "Unanswered":
      return unproven(reply.code === "timeout" ? "timeout" : "unanswered", detailsOf(reply))
  }
}

const isRefusal = (status: number): boolean => [400, 401, 403, 404].includes(status)

const declined = (code: string, message: string): RefundLookupResult => ({
  _tag: "RefundDeclined",
  declined: new Declined({ kind: "hard", evidence: { code, message } })
})

const unproven = (code: string, details: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message: `nobody knows whether money went back${details}` } })
