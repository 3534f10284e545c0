// A server with nothing but its database, for tests that kill it: `node server.ts <data directory>`, or without
// an argument for a temporary database. It prints one line of JSON when it is ready or was refused.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { start } from "../../../src/db/embedded/EmbeddedPostgres.ts"

const say = (line: object) => Effect.sync(() => process.stdout.write(`${JSON.stringify(line)}\n`))

/** Asks the database something while the server stops: it must not have been stopped by the same Ctrl-C. */
const drain = (url: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    yield* sql`SELECT pg_sleep(0.3)`
    yield* say({ drained: true })
  }).pipe(Effect.scoped, Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make), Effect.orDie)

Effect.gen(function* () {
  const dataDirectory = process.argv[2]
  const postgres = yield* start(dataDirectory === undefined ? { temporary: true } : { dataDirectory })
  yield* Effect.addFinalizer(() => drain(postgres.url()))
  yield* say({ ...postgres, url: postgres.url() })
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.catch((error) => say({ refused: error.reason._tag, message: error.message })),
  NodeRuntime.runMain
)
