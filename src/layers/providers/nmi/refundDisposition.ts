import { Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { isCurrency } from "../../../kernel/Money.ts"
import type { Refunded, RefundLookupResult, RefundRequest } from "../../../kernel/PaymentProvider.ts"
import { decimalOf } from "./amounts.ts"
import { isDuplicate, rejectionOf, resultCodeOf, withoutRefid } from "./resultCodes.ts"
import type { NmiAction, NmiTransaction } from "./transactions.ts"
import { detailsOf, type Reply } from "./wire.ts"

/** The texts with which NMI refuses to give back. Nothing went back, and asking again would not help. */
export const followUpRefusals: Readonly<Record<"refund" | "void", Readonly<Record<string, string>>>> = {
  refund: {
    "Refund amount may not exceed the transaction balance": "less than that is left of the charge",
    "Refund requires a captured transaction": "the charge took no money",
    "Transaction not found": "NMI knows no such charge",
    "Invalid Transaction ID specified": "NMI knows no such charge",
    "Invalid amount": "the amount is none"
  },
  void: {
    "Only transactions pending settlement can be voided": "it is settled, voided or never took money",
    "A transaction with refunds cannot be voided": "some of it went back already",
    "Transaction not found": "NMI knows no such charge",
    "Invalid Transaction ID specified": "NMI knows no such charge"
  }
}

/** Refusals that name the transaction which they are about; any other that names one contradicts itself. */
const namesItsCharge: ReadonlySet<string> = new Set([
  "Only transactions pending settlement can be voided",
  "A transaction with refunds cannot be voided"
])

const refusalOf = (type: "refund" | "void", text: string): string | undefined => {
  const known = followUpRefusals[type]
  const plain = withoutRefid(text)
  if (Object.hasOwn(known, plain)) return known[plain]
  return rejectionOf(text)?.why
}

interface FollowUp {
  /** The transaction that it is about. */
  readonly charge: string
  readonly orderIds: ReadonlyArray<string>
  readonly fits: (transactionId: string) => boolean
  /** Minor units. */
  readonly amount?: number
}

/**
 * What the answer to a refund or a void proves. `approved` says whether the transaction that is named fits: a refund
 * has one of its own, a void that of its charge.
 */
const judgeFollowUp = (
  type: "refund" | "void",
  reply: Reply,
  { charge, orderIds, fits, amount }: FollowUp
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
      const { response, code, text, transactionId, amountAuthorized: authorized } = answer
      if (answer.type !== "" && answer.type !== type) return unproven("other_type", detailsOf(reply))
      if (!orderIds.includes(answer.orderId)) return unproven("answer_to_another", detailsOf(reply))
      const part = answer.partial || !["", amount === undefined ? "" : decimalOf(amount)].includes(authorized)
      if (response === "1" && code === "100" && transactionId !== undefined && fits(transactionId)) {
        return part || isDuplicate(text) || /\bdeclined?\b/i.test(text)
          ? unproven("approved_otherwise", detailsOf(reply))
          : { _tag: "Approved", transactionId }
      }
      const listed = resultCodeOf(code)?.means === "declined"
      // The gateway itself names nothing when it refuses, but the charge that it may not be done to.
      const unnamed =
        transactionId === undefined || (transactionId === charge && namesItsCharge.has(withoutRefid(text)))
      const refused =
        (response === "3" && code === "300" && refusalOf(type, text) !== undefined && unnamed) ||
        (response === "2" && code.startsWith("2") && listed) ||
        (response === "3" && code === "301" && transactionId === undefined) ||
        (response === "3" && code.startsWith("4") && listed)
      const approvedToo =
        answer.authCode !== "" || authorized !== "" || part || /^\s*(success|approv)/i.test(text)
      return refused && !approvedToo && !isDuplicate(text)
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
  const judged = judgeFollowUp("refund", reply, {
    charge: processorReference,
    orderIds: [idempotencyKey, ""],
    fits: (id) => id !== processorReference,
    amount: money.amount
  })
  return judged instanceof Declined || judged instanceof Indeterminate
    ? judged
    : { refundReference: judged.transactionId, money: { amount: money.amount, currency: money.currency } }
}

/** What the answer to a void proves. */
export const judgeVoid = (
  reply: Reply,
  charge: { readonly processorReference: string; readonly orderId: string }
): { readonly _tag: "Approved" } | Declined | Indeterminate =>
  judgeFollowUp("void", reply, {
    charge: charge.processorReference,
    orderIds: [charge.orderId, ""],
    fits: (id) => id === charge.processorReference
  })

/** Said no by the issuer, or by the gateway for a reason that is listed: not an error that nobody knows the end of. */
const isListedRefusal = ({ code, text }: NmiAction): boolean =>
  (code.startsWith("2") && resultCodeOf(code)?.means === "declined") || (code === "300" && !isDuplicate(text))

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
  const failed = condition === "failed" && !refund.success && actions.length === 1 && isListedRefusal(refund)
  const settles = actions.filter(({ type }) => type === "settle")
  const canceled = condition === "canceled" && voids.length === 1 && settles.length === 0
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
