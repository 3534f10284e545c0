import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Schedule } from "effect"
import { TestDatabase } from "../support/TestDatabase.ts"
import { ask, payWith, readySession, startService, stateOf } from "./server.ts"

it.live("a stop that takes too long is given up, and what was under way stands in the database as that", () =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const environment = {
      DATABASE_URL: Redacted.value(url),
      SEED: "true",
      STUB_DEADLINE: "90 seconds",
      STUB_SLOW: "60 seconds",
      STUB_ABSENCE_HORIZON: "3 minutes",
      STOP_WITHIN: "1 second"
    }
    const server = yield* startService(environment)
    const session = yield* readySession(server)
    const charge = yield* Effect.forkChild(
      Effect.exit(ask(server, `/v1/payment-sessions/${session}/confirm`, payWith("tok_slow")))
    )
    yield* stateOf(server, session).pipe(
      Effect.repeat({
        until: (now) => now === "processing",
        schedule: Schedule.spaced("100 millis"),
        times: 250
      })
    )
    yield* server.signal("SIGTERM")
    assert.strictEqual(yield* server.ended, 1)
    assert.include(server.output(), "the stop took longer than 1s and is given up")
    assert.strictEqual((yield* Fiber.join(charge))._tag, "Failure")
    const next = yield* startService(environment)
    yield* readySession(next)
    assert.strictEqual(yield* stateOf(next, session), "processing")
  }).pipe(Effect.provide(TestDatabase.layer))
)
