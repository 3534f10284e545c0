import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { answered, step } from "../../src/db/steps.ts"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { Owner } from "./support/pgStorage.ts"
import { tap } from "./support/Wire.ts"

// Nobody waits for a database for ever. The deadlines are short here; that they are kept is seen by what is asked
// outlasting the test: a statement of ten minutes, and a line on which no answer ever comes.

const Echo = Schema.Struct({ said: Schema.String })
const soon = Duration.millis(200)
/** The database's own bounds are out of the way: only the caller's deadline may end the wait. */
const unbounded = "set statement_timeout = 0; set transaction_timeout = 0"

const storage = Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer))

it.layer(storage, { excludeTestServices: true })("a database that does not answer", (it) => {
  const withSteps = Effect.gen(function* () {
    const owner = yield* Owner
    yield* owner`create or replace function echo_after(p jsonb) returns jsonb language plpgsql as $body$
      begin
        perform pg_sleep((p ->> 'seconds')::float8);
        return p;
      end $body$`
    yield* owner`grant execute on function echo_after to payments_app`
  })

  it.effect(
    "is given up on at the deadline, even where nobody may interrupt, and its connection is nobody else's",
    () =>
      Effect.gen(function* () {
        yield* withSteps
        const { connect } = yield* TestDatabase
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          for (const setting of unbounded.split("; ")) yield* sql.unsafe(setting)
          const impatient = step(sql, "echo_after", Echo, soon)
          const patient = step(sql, "echo_after", Echo)
          const failed = yield* Effect.uninterruptible(
            Effect.flip(impatient({ said: "too late", seconds: 600 }))
          )
          assert.instanceOf(failed, LedgerUnavailable)
          assert.strictEqual(failed.operation, "echo_after")
          // There is one connection: whoever asks next waits until it is free, and hears the answer to this question.
          assert.deepStrictEqual(yield* patient({ said: "mine", seconds: 0 }), { said: "mine" })
        }).pipe(Effect.provide(connect("payments_app", 1), { local: true }))
      }),
    60_000
  )

  it.effect(
    "and so is a free connection that does not come",
    () =>
      Effect.gen(function* () {
        yield* withSteps
        const { connect } = yield* TestDatabase
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          for (const setting of unbounded.split("; ")) yield* sql.unsafe(setting)
          const holding = yield* Effect.forkChild(
            step(sql, "echo_after", Echo, Duration.hours(1))({ said: "held", seconds: 600 }),
            { startImmediately: true }
          )
          const failed = yield* Effect.uninterruptible(
            Effect.flip(sql`select 1`.pipe(answered("reading", soon)))
          )
          assert.instanceOf(failed, LedgerUnavailable)
          assert.isUndefined(holding.pollUnsafe())
          yield* Fiber.interrupt(holding)
        }).pipe(Effect.provide(connect("payments_app", 1), { local: true }))
      }),
    60_000
  )

  it.effect(
    "even when the line fell silent; a new line is made",
    () =>
      Effect.gen(function* () {
        yield* withSteps
        const wire = yield* tap((yield* TestDatabase).url)
        const pool = Database.layer({ url: wire.url, role: "payments_app", maxConnections: 1 })
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const ask = (said: string, wait = Duration.seconds(40)) =>
            step(sql, "echo_after", Echo, wait)({ said, seconds: 0 })
          assert.deepStrictEqual(yield* ask("before"), { said: "before" })
          yield* wire.fallSilent
          assert.instanceOf(yield* Effect.uninterruptible(Effect.flip(ask("lost", soon))), LedgerUnavailable)
          assert.deepStrictEqual(yield* ask("after"), { said: "after" })
        }).pipe(Effect.provide(pool, { local: true }))
      }),
    60_000
  )
})
