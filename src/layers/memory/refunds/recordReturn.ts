import type { ReturnedSum, ReturnRead } from "../../../kernel/refunds/RefundLedger.ts"
import { factKey, type Store } from "../Store.ts"
import { audit, publish, transact } from "../transaction.ts"
import { book, bookTakenBack, holdAgainst, lastReturn, openIncident, takeEvidence } from "./recordRefund.ts"
import { openRefundOf, refundableOf } from "./sums.ts"

/**
 * What the processor says of one refund of a charge when it is asked for that very one, whoever made it. Nothing when
 * the books were written to since that version, or know no such charge; `waits` while a refund of ours is open that it
 * may be.
 */
export const recordReturn = (
  store: Store,
  now: number,
  { mid, processorReference, refundReference: reference, outcome, source, version, refunded, by }: ReturnRead
): "known" | "waits" | undefined => {
  const fact = store.facts.get(factKey(mid, processorReference))
  const row = fact === undefined ? undefined : store.sessions.get(fact.session)
  if (fact === undefined || row === undefined || version !== row.audit.length) return undefined
  return transact(store, now, row, (transaction) => {
    const { session } = transaction
    const known = lastReturn(transaction, mid, reference)
    // The one of ours that it was booked for, or that was told its name.
    const ours =
      known?.refund ??
      session.refunds.findLast(
        (refund) =>
          refund.mid === mid &&
          refund.processorReference === processorReference &&
          session.refundEvidence.some((heard) => heard.refund === refund.id && heard.reference === reference)
      )?.id
    const waiting = openRefundOf(session, fact) !== undefined
    const about = `${processorReference} ${reference}`
    const money = outcome._tag === "Refunded" ? outcome.money : undefined
    const attempt = session.attempts.find((one) => one.attempt === fact.attempt)
    const happened = (type: "payment.refunded.v1" | "payment.refund_taken_back.v1") =>
      publish(transaction, type, undefined, {
        attempt: fact.attempt,
        mid,
        provider: attempt?.provider,
        processorReference,
        refundAmount: money?.amount ?? known?.amount,
        refundReference: reference,
        source
      })
    if (known !== undefined && known.processorReference !== processorReference) {
      openIncident(transaction, "refund_reference_reused", fact.attempt, about, money ?? known)
    } else if (ours !== undefined && (known === undefined || known.refund !== undefined)) {
      takeEvidence(transaction, { refund: ours, outcome, source, by })
    } else if (outcome._tag === "Refunded") {
      if (known === undefined && waiting) return "waits"
      if (book(transaction, fact, undefined, reference, outcome.money)) {
        if (refundableOf(session, fact) < 0)
          openIncident(transaction, "refunded_too_much", fact.attempt, about, money)
        openIncident(
          transaction,
          known === undefined ? "refunded_elsewhere" : "late_refund",
          fact.attempt,
          about,
          money
        )
        happened("payment.refunded.v1")
      } else if (known?.amount !== money?.amount || known?.currency !== money?.currency) {
        openIncident(transaction, "refunded_other_amount", fact.attempt, about, money)
      }
    } else if (known !== undefined && known.amount > 0) {
      bookTakenBack(transaction, known)
      openIncident(transaction, "refund_taken_back", fact.attempt, about, known)
      happened("payment.refund_taken_back.v1")
    }
    holdAgainst(transaction, fact, refunded, by)
    audit(transaction, by, "refund_read")
    return "known"
  })
}

/** Holds the sum that a processor told against the books, unless they were written to since that version. */
export const compareReturned = (
  store: Store,
  now: number,
  { mid, processorReference, refunded, version, by }: ReturnedSum
): boolean => {
  const fact = store.facts.get(factKey(mid, processorReference))
  const row = fact === undefined ? undefined : store.sessions.get(fact.session)
  if (fact === undefined || row === undefined || version !== row.audit.length) return false
  transact(store, now, row, (transaction) => holdAgainst(transaction, fact, refunded, by))
  return true
}
