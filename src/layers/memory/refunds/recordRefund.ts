import type { Principal } from "../../../kernel/ids.ts"
import type { Reporter } from "../../../kernel/PaymentLedger.ts"
import type { EventType } from "../../../kernel/Outbox.ts"
import type { RefundId, RefundState } from "../../../kernel/refunds/Refund.ts"
import type { RefundedOutcome, RefundOutcome } from "../../../kernel/refunds/RefundLedger.ts"
import { type Fact, factKey, type Incident, type RefundRow, type ReturnRow, type Store } from "../Store.ts"
import { kept, longestCode } from "../record.ts"
import { audit, publish, transact, type Transaction } from "../transaction.ts"
import { isOpen, openRefundOf, refundableOf } from "./sums.ts"

const longestMessage = 2000

/** Evidence of one refund, as it comes to the ledger. */
export interface RecordedRefund {
  readonly refund: RefundId
  readonly outcome: RefundOutcome
  readonly source: Reporter
  readonly by: Principal
  /** The version of the books before anybody was asked. */
  readonly version?: number
}

/** Takes evidence of a refund; nothing when the books were written to since it was asked for. */
export const recordRefund = (store: Store, now: number, recorded: RecordedRefund): RefundRow | undefined => {
  const row = store.sessions.values().find(({ refunds }) => refunds.some(({ id }) => id === recorded.refund))
  if (row === undefined) throw new Error(`there is no refund ${recorded.refund}`)
  if (recorded.version !== undefined && recorded.version !== row.audit.length) return undefined
  return transact(store, now, row, (transaction) => takeEvidence(transaction, recorded))
}

/** The processor's own id of the refund, when an outcome has one. */
export const referenceOf = (outcome: RefundOutcome): string | undefined => {
  switch (outcome._tag) {
    case "Refunded":
    case "Indeterminate":
      return outcome.refundReference
    case "Declined":
      return outcome.processorReference
    case "Absent":
      return undefined
  }
}

/** What was heard of one refund, and what follows from it. */
export const takeEvidence = (transaction: Transaction, recorded: RecordedRefund): RefundRow => {
  const { session, now } = transaction
  const refund = session.refunds.find(({ id }) => id === recorded.refund)
  const capture = session.facts.find(
    ({ mid, processorReference }) => mid === refund?.mid && processorReference === refund.processorReference
  )
  if (refund === undefined || capture === undefined) throw new Error(`there is no refund ${recorded.refund}`)
  const { outcome, source } = recorded
  session.refundEvidence.push({
    refund: refund.id,
    source,
    outcome,
    reference: referenceOf(outcome),
    at: now
  })
  const before = refund.state
  const next = follows(transaction, refund, capture, recorded)
  if (next !== undefined) {
    refund.state = next
    const { code, message } = outcome.evidence
    refund.heard = { code: kept(code, longestCode), message: kept(message, longestMessage) }
    if (next === "refunded") refund.refundReference = referenceOf(outcome)
    refund.resolvedAt = next === "indeterminate" ? undefined : now
    if (next === "indeterminate") refund.nextCheckAt = now
    tell(transaction, refund, next, outcome, source)
  } else if (before === "indeterminate") {
    // Asked again the later the more often a lookup proved nothing: after 1, 2, 4 ... 300 seconds.
    refund.nextCheckAt = now + Math.min(2 ** Math.min(refund.checks, 20), 300) * 1000
    if (source === "lookup") refund.checks += 1
  }
  audit(transaction, recorded.by, `refund_${outcome._tag.toLowerCase()}`)
  return refund
}

const follows = (
  transaction: Transaction,
  refund: RefundRow,
  capture: Fact,
  { outcome, source }: RecordedRefund
): RefundState | undefined => {
  switch (outcome._tag) {
    case "Refunded":
      return wentBack(transaction, refund, capture, outcome, source)
    case "Declined":
    case "Absent":
      return didNotGoBack(transaction, refund, outcome, source)
    case "Indeterminate":
      return refund.state === "in_flight" ? "indeterminate" : undefined
  }
}

const wentBack = (
  transaction: Transaction,
  refund: RefundRow,
  capture: Fact,
  outcome: RefundedOutcome,
  source: Reporter
): RefundState | undefined => {
  const { session } = transaction
  const { refundReference: reference, money } = outcome
  const live = isOpen(refund.state)
  const known = lastReturn(transaction, refund.mid, reference)
  const foundToHaveFailed = session.refundEvidence.some(
    (heard) =>
      heard.refund === refund.id &&
      heard.outcome._tag === "Declined" &&
      (heard.source === "lookup" || heard.source === "webhook") &&
      heard.reference === reference
  )
  // What its sender heard is the first word on it; that this very one failed was found out since.
  if (source === "driver" && (known?.amount ?? 0) <= 0 && foundToHaveFailed) {
    return refund.state === "in_flight" ? "indeterminate" : undefined
  }
  const incident = (kind: Incident["kind"]) => {
    openIncident(transaction, kind, refund.attempt, `${capture.processorReference} ${reference}`, money)
  }
  if (book(transaction, capture, refund.id, reference, money)) {
    if (!live) incident("late_refund")
    if (money.amount !== refund.money.amount || money.currency !== refund.money.currency)
      incident("refunded_other_amount")
    // An open refund is still subtracted itself.
    if (refundableOf(session, capture) + (live ? refund.money.amount : 0) < 0) incident("refunded_too_much")
    // It did arrive, they say now; perhaps it was given back anew meanwhile.
    // What was told to be missing before this one was sent is missing beside it.
    if (live && money.currency === capture.currency) toldBeside(transaction, capture, money.amount)
    if (live || (refund.state === "taken_back" && refund.refundReference === reference)) return "refunded"
    return undefined
  }
  if (known?.refund !== refund.id) {
    incident("refund_reference_reused")
    return refund.state === "in_flight" ? "indeterminate" : undefined
  }
  if (known.amount !== money.amount || known.currency !== money.currency) incident("refunded_other_amount")
  return undefined
}

const didNotGoBack = (
  transaction: Transaction,
  refund: RefundRow,
  outcome: Extract<RefundOutcome, { readonly _tag: "Declined" | "Absent" }>,
  source: Reporter
): RefundState | undefined => {
  const { session } = transaction
  const reference = referenceOf(outcome)
  const known =
    reference !== undefined && (source === "lookup" || source === "webhook")
      ? lastReturn(transaction, refund.mid, reference)
      : undefined
  if (known !== undefined && known.amount > 0 && known.refund === refund.id) {
    // It went back, and then it did not arrive. What failed has to be what is booked.
    const isThis = refund.state === "refunded" && refund.refundReference === known.refundReference
    openIncident(
      transaction,
      "refund_taken_back",
      refund.attempt,
      `${refund.processorReference} ${refund.id}`,
      undefined
    )
    bookTakenBack(transaction, known)
    return isThis ? "taken_back" : undefined
  }
  if (!isOpen(refund.state)) return undefined
  // Once a processor said that money went back, only a person says that it did not.
  const contradicted = session.refundEvidence.some(
    (heard) =>
      heard.refund === refund.id &&
      (heard.outcome._tag === "Refunded" || (outcome._tag === "Absent" && heard.reference !== undefined))
  )
  return contradicted ? undefined : outcome._tag === "Declined" ? "declined" : "absent"
}

/** What was booked last of a processor's object, this step included. */
export const lastReturn = (
  { store, session }: Transaction,
  mid: string,
  reference: string
): ReturnRow | undefined =>
  session.returns.findLast((line) => line.mid === mid && line.refundReference === reference) ??
  store.returns.get(factKey(mid, reference))

/** Money that went back, into the books: also after it was taken back. False when it stands there, or is another's. */
export const book = (
  transaction: Transaction,
  capture: Fact,
  refund: RefundId | undefined,
  refundReference: string,
  { amount, currency }: RefundedOutcome["money"]
): boolean => {
  const before = lastReturn(transaction, capture.mid, refundReference)
  if (
    before !== undefined &&
    (before.amount > 0 ||
      before.processorReference !== capture.processorReference ||
      before.refund !== refund)
  )
    return false
  const { mid, processorReference, attempt } = capture
  const nr = (before?.nr ?? 0) + 1
  transaction.session.returns.push({
    mid,
    refundReference,
    nr,
    processorReference,
    attempt,
    refund,
    amount,
    currency,
    at: transaction.now
  })
  return true
}

/** What was booked as gone and did not arrive: the money is here again. */
export const bookTakenBack = ({ session, now }: Transaction, gone: ReturnRow): void => {
  session.returns.push({ ...gone, nr: gone.nr + 1, amount: -gone.amount, at: now })
}

export const openIncident = (
  { session }: Transaction,
  kind: Incident["kind"],
  attempt: RefundRow["attempt"],
  processorReference: string,
  money: RefundedOutcome["money"] | undefined
): void => {
  const { amount, currency } = money ?? { amount: undefined, currency: undefined }
  const opened = session.incidents.some(
    (one) =>
      one.kind === kind &&
      one.attempt === attempt &&
      one.processorReference === processorReference &&
      one.amount === amount &&
      one.currency === currency
  )
  if (!opened) session.incidents.push({ kind, attempt, processorReference, amount, currency })
}

/** The open incident of money that went back of a capture and is not booked. */
const missingOf = ({ session }: Transaction, { attempt, processorReference }: Fact): number =>
  session.incidents.findIndex(
    (one) =>
      one.kind === "refunded_more_than_booked" &&
      one.attempt === attempt &&
      one.processorReference === processorReference &&
      one.found === undefined
  )

const toldBeside = (transaction: Transaction, capture: Fact, amount: number): void => {
  const { incidents } = transaction.session
  const at = missingOf(transaction, capture)
  const open = incidents[at]
  if (open?.told !== undefined) incidents[at] = { ...open, told: open.told + amount }
}

/**
 * A processor says how much went back of a charge in all: it books nothing. If it is more than the books hold, an
 * incident says so until they hold the most that was ever told.
 */
export const holdAgainst = (
  transaction: Transaction,
  capture: Fact,
  refunded: number | undefined,
  by: Principal
): void => {
  const { session } = transaction
  if (refunded === undefined || openRefundOf(session, capture) !== undefined) return
  const { attempt, mid, processorReference, currency } = capture
  const booked = session.returns
    .filter(
      (line) =>
        line.mid === mid && line.processorReference === processorReference && line.currency === currency
    )
    .reduce((sum, { amount }) => sum + amount, 0)
  const at = missingOf(transaction, capture)
  const open = session.incidents[at]
  const told = Math.max(open?.told ?? 0, refunded)
  if (open === undefined) {
    if (refunded <= booked) return
    const amount = refunded - booked
    session.incidents.push({
      kind: "refunded_more_than_booked",
      attempt,
      processorReference,
      amount,
      currency,
      told
    })
  } else if (told > booked) {
    session.incidents[at] = { ...open, told }
  } else {
    session.incidents[at] = { ...open, found: true }
    audit(transaction, by, "incident_found")
  }
}

const tell = (
  transaction: Transaction,
  refund: RefundRow,
  next: RefundState,
  outcome: RefundOutcome,
  source: Reporter
): void => {
  const type: EventType =
    next === "refunded"
      ? "payment.refunded.v1"
      : next === "indeterminate"
        ? "payment.refund_in_review.v1"
        : next === "taken_back"
          ? "payment.refund_taken_back.v1"
          : "payment.refund_declined.v1"
  const gone = transaction.session.returns.at(-1)
  publish(transaction, type, undefined, {
    refund: refund.id,
    kind: refund.kind,
    attempt: refund.attempt,
    mid: refund.mid,
    provider: refund.provider,
    processorReference: refund.processorReference,
    refundAmount:
      next === "refunded" && outcome._tag === "Refunded"
        ? outcome.money.amount
        : next === "taken_back" && gone !== undefined
          ? -gone.amount
          : refund.money.amount,
    ...(refund.refundReference === undefined ? {} : { refundReference: refund.refundReference }),
    reason: refund.heard?.code,
    source
  })
}
