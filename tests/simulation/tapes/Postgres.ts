import { Context, Effect, Layer, type Result } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { readFileSync } from "node:fs"
import * as Database from "../../../src/db/Database.ts"
import * as OutboxPg from "../../../src/db/OutboxPg.ts"
import * as PaymentLedgerPg from "../../../src/db/PaymentLedgerPg.ts"
import * as RefundLedgerPg from "../../../src/db/RefundLedgerPg.ts"
import type { SessionId } from "../../../src/kernel/ids.ts"
import { Outbox } from "../../../src/kernel/Outbox.ts"
import { type LedgerUnavailable, PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { RefundLedger } from "../../../src/kernel/refunds/RefundLedger.ts"
import type { SessionDeclaration } from "../../../src/kernel/PaymentSession.ts"
import type { Store } from "../../../src/layers/memory/Store.ts"
import { seedRows } from "../../db/support/seedRows.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { type Change, change } from "./operator.ts"
import type { Ports } from "./statements.ts"

const schema = readFileSync(new URL("tapeSchema.sql", import.meta.url), "utf8")

/** The tapes tell of what a change does to charges, and not of how many persons it takes. */
const aloneDoes = `do $alone$ begin
  alter table payments.merchant_accounts disable trigger guard_account_loosened;
  alter table payments.mid_underwriting disable trigger guard_underwriting;
end $alone$`

/** A real PostgreSQL that goes by the clock of a tape, behind the shipped layers and under the app's own role. */
export class Postgres extends Context.Service<
  Postgres,
  {
    readonly ports: Ports
    /** A connection as the owner of everything. */
    readonly owner: SqlClient.SqlClient
    /** Nothing has happened, and those of the scene trade. */
    readonly begin: (scene: Store) => Effect.Effect<void>
    /** Does something at a time of the database's clock. */
    readonly at: <A>(
      millis: number,
      does: Effect.Effect<A, LedgerUnavailable>
    ) => Effect.Effect<Result.Result<A, LedgerUnavailable>>
    /** Changes an account as its operator; answers what of it was possible. */
    readonly change: (mid: string, change: Change, at: number) => Effect.Effect<Change>
    /** What a process reads that does not remember the session. */
    readonly declaration: (id: SessionId) => Effect.Effect<SessionDeclaration | undefined, LedgerUnavailable>
    /** Everything that is written of the sessions. */
    readonly standing: Effect.Effect<unknown>
  }
>()("payment-orchestration/tests/simulation/tapes/Postgres") {
  static readonly layer: Layer.Layer<Postgres, SqlError.SqlError> = Layer.effect(
    Postgres,
    Effect.suspend(() => make)
  ).pipe(Layer.provide(TestDatabase.layer))
}

const make = Effect.gen(function* () {
  const { url, connect } = yield* TestDatabase
  const administrator = yield* Layer.build(Database.administrator(url))
  yield* Context.get(administrator, SqlClient.SqlClient).unsafe(`do $tape$ begin ${schema} end $tape$`)
  yield* Context.get(administrator, SqlClient.SqlClient).unsafe(aloneDoes)
  const owner = Context.get(yield* Layer.build(connect("payments_owner", 1)), SqlClient.SqlClient)
  // One connection: the clock is a setting of it.
  const app = yield* Layer.build(connect("payments_app", 1))
  const sql = Context.get(app, SqlClient.SqlClient)
  const steps = Layer.mergeAll(PaymentLedgerPg.layer, OutboxPg.layer, RefundLedgerPg.layer)
  const services = yield* Layer.build(steps).pipe(Effect.provideContext(app))
  const anotherProcess = Effect.map(Layer.build(Layer.fresh(PaymentLedgerPg.layer)), (built) =>
    Context.get(built, PaymentLedger)
  ).pipe(Effect.provideContext(app), Effect.scoped)

  return {
    owner,
    ports: {
      ledger: Context.get(services, PaymentLedger),
      outbox: Context.get(services, Outbox),
      refunds: Context.get(services, RefundLedger)
    },

    begin: (scene) =>
      Effect.orDie(
        Effect.gen(function* () {
          yield* owner`select tape.empty()`
          yield* owner`select tape.empty_registry()`
          const { entities, brands, accounts } = scene
          yield* seedRows(owner, {
            entities: [...entities.values()],
            brands: [...brands.values()],
            accounts: [...accounts.values()]
          })
        })
      ),

    at: (millis, does) =>
      sql`select set_config('tape.now', ${new Date(millis).toISOString()}, false)`.pipe(
        Effect.orDie,
        Effect.andThen(Effect.result(does))
      ),

    change: (mid, edit, at) => Effect.orDie(change(owner, mid, edit, at)),
    declaration: (id) => Effect.flatMap(anotherProcess, (ledger) => ledger.declaration(id)),
    standing: Effect.orDie(
      Effect.flatMap(owner<{ readonly standing: unknown }>`select tape.standing() as standing`, ([row]) =>
        Effect.succeed(row?.standing)
      )
    )
  } satisfies Postgres["Service"]
})
