import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "../../src/db/ApiKeys.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const keysOn = (loopbackOnly: boolean) =>
  ApiKeys.layer({ loopbackOnly }).pipe(Layer.provide(Digest.layerWebCrypto))

const principalOf = (key: string, loopbackOnly: boolean) =>
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    return Option.getOrUndefined(yield* keys.authenticate(key))
  }).pipe(Effect.provide(keysOn(loopbackOnly)))

it.layer(TestDatabase.appLayer)("API keys", (it) => {
  it.effect("the development key is taken on loopback and refused beyond it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* principalOf(developmentKey.key, true), "development")
      assert.isUndefined(yield* principalOf(developmentKey.key, false))
    })
  )

  it.effect("a key that nobody was given names nobody", () =>
    Effect.gen(function* () {
      for (const key of ["", "sk_unknown", `${developmentKey.key} `, developmentKey.key.toUpperCase()]) {
        assert.isUndefined(yield* principalOf(key, true))
      }
    })
  )

  it.effect("other keys are taken anywhere until they are revoked, at once", () =>
    Effect.gen(function* () {
      const { connect } = yield* TestDatabase
      const owner = Effect.provide(connect("payments_owner", 1))
      const hash = yield* (yield* Digest.Digest).digestHex(
        Digest.sha256,
        new TextEncoder().encode("sk_of_a_shop")
      )
      yield* owner(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`insert into api_keys (key_hash, principal, development) values (${hash}, 'shop', false)`
        })
      )
      assert.strictEqual(yield* principalOf("sk_of_a_shop", false), "shop")
      yield* owner(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`update api_keys set revoked_at = now() where principal = 'shop'`
        })
      )
      assert.isUndefined(yield* principalOf("sk_of_a_shop", false))
    }).pipe(Effect.provide(Digest.layerWebCrypto))
  )

  it.effect("no key stands in the database in the clear", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ row: string }>`select to_jsonb(k)::text as row from api_keys k`
      assert.isNotEmpty(rows)
      for (const { row } of rows) assert.notInclude(row, developmentKey.key)
    })
  )
})
