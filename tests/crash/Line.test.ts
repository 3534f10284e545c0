import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { join } from "node:path"
import * as Database from "../../src/db/Database.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { openLine } from "./Line.ts"

// A line that did nothing would let every run pass: what is caught is held against what PostgreSQL committed.

const storage = Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer))

/** A line to the database of this test, a step that writes down what it hears, and a pool of one connection. */
const scene = Effect.gen(function* () {
  const owner = yield* Owner
  yield* owner`create table if not exists heard (said text)`
  yield* owner`create or replace function claim_fulfilment(p jsonb) returns jsonb language sql security definer as $body$
    insert into payments.heard values (p ->> 'said') returning p $body$`
  const address = new URL(Redacted.value((yield* TestDatabase).url))
  const line = yield* openLine(join(address.searchParams.get("host") ?? "", ".s.PGSQL.5432"))
  const url = Redacted.make(`postgres://postgres@127.0.0.1:${line.port}${address.pathname}`)
  const pool = yield* Layer.build(Database.layer({ url, role: "payments_app", maxConnections: 1 }))
  const sql = Context.get(pool, SqlClient.SqlClient)
  const say = (said: string) =>
    sql.unsafe(`select claim_fulfilment($1::jsonb) as answer`, [JSON.stringify({ said })]).pipe(
      Effect.as(true),
      Effect.orElseSucceed(() => false)
    )
  const heard = (said: string) =>
    Effect.map(owner`select from heard where said = ${said}`, (rows) => rows.length)
  return { line, say, heard }
})

it.layer(storage, { excludeTestServices: true })("a line", (it) => {
  it.effect("that is left alone lets everything through", () =>
    Effect.gen(function* () {
      const { heard, say } = yield* scene
      assert.isTrue(yield* say("a"))
      assert.isTrue(yield* say("a"))
      assert.strictEqual(yield* heard("a"), 2)
    })
  )

  it.effect("that is cut as a step is asked for: nothing was done, and the next connection works", () =>
    Effect.gen(function* () {
      const { heard, line, say } = yield* scene
      const asking = yield* Effect.forkChild(say("b"))
      const caught = yield* line.seize("claim", "asked", 20_000)
      yield* caught?.cut ?? Effect.die("nothing was caught")
      assert.isFalse(yield* Fiber.join(asking))
      assert.strictEqual(yield* heard("b"), 0)
      assert.isTrue(yield* say("b"))
    })
  )

  it.effect("that is cut as a step is answered: it was done, and nobody heard", () =>
    Effect.gen(function* () {
      const { heard, line, say } = yield* scene
      const asking = yield* Effect.forkChild(say("c"))
      const caught = yield* line.seize("claim", "answered", 20_000)
      assert.strictEqual(yield* heard("c"), 1)
      yield* caught?.cut ?? Effect.die("nothing was caught")
      assert.isFalse(yield* Fiber.join(asking))
      assert.strictEqual(yield* heard("c"), 1)
    })
  )

  it.effect("that holds a step, asked or answered, and lets it go: it is done, late", () =>
    Effect.gen(function* () {
      const { heard, line, say } = yield* scene
      for (const moment of ["asked", "answered"] as const) {
        const asking = yield* Effect.forkChild(say(moment))
        const caught = yield* line.seize("claim", moment, 20_000)
        assert.isUndefined(asking.pollUnsafe())
        assert.strictEqual(yield* heard(moment), moment === "asked" ? 0 : 1)
        yield* caught?.pass ?? Effect.die("nothing was caught")
        assert.isTrue(yield* Fiber.join(asking))
        assert.strictEqual(yield* heard(moment), 1)
      }
    })
  )

  it.effect("that stalls: nothing arrives until it is over", () =>
    Effect.gen(function* () {
      const { heard, line, say } = yield* scene
      assert.isTrue(yield* say("d"))
      const stall = yield* Effect.forkChild(line.stall(60_000))
      yield* Effect.yieldNow
      const asking = yield* Effect.forkChild(say("e"))
      assert.isUndefined(yield* line.seize("claim", "asked", 200))
      assert.strictEqual(yield* heard("e"), 0)
      yield* Fiber.interrupt(stall)
      assert.isTrue(yield* Fiber.join(asking))
      assert.strictEqual(yield* heard("e"), 1)
    })
  )

  it.effect("that is cut ends what is under way", () =>
    Effect.gen(function* () {
      const { line, say } = yield* scene
      const asking = yield* Effect.forkChild(say("f"))
      const caught = yield* line.seize("claim", "answered", 20_000)
      assert.isDefined(caught)
      yield* line.cut
      assert.isFalse(yield* Fiber.join(asking))
      assert.isTrue(yield* say("f"))
    })
  )
})
