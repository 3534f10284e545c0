import { assert, it } from "@effect/vitest"
import { Effect, Predicate, Redacted, Schedule } from "effect"
import { randomBytes } from "node:crypto"
import { listen, type Told } from "../graphql/sse.ts"
import { at } from "../graphql/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { ask, payWith, type Started, startService } from "./server.ts"

// Two servers on one PostgreSQL. What one of them does, whoever listens at the other one is told; and whoever listened
// at one that was killed is told by the other how things stand.

const subscription = `subscription ($id: ID!) {
  sessionChanged(session: $id) { sessionId state }
}`

const stateIn = ({ json }: Told) => at(json, "data", "sessionChanged", "state")

const listens = (server: Started) =>
  Effect.sync(() => server.output().includes("Stop with Ctrl-C")).pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("100 millis"), times: 900 }),
    Effect.map((now) => assert.isTrue(now, server.output()))
  )

it.layer(TestDatabase.layer, { excludeTestServices: true })("of two servers on one database", (it) => {
  it.effect(
    "each tells what the other does, and the one that is left tells how it ended",
    () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const environment = {
          DATABASE_URL: Redacted.value(url),
          DATABASE_CONNECTIONS: "4",
          DATABASE_READ_CONNECTIONS: "2",
          EVENT_SECRETS_KEY: randomBytes(32).toString("base64"),
          STUB_DEADLINE: "300 millis"
        }
        const [one, other] = [yield* startService(environment), yield* startService(environment)]
        yield* Effect.forEach([one, other], listens)
        const declare = Effect.gen(function* () {
          const { json } = yield* ask(one, "/v1/payment-sessions", {
            customer: "loop_user_1",
            brand: "loop-bio",
            entity: "loop_bio_labs",
            intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] },
            mode: "hosted"
          })
          return Predicate.hasProperty(json, "id") ? String(json.id) : assert.fail(JSON.stringify(json))
        })
        const follow = Effect.fnUntraced(function* (server: Started, id: string, state: string) {
          const events = yield* listen(server.origin, subscription, { variables: { id } })
          const until = Effect.gen(function* () {
            for (let told = yield* events.next; told !== undefined; told = yield* events.next) {
              if (stateIn(told) === state) return true
            }
            return false
          })
          return { events, until }
        })

        const told = yield* declare
        const atOther = yield* follow(other, told, "settled")
        yield* ask(one, `/v1/payment-sessions/${told}/confirm`, payWith("tok_captured"))
        assert.isTrue(yield* atOther.until, "the one tells what the other one did")

        const cut = yield* declare
        const atOne = yield* follow(one, cut, "settled")
        yield* atOne.events.next
        yield* one.signal("SIGKILL")
        yield* one.ended
        assert.isFalse(yield* atOne.until, "the line is cut without a word")
        const again = yield* follow(other, cut, "settled")
        assert.strictEqual(stateIn((yield* again.events.next) ?? { event: "", json: undefined }), "pending")
        yield* ask(other, `/v1/payment-sessions/${cut}/confirm`, payWith("tok_captured"))
        assert.isTrue(yield* again.until, "the one that is left tells how it ends")
      }).pipe(Effect.scoped),
    120_000
  )
})
