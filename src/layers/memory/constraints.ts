import { Schema } from "effect"
import type { AttemptState } from "../../kernel/Attempt.ts"
import type { SessionState } from "../../kernel/PaymentSession.ts"
import type { RefundState } from "../../kernel/refunds/Refund.ts"
import { isInReview, isOpen, orderPaid, refundableOf } from "./refunds/sums.ts"
import { permitRefusal } from "./permitRefusal.ts"
import { factKey, keyOf, type KeyRow, type SessionRow, type Store } from "./Store.ts"

/** What a step is about to write: the session as it was (absent when it is declared) and as it will be. */
export interface Commit {
  readonly store: Store
  readonly before: SessionRow | undefined
  readonly after: SessionRow
  readonly keys: ReadonlyArray<KeyRow>
}

const sessionMoves: Record<SessionState, ReadonlyArray<SessionState>> = {
  pending: ["processing", "in_review", "cancelled", "expired"],
  processing: ["settled", "in_review", "pending", "failed"],
  in_review: ["settled", "pending", "failed"],
  settled: [],
  failed: [],
  cancelled: [],
  expired: []
}

const attemptMoves: Record<AttemptState, ReadonlyArray<AttemptState>> = {
  in_flight: ["captured", "declined", "indeterminate", "absent"],
  indeterminate: ["captured", "declined", "absent"],
  captured: [],
  declined: [],
  absent: []
}

const refundMoves: Record<RefundState, ReadonlyArray<RefundState>> = {
  in_flight: ["refunded", "declined", "indeterminate", "absent"],
  indeterminate: ["refunded", "declined", "absent"],
  refunded: ["taken_back"],
  taken_back: ["refunded"],
  declined: [],
  absent: []
}

const mayStillPay = (state: SessionState): boolean =>
  state !== "failed" && state !== "cancelled" && state !== "expired"

/** Whether a session's order may be paid by another one, or the session by another card. */
const leavesOrWaits = (state: SessionState): boolean => state === "pending" || !mayStillPay(state)

const newAttempts = ({ before, after }: Commit) => after.attempts.slice(before?.attempts.length ?? 0)
const newFacts = ({ before, after }: Commit) => after.facts.slice(before?.facts.length ?? 0)
const newRefunds = ({ before, after }: Commit) => after.refunds.slice(before?.refunds.length ?? 0)
const newReturns = ({ before, after }: Commit) => after.returns.slice(before?.returns.length ?? 0)
/** Captures that were heard of, whether they are new or known. */
const heardCaptures = ({ before, after }: Commit) =>
  after.evidence
    .slice(before?.evidence.length ?? 0)
    .flatMap(({ outcome }) => (outcome._tag === "Captured" ? outcome : []))

/**
 * What the database forbids whatever the code does: the constraints, unique indexes and triggers of its schema,
 * each as the question whether a commit keeps it.
 */
const constraints = {
  session_begins_pending: ({ before, after }: Commit) => before !== undefined || after.state === "pending",

  session_is_new: ({ before, after, store }: Commit) =>
    before !== undefined || !store.sessions.has(after.declaration.id),

  entity_collects: ({ before, after, store }: Commit) =>
    before !== undefined || store.entities.get(after.declaration.entity)?.collects === true,

  entity_is_underwritten: ({ before, after, store }: Commit) =>
    before !== undefined ||
    store.entities.get(after.declaration.entity)?.underwrittenFor.includes(after.declaration.category) ===
      true,

  brand_may_collect_for_entity: ({ before, after, store }: Commit) =>
    before !== undefined ||
    store.brands.get(after.declaration.brand)?.entities.includes(after.declaration.entity) === true,

  one_live_session_per_order: ({ before, after, store }: Commit) =>
    before !== undefined || liveSessionOfOrder(store, after) === undefined,

  idempotency_key_once: ({ store, keys }: Commit) => keys.every((key) => !store.keys.has(keyOf(key))),

  session_move: ({ before, after }: Commit) =>
    before === undefined || before.state === after.state || sessionMoves[before.state].includes(after.state),

  live_attempt_holds_session: ({ before, after }: Commit) =>
    before?.state === after.state ||
    !leavesOrWaits(after.state) ||
    after.attempts.every(
      ({ state }) => state === "declined" || (after.state === "failed" && state === "absent")
    ),

  capture_holds_session: ({ before, after }: Commit) =>
    before?.state === after.state || !leavesOrWaits(after.state) || after.facts.length === 0,

  settled_has_capture: ({ before, after }: Commit) =>
    before?.state === after.state ||
    after.state !== "settled" ||
    after.facts.some(
      ({ amount, currency }) =>
        amount === after.declaration.money.amount && currency === after.declaration.money.currency
    ),

  fence_only_rises: ({ before, after }: Commit) =>
    before === undefined || (before.fence <= after.fence && before.round <= after.round),

  one_live_attempt_per_session: ({ after }: Commit) =>
    after.attempts.filter(({ state }) => state !== "declined").length <= 1,

  attempt_under_fence: (commit: Commit) =>
    newAttempts(commit).every(
      ({ state, fence }) =>
        state === "in_flight" && fence === commit.after.fence && commit.after.state === "processing"
    ),

  no_attempt_after_capture: (commit: Commit) =>
    newAttempts(commit).length === 0 || commit.after.facts.length === 0,

  no_attempt_for_paid_order: (commit: Commit) =>
    newAttempts(commit).length === 0 || !orderPaid(commit.store, commit.after),

  attempt_has_decision: (commit: Commit) =>
    newAttempts(commit).every((row) => commit.after.decisions.some(({ round }) => round === row.round)),

  attempt_is_permitted: (commit: Commit) =>
    newAttempts(commit).every(
      (row) => permitRefusal(commit.store, row.writtenAt, commit.after, row) === undefined
    ),

  attempt_moves_on_evidence: ({ before, after }: Commit) =>
    before === undefined ||
    before.attempts.every((earlier, index) => {
      const now = after.attempts[index]
      if (now === undefined || now.attempt !== earlier.attempt) return false
      if (now.state === earlier.state) return true
      return attemptMoves[earlier.state].includes(now.state) && after.evidence.length > before.evidence.length
    }),

  captured_attempt_has_fact: ({ after }: Commit) =>
    after.attempts.every(
      (row) => row.state !== "captured" || after.facts.some(({ attempt }) => attempt === row.attempt)
    ),

  fact_once: (commit: Commit) =>
    newFacts(commit).every((fact) => !commit.store.facts.has(factKey(fact.mid, fact.processorReference))),

  fact_is_named: (commit: Commit) =>
    heardCaptures(commit).every(
      ({ processorReference }) => processorReference.length > 0 && processorReference.length <= 255
    ),

  fact_is_positive: (commit: Commit) => heardCaptures(commit).every(({ amount }) => amount > 0),

  refund_says_why: (commit: Commit) =>
    newRefunds(commit).every(({ reason }) => reason.length > 0 && reason.length <= 500),

  one_open_refund_per_capture: ({ after }: Commit) =>
    after.facts.every(
      (fact) =>
        after.refunds.filter(
          ({ mid, processorReference, state }) =>
            mid === fact.mid && processorReference === fact.processorReference && isOpen(state)
        ).length <= 1
    ),

  refunds_within_capture: (commit: Commit) =>
    newRefunds(commit).every((refund) => {
      const fact = commit.store.facts.get(factKey(refund.mid, refund.processorReference))
      // What is about to be written is subtracted itself.
      return (
        fact !== undefined &&
        fact.session === refund.session &&
        fact.attempt === refund.attempt &&
        fact.currency === refund.money.currency &&
        refundableOf(commit.after, fact) >= 0
      )
    }),

  no_refund_in_review: (commit: Commit) => newRefunds(commit).length === 0 || !isInReview(commit.after),

  refund_asked_once: (commit: Commit) =>
    newRefunds(commit).every(
      ({ requestedBy, requestedKey, id }) =>
        requestedKey === undefined ||
        !commit.store.sessions
          .values()
          .some(({ refunds }) =>
            refunds.some(
              (other) =>
                other.id !== id && other.requestedBy === requestedBy && other.requestedKey === requestedKey
            )
          )
    ),

  refund_moves_on_evidence: ({ before, after }: Commit) =>
    before === undefined ||
    before.refunds.every((earlier, index) => {
      const now = after.refunds[index]
      if (now === undefined || now.id !== earlier.id) return false
      if (now.state === earlier.state) return true
      return (
        refundMoves[earlier.state].includes(now.state) &&
        after.refundEvidence.length > before.refundEvidence.length
      )
    }),

  refunded_has_return: ({ after }: Commit) =>
    after.refunds.every((row) => {
      if (row.state !== "refunded" && row.state !== "taken_back") return true
      const last = after.returns.findLast(
        ({ mid, refundReference }) => mid === row.mid && refundReference === row.refundReference
      )
      return last?.refund === row.id && last.amount > 0 === (row.state === "refunded")
    }),

  return_is_named: (commit: Commit) =>
    newReturns(commit).every(
      ({ refundReference }) => refundReference.length > 0 && refundReference.length <= 255
    ),

  return_follows: (commit: Commit) =>
    newReturns(commit).every(({ nr, amount }) => amount < 0 === (nr % 2 === 0)),

  fulfilment_of_settled: ({ after }: Commit) => after.fulfilment === "none" || after.state === "settled",

  fulfilment_claimed_once: ({ before, after }: Commit) =>
    before?.fulfilment !== "claimed" || after.fulfilment === "claimed"
}

export type Constraint = keyof typeof constraints

const named: ReadonlyArray<readonly [string, (commit: Commit) => boolean]> = Object.entries(constraints)

/** A step that would have broken a prohibition; none of it was written. */
export class ConstraintViolation extends Schema.TaggedError<ConstraintViolation>()("ConstraintViolation", {
  constraint: Schema.String
}) {
  override get message(): string {
    return `the storage forbids it: ${this.constraint.replaceAll("_", " ")}`
  }
}

/** The first prohibition that a commit would break, save those that are switched off. */
export const violation = (commit: Commit): ConstraintViolation | undefined => {
  const dropped: ReadonlySet<string> = commit.store.dropped
  const broken = named.find(([name, holds]) => !dropped.has(name) && !holds(commit))
  return broken === undefined ? undefined : new ConstraintViolation({ constraint: broken[0] })
}

/** The session of the same order that may still pay for it or has paid for it. */
export const liveSessionOfOrder = (
  store: Store,
  { declaration }: Pick<SessionRow, "declaration">
): SessionRow | undefined => {
  if (declaration.orderReference === undefined) return undefined
  for (const other of store.sessions.values()) {
    if (
      other.declaration.orderReference === declaration.orderReference &&
      other.declaration.entity === declaration.entity &&
      mayStillPay(other.state)
    ) {
      return other
    }
  }
  return undefined
}
