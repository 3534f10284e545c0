import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { AttemptId, SessionId } from "../../kernel/ids.ts"
import { answered } from "../steps.ts"
import { HeardEvidence } from "./HeardEvidence.ts"
import { AttemptAuditRow, AuditRow, Incident, PaymentEvent } from "./HistoryRecords.ts"
import type { ListOrder } from "./keyset.ts"
import { listing, rowsOf } from "./listing.ts"
import type { Slice } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import { StoredDecision } from "./StoredDecision.ts"
import { type Conditions, type TimeRange, where } from "./where.ts"

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

const evidence = {
  table: "attempt_evidence",
  alias: "e",
  json: `jsonb_build_object('attempt', e.attempt_id, 'nr', e.nr, 'source', e.source, 'outcome', e.outcome,
    'code', e.detail -> 'code', 'message', e.detail -> 'message', 'heardAt', iso(e.heard_at))`
}
const events = {
  table: "outbox",
  alias: "o",
  json: `jsonb_build_object('nr', o.event_nr, 'type', o.type, 'session', o.session_id,
    'occurredAt', iso(o.occurred_at), 'payload', o.payload)`
}
const incidents = {
  table: "incidents",
  alias: "i",
  json: `jsonb_strip_nulls(jsonb_build_object('nr', i.incident_id, 'kind', i.kind, 'session', i.session_id,
    'attempt', i.attempt_id, 'detail', i.detail, 'openedAt', iso(i.opened_at), 'closedAt', iso(i.closed_at)))`
}
const audit = {
  table: "audit",
  alias: "t",
  json: `jsonb_build_object('chain', t.chain, 'position', t.position, 'at', iso(t.at), 'actor', t.actor,
    'action', t.action, 'detail', t.detail, 'hash', encode(t.hash, 'hex'))`
}

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

const evidenceRows = rowsOf(HeardEvidence)
const auditRows = rowsOf(AuditRow)
const attemptAuditRows = rowsOf(AttemptAuditRow)
const eventRows = rowsOf(PaymentEvent)
const incidentRows = rowsOf(Incident)
const decodeDecisions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: StoredDecision })))

/** What is written of payments on their way: decisions, evidence, audit, events, incidents. */
export const historyReads = (sql: SqlClient.SqlClient) => {
  const { page, pagesOf } = listing(sql)
  const { equal, oneOf, within, inScope, ofSessionInScope } = where(sql)

  const attemptInScope = (scope: ReadScope): Conditions => {
    const conditions = inScope("a", scope)
    return conditions.length === 0
      ? []
      : [sql`exists (select from attempts a where a.attempt_id = parent.id and ${sql.and(conditions)})`]
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

  return {
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
      (scope: ReadScope, ids: ReadonlyArray<AttemptId>, slice: Slice) => {
        const parent = { column: "e.attempt_id", ids, conditions: attemptInScope(scope) }
        return pagesOf(evidence, evidenceOrder, parent, slice, evidenceRows, ({ attempt }) => attempt)
      },
      answered("PaymentReads.evidenceOf")
    ),

    /** The same slice of the audit of each subject, in the order in which it was written. */
    auditOf: Effect.fn("PaymentReads.auditOf")(
      (scope: ReadScope, ids: ReadonlyArray<string>, slice: Slice) => {
        const parent = { column: "t.chain", ids, conditions: chainInScope(scope) }
        return pagesOf(audit, auditOrder, parent, slice, auditRows, ({ chain }) => chain)
      },
      answered("PaymentReads.auditOf")
    ),

    /** The same slice of what the audit of its session says of each attempt. */
    auditOfAttempts: Effect.fn("PaymentReads.auditOfAttempts")(
      (scope: ReadScope, ids: ReadonlyArray<AttemptId>, slice: Slice) => {
        const conditions = [
          ...chainInScope(scope),
          sql`t.chain = 'ps_' || split_part(parent.id, '_', 2)`,
          sql`(t.detail ->> 'next' = parent.id or t.detail ->> 'attempt' = parent.id)`
        ]
        // The decline of one attempt opens the next: the row is of both, so it says itself whose it was read for.
        const json = `${audit.json} || jsonb_build_object('readFor', parent.id)`
        return pagesOf(
          { ...audit, json },
          auditOrder,
          { ids, conditions },
          slice,
          attemptAuditRows,
          ({ readFor }) => readFor
        )
      },
      answered("PaymentReads.auditOfAttempts")
    ),

    /** What the world was told, newest first; what operators are told is not among it. */
    events: Effect.fn("PaymentReads.events")((scope: ReadScope, filter: EventFilter, slice: Slice) => {
      const conditions = [
        ...ofSessionInScope("o", scope),
        ...equal("o.session_id", filter.session),
        ...oneOf("o.type", filter.types),
        ...within("o.occurred_at", filter.occurred),
        sql`o.type not like 'operations.%'`
      ]
      return page(events, eventOrder, { conditions }, slice, eventRows)
    }, answered("PaymentReads.events")),

    /** The same slice of the events of each session, newest first. */
    eventsOf: Effect.fn("PaymentReads.eventsOf")(
      (scope: ReadScope, ids: ReadonlyArray<SessionId>, slice: Slice) => {
        const conditions = [...ofSessionInScope("o", scope), sql`o.type not like 'operations.%'`]
        const parent = { column: "o.session_id", ids, conditions }
        return pagesOf(events, eventOrder, parent, slice, eventRows, ({ session }) => session)
      },
      answered("PaymentReads.eventsOf")
    ),

    /** What a person has to deal with, newest first. */
    incidents: Effect.fn("PaymentReads.incidents")(
      (scope: ReadScope, filter: IncidentFilter, slice: Slice) => {
        const { open } = filter
        const conditions = [
          ...ofSessionInScope("i", scope),
          ...equal("i.session_id", filter.session),
          ...oneOf("i.kind", filter.kinds),
          ...(open === undefined ? [] : [sql.literal(`i.closed_at is ${open ? "" : "not "}null`)])
        ]
        return page(incidents, incidentOrder, { conditions }, slice, incidentRows)
      },
      answered("PaymentReads.incidents")
    )
  }
}
