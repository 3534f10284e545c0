import { Context, Layer } from "effect"
import type { AttemptState } from "../../kernel/Attempt.ts"
import type { Evidence, Outcome } from "../../kernel/cascade/Disposition.ts"
import type { CommittedAttempt } from "../../kernel/cascade/SendPermit.ts"
import type { Brand, Entity } from "../../kernel/Entity.ts"
import type { AttemptId, EntityId, MidId, Principal, ProviderName, SessionId } from "../../kernel/ids.ts"
import type { MerchantAccount } from "../../kernel/MerchantAccount.ts"
import type { Currency, Money } from "../../kernel/Money.ts"
import type { EventType } from "../../kernel/Outbox.ts"
import type { EvidenceSource, Reporter } from "../../kernel/PaymentLedger.ts"
import type { SessionDeclaration, SessionState } from "../../kernel/PaymentSession.ts"
import type { Plan, Price } from "../../kernel/PriceCatalogue.ts"
import type { RefundId, RefundKind, RefundState } from "../../kernel/refunds/Refund.ts"
import type { RefundOutcome } from "../../kernel/refunds/RefundLedger.ts"
import type { CountedCard } from "../../kernel/routing/retryBudgets.ts"
import type { RoutingDecision } from "../../kernel/routing/RoutingPolicyEngine.ts"
import type { Constraint } from "./constraints.ts"

// A storage in plain objects. It keeps what the database keeps, refuses what the database refuses, and every port
// call is one step that nothing can come between. All times are milliseconds since 1970.

export interface AttemptRow extends CommittedAttempt {
  /** The card that it charges, when its routing knew it. */
  readonly card: CountedCard | undefined
  readonly round: number
  readonly writtenAt: number
  readonly leaseUntil: number
  state: AttemptState
  /** How often a lookup was recorded; the time between two rises with it. */
  checks: number
  nextCheckAt: number
  claimedUntil: number
}

export interface EvidenceRow {
  readonly attempt: AttemptId
  readonly source: EvidenceSource
  readonly outcome: Outcome
  /** The processor's own code, as much of it as is kept. */
  readonly code: string
  readonly at: number
}

/** Money that moved; unique by account and processor's reference. */
export interface Fact {
  readonly session: SessionId
  readonly attempt: AttemptId
  readonly entity: EntityId
  readonly mid: MidId
  readonly processorReference: string
  readonly amount: number
  readonly currency: Currency
  readonly at: number
}

/** Something that a person has to look at. */
export interface Incident {
  readonly kind:
    | "processor_reference_reused"
    | "captured_other_amount"
    | "late_capture"
    | "late_refund"
    | "refunded_other_amount"
    | "refund_reference_reused"
    | "refunded_too_much"
    | "refunded_elsewhere"
    | "refund_taken_back"
    | "refunded_more_than_booked"
  readonly attempt: AttemptId
  readonly processorReference: string
  readonly amount: number | undefined
  readonly currency: Currency | undefined
  /** Of money that went back and is not booked: the most that its processor told of. */
  readonly told?: number
  /** Nobody has to deal with it any more: all of that is booked. */
  readonly found?: true
}

/** Money of one capture that is to go back. */
export interface RefundRow {
  readonly id: RefundId
  readonly session: SessionId
  readonly ordinal: number
  readonly attempt: AttemptId
  readonly mid: MidId
  readonly entity: EntityId
  readonly provider: ProviderName
  /** The capture that it is of. */
  readonly processorReference: string
  readonly money: Money
  readonly kind: RefundKind
  readonly reason: string
  readonly requestedBy: Principal
  readonly requestedKey: string | undefined
  readonly request: unknown
  readonly idempotencyKey: string
  readonly writtenAt: number
  readonly leaseUntil: number
  state: RefundState
  refundReference: string | undefined
  /** What was heard that made its state, as much of it as is kept. */
  heard: Evidence | undefined
  resolvedAt: number | undefined
  checks: number
  nextCheckAt: number
}

export interface RefundEvidenceRow {
  readonly refund: RefundId
  readonly source: Reporter
  readonly outcome: RefundOutcome
  /** The processor's own id of the refund, when it gave one. */
  readonly reference: string | undefined
  readonly at: number
}

/**
 * Money that went back: one line for each thing that became of the processor's own object. Below zero it did not
 * arrive, and is here again.
 */
export interface ReturnRow {
  readonly mid: MidId
  readonly refundReference: string
  readonly nr: number
  readonly processorReference: string
  readonly attempt: AttemptId
  /** Absent: somebody gave it back at the processor, without asking here. */
  readonly refund: RefundId | undefined
  readonly amount: number
  readonly currency: Currency
  readonly at: number
}

export interface AuditRow {
  readonly at: number
  readonly by: Principal
  readonly action: string
}

/** A session with everything that hangs on it. A step works on a copy, and its commit puts the copy in place. */
export interface SessionRow {
  readonly declaration: SessionDeclaration
  readonly createdAt: number
  readonly expiresAt: number
  updatedAt: number
  state: SessionState
  fence: number
  round: number
  fulfilment: "none" | "claimable" | "claimed"
  /** Who claimed the fulfilment, and under which key. */
  claim?: { readonly by: Principal; readonly key: string | undefined }
  readonly attempts: Array<AttemptRow>
  readonly evidence: Array<EvidenceRow>
  readonly facts: Array<Fact>
  readonly refunds: Array<RefundRow>
  readonly refundEvidence: Array<RefundEvidenceRow>
  readonly returns: Array<ReturnRow>
  readonly incidents: Array<Incident>
  readonly decisions: Array<{ readonly round: number; readonly decision: RoutingDecision }>
  readonly audit: Array<AuditRow>
}

/** An idempotency key, with the request that came under it as JSON. */
export interface KeyRow {
  readonly by: Principal
  readonly operation: "create" | "confirm"
  readonly key: string
  readonly session: SessionId
  readonly body: unknown
}

export interface EventRow {
  readonly id: string
  readonly type: EventType
  readonly session: SessionId
  readonly occurredAt: number
  readonly payload: { readonly [name: string]: unknown }
  claimedUntil: number
  delivered: boolean
}

export interface Store {
  readonly entities: Map<string, Entity>
  readonly brands: Map<string, Brand>
  readonly accounts: Map<string, MerchantAccount>
  readonly prices: Map<string, Price>
  readonly plans: Map<string, Plan>
  /** Rises with every change of what routing reads. */
  policyVersion: number
  readonly registryAudit: Array<AuditRow & { readonly mid: MidId; readonly reason: string }>
  readonly sessions: Map<SessionId, SessionRow>
  /** Session of each attempt. */
  readonly attempts: Map<AttemptId, SessionId>
  readonly facts: Map<string, Fact>
  /** What was booked last of each object of a processor that gave money back. */
  readonly returns: Map<string, ReturnRow>
  readonly keys: Map<string, KeyRow>
  readonly events: Array<EventRow>
  /** Prohibitions that are switched off, to see what breaks without them. */
  readonly dropped: Set<Constraint>
}

export const emptyStore = (): Store => ({
  entities: new Map(),
  brands: new Map(),
  accounts: new Map(),
  prices: new Map(),
  plans: new Map(),
  policyVersion: 1,
  registryAudit: [],
  sessions: new Map(),
  attempts: new Map(),
  facts: new Map(),
  returns: new Map(),
  keys: new Map(),
  events: [],
  dropped: new Set()
})

export const factKey = (mid: string, processorReference: string): string => `${mid} ${processorReference}`

export const keyOf = ({ by, operation, key }: Pick<KeyRow, "by" | "operation" | "key">): string =>
  JSON.stringify([by, operation, key])

/** The storage that the in-memory layers of one process share. */
export class MemoryStore extends Context.Service<MemoryStore, Store>()(
  "payment-orchestration/layers/memory/Store/MemoryStore"
) {
  /** Empty, and new for everyone who builds it. */
  static readonly layer: Layer.Layer<MemoryStore> = Layer.sync(MemoryStore, emptyStore)
}
