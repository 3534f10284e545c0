import { Effect, Redacted, Schema } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient, type SqlError } from "effect/sql"
import { join } from "node:path"
import * as Database from "../../src/db/Database.ts"
import { clusterIn } from "../../src/db/embedded/DataPlace.ts"
import { type RunningPostgres, start } from "../../src/db/embedded/EmbeddedPostgres.ts"
import { run } from "../../src/db/embedded/processes.ts"
import { isRoot, serviceAccount } from "../../src/db/embedded/ServiceAccount.ts"
import { migrate } from "../../src/db/migrate.ts"
import { seed } from "../../src/db/seed.ts"

class PgCtlFailed extends Schema.TaggedError<PgCtlFailed>()("PgCtlFailed", { output: Schema.String }) {
  override get message(): string {
    return `pg_ctl: ${this.output}`
  }
}

/** The two databases of a run: the one that faults are done to, and the far end, which outlives them. */
export interface Databases {
  /** The socket of ours: the end of every line. */
  readonly socketPath: string
  /** `pg_ctl stop -m immediate`: no checkpoint, nothing is flushed. */
  readonly stopImmediately: Effect.Effect<void, PgCtlFailed>
  /** Starts it again, which recovers from its log. */
  readonly startAgain: Effect.Effect<void, PgCtlFailed>
  /** Ends connections of the app from within PostgreSQL; answers how many. */
  readonly endConnections: Effect.Effect<number, SqlError.SqlError>
  /** One statement as administrator of ours, for what is kept of a failing run. */
  readonly rows: (
    statement: string,
    values: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>
  /** The address of the gateways' books. */
  readonly booksUrl: Redacted.Redacted
  /** What ours said: when it was started first, and since. */
  readonly logs: ReadonlyArray<string>
}

/** Ours is set as in production: what is committed is on the disk. The far end never stops, so it need not be. */
export const openDatabases = Effect.gen(function* () {
  const [ours, far] = yield* Effect.all(
    [
      start({ temporary: true }),
      start({ temporary: true, settings: { fsync: "off", full_page_writes: "off" } })
    ],
    { concurrency: 2 }
  )
  const url = Redacted.make(ours.url())
  const booksUrl = Redacted.make(far.url())
  yield* Effect.provide(migrate, Database.administrator(url))
  yield* Effect.provide(seed("stub"), [
    Database.layer({ url, role: "payments_owner", maxConnections: 1 }),
    Digest.layerWebCrypto
  ])
  yield* Effect.provide(migrate, Database.administrator(booksUrl))
  const control = yield* pgCtl(ours)
  // PostgreSQL's own user starts it again, and can write there.
  const log = join(clusterIn(ours.dataDirectory), "restarts.log")
  const databases: Databases = {
    socketPath: join(ours.socketDirectory, ".s.PGSQL.5432"),
    stopImmediately: control("stop", "-m", "immediate"),
    // The same options as when it was started: pg_ctl keeps them for a restart.
    startAgain: control("restart", "-w", "-t", "120", "-l", log),
    endConnections: onOurs(url, (sql) =>
      Effect.map(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'payments_app'`,
        (ended) => ended.length
      )
    ),
    rows: (statement, values) => onOurs(url, (sql) => sql.unsafe(statement, values)),
    booksUrl,
    logs: [join(ours.dataDirectory, "postgres.log"), log]
  }
  return databases
})

const onOurs = <A>(
  url: Redacted.Redacted,
  act: (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError.SqlError>
) => Effect.flatMap(SqlClient.SqlClient, act).pipe(Effect.provide(Database.administrator(url)))

const pgCtl = Effect.fnUntraced(function* ({ binaries, dataDirectory }: RunningPostgres) {
  const account = isRoot() ? yield* serviceAccount : undefined
  return (command: string, ...options: ReadonlyArray<string>): Effect.Effect<void, PgCtlFailed> =>
    run(binaries.pg_ctl, [command, "-D", clusterIn(dataDirectory), "-s", ...options], account).pipe(
      Effect.filterOrFail(
        ({ code }) => code === 0,
        ({ output }) => new PgCtlFailed({ output })
      ),
      Effect.asVoid,
      Effect.uninterruptible
    )
})
