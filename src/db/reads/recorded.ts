import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { MidId, SessionId } from "../../kernel/ids.ts"
import { Currency } from "../../kernel/Money.ts"
import { RoutingDecision } from "../../kernel/routing/RoutingPolicyEngine.ts"
import { answered } from "../steps.ts"
import type { Days } from "./figures.ts"
import type { ReadScope } from "./ReadScope.ts"
import { where } from "./where.ts"

const Recorded = Schema.Struct({
  session: SessionId,
  round: Schema.Int,
  /** Milliseconds since 1970. */
  at: Schema.Number,
  decision: RoutingDecision
})
export type Recorded = typeof Recorded.Type

/** An attempt, and the decision that was written with it; null where an earlier attempt of its round was. */
const Tried = Schema.Struct({
  attempt: Schema.String,
  /** Microseconds, as text: where the next batch begins. */
  micros: Schema.String,
  recorded: Schema.NullOr(Recorded)
})
export type Tried = typeof Tried.Type

const Captured = Schema.Struct({
  mid: MidId,
  at: Schema.Number,
  amount: Schema.Int,
  currency: Currency
})

const decodeRecorded = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: Tried })))
const decodeCaptured = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node: Captured })))

const instant = (sql: SqlClient.SqlClient, micros: string) =>
  sql`timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond'`

/** What was decided and captured, in the order of time and in batches, for whoever replays it. */
export const recordedReads = (sql: SqlClient.SqlClient) => {
  const { equal, oneOf, inScope } = where(sql)

  return {
    /**
     * Attempts of the window in the order of time, after the one that is named, each with the decision that was written
     * with it. A batch is of attempts, so that it reads as many rows as it has, whatever they were decided by.
     */
    recordedDecisions: Effect.fn("PaymentReads.recordedDecisions")(function* (
      scope: ReadScope,
      { from, until }: Days,
      filter: { readonly entity?: string | undefined },
      after: Tried | undefined,
      size: number
    ) {
      const conditions = [
        sql`a.written_at >= ${from}::timestamp at time zone 'UTC'`,
        sql`a.written_at < ${until}::timestamp at time zone 'UTC'`,
        ...equal("a.entity_id", filter.entity),
        ...inScope("a", scope),
        ...(after === undefined
          ? []
          : [sql`(a.written_at, a.attempt_id) > (${instant(sql, after.micros)}, ${after.attempt})`])
      ]
      const rows = yield* sql`select jsonb_build_object('attempt', tried.attempt_id,
          'micros', ((extract(epoch from tried.written_at) * 1000000)::bigint)::text,
          'recorded', (select jsonb_build_object('session', d.session_id, 'round', d.round,
              'at', extract(epoch from d.decided_at) * 1000, 'decision', jsonb_build_object(
                'policyVersion', d.policy_version, 'inputs', d.inputs, 'chosen', d.chosen, 'leftOut', d.left_out))
            from routing_decisions d
            where d.session_id = tried.session_id and d.round = tried.round and d.decided_at = tried.written_at)) as node
        from (select a.attempt_id, a.session_id, a.round, a.written_at from attempts a
          where ${sql.and(conditions)} order by a.written_at, a.attempt_id limit ${String(size)}::integer) tried
        order by tried.written_at, tried.attempt_id`
      return (yield* decodeRecorded(rows)).map(({ node }) => node)
    }, answered("PaymentReads.recordedDecisions")),

    /** What a caller sees captured on some accounts from one instant on and before another, in the order of time. */
    recordedCaptures: Effect.fn("PaymentReads.recordedCaptures")(function* (
      scope: ReadScope,
      mids: ReadonlyArray<string>,
      from: string,
      until: string
    ) {
      const rows =
        yield* sql`select jsonb_build_object('mid', c.mid_id, 'at', extract(epoch from c.captured_at) * 1000,
          'amount', c.amount, 'currency', c.currency) as node
        from captures c where ${sql.and([
          ...oneOf("c.mid_id", mids),
          ...inScope("c", scope),
          sql`c.captured_at >= ${instant(sql, from)}`,
          sql`c.captured_at < ${instant(sql, until)}`
        ])} order by c.captured_at`
      return (yield* decodeCaptured(rows)).map(({ node }) => node)
    }, answered("PaymentReads.recordedCaptures")),

    /** What a caller sees captured on some accounts from the beginning of a day's month on until that day, by currency. */
    capturedBefore: Effect.fn("PaymentReads.capturedBefore")(function* (
      scope: ReadScope,
      mids: ReadonlyArray<string>,
      day: string
    ) {
      const until = sql`${day}::timestamp`
      const rows =
        yield* sql`select jsonb_build_object('mid', c.mid_id, 'amount', sum(c.amount), 'currency', c.currency,
          'at', extract(epoch from date_trunc('month', ${until}) at time zone 'UTC') * 1000) as node
        from captures c where ${sql.and([
          ...oneOf("c.mid_id", mids),
          ...inScope("c", scope),
          sql`c.captured_at >= date_trunc('month', ${until}) at time zone 'UTC'`,
          sql`c.captured_at < ${until} at time zone 'UTC'`
        ])} group by c.mid_id, c.currency`
      return (yield* decodeCaptured(rows)).map(({ node }) => node)
    }, answered("PaymentReads.capturedBefore"))
  }
}
