import { Context, type DateTime, type Duration, type Effect, Schema } from "effect"
import type { Attempt, AttemptState } from "./Attempt.ts"
import type { VaultToken } from "./Card.ts"
import type { Outcome, PaymentAction } from "./cascade/Disposition.ts"
import type { SendPermit } from "./cascade/SendPermit.ts"
import type { AttemptId, MidId, Principal, ProviderName, SessionId } from "./ids.ts"
import type { RiskLevel } from "./MerchantAccount.ts"
import type { FulfilmentBlocker, PaymentSession, SessionDeclaration, SessionState } from "./PaymentSession.ts"
import type { RoutingDecision } from "./routing/RoutingPolicyEngine.ts"
import type { SessionConfig } from "./SessionConfig.ts"

/**
 * The durable record could not be reached or did not acknowledge. A write may or may not have happened: whoever
 * sees this reads the record before doing anything again, and nobody takes it for a decline.
 */
export class LedgerUnavailable extends Schema.TaggedError<LedgerUnavailable>()("LedgerUnavailable", {
  operation: Schema.String,
  cause: Schema.Defect(),
  /**
   * It did answer, and takes exception to what it was given or has: whoever asks the same again hears the same. It
   * tells whether trying again is of use, and nothing about money.
   */
  refused: Schema.optionalKey(Schema.Literal(true))
}) {
  override get message(): string {
    return `the ledger did not acknowledge ${this.operation}`
  }
}

/** An account that a cascade may go to, with what identifies an attempt on it. */
export interface Candidate {
  readonly mid: MidId
  readonly provider: ProviderName
  /** How long an attempt on it stays its driver's before somebody else takes it over; longer than its deadline. */
  readonly lease: Duration.Duration
}

/** Why the write-ahead passed over a candidate, judged in the same statement that would have written it. */
export const PermitRefusal = Schema.Literals([
  "kill_switch_on",
  "not_active",
  "not_underwritten",
  "entity_cannot_collect",
  "gates_missing",
  "gates_by_one_person",
  // The card networks' rules on trying a card again: see `retryBudgets.ts`.
  "retry_forbidden",
  "card_needs_update",
  "retry_too_early",
  "retry_budget_spent"
])
export type PermitRefusal = typeof PermitRefusal.Type

export const PassedOver = Schema.Struct({ mid: Schema.String, reason: PermitRefusal })
export type PassedOver = typeof PassedOver.Type

/** A request that may be repeated: who asks, under which key, for what. */
export interface IdempotentRequest<Body> {
  readonly by: Principal
  /** Absent: the caller does not want replays. */
  readonly idempotencyKey?: string | undefined
  readonly body: Body
}

/** What came before under the key of a declaration. */
export type DeclaredBefore =
  /** The same body. */
  | { readonly _tag: "Replayed"; readonly session: PaymentSession }
  | { readonly _tag: "KeyReused"; readonly earlierBody: unknown }

/** Why the ledger takes no session of this entity, brand and category; the first reason in the order of the contract. */
export const DeclarationRefusal = Schema.Literals([
  "entity_cannot_collect",
  "brand_not_of_entity",
  "not_underwritten"
])
export type DeclarationRefusal = typeof DeclarationRefusal.Type

export type Declaring =
  | DeclaredBefore
  | { readonly _tag: "Created"; readonly session: PaymentSession }
  | { readonly _tag: "OrderTaken"; readonly session: SessionId; readonly state: SessionState }
  /** The registry has changed since the caller judged by it. */
  | { readonly _tag: "NotAllowed"; readonly reason: DeclarationRefusal }

/** The same key and the same body confirmed before; this is where that led. */
export interface ConfirmReplayed {
  readonly _tag: "ConfirmReplayed"
  readonly state: SessionState
  /** Money was captured for the session, or a webhook that waits says so, whatever its state says. */
  readonly captured: boolean
  /** What the customer still has to do. */
  readonly action?: PaymentAction
}

export type Opening =
  | {
      readonly _tag: "Permitted"
      readonly permit: SendPermit
      readonly passedOver: ReadonlyArray<PassedOver>
    }
  /** No candidate may be charged any more; nothing was written. */
  | { readonly _tag: "NonePermitted"; readonly passedOver: ReadonlyArray<PassedOver> }
  | { readonly _tag: "NotPayable"; readonly state: SessionState }
  | ConfirmReplayed
  | { readonly _tag: "ConfirmKeyReused"; readonly earlierSession: SessionId; readonly earlierBody: unknown }
  | { readonly _tag: "NoSuchSession" }
  /** The session or the card was tried too often, by the limits that the ledger was given; nothing was written. */
  | { readonly _tag: "RateLimited"; readonly limit: "session" | "card"; readonly waitMs: number }

export interface Recording {
  /** What the attempt's state is now; another evidence may have come first. */
  readonly attempt: AttemptState
  readonly session: SessionState
  /** The permit of the next attempt, written by the same statement. */
  readonly next?: SendPermit
  readonly passedOver: ReadonlyArray<PassedOver>
  /** `first`: this evidence settled the session. `duplicate`: it was settled before. */
  readonly settlement?: "first" | "duplicate"
  /** Money was captured although the session failed, expired or was cancelled. Nobody is told that it was declined. */
  readonly captured?: true
}

/** Who reports evidence to a ledger. What a person says is recorded by the review that two signed, and by nothing else. */
export const Reporter = Schema.Literals(["driver", "lookup", "takeover", "webhook"])
export type Reporter = typeof Reporter.Type

/** Where evidence comes from. */
export const EvidenceSource = Schema.Literals([...Reporter.literals, "person"])
export type EvidenceSource = typeof EvidenceSource.Type

/** An attempt whose outcome nobody knows and that is due to be asked for. */
export interface Unresolved {
  readonly attempt: Attempt
  readonly writtenAt: DateTime.Utc
  /** Milliseconds since the write-ahead, by the ledger's own clock. */
  readonly age: number
  /** The processor's own id of the charge, when one was heard. */
  readonly processorReference?: string
  /** The processor's id of the money that the attempt is known to have moved. */
  readonly capturedAs?: string
}

/** What confirming a session says: the card and who judged the risk. */
export interface Confirmation {
  readonly vaultToken: VaultToken
  readonly riskLevel: RiskLevel
}

/**
 * The port to the durable record of sessions and attempts. Each money step is one call, one statement and one
 * commit; what an implementation may not do is written as laws in `tests/suites/paymentLedger.ts`.
 */
export class PaymentLedger extends Context.Service<
  PaymentLedger,
  {
    /** Writes a pending session that may be paid for `lifetime`, or says what stands against it. */
    readonly declare: (
      declaration: SessionDeclaration,
      lifetime: Duration.Duration,
      request: IdempotentRequest<SessionConfig>
    ) => Effect.Effect<Declaring, LedgerUnavailable>

    /**
     * What was declared before under the request's key; nothing when it has none or it is new. For requests that
     * would be refused by now: what was once declared is still answered to whoever did not hear it.
     */
    readonly declaredBefore: (
      request: IdempotentRequest<SessionConfig>
    ) => Effect.Effect<DeclaredBefore | undefined, LedgerUnavailable>

    /** The part of a session that never changes. It may come from memory: it cannot be stale. */
    readonly declaration: (id: SessionId) => Effect.Effect<SessionDeclaration | undefined, LedgerUnavailable>

    readonly session: (id: SessionId) => Effect.Effect<PaymentSession | undefined, LedgerUnavailable>

    readonly attempts: (id: SessionId) => Effect.Effect<ReadonlyArray<Attempt>, LedgerUnavailable>

    /**
     * The write-ahead: a pending session goes to processing, its fence rises, and the attempt on the first
     * candidate that may still be charged is written.
     */
    readonly open: (
      session: SessionId,
      candidates: ReadonlyArray<Candidate>,
      decision: RoutingDecision,
      request: IdempotentRequest<Confirmation>
    ) => Effect.Effect<Opening, LedgerUnavailable>

    /**
     * Records evidence of one attempt and what follows from it, and with a decline under a current fence the next
     * attempt on the first of `next` that may be charged. Recording the same evidence again changes nothing.
     * Evidence is always taken; money that moved is recorded whatever state the session is in.
     */
    readonly record: (evidence: {
      readonly attempt: AttemptId
      readonly fence: number
      readonly outcome: Outcome
      readonly source: Reporter
      readonly next: ReadonlyArray<Candidate>
      readonly by: Principal
    }) => Effect.Effect<Recording, LedgerUnavailable>

    /** Cancels a pending session. A charge on its way, or one in review, is not cancelled. */
    readonly cancel: (
      session: SessionId,
      by: Principal
    ) => Effect.Effect<
      { readonly cancelled: boolean; readonly state: SessionState } | undefined,
      LedgerUnavailable
    >

    /** Expires pending sessions whose time is over; answers how many. A session with a live attempt never is. */
    readonly expireDue: (limit: number) => Effect.Effect<number, LedgerUnavailable>

    /**
     * Takes over attempts whose driver died: their lease is over and no outcome was recorded. They become
     * indeterminate and their sessions go in review. Answers how many.
     */
    readonly takeOver: (limit: number) => Effect.Effect<number, LedgerUnavailable>

    /** Indeterminate attempts that are due to be asked for; each is given to one asker for the time `lease`. */
    readonly claimUnresolved: (
      limit: number,
      lease: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<Unresolved>, LedgerUnavailable>

    /**
     * Lets the app fulfil a settled session: `first` once, `duplicate` ever after. `ownClaim`: the first claim was
     * made by the same principal under the same key.
     */
    readonly claimFulfilment: (
      session: SessionId,
      by: Principal,
      idempotencyKey?: string
    ) => Effect.Effect<
      | { readonly _tag: "Claimed"; readonly fulfilment: "first" | "duplicate"; readonly ownClaim: boolean }
      | { readonly _tag: "NotSettled"; readonly state: SessionState }
      | { readonly _tag: "NotFulfillable"; readonly reason: FulfilmentBlocker; readonly by?: string }
      | undefined,
      LedgerUnavailable
    >
  }
>()("payment-orchestration/kernel/PaymentLedger") {}
