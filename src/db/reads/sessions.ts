import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { AttemptState } from "../../kernel/Attempt.ts"
import { SessionId } from "../../kernel/ids.ts"
import { LateCapture, type PaymentSession, type SessionState, WaitsFor } from "../../kernel/PaymentSession.ts"
import { answered } from "../steps.ts"
import { type Below, listing, listOf, type Parts, type Wanted, whole } from "./listing.ts"
import { type OrderName, ordersOf } from "./keyset.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import type { RowOf } from "./Row.ts"
import { type AmountRange, type Conditions, type TimeRange, where } from "./where.ts"

/** Which sessions to list; an absent field restricts nothing. */
export interface SessionFilter {
  readonly entity?: string | undefined
  readonly brand?: string | undefined
  readonly customer?: string | undefined
  readonly orderReference?: string | undefined
  readonly states?: ReadonlyArray<SessionState> | undefined
  /** Those with an attempt on one of these merchant accounts, all of which are of one of the companies. */
  readonly tried?:
    | { readonly mids: ReadonlyArray<string>; readonly entities: ReadonlyArray<string> }
    | undefined
  /** Those with an attempt that stands so. */
  readonly attemptStates?: ReadonlyArray<AttemptState> | undefined
  readonly amount?: AmountRange | undefined
  readonly created?: TimeRange | undefined
  /** The companies that may collect under the brand: indexes know companies. */
  readonly entitiesOfBrand?: ReadonlyArray<string> | undefined
}

export type SessionRow = RowOf<PaymentSession>

const sessions = listOf<SessionRow>({
  table: "payment_sessions",
  alias: "s",
  columns: {
    id: "s.session_id",
    customer: "s.customer_id",
    brand: "s.brand_id",
    entity: "s.entity_id",
    category: "s.category",
    money: { amount: "s.amount", currency: "s.currency" },
    intent: "s.intent",
    mode: "s.mode",
    theme: "s.theme",
    metadata: "s.metadata",
    redirects: "s.redirects",
    orderReference: "s.order_reference",
    state: "s.state",
    action: "action_of(s)",
    createdAt: "s.created_at",
    expiresAt: "s.expires_at",
    updatedAt: "s.updated_at"
  }
})
const orders = ordersOf({ time: "s.created_at", amount: "s.amount", id: "s.session_id" })

/** The states that few sessions are in: an index has those alone. */
const usual: ReadonlyArray<SessionState> = ["pending", "settled"]
const unusual = "s.state not in ('pending', 'settled')"

const decodeWaits = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, waits: Schema.Array(WaitsFor) }))
)

const decodeLate = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, late: Schema.Array(LateCapture) }))
)

export const sessionReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, byId, estimate, all } = listing(sql)
  const { equal, oneOf, oneWordOf, within, amounts, inScope } = where(sql)

  const conditionsOf = (scope: ReadScope, filter: SessionFilter): Conditions => [
    ...inScope("s", scope),
    ...equal("s.entity_id", filter.entity),
    ...equal("s.brand_id", filter.brand),
    ...equal("s.customer_id", filter.customer),
    ...equal("s.order_reference", filter.orderReference),
    ...oneWordOf("s.state", filter.states),
    ...amounts("s", filter.amount),
    ...within("s.created_at", filter.created),
    ...oneOf("s.entity_id", filter.tried?.entities),
    ...(filter.tried === undefined && filter.attemptStates === undefined
      ? []
      : [
          sql`s.session_id in (select a.session_id from attempts a where ${sql.and([
            ...oneOf("a.mid_id", filter.tried?.mids),
            ...oneWordOf("a.state", filter.attemptStates)
          ])})`
        ])
  ]

  /** Where an index has the rows of a part in order, the page is made of the parts. */
  const partsOf = (filter: SessionFilter, order: OrderName): { parts?: Parts; also: Conditions } => {
    const { states, customer, orderReference, entity, entitiesOfBrand } = filter
    const byAmount = order === "largest_first" || order === "smallest_first"
    if (byAmount || customer !== undefined || orderReference !== undefined) return { also: [] }
    if (states !== undefined && !states.some((state) => usual.includes(state))) {
      return { parts: { column: "s.state", values: states }, also: [sql.literal(unusual)] }
    }
    if (entity === undefined && entitiesOfBrand !== undefined) {
      return { parts: { column: "s.entity_id", values: entitiesOfBrand }, also: [] }
    }
    return { also: [] }
  }

  return {
    sessions: Effect.fn("PaymentReads.sessions")(function* (
      scope: ReadScope,
      filter: SessionFilter,
      order: OrderName,
      slice: Slice,
      wanted?: Wanted
    ) {
      const { parts, also } = partsOf(filter, order)
      const conditions = [...conditionsOf(scope, filter), ...also]
      return yield* page<SessionRow>(sessions, orders[order], { conditions, parts }, slice, wanted)
    }, answered("PaymentReads.sessions")),

    estimateSessions: Effect.fn("PaymentReads.estimateSessions")(
      (scope: ReadScope, filter: SessionFilter) => estimate(sessions, conditionsOf(scope, filter), scope),
      answered("PaymentReads.estimateSessions")
    ),

    sessionsById: Effect.fn("PaymentReads.sessionsById")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>) =>
        byId<SessionRow>(sessions, "s.session_id", ids, inScope("s", scope)),
      answered("PaymentReads.sessionsById")
    ),

    /** What keeps each session in review, if it is. */
    waitsFor: Effect.fn("PaymentReads.waitsFor")(function* (scope: ReadScope, ids: ReadonlyArray<SessionId>) {
      const conditions = [...oneOf("s.session_id", ids), ...inScope("s", scope)]
      const found = yield* sql`select session_id as session, waits_for(s) as waits from payment_sessions s
        where ${all(conditions)}`
      const read = yield* decodeWaits(found)
      return new Map(read.map(({ session, waits }) => [String(session), waits]))
    }, answered("PaymentReads.waitsFor")),

    /** Money of each session that was captured after everybody had said no. */
    lateCaptures: Effect.fn("PaymentReads.lateCaptures")(function* (
      scope: ReadScope,
      ids: ReadonlyArray<SessionId>
    ) {
      const conditions = [...oneOf("s.session_id", ids), ...inScope("s", scope)]
      const found = yield* sql`select session_id as session, late_captures(s) as late from payment_sessions s
        where ${all(conditions)}`
      const read = yield* decodeLate(found)
      return new Map(read.map(({ session, late }) => [String(session), late]))
    }, answered("PaymentReads.lateCaptures")),

    /** The same slice of the sessions of each company, newest first. */
    sessionsOfEntities: Effect.fn("PaymentReads.sessionsOfEntities")(
      (scope: ReadScope, ids: ReadonlyArray<string>, slice: Slice) => {
        const conditions = inScope("s", scope)
        const order = orders.newest_first
        const below: Below = {
          list: sessions,
          order,
          column: "s.entity_id",
          conditions,
          slice,
          wanted: whole
        }
        return pagesOf<SessionRow>(below, ids)
      },
      answered("PaymentReads.sessionsOfEntities")
    )
  }
}
