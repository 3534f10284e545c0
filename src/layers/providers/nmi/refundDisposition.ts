import { Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { isCurrency } from "../../../kernel/Money.ts"
import type { Refunded, RefundLookupResult, RefundRequest } from "../../../kernel/PaymentProvider.ts"
import { decimalOf } from "./amounts.ts"
import {
  isDuplicate,
  rejectionOf,
  resultCodeOf,
  saysApproved,
  saysOpen,
  saysRefused,
  withoutRefid
} from "./resultCodes.ts"
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

/** What a refusal may not say: a text that is listed says what it is, whatever words it has. */
const saysOtherwise = (type: "refund" | "void", text: string): boolean =>
  isDuplicate(text) || (refusalOf(type, text) === undefined && (saysApproved(text) || saysOpen(text)))

interface FollowUp {
  /** The transaction that it is about. */
  readonly charge: string
  /** What it was sent with, or what its charge was sent with. */
  readonly orderId: string
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
  { charge, orderId, fits, amount }: FollowUp
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
      // As with sales, who was refused by an issuer is named; only what was done or never worked on may be without.
      const unasked = response === "3" && ["300", "301"].includes(code)
      const named = answer.orderId === orderId || (answer.orderId === "" && (unasked || response === "1"))
      if (!named) return unproven("answer_to_another", detailsOf(reply))
      const part = answer.partial || !["", amount === undefined ? "" : decimalOf(amount)].includes(authorized)
      if (response === "1" && code === "100" && transactionId !== undefined && fits(transactionId)) {
        return part || isDuplicate(text) || saysRefused(text) || saysOpen(text)
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
      const approvedToo = answer.authCode !== "" || authorized !== "" || part
      return refused && !approvedToo && !saysOtherwise(type, text)
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
    orderId: idempotencyKey,
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
    orderId: charge.orderId,
    fits: (id) => id === charge.processorReference
  })

/** Said no as the direct answer has to: by the issuer, or by the gateway for a reason that is listed. */
const isListedRefusal = ({ code, text }: NmiAction): boolean =>
  ((code.startsWith("2") && resultCodeOf(code)?.means === "declined") ||
    (code === "300" && refusalOf("refund", text) !== undefined)) &&
  !saysOtherwise("refund", text)

/** Done as the direct answer has to say it. */
const isDone = ({ success, code, text }: NmiAction): boolean =>
  success && code === "100" && !isDuplicate(text) && !saysRefused(text) && !saysOpen(text)

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
  const settles = actions.filter(({ type }) => type === "settle")
  const others = actions.filter(({ type }) => !["refund", "void", "settle"].includes(type))
  const [refund] = refunds
  if (refund === undefined || refunds.length > 1 || others.length > 0) {
    return unproven("refund_contradicts_itself", ` (${evidence.message})`)
  }
  const wentBack = isDone(refund) && refund.amount < 0
  const settled =
    ["pendingsettlement", "complete"].includes(condition) &&
    (settles.length === 0 || settles.some(({ success }) => success))
  if (settled && wentBack && voids.length === 0 && isCurrency(currency)) {
    const money = { amount: -refund.amount, currency }
    return { _tag: "RefundDone", refunded: { refundReference: id, money } }
  }
  const failed = condition === "failed" && !refund.success && actions.length === 1 && isListedRefusal(refund)
  const canceled =
    condition === "canceled" && wentBack && voids.length === 1 && voids.every(isDone) && settles.length === 0
  if (failed || canceled) {
    return {
      _tag: "RefundDeclined",
      declined: new Declined({ kind: "hard", processorReference: id, evidence })
    }
  }
  return condition === "pending" || condition === "in_progress"
    ? { _tag: "RefundPending", evidence, refundReference: id }
    : unproven("unclear_condition", ` (${evidence.message})`)
}

const declined = (code: string, details: string): Declined =>
  new Declined({ kind: "hard", evidence: { code, message: `nothing went back: ${details.trim()}` } })

const unproven = (code: string, details: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message: `nobody knows whether money went back${details}` } })
