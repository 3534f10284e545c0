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

  it.effect("are no app's to see or to replay", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const sql = yield* SqlClient.SqlClient
      yield* sql.unsafe(h.unreadable(9))
      const [row] = yield* sql.unsafe<{ readonly id: string }>(
        'select read_dead_letters(\'{"by": "development", "size": 1, "from": "start"}\') #>> \'{0,id}\' as id'
      )
      const owner = yield* Owner
      yield* owner`update api_keys set operator = false where principal = ${developmentKey.principal}`
      const refused = yield* ask("{ webhookDeadLetters { nodes { webhookId } } }")
      assert.strictEqual(at(refused.json, "errors", 0, "extensions", "code"), "operators_only")
      assert.isNull(at(refused.json, "data"))
      assert.deepInclude(yield* replay(row?.id ?? ""), { code: "operators_only" })
      assert.deepInclude(yield* replay("wh_999999"), { code: "operators_only" })
      yield* owner`update api_keys set operator = true where principal = ${developmentKey.principal}`
      assert.strictEqual(at(yield* letters("first: 1"), "nodes", 0, "webhookId"), row?.id)
    }).pipe(Effect.provide(Owner.layer))
  )
})
