import { Duration } from "effect"
import { midTag } from "../../../kernel/cascade/IdempotencyKey.ts"
import { Money } from "../../../kernel/Money.ts"
import type { IdempotentRequest } from "../../../kernel/PaymentLedger.ts"
import { RefundId } from "../../../kernel/refunds/Refund.ts"
import type {
  RefundBefore,
  RefundOpening,
  RefundOrder,
  RefundWish
} from "../../../kernel/refunds/RefundLedger.ts"
import { sameBody, toJson } from "../requests.ts"
import type { RefundRow, Store } from "../Store.ts"
import { audit, transact } from "../transaction.ts"
import { isInReview, openRefundOf, refundableOf, toRefund } from "./sums.ts"

/** What came before under the key of a refund. */
export const refundBefore = (
  store: Store,
  { by, idempotencyKey: key, body }: IdempotentRequest<RefundWish>
): RefundBefore | undefined => {
  if (key === undefined) return undefined
  for (const { refunds } of store.sessions.values()) {
    const earlier = refunds.find((row) => row.requestedBy === by && row.requestedKey === key)
    if (earlier === undefined) continue
    return earlier.session === body.session && sameBody(earlier.request, body)
      ? { _tag: "RefundReplayed", refund: toRefund(earlier) }
      : { _tag: "RefundKeyReused", earlierSession: earlier.session, earlierBody: earlier.request }
  }
  return undefined
}

/** The write-ahead of a refund. */
export const openRefund = (
  store: Store,
  now: number,
  order: RefundOrder,
  request: IdempotentRequest<RefundWish>
): RefundOpening => {
  const row = store.sessions.get(order.session)
  if (row === undefined) return { _tag: "NoSuchSession" }
  const before = refundBefore(store, request)
  if (before !== undefined) return before
  const { mid, processorReference, amount, kind, reason, lease } = order
  const capture = row.facts.find((fact) => fact.mid === mid && fact.processorReference === processorReference)
  const attempt = row.attempts.find((one) => one.attempt === capture?.attempt)
  if (capture === undefined || attempt === undefined) return { _tag: "NothingCaptured", state: row.state }
  if (isInReview(row)) return { _tag: "ChargeInReview", state: row.state }
  const open = openRefundOf(row, capture)
  if (open !== undefined) return { _tag: "RefundInReview", refund: toRefund(open) }
  const refundable = refundableOf(row, capture)
  if (amount > refundable) return { _tag: "TooMuch", refundable: Math.max(0, refundable) }
  return transact(store, now, row, (transaction) => {
    const ordinal = row.refunds.length + 1
    const refund: RefundRow = {
      id: RefundId.make(`re_${order.session.slice(3)}_${ordinal}`),
      session: order.session,
      ordinal,
      attempt: attempt.attempt,
      mid,
      entity: capture.entity,
      provider: attempt.provider,
      processorReference,
      money: new Money({ amount, currency: capture.currency }),
      kind,
      reason,
      requestedBy: request.by,
      requestedKey: request.idempotencyKey,
      request: toJson(request.body),
      idempotencyKey: `${order.session}-r${ordinal}-${midTag(mid)}`,
      writtenAt: now,
      leaseUntil: now + Duration.toMillis(lease),
      state: "in_flight",
      refundReference: undefined,
      heard: undefined,
      resolvedAt: undefined,
      checks: 0,
      nextCheckAt: now
    }
    transaction.session.refunds.push(refund)
    audit(transaction, request.by, "refund_opened")
    return { _tag: "Permitted", refund: toRefund(refund) }
  })
}
