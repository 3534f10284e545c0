import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Redacted, Schedule, Scope } from "effect"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { developmentKey } from "../../src/db/seedData.ts"
import { pgStubGatewayLedger } from "../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { sessionOfKey } from "../../src/layers/providers/stub/StubEntry.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"
import { isRunning, openFolder } from "../db/embedded/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { freePort } from "../support/serverProcess.ts"
import { ask, payWith, readySession, startService, stateOf } from "./server.ts"

const postmasterOf = (output: string): number => Number(/PostgreSQL \(process ([0-9]+)\)/.exec(output)?.[1])

/** Data that a server made and left behind in good order, for tests that are not about the first start. */
const prepared = Scope.makeUnsafe()
let data = ""
beforeAll(() =>
  Effect.runPromise(
    Effect.gen(function* () {
      data = yield* openFolder
      const server = yield* startService({ DATA_DIRECTORY: data })
      yield* readySession(server)
      yield* server.signal("SIGTERM")
      assert.strictEqual(yield* server.ended, 0)
    }).pipe(Scope.provide(prepared))
  )
)
afterAll(() => Effect.runPromise(Scope.close(prepared, Exit.void)))

/** A copy of them, in a folder of the test's own: files keep their owner, as PostgreSQL wants it. */
const openData = Effect.tap(openFolder, (folder) =>
  Effect.sync(() => execFileSync("cp", ["-a", `${data}/.`, folder]))
)

/** A stop that is meant is nothing to wonder about, however long it takes. */
const assertNoWarning = (output: string) => assert.notMatch(output, /WARN|ERROR/)

it.live("Ctrl-C stops the server and its database, and the next start keeps the data", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openFolder
    const first = yield* startService({ DATA_DIRECTORY: dataDirectory })
    const session = yield* readySession(first)
    yield* ask(first, `/v1/payment-sessions/${session}/confirm`, payWith("tok_captured"))
    yield* first.signal("SIGINT")
    assert.strictEqual(yield* first.ended, 0)
    assertNoWarning(first.output())
    // The log says when the stop began and when it was over, once each.
    assert.match(first.output(), /told to stop: [^]*"message":"?\[?"?stopped"/)
    assert.strictEqual(first.output().split("told to stop").length, 2)

    const second = yield* startService({ DATA_DIRECTORY: dataDirectory })
    yield* readySession(second)
    assert.strictEqual(yield* stateOf(second, session), "settled")
    assert.notInclude(second.output(), "ended without a shutdown")
    yield* second.signal("SIGTERM")
    assert.strictEqual(yield* second.ended, 0)
  })
)

it.live("a server that stops while a charge is on its way waits for its outcome", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openData
    const first = yield* startService({ DATA_DIRECTORY: dataDirectory })
    const session = yield* readySession(first)
    const charge = yield* Effect.forkChild(
      ask(first, `/v1/payment-sessions/${session}/confirm`, payWith("tok_slow"))
    )
    yield* inState(stateOf(first, session), "processing")
    yield* first.signal("SIGTERM")
    assert.strictEqual(yield* first.ended, 0)
    assertNoWarning(first.output())
    yield* Fiber.await(charge)

    const second = yield* startService({ DATA_DIRECTORY: dataDirectory })
    yield* readySession(second)
    assert.strictEqual(yield* stateOf(second, session), "settled")
  })
)

it.live("a server that stops ends each connection with its last answer, so that none is waited for", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openData
    const server = yield* startService({ DATA_DIRECTORY: dataDirectory })
    const session = yield* readySession(server)
    const address = `${server.origin}/v1/payment-sessions/${session}`
    const headers = { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" }
    const connectionAfter = (request: Promise<Response>) =>
      Effect.promise(async () => {
        const { headers: answered, status } = await request
        return { status, connection: answered.get("connection") }
      })
    const before = yield* connectionAfter(fetch(address, { headers }))
    assert.deepStrictEqual(before, { status: 200, connection: "keep-alive" })
    const charge = yield* Effect.forkChild(
      connectionAfter(
        fetch(`${address}/confirm`, { method: "POST", headers, body: JSON.stringify(payWith("tok_slow")) })
      )
    )
    yield* inState(stateOf(server, session), "processing")
    yield* server.signal("SIGTERM")
    assert.deepStrictEqual(yield* Fiber.join(charge), { status: 200, connection: "close" })
    assert.strictEqual(yield* server.ended, 0)
  })
)

it.live("a server killed with -9 in mid-charge: the next one finds out what became of it", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openData
    const environment = { DATA_DIRECTORY: dataDirectory, STUB_DEADLINE: "1 second", STUB_SLOW: "900 millis" }
    const first = yield* startService(environment)
    const session = yield* readySession(first)
    const charge = yield* Effect.forkChild(
      Effect.exit(ask(first, `/v1/payment-sessions/${session}/confirm`, payWith("tok_slow")))
    )
    yield* inState(stateOf(first, session), "processing")
    yield* first.signal("SIGKILL")
    yield* first.ended
    yield* Fiber.await(charge)

    const second = yield* startService(environment)
    yield* readySession(second)
    assert.include(second.output(), "ended without a shutdown")
    assert.isFalse(isRunning(postmasterOf(second.output())), "the PostgreSQL that was left behind is gone")
    yield* inState(stateOf(second, session), "settled")
  })
)

it.live("a server whose PostgreSQL is killed says so and ends; the next one goes on with the data", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openData
    const first = yield* startService({ DATA_DIRECTORY: dataDirectory })
    const session = yield* readySession(first)
    yield* ask(first, `/v1/payment-sessions/${session}/confirm`, payWith("tok_captured"))
    const postmaster = Number(
      readFileSync(join(dataDirectory, "cluster", "postmaster.pid"), "utf8").split("\n")[0]
    )
    process.kill(postmaster, "SIGKILL")
    assert.strictEqual(yield* first.ended, 1)
    assert.include(first.output(), `PostgreSQL (process ${postmaster}) ended, so this server stops as well`)

    const second = yield* startService({ DATA_DIRECTORY: dataDirectory })
    yield* readySession(second)
    assert.strictEqual(yield* stateOf(second, session), "settled")
  })
)

it.live("a setting that cannot be used is told in a sentence, before anything is started", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openFolder
    const wrong = {
      PORT: "abc",
      SESSION_LIFETIME: "Infinity",
      DATABASE_CONNECTIONS: "0",
      LOG_FORMAT: "xml",
      STUB_DEADLINE: "soon",
      PUBLIC_ORIGIN: "http://127.0.0.1:4000/"
    }
    yield* Effect.forEach(
      Object.entries(wrong),
      ([setting, value]) =>
        Effect.gen(function* () {
          const refused = yield* startService({ DATA_DIRECTORY: dataDirectory, [setting]: value })
          assert.strictEqual(yield* refused.ended, 1)
          assert.match(refused.output(), new RegExp(`^\\s*The setting ${setting} .*\\s*$`))
        }),
      { concurrency: 2, discard: true }
    )
    assert.deepStrictEqual(readdirSync(dataDirectory), [])
  })
)

it.live("a busy port and a busy data directory are told in a sentence, and nothing stays behind", () =>
  Effect.gen(function* () {
    const dataDirectory = yield* openData
    const first = yield* startService({ DATA_DIRECTORY: dataDirectory })
    yield* readySession(first)

    const samePort = yield* startService({ DATA_DIRECTORY: yield* openFolder, PORT: String(first.port) })
    assert.strictEqual(yield* samePort.ended, 1)
    assert.include(samePort.output(), `Port ${first.port} of 127.0.0.1 is taken by another program`)
    assert.include(samePort.output(), `PORT=${first.port + 1} npm start`)
    assert.notInclude(samePort.output(), "    at ", "no stack trace")

    const sameFolder = yield* startService({ DATA_DIRECTORY: dataDirectory })
    assert.strictEqual(yield* sameFolder.ended, 1)
    assert.include(sameFolder.output(), `The data directory ${dataDirectory} is in use by another server`)
    assert.include(sameFolder.output(), "DATA_DIRECTORY=")
  })
)

it.live("DATABASE_URL replaces the embedded database: nothing is kept in the data directory", () =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const dataDirectory = yield* openFolder
    const server = yield* startService({
      DATABASE_URL: Redacted.value(url),
      DATA_DIRECTORY: dataDirectory,
      SEED: "true"
    })
    const session = yield* readySession(server)
    yield* ask(server, `/v1/payment-sessions/${session}/confirm`, payWith("tok_captured"))
    assert.strictEqual(yield* stateOf(server, session), "settled")
    assert.deepStrictEqual(readdirSync(dataDirectory), [])
  }).pipe(Effect.provide(TestDatabase.layer))
)

it.live("a DATABASE_URL where nobody listens is told in a sentence", () =>
  Effect.gen(function* () {
    const nobodyThere = `postgres://postgres@127.0.0.1:${yield* freePort}/payments`
    const refused = yield* startService({ DATABASE_URL: nobodyThere })
    assert.strictEqual(yield* refused.ended, 1)
    assert.include(refused.output(), "The database of DATABASE_URL cannot be used")
    assert.notInclude(refused.output(), "    at ")
  })
)

it.live("STUB_DATABASE_URL keeps the gateways' books in a database of their own", () =>
  Effect.gen(function* () {
    const { url, connect } = yield* TestDatabase
    const far = yield* Effect.map(Layer.build(Layer.fresh(TestDatabase.layer)), Context.get(TestDatabase))
    const server = yield* startService({
      DATABASE_URL: Redacted.value(url),
      STUB_DATABASE_URL: Redacted.value(far.url),
      SEED: "true"
    })
    const session = yield* readySession(server)
    yield* ask(server, `/v1/payment-sessions/${session}/confirm`, payWith("tok_captured"))
    assert.strictEqual(yield* stateOf(server, session), "settled")
    const books = Effect.flatMap(StubGatewayLedger, ({ entries }) => entries)
    const booksIn = (at: typeof connect) =>
      Effect.provide(books, pgStubGatewayLedger.pipe(Layer.provide(at("payments_stub"))))
    assert.deepStrictEqual(yield* booksIn(connect), [])
    assert.deepStrictEqual(
      (yield* booksIn(far.connect)).map(({ kind, idempotencyKey }) => [kind, sessionOfKey(idempotencyKey)]),
      [["captured", session]]
    )
  }).pipe(Effect.provide(TestDatabase.layer))
)

it.live("a STUB_DATABASE_URL where nobody listens is told in a sentence", () =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const refused = yield* startService({
      DATABASE_URL: Redacted.value(url),
      STUB_DATABASE_URL: `postgres://postgres@127.0.0.1:${yield* freePort}/payments`
    })
    assert.strictEqual(yield* refused.ended, 1)
    assert.include(refused.output(), "The setting STUB_DATABASE_URL cannot be used")
    assert.notInclude(refused.output(), "    at ")
  }).pipe(Effect.provide(TestDatabase.layer))
)

const inState = (state: Effect.Effect<unknown>, wanted: string): Effect.Effect<void> =>
  state.pipe(
    Effect.repeat({ until: (now) => now === wanted, schedule: Schedule.spaced("100 millis"), times: 250 }),
    Effect.map((now) => assert.strictEqual(now, wanted))
  )
