import { Effect, Schedule, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { openSync } from "node:fs"
import { createServer } from "node:net"

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

/** A port that nobody listens on now. */
const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    probe.close(() => resume(Effect.succeed(port)))
  })
})

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
    Effect.sync(() =>
      spawn(process.execPath, [new URL("../../src/main.ts", import.meta.url).pathname], {
        env: {
          ...process.env,
          DATABASE_URL: settings.databaseUrl,
          SEED: "true",
          HOST: "127.0.0.1",
          PORT: String(port),
          LOG_FORMAT: "json",
          STUB_DEADLINE: "1500 millis",
          STUB_SLOW: "1200 millis",
          STUB_LATE: "4 seconds"
        },
        stdio: ["ignore", "ignore", log]
      })
    ),
    (started) => end(started, "SIGTERM")
  )
  yield* Effect.tryPromise(() => fetch(`${origin}/health`)).pipe(
    Effect.retry({
      schedule: Schedule.spaced("100 millis"),
      times: 200,
      while: () => child.exitCode === null
    }),
    Effect.mapError(() => new ServerNotReady({ log: settings.log }))
  )
  return { origin, kill: end(child, "SIGKILL") }
})

const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })
