import type { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import type { SqlClient, SqlError } from "effect/sql"
import { inject } from "vitest"
import * as Database from "../../src/db/Database.ts"
import { templateDatabase } from "./globalSetup.ts"

/** A database of one test file: migrated, seeded, real, and gone afterwards. */
export class TestDatabase extends Context.Service<
  TestDatabase,
  {
    readonly url: Redacted.Redacted
    /** Another pool onto it, in any role. */
    readonly connect: (
      role: Database.Role,
      maxConnections?: number
    ) => Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError.SqlError>
  }
>()("payment-orchestration/tests/support/TestDatabase") {
  static readonly layer: Layer.Layer<TestDatabase, SqlError.SqlError> = Layer.effect(
    TestDatabase,
    Effect.gen(function* () {
      const name = `test_${(yield* (yield* SecureRandom.SecureRandom).ulid).toLowerCase()}`
      const address = (database: string) =>
        Redacted.make(`postgres:///${database}?host=${inject("postgres")}&port=5432&user=postgres`)
      const administrator = Database.administrator(address("postgres"))
      yield* Effect.acquireRelease(
        Effect.provide(Database.createDatabase(name, templateDatabase), administrator),
        () => Effect.provide(Database.dropDatabase(name), administrator).pipe(Effect.orDie)
      )
      const url = address(name)
      return {
        url,
        connect: (role, maxConnections = 8) => Database.layer({ url, role, maxConnections })
      }
    })
  ).pipe(Layer.provide(SecureRandom.layerWebCrypto))

  /** The app's pool onto a database of its own. */
  static readonly appLayer: Layer.Layer<
    TestDatabase | PgClient.PgClient | SqlClient.SqlClient,
    SqlError.SqlError
  > = Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_app"))).pipe(
    Layer.provideMerge(TestDatabase.layer)
  )
}
