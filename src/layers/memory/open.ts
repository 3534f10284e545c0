import { Duration } from "effect"
import { idempotencyKey } from "../../kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../kernel/cascade/SendPermit.ts"
import { attemptId, type SessionId } from "../../kernel/ids.ts"
import type {
  Candidate,
  Confirmation,
  IdempotentRequest,
  Opening,
  PassedOver
} from "../../kernel/PaymentLedger.ts"
import type { CountedCard } from "../../kernel/routing/retryBudgets.ts"
import type { RoutingDecision } from "../../kernel/routing/RoutingPolicyEngine.ts"
import { permitRefusal } from "./permitRefusal.ts"
import { moneyLeft, orderPaid } from "./refunds/sums.ts"
import { actionOf } from "./rows.ts"
import { earlier, sameBody, toJson } from "./requests.ts"
import type { AttemptRow, SessionRow, Store } from "./Store.ts"
import { audit, transact, type Transaction } from "./transaction.ts"

/** The write-ahead of a confirmation's first attempt. */
export const open = (
  store: Store,
  now: number,
  id: SessionId,
  candidates: ReadonlyArray<Candidate>,
  decision: RoutingDecision,
  request: IdempotentRequest<Confirmation>
): Opening => {
  const row = store.sessions.get(id)
  if (row === undefined) return { _tag: "NoSuchSession" }
  const before = earlier(store, "confirm", request)
  if (before !== undefined) {
    const action = actionOf(row)
    return before.session === id && sameBody(before.body, request.body)
      ? {
          _tag: "ConfirmReplayed",
          state: row.state,
          captured: row.facts.some((fact) => moneyLeft(row, fact) > 0),
          ...(action === undefined ? {} : { action })
        }
      : { _tag: "ConfirmKeyReused", earlierSession: before.session, earlierBody: before.body }
  }
  if (row.state !== "pending") return { _tag: "NotPayable", state: row.state }
  if (orderPaid(store, row)) return { _tag: "NotPayable", state: "in_review" }
  const card = countedCard(decision, request.body)
  if (now >= row.expiresAt) return { _tag: "NotPayable", state: "expired" }
  const { permitted, passedOver } = choose(store, now, row, candidates, card)
  if (permitted === undefined) return { _tag: "NonePermitted", passedOver }

  return transact(store, now, row, (transaction) => {
    const { session } = transaction
    session.state = "processing"
    session.round += 1
    session.decisions.push({ round: session.round, decision })
    if (request.idempotencyKey !== undefined) {
      transaction.keys.push({
        by: request.by,
        operation: "confirm",
        key: request.idempotencyKey,
        session: id,
        body: toJson(request.body)
      })
    }
    const permit = writeAttempt(transaction, permitted, card)
    audit(transaction, request.by, "attempt_written")
    return { _tag: "Permitted", permit, passedOver }
  })
}

/** The card as its tries are counted; nothing when the routing did not know which card it is. */
const countedCard = (
  { inputs: { cardBrand: brand, fingerprint } }: RoutingDecision,
  { vaultToken: { tokenRef } }: Confirmation
): CountedCard | undefined =>
  brand === undefined || fingerprint === undefined ? undefined : { brand, fingerprint, tokenRef }

/** Walks candidates in their order to the first that may be charged now. */
export const choose = (
  store: Store,
  now: number,
  session: SessionRow,
  candidates: ReadonlyArray<Candidate>,
  card: CountedCard | undefined
): { readonly permitted: Candidate | undefined; readonly passedOver: ReadonlyArray<PassedOver> } => {
  const passedOver: Array<PassedOver> = []
  for (const candidate of candidates) {
    const reason = permitRefusal(store, now, session, { ...candidate, card })
    if (reason === undefined) return { permitted: candidate, passedOver }
    passedOver.push({ mid: candidate.mid, reason })
  }
  return { permitted: undefined, passedOver }
}

/** The next attempt of the session's round, in flight under a new fence. */
export const writeAttempt = (
  { session, now }: Transaction,
  { mid, provider, lease }: Candidate,
  card: CountedCard | undefined
): SendPermit => {
  const { id, money } = session.declaration
  const ordinal = session.attempts.length + 1
  session.fence += 1
  const row: AttemptRow = {
    card,
    attempt: attemptId(id, ordinal),
    session: id,
    ordinal,
    mid,
    provider,
    money,
    idempotencyKey: idempotencyKey(id, ordinal, mid),
    fence: session.fence,
    round: session.round,
    writtenAt: now,
    leaseUntil: now + Duration.toMillis(lease),
    state: "in_flight",
    checks: 0,
    nextCheckAt: now,
    claimedUntil: now
  }
  session.attempts.push(row)
  return SendPermit.afterCommit({
    attempt: row.attempt,
    session: id,
    ordinal,
    mid,
    provider,
    money,
    idempotencyKey: row.idempotencyKey,
    fence: row.fence
  })
}
