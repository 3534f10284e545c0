import { Effect, Schedule, type Scope } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { end, freePort, spawnServer } from "../support/serverProcess.ts"

/** A server started as `npm start` starts it, and what it says. */
export interface Started {
  readonly origin: string
  readonly port: number
  readonly pid: number
  /** Everything that it has printed so far, to either stream. */
  readonly output: () => string
  /** Its exit code, once it has ended; null after a kill -9. */
  readonly ended: Effect.Effect<number | null>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
}

/** Starts the service with some settings. It is stopped when the scope closes. */
export const startService = (
  environment: Readonly<Record<string, string>>
): Effect.Effect<Started, never, Scope.Scope> =>
  Effect.gen(function* () {
    const port = "PORT" in environment ? Number(environment["PORT"]) : yield* freePort
    let output = ""
    const child = yield* Effect.acquireRelease(
      spawnServer({ PORT: String(port), ...environment }, ["ignore", "pipe", "pipe"]),
      // Stopped properly, or it would leave its PostgreSQL behind.
      (started) => end(started, "SIGTERM")
    )
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => (output += String(chunk)))
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve))
    return {
      origin: `http://127.0.0.1:${port}`,
      port,
      pid: child.pid ?? 0,
      output: () => output,
      ended: Effect.promise(() => exit),
      signal: (signal) => Effect.sync(() => void child.kill(signal))
    }
  })

/** The id of the session that a started server offers to be tried. */
export const readySession = (server: Started): Effect.Effect<string> =>
  Effect.sync(() => /payment-sessions\/(ps_[0-9A-Z]{26})/.exec(server.output())?.[1]).pipe(
    Effect.repeat({
      until: (found) => found !== undefined,
      schedule: Schedule.spaced("50 millis"),
      times: 1_000
    }),
    Effect.flatMap((found) =>
      found === undefined ? Effect.die(`no ready session in:\n${server.output()}`) : Effect.succeed(found)
    )
  )

/** Asks a started server; the body is JSON. */
export const ask = (
  server: Started,
  path: string,
  body?: unknown
): Effect.Effect<{ status: number; json: unknown }> =>
  Effect.promise(async () => {
    const response = await fetch(`${server.origin}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: response.status, json: await response.json() }
  })

/** The state of a session, asked through the door. */
export const stateOf = (server: Started, session: string): Effect.Effect<unknown> =>
  Effect.map(ask(server, `/v1/payment-sessions/${session}`), ({ json }) =>
    typeof json === "object" && json !== null && "state" in json ? json.state : undefined
  )

export const payWith = (tokenRef: string) => ({ vaultToken: { vaultId: "stub", tokenRef } })
