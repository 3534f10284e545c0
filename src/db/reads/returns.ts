import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { Dispute } from "../../kernel/disputes/Dispute.ts"
import { SessionId } from "../../kernel/ids.ts"
import type { DisputeState } from "../../kernel/PaymentProvider.ts"
import type { Refund, RefundState } from "../../kernel/refunds/Refund.ts"
import { CaptureRow } from "../RefundLedgerPg.ts"
import { answered } from "../steps.ts"
import { type ListOrder, type OrderName, ordersOf } from "./keyset.ts"
import { type Below, listing, listOf, type Wanted, whole } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import type { RowOf } from "./Row.ts"
import { type AmountRange, type Conditions, type TimeRange, where } from "./where.ts"

/** Which refunds or disputes to list; an absent field restricts nothing. */
interface ReturnFilter<State> {
  readonly entity?: string | undefined
  readonly brand?: string | undefined
  readonly mids?: ReadonlyArray<string> | undefined
  readonly states?: ReadonlyArray<State> | undefined
  readonly amount?: AmountRange | undefined
  readonly written?: TimeRange | undefined
}
export type RefundFilter = ReturnFilter<RefundState>
export type DisputeFilter = ReturnFilter<DisputeState>

export type RefundRow = RowOf<Refund>
export type DisputeRow = RowOf<Dispute>

const refunds = listOf<RefundRow>({
  table: "refunds",
  alias: "r",
  columns: {
    id: "r.refund_id",
    session: "r.session_id",
    ordinal: "r.ordinal",
    attempt: "r.attempt_id",
    mid: "r.mid_id",
    entity: "r.entity_id",
    provider: "r.provider",
    processorReference: "r.processor_reference",
    refundReference: "r.refund_reference",
    money: { amount: "r.amount", currency: "r.currency" },
    kind: "r.kind",
    reason: "r.reason",
    requestedBy: "r.requested_by",
    idempotencyKey: "r.idempotency_key",
    state: "r.state",
    writtenAt: "r.written_at",
    resolvedAt: "r.resolved_at",
    evidence:
      "jsonb_strip_nulls(jsonb_build_object('code', r.evidence -> 'code', 'message', r.evidence -> 'message'))"
  }
})
const refundOrders = ordersOf({ time: "r.written_at", amount: "r.amount", id: "r.refund_id" })
const refundOrdinal: ListOrder = {
  columns: ["r.ordinal", "r.refund_id"],
  direction: "ascending",
  major: "number"
}

const disputes = listOf<DisputeRow>({
  table: "disputes",
  alias: "d",
  columns: {
    mid: "d.mid_id",
    reference: "d.dispute_reference",
    session: "d.session_id",
    attempt: "d.attempt_id",
    entity: "d.entity_id",
    processorReference: "d.processor_reference",
    state: "d.state",
    money: { amount: "d.amount", currency: "d.currency" },
    reason: "d.reason",
    evidenceDueBy: "d.evidence_due_by",
    openedAt: "d.opened_at",
    updatedAt: "d.updated_at"
  }
})
/** A processor may call its dispute anything: a cursor has a digest of it. */
const disputeOrders = ordersOf({
  time: "d.opened_at",
  amount: "d.amount",
  id: "md5(d.mid_id || ' ' || d.dispute_reference)"
})

const decodeCaptures = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, captures: Schema.Array(CaptureRow) }))
)

/** What becomes of money after it was captured. */
export const returnReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, byId, estimate, parents } = listing(sql)
  const { equal, oneOf, oneWordOf, within, amounts, inScope } = where(sql)

  const conditionsOf = (
    alias: string,
    time: string,
    scope: ReadScope,
    filter: ReturnFilter<string>
  ): Conditions => [
    ...inScope(alias, scope),
    ...equal(`${alias}.entity_id`, filter.entity),
    ...equal(`${alias}.brand_id`, filter.brand),
    ...oneOf(`${alias}.mid_id`, filter.mids),
    ...oneWordOf(`${alias}.state`, filter.states),
    ...amounts(alias, filter.amount),
    ...within(`${alias}.${time}`, filter.written)
  ]
  const ofRefunds = (scope: ReadScope, filter: RefundFilter) => conditionsOf("r", "written_at", scope, filter)
  const ofDisputes = (scope: ReadScope, filter: DisputeFilter) =>
    conditionsOf("d", "opened_at", scope, filter)

  const refundsBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: refunds,
    order: refundOrdinal,
    column: "r.session_id",
    conditions: inScope("r", scope),
    slice,
    wanted
  })
  const disputesBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: disputes,
    order: disputeOrders.newest_first,
    column: "d.session_id",
    conditions: inScope("d", scope),
    slice,
    wanted
  })

  return {
    refundsBelow,
    disputesBelow,

    refunds: Effect.fn("PaymentReads.refunds")(
      (scope: ReadScope, filter: RefundFilter, order: OrderName, slice: Slice, wanted?: Wanted) =>
        page<RefundRow>(
          refunds,
          refundOrders[order],
          { conditions: ofRefunds(scope, filter) },
          slice,
          wanted
        ),
      answered("PaymentReads.refunds")
    ),

    refundsById: Effect.fn("PaymentReads.refundsById")(
      (scope: ReadScope, ids: ReadonlyArray<string>) =>
        byId<RefundRow>(refunds, "r.refund_id", ids, inScope("r", scope)),
      answered("PaymentReads.refundsById")
    ),

    estimateRefunds: Effect.fn("PaymentReads.estimateRefunds")(
      (scope: ReadScope, filter: RefundFilter) => estimate(refunds, ofRefunds(scope, filter), scope),
      answered("PaymentReads.estimateRefunds")
    ),

    disputes: Effect.fn("PaymentReads.disputes")(
      (scope: ReadScope, filter: DisputeFilter, order: OrderName, slice: Slice, wanted?: Wanted) =>
        page<DisputeRow>(
          disputes,
          disputeOrders[order],
          { conditions: ofDisputes(scope, filter) },
          slice,
          wanted
        ),
      answered("PaymentReads.disputes")
    ),

    estimateDisputes: Effect.fn("PaymentReads.estimateDisputes")(
      (scope: ReadScope, filter: DisputeFilter) => estimate(disputes, ofDisputes(scope, filter), scope),
      answered("PaymentReads.estimateDisputes")
    ),

    /** The same slice of the refunds of each session, in the order in which they were asked for. */
    refundsOf: Effect.fn("PaymentReads.refundsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) =>
        pagesOf<RefundRow>(refundsBelow(scope, slice), ids),
      answered("PaymentReads.refundsOf")
    ),

    /** The same slice of the disputes of each session, newest first. */
    disputesOf: Effect.fn("PaymentReads.disputesOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) =>
        pagesOf<DisputeRow>(disputesBelow(scope, slice), ids),
      answered("PaymentReads.disputesOf")
    ),

    /** What was captured for each session; with nothing wrong there is one. */
    capturesOf: Effect.fn("PaymentReads.capturesOf")(function* (
      scope: ReadScope,
      ids: ReadonlyArray<SessionId>
    ) {
      const seen = inScope("s", scope)
      const found = yield* seen.length === 0
        ? sql`select parent.id as session, captures_json(parent.id) as captures from ${parents(ids)}`
        : sql`select s.session_id as session, captures_json(s.session_id) as captures from ${parents(ids)}
            join payment_sessions s on s.session_id = parent.id where ${sql.and(seen)}`
      return new Map(
        (yield* decodeCaptures(found)).map(({ session, captures }) => [String(session), captures])
      )
    }, answered("PaymentReads.capturesOf"))
  }
}
