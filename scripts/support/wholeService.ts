import { ConfigProvider, Effect, Layer, Logger, Redacted } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { createServer } from "node:net"
import { settings } from "../../src/config.ts"
import * as Database from "../../src/db/Database.ts"
import { start } from "../../src/db/embedded/EmbeddedPostgres.ts"
import { migrate } from "../../src/db/migrate.ts"
import { seed } from "../../src/db/seed.ts"
import { service } from "../../src/service.ts"

const freePort = Effect.callback<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    probe.close(() => resume(Effect.succeed(port)))
  })
})

/** What one role says to a database; the rows of the last statement. */
export const asking = <Row extends object>(
  url: Redacted.Redacted,
  role: Database.Role,
  ...statements: ReadonlyArray<string>
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    let rows: ReadonlyArray<Row> = []
    for (const statement of statements) rows = yield* sql.unsafe<Row>(statement)
    return rows
  }).pipe(Effect.provide(Database.layer({ url, role, maxConnections: 1 }), { local: true }))

interface Wanted {
  /** What is there before the service begins. */
  readonly given?: (url: Redacted.Redacted) => Effect.Effect<unknown, unknown>
  readonly onLog?: (line: string) => void
}

/** The whole service in this process, without limits of rate, on a PostgreSQL that ends with the scope. */
export const wholeService = Effect.fnUntraced(function* ({ given, onLog = () => {} }: Wanted) {
  const postgres = yield* start({ temporary: true, settings: { fsync: "off", full_page_writes: "off" } })
  const url = Redacted.make(postgres.url("postgres"))
  yield* Effect.provide(migrate, Database.administrator(url))
  yield* Effect.provide(seed("stub"), [
    Database.layer({ url, role: "payments_owner", maxConnections: 1 }),
    Digest.layerWebCrypto
  ])
  if (given !== undefined) yield* given(url)
  const port = yield* freePort
  const off = ["REQUESTS", "PAYMENTS", "SESSION", "CARD"].map((what) => [`RATE_LIMIT_${what}`, "off"])
  const found = yield* settings.pipe(
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnvRecord({
        PORT: String(port),
        SESSION_LIFETIME: "30 days",
        ...Object.fromEntries(off)
      })
    )
  )
  const listening = Logger.make(({ message, cause }) => onLog(`${String(message)} ${String(cause)}`))
  yield* Layer.build(service(found, url)).pipe(Effect.provide(Logger.layer([listening])))
  return { origin: `http://127.0.0.1:${port}`, url }
})
