import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { AttemptState } from "../../kernel/Attempt.ts"
import type { AttemptId, SessionId } from "../../kernel/ids.ts"
import { answered } from "../steps.ts"
import { AttemptRecord } from "./AttemptRecord.ts"
import { type ListOrder, type OrderName, ordersOf } from "./keyset.ts"
import { listing, nodesOf, type Parts, rowsOf } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
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

/** An attempt as {@link AttemptRecord} reads it. */
const attemptJson = `attempt_json(a) || jsonb_strip_nulls(jsonb_build_object('round', a.round,
  'declineKind', a.decline_kind, 'processorReference', a.processor_reference, 'writtenAt', iso(a.written_at),
  'resolvedAt', iso(a.resolved_at)))`

const attempts = { table: "attempts", alias: "a", json: attemptJson }
const orders = ordersOf({ time: "a.written_at", amount: "a.amount", id: "a.attempt_id" })
const ordinalOrder: ListOrder = {
  columns: ["a.ordinal", "a.attempt_id"],
  direction: "ascending",
  major: "number"
}

/** The states that most attempts are in at last; an index has the others alone. */
const usual: ReadonlyArray<AttemptState> = ["captured", "declined"]
const unusual = "a.state not in ('captured', 'declined')"

const rows = rowsOf(AttemptRecord)
const nodes = nodesOf(AttemptRecord)

export const attemptReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, estimate, all } = listing(sql)
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

  return {
    attempts: Effect.fn("PaymentReads.attempts")(
      (scope: ReadScope, filter: AttemptFilter, order: OrderName, slice: Slice) =>
        page(attempts, orders[order], askedOf(scope, filter, order), slice, rows),
      answered("PaymentReads.attempts")
    ),

    estimateAttempts: Effect.fn("PaymentReads.estimateAttempts")(
      (scope: ReadScope, filter: AttemptFilter) =>
        estimate(attempts, [...conditionsOf(scope, filter), ...onMids(filter)]),
      answered("PaymentReads.estimateAttempts")
    ),

    attemptsById: Effect.fn("PaymentReads.attemptsById")(function* (
      scope: ReadScope,
      ids: ReadonlyArray<AttemptId>
    ) {
      const conditions = [...oneOf("a.attempt_id", ids), ...inScope("a", scope)]
      const found =
        yield* sql`select ${sql.literal(attemptJson)} as node from attempts a where ${all(conditions)}`
      return new Map((yield* nodes(found)).map(({ node }) => [String(node.id), node]))
    }, answered("PaymentReads.attemptsById")),

    /** The same slice of the attempts of each session, in the order in which they were made. */
    attemptsOf: Effect.fn("PaymentReads.attemptsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) => {
        const parent = { column: "a.session_id", ids, conditions: inScope("a", scope) }
        return pagesOf(attempts, ordinalOrder, parent, slice, rows, ({ session }) => session)
      },
      answered("PaymentReads.attemptsOf")
    ),

    /** The same slice of the attempts on each merchant account, newest first. */
    attemptsOnMids: Effect.fn("PaymentReads.attemptsOnMids")(
      (scope: ReadScope, ids: ReadonlyArray<string>, slice: Slice) => {
        const parent = { column: "a.mid_id", ids, conditions: inScope("a", scope) }
        return pagesOf(attempts, orders.newest_first, parent, slice, rows, ({ mid }) => mid)
      },
      answered("PaymentReads.attemptsOnMids")
    )
  }
}
