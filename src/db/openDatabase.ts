import { Effect, Redacted, Schema, type Scope } from "effect"
import { Digest } from "effect/crypto"
import { type Migrator, SqlClient, SqlError } from "effect/sql"
import * as Database from "./Database.ts"
import { type EmbeddedPostgresError, start } from "./embedded/EmbeddedPostgres.ts"
import { migrate } from "./migrate.ts"
import { type Seed, seed } from "./seed.ts"

/** A database that this version of the service can work on, and what a person should know about it. */
export interface OpenDatabase {
  readonly url: Redacted.Redacted
  readonly notes: ReadonlyArray<string>
  /** Fails when the embedded PostgreSQL ends by itself. */
  readonly watch: Effect.Effect<never, EmbeddedPostgresError>
}

/** The PostgreSQL of `DATABASE_URL` cannot be reached or refuses us. */
export class DatabaseUnreachable extends Schema.TaggedError<DatabaseUnreachable>()("DatabaseUnreachable", {
  problem: Schema.String
}) {
  override get message(): string {
    return `The database of DATABASE_URL cannot be used: ${this.problem}. Correct the address, or leave it out to run on the embedded PostgreSQL.`
  }
}

/** The database of `DATABASE_URL` could not be brought to this version's shape. It is as it was. */
export class MigrationRefused extends Schema.TaggedError<MigrationRefused>()("MigrationRefused", {
  problem: Schema.String
}) {
  override get message(): string {
    return `The database of DATABASE_URL could not be migrated, and is as it was: ${this.problem}. The user of the address has to own the database and may make roles: a superuser, or one with CREATEROLE.`
  }
}

/** The embedded PostgreSQL, or the one that the operator names; migrated, and seeded if asked to. */
export const openDatabase = Effect.fn("openDatabase")(function* (settings: {
  readonly databaseUrl: Redacted.Redacted | undefined
  readonly dataDirectory: string
  /** Nothing is seeded without it. */
  readonly seed: Seed | undefined
  readonly publicOrigin: string
  readonly loopbackOnly: boolean
}): Effect.fn.Return<
  OpenDatabase,
  | EmbeddedPostgresError
  | DatabaseUnreachable
  | MigrationRefused
  | Migrator.MigrationError
  | SqlError.SqlError,
  Scope.Scope
> {
  const database =
    settings.databaseUrl === undefined ? yield* embedded(settings.dataDirectory) : given(settings.databaseUrl)
  const administrator = Database.administrator(database.url)
  yield* checkVersion.pipe(
    Effect.provide(administrator),
    Effect.catchIf(SqlError.isSqlError, ({ reason }) =>
      Effect.fail(new DatabaseUnreachable({ problem: messageOf(reason.cause) }))
    )
  )
  yield* migrate.pipe(
    Effect.provide(administrator),
    Effect.mapError((error) =>
      settings.databaseUrl === undefined ? error : new MigrationRefused({ problem: deepest(error) })
    )
  )
  if (settings.seed !== undefined) {
    const owner = Database.layer({ url: database.url, role: "payments_owner", maxConnections: 1 })
    yield* Effect.provide(seed(settings.seed, settings.loopbackOnly ? [settings.publicOrigin] : []), [
      owner,
      Digest.layerWebCrypto
    ])
  }
  return database
})

/** The oldest PostgreSQL that this version is tried on. */
const oldestVersion = 18

const checkVersion = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{
    readonly version: string
  }>`select current_setting('server_version') as version`
  if (Number.parseInt(found?.version ?? "", 10) >= oldestVersion) return
  const problem = `it is PostgreSQL ${found?.version ?? "of an unknown version"}, and this service needs ${oldestVersion} or later`
  return yield* new DatabaseUnreachable({ problem })
})

const given = (url: Redacted.Redacted): OpenDatabase => ({ url, notes: [], watch: Effect.never })

const embedded = Effect.fnUntraced(function* (dataDirectory: string) {
  const running = yield* start({ dataDirectory })
  const notes =
    running.restartNotice === undefined ? running.notes : [...running.notes, running.restartNotice]
  const database: OpenDatabase = { url: Redacted.make(running.url()), notes, watch: running.watch }
  return database
})

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What PostgreSQL itself said, under the layers that only say that something failed. */
const deepest = (error: unknown): string => {
  const inner = SqlError.isSqlError(error)
    ? error.reason.cause
    : error instanceof Error
      ? error.cause
      : undefined
  return inner === undefined ? messageOf(error) : deepest(inner)
}
