// Subscriptions through both doors, on the real database: who sees what, and what is shown of a secret.
import { assert, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { SqlClient } from "effect/sql"
import { developmentKey } from "../../src/db/seedData.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { at, confirm, Doors, doors, newSession } from "./support.ts"
import { giveKey } from "../support/apiKeys.ts"

const strangersKey = "sk_stranger"
const key = { mine: developmentKey.key, stranger: strangersKey } as const
type Who = keyof typeof key

const asOwner = Effect.fnUntraced(function* (statement: string, ...values: ReadonlyArray<unknown>) {
  const { connect } = yield* TestDatabase
  return yield* Effect.gen(function* () {
    return yield* (yield* SqlClient.SqlClient).unsafe<Readonly<Record<string, unknown>>>(statement, values)
  }).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

const letStrangerIn = asOwner(giveKey(strangersKey, "stranger"))

const rest = Effect.fnUntraced(function* (who: Who, method: string, path: string, body?: unknown) {
  const answer = yield* (yield* Doors).fetch(`/v1/event-subscriptions${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key[who]}`,
      "content-type": "application/json",
      "x-request-id": "req_same"
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return answer
})

const graphql = Effect.fnUntraced(function* (who: Who, query: string) {
  return yield* (yield* Doors).ask(query, {
    headers: { authorization: `Bearer ${key[who]}`, "x-request-id": "req_same" }
  })
})

let addresses = 0
const subscribed = Effect.fnUntraced(function* (who: Who = "mine", more: object = {}) {
  const { status, json } = yield* rest(who, "POST", "", {
    url: `https://shop.example/${++addresses}`,
    ...more
  })
  assert.strictEqual(status, 201)
  const id = String(at(json, "id"))
  return { id, secret: String(at(json, "secret")), json, remove: rest(who, "DELETE", `/${id}`) }
})

/** A delivery of the subscription, written as the workers write it. */
const delivery = Effect.fnUntraced(function* (id: string) {
  const session = yield* newSession()
  yield* confirm(session, "tok_captured")
  yield* asOwner("select fan_out_events('{\"limit\": 500}')")
  const [row] = yield* asOwner(
    "select event_nr from event_deliveries where subscription_id = $1 order by event_nr desc limit 1",
    id
  )
  return `ed_${id.slice(3)}_${String(row?.["event_nr"])}`
})

/** Everything that one may ask about one subscription, through both doors. */
const asks = (
  id: string,
  deliveryId: string
): ReadonlyArray<readonly [string, (who: Who) => ReturnType<typeof rest>]> => {
  const mutation = (call: string) => (who: Who) =>
    graphql(who, `mutation { ${call} { __typename ... on Refusal { code field message } } }`)
  const since = "2026-01-01T00:00:00Z"
  return [
    ["GET", (who) => rest(who, "GET", `/${id}`)],
    ["GET deliveries", (who) => rest(who, "GET", `/${id}/deliveries`)],
    ["POST secret", (who) => rest(who, "POST", `/${id}/secret`, {})],
    ["POST disable", (who) => rest(who, "POST", `/${id}/disable`)],
    ["POST enable", (who) => rest(who, "POST", `/${id}/enable`)],
    ["POST replay", (who) => rest(who, "POST", `/${id}/replay`, { since })],
    ["POST replay of a delivery", (who) => rest(who, "POST", `/${id}/deliveries/${deliveryId}/replay`)],
    ["DELETE", (who) => rest(who, "DELETE", `/${id}`)],
    [
      "eventSubscription",
      (who) => graphql(who, `{ eventSubscription(id: "${id}") { url deliveries { nodes { type } } } }`)
    ],
    ["rotateEventSubscriptionSecret", mutation(`rotateEventSubscriptionSecret(subscription: "${id}")`)],
    ["disableEventSubscription", mutation(`disableEventSubscription(subscription: "${id}")`)],
    ["enableEventSubscription", mutation(`enableEventSubscription(subscription: "${id}")`)],
    ["replayEvents", mutation(`replayEvents(subscription: "${id}", since: "${since}")`)],
    [
      "replayEventDelivery",
      mutation(`replayEventDelivery(subscription: "${id}", delivery: "${deliveryId}")`)
    ],
    ["removeEventSubscription", mutation(`removeEventSubscription(subscription: "${id}")`)]
  ]
}

it.layer(doors, { excludeTestServices: true })("subscriptions to events", (it) => {
  it.effect(
    "are read and changed by their own app; another one is told the same as of one that is not there",
    () =>
      Effect.gen(function* () {
        yield* letStrangerIn
        const { id } = yield* subscribed()
        const deliveryId = yield* delivery(id)
        const before = yield* asOwner(
          "select to_jsonb(s) as s, (select jsonb_agg(k) from event_secrets k) as secrets, (select jsonb_agg(d) from event_deliveries d) as deliveries from event_subscriptions s"
        )
        const nobodys = `es_${"0".repeat(26)}`
        const foreign = asks(id, deliveryId)
        const absent = asks(nobodys, `ed_${"0".repeat(26)}_1`)
        for (const [at_, [name, ask]] of foreign.entries()) {
          const told = yield* ask("stranger")
          const ofNobody = yield* (absent[at_]?.[1] ?? ask)("stranger")
          assert.strictEqual(told.status, ofNobody.status, name)
          assert.strictEqual(told.text.replaceAll(id, nobodys), ofNobody.text, name)
          assert.match(told.text, /unknown_subscription|"eventSubscription":null/, name)
        }
        const after = yield* asOwner(
          "select to_jsonb(s) as s, (select jsonb_agg(k) from event_secrets k) as secrets, (select jsonb_agg(d) from event_deliveries d) as deliveries from event_subscriptions s"
        )
        assert.deepStrictEqual(after, before)
        const lists = [
          at((yield* rest("stranger", "GET", "")).json, "subscriptions"),
          at(
            (yield* graphql("stranger", "{ eventSubscriptions { nodes { subscriptionId } } }")).json,
            "data",
            "eventSubscriptions",
            "nodes"
          )
        ]
        assert.deepStrictEqual(lists, [[], []])
        for (const [name, ask] of foreign) {
          if (/DELETE|remove/.test(name)) continue
          assert.notMatch((yield* ask("mine")).text, /unknown_subscription|"eventSubscription":null/, name)
          yield* rest("mine", "POST", `/${id}/enable`)
        }
        yield* rest("mine", "DELETE", `/${id}`)
      })
  )

  it.effect("have their secret exchanged without a word about it, however nothing is said", () =>
    Effect.gen(function* () {
      const { id, secret } = yield* subscribed()
      const address = `/v1/event-subscriptions/${id}/secret`
      const authorization = `Bearer ${key.mine}`
      const json = { "content-type": "application/json" }
      const seen = new Set([secret])
      for (const [headers, body] of [
        [{}, undefined],
        [json, undefined],
        [json, ""],
        [json, "null"],
        [json, "{}"]
      ] as const) {
        const answer = yield* (yield* Doors).fetch(address, {
          method: "POST",
          headers: { authorization, ...headers },
          ...(body === undefined ? {} : { body })
        })
        assert.strictEqual(answer.status, 200, JSON.stringify([headers, body]))
        seen.add(String(at(answer.json, "secret")))
      }
      assert.strictEqual(seen.size, 6)
      for (const [headers, body, status] of [
        [{ "content-type": "text/plain" }, "{}", 415],
        [{}, "{}", 415],
        [json, "{", 400],
        [json, '{"overlap": 1}', 400],
        [json, "[]", 400]
      ] as const) {
        const answer = yield* (yield* Doors).fetch(address, {
          method: "POST",
          headers: { authorization, ...headers },
          body
        })
        assert.strictEqual(answer.status, status, body)
      }
    })
  )

  it.effect(
    "show a secret once, when it is drawn, and never again: in no answer, no log and no reading of the app's role",
    () =>
      Effect.gen(function* () {
        const { id, secret, json } = yield* subscribed()
        assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
        assert.deepStrictEqual(Object.keys(Object(json)).toSorted(), [
          "createdAt",
          "id",
          "key",
          "secret",
          "state",
          "url"
        ])
        const rotated = yield* rest("mine", "POST", `/${id}/secret`, { overlapSeconds: 60 })
        const next = String(at(rotated.json, "secret"))
        assert.notStrictEqual(next, secret)
        const over = yield* graphql(
          "mine",
          `mutation { rotateEventSubscriptionSecret(subscription: "${id}", overlapSeconds: 0) {
        ... on RotateEventSubscriptionSecretPayload { secret subscription { previousSecretUntil } } } }`
        )
        const last = String(at(over.json, "data", "rotateEventSubscriptionSecret", "secret"))
        assert.isNull(
          at(over.json, "data", "rotateEventSubscriptionSecret", "subscription", "previousSecretUntil")
        )

        const deliveryId = yield* delivery(id)
        const seen: Array<string> = []
        for (const [name, ask] of asks(id, deliveryId)) {
          // Asking for another one is the one way to see one.
          if (!/secret/i.test(name)) seen.push((yield* ask("mine")).text)
        }
        seen.push((yield* rest("mine", "GET", "")).text, ...(yield* Doors).log)
        const app = yield* SqlClient.SqlClient
        const readable = yield* app<{ readonly name: string }>`
        select format('%I.%I', schemaname, tablename) as name from pg_tables
        where has_table_privilege(current_user, format('%I.%I', schemaname, tablename), 'select') and schemaname = 'payments'`
        assert.isAbove(readable.length, 10)
        for (const { name } of readable)
          seen.push(JSON.stringify(yield* app.unsafe(`select to_jsonb(t)::text as row from ${name} t`)))
        // Not even the owner of everything finds one in clear.
        for (const table of ["event_secrets", "event_subscriptions", "audit"]) {
          seen.push(JSON.stringify(yield* asOwner(`select to_jsonb(t)::text as row from ${table} t`)))
        }
        for (const [nr, text] of seen.entries()) {
          for (const one of [secret, next, last]) {
            assert.notInclude(text, one.slice("whsec_".length), `text ${nr}`)
          }
          assert.notMatch(text, /whsec_/)
        }
      })
  )

  it.effect("list what was delivered page by page, the newest first, the same through both doors", () =>
    Effect.gen(function* () {
      const { id, remove } = yield* subscribed()
      for (let nr = 0; nr < 5; nr++) yield* delivery(id)
      yield* asOwner(
        "update event_deliveries set state = 'delivered', next_try_at = null, delivered_at = now() where subscription_id = $1 and event_nr % 2 = 0",
        id
      )
      const rows = yield* asOwner(
        "select event_nr, state from event_deliveries where subscription_id = $1 order by event_nr desc",
        id
      )
      assert.strictEqual(rows.length, 5)
      const idOf = (nr: unknown) => `ed_${id.slice(3)}_${String(nr)}`
      for (const undelivered of [false, true]) {
        const expected = rows
          .filter(({ state }) => !undelivered || state === "pending")
          .map((row) => idOf(row["event_nr"]))
        const pages: Array<string> = []
        let after: unknown
        do {
          const path = `/${id}/deliveries?first=2&undelivered=${undelivered}${after === undefined ? "" : `&after=${String(after)}`}`
          const { json } = yield* rest("mine", "GET", path)
          const page = at(json, "deliveries")
          if (!Array.isArray(page)) return assert.fail(JSON.stringify(json))
          assert.isAtMost(page.length, 2)
          pages.push(...page.map((one: unknown) => String(at(one, "id"))))
          after = at(json, "next")
        } while (after !== null)
        assert.deepStrictEqual(pages, expected)

        const connection = (range: string) =>
          graphql(
            "mine",
            `{ eventSubscription(id: "${id}") { deliveries(${range}, undelivered: ${undelivered}) {
            nodes { deliveryId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
          )
        const read = Effect.fnUntraced(function* (range: string) {
          const page = at((yield* connection(range)).json, "data", "eventSubscription", "deliveries")
          const nodes = at(page, "nodes")
          return {
            ids: Array.isArray(nodes) ? nodes.map((node: unknown) => String(at(node, "deliveryId"))) : [],
            info: at(page, "pageInfo")
          }
        })
        const first = yield* read("first: 2")
        const rest_ = yield* read(`first: 5, after: "${String(at(first.info, "endCursor"))}"`)
        assert.deepStrictEqual([...first.ids, ...rest_.ids], expected)
        const last = yield* read("last: 2")
        assert.deepStrictEqual(last.ids, expected.slice(-2))
        const back = yield* read(`last: 5, before: "${String(at(last.info, "startCursor"))}"`)
        assert.deepStrictEqual([...back.ids, ...last.ids], expected)
      }
      yield* remove
    })
  )

  it.effect("are refused for each mistake by its field, and nothing is subscribed", () =>
    Effect.gen(function* () {
      const before = yield* asOwner("select count(*) as count from event_subscriptions")
      const url = "https://shop.example/mistakes"
      for (const [body, status, code, field] of [
        [{ url, eventTypes: [] }, 422, "invalid_input", "eventTypes"],
        [
          { url, eventTypes: ["payment.charged.v1", "payment.wished.v1"] },
          422,
          "invalid_input",
          "eventTypes[1]"
        ],
        [{ url, entity: "loop_bank" }, 422, "unknown_entity", "entity"],
        [{ url, brand: "loop-cars" }, 422, "unknown_brand", "brand"],
        [{ url, entity: "loop_bio_labs", brand: "leo-research" }, 422, "brand_not_of_entity", "brand"],
        [{ url: "http://shop.example/" }, 422, "address_not_allowed", "url"],
        [{ url: "https://169.254.169.254/latest" }, 422, "address_not_allowed", "url"],
        [{ url: "https://shop.example/4111111111111111" }, 422, "invalid_input", "url"],
        [{ url, secret: "mine" }, 400, "malformed_request", "secret"],
        [{}, 400, "malformed_request", "url"]
      ] as const) {
        const { status: answered, json, text } = yield* rest("mine", "POST", "", body)
        assert.deepStrictEqual(
          [answered, at(json, "error", "code"), at(json, "error", "field")],
          [status, code, field]
        )
        assert.notInclude(text, "4111111111111111")
      }
      const { id, remove } = yield* subscribed()
      for (const [path, body, field] of [
        ["secret", { overlapSeconds: -1 }, "overlapSeconds"],
        ["secret", { overlapSeconds: 604801 }, "overlapSeconds"],
        ["replay", { since: "2999-01-01T00:00:00Z" }, "since"]
      ] as const) {
        const { status, json } = yield* rest("mine", "POST", `/${id}/${path}`, body)
        assert.deepStrictEqual([status, at(json, "error", "field")], [422, field])
      }
      for (const [query, field] of [
        ["first=0", "first"],
        ["first=101", "first"],
        ["first=1.5", "first"],
        ["after=x", "after"]
      ] as const) {
        const { status, json } = yield* rest("mine", "GET", `/${id}/deliveries?${query}`)
        assert.deepStrictEqual([status, at(json, "error", "field")], [422, field])
      }
      yield* remove
      const after = yield* asOwner(
        "select count(*) as count from event_subscriptions where state <> 'removed'"
      )
      const removed = yield* asOwner(
        "select count(*) as count from event_subscriptions where state = 'removed'"
      )
      assert.strictEqual(
        Number(after[0]?.["count"]) + Number(removed[0]?.["count"]),
        Number(before[0]?.["count"]) + 1
      )
    })
  )

  it.effect("are gone when they are removed, and the address may be subscribed anew", () =>
    Effect.gen(function* () {
      const url = "https://shop.example/again"
      const first = yield* subscribed("mine", { url })
      const taken = yield* rest("mine", "POST", "", { url: "https://SHOP.example:443/again" })
      assert.deepStrictEqual(
        [taken.status, at(taken.json, "error", "details", "subscription")],
        [409, first.id]
      )
      const removed = yield* rest("mine", "DELETE", `/${first.id}`)
      assert.deepStrictEqual([removed.status, removed.text], [204, ""])
      assert.strictEqual((yield* rest("mine", "DELETE", `/${first.id}`)).status, 404)
      assert.deepStrictEqual(
        yield* asOwner("select 1 from event_secrets where subscription_id = $1", first.id),
        []
      )
      const second = yield* subscribed("mine", { url })
      assert.notStrictEqual(second.id, first.id)
      yield* second.remove
    })
  )

  it.effect("are described in the reference with every type of event", () =>
    Effect.gen(function* () {
      const { json } = yield* (yield* Doors).fetch("/openapi.json")
      const tags = at(json, "tags")
      const text = JSON.stringify(tags)
      assert.isTrue(Predicate.isObject(json))
      assert.include(text, "`payment.charged.v1`")
      assert.include(text, "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h")
    })
  )
})
