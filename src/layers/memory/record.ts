import type { Captured, Outcome } from "../../kernel/cascade/Disposition.ts"
import type { AttemptId, Principal } from "../../kernel/ids.ts"
import type { Candidate, Reporter, Recording } from "../../kernel/PaymentLedger.ts"
import { mostRounds, type SessionState } from "../../kernel/PaymentSession.ts"
import { moneyLeft, orderPaid } from "./refunds/sums.ts"
import { choose, writeAttempt } from "./open.ts"
import { type AttemptRow, factKey, type Incident, type SessionRow, type Store } from "./Store.ts"
import { audit, publish, transact, type Transaction } from "./transaction.ts"

/** Evidence of one attempt, as it comes to the ledger. */
export interface Recorded {
  readonly attempt: AttemptId
  readonly fence: number
  readonly outcome: Outcome
  readonly source: Reporter
  readonly next: ReadonlyArray<Candidate>
  readonly by: Principal
}

/** Takes evidence, whatever it says and whenever it comes, and what follows from it. */
export const record = (store: Store, now: number, recorded: Recorded): Recording => {
  const id = store.attempts.get(recorded.attempt)
  const row = id === undefined ? undefined : store.sessions.get(id)
  if (row === undefined) throw new Error(`there is no attempt ${recorded.attempt}`)
  return transact(store, now, row, (transaction) => {
    const { session } = transaction
    const attempt = attemptOf(session, recorded.attempt)
    const before = attempt.state
    session.evidence.push({
      attempt: recorded.attempt,
      source: recorded.source,
      outcome: recorded.outcome,
      code: kept(recorded.outcome.evidence.code, longestCode),
      at: now
    })
    const follows = conclude(transaction, attempt, recorded)
    audit(transaction, recorded.by, `evidence_${recorded.outcome._tag.toLowerCase()}`)
    attempt.claimedUntil = now
    if (before === "indeterminate") askLater(transaction, attempt, recorded.source)
    const answer: Recording = { attempt: attempt.state, session: session.state, passedOver: [], ...follows }
    return hasMoney(session) && endedWithoutMoney(session.state) ? { ...answer, captured: true } : answer
  })
}

/** Of a processor's own code as many characters are kept; the database bounds its message too. */
export const longestCode = 200

export const kept = (text: string, longest: number): string => [...text].slice(0, longest).join("")

const attemptOf = (session: SessionRow, id: AttemptId): AttemptRow => {
  const attempt = session.attempts.find((row) => row.attempt === id)
  if (attempt === undefined) throw new Error(`the session ${session.declaration.id} has no attempt ${id}`)
  return attempt
}

type Follows = Partial<Pick<Recording, "next" | "passedOver" | "settlement">>

const conclude = (transaction: Transaction, attempt: AttemptRow, recorded: Recorded): Follows => {
  switch (recorded.outcome._tag) {
    case "Captured":
      return captured(transaction, attempt, recorded.outcome)
    case "Declined":
      return isContradicted(transaction, recorded) ? {} : declined(transaction, attempt, recorded)
    case "Indeterminate":
      return indeterminate(transaction, attempt)
    case "Absent":
      return isContradicted(transaction, recorded) || isNamed(transaction, recorded)
        ? {}
        : absent(transaction, attempt)
  }
}

/** Once a processor said that money moved, only a person says that it did not. */
const isContradicted = ({ session }: Transaction, { attempt }: Recorded): boolean =>
  session.evidence.some((heard) => heard.attempt === attempt && heard.outcome._tag === "Captured")

/** What a processor named once is not absent, however it is hidden now. */
const isNamed = ({ session }: Transaction, { attempt }: Recorded): boolean =>
  session.evidence.some(
    ({ attempt: of, outcome }) =>
      of === attempt && outcome._tag === "Indeterminate" && outcome.processorReference !== undefined
  )

const isLive = ({ state }: AttemptRow): boolean => state === "in_flight" || state === "indeterminate"
/** Where money was captured after a decline nobody is charged again: a person looks at it. */
const hasCapture = ({ facts }: SessionRow): boolean => facts.length > 0
const hasMoney = (session: SessionRow): boolean => session.facts.some((fact) => moneyLeft(session, fact) > 0)
const isOpen = (state: SessionState): boolean => state === "processing" || state === "in_review"

const endedWithoutMoney = (state: SessionState): boolean =>
  state === "failed" || state === "cancelled" || state === "expired"

const captured = (transaction: Transaction, attempt: AttemptRow, outcome: Captured): Follows => {
  const { store, session, now } = transaction
  const { processorReference, amount, currency } = outcome
  const settledBefore: Follows = session.state === "settled" ? { settlement: "duplicate" } : {}
  const known = store.facts.get(factKey(attempt.mid, processorReference))
  if (known !== undefined) {
    if (known.attempt === attempt.attempt) {
      if (known.amount !== amount || known.currency !== currency)
        openIncident(session, "captured_other_amount", attempt, outcome)
      return settledBefore
    }
    openIncident(session, "processor_reference_reused", attempt, outcome)
    // The processor says that money moved, under the name of another charge: a person looks at it.
    if (attempt.state === "in_flight") {
      attempt.state = "indeterminate"
      attempt.nextCheckAt = now + 1000
    }
    if (isLive(attempt) || session.state === "pending") review(transaction, attempt)
    return settledBefore
  }
  session.facts.push({
    session: attempt.session,
    attempt: attempt.attempt,
    entity: session.declaration.entity,
    mid: attempt.mid,
    processorReference,
    amount,
    currency,
    at: now
  })
  const live = isLive(attempt)
  if (!live)
    publish(transaction, "payment.captured_late.v1", attempt, {
      capturedAmount: amount,
      capturedCurrency: currency
    })
  if (amount !== attempt.money.amount || currency !== attempt.money.currency) {
    openIncident(session, "captured_other_amount", attempt, outcome)
    if (live) attempt.state = "captured"
    if (live || session.state === "pending") review(transaction, attempt)
    return settledBefore
  }
  if (live && isOpen(session.state)) {
    attempt.state = "captured"
    session.state = "settled"
    session.fulfilment = "claimable"
    publish(transaction, "payment.charged.v1", attempt)
    return { settlement: "first" }
  }
  openIncident(session, "late_capture", attempt, outcome)
  // The customer has paid although everybody said no: a pending session is not to be paid again.
  if (session.state === "pending") review(transaction, attempt)
  return settledBefore
}

const openIncident = (
  session: SessionRow,
  kind: Incident["kind"],
  { attempt }: AttemptRow,
  { processorReference, amount, currency }: Captured
): void => {
  const opened = session.incidents.some(
    (incident) =>
      incident.kind === kind &&
      incident.attempt === attempt &&
      incident.processorReference === processorReference &&
      incident.amount === amount &&
      incident.currency === currency
  )
  if (!opened) session.incidents.push({ kind, attempt, processorReference, amount, currency })
}

const declined = (
  transaction: Transaction,
  attempt: AttemptRow,
  { source, fence, next }: Recorded
): Follows => {
  const { store, session } = transaction
  if (!isLive(attempt)) return {}
  const mayGoOn =
    attempt.state === "in_flight" &&
    source === "driver" &&
    fence === session.fence &&
    session.state === "processing" &&
    !hasCapture(session) &&
    !orderPaid(store, session)
  attempt.state = "declined"
  const { permitted, passedOver } = mayGoOn
    ? choose(store, transaction.now, session, next, attempt.card)
    : { permitted: undefined, passedOver: [] }
  if (permitted !== undefined) return { next: writeAttempt(transaction, permitted, attempt.card), passedOver }
  if (hasCapture(session)) {
    review(transaction, attempt)
    return { passedOver }
  }
  if (isOpen(session.state)) session.state = session.round >= mostRounds ? "failed" : "pending"
  publish(transaction, "payment.declined.v1", attempt)
  return { passedOver }
}

const indeterminate = (transaction: Transaction, attempt: AttemptRow): Follows => {
  if (attempt.state === "in_flight") {
    attempt.state = "indeterminate"
    attempt.nextCheckAt = transaction.now
    review(transaction, attempt)
  }
  return {}
}

/** The later the more often a lookup proved nothing: after 1, 2, 4 ... 300 seconds. */
const askLater = ({ now }: Transaction, attempt: AttemptRow, source: Reporter): void => {
  if (attempt.state !== "indeterminate") return
  attempt.nextCheckAt = now + Math.min(2 ** attempt.checks * 1000, 300_000)
  if (source === "lookup") attempt.checks += 1
}

/** From here on nobody charges this session before somebody knows more; the world is told once. */
const review = (transaction: Transaction, attempt: AttemptRow): void => {
  if (transaction.session.state !== "processing" && transaction.session.state !== "pending") return
  transaction.session.state = "in_review"
  publish(transaction, "payment.in_review.v1", attempt)
}

const absent = (transaction: Transaction, attempt: AttemptRow): Follows => {
  if (!isLive(attempt)) return {}
  attempt.state = "absent"
  if (hasCapture(transaction.session)) {
    review(transaction, attempt)
    return {}
  }
  transaction.session.state = "failed"
  publish(transaction, "payment.failed.v1", attempt)
  return {}
}
