import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { AttemptState } from "../../kernel/Attempt.ts"
import { Dispute } from "../../kernel/disputes/Dispute.ts"
import { type AttemptId, SessionId } from "../../kernel/ids.ts"
import type { LedgerUnavailable } from "../../kernel/PaymentLedger.ts"
import { PaymentSession, type SessionState, WaitsFor } from "../../kernel/PaymentSession.ts"
import { Refund } from "../../kernel/refunds/Refund.ts"
import type { RefundableCapture } from "../../kernel/refunds/RefundLedger.ts"
import { CaptureRow } from "../RefundLedgerPg.ts"
import { answered } from "../steps.ts"
import { AttemptRecord } from "./AttemptRecord.ts"
import { HeardEvidence } from "./HeardEvidence.ts"
import { keyset, type ListOrder } from "./keyset.ts"
import { type Page, pageOf, type Slice } from "./Page.ts"
import { StoredDecision } from "./StoredDecision.ts"

/** Which sessions to list; an absent field restricts nothing. */
export interface SessionFilter {
  readonly entity?: string | undefined
  readonly states?: ReadonlyArray<SessionState> | undefined
}

/** Which attempts to list; an absent field restricts nothing. */
export interface AttemptFilter {
  readonly session?: SessionId | undefined
  readonly entity?: string | undefined
  readonly mid?: string | undefined
  readonly states?: ReadonlyArray<AttemptState> | undefined
}

type Read<A> = Effect.Effect<A, LedgerUnavailable>

/**
 * What dashboards read. It writes nothing. Each read is one statement, however many parents it is asked for at
 * once; a parent that has nothing is not in the answer.
 */
export class PaymentReads extends Context.Service<
  PaymentReads,
  {
    /** Sessions, newest first. */
    readonly sessions: (filter: SessionFilter, slice: Slice) => Read<Page<PaymentSession>>
    /** Attempts of all sessions, newest first. */
    readonly attempts: (filter: AttemptFilter, slice: Slice) => Read<Page<AttemptRecord>>
    readonly sessionsById: (ids: ReadonlyArray<SessionId>) => Read<ReadonlyMap<string, PaymentSession>>
    readonly attemptsById: (ids: ReadonlyArray<AttemptId>) => Read<ReadonlyMap<string, AttemptRecord>>
    /** The same slice of the attempts of each session, in the order in which they were made. */
    readonly attemptsOf: (
      sessions: ReadonlyArray<SessionId>,
      slice: Slice
    ) => Read<ReadonlyMap<string, Page<AttemptRecord>>>
    /** Every routing decision of each session, by round; there are at most as many as rounds. */
    readonly decisionsOf: (
      sessions: ReadonlyArray<SessionId>
    ) => Read<ReadonlyMap<string, ReadonlyArray<StoredDecision>>>
    /** The same slice of the evidence of each attempt, in the order in which it was heard. */
    readonly evidenceOf: (
      attempts: ReadonlyArray<AttemptId>,
      slice: Slice
    ) => Read<ReadonlyMap<string, Page<HeardEvidence>>>
    /** The same slice of the refunds of each session, in the order in which they were asked for. */
    readonly refundsOf: (
      sessions: ReadonlyArray<SessionId>,
      slice: Slice
    ) => Read<ReadonlyMap<string, Page<Refund>>>
    /** The same slice of the disputes of each session, newest first. */
    readonly disputesOf: (
      sessions: ReadonlyArray<SessionId>,
      slice: Slice
    ) => Read<ReadonlyMap<string, Page<Dispute>>>
    /** What was captured for each session; with nothing wrong there is one. */
    readonly capturesOf: (
      sessions: ReadonlyArray<SessionId>
    ) => Read<ReadonlyMap<string, ReadonlyArray<RefundableCapture>>>
    /** What keeps each session in review, if it is. */
    readonly waitsFor: (
      sessions: ReadonlyArray<SessionId>
    ) => Read<ReadonlyMap<string, ReadonlyArray<WaitsFor>>>
  }
>()("payment-orchestration/db/reads/PaymentReads") {
  static readonly layer: Layer.Layer<PaymentReads, never, SqlClient.SqlClient> = Layer.effect(
    PaymentReads,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient

      // A list of values is one JSON parameter, so that a statement is prepared once for any number of them.
      const among = (column: string, values: ReadonlyArray<string>) =>
        sql`${sql.literal(column)} in (select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`
      const parents = (ids: ReadonlyArray<string>) =>
        sql`jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) with ordinality as parent(id, nr)`
      const equal = (column: string, value: string | undefined) =>
        value === undefined ? [] : [sql`${sql.literal(column)} = ${value}`]
      const oneOf = (column: string, values: ReadonlyArray<string> | undefined) =>
        values === undefined ? [] : [among(column, values)]

      return PaymentReads.of({
        sessions: Effect.fn("PaymentReads.sessions")(function* (filter, slice) {
          const { columns, conditions, orderBy, limit } = keyset(sql, sessionOrder, slice)
          const where = sql.and([
            sql`true`,
            ...equal("s.entity_id", filter.entity),
            ...oneOf("s.state", filter.states),
            ...conditions
          ])
          const rows = yield* sql`select session_json(s) as node, ${columns} from payment_sessions s
            where ${where} order by ${orderBy} limit ${limit}`
          return pageOf(slice, (yield* decodeSessionRows(rows)).map(toRow))
        }, answered("PaymentReads.sessions")),

        attempts: Effect.fn("PaymentReads.attempts")(function* (filter, slice) {
          const { columns, conditions, orderBy, limit } = keyset(sql, attemptOrder, slice)
          const where = sql.and([
            sql`true`,
            ...equal("a.session_id", filter.session),
            ...equal("a.entity_id", filter.entity),
            ...equal("a.mid_id", filter.mid),
            ...oneOf("a.state", filter.states),
            ...conditions
          ])
          const rows = yield* sql`select ${sql.literal(attemptJson)} as node, ${columns} from attempts a
            where ${where} order by ${orderBy} limit ${limit}`
          return pageOf(slice, (yield* decodeAttemptRows(rows)).map(toRow))
        }, answered("PaymentReads.attempts")),

        sessionsById: Effect.fn("PaymentReads.sessionsById")(function* (ids) {
          const rows = yield* sql`select session_json(s) as node from payment_sessions s
            where ${among("s.session_id", ids)}`
          return new Map((yield* decodeSessions(rows)).map(({ node }) => [node.id, node]))
        }, answered("PaymentReads.sessionsById")),

        attemptsById: Effect.fn("PaymentReads.attemptsById")(function* (ids) {
          const rows = yield* sql`select ${sql.literal(attemptJson)} as node from attempts a
            where ${among("a.attempt_id", ids)}`
          return new Map((yield* decodeAttempts(rows)).map(({ node }) => [node.id, node]))
        }, answered("PaymentReads.attemptsById")),

        attemptsOf: Effect.fn("PaymentReads.attemptsOf")(function* (sessions, slice) {
          const { columns, conditions, orderBy, limit, turn } = keyset(sql, ordinalOrder, slice)
          const rows = yield* sql`select child.* from ${parents(sessions)} cross join lateral (
              select ${sql.literal(attemptJson)} as node, ${columns}, ${turn} from attempts a
              where ${sql.and([sql`a.session_id = parent.id`, ...conditions])}
              order by ${orderBy} limit ${limit}) child
            order by parent.nr, child.turn`
          return pagesBy(slice, yield* decodeAttemptRows(rows), ({ session }) => session)
        }, answered("PaymentReads.attemptsOf")),

        decisionsOf: Effect.fn("PaymentReads.decisionsOf")(function* (sessions) {
          const rows = yield* sql`select jsonb_build_object('session', d.session_id, 'round', d.round,
              'decision', jsonb_build_object('policyVersion', d.policy_version, 'inputs', d.inputs,
                'chosen', d.chosen, 'leftOut', d.left_out),
              'passedOver', d.passed_over, 'decidedAt', iso(d.decided_at)) as node
            from routing_decisions d where ${among("d.session_id", sessions)} order by d.session_id, d.round`
          const decisions = yield* decodeDecisions(rows)
          return Map.groupBy(
            decisions.map(({ node }) => node),
            ({ session }): string => session
          )
        }, answered("PaymentReads.decisionsOf")),

        evidenceOf: Effect.fn("PaymentReads.evidenceOf")(function* (attempts, slice) {
          const { columns, conditions, orderBy, limit, turn } = keyset(sql, evidenceOrder, slice)
          const rows = yield* sql`select child.* from ${parents(attempts)} cross join lateral (
              select jsonb_build_object('attempt', e.attempt_id, 'nr', e.nr, 'source', e.source,
                'outcome', e.outcome, 'code', e.detail -> 'code', 'message', e.detail -> 'message',
                'heardAt', iso(e.heard_at)) as node, ${columns}, ${turn} from attempt_evidence e
              where ${sql.and([sql`e.attempt_id = parent.id`, ...conditions])}
              order by ${orderBy} limit ${limit}) child
            order by parent.nr, child.turn`
          return pagesBy(slice, yield* decodeEvidenceRows(rows), ({ attempt }) => attempt)
        }, answered("PaymentReads.evidenceOf")),

        refundsOf: Effect.fn("PaymentReads.refundsOf")(function* (sessions, slice) {
          const { columns, conditions, orderBy, limit, turn } = keyset(sql, refundOrder, slice)
          const rows = yield* sql`select child.* from ${parents(sessions)} cross join lateral (
              select refund_json(r) as node, ${columns}, ${turn} from refunds r
              where ${sql.and([sql`r.session_id = parent.id`, ...conditions])}
              order by ${orderBy} limit ${limit}) child
            order by parent.nr, child.turn`
          return pagesBy(slice, yield* decodeRefundRows(rows), ({ session }) => session)
        }, answered("PaymentReads.refundsOf")),

        disputesOf: Effect.fn("PaymentReads.disputesOf")(function* (sessions, slice) {
          const { columns, conditions, orderBy, limit, turn } = keyset(sql, disputeOrder, slice)
          const rows = yield* sql`select child.* from ${parents(sessions)} cross join lateral (
              select dispute_json(d) as node, ${columns}, ${turn} from disputes d
              where ${sql.and([sql`d.session_id = parent.id`, ...conditions])}
              order by ${orderBy} limit ${limit}) child
            order by parent.nr, child.turn`
          return pagesBy(slice, yield* decodeDisputeRows(rows), ({ session }) => session)
        }, answered("PaymentReads.disputesOf")),

        capturesOf: Effect.fn("PaymentReads.capturesOf")(function* (sessions) {
          const rows = yield* sql`select parent.id as session, captures_json(parent.id) as captures
            from ${parents(sessions)}`
          const read = yield* decodeCaptures(rows)
          return new Map(read.map(({ session, captures }) => [session, captures]))
        }, answered("PaymentReads.capturesOf")),

        waitsFor: Effect.fn("PaymentReads.waitsFor")(function* (sessions) {
          const rows = yield* sql`select session_id as session, waits_for(s) as waits from payment_sessions s
            where ${among("s.session_id", sessions)}`
          const read = yield* decodeWaits(rows)
          return new Map(read.map(({ session, waits }) => [session, waits]))
        }, answered("PaymentReads.waitsFor"))
      })
    })
  )
}

const sessionOrder: ListOrder = {
  columns: ["s.created_at", "s.session_id"],
  direction: "descending",
  major: "instant"
}
const attemptOrder: ListOrder = {
  columns: ["a.written_at", "a.attempt_id"],
  direction: "descending",
  major: "instant"
}
const ordinalOrder: ListOrder = {
  columns: ["a.ordinal", "a.attempt_id"],
  direction: "ascending",
  major: "number"
}
const evidenceOrder: ListOrder = {
  columns: ["e.nr", "e.attempt_id"],
  direction: "ascending",
  major: "number"
}

const refundOrder: ListOrder = {
  columns: ["r.ordinal", "r.refund_id"],
  direction: "ascending",
  major: "number"
}
/** A processor may call its dispute anything: a cursor has a digest of it. */
const disputeOrder: ListOrder = {
  columns: ["d.opened_at", "md5(d.mid_id || ' ' || d.dispute_reference)"],
  direction: "descending",
  major: "instant"
}

/** An attempt as {@link AttemptRecord} reads it. */
const attemptJson = `attempt_json(a) || jsonb_strip_nulls(jsonb_build_object('round', a.round,
  'declineKind', a.decline_kind, 'processorReference', a.processor_reference, 'writtenAt', iso(a.written_at),
  'resolvedAt', iso(a.resolved_at)))`

const position = { major: Schema.String, minor: Schema.String }

const decodeSessions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: PaymentSession })))
const decodeAttempts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: AttemptRecord })))
const decodeDecisions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: StoredDecision })))
const decodeSessionRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: PaymentSession, ...position }))
)
const decodeAttemptRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: AttemptRecord, ...position }))
)
const decodeEvidenceRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: HeardEvidence, ...position }))
)

const decodeRefundRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: Refund, ...position }))
)
const decodeDisputeRows = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: Dispute, ...position }))
)
const decodeCaptures = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, captures: Schema.Array(CaptureRow) }))
)

const decodeWaits = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ session: SessionId, waits: Schema.Array(WaitsFor) }))
)

interface ReadRow<Node> {
  readonly node: Node
  readonly major: string
  readonly minor: string
}

const toRow = <Node>({ node, major, minor }: ReadRow<Node>): Page<Node>["rows"][number] => ({
  node,
  position: { major, id: minor }
})

/** The rows of many parents, each parent's together and in their order. */
const pagesBy = <Node>(
  slice: Slice,
  rows: ReadonlyArray<ReadRow<Node>>,
  parentOf: (node: Node) => string
): ReadonlyMap<string, Page<Node>> =>
  new Map(
    [...Map.groupBy(rows, ({ node }) => parentOf(node))].map(([parent, own]) => [
      parent,
      pageOf(slice, own.map(toRow))
    ])
  )
