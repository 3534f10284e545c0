// Three server processes on one database share the work that no request does; one of them is killed in the middle of it.
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { Webhook } from "standardwebhooks"
import { pgStubGatewayLedger } from "../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"
import { at } from "../graphql/support.ts"
import { openReceiver } from "../layers/webhooks/receiver.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { freePort } from "../support/serverProcess.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { ask, payWith, type Started, startService } from "./server.ts"

const config = {
  customer: "loop_user_1",
  brand: "loop-store",
  entity: "loop_goods",
  intent: { type: "amount", amountCents: 3500, currency: "USD" },
  mode: "hosted",
  product: "merchandise"
}

/** Waits for what has to come, as long as a slow machine may need. */
const eventually = <E, R>(what: string, holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("100 millis"), times: 900 }),
    Effect.map((now) => assert.isTrue(now, what))
  )

const reconciles = (server: Started): boolean => server.output().includes("attempts reconciled")

const database = Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer))

it.layer(database, { excludeTestServices: true, timeout: "60 seconds" })("three servers", (it) => {
  it.effect(
    "share the work, and when one is killed nothing is lost and nothing is done twice",
    () =>
      Effect.gen(function* () {
        const { url, connect } = yield* TestDatabase
        const owner = yield* Owner
        const receiver = yield* openReceiver()
        const servers: Array<Started> = []
        for (let nr = 0; nr < 3; nr++) {
          const server = yield* startService({
            DATABASE_URL: Redacted.value(url),
            CLUSTER_ADDRESS: `127.0.0.1:${yield* freePort}`,
            STUB_DEADLINE: "500 millis",
            STUB_LATE: "4 seconds",
            STUB_WEBHOOK_SECRET: "the same for all three"
          })
          const listens = Effect.promise(() =>
            fetch(`${server.origin}/health`).then(
              ({ ok }) => ok,
              () => false
            )
          )
          yield* eventually("it listens", listens)
          servers.push(server)
        }
        const server = (nr: number): Started => servers[nr % 3] ?? assert.fail("no server")
        const runners = Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql<{ readonly nr: number }>`select count(*)::int as nr from cluster_runners`
        ).pipe(Effect.provide(connect("payments_cluster", 1), { local: true }))
        yield* eventually(
          "they know each other",
          Effect.map(runners, ([row]) => row?.nr === 3)
        )
        // What moves to a runner that joins has moved.
        yield* Effect.sleep(Duration.seconds(3))

        const subscribed = yield* ask(server(0), "/v1/event-subscriptions", { url: receiver.url })
        assert.strictEqual(subscribed.status, 201, JSON.stringify(subscribed.json))
        const secret = String(at(subscribed.json, "secret"))

        const charge = (nr: number, token: string) =>
          Effect.gen(function* () {
            const declared = yield* ask(server(nr), "/v1/payment-sessions", config)
            const id = String(at(declared.json, "id"))
            yield* ask(server(nr + 1), `/v1/payment-sessions/${id}/confirm`, payWith(token))
            return id
          })
        const tokens = ["tok_timeout_captured", "tok_captured", "tok_timeout_captured_late"]
        const sessions = yield* Effect.forEach(
          Array.from({ length: 24 }, (_, nr) => nr),
          (nr) => charge(nr, tokens[nr % 3] ?? ""),
          { concurrency: 6 }
        )
        yield* eventually(
          "one reconciles",
          Effect.sync(() => servers.some(reconciles))
        )
        const working = servers.filter(reconciles)
        assert.strictEqual(working.length, 1, "the same work at several servers")
        const [victim] = working
        assert.isDefined(victim)
        yield* victim.signal("SIGKILL")
        assert.isNull(yield* victim.ended)
        const survivors = servers.filter((one) => one !== victim)

        // Attempts of the process that died too.
        const charged = owner<{ readonly nr: number }>`select count(*)::int as nr from payment_sessions
          where state = 'settled' and session_id in (select jsonb_array_elements_text(${JSON.stringify(sessions)}::jsonb))`
        const started = sessions.filter((id) => id.startsWith("ps_"))
        yield* eventually(
          "all are settled",
          Effect.map(charged, ([row]) => row?.nr === started.length)
        )
        const told = () =>
          new Set(
            receiver.received.flatMap(({ headers, body }) => {
              const event: unknown = new Webhook(secret).verify(body, headers)
              return at(event, "type") === "payment.charged.v1" ? [String(at(event, "data", "session"))] : []
            })
          )
        yield* eventually(
          "all are told",
          Effect.sync(() => told().size === started.length)
        )
        assert.strictEqual(started.length, 24)

        // Done once: one capture at the gateways for each, one event, one fulfilment.
        const books = pgStubGatewayLedger.pipe(Layer.provide(connect("payments_stub", 1)))
        const { doubleCharges, byCurrency } = yield* Effect.flatMap(
          StubGatewayLedger,
          ({ totals }) => totals
        ).pipe(Effect.provide(books, { local: true }))
        assert.deepStrictEqual(doubleCharges, [])
        assert.deepInclude(byCurrency[0], { currency: "USD", captured: 24 * 3500 })
        const records = yield* owner`select
          (select count(*)::int from captures) as captures, (select count(*)::int from fulfilments) as fulfilments,
          (select count(*)::int from outbox where type = 'payment.charged.v1') as events,
          (select count(*)::int from incidents) as incidents, (select count(*)::int from audit_faults()) as faults`
        assert.deepStrictEqual(records, [
          { captures: 24, fulfilments: 24, events: 24, incidents: 0, faults: 0 }
        ])
        // The gateways told of the late ones by themselves, through the door.
        yield* eventually(
          "webhooks came in",
          Effect.map(
            owner<{
              readonly nr: number
            }>`select count(*)::int as nr from webhook_inbox where state = 'processed'`,
            ([row]) => (row?.nr ?? 0) > 0
          )
        )
        assert.isTrue(survivors.some(({ output }) => output().includes("attempts reconciled")))
      }),
    180_000
  )
})
