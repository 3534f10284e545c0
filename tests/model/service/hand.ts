// What no door does: lets time pass, and looks into the records and into the gateways' own books. It works as the
// database's administrator, whom neither the service nor the gateways know of.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { resume as resumeStatements } from "../../db/support/changeScene.ts"

/** A capture in our records, or in the books of a gateway. */
export interface Capture {
  readonly session: string
  readonly mid: string
  readonly amount: number
  readonly currency: string
}

/** One line of a gateway's books about a charge. */
export interface Line extends Capture {
  readonly ordinal: number
  readonly kind: "captured" | "declined"
}

export const makeHand = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  /**
   * Every time that is still to come or still counts becomes earlier: for whoever reads them that is the same as a
   * clock that went on. The triggers that forbid such a change are off for this one transaction.
   */
  const timePasses = (ms: number) =>
    Effect.gen(function* () {
      const passed = sql`${ms}::float8 * interval '1 millisecond'`
      yield* sql`set local session_replication_role = replica`
      yield* sql`update stub_gateway.entries e set moves_at = moves_at - ${passed}, created_at = created_at - ${passed}
        where moves_at > now() or exists (
          select from payments.attempts a
          where a.idempotency_key = e.idempotency_key and a.state in ('in_flight', 'indeterminate'))`
      yield* sql`update payments.attempts set written_at = written_at - ${passed},
          lease_until = lease_until - ${passed}, next_check_at = next_check_at - ${passed}
        where state in ('in_flight', 'indeterminate')`
      yield* sql`update payments.payment_sessions set expires_at = expires_at - ${passed}
        where state in ('pending', 'processing', 'in_review')`
    }).pipe(sql.withTransaction)

  /** The wait between two lookups is over for every attempt that is unknown. */
  const allDue = sql`update payments.attempts set next_check_at = now() where state = 'indeterminate'`

  const sessionOfKey = sql.literal("split_part(idempotency_key, '-', 1)")

  /** What the gateways wrote into their books about charges of some sessions, as far as it has happened. */
  const books = (sessions: ReadonlyArray<string>) => sql<Line>`
    select ${sessionOfKey} as session, split_part(idempotency_key, '-', 2)::integer as ordinal, kind, mid,
      amount::float8 as amount, currency
    from stub_gateway.entries
    where operation = 'charge' and (kind = 'declined' or moves_at <= now()) and ${sessionOfKey} in ${sql.in(sessions)}`

  const ofSessions = (sessions: ReadonlyArray<string>) => sql.in("session_id", sessions)

  /** The gateways' books of some sessions, and our captures, postings, incidents and what is not at an end. */
  const truthOf = (sessions: ReadonlyArray<string>) =>
    Effect.all([
      books(sessions),
      sql<Capture>`select session_id as session, mid_id as mid, amount::float8 as amount, currency
        from payments.captures where ${ofSessions(sessions)}`,
      sql<{ readonly session: string; readonly amount: number }>`
        select session_id as session, amount::float8 as amount from payments.postings
        where ${ofSessions(sessions)}`,
      sql<{ readonly session: string; readonly incidents: number }>`
        select session_id as session, count(*)::integer as incidents from payments.incidents
        where ${ofSessions(sessions)} group by session_id`,
      sql<{ readonly session: string; readonly state: string }>`
        select session_id as session, state from payments.payment_sessions
        where state in ('pending', 'processing', 'in_review') and ${ofSessions(sessions)}`
    ])

  /** Sessions of the whole database for which money moved twice. */
  const doubleCharges = sql<{ readonly session: string; readonly captures: number }>`
    select ${sessionOfKey} as session, count(*)::integer as captures from stub_gateway.entries
    where kind = 'captured' group by 1 having count(*) > 1`

  /** Ends by force what a run left that failed, so that the next one does not stumble over it. */
  const sweep = Effect.gen(function* () {
    yield* sql`set local session_replication_role = replica`
    yield* sql`update payments.attempts set state = 'absent', resolved_at = now(), next_check_at = null,
        evidence = coalesce(evidence, '{}') where state in ('in_flight', 'indeterminate')`
    yield* sql`update payments.payment_sessions set state = 'failed'
      where state in ('pending', 'processing', 'in_review')`
    return yield* sql<{ readonly mid: string }>`
      select mid_id as mid from payments.merchant_accounts where kill_switch`
  }).pipe(sql.withTransaction)

  /** Two operators let an account send again. */
  const resume = (mid: string) =>
    Effect.gen(function* () {
      yield* sql`set local search_path to payments, pg_temp`
      for (const statement of resumeStatements(mid)) yield* sql.unsafe(statement)
    }).pipe(sql.withTransaction)

  const auditFaults = sql`select * from payments.audit_faults()`

  return { timePasses, allDue, sweep, books, truthOf, doubleCharges, resume, auditFaults }
})

export type Hand = Effect.Success<typeof makeHand>
