import { Effect, Layer, type Redacted } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { pgStubGatewayLedger } from "../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"

export interface LaunderingTry {
  readonly by: string
  readonly answer: string
  readonly refused: boolean
}

/** What our records say and what the gateways' own books say; minor units. */
export interface Comparison {
  readonly ours: { readonly captured: number; readonly refunded: number }
  readonly gateways: { readonly captured: number; readonly refunded: number; readonly doubleCharges: number }
}

/** Looks behind the doors: straight into the database, around all code of the service. */
export interface Books {
  readonly launderingTries: Effect.Effect<ReadonlyArray<LaunderingTry>, SqlError.SqlError>
  readonly comparison: Effect.Effect<Comparison, SqlError.SqlError>
}

export const openBooks = (url: Redacted.Redacted): Books => {
  const as = (role: Database.Role) => Database.layer({ url, role, maxConnections: 1 })

  const tried = (
    by: string,
    role: Database.Role,
    write: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>
  ) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(write(sql))).pipe(
      Effect.as<LaunderingTry>({ by, answer: "it was written", refused: false }),
      Effect.catch((error) =>
        Effect.succeed<LaunderingTry>({ by, answer: `“${messageOf(error)}”`, refused: true })
      ),
      Effect.provide(as(role))
    )

  /** What a program would write that has lost its mind: a session of one company, sent to another one's account. */
  const attemptElsewhere = (sql: SqlClient.SqlClient) => sql`
    insert into attempts (attempt_id, session_id, ordinal, round, mid_id, entity_id, provider, category, brand_id,
      amount, currency, vault_id, token_ref, idempotency_key, state, fence, lease_until)
    select 'at_' || substr(session_id, 4) || '_99', session_id, 99, round, 'mid_goods_1', 'loop_goods', 'stub_a',
      category, brand_id, amount, currency, 'stub', 'tok_captured', 'laundering', 'in_flight', fence, now()
    from payment_sessions where state in ('processing', 'pending') and entity_id = 'loop_bio_labs' limit 1`

  const sessionElsewhere = (sql: SqlClient.SqlClient) => sql`
    insert into payment_sessions (session_id, entity_id, brand_id, customer_id, category, amount, currency, mode,
      intent, theme, metadata, expires_at)
    select 'ps_00000000000000000000000000', 'loop_goods', 'loop-store', customer_id, category, amount, currency, mode,
      intent, theme, metadata, now() + interval '1 hour'
    from payment_sessions where category = 'ruo_compounds' limit 1`

  const begin = (sql: SqlClient.SqlClient) => sql`
    update payment_sessions set state = 'processing', fence = fence + 1
    where state = 'pending' and entity_id = 'loop_bio_labs'`

  return {
    launderingTries: Effect.all([
      tried("around the code, in the app's role", "payments_app", attemptElsewhere),
      tried("as the owner, a session of the merchandise company", "payments_owner", sessionElsewhere),
      tried("as the owner, an attempt on its account", "payments_owner", (sql) =>
        Effect.andThen(begin(sql), attemptElsewhere(sql))
      )
    ]),

    comparison: Effect.gen(function* () {
      const [ours] = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        return yield* sql<{ readonly captured: number; readonly refunded: number }>`
          select coalesce(sum(amount) filter (where debit_account = 'processor_receivable'), 0)::float8 as captured,
            coalesce(sum(amount) filter (where credit_account = 'processor_receivable'), 0)::float8 as refunded
          from postings`
      }).pipe(Effect.provide(as("payments_app")))
      const totals = yield* Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        return yield* ledger.totals
      }).pipe(Effect.provide(pgStubGatewayLedger.pipe(Layer.provide(as("payments_stub")))), Effect.orDie)
      const sum = (amounts: ReadonlyArray<number>) => amounts.reduce((total, amount) => total + amount, 0)
      return {
        ours: { captured: ours?.captured ?? 0, refunded: ours?.refunded ?? 0 },
        gateways: {
          captured: sum(totals.byCurrency.map(({ captured }) => captured)),
          refunded: sum(totals.byCurrency.map(({ refunded }) => refunded)),
          doubleCharges: totals.doubleCharges.length
        }
      }
    })
  }
}

const messageOf = (error: SqlError.SqlError): string => {
  const cause = error.reason.cause
  return cause instanceof Error ? cause.message : String(cause)
}
