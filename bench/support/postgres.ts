import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { start } from "../../src/db/embedded/EmbeddedPostgres.ts"
import { migrate } from "../../src/db/migrate.ts"
import { seed } from "../../src/db/seed.ts"

/** The one PostgreSQL of a run: everything on the disk before it is acknowledged, as in production. */
export const postgres = Effect.fnUntraced(function* () {
  const running = yield* start({
    temporary: true,
    settings: { fsync: "on", max_connections: "300", max_wal_size: "4GB", shared_buffers: "512MB" }
  })
  const administrator = Database.administrator(Redacted.make(running.url("postgres")))
  const make = (name: string, template?: string) =>
    Effect.provide(Database.createDatabase(name, template), administrator).pipe(Effect.as(running.url(name)))
  return {
    url: running.url,
    socketDirectory: running.socketDirectory,
    pid: running.pid,
    /** An empty database. */
    empty: (name: string) => make(name),
    /** A copy of one that nobody is connected to. */
    copy: (name: string, template: string) => make(name, template),
    drop: (name: string) => Effect.provide(Database.dropDatabase(name), administrator),
    /** A database of the service, migrated, with its companies and accounts. */
    payments: Effect.fnUntraced(function* (name: string) {
      const address = yield* make(name)
      const url = Redacted.make(address)
      yield* Effect.provide(migrate, Database.administrator(url))
      const owner = Database.layer({ url, role: "payments_owner", maxConnections: 1 })
      yield* Effect.provide(seed("stub"), [owner, Digest.layerWebCrypto])
      return address
    })
  }
})

export type Postgres = Effect.Success<ReturnType<typeof postgres>>

/** Asks one statement, as the superuser or in the role of a pool. */
export const asking = <Row extends object>(
  address: string,
  statement: string,
  parameters: ReadonlyArray<string> = [],
  role?: Database.Role
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql.unsafe<Row>(statement, parameters)
  }).pipe(
    Effect.provide(
      Layer.fresh(
        role === undefined
          ? PgClient.layer({ url: Redacted.make(address), maxConnections: 1 })
          : Database.layer({ url: Redacted.make(address), role, maxConnections: 1 })
      )
    )
  )
