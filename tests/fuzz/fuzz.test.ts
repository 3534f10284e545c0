import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { createServer } from "node:http"
import { connect as connectLine, createServer as createLine, type Server } from "node:net"
import { schema } from "../../src/graphql/schema.ts"
import { asOwner, keyWith } from "../access/support.ts"
import { Doors, doors, newSession } from "../graphql/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { booksQuery, type Entry, moneyMoved } from "./books.ts"
import { faultOf } from "./judge.ts"
import { makeRequests } from "./requests.ts"
import { fuzz } from "./run.ts"

const documents = Number(process.env["FUZZ_DOCUMENTS"] ?? 1500)

it.layer(doors, { excludeTestServices: true, timeout: 600_000 })("whatever is sent to the doors", (it) => {
  it.effect("nothing breaks, nothing leaks, and no money moves that nobody asked for who may", () =>
    Effect.gen(function* () {
      const { origin, log } = yield* Doors
      yield* asOwner(
        ...keyWith("sk_fuzz_reader", { operations: ["sessions:read", "registry:read"] }),
        ...keyWith("sk_fuzz_all", {})
      )
      const sessions = yield* Effect.all(Array.from({ length: 12 }, () => newSession()))
      const summary = yield* Effect.promise(async () =>
        fuzz({
          origin,
          schema,
          seed: 20_261_121,
          from: 0,
          documents,
          sessions,
          keys: { reader: "sk_fuzz_reader", all: "sk_fuzz_all" }
        })
      )
      assert.deepStrictEqual(summary.faults, [])
      assert.deepStrictEqual(
        log.filter((line) => /broke|Defect|TypeError|RangeError/.test(line)),
        []
      )
      const { connect } = yield* TestDatabase
      const books = yield* Effect.gen(function* () {
        return yield* (yield* SqlClient.SqlClient).unsafe<Entry & object>(booksQuery)
      }).pipe(Effect.provide(connect("payments_stub", 1), { local: true }))
      assert.deepStrictEqual(moneyMoved(books, summary.asked), [])
      // It was no empty exercise: of every kind there were some, much was answered, and some sessions were charged.
      for (const [kind, times] of Object.entries(summary.sent)) assert.isAbove(times, 10, kind)
      assert.isAbove(summary.answered, documents / 20)
      assert.isAbove(summary.refused, documents / 4)
      assert.isNotEmpty(books)
    })
  )
})

it("a request of a number is the same whenever it is made", () => {
  const world = { seed: 7, sessions: ["ps_1"], words: ["x"], tokens: ["tok"] }
  const [one, other] = [makeRequests(schema, world), makeRequests(schema, world)]
  const later = Array.from({ length: 50 }, (_, nr) => other(49 - nr)).toReversed()
  assert.deepStrictEqual(
    Array.from({ length: 50 }, (_, nr) => one(nr)),
    later
  )
})

it("what breaks, leaks or moves money is seen", () => {
  const said = (text: string, status = 200) =>
    faultOf({ status, text: `{"errors":[${JSON.stringify(text)}]}` }, true)
  assert.isUndefined(said("the document cannot be parsed"))
  for (const [text, fault] of [
    ["Error: no\n    at run (file:///src/main.ts:1:1)", "a stack"],
    ['relation "payments.secrets" does not exist', "SQL"],
    ["select key from payments.api_keys", "SQL"],
    ['Cannot query field "sesion". Did you mean "session"?', "a suggestion"]
  ] as const) {
    assert.include(said(text), fault)
  }
  assert.include(said("x", 500), "it broke")
  assert.isDefined(faultOf({ status: 200, text: "<html>" }, true))
  const asked = { charge: new Set(["a"]), refund: new Set<string>() }
  const entry = (session: string, operation = "charge") => ({ session, operation, kind: "captured" })
  assert.deepStrictEqual(moneyMoved([entry("a")], asked), [])
  assert.lengthOf(moneyMoved([entry("b")], asked), 1)
  assert.lengthOf(moneyMoved([entry("a"), entry("a")], asked), 1)
  assert.lengthOf(moneyMoved([entry("a"), entry("a", "refund")], asked), 1)
})

const portOf = (server: Server) => {
  const at = server.address()
  return typeof at === "object" && at !== null ? at.port : 0
}

const listening = <S extends Server>(server: S) =>
  Effect.acquireRelease(
    Effect.callback<S>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    () => Effect.sync(() => server.close())
  )

/** In front of a server, whose lines it closes when a second request comes over them: the server never hears of it. */
const closingQuietLines = (port: number) =>
  createLine((line) => {
    const onward = connectLine(port, "127.0.0.1")
    let requests = 0
    line.on("data", (bytes) => {
      if (/^(GET|POST) /.test(bytes.toString("latin1"))) requests++
      if (requests === 2) return void line.resetAndDestroy()
      onward.write(bytes)
    })
    onward.on("data", (bytes) => line.write(bytes))
    for (const [one, other] of [
      [line, onward],
      [onward, line]
    ] as const)
      one.on("error", () => undefined).on("close", () => other.destroy())
  })

it.live("a line that was closed before the server heard of it is no fault; one that it cuts off is", () =>
  Effect.gen(function* () {
    const ask = (server: Server) =>
      Effect.promise(async () =>
        fuzz({
          origin: `http://127.0.0.1:${portOf(server)}`,
          schema,
          seed: 3,
          from: 0,
          documents: 100,
          sessions: ["ps_1"],
          keys: { reader: "r", all: "a" }
        })
      )
    const answering = yield* listening(createServer((_, response) => response.end('{"data":{}}')))
    const front = closingQuietLines(portOf(answering))
    const quiet = yield* ask(yield* listening(front))
    assert.deepStrictEqual(quiet.faults, [])
    assert.isAbove(quiet.closedLines, 10)
    assert.strictEqual(quiet.answered + quiet.refused, 100)
    const cutting = createServer(({ socket }) => void socket.resetAndDestroy())
    const { faults } = yield* ask(yield* listening(cutting))
    assert.isNotEmpty(faults)
    for (const { fault } of faults) assert.include(fault, "though the server had begun it")
  })
)
