// A subscription to events hangs on the key that made it: whoever held a key that was revoked is told nothing more.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { developmentKey } from "../../src/db/seedData.ts"
import { at, confirm, doors, Doors, newSession } from "../graphql/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { asOwner } from "./support.ts"

const refusal = "... on Refusal { code message }"

/** What one mutation answers. */
const ask = Effect.fnUntraced(function* (key: unknown, name: string, args: string, payload: string) {
  const query = `mutation { ${name}(${args}) { ... on ${name[0]?.toUpperCase()}${name.slice(1)}Payload { ${payload} } ${refusal} } }`
  const { json } = yield* (yield* Doors).ask(query, { headers: { authorization: `Bearer ${String(key)}` } })
  return at(json, "data", name)
})

const first = developmentKey.key
const ofKey = "key apiKey { keyId }"

/** A key of an app's that may subscribe. */
const newKey = Effect.fnUntraced(function* (app: string) {
  const given = yield* ask(first, "createApiKey", `principal: "${app}", operations: [events_manage]`, ofKey)
  return { key: at(given, "key"), id: String(at(given, "apiKey", "keyId")) }
})

const revoke = (id: unknown) =>
  ask(first, "revokeApiKey", `key: "${String(id)}", reason: "lost"`, "apiKey { keyId }")

const rotate = Effect.fnUntraced(function* (id: string) {
  const given = yield* ask(first, "rotateApiKey", `key: "${id}", overlapSeconds: 0`, ofKey)
  return { key: at(given, "key"), id: String(at(given, "apiKey", "keyId")) }
})

let addresses = 0
const subscribe = Effect.fnUntraced(function* (key: unknown) {
  const made = yield* ask(
    key,
    "createEventSubscription",
    `url: "https://shop.example/${++addresses}"`,
    "subscription { subscriptionId }"
  )
  return String(at(made, "subscription", "subscriptionId"))
})

const enable = (key: unknown, id: string) =>
  ask(key, "enableEventSubscription", `subscription: "${id}"`, "subscription { state keyId }")

const read = Effect.fnUntraced(function* (statement: string, ...values: ReadonlyArray<unknown>) {
  const { connect } = yield* TestDatabase
  return yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe<Readonly<Record<string, unknown>>>(statement, values)
  ).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

const stateOf = (id: string) =>
  read("select state, disabled_reason from event_subscriptions where subscription_id = $1", id)

/** Whether a payment of now is told to a subscription. */
const isTold = Effect.fnUntraced(function* (id: string) {
  yield* confirm(yield* newSession(), "tok_captured")
  yield* read("select fan_out_events('{\"limit\": 500}')")
  const told = yield* read(`delete from event_deliveries where subscription_id = $1 returning event_nr`, id)
  return told.length > 0
})

const stopped = [{ state: "disabled", disabled_reason: "key_over" }]

it.layer(doors, { excludeTestServices: true, timeout: 60_000 })("a subscription", (it) => {
  it.effect("ends with the key that made it, and goes on with another one that enables it", () =>
    Effect.gen(function* () {
      const [leaked, other] = [yield* newKey("two_keys"), yield* newKey("two_keys")]
      const [ours, theirs] = [yield* subscribe(other.key), yield* subscribe(leaked.key)]
      assert.isTrue(yield* isTold(theirs))
      yield* revoke(leaked.id)
      assert.deepStrictEqual(yield* stateOf(theirs), stopped)
      assert.isFalse(yield* isTold(theirs))
      assert.isTrue(yield* isTold(ours))
      assert.deepStrictEqual(
        yield* read(
          "select actor, action, detail from audit where chain = $1 order by position desc limit 1",
          `subscription:${theirs}`
        ),
        [
          {
            actor: "development",
            action: "subscription.disabled",
            detail: { reason: "key_over", key: leaked.id }
          }
        ]
      )
      assert.deepStrictEqual(at(yield* enable(other.key, theirs), "subscription"), {
        state: "active",
        keyId: other.id
      })
      assert.isTrue(yield* isTold(theirs))
      yield* revoke(other.id)
      assert.deepStrictEqual([yield* stateOf(ours), yield* stateOf(theirs)], [stopped, stopped])
      assert.deepStrictEqual(yield* read("select * from audit_faults()"), [])
    })
  )

  it.effect("is handed over before its key is revoked, without a pause", () =>
    Effect.gen(function* () {
      const [before, after] = [yield* newKey("handing"), yield* newKey("handing")]
      const id = yield* subscribe(before.key)
      assert.strictEqual(at(yield* enable(after.key, id), "subscription", "keyId"), after.id)
      yield* revoke(before.id)
      assert.isTrue(yield* isTold(id))
    })
  )

  it.effect("goes on when its key is rotated, and ends with the one that came in its place", () =>
    Effect.gen(function* () {
      const old = yield* newKey("rotating")
      const id = yield* subscribe(old.key)
      const next = yield* rotate((yield* rotate(old.id)).id)
      assert.isTrue(yield* isTold(id))
      yield* revoke(next.id)
      assert.deepStrictEqual(yield* stateOf(id), stopped)
      // Who replaces a key that leaked ends what that one began by revoking it.
      const leaked = yield* newKey("replaced")
      const theirs = yield* subscribe(leaked.key)
      yield* rotate(leaked.id)
      assert.isTrue(yield* isTold(theirs))
      yield* revoke(leaked.id)
      assert.isFalse(yield* isTold(theirs))
    })
  )

  it.effect("ends with a key whose time is over", () =>
    Effect.gen(function* () {
      const guest = yield* newKey("guest")
      const id = yield* subscribe(guest.key)
      yield* asOwner(`update api_keys set ends_at = now() where key_id = '${guest.id}'`)
      assert.isFalse(yield* isTold(id))
      assert.deepStrictEqual(yield* stateOf(id), stopped)
    })
  )

  it.effect("of a key that is revoked while it is made or enabled is told nothing", () =>
    Effect.gen(function* () {
      const late = yield* newKey("late")
      const id = yield* subscribe(late.key)
      yield* revoke(late.id)
      const step = (name: string, asked: object) =>
        read(`select ${name}($1::jsonb) as answer`, JSON.stringify({ by: "late", byKey: late.id, ...asked }))
      const made = `es_${"7".repeat(26)}`
      yield* step("create_subscription", { id: made, url: "https://shop.example/late", sealed: "", most: 20 })
      yield* step("set_subscription_state", { subscription: id, to: "active" })
      for (const one of [id, made]) assert.deepStrictEqual(yield* stateOf(one), stopped)
    })
  )
})
