/**
 * PostgreSQL without an installation: the server that comes as an npm package, started, kept and stopped by
 * this process.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Binaries, binariesFor } from "./Binaries.ts"
import { ensureCluster } from "./Cluster.ts"
import { type DataPlace, dataPlace, temporaryPlace } from "./DataPlace.ts"
import { holdDirectory, writeOwner } from "./DirectoryLock.ts"
import { type EmbeddedPostgresError, refuse, StartupFailed } from "./EmbeddedPostgresError.ts"
import { giveTo, makeTemporaryFolder, onFiles } from "./folders.ts"
import { guard } from "./guardian.ts"
import { clearLeftovers } from "./leftovers.ts"
import { startPostmaster } from "./Postmaster.ts"

export * from "./EmbeddedPostgresError.ts"

/** Where the data lives: in a folder that stays, or in one that ends with the scope (or with the process). */
export type StartOptions = ({ readonly dataDirectory: string } | { readonly temporary: true }) & {
  /** Settings of PostgreSQL that replace or extend the defaults, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A PostgreSQL that accepts connections until its scope closes. */
export interface RunningPostgres {
  /** The address for a client; database `payments` and superuser `postgres` unless told otherwise. */
  readonly url: (database?: string, user?: string) => string
  /** The folder that really holds the data (in `cluster`) and the log (`postgres.log`). */
  readonly dataDirectory: string
  /** The private folder of the socket, the only way in. */
  readonly socketDirectory: string
  readonly binaries: Pick<Binaries, "postgres" | "initdb" | "pg_ctl">
  readonly pid: number
  /** Fails when PostgreSQL ends before the scope closes. */
  readonly watch: Effect.Effect<never, EmbeddedPostgresError>
  /** What a person should know, such as where the data lives and why it is not where it was wanted. */
  readonly notes: ReadonlyArray<string>
  /** What the start found of a server that had not been stopped properly. */
  readonly restartNotice?: string
}

const port = 5432

const defaults = (socketDirectory: string): Readonly<Record<string, string>> => ({
  listen_addresses: "",
  port: String(port),
  unix_socket_directories: socketDirectory,
  unix_socket_permissions: "0700",
  max_connections: "100",
  // A permit to send money out is a commit: it must be on the disk before the call is made.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  jit: "off"
})

/**
 * Starts a PostgreSQL of our own and makes the database `payments` if it is missing. Closing the scope stops
 * it. What an earlier server left behind after a kill -9 is cleared away first; a data directory that a living
 * server owns is refused with `DataDirectoryInUse`.
 *
 * As root it runs as another user, because PostgreSQL refuses root; see `notes` for where the data then is.
 */
export const start = (
  options: StartOptions
): Effect.Effect<RunningPostgres, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const temporary = "temporary" in options
    const place = temporary ? yield* temporaryPlace : yield* dataPlace(options.dataDirectory)
    const { directory, account } = place
    const last = yield* temporary ? guard(directory) : holdDirectory(directory)
    const binaries = yield* binariesFor(account)
    const restartNotice = temporary ? undefined : yield* clearLeftovers(directory, last)
    yield* ensureCluster(directory, account, binaries, temporary)
    const socketDirectory = yield* temporary ? socketInside(place) : socketOutside(place)
    const settings = { ...defaults(socketDirectory), ...options.settings }
    const { pid, watch } = yield* startPostmaster({ dataDirectory: directory, account, binaries, settings })
    const url = (database = "payments", user = "postgres") =>
      `postgres:///${encodeURIComponent(database)}?host=${socketDirectory}&port=${port}&user=${encodeURIComponent(user)}`
    yield* ensureDatabase(directory, url("postgres"))
    return {
      url,
      dataDirectory: directory,
      socketDirectory,
      binaries,
      pid,
      watch,
      notes: place.notes,
      ...(restartNotice === undefined ? {} : { restartNotice })
    }
  }).pipe(Effect.withSpan("EmbeddedPostgres.start"))

/** The socket of a temporary database: removed together with the rest of it. */
const socketInside = ({ directory, account }: DataPlace) => {
  const folder = join(directory, "socket")
  return onFiles(folder, () => {
    mkdirSync(folder, { mode: 0o700 })
    giveTo(account, folder)
    return folder
  })
}

/** The socket of a lasting database: in a short folder, for a socket's path may not be long. */
const socketOutside = ({ directory, account }: DataPlace) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const folder = yield* makeTemporaryFolder(account)
      return yield* onFiles(folder, () => {
        writeOwner(directory, folder)
        giveTo(account, folder)
        return folder
      })
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

const ensureDatabase = (dataDirectory: string, url: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    const found = yield* sql`SELECT 1 FROM pg_database WHERE datname = 'payments'`
    if (found.length === 0) yield* sql`CREATE DATABASE payments`
  }).pipe(
    Effect.scoped,
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    Effect.mapError((error) =>
      refuse(
        new StartupFailed({
          dataDirectory,
          logFile: join(dataDirectory, "postgres.log"),
          output: `The database "payments" could not be made: ${String(error.reason.cause)}`
        })
      )
    )
  )
