import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { migrate } from "../../src/db/migrate.ts"
import { entities } from "../../src/db/seedData.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

it.layer(TestDatabase.appLayer)("migrations", (it) => {
  it.effect("are applied once: a second run finds nothing to do", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      assert.deepStrictEqual(yield* Effect.provide(migrate, Database.administrator(url)), [])
    })
  )

  it.effect("leave the app a role that owns nothing", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [who] = yield* sql<{ role: string; owned: number }>`
        select current_user as role, (select count(*)::int from pg_class where relowner = current_user::regrole)
          + (select count(*)::int from pg_proc where proowner = current_user::regrole)
          + (select count(*)::int from pg_namespace where nspowner = current_user::regrole) as owned`
      assert.deepStrictEqual(who, { role: "payments_app", owned: 0 })
    })
  )

  it.effect("come with the seven companies", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ id: string }>`select entity_id as id from entities order by 1`
      assert.deepStrictEqual(
        rows.map(({ id }) => id),
        entities.map(({ id }) => id).toSorted()
      )
    })
  )
})
