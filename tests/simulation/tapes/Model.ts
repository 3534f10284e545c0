import { Clock, Context, Effect, Layer, type Result, Schema } from "effect"
import { Outcome } from "../../../src/kernel/cascade/Disposition.ts"
import type { MerchantAccount } from "../../../src/kernel/MerchantAccount.ts"
import { Outbox } from "../../../src/kernel/Outbox.ts"
import { type LedgerUnavailable, PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { RefundLedger } from "../../../src/kernel/refunds/RefundLedger.ts"
import { RoutingDecision } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import * as MemoryLedger from "../../../src/layers/memory/PaymentLedger.ts"
import * as MemoryRefundLedger from "../../../src/layers/memory/refunds/RefundLedger.ts"
import { toRefund } from "../../../src/layers/memory/refunds/sums.ts"
import * as MemoryOutbox from "../../../src/layers/memory/Outbox.ts"
import { toAttempt, toSession } from "../../../src/layers/memory/rows.ts"
import {
  type AttemptRow,
  type EvidenceRow,
  MemoryStore,
  type SessionRow,
  type Store
} from "../../../src/layers/memory/Store.ts"
import { edit } from "../scene.ts"
import { toPlain } from "./plain.ts"
import type { Ports } from "./statements.ts"

/** The simulation's database model, on which a tape is played once more. */
export class Model {
  readonly store: Store
  readonly ports: Ports

  constructor(store: Store) {
    this.store = store
    const services = Effect.runSync(
      Layer.build(Layer.mergeAll(MemoryLedger.layer, MemoryOutbox.layer, MemoryRefundLedger.layer)).pipe(
        Effect.provideService(MemoryStore, store),
        Effect.scoped
      )
    )
    this.ports = {
      ledger: Context.get(services, PaymentLedger),
      outbox: Context.get(services, Outbox),
      refunds: Context.get(services, RefundLedger)
    }
  }

  /** Does something at a time of the database's clock. */
  at<A>(millis: number, does: Effect.Effect<A, LedgerUnavailable>): Result.Result<A, LedgerUnavailable> {
    const clock = Effect.runSync(Clock.Clock)
    return Effect.runSync(
      Effect.provideService(Effect.result(does), Clock.Clock, {
        ...clock,
        currentTimeMillisUnsafe: () => millis,
        currentTimeMillis: Effect.succeed(millis)
      })
    )
  }

  edit(mid: string, change: Partial<MerchantAccount>): void {
    edit(this.store, mid, change)
  }

  /** Whether an account was ever to be charged. */
  hasAttempts(mid: string): boolean {
    return [...this.store.sessions.values()].some(({ attempts }) => attempts.some((row) => row.mid === mid))
  }

  get hasRefunds(): boolean {
    return [...this.store.sessions.values()].some(({ refunds }) => refunds.length > 0)
  }

  /** Everything that it has written, as `tape.standing` of the database answers it. */
  standing(): unknown {
    return toPlain(
      Object.fromEntries([...this.store.sessions].map(([id, row]) => [id, standingOf(this.store, row)]))
    )
  }
}

const standingOf = (store: Store, row: SessionRow) => ({
  session: toSession(row),
  fence: row.fence,
  round: row.round,
  attempts: row.attempts.map((attempt) => attemptOf(row, attempt)),
  captures: row.facts
    .toSorted((a, b) => compare(a.mid, b.mid) || compare(a.processorReference, b.processorReference))
    .map((fact) => ({ ...fact, booked: fact.amount })),
  refunds: row.refunds.map((refund) => ({
    ...toRefund(refund),
    leaseUntil: refund.leaseUntil,
    checks: refund.checks,
    ...(refund.state === "indeterminate" ? { dueAt: refund.nextCheckAt } : {}),
    heard: row.refundEvidence
      .filter((heard) => heard.refund === refund.id)
      .map(({ source, outcome, reference, at }) => ({ source, outcome: outcome._tag, reference, at }))
  })),
  returns: row.returns
    .toSorted((a, b) => compare(a.mid, b.mid) || compare(a.refundReference, b.refundReference) || a.nr - b.nr)
    .map((line) => ({ ...line, booked: line.amount })),
  incidents: row.incidents,
  decisions: row.decisions.map(({ round, decision }) => ({
    round,
    ...Schema.encodeSync(RoutingDecision)(decision)
  })),
  events: store.events
    .filter(({ session }) => session === row.declaration.id)
    .map(({ type, payload, occurredAt, claimedUntil, delivered }) => ({
      type,
      payload,
      occurredAt,
      freeAt: claimedUntil,
      delivered
    })),
  fulfilment: row.fulfilment === "none" ? null : { claimed: row.fulfilment === "claimed", ...row.claim },
  keys: [...store.keys.values()]
    .filter(({ session }) => session === row.declaration.id)
    .map(({ by, operation, key, body }) => ({ by, operation, key, body }))
    .toSorted((a, b) => compare(a.operation, b.operation) || compare(a.key, b.key)),
  actors: row.audit.map(({ by }) => by)
})

const attemptOf = (session: SessionRow, row: AttemptRow) => ({
  ...toAttempt(session, row),
  fence: row.fence,
  round: row.round,
  writtenAt: row.writtenAt,
  leaseUntil: row.leaseUntil,
  checks: row.checks,
  ...(row.state === "indeterminate" ? { dueAt: Math.max(row.nextCheckAt, row.claimedUntil) } : {}),
  evidence: session.evidence.filter(({ attempt }) => attempt === row.attempt).map(evidenceOf)
})

const evidenceOf = ({ source, outcome, code, at }: EvidenceRow) => {
  const { _tag, evidence, ...said } = Schema.encodeSync(Outcome)(outcome)
  return { outcome: _tag, source, code, message: evidence.message, ...said, heardAt: at }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
