import { assert, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { at, doors, Doors, newSession } from "../graphql/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { allBut, asOwner, keyWith } from "./support.ts"

const ask = Effect.fnUntraced(function* (key: string, query: string) {
  const answer = yield* (yield* Doors).ask(query, { headers: { authorization: `Bearer ${key}` } })
  return { ...answer, code: at(answer.json, "errors", 0, "extensions", "code") }
})

const first = developmentKey.key
const refusal = "... on Refusal { code field }"

const give = Effect.fnUntraced(function* (by: string, given: string) {
  const { json } = yield* ask(
    by,
    `mutation { createApiKey(${given}) { ... on CreateApiKeyPayload { key apiKey { keyId endsAt } } ${refusal} } }`
  )
  return at(json, "data", "createApiKey")
})

const codeOf = (answer: unknown) => at(answer, "code")

const rotate = Effect.fnUntraced(function* (by: string, id: unknown, overlap: number) {
  const { json } = yield* ask(
    by,
    `mutation { rotateApiKey(key: "${String(id)}", overlapSeconds: ${overlap}) {
      ... on RotateApiKeyPayload { key apiKey { keyId principal operations entities endsAt } } ${refusal} } }`
  )
  return at(json, "data", "rotateApiKey")
})

const revoke = Effect.fnUntraced(function* (by: string, id: unknown) {
  const { json } = yield* ask(
    by,
    `mutation { revokeApiKey(key: "${String(id)}", reason: "lost") {
      ... on RevokeApiKeyPayload { apiKey { keyId revokedAt } } ${refusal} } }`
  )
  return at(json, "data", "revokeApiKey")
})

const nodesOf = (json: unknown): ReadonlyArray<unknown> => {
  const nodes = at(json, "data", "apiKeys", "nodes")
  return Array.isArray(nodes) ? nodes : assert.fail(JSON.stringify(json))
}

/** Whether a key is taken. */
const works = (key: unknown) => Effect.map(ask(String(key), "{ __typename }"), ({ status }) => status === 200)

it.layer(doors, { excludeTestServices: true, timeout: 60_000 })("keys that operators give out", (it) => {
  it.effect("open what they are for, are shown once, and are in no log and no table", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      const given = yield* give(
        first,
        `principal: "shop", operations: [sessions_read], entities: ["loop_bio_labs"]`
      )
      const key = String(at(given, "key"))
      assert.match(key, /^sk_[0-9a-z]{16}_[A-Za-z0-9_-]{43}$/)
      const read = yield* ask(key, `{ session(id: "${session}") { sessionId } }`)
      assert.strictEqual(at(read.json, "data", "session", "sessionId"), session)
      assert.strictEqual((yield* ask(key, "{ entities { nodes { name } } }")).code, "forbidden")
      const secret = key.slice(20)
      assert.notInclude((yield* Doors).log.join("\n"), secret)
      const { connect } = yield* TestDatabase
      const rows = yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql<{ readonly row: string }>`
          select to_jsonb(k)::text as row from api_keys k union all select to_jsonb(a)::text from audit a`
      ).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
      assert.isNotEmpty(rows)
      for (const { row } of rows) assert.notInclude(row, secret)
      const listed = yield* ask(
        first,
        `{ apiKeys(principal: "shop") { nodes { keyId operations entities } } }`
      )
      assert.notInclude(listed.text, secret)
      assert.deepStrictEqual(at(listed.json, "data", "apiKeys", "nodes"), [
        { keyId: key.slice(3, 19), operations: ["sessions_read"], entities: ["loop_bio_labs"] }
      ])
    })
  )

  it.effect("are rotated with an overlap, for the same; what was replaced ends", () =>
    Effect.gen(function* () {
      const given = yield* give(first, `principal: "kiosk", operations: [sessions_read, sessions_write]`)
      const next = yield* rotate(first, at(given, "apiKey", "keyId"), 3600)
      assert.deepStrictEqual(at(next, "apiKey", "operations"), ["sessions_read", "sessions_write"])
      assert.isTrue(yield* works(at(given, "key")))
      assert.isTrue(yield* works(at(next, "key")))
      const last = yield* rotate(first, at(next, "apiKey", "keyId"), 0)
      assert.isFalse(yield* works(at(next, "key")))
      assert.isTrue(yield* works(at(last, "key")))
      assert.strictEqual(codeOf(yield* rotate(first, at(next, "apiKey", "keyId"), 0)), "unknown_key")
    })
  )

  it.effect(
    "that another person gave out are none of an operator's: else one person would sign for two",
    () =>
      Effect.gen(function* () {
        const { connect } = yield* TestDatabase
        const promote = Effect.exit(
          Effect.flatMap(
            SqlClient.SqlClient,
            (sql) => sql`update principals set operator = true where principal = 'joins_soon'`
          ).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
        )
        const given = yield* give(first, `principal: "joins_soon", operations: [changes_approve]`)
        assert.isTrue(yield* works(at(given, "key")))
        assert.isTrue(Exit.isFailure(yield* promote))
        yield* revoke(secondDevelopmentKey.key, at(given, "apiKey", "keyId"))
        assert.isTrue(Exit.isSuccess(yield* promote))
      })
  )

  it.effect("that end are rotated by whoever holds them, and no rotation takes the end away", () =>
    Effect.gen(function* () {
      const wish = `principal: "${developmentKey.principal}", operations: [keys_manage]`
      const given = yield* give(first, `${wish}, lifetimeSeconds: 7200`)
      const end = at(given, "apiKey", "endsAt")
      assert.isString(end)
      const next = yield* rotate(String(at(given, "key")), at(given, "apiKey", "keyId"), 60)
      assert.strictEqual(at(next, "apiKey", "endsAt"), end)
      // What is in its overlap ends with that, and hands on the end that it was given.
      const overlapping = yield* rotate(first, at(given, "apiKey", "keyId"), 3600)
      assert.strictEqual(at(overlapping, "apiKey", "endsAt"), end)
      const listed = yield* ask(
        first,
        `{ apiKeys(principal: "${developmentKey.principal}") { nodes { keyId endsAt } } }`
      )
      const ends = new Map(
        nodesOf(listed.json).map((node) => [at(node, "keyId"), String(at(node, "endsAt"))])
      )
      assert.isBelow(
        Date.parse(ends.get(at(given, "apiKey", "keyId")) ?? ""),
        Date.parse(String(end)) - 3_600_000
      )
      // One without an end has none after a rotation either, nor after a second one in its overlap.
      const good = yield* give(first, `principal: "for_good", operations: [sessions_read]`)
      for (const _ of [1, 2]) {
        const again = yield* rotate(first, at(good, "apiKey", "keyId"), 60)
        assert.isNull(at(again, "apiKey", "endsAt"))
      }
      for (const one of [given, next, overlapping]) yield* revoke(first, at(one, "apiKey", "keyId"))
    })
  )

  it.effect("are listed whole, page by page, forwards and backwards, however many there are", () =>
    Effect.gen(function* () {
      yield* asOwner(
        "insert into principals select 'many_' || nr from generate_series(1, 300) nr",
        `insert into api_keys (key_id, principal, mac, development, operations)
         select lpad(nr || 'x' || copy, 16, '0'), 'many_' || nr, repeat('0', 64), false, '{sessions:read}'
         from generate_series(1, 300) nr, generate_series(1, 4) copy`
      )
      const sql = yield* SqlClient.SqlClient
      const [{ live } = { live: 0 }] = yield* sql<{ readonly live: number }>`
        select count(*)::int as live from api_keys where revoked_at is null and ends_at is null and overlap_ends_at is null`
      for (const [size, edge, more, ends] of [
        ["first", "after", "hasNextPage", "endCursor"],
        ["last", "before", "hasPreviousPage", "startCursor"]
      ] as const) {
        const seen = new Set<unknown>()
        for (let cursor = ""; ;) {
          const { json } = yield* ask(
            first,
            `{ apiKeys(${size}: 100${cursor}) { nodes { keyId endsAt } pageInfo { more: ${more} at: ${ends} } } }`
          )
          for (const node of nodesOf(json)) if (at(node, "endsAt") === null) seen.add(at(node, "keyId"))
          const page = at(json, "data", "apiKeys", "pageInfo")
          if (at(page, "more") !== true) break
          cursor = `, ${edge}: "${String(at(page, "at"))}"`
        }
        assert.strictEqual(seen.size, live)
        assert.isAbove(live, 1000)
      }
    })
  )

  it.effect("are at most five of one name", () =>
    Effect.gen(function* () {
      const wish = `principal: "crowd", operations: [sessions_read]`
      for (const _ of [1, 2, 3, 4, 5]) assert.isUndefined(codeOf(yield* give(first, wish)))
      assert.strictEqual(codeOf(yield* give(first, wish)), "too_many_keys")
    })
  )

  it.effect("are revoked at once, by any operator, and twice is once; the audit says who and why", () =>
    Effect.gen(function* () {
      const given = yield* give(first, `principal: "lost", operations: [sessions_read]`)
      const id = at(given, "apiKey", "keyId")
      assert.isTrue(yield* works(at(given, "key")))
      assert.isUndefined(codeOf(yield* revoke(secondDevelopmentKey.key, id)))
      assert.isFalse(yield* works(at(given, "key")))
      assert.isUndefined(codeOf(yield* revoke(first, id)))
      assert.strictEqual(codeOf(yield* revoke(first, "k".repeat(16))), "unknown_key")
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(
        yield* sql`select actor, action from audit where chain = 'principal:lost' order by position`,
        [
          { actor: "development", action: "key.given" },
          { actor: "development_second", action: "key.revoked" }
        ]
      )
      assert.deepStrictEqual(yield* sql`select * from audit_faults()`, [])
    })
  )

  it.effect("are never wider than their giver's, nor another operator's: nobody signs for two", () =>
    Effect.gen(function* () {
      yield* asOwner(
        ...keyWith("sk_narrow", { operations: allBut("refunds:write"), principal: "narrow" }),
        "insert into principals values ('an app')",
        ...keyWith("sk_app", { principal: "an app" })
      )
      const wide = `principal: "wide", operations: [refunds_write]`
      assert.strictEqual(codeOf(yield* give("sk_narrow", wide)), "wider_than_own")
      const other = yield* give(first, wide)
      assert.strictEqual(
        codeOf(yield* rotate("sk_narrow", at(other, "apiKey", "keyId"), 0)),
        "wider_than_own"
      )
      assert.isTrue(yield* works(at(other, "key")))
      const twice = `principal: "${secondDevelopmentKey.principal}", operations: [sessions_read]`
      assert.strictEqual(codeOf(yield* give(first, twice)), "wider_than_own")
      // One's own name is one's own.
      const own = `principal: "${developmentKey.principal}", operations: [sessions_read]`
      assert.isUndefined(codeOf(yield* give(first, own)))
      // Who is no operator gives nothing out, whatever the key says.
      assert.strictEqual(codeOf(yield* give("sk_app", wide)), "operators_only")
      assert.strictEqual(codeOf(yield* revoke("sk_app", at(other, "apiKey", "keyId"))), "operators_only")
      assert.isTrue(yield* works(at(other, "key")))
    })
  )

  it.effect("are refused with the field that is wrong, and nothing is given out", () =>
    Effect.gen(function* () {
      for (const [given, field] of [
        [`principal: "a b", operations: [sessions_read]`, "principal"],
        [`principal: "x", operations: []`, "operations"],
        [`principal: "x", operations: [registry_write], entities: ["loop_goods"]`, "operations"],
        [`principal: "x", operations: [sessions_read], brands: []`, "brands"],
        [`principal: "x", operations: [sessions_read], lifetimeSeconds: -1`, "lifetimeSeconds"]
      ]) {
        const refused = yield* give(first, given ?? "")
        assert.deepStrictEqual(refused, { code: "invalid_input", field }, given)
      }
      const { json } = yield* ask(first, `{ apiKeys(principal: "x") { nodes { keyId } } }`)
      assert.deepStrictEqual(at(json, "data", "apiKeys", "nodes"), [])
    })
  )

  it.effect("that end give out none that end later, by no way that one person goes alone", () =>
    Effect.gen(function* () {
      const wish = `principal: "${developmentKey.principal}", operations: [keys_manage]`
      const brief = yield* give(first, `${wish}, lifetimeSeconds: 3600`)
      const key = String(at(brief, "key"))
      assert.strictEqual(codeOf(yield* give(key, wish)), "wider_than_own")
      assert.strictEqual(codeOf(yield* give(key, `${wish}, lifetimeSeconds: 7200`)), "wider_than_own")
      const id = at(brief, "apiKey", "keyId")
      const good = yield* give(first, wish)
      assert.strictEqual(codeOf(yield* rotate(key, at(good, "apiKey", "keyId"), 0)), "wider_than_own")
      yield* revoke(first, at(good, "apiKey", "keyId"))
      const briefer = yield* give(key, `${wish}, lifetimeSeconds: 60`)
      assert.isTrue(yield* works(at(briefer, "key")))
      yield* revoke(first, at(briefer, "apiKey", "keyId"))
      yield* revoke(first, id)
    })
  )
})
