import { Effect, Schedule, Schema, type Scope } from "effect"
import { openSync } from "node:fs"
import { end, freePort, hasEnded, spawnServer } from "../../tests/support/serverProcess.ts"

/** The service did not come up; the end of its log says why. */
export class ServerNotReady extends Schema.TaggedError<ServerNotReady>()("ServerNotReady", {
  log: Schema.String
}) {
  override get message(): string {
    return `the server did not come up; its log is ${this.log}`
  }
}

export interface RunningServer {
  readonly origin: string
  /** Ends the process with kill -9: no handler runs, nothing is flushed. */
  readonly kill: Effect.Effect<void>
}

/**
 * Starts the service as a process of its own, as `npm start` does, with short times for the simulated gateways so
 * that the story does not drag on.
 */
export const startServer = Effect.fnUntraced(function* (settings: {
  readonly databaseUrl: string
  readonly log: string
}): Effect.fn.Return<RunningServer, ServerNotReady, Scope.Scope> {
  const port = yield* freePort
  const origin = `http://127.0.0.1:${port}`
  const log = openSync(settings.log, "a")
  const child = yield* Effect.acquireRelease(
    spawnServer(
      {
        DATABASE_URL: settings.databaseUrl,
        SEED: "true",
        HOST: "127.0.0.1",
        PORT: String(port),
        STUB_DEADLINE: "1500 millis",
        STUB_SLOW: "1200 millis",
        STUB_LATE: "4 seconds"
      },
      ["ignore", "ignore", log]
    ),
    (started) => end(started, "SIGTERM")
  )
  yield* Effect.tryPromise(() => fetch(`${origin}/health`)).pipe(
    Effect.retry({
      schedule: Schedule.spaced("100 millis"),
      times: 200,
      while: () => !hasEnded(child)
    }),
    Effect.mapError(() => new ServerNotReady({ log: settings.log }))
  )
  return { origin, kill: end(child, "SIGKILL") }
})
