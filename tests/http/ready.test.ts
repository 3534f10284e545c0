import { createServer } from "node:http"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, it } from "@effect/vitest"
import {
  Context,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Predicate,
  Redacted,
  Schedule,
  Schema,
  Scope
} from "effect"
import { HttpServer } from "effect/http"
import { OpenApi } from "effect/http-api"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { OperationsReads } from "../../src/db/operations/OperationsReads.ts"
import { Api } from "../../src/http/api/Api.ts"
import { Readiness } from "../../src/http/api/readiness.ts"
import { readyRoute } from "../../src/http/readyRoute.ts"
import { httpServer } from "../../src/http/server.ts"
import { ClusterSeat } from "../../src/workers/ClusterSeat.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

interface Settings {
  readonly newerDatabase?: boolean
  readonly stopNotice?: Duration.Duration
  readonly reads?: Layer.Layer<OperationsReads>
}

/** A server with nothing but what says whether it is ready, on the real database. */
const serve = Effect.fnUntraced(function* ({ newerDatabase = false, reads, ...more }: Settings = {}) {
  const { connect } = yield* TestDatabase
  const seat = { isTaken: () => false }
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
  const context = yield* httpServer(readyRoute({ newerDatabase }), more).pipe(
    Layer.provide([
      reads ?? OperationsReads.layer.pipe(Layer.provide(Layer.fresh(connect("payments_app", 1)))),
      Layer.succeed(ClusterSeat, seat),
      NodeCrypto.layer,
      Logger.layer([])
    ]),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
    Layer.buildWithScope(scope)
  )
  const origin = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
  const ready = Effect.promise(async () => {
    const response = await fetch(`${origin}/ready`)
    const json: unknown = await response.json()
    assert.isTrue(Schema.is(Readiness)(json), "it is what the OpenAPI document says")
    return { status: response.status, json, connection: response.headers.get("connection") }
  })
  return { ready, seat, stop: Scope.close(scope, Exit.void) }
})

const answer = (status: number, found: object) => ({
  status,
  json: {
    status: status === 200 ? "ready" : "not_ready",
    server: "serving",
    database: "answers",
    migrations: "current",
    workers: "not_a_member",
    ...found
  },
  connection: "keep-alive"
})

const settled = <A, E, R>(asked: Effect.Effect<A, E, R>, until: (answer: A) => boolean) =>
  Effect.repeat(asked, { until, schedule: Schedule.spaced("50 millis"), times: 200 })

/** What it says once it has looked again. */
const until = <E, R>(
  migrations: string,
  asked: Effect.Effect<{ readonly json: unknown; readonly status: number }, E, R>
) => settled(asked, ({ json }) => Predicate.hasProperty(json, "migrations") && json.migrations === migrations)

it.layer(TestDatabase.layer, { excludeTestServices: true })("GET /ready", (it) => {
  it("stands in the OpenAPI document with both of its answers, beside /health, and asks for no key", () => {
    const { paths, components } = OpenApi.fromApi(Api)
    const ready = paths["/ready"]?.get
    assert.hasAllKeys(ready?.responses, ["200", "503"])
    for (const one of [ready, paths["/health"]?.get]) assert.isEmpty(one?.security ?? [])
    assert.containsAllKeys(components.schemas, ["Ready", "NotReady"])
  })

  it.effect("says what there is, and whether this server has a part in the work of the background", () =>
    Effect.gen(function* () {
      const { ready, seat } = yield* serve()
      assert.deepStrictEqual(yield* ready, answer(200, {}))
      seat.isTaken = () => true
      assert.deepStrictEqual(yield* ready, answer(200, { workers: "member" }))
    })
  )

  it.effect("asks the database once, however many ask", () =>
    Effect.gen(function* () {
      let asked = 0
      const { ready } = yield* serve({
        reads: Layer.mock(OperationsReads, {
          shape: Effect.sync(() => {
            asked++
            return "current" as const
          }).pipe(Effect.delay("100 millis"))
        })
      })
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => ready),
        { concurrency: "unbounded" }
      )
      for (const one of answers) assert.strictEqual(one.status, 200)
      assert.isBelow(asked, 20)
    })
  )

  it.effect("says no while the database is gone, and yes again by itself", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const { ready } = yield* serve()
      assert.strictEqual((yield* ready).status, 200)
      const name = new URL(Redacted.value(url)).pathname.slice(1)
      const elsewhere = new URL(Redacted.value(url))
      elsewhere.pathname = "/postgres"
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const shut = (allowed: boolean) =>
          sql`alter database ${sql(name)} allow_connections ${sql.literal(String(allowed))}`
        yield* shut(false)
        yield* sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
        const gone = answer(503, { database: "gone", migrations: "unknown" })
        assert.deepStrictEqual(yield* settled(ready, ({ status }) => status === 503), gone)
        yield* shut(true)
      }).pipe(Effect.provide(Database.administrator(Redacted.make(elsewhere.href))))
      assert.deepStrictEqual(yield* settled(ready, ({ status }) => status === 200), answer(200, {}))
    })
  )

  it.effect("says no while a migration of this version is missing, and on a database of a later one", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const { ready } = yield* serve()
      const goesBack = yield* serve({ newerDatabase: true })
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into payments_migrations (migration_id, name) values (9999, 'of_tomorrow')`
        assert.deepStrictEqual(yield* until("newer", ready), answer(503, { migrations: "newer" }))
        // Somebody goes back to this version, and says so.
        assert.deepStrictEqual(yield* until("newer", goesBack.ready), answer(200, { migrations: "newer" }))
        yield* sql`delete from payments_migrations where migration_id = 12`
        for (const server of [ready, goesBack.ready]) {
          assert.deepStrictEqual(yield* until("pending", server), answer(503, { migrations: "pending" }))
        }
        yield* sql`delete from payments_migrations where migration_id = 9999`
        yield* sql`insert into payments_migrations (migration_id, name) values (12, 'operations')`
      }).pipe(Effect.provide(Database.administrator(url)))
      assert.deepStrictEqual(yield* until("current", ready), answer(200, {}))
    })
  )

  it.effect("says no as soon as the server is told to stop, before it takes no requests any more", () =>
    Effect.gen(function* () {
      const { ready, stop } = yield* serve({ stopNotice: Duration.seconds(4) })
      const stopping = yield* Effect.forkChild(stop)
      const draining = yield* settled(ready, ({ status }) => status === 503)
      assert.deepStrictEqual(draining, { ...answer(503, { server: "draining" }), connection: "close" })
      yield* Fiber.join(stopping)
      assert.strictEqual((yield* Effect.exit(ready))._tag, "Failure")
    })
  )
})
