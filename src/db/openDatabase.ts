import { Effect, Redacted, Schema, type Scope } from "effect"
import { Digest } from "effect/crypto"
import { type Migrator, SqlError } from "effect/sql"
import * as Database from "./Database.ts"
import { type EmbeddedPostgresError, start } from "./embedded/EmbeddedPostgres.ts"
import { migrate } from "./migrate.ts"
import { seed } from "./seed.ts"

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

/** The embedded PostgreSQL, or the one that the operator names; migrated, and seeded if asked to. */
export const openDatabase = Effect.fn("openDatabase")(function* (settings: {
  readonly databaseUrl: Redacted.Redacted | undefined
  readonly dataDirectory: string
  readonly seed: boolean
}): Effect.fn.Return<
  OpenDatabase,
  EmbeddedPostgresError | DatabaseUnreachable | Migrator.MigrationError | SqlError.SqlError,
  Scope.Scope
> {
  const database =
    settings.databaseUrl === undefined ? yield* embedded(settings.dataDirectory) : given(settings.databaseUrl)
  yield* checkVersion.pipe(Effect.provide(Database.administrator(database.url)), Effect.mapError(explained))
  yield* migrate.pipe(
    Effect.provide(Database.administrator(database.url)),
    Effect.mapError(explained)
  )
  if (settings.seed) {
    const owner = Database.layer({ url: database.url, role: "payments_owner", maxConnections: 1 })
    yield* Effect.provide(seed, [owner, Digest.layerWebCrypto])
  }
  return database
})

const unreachable: ReadonlySet<string> = new Set([
  "ConnectionError",
  "AuthenticationError",
  "AuthorizationError"
])

const given = (url: Redacted.Redacted): OpenDatabase => ({ url, notes: [], watch: Effect.never })

const embedded = Effect.fnUntraced(function* (dataDirectory: string) {
  const running = yield* start({ dataDirectory })
  const notes =
    running.restartNotice === undefined ? running.notes : [...running.notes, running.restartNotice]
  const database: OpenDatabase = { url: Redacted.make(running.url()), notes, watch: running.watch }
  return database
})

const problemOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
