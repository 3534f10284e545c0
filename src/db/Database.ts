import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, type Layer, Redacted } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { temporaryPrefix } from "./embedded/folders.ts"

/** The roles of the migrations. Each connection has one from its start; the app's owns nothing. */
export type Role = "payments_owner" | "payments_app" | "payments_stub" | "payments_cluster"

const schemaOf: Record<Role, string> = {
  payments_owner: "payments",
  payments_app: "payments",
  payments_stub: "stub_gateway",
  payments_cluster: "cluster"
}

/**
 * Bounds that PostgreSQL leaves open by default, in milliseconds. A money step takes a few milliseconds; what
 * waits longer than this is answered as unknown rather than held on to.
 */
const bounds = {
  statement_timeout: "10000",
  lock_timeout: "5000",
  idle_in_transaction_session_timeout: "10000",
  transaction_timeout: "30000"
}

export interface DatabaseSettings {
  /** Where PostgreSQL is: a postgres:// address, of a server or of a socket's folder. */
  readonly url: Redacted.Redacted
  readonly role: Role
  readonly maxConnections: number
  /** What the pool is called where it is measured; by its role if nothing is said. */
  readonly name?: string
}

/**
 * The embedded PostgreSQL is known by the folder of its socket. There, those roles that serve log in as themselves,
 * so that no statement can climb back to a stronger one. Any other PostgreSQL is entered as the user that the
 * address names, who takes the role on: a statement of somebody else's making could lay it down again.
 */
const logsInAs = (url: Redacted.Redacted, role: Role): boolean => {
  const socket = new URL(Redacted.value(url)).searchParams.get("host") ?? ""
  return role !== "payments_owner" && socket.split("/").some((part) => part.startsWith(temporaryPrefix))
}

const poolConfig = ({ url, role, maxConnections, name = role }: DatabaseSettings): PgClient.PgPoolConfig => ({
  url,
  spanAttributes: { "db.pool": name },
  ...(logsInAs(url, role) ? { username: role } : {}),
  maxConnections,
  applicationName: role,
  // A line that was cut without a word is noticed while nobody asks anything.
  keepAlive: Duration.seconds(30),
  // Never multiplexed: commits of several charges would queue behind each other on one connection.
  multiplex: false,
  startupParameters: {
    ...bounds,
    role,
    search_path: schemaOf[role],
    synchronous_commit: "on",
    timezone: "UTC",
    // The app reads by index, whatever the statistics say: plans that were made while a table was empty are kept
    // by a connection and would scan it when it has grown.
    ...(role === "payments_app" ? { enable_seqscan: "off" } : {})
  }
})

/** A pool of connections in one role. */
export const layer = (
  settings: DatabaseSettings
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError.SqlError> =>
  PgClient.layer(poolConfig(settings))

/** One connection as whoever the address names: for migrations, which make the roles. */
export const administrator = (
  url: Redacted.Redacted
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError.SqlError> =>
  PgClient.layer({
    url,
    maxConnections: 1,
    applicationName: "payments_migrations",
    connectTimeout: Duration.seconds(10)
  })

/** Makes a database, as a copy of another one if told so. Needs an administrator of another database. */
export const createDatabase = (
  name: string,
  template = "template1"
): Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create database ${sql(name)} template ${sql(template)}`
  })

/** Drops a database and whoever is still connected to it. */
export const dropDatabase = (name: string): Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`drop database if exists ${sql(name)} with (force)`
  })
