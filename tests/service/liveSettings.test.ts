// What an operator sets of subscriptions, on a server that is started as they start it.
import { assert, it } from "@effect/vitest"
import { Effect, Predicate, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { listen } from "../graphql/sse.ts"
import { at } from "../graphql/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { ask, startService } from "./server.ts"

const sessionChanged = "subscription ($id: ID!) { sessionChanged(session: $id) { sessionId state } }"
const attemptRecorded = "subscription { attemptRecorded { attemptId state } }"

const codeOf = (told: { readonly json: unknown } | undefined) =>
  at(told?.json, "errors", 0, "extensions", "code")

it.layer(TestDatabase.layer, { excludeTestServices: true })("the settings of subscriptions", (it) => {
  it.effect(
    "say how many a key has, how many changes wait for one, and how long one lives",
    () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const server = yield* startService({
          DATABASE_URL: Redacted.value(url),
          DATABASE_CONNECTIONS: "4",
          DATABASE_READ_CONNECTIONS: "2",
          SUBSCRIPTIONS_PER_KEY: "2",
          SUBSCRIPTION_LIFETIME: "8 seconds",
          SUBSCRIPTION_BUFFER: "1"
        })
        yield* Effect.sync(() => server.output().includes("Stop with Ctrl-C")).pipe(
          Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("100 millis"), times: 900 })
        )
        const { json } = yield* ask(server, "/v1/payment-sessions", {
          customer: "loop_user_1",
          brand: "loop-bio",
          entity: "loop_bio_labs",
          intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] },
          mode: "hosted"
        })
        const id = Predicate.hasProperty(json, "id") ? String(json.id) : assert.fail(JSON.stringify(json))
        const named = yield* listen(server.origin, sessionChanged, { variables: { id } })
        assert.strictEqual(at((yield* named.next)?.json, "data", "sessionChanged", "state"), "pending")
        const all = yield* listen(server.origin, attemptRecorded)
        const third = yield* listen(server.origin, attemptRecorded)
        assert.strictEqual(codeOf(yield* third.next), "TOO_MANY_SUBSCRIPTIONS")

        // Two changes at once, where one may wait.
        const attempts = [1, 2].map((nr) => ({ id: `at_${id.slice(3)}_${nr}`, mid: "mid_bio_1" }))
        const change = JSON.stringify({ session: id, entity: "loop_bio_labs", brand: "loop-bio", attempts })
        const { connect } = yield* TestDatabase
        yield* Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`select pg_notify('payments_changes', ${change})`
        ).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
        assert.include((yield* all.rest).map(codeOf), "SUBSCRIBER_TOO_SLOW")
        assert.include((yield* named.rest).map(codeOf), "SUBSCRIPTION_TOO_OLD")
      }).pipe(Effect.scoped),
    120_000
  )
})
