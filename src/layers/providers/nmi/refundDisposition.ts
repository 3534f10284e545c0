import { Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { isCurrency } from "../../../kernel/Money.ts"
import type { Refunded, RefundLookupResult, RefundRequest } from "../../../kernel/PaymentProvider.ts"
import { rejectionOf, resultCodeOf, withoutRefid } from "./resultCodes.ts"
import type { NmiTransaction } from "./transactions.ts"
import { detailsOf, type Reply } from "./wire.ts"

/** The texts with which NMI refuses to give back. Nothing went back, and asking again would not help. */
export const followUpRefusals: Readonly<Record<"refund" | "void", Readonly<Record<string, string>>>> = {
  refund: {
    "Refund amount may not exceed the transaction balance": "less than that is left of the charge",
    "Refund requires a captured transaction": "the charge took no money",
    "Transaction not found": "NMI knows no such charge",
    "Invalid amount": "the amount is none"
  },
  void: {
    "Only transactions pending settlement can be voided": "it is settled, voided or never took money",
    "A transaction with refunds cannot be voided": "some of it went back already",
    "Transaction not found": "NMI knows no such charge"
  }
}

const refusalOf = (type: "refund" | "void", text: string): string | undefined => {
  const known = followUpRefusals[type]
  const plain = withoutRefid(text)
  if (Object.hasOwn(known, plain)) return known[plain]
  return rejectionOf(text)?.why
}

/**
 * What the answer to a refund or a void proves. `approved` says whether the transaction that is named fits: a refund
 * has one of its own, a void that of its charge.
 */
const judgeFollowUp = (
  type: "refund" | "void",
  reply: Reply,
  orderIds: ReadonlyArray<string>,
  fits: (transactionId: string) => boolean
): { readonly _tag: "Approved"; readonly transactionId: string } | Declined | Indeterminate => {
  switch (reply._tag) {
    case "NotSent":
    case "Throttled":
      return declined(reply._tag === "Throttled" ? "throttled" : "not_sent", detailsOf(reply))
    case "Unreadable":
      return unproven("unreadable_answer", detailsOf(reply))
    case "Unanswered":
      return unproven(reply.code === "timeout" ? "timeout" : "unanswered", detailsOf(reply))
    case "Answer": {
      const { answer } = reply
      const { response, code, text, transactionId } = answer
      if (answer.type !== "" && answer.type !== type) return unproven("other_type", detailsOf(reply))
      if (!orderIds.includes(answer.orderId)) return unproven("answer_to_another", detailsOf(reply))
      if (response === "1" && code === "100" && transactionId !== undefined && fits(transactionId)) {
        return { _tag: "Approved", transactionId }
      }
      const listed = resultCodeOf(code)?.means === "declined"
      const refused =
        (response === "3" && code === "300" && refusalOf(type, text) !== undefined) ||
        (response === "2" && code.startsWith("2") && listed) ||
        (response === "3" && (code === "301" || code.startsWith("4")) && listed)
      return refused && !/duplicate/i.test(text)
        ? declined(code, `${refusalOf(type, text) ?? ""}${detailsOf(reply)}`)
        : unproven(code, detailsOf(reply))
    }
  }
}

/** What the answer to a refund proves. It names no amount, so the amount is the one that was sent. */
export const judgeRefund = (
  reply: Reply,
  { idempotencyKey, processorReference, money }: RefundRequest
): Refunded | Declined | Indeterminate => {
  const judged = judgeFollowUp("refund", reply, [idempotencyKey, ""], (id) => id !== processorReference)
  return judged instanceof Declined || judged instanceof Indeterminate
    ? judged
    : { refundReference: judged.transactionId, money: { amount: money.amount, currency: money.currency } }
}

/** What the answer to a void proves. */
export const judgeVoid = (
  reply: Reply,
  charge: { readonly processorReference: string; readonly orderId: string }
): { readonly _tag: "Approved" } | Declined | Indeterminate =>
  judgeFollowUp("void", reply, [charge.orderId, ""], (id) => id === charge.processorReference)

/** What a refund's own transaction proves of it. A condition that is not listed proves nothing. */
export const judgeRefundTransaction = ({
  id,
  condition,
  currency,
  actions
}: NmiTransaction): RefundLookupResult | Indeterminate => {
  const evidence = { code: condition, message: `the refund is ${condition}` }
  const refunds = actions.filter(({ type }) => type === "refund")
  const voids = actions.filter(({ type, success }) => type === "void" && success)
  const others = actions.filter(({ type }) => !["refund", "void", "settle"].includes(type))
  const [refund] = refunds
  if (refund === undefined || refunds.length > 1 || others.length > 0) {
    return unproven("refund_contradicts_itself", ` (${evidence.message})`)
  }
  const settled = ["pendingsettlement", "complete"].includes(condition)
  if (settled && refund.success && refund.amount < 0 && voids.length === 0 && isCurrency(currency)) {
    const money = { amount: -refund.amount, currency }
    return { _tag: "RefundDone", refunded: { refundReference: id, money } }
  }
  const failed = condition === "failed" && !refund.success && actions.length === 1
  const canceled = condition === "canceled" && voids.length === 1
  if (failed || canceled) {
    return { _tag: "RefundDeclined", declined: new Declined({ kind: "hard", evidence }) }
  }
  return condition === "pending" || condition === "in_progress"
    ? { _tag: "RefundPending", evidence, refundReference: id }
    : unproven("unclear_condition", ` (${evidence.message})`)
}

const declined = (code: string, details: string): Declined =>
  new Declined({ kind: "hard", evidence: { code, message: `nothing went back: ${details.trim()}` } })

const unproven = (code: string, details: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message: `nobody knows whether money went back${details}` } })
