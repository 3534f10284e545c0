import { DateTime } from "effect"
import { Refund, type RefundState } from "../../../kernel/refunds/Refund.ts"
import type { RefundableCapture, RefundBlock } from "../../../kernel/refunds/RefundLedger.ts"
import type { AttemptRow, Fact, RefundRow, SessionRow, Store } from "../Store.ts"

// What is left of a capture, and what stands in the way of giving it back.

/** Nobody knows yet what became of it. A state that is not known here counts as open. */
export const isOpen = (state: RefundState): boolean =>
  state !== "refunded" && state !== "declined" && state !== "absent" && state !== "taken_back"

const isLive = ({ state }: AttemptRow): boolean => state === "in_flight" || state === "indeterminate"

export const isInReview = ({ attempts }: SessionRow): boolean => attempts.some(isLive)

export const openRefundOf = ({ refunds }: SessionRow, capture: Fact): RefundRow | undefined =>
  refunds.find((refund) => isOf(refund, capture) && isOpen(refund.state))

const isOf = (row: { mid: string; processorReference: string }, capture: Fact): boolean =>
  row.mid === capture.mid && row.processorReference === capture.processorReference

/** What was captured less what went back. */
export const moneyLeft = ({ returns }: SessionRow, capture: Fact): number =>
  returns.reduce(
    (left, line) => (isOf(line, capture) && line.currency === capture.currency ? left - line.amount : left),
    capture.amount
  )

/** What of it may still be given back: less what may be on its way. */
export const refundableOf = (session: SessionRow, capture: Fact): number =>
  session.refunds.reduce(
    (left, refund) => (isOf(refund, capture) && isOpen(refund.state) ? left - refund.money.amount : left),
    moneyLeft(session, capture)
  )

/** Whether the order holds money already, that of a session which ended without any: charged late, not given back. */
export const orderPaid = ({ sessions }: Store, { declaration }: SessionRow): boolean =>
  declaration.orderReference !== undefined &&
  sessions
    .values()
    .some(
      (earlier) =>
        earlier.declaration.entity === declaration.entity &&
        earlier.declaration.orderReference === declaration.orderReference &&
        (earlier.state === "failed" || earlier.state === "cancelled" || earlier.state === "expired") &&
        earlier.facts.some((capture) => moneyLeft(earlier, capture) > 0)
    )

const blockOf = (session: SessionRow, capture: Fact): RefundBlock | undefined => {
  if (isInReview(session)) return { reason: "charge_in_review" }
  const open = openRefundOf(session, capture)
  return open === undefined ? undefined : { reason: "refund_in_review", by: open.id }
}

/** What was captured for a session, and how much of it may be given back now. */
export const capturesOf = (session: SessionRow): ReadonlyArray<RefundableCapture> =>
  session.facts
    .toSorted((a, b) => a.at - b.at || (a.processorReference < b.processorReference ? -1 : 1))
    .flatMap((capture) => {
      const attempt = session.attempts.find((row) => row.attempt === capture.attempt)
      if (attempt === undefined) return []
      const { mid, processorReference, amount, currency } = capture
      const blocked = blockOf(session, capture)
      return {
        attempt: capture.attempt,
        mid,
        provider: attempt.provider,
        processorReference,
        captured: { amount, currency },
        refundable: blocked === undefined ? Math.max(0, refundableOf(session, capture)) : 0,
        ...(blocked === undefined ? {} : { blocked })
      }
    })

/** Why goods of a settled session are not to leave: nothing is left of the money that would pay for them. */
export const fulfilmentBlock = (
  session: SessionRow
): { readonly reason: "given_back"; readonly by?: string } | undefined => {
  const { money } = session.declaration
  const paying = session.facts.filter(
    ({ amount, currency }) => currency === money.currency && amount >= money.amount
  )
  if (paying.some((capture) => refundableOf(session, capture) > 0)) return undefined
  const by = session.refunds.findLast(({ state }) => isOpen(state) || state === "refunded")?.id
  return { reason: "given_back", ...(by === undefined ? {} : { by }) }
}

/** A row as the kernel's noun. */
export const toRefund = (row: RefundRow): Refund => {
  const { refundReference, resolvedAt, heard } = row
  return new Refund({
    id: row.id,
    session: row.session,
    ordinal: row.ordinal,
    attempt: row.attempt,
    mid: row.mid,
    entity: row.entity,
    provider: row.provider,
    processorReference: row.processorReference,
    ...(refundReference === undefined ? {} : { refundReference }),
    money: row.money,
    kind: row.kind,
    reason: row.reason,
    requestedBy: row.requestedBy,
    idempotencyKey: row.idempotencyKey,
    state: row.state,
    writtenAt: DateTime.makeUnsafe(row.writtenAt),
    ...(resolvedAt === undefined ? {} : { resolvedAt: DateTime.makeUnsafe(resolvedAt) }),
    evidence: heard ?? {}
  })
}
