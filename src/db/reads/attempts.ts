import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { AttemptState } from "../../kernel/Attempt.ts"
import type { AttemptId, SessionId } from "../../kernel/ids.ts"
import { answered } from "../steps.ts"
import type { AttemptRecord } from "./AttemptRecord.ts"
import { type ListOrder, type OrderName, ordersOf } from "./keyset.ts"
import { type Below, listing, listOf, type Parts, type Wanted, whole } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import type { RowOf } from "./Row.ts"
import { type AmountRange, type Conditions, type TimeRange, where } from "./where.ts"

/** Which attempts to list; an absent field restricts nothing. */
export interface AttemptFilter {
  readonly session?: SessionId | undefined
  readonly brand?: string | undefined
  /** Those on one of these merchant accounts; whoever asks by company, provider or brand knows which those have. */
  readonly mids?: ReadonlyArray<string> | undefined
  readonly customer?: string | undefined
  readonly orderReference?: string | undefined
  readonly states?: ReadonlyArray<AttemptState> | undefined
  readonly amount?: AmountRange | undefined
  readonly written?: TimeRange | undefined
}

export type AttemptRow = RowOf<AttemptRecord>

const attempts = listOf<AttemptRow>({
  table: "attempts",
  alias: "a",
  columns: {
    id: "a.attempt_id",
    session: "a.session_id",
    ordinal: "a.ordinal",
    mid: "a.mid_id",
    entity: "a.entity_id",
    provider: "a.provider",
    category: "a.category",
    brand: "a.brand_id",
    money: { amount: "a.amount", currency: "a.currency" },
    idempotencyKey: "a.idempotency_key",
    state: "a.state",
    round: "a.round",
    declineKind: "a.decline_kind",
    processorReference: "a.processor_reference",
    writtenAt: "a.written_at",
    resolvedAt: "a.resolved_at"
  }
})
const orders = ordersOf({ time: "a.written_at", amount: "a.amount", id: "a.attempt_id" })
const ordinalOrder: ListOrder = {
  columns: ["a.ordinal", "a.attempt_id"],
  direction: "ascending",
  major: "number"
}

/** The states that most attempts are in at last; an index has the others alone. */
const usual: ReadonlyArray<AttemptState> = ["captured", "declined"]
const unusual = "a.state not in ('captured', 'declined')"

export const attemptReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, byId, estimate } = listing(sql)
  const { equal, oneOf, oneWordOf, within, amounts, inScope } = where(sql)

  const ofSessions = (filter: AttemptFilter): Conditions => {
    const conditions = [
      ...equal("s.customer_id", filter.customer),
      ...equal("s.order_reference", filter.orderReference)
    ]
    if (conditions.length === 0) return []
    return [sql`a.session_id in (select s.session_id from payment_sessions s where ${sql.and(conditions)})`]
  }

  const conditionsOf = (scope: ReadScope, filter: AttemptFilter): Conditions => [
    ...inScope("a", scope),
    ...equal("a.session_id", filter.session),
    ...equal("a.brand_id", filter.brand),
    ...ofSessions(filter),
    ...oneWordOf("a.state", filter.states),
    ...amounts("a", filter.amount),
    ...within("a.written_at", filter.written)
  ]
  const onMids = ({ mids }: AttemptFilter): Conditions => oneOf("a.mid_id", mids)

  const askedOf = (
    scope: ReadScope,
    filter: AttemptFilter,
    order: OrderName
  ): { readonly conditions: Conditions; readonly parts?: Parts } => {
    const { session, customer, orderReference, states, mids } = filter
    const conditions = conditionsOf(scope, filter)
    const byAmount = order === "largest_first" || order === "smallest_first"
    if (byAmount || session !== undefined || customer !== undefined || orderReference !== undefined) {
      return { conditions: [...conditions, ...onMids(filter)] }
    }
    if (states !== undefined && !states.some((state) => usual.includes(state))) {
      const parts = { column: "a.state", values: states }
      return { conditions: [...conditions, ...onMids(filter), sql.literal(unusual)], parts }
    }
    return mids === undefined ? { conditions } : { conditions, parts: { column: "a.mid_id", values: mids } }
  }

  const attemptsBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: attempts,
    order: ordinalOrder,
    column: "a.session_id",
    conditions: inScope("a", scope),
    slice,
    wanted
  })

  return {
    attemptsBelow,

    attempts: Effect.fn("PaymentReads.attempts")(
      (scope: ReadScope, filter: AttemptFilter, order: OrderName, slice: Slice, wanted?: Wanted) =>
        page<AttemptRow>(attempts, orders[order], askedOf(scope, filter, order), slice, wanted),
      answered("PaymentReads.attempts")
    ),

    estimateAttempts: Effect.fn("PaymentReads.estimateAttempts")(
      (scope: ReadScope, filter: AttemptFilter) =>
        estimate(attempts, [...conditionsOf(scope, filter), ...onMids(filter)], scope),
      answered("PaymentReads.estimateAttempts")
    ),

    attemptsById: Effect.fn("PaymentReads.attemptsById")(
      (scope: ReadScope, ids: ReadonlyArray<AttemptId>) =>
        byId<AttemptRow>(attempts, "a.attempt_id", ids, inScope("a", scope)),
      answered("PaymentReads.attemptsById")
    ),

    /** The same slice of the attempts of each session, in the order in which they were made. */
    attemptsOf: Effect.fn("PaymentReads.attemptsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) =>
        pagesOf<AttemptRow>(attemptsBelow(scope, slice), ids),
      answered("PaymentReads.attemptsOf")
    ),

    /** The same slice of the attempts on each merchant account, newest first. */
    attemptsOnMids: Effect.fn("PaymentReads.attemptsOnMids")(
      (scope: ReadScope, ids: ReadonlyArray<string>, slice: Slice) => {
        const conditions = inScope("a", scope)
        const order = orders.newest_first
        const below: Below = { list: attempts, order, column: "a.mid_id", conditions, slice, wanted: whole }
        return pagesOf<AttemptRow>(below, ids)
      },
      answered("PaymentReads.attemptsOnMids")
    )
  }
}
