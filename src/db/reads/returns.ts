import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { Dispute } from "../../kernel/disputes/Dispute.ts"
import { SessionId } from "../../kernel/ids.ts"
import type { DisputeState } from "../../kernel/PaymentProvider.ts"
import { Refund, type RefundState } from "../../kernel/refunds/Refund.ts"
import { CaptureRow } from "../RefundLedgerPg.ts"
import { answered } from "../steps.ts"
import { type ListOrder, type OrderName, ordersOf } from "./keyset.ts"
import { listing, rowsOf } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
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

const refunds = { table: "refunds", alias: "r", json: "refund_json(r)" }
const refundOrders = ordersOf({ time: "r.written_at", amount: "r.amount", id: "r.refund_id" })
const refundOrdinal: ListOrder = {
  columns: ["r.ordinal", "r.refund_id"],
  direction: "ascending",
  major: "number"
}

const disputes = { table: "disputes", alias: "d", json: "dispute_json(d)" }
/** A processor may call its dispute anything: a cursor has a digest of it. */
const disputeOrders = ordersOf({
  time: "d.opened_at",
  amount: "d.amount",
  id: "md5(d.mid_id || ' ' || d.dispute_reference)"
})

const refundRows = rowsOf(Refund)
const disputeRows = rowsOf(Dispute)
const decodeCaptures = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, captures: Schema.Array(CaptureRow) }))
)

/** What becomes of money after it was captured. */
export const returnReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, estimate, parents } = listing(sql)
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

  return {
    refunds: Effect.fn("PaymentReads.refunds")(
      (scope: ReadScope, filter: RefundFilter, order: OrderName, slice: Slice) =>
        page(refunds, refundOrders[order], { conditions: ofRefunds(scope, filter) }, slice, refundRows),
      answered("PaymentReads.refunds")
    ),

    estimateRefunds: Effect.fn("PaymentReads.estimateRefunds")(
      (scope: ReadScope, filter: RefundFilter) => estimate(refunds, ofRefunds(scope, filter)),
      answered("PaymentReads.estimateRefunds")
    ),

    disputes: Effect.fn("PaymentReads.disputes")(
      (scope: ReadScope, filter: DisputeFilter, order: OrderName, slice: Slice) =>
        page(disputes, disputeOrders[order], { conditions: ofDisputes(scope, filter) }, slice, disputeRows),
      answered("PaymentReads.disputes")
    ),

    estimateDisputes: Effect.fn("PaymentReads.estimateDisputes")(
      (scope: ReadScope, filter: DisputeFilter) => estimate(disputes, ofDisputes(scope, filter)),
      answered("PaymentReads.estimateDisputes")
    ),

    /** The same slice of the refunds of each session, in the order in which they were asked for. */
    refundsOf: Effect.fn("PaymentReads.refundsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) => {
        const parent = { column: "r.session_id", ids, conditions: inScope("r", scope) }
        return pagesOf(refunds, refundOrdinal, parent, slice, refundRows, ({ session }) => session)
      },
      answered("PaymentReads.refundsOf")
    ),

    /** The same slice of the disputes of each session, newest first. */
    disputesOf: Effect.fn("PaymentReads.disputesOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) => {
        const parent = { column: "d.session_id", ids, conditions: inScope("d", scope) }
        return pagesOf(
          disputes,
          disputeOrders.newest_first,
          parent,
          slice,
          disputeRows,
          ({ session }) => session
        )
      },
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
