import { Context, type DateTime, type Duration, type Effect } from "effect"
import type { Absent, Declined, Evidence, Indeterminate } from "../cascade/Disposition.ts"
import type { ChangeRequest } from "../changes/ChangeRequest.ts"
import type { Dispute } from "../disputes/Dispute.ts"
import type { AttemptId, MidId, Principal, ProviderName, SessionId } from "../ids.ts"
import type { Money } from "../Money.ts"
import type { IdempotentRequest, LedgerUnavailable, Reporter } from "../PaymentLedger.ts"
import type { ChargeReference, DisputeHeard, RefundHeard } from "../PaymentProvider.ts"
import type { LateCapture, SessionState, WaitsFor } from "../PaymentSession.ts"
import type { Refund, RefundBlocker, RefundId, RefundKind } from "./Refund.ts"

/** What of a session's money may still be given back. */
export interface RefundableCapture {
  readonly attempt: AttemptId
  readonly mid: MidId
  readonly provider: ProviderName
  readonly processorReference: string
  readonly captured: Money
  /** Minor units that may be given back now: less what went back and what a dispute lost, and 0 while it is blocked. */
  readonly refundable: number
  readonly blocked?: RefundBlock
}

/** What stands in the way of giving a charge back for now. */
export interface RefundBlock {
  readonly reason: RefundBlocker
  /** The refund or the dispute that it is. */
  readonly by?: string
}

/** What a caller asks for. */
export interface RefundWish {
  readonly session: SessionId
  /** Minor units; absent: all that is left. */
  readonly amount?: number | undefined
  readonly reason: string
  /** The processor's own id of the charge, where a session has several. */
  readonly processorReference?: string | undefined
}

/** What a session's money became. Refunds and disputes: the newest hundred, newest first. */
export interface SessionReturns {
  readonly captures: ReadonlyArray<RefundableCapture>
  readonly refunds: ReadonlyArray<Refund>
  readonly disputes: ReadonlyArray<Dispute>
  /** Why the session is in review, if it is. */
  readonly waitsFor: ReadonlyArray<WaitsFor>
  readonly lateCaptures: ReadonlyArray<LateCapture>
}

/** What came before under the key of a refund. */
export type RefundBefore =
  | { readonly _tag: "RefundReplayed"; readonly refund: Refund }
  /** A second person has to sign it, or said no, or nobody decided in time. */
  | { readonly _tag: "ApprovalAsked"; readonly change: ChangeRequest }
  | { readonly _tag: "RefundKeyReused"; readonly earlierSession: SessionId; readonly earlierBody: unknown }

export type Refundable =
  | RefundBefore
  | {
      readonly _tag: "Refundable"
      readonly state: SessionState
      /** The version of the session's books before a processor is asked. */
      readonly version: number
      readonly captures: ReadonlyArray<RefundableCapture>
    }

/** A refund as it is to be written: of which capture, how much, and in which way. */
export interface RefundOrder {
  readonly session: SessionId
  readonly mid: MidId
  readonly processorReference: string
  readonly amount: number
  readonly kind: RefundKind
  readonly reason: string
  readonly lease: Duration.Duration
}

export type RefundOpening =
  | RefundBefore
  /** The row is committed: it may be sent, once. */
  | { readonly _tag: "Permitted"; readonly refund: Refund }
  | { readonly _tag: "NothingCaptured"; readonly state: SessionState }
  | { readonly _tag: "ChargeInReview"; readonly state: SessionState }
  | { readonly _tag: "Disputed"; readonly dispute: { readonly reference: string; readonly state: string } }
  | { readonly _tag: "RefundInReview"; readonly refund: Refund }
  /** Something else of the charge waits for a second person. */
  | { readonly _tag: "OpenAlready"; readonly change: string }
  /** It takes two persons, and this caller may not ask for that. */
  | { readonly _tag: "MayNotAsk" }
  | { readonly _tag: "TooMuch"; readonly refundable: number }
  | { readonly _tag: "NoSuchSession" }

/** Positive proof that money went back. The amount is what the processor says. */
export interface RefundedOutcome {
  readonly _tag: "Refunded"
  readonly refundReference: string
  readonly money: Money
  readonly evidence: Evidence
}

/** Everything that can be said of one refund's money. */
export type RefundOutcome = RefundedOutcome | Declined | RefundUnknown | Absent

/** Nobody knows yet whether money went back. */
export interface RefundUnknown {
  readonly _tag: Indeterminate["_tag"]
  readonly evidence: Evidence
  /** The processor's own id of the refund, when it gave one. */
  readonly refundReference?: string
}

/** A refund whose outcome nobody knows and that is due to be asked for. */
export interface UnresolvedRefund {
  readonly refund: Refund
  /** Milliseconds since the write-ahead, by the ledger's own clock. */
  readonly age: number
  /** The version of its session's books before anybody is asked. */
  readonly version: number
  /** The processor's own id, when one was heard. */
  readonly refundReference?: string
}

/** What is known of a refund that a processor told of. */
export interface RefundFound {
  readonly provider: ProviderName
  /** The charge that it is of. */
  readonly processorReference: string
  /** The version of its session's books before anybody is asked. */
  readonly version: number
  /** The refund of ours of that charge that is open. */
  readonly ours?: UnresolvedRefund
}

/** What a processor said of one refund when it was asked for that very one, by its own id. */
export interface ReturnRead {
  readonly mid: MidId
  readonly processorReference: string
  readonly refundReference: string
  readonly outcome: RefundedOutcome | Declined
  /** Whether it was asked because of a webhook. */
  readonly source: "webhook" | "lookup"
  /** The version of the books before it was asked. */
  readonly version: number
  /** What it says went back of the charge in all, in minor units: see {@link ReturnedSum}. */
  readonly refunded?: number
  readonly by: Principal
}

/**
 * What a processor says went back of a charge in all. It books nothing. If it is more than the books hold, an incident says
 * so until they hold as much, and what is missing is looked for.
 */
export interface ReturnedSum extends ChargeReference {
  /** Minor units of the captured currency. */
  readonly refunded: number
  /** The version of the books before it was asked. */
  readonly version: number
  readonly by: Principal
}

/** A charge of which more went back than is booked. */
export interface MissingReturn extends ChargeReference {
  readonly provider: ProviderName
  /** The processor's own ids of what is booked as gone. */
  readonly booked: ReadonlyArray<string>
}

/** The port to the durable record of refunds and disputes. Each step is one statement and one commit. */
export class RefundLedger extends Context.Service<
  RefundLedger,
  {
    /** What of a session was captured, went back and is disputed; nothing when there is no such session. */
    readonly ofSession: (session: SessionId) => Effect.Effect<SessionReturns | undefined, LedgerUnavailable>

    /** What may be given back of a session, or what came before under the key; nothing when there is no such session. */
    readonly refundable: (
      request: IdempotentRequest<RefundWish>
    ) => Effect.Effect<Refundable | undefined, LedgerUnavailable>

    /** The write-ahead: the refund's row, under the same guards whatever was read before. */
    readonly open: (
      order: RefundOrder,
      request: IdempotentRequest<RefundWish>
    ) => Effect.Effect<RefundOpening, LedgerUnavailable>

    /**
     * Records evidence of one refund. What its sender heard is always taken; the same again changes nothing. Who asked
     * later says the version of the books before it asked: `undefined` when they were written to since, ask again.
     */
    readonly record: (evidence: {
      readonly refund: RefundId
      readonly outcome: RefundOutcome
      readonly source: Reporter
      readonly by: Principal
      readonly version?: number
    }) => Effect.Effect<Refund | undefined, LedgerUnavailable>

    /** Makes refunds indeterminate whose sender died; answers how many. */
    readonly takeOver: (limit: number) => Effect.Effect<number, LedgerUnavailable>

    readonly claimUnresolved: (
      limit: number,
      lease: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<UnresolvedRefund>, LedgerUnavailable>

    /** What a webhook about a refund may be about; nothing when its charge is unknown. */
    readonly find: (
      mid: MidId,
      refund: RefundHeard
    ) => Effect.Effect<RefundFound | undefined, LedgerUnavailable>

    /**
     * Records what a processor said of one refund, whoever made it: what went back is booked, what failed is taken out of
     * the books. `waits`: a refund of ours is open that it may be. `undefined`: the books were written to since that
     * version, ask again.
     */
    readonly recordReturn: (
      read: ReturnRead
    ) => Effect.Effect<"known" | "waits" | undefined, LedgerUnavailable>

    /** `false`: the books were written to since that version, and nothing was compared. */
    readonly compareReturned: (sum: ReturnedSum) => Effect.Effect<boolean, LedgerUnavailable>

    /** Gives out charges whose processor is to be asked for what is missing in the books. */
    readonly claimMissing: (limit: number) => Effect.Effect<ReadonlyArray<MissingReturn>, LedgerUnavailable>

    /** Records the state of a dispute; `false` when its charge is unknown. */
    readonly recordDispute: (
      mid: MidId,
      dispute: DisputeHeard,
      occurredAt: DateTime.Utc | undefined,
      receivedAt?: DateTime.Utc
    ) => Effect.Effect<boolean, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/refunds/RefundLedger") {}
