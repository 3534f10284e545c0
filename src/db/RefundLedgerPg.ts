import { DateTime, Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { midTag } from "../kernel/cascade/IdempotencyKey.ts"
import { Outcome } from "../kernel/cascade/Disposition.ts"
import { ChangeRequest } from "../kernel/changes/ChangeRequest.ts"
import { ChangeLifetime } from "../kernel/changes/ChangeStore.ts"
import { Dispute } from "../kernel/disputes/Dispute.ts"
import { AttemptId, MidId, ProviderName, SessionId } from "../kernel/ids.ts"
import { Money } from "../kernel/Money.ts"
import { LateCapture, SessionState, WaitsFor } from "../kernel/PaymentSession.ts"
import { Refund, RefundBlocker } from "../kernel/refunds/Refund.ts"
import { RefundLedger, type RefundOrder, type RefundOutcome } from "../kernel/refunds/RefundLedger.ts"
import { step, unavailable } from "./steps.ts"

const before = [
  Schema.TaggedStruct("RefundReplayed", { refund: Refund }),
  Schema.TaggedStruct("ApprovalAsked", { change: ChangeRequest }),
  Schema.TaggedStruct("RefundKeyReused", { earlierSession: SessionId, earlierBody: Schema.Unknown })
] as const

/** A capture and what of it may still be given back. */
export const CaptureRow = Schema.Struct({
  attempt: AttemptId,
  mid: MidId,
  provider: ProviderName,
  processorReference: Schema.String,
  captured: Money,
  refundable: Schema.Int,
  blocked: Schema.optionalKey(Schema.Struct({ reason: RefundBlocker, by: Schema.optionalKey(Schema.String) }))
})

const Refundable = Schema.NullOr(
  Schema.Union([
    ...before,
    Schema.TaggedStruct("Refundable", {
      state: SessionState,
      version: Schema.Int,
      captures: Schema.Array(CaptureRow)
    })
  ])
)

/** What `open_refund` answers. */
export const refundOpenings = [
  ...before,
  Schema.TaggedStruct("Permitted", { refund: Refund }),
  Schema.TaggedStruct("NothingCaptured", { state: SessionState }),
  Schema.TaggedStruct("ChargeInReview", { state: SessionState }),
  Schema.TaggedStruct("Disputed", {
    dispute: Schema.Struct({ reference: Schema.String, state: Schema.String })
  }),
  Schema.TaggedStruct("RefundInReview", { refund: Refund }),
  Schema.TaggedStruct("TooMuch", { refundable: Schema.Int }),
  Schema.TaggedStruct("OpenAlready", { change: Schema.String }),
  Schema.TaggedStruct("MayNotAsk", {}),
  Schema.TaggedStruct("NoSuchSession", {})
] as const

const Unresolved = Schema.Struct({
  refund: Refund,
  age: Schema.Int,
  version: Schema.Int,
  refundReference: Schema.optionalKey(Schema.String)
})

const Found = Schema.NullOr(
  Schema.Struct({
    provider: ProviderName,
    processorReference: Schema.String,
    version: Schema.Int,
    ours: Schema.optionalKey(Unresolved)
  })
)

const Missing = Schema.Struct({
  mid: MidId,
  provider: ProviderName,
  processorReference: Schema.String,
  booked: Schema.Array(Schema.String)
})

const OfSession = Schema.NullOr(
  Schema.Struct({
    captures: Schema.Array(CaptureRow),
    refunds: Schema.Array(Refund),
    disputes: Schema.Array(Dispute),
    waitsFor: Schema.Array(WaitsFor),
    lateCaptures: Schema.Array(LateCapture)
  })
)

/** The durable record of refunds and disputes, in PostgreSQL. What each step does is in `migrations/0007`. */
export const layer: Layer.Layer<RefundLedger, never, SqlClient.SqlClient> = Layer.effect(
  RefundLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const approvalMs = Duration.toMillis(yield* ChangeLifetime)
    const ofSessionStep = step(sql, "returns_of_session", OfSession)
    const refundableStep = step(sql, "refundable", Refundable)
    const openStep = step(sql, "open_refund", Schema.Union(refundOpenings))
    const recordStep = step(sql, "record_refund", Schema.NullOr(Refund))
    const takeOverStep = step(sql, "take_over_refunds", Schema.Int)
    const unresolvedStep = step(sql, "claim_unresolved_refunds", Schema.Array(Unresolved))
    const findStep = step(sql, "find_refund", Found)
    const returnStep = step(sql, "record_return", Schema.NullOr(Schema.Literals(["known", "waits"])))
    const compareStep = step(sql, "compare_returned", Schema.Boolean)
    const missingStep = step(sql, "claim_searches", Schema.Array(Missing))
    const disputeStep = step(sql, "record_dispute", Schema.Boolean)

    return RefundLedger.of({
      ofSession: Effect.fn("RefundLedger.ofSession")(function* (session) {
        return (yield* ofSessionStep({ session })) ?? undefined
      }),
      refundable: Effect.fn("RefundLedger.refundable")(function* ({ by, idempotencyKey: key, body }) {
        return (yield* refundableStep({ session: body.session, by, key, body })) ?? undefined
      }),
      open: Effect.fn("RefundLedger.open")((order, { by, idempotencyKey: key, body }) =>
        openStep({ ...orderOf(order), by, key, body, approvalMs })
      ),
      record: Effect.fn("RefundLedger.record")(function* ({ outcome, ...evidence }) {
        return (yield* recordStep({ ...evidence, outcome: yield* encoded(outcome) })) ?? undefined
      }, unavailable("record_refund")),
      takeOver: Effect.fn("RefundLedger.takeOver")((limit) => takeOverStep({ limit })),
      claimUnresolved: Effect.fn("RefundLedger.claimUnresolved")((limit, lease) =>
        unresolvedStep({ limit, leaseMs: Duration.toMillis(lease) })
      ),
      find: Effect.fn("RefundLedger.find")(function* (mid, refund) {
        return (yield* findStep({ mid, ...refund })) ?? undefined
      }),
      recordReturn: Effect.fn("RefundLedger.recordReturn")(function* ({ outcome, ...read }) {
        return (yield* returnStep({ ...read, outcome: yield* encoded(outcome) })) ?? undefined
      }, unavailable("record_return")),
      compareReturned: Effect.fn("RefundLedger.compareReturned")((sum) => compareStep({ ...sum })),
      claimMissing: Effect.fn("RefundLedger.claimMissing")((limit) => missingStep({ limit })),
      recordDispute: Effect.fn("RefundLedger.recordDispute")((mid, dispute, occurredAt, receivedAt) =>
        disputeStep({
          mid,
          reference: dispute.disputeReference,
          processorReference: dispute.processorReference,
          state: dispute.state,
          ...dispute.money,
          reason: dispute.reason,
          evidenceDueBy: isoOf(dispute.evidenceDueBy),
          at: isoOf(occurredAt),
          receivedAt: isoOf(receivedAt)
        })
      )
    })
  })
)

/** An order as the steps take it. */
export const orderOf = ({ lease, ...order }: RefundOrder) => ({
  ...order,
  tag: midTag(order.mid),
  leaseMs: Duration.toMillis(lease)
})

const encodeOutcome = Schema.encodeEffect(Outcome)
const encoded = (outcome: RefundOutcome) =>
  outcome._tag === "Declined" || outcome._tag === "Absent" ? encodeOutcome(outcome) : Effect.succeed(outcome)

const isoOf = (at: DateTime.Utc | undefined): string | undefined =>
  at === undefined ? undefined : DateTime.formatIso(at)
