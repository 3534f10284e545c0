import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { seed } from "../../src/db/seed.ts"
import { brands } from "../../src/db/seedData.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

it.layer(TestDatabase.layer, { excludeTestServices: true })("seed data", (it) => {
  it.effect(
    "lets its brands send customers to the server's own address, once, and changes nothing else",
    () =>
      Effect.gen(function* () {
        const own = "http://127.0.0.1:4999"
        const { connect } = yield* TestDatabase
        const after = (shops: ReadonlyArray<string>) =>
          Effect.gen(function* () {
            yield* seed("stub", shops)
            const sql = yield* SqlClient.SqlClient
            return yield* sql<{ readonly id: string; readonly origins: ReadonlyArray<string> }>`
            select brand_id as id, redirect_origins as origins from brands order by 1`
          }).pipe(Effect.provide([connect("payments_owner"), Digest.layerWebCrypto]))
        const before = yield* after([])
        assert.strictEqual(before.length, brands.length)
        const expected = before.map(({ id, origins }) => ({ id, origins: [...origins, own] }))
        assert.deepStrictEqual(yield* after([own]), expected)
        assert.deepStrictEqual(yield* after([own]), expected)
      })
  )
})
