import { assert, it } from "@effect/vitest"
import { Effect, Layer, Predicate, Redacted, Schedule, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import { Owner } from "../db/support/pgStorage.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { ask, payWith, type Started, startService, stateOf } from "./server.ts"

// Three servers on one PostgreSQL, as three machines would be. Each work of the background is one server's at a time;
// one that dies while it is at it is followed by another, and nothing is lost or done twice.

const eventually = <E, R>(what: string | (() => string), holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("100 millis"), times: 900 }),
    Effect.map((now) => assert.isTrue(now, typeof what === "string" ? what : what()))
  )

/** The works that a server began and did not end, as its log tells. */
const worksOf = (server: Started): ReadonlyArray<string> => {
  const held = new Map<string, number>()
  for (const line of server.output().split("\n")) {
    const [, did] = /a worker (begins|ends) here/.exec(line) ?? []
    const [, worker = ""] = /"worker":"([a-z-]+)"/.exec(line) ?? []
    if (did !== undefined) held.set(worker, (held.get(worker) ?? 0) + (did === "begins" ? 1 : -1))
  }
  return [...held].flatMap(([worker, times]) => Array.from({ length: times }, () => worker))
}

/** Every work is done, and by one of these servers. */
const shared = (servers: ReadonlyArray<Started>) =>
  eventually(
    "each work is one server's",
    Effect.sync(() => {
      const all = servers.flatMap(worksOf)
      return (
        all.length >= 8 && new Set(all).size === all.length && allWorks.every((work) => all.includes(work))
      )
    })
  )
const allWorks = ["expiry", "takeover", "reconciliation", "delivery", "fan-out", "webhooks", "webhooks-in"]

/** An app's endpoint: the ids that it was sent, as often as they came, by the session that they tell of. */
const endpoint: Effect.Effect<
  { readonly url: string; readonly heard: ReadonlyArray<{ readonly id: string; readonly body: string }> },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const heard: Array<{ readonly id: string; readonly body: string }> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => (body += String(chunk)))
    request.on("end", () => {
      heard.push({ id: String(request.headers["webhook-id"]), body })
      response.end()
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => void server.close())
  )
  const address = server.address()
  const port = Predicate.isObject(address) && "port" in address ? address.port : 0
  return { url: `http://127.0.0.1:${port}/`, heard }
})

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer)), { excludeTestServices: true })(
  "three servers on one database",
  (it) => {
    it.effect(
      "lose nothing and do nothing twice when the one that reconciles, and then the one that delivers, is killed",
      () =>
        Effect.gen(function* () {
          const { url } = yield* TestDatabase
          const owner = yield* Owner
          const environment = {
            DATABASE_URL: Redacted.value(url),
            DATABASE_CONNECTIONS: "4",
            DATABASE_READ_CONNECTIONS: "2",
            EVENT_SECRETS_KEY: randomBytes(32).toString("base64"),
            STUB_DEADLINE: "300 millis",
            STUB_LATE: "2 seconds",
            LOG_FORMAT: "json",
            LOG_LEVEL: "debug"
          }
          const servers = yield* Effect.replicateEffect(startService(environment), 3)
          const alive = new Set(servers)
          yield* Effect.forEach(servers, (server) =>
            eventually(
              () => `the server listens:\n${server.output()}`,
              Effect.sync(() => server.output().includes("Stop with Ctrl-C"))
            )
          )
          yield* shared(servers)
          const app = yield* endpoint
          const [first] = servers
          if (first === undefined) return assert.fail("no server")
          yield* ask(first, "/v1/event-subscriptions", { url: app.url })

          const sessions: Array<string> = []
          const sell = Effect.fnUntraced(function* (server: Started, tokenRef: string) {
            const { json } = yield* ask(server, "/v1/payment-sessions", {
              customer: "loop_user_1",
              brand: "loop-bio",
              entity: "loop_bio_labs",
              intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] },
              mode: "hosted"
            })
            const session = Predicate.hasProperty(json, "id")
              ? String(json.id)
              : assert.fail(JSON.stringify(json))
            sessions.push(session)
            yield* ask(server, `/v1/payment-sessions/${session}/confirm`, payWith(tokenRef))
          })
          const cards = [
            "tok_captured",
            "tok_timeout_captured",
            "tok_timeout_captured_late",
            "tok_lies_on_lookup"
          ]
          const sellToAll = Effect.suspend(() =>
            Effect.forEach(
              [...alive].flatMap((server) => cards.map((token) => ({ server, token }))),
              ({ server, token }) => sell(server, token),
              { concurrency: 6 }
            )
          )
          /** Kills whoever does that work, while there is some. */
          const kill = Effect.fnUntraced(function* (work: string) {
            const doing = () => [...alive].find((server) => worksOf(server).includes(work))
            yield* eventually(
              `somebody does ${work}`,
              Effect.sync(() => doing() !== undefined)
            )
            const victim = doing()
            if (victim === undefined) return assert.fail(`nobody does ${work}`)
            yield* victim.signal("SIGKILL")
            yield* victim.ended
            alive.delete(victim)
          })

          yield* sellToAll
          yield* kill("reconciliation")
          yield* sellToAll
          yield* shared([...alive])
          yield* sellToAll
          yield* kill("webhooks")
          yield* sellToAll
          yield* shared([...alive])

          const [last] = alive
          if (last === undefined) return assert.fail("nobody is left")
          yield* Effect.forEach(
            sessions,
            (session) =>
              eventually(
                `${session} is settled`,
                Effect.map(stateOf(last, session), (state) => state === "settled")
              ),
            { concurrency: 4 }
          )
          const charged = (session: string) =>
            app.heard.filter(({ body }) => body.includes("payment.charged.v1") && body.includes(session))
          yield* eventually(
            "every capture is told",
            Effect.sync(() => sessions.every((session) => charged(session).length > 0))
          )
          for (const session of sessions) {
            // Who dies between the answer and its record tells once more, under the same id.
            assert.strictEqual(new Set(charged(session).map(({ id }) => id)).size, 1, session)
          }
          const [books] = yield* owner<{
            readonly twice: number
            readonly moved: number
            readonly posted: number
            readonly fulfilments: number
            readonly events: number
            readonly faults: number
          }>`
            select (select count(*)::int from (
                select session_id from captures group by 1 having count(*) > 1) doubled) as twice,
              (select count(*)::int from stub_gateway.entries where kind = 'captured') as moved,
              (select count(*)::int from postings) as posted,
              (select count(*)::int from fulfilments) as fulfilments,
              (select count(*)::int from outbox where type = 'payment.charged.v1') as events,
              (select count(*)::int from incidents) + (select count(*)::int from audit_faults()) as faults`
          assert.deepStrictEqual(books, {
            twice: 0,
            moved: sessions.length,
            posted: sessions.length,
            fulfilments: sessions.length,
            events: sessions.length,
            faults: 0
          })
        }).pipe(Effect.scoped),
      240_000
    )
  }
)
