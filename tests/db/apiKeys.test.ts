import { assert, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { isMacOf, type KeyHashSecrets, keyHashSecretsOf, macOf } from "../../src/db/access/keyHash.ts"
import { ApiKeys } from "../../src/db/ApiKeys.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const secret = (byte: number) => Redacted.make(new Uint8Array(32).fill(byte))
const secrets: KeyHashSecrets = [secret(1)]

const callerOf = (key: string, loopbackOnly: boolean, keyHashSecrets = secrets) =>
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    return Option.getOrUndefined(yield* keys.authenticate(key))
  }).pipe(Effect.provide(ApiKeys.layer({ loopbackOnly, keyHashSecrets }), { local: true }))

const principalOf = (key: string, loopbackOnly: boolean, keyHashSecrets = secrets) =>
  Effect.map(callerOf(key, loopbackOnly, keyHashSecrets), (caller) => caller?.principal)

const part = "the_secret_half_of_a_key_of_256_bits_0123456"
const keyOf = (id: string) => `sk_${id}_${part.slice(0, 43)}`

const asOwner = Effect.fnUntraced(function* (statement: string) {
  const { connect } = yield* TestDatabase
  return yield* Effect.gen(function* () {
    return yield* (yield* SqlClient.SqlClient).unsafe<Readonly<Record<string, unknown>>>(statement)
  }).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

/** Gives a principal one more key, hashed with one of the secrets. */
const give = (principal: string, id: string, by = secret(1), more = "null, null, null") =>
  Effect.andThen(
    asOwner(`insert into principals values ('${principal}') on conflict do nothing`),
    asOwner(`insert into api_keys (key_id, principal, mac, development, operations, entities, brands, ends_at)
      values ('${id}', '${principal}', '${macOf(by, id, part.slice(0, 43))}', false, '{sessions:read}', ${more})`)
  )

const id = (nr: number) => `k${nr}`.padEnd(16, "0")

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
      yield* give("shop", id(1))
      assert.strictEqual(yield* principalOf(keyOf(id(1)), false), "shop")
      yield* asOwner("update api_keys set revoked_at = now() where principal = 'shop'")
      assert.isUndefined(yield* principalOf(keyOf(id(1)), false))
    })
  )

  it.effect("the public id of a key opens nothing, nor does the hash that is kept of it", () =>
    Effect.gen(function* () {
      yield* give("kiosk", id(2))
      const [row] = yield* asOwner(`select mac from api_keys where key_id = '${id(2)}'`)
      const mac = String(row?.mac)
      for (const wrong of ["a".repeat(43), mac.slice(0, 43), `${part.slice(0, 42)}X`]) {
        assert.isUndefined(yield* principalOf(`sk_${id(2)}_${wrong}`, true))
      }
      for (const wrong of [id(2), mac, `sk_${id(2)}`, part.slice(0, 43)]) {
        assert.isUndefined(yield* principalOf(wrong, true))
      }
      assert.strictEqual(yield* principalOf(keyOf(id(2)), true), "kiosk")
    })
  )

  it.effect("several keys of one principal are taken side by side, each until it ends", () =>
    Effect.gen(function* () {
      yield* give("app", id(3))
      yield* give("app", id(4))
      assert.strictEqual(yield* principalOf(keyOf(id(3)), false), "app")
      assert.strictEqual(yield* principalOf(keyOf(id(4)), false), "app")
      yield* asOwner(`update api_keys set ends_at = now() + interval '1 hour' where key_id = '${id(3)}'`)
      assert.strictEqual(yield* principalOf(keyOf(id(3)), false), "app")
      yield* asOwner(`update api_keys set ends_at = now() where key_id = '${id(3)}'`)
      assert.isUndefined(yield* principalOf(keyOf(id(3)), false))
      assert.strictEqual(yield* principalOf(keyOf(id(4)), false), "app")
    })
  )

  it.effect("the secret that hashes is replaced by putting a new one in front", () =>
    Effect.gen(function* () {
      yield* give("old app", id(5))
      yield* give("new app", id(6), secret(2))
      const both = [secret(2), secret(1)]
      assert.strictEqual(yield* principalOf(keyOf(id(5)), false, both), "old app")
      assert.strictEqual(yield* principalOf(keyOf(id(6)), false, both), "new app")
      assert.isUndefined(yield* principalOf(keyOf(id(6)), false))
      assert.isUndefined(yield* principalOf(keyOf(id(5)), false, []))
    })
  )

  it.effect("a key has what it was given, and a word that is not known is none", () =>
    Effect.gen(function* () {
      yield* give("dashboard", id(7), secret(1), "'{loop_goods}', '{loop-store}', null")
      const caller = yield* callerOf(keyOf(id(7)), false)
      assert.deepStrictEqual([...(caller?.operations ?? [])], ["sessions:read"])
      assert.deepStrictEqual(caller?.scope, { entities: ["loop_goods"], brands: ["loop-store"] })
      assert.strictEqual(caller?.key, id(7))
    })
  )

  it.effect("a dump of the database holds no key, and nothing that a key can be guessed from", () =>
    Effect.gen(function* () {
      yield* give("dumped", id(8))
      const rows = yield* asOwner(`
        select format('select to_jsonb(t)::text as row from %I.%I t', table_schema, table_name) as statement
        from information_schema.tables where table_schema in ('payments', 'stub_gateway', 'cluster')`)
      assert.isNotEmpty(rows)
      let seen = ""
      for (const { statement } of rows) {
        for (const { row } of yield* asOwner(String(statement))) seen += String(row)
      }
      assert.include(seen, id(8))
      for (const key of [developmentKey.key, keyOf(id(8)), part.slice(0, 43), part.slice(0, 20)]) {
        assert.notInclude(seen, key)
      }
      // Whoever has the dump and knows a key still cannot tell that it is one without the server's secret.
      const [other] = keyHashSecretsOf(undefined, true)
      assert.isDefined(other)
      assert.isFalse(
        isMacOf([secret(3)], macOf(secret(1), id(8), part.slice(0, 43)), id(8), part.slice(0, 43))
      )
    })
  )
})
