import { assert } from "@effect/vitest"
import { Context, Effect, Layer, Predicate, Redacted, Schedule } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { payWith, readySession, type Started, startService, ask } from "../service/server.ts"
import { freePort } from "../support/serverProcess.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { type ExportedSpan, listen, type Listener, spansIn } from "./collector.ts"

/** What nobody may find in a trace or in a metric. The number passes Luhn. */
export const canaries = {
  card: "4111111111111111",
  customer: "loop_user_canary",
  order: "order-canary",
  token: "tok_declined_at_stub_a",
  note: "canary-note",
  key: developmentKey.key
}

/** The trace that the caller of the charge is in already. */
export const callers = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }

/** One server that was charged over, asked wrongly and read, with what it told of itself. */
export class Story extends Context.Service<
  Story,
  {
    readonly session: string
    readonly spans: ReadonlyArray<ExportedSpan>
    readonly metrics: string
    readonly receiver: Listener
    readonly collector: Listener
    readonly ready: { readonly status: number; readonly json: unknown }
    readonly atTheDoors: number
  }
>()("payment-orchestration/tests/telemetry/story") {
  static readonly layer = Layer.effect(
    Story,
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const collector = yield* listen
      const receiver = yield* listen
      const metricsPort = yield* freePort
      const server = yield* startService({
        DATABASE_URL: Redacted.value(url),
        SEED: "true",
        TRACES_ENDPOINT: collector.url,
        TRACES_HEADERS: "x-tenant=payments, authorization=Bearer of-the-collector",
        METRICS_PORT: String(metricsPort)
      })
      yield* readySession(server)
      yield* post(server, "/v1/event-subscriptions", { url: `${receiver.url}/hook` })
      const session = yield* declared(server)
      yield* post(server, `/v1/payment-sessions/${session}/confirm`, payWith(canaries.token), {
        traceparent: `00-${callers.traceId}-${callers.spanId}-01`
      })
      // Whoever is not traced by his own will.
      yield* post(
        server,
        `/v1/payment-sessions/${yield* declared(server)}/confirm`,
        payWith("tok_captured"),
        {
          traceparent: "00-11111111111111111111111111111111-2222222222222222-00"
        }
      )
      yield* post(server, `/v1/payment-sessions/${session}/refunds`, { amount: 100, reason: canaries.note })
      yield* wrongly(server)
      const ready = yield* ask(server, "/ready")
      const atTheDoors = yield* Effect.promise(async () => (await fetch(`${server.origin}/metrics`)).status)
      yield* Effect.sync(() => receiver.heard.length).pipe(
        Effect.repeat({ until: (heard) => heard >= 3, schedule: Schedule.spaced("100 millis"), times: 200 })
      )
      const metrics = yield* Effect.promise(async () =>
        (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
      )
      // What it has not exported yet leaves it with its end.
      yield* server.signal("SIGTERM")
      assert.strictEqual(yield* server.ended, 0, server.output())
      return { session, spans: spansIn(collector), metrics, receiver, collector, ready, atTheDoors }
    })
  ).pipe(Layer.provide(TestDatabase.layer))
}

const post = (server: Started, path: string, body: unknown, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(`${server.origin}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${canaries.key}`,
        "content-type": "application/json",
        "x-request-id": canaries.note,
        ...headers
      },
      body: JSON.stringify(body)
    })
    const json: unknown = await response.json()
    return { status: response.status, json }
  })

const declared = (server: Started) =>
  post(server, "/v1/payment-sessions", {
    customer: canaries.customer,
    brand: "loop-bio",
    entity: "loop_bio_labs",
    mode: "hosted",
    intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] },
    orderReference: `${canaries.order}-${orders++}`,
    metadata: { note: canaries.note }
  }).pipe(
    Effect.map(({ json }) => {
      assert.isTrue(Predicate.hasProperty(json, "id") && Predicate.isString(json.id), JSON.stringify(json))
      return Predicate.hasProperty(json, "id") ? String(json.id) : ""
    })
  )

let orders = 1

/** Card numbers and whatever else in every place where a caller may write. */
const wrongly = Effect.fnUntraced(function* (server: Started) {
  const { card, customer } = canaries
  yield* ask(server, `/v1/payment-sessions/${card}?card=${card}`)
  yield* ask(server, `/${customer}/${card}`)
  yield* post(server, "/v1/payment-sessions", { customer: card, brand: card, entity: card, mode: card })
  yield* post(server, "/graphql", {
    query: `query Q${customer} { node(id: "${card}") { id } }`,
    operationName: `Q${customer}`
  })
  yield* Effect.promise(() =>
    fetch(`${server.origin}/v1/payment-sessions`, { headers: { authorization: card } })
  )
})
