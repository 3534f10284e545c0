// What an operator sees of webhooks that came to nothing, and how one is tried again.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { developmentKey } from "../../src/db/seedData.ts"
import { at, Doors, doors, field } from "../graphql/support.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as h from "../db/support/webhookScene.ts"

const replay = (webhook: string) =>
  field(
    `mutation ($webhook: ID!) { replayWebhook(webhook: $webhook) {
      ... on ReplayWebhookPayload { webhook { webhookId state tries } } ... on Refusal { code field message } } }`,
    "replayWebhook",
    { webhook }
  )

const letters = (page: string) =>
  field(
    `{ webhookDeadLetters(${page}) { nodes { webhookId provider midId eventId type state trouble problem tries }
      pageInfo { hasNextPage endCursor } } }`,
    "webhookDeadLetters"
  )

const rest = Effect.fnUntraced(function* (method: string, path: string, key: string = developmentKey.key) {
  const headers = { authorization: `Bearer ${key}` }
  return yield* (yield* Doors).fetch(`/v1/webhook-dead-letters${path}`, { method, headers })
})

it.layer(doors, { excludeTestServices: true })("dead letters", (it) => {
  it.effect("are listed for operators, the newest first, and replayed one by one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const statement of [h.take(1), h.unreadable(2), h.unreadable(3), h.unreadable(4)]) {
        yield* sql.unsafe(statement)
      }
      const first = yield* letters("first: 2")
      assert.deepInclude(at(first, "nodes", 0), {
        provider: "stub_a",
        midId: "mid_goods_1",
        eventId: "msg_4",
        state: "dead_letter",
        trouble: "unreadable",
        problem: "it cannot be read",
        tries: 0
      })
      assert.strictEqual(at(first, "nodes", 1, "eventId"), "msg_3")
      assert.strictEqual(at(first, "pageInfo", "hasNextPage"), true)
      const second = yield* letters(`first: 2, after: "${String(at(first, "pageInfo", "endCursor"))}"`)
      assert.deepStrictEqual(
        [at(second, "nodes", 0, "eventId"), at(second, "nodes", 1)],
        ["msg_2", undefined]
      )
      assert.strictEqual(at(yield* letters("last: 1"), "nodes", 0, "eventId"), "msg_2")

      const id = String(at(first, "nodes", 0, "webhookId"))
      const replayed = { webhook: { webhookId: id, state: "pending", tries: 0 } }
      assert.deepStrictEqual(yield* replay(id), replayed)
      // Twice is once.
      assert.deepStrictEqual(yield* replay(id), replayed)
      assert.strictEqual(at(yield* letters("first: 1"), "nodes", 0, "eventId"), "msg_3")
      const audited =
        yield* sql`select actor, action, detail ->> 'eventId' as event from audit where chain = 'mid:mid_goods_1'`
      assert.deepStrictEqual(audited, [{ actor: "development", action: "webhook.replayed", event: "msg_4" }])
      for (const unknown of ["wh_999999", "wh_", "msg_1", "4242424242424242"]) {
        const refused = yield* replay(unknown)
        assert.deepInclude(refused, { code: "unknown_webhook", field: "webhook" })
        assert.notInclude(JSON.stringify(refused), "42424242")
      }
    })
  )

  it.effect("are listed and replayed over REST in the same words", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const nr of [21, 22, 23]) yield* sql.unsafe(h.unreadable(nr))
      const first = yield* rest("GET", "?first=2")
      assert.deepInclude(at(first.json, "webhooks", 0), {
        provider: "stub_a",
        mid: "mid_goods_1",
        eventId: "msg_23",
        state: "dead_letter",
        trouble: "unreadable",
        problem: "it cannot be read",
        tries: 0
      })
      assert.strictEqual(at(first.json, "webhooks", 1, "eventId"), "msg_22")
      const second = yield* rest("GET", `?first=1&after=${String(at(first.json, "next"))}`)
      assert.strictEqual(at(second.json, "webhooks", 0, "eventId"), "msg_21")

      const id = String(at(first.json, "webhooks", 0, "id"))
      for (const _ of ["once", "twice"]) {
        const { status, json } = yield* rest("POST", `/${id}/replay`)
        assert.deepStrictEqual([status, at(json, "id"), at(json, "state")], [200, id, "pending"])
      }
      assert.strictEqual(at((yield* rest("GET", "?first=1")).json, "webhooks", 0, "eventId"), "msg_22")
      for (const query of ["?first=0", "?first=101", "?first=1.5", "?after=wh_1"]) {
        const { status, json } = yield* rest("GET", query)
        assert.deepStrictEqual([status, at(json, "error", "code")], [422, "invalid_input"], query)
      }
      const unknown = yield* rest("POST", "/4242424242424242/replay")
      assert.deepStrictEqual([unknown.status, at(unknown.json, "error", "code")], [404, "unknown_webhook"])
      assert.notInclude(JSON.stringify(unknown.json), "42424242")
      // Whoever has no key learns nothing.
      for (const asked of [rest("GET", "", "nobody's"), rest("POST", `/${id}/replay`, "nobody's")]) {
        assert.strictEqual((yield* asked).status, 401)
      }
    })
  )

  it.effect("are no app's to see or to replay", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const sql = yield* SqlClient.SqlClient
      yield* sql.unsafe(h.unreadable(9))
      const [row] = yield* sql.unsafe<{ readonly id: string }>(
        'select read_dead_letters(\'{"by": "development", "size": 1, "from": "start"}\') #>> \'{0,id}\' as id'
      )
      const owner = yield* Owner
      yield* owner`update principals set operator = false where principal = ${developmentKey.principal}`
      const refused = yield* ask("{ webhookDeadLetters { nodes { webhookId } } }")
      assert.strictEqual(at(refused.json, "errors", 0, "extensions", "code"), "operators_only")
      assert.deepStrictEqual(at(refused.json, "data"), { webhookDeadLetters: null })
      assert.deepInclude(yield* replay(row?.id ?? ""), { code: "operators_only" })
      for (const [method, path] of [
        ["GET", ""],
        ["POST", `/${row?.id}/replay`],
        ["POST", "/wh_999999/replay"]
      ] as const) {
        const { status, json } = yield* rest(method, path)
        assert.deepStrictEqual([status, at(json, "error", "code")], [403, "operators_only"])
      }
      assert.deepInclude(yield* replay("wh_999999"), { code: "operators_only" })
      yield* owner`update principals set operator = true where principal = ${developmentKey.principal}`
      assert.strictEqual(at(yield* letters("first: 1"), "nodes", 0, "webhookId"), row?.id)
    }).pipe(Effect.provide(Owner.layer))
  )
})
