import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { AttemptId, SessionId } from "../../kernel/ids.ts"
import { answered } from "../steps.ts"
import type { HeardEvidence } from "./HeardEvidence.ts"
import type { AuditRow, Incident, PaymentEvent } from "./HistoryRecords.ts"
import type { ListOrder } from "./keyset.ts"
import { type Below, listing, listOf, type Wanted, whole } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import type { RowOf } from "./Row.ts"
import { StoredDecision } from "./StoredDecision.ts"
import { type Conditions, type TimeRange, textArray, where } from "./where.ts"

/** Which events to list; an absent field restricts nothing. */
export interface EventFilter {
  readonly session?: SessionId | undefined
  readonly types?: ReadonlyArray<string> | undefined
  readonly occurred?: TimeRange | undefined
}

/** Which incidents to list; an absent field restricts nothing. */
export interface IncidentFilter {
  readonly session?: SessionId | undefined
  readonly open?: boolean | undefined
  readonly kinds?: ReadonlyArray<string> | undefined
}

export type EvidenceRow = RowOf<HeardEvidence>
export type EventRow = RowOf<PaymentEvent>
export type IncidentRow = RowOf<Incident>
export type AuditRowTold = RowOf<AuditRow>

const evidence = listOf<EvidenceRow>({
  table: "attempt_evidence",
  alias: "e",
  columns: {
    attempt: "e.attempt_id",
    nr: "e.nr",
    source: "e.source",
    outcome: "e.outcome",
    code: "e.detail ->> 'code'",
    message: "e.detail ->> 'message'",
    heardAt: "e.heard_at"
  }
})
const events = listOf<EventRow>({
  table: "outbox",
  alias: "o",
  columns: {
    id: "'evt_' || o.event_nr",
    nr: "o.event_nr",
    type: "o.type",
    session: "o.session_id",
    occurredAt: "o.occurred_at",
    payload: "o.payload"
  }
})
const incidents = listOf<IncidentRow>({
  table: "incidents",
  alias: "i",
  columns: {
    nr: "i.incident_id",
    kind: "i.kind",
    session: "i.session_id",
    attempt: "i.attempt_id",
    detail: "i.detail",
    openedAt: "i.opened_at",
    closedAt: "i.closed_at"
  }
})
const audit = listOf<AuditRowTold>({
  table: "audit",
  alias: "t",
  columns: {
    chain: "t.chain",
    position: "t.position",
    at: "t.at",
    actor: "t.actor",
    action: "t.action",
    detail: "t.detail",
    hash: "encode(t.hash, 'hex')"
  }
})

const numbered = (column: string, id: string, direction: ListOrder["direction"]): ListOrder => ({
  columns: [column, id],
  direction,
  major: "number"
})
const evidenceOrder = numbered("e.nr", "e.attempt_id", "ascending")
const auditOrder = numbered("t.position", "t.chain", "ascending")
/** Of events and incidents the number alone is the order. */
const eventOrder = numbered("o.event_nr", "'evt'::text", "descending")
const incidentOrder = numbered("i.incident_id", "'in'::text", "descending")

const decodeDecisions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: StoredDecision })))

/** What is written of payments on their way: decisions, evidence, audit, events, incidents. */
export const historyReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf, byId } = listing(sql)
  const { equal, oneOf, within, inScope, ofSessionInScope } = where(sql)

  const attemptInScope = (scope: ReadScope): Conditions => {
    const conditions = inScope("a", scope)
    return conditions.length === 0
      ? []
      : [sql`exists (select from attempts a where a.attempt_id = e.attempt_id and ${sql.and(conditions)})`]
  }
  /** A chain is a session's or a merchant account's; an account is of no brand. */
  const chainInScope = (scope: ReadScope): Conditions => {
    const conditions = inScope("s", scope)
    if (conditions.length === 0) return []
    const accounts = sql.and([sql`t.chain = 'mid:' || m.mid_id`, ...oneOf("m.entity_id", scope.entities)])
    return [
      sql`(exists (select from payment_sessions s where s.session_id = t.chain and ${sql.and(conditions)})
        or exists (select from merchant_accounts m where ${accounts}))`
    ]
  }

  const evidenceBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: evidence,
    order: evidenceOrder,
    column: "e.attempt_id",
    conditions: attemptInScope(scope),
    slice,
    wanted
  })
  const auditBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: audit,
    order: auditOrder,
    column: "t.chain",
    conditions: chainInScope(scope),
    slice,
    wanted
  })
  const eventsBelow = (scope: ReadScope, slice: Slice, wanted = whole): Below => ({
    list: events,
    order: eventOrder,
    column: "o.session_id",
    conditions: [...ofSessionInScope("o", scope), sql`o.type not like 'operations.%'`],
    slice,
    wanted
  })

  return {
    evidenceBelow,
    auditBelow,
    eventsBelow,

    /** Every routing decision of each session, by round; there are at most as many as rounds. */
    decisionsOf: Effect.fn("PaymentReads.decisionsOf")(function* (
      scope: ReadScope,
      ids: ReadonlyArray<SessionId>
    ) {
      const conditions = [...oneOf("d.session_id", ids), ...ofSessionInScope("d", scope)]
      const rows = yield* sql`select jsonb_build_object('session', d.session_id, 'round', d.round,
          'decision', jsonb_build_object('policyVersion', d.policy_version, 'inputs', d.inputs,
            'chosen', d.chosen, 'leftOut', d.left_out),
          'passedOver', d.passed_over, 'decidedAt', iso(d.decided_at)) as node
        from routing_decisions d where ${sql.and(conditions)} order by d.session_id, d.round`
      const decisions = yield* decodeDecisions(rows)
      return Map.groupBy(
        decisions.map(({ node }) => node),
        ({ session }): string => session
      )
    }, answered("PaymentReads.decisionsOf")),

    /** The same slice of the evidence of each attempt, in the order in which it was heard. */
    evidenceOf: Effect.fn("PaymentReads.evidenceOf")(
      (scope: ReadScope, ids: ReadonlyArray<AttemptId>, slice: Slice) =>
        pagesOf<EvidenceRow>(evidenceBelow(scope, slice), ids),
      answered("PaymentReads.evidenceOf")
    ),

    /** The same slice of the audit of each subject, in the order in which it was written. */
    auditOf: Effect.fn("PaymentReads.auditOf")(
      (scope: ReadScope, ids: ReadonlyArray<string>, slice: Slice) =>
        pagesOf<AuditRowTold>(auditBelow(scope, slice), ids),
      answered("PaymentReads.auditOf")
    ),

    /** The same slice of what the audit of its session says of each attempt. */
    auditOfAttempts: Effect.fn("PaymentReads.auditOfAttempts")(
      (scope: ReadScope, ids: ReadonlyArray<AttemptId>, slice: Slice) => {
        // The decline of one attempt opens the next: the row is of both.
        const conditions = [
          ...chainInScope(scope),
          sql`t.chain = 'ps_' || split_part(parent.id, '_', 2)`,
          sql`(t.detail ->> 'next' = parent.id or t.detail ->> 'attempt' = parent.id)`
        ]
        const below: Below = { list: audit, order: auditOrder, conditions, slice, wanted: whole }
        return pagesOf<AuditRowTold>(below, ids)
      },
      answered("PaymentReads.auditOfAttempts")
    ),

    /** What the world was told, newest first; what operators are told is not among it. */
    events: Effect.fn("PaymentReads.events")(
      (scope: ReadScope, filter: EventFilter, slice: Slice, wanted?: Wanted) => {
        const conditions = [
          ...ofSessionInScope("o", scope),
          ...equal("o.session_id", filter.session),
          ...oneOf("o.type", filter.types),
          ...within("o.occurred_at", filter.occurred),
          sql`o.type not like 'operations.%'`
        ]
        return page<EventRow>(events, eventOrder, { conditions }, slice, wanted)
      },
      answered("PaymentReads.events")
    ),

    eventsById: Effect.fn("PaymentReads.eventsById")(
      (scope: ReadScope, ids: ReadonlyArray<string>) =>
        byId<EventRow>(events, "'evt_' || o.event_nr", ids, [
          // The index is of the numbers.
          sql`o.event_nr = any(${textArray(ids.map((id) => id.slice("evt_".length)))}::bigint[])`,
          ...ofSessionInScope("o", scope),
          sql`o.type not like 'operations.%'`
        ]),
      answered("PaymentReads.eventsById")
    ),

    /** The same slice of the events of each session, newest first. */
    eventsOf: Effect.fn("PaymentReads.eventsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) =>
        pagesOf<EventRow>(eventsBelow(scope, slice), ids),
      answered("PaymentReads.eventsOf")
    ),

    /** What a person has to deal with, newest first. */
    incidents: Effect.fn("PaymentReads.incidents")(
      (scope: ReadScope, filter: IncidentFilter, slice: Slice, wanted?: Wanted) => {
        const { open } = filter
        const conditions = [
          ...ofSessionInScope("i", scope),
          ...equal("i.session_id", filter.session),
          ...oneOf("i.kind", filter.kinds),
          ...(open === undefined ? [] : [sql.literal(`i.closed_at is ${open ? "" : "not "}null`)])
        ]
        return page<IncidentRow>(incidents, incidentOrder, { conditions }, slice, wanted)
      },
      answered("PaymentReads.incidents")
    )
  }
}
