// The service itself, as `npm start` starts it, on a database of the run.
import { Effect, type Scope } from "effect"
import { fork } from "node:child_process"
import { createServer } from "node:net"

const main = new URL("../../src/main.ts", import.meta.url)

/** A port that nobody listens on now. */
export const freePort = async (): Promise<number> => {
  const probe = createServer()
  const listening = Promise.withResolvers<void>()
  probe.listen(0, "127.0.0.1", () => listening.resolve())
  await listening.promise
  const address = probe.address()
  const closed = Promise.withResolvers<void>()
  probe.close(() => closed.resolve())
  await closed.promise
  return typeof address === "object" && address !== null ? address.port : 0
}

export interface Serving {
  readonly port: number
  readonly pid: number
  /** Whoever is inside, put there by `--import`, is asked and answers. */
  readonly ask: (question: string) => Promise<unknown>
}

/** Listens until the scope closes. */
export const server = (
  database: string,
  settings: Readonly<Record<string, string>> = {},
  options: ReadonlyArray<string> = []
): Effect.Effect<Serving, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => started(database, settings, options)),
    ({ stop }) => Effect.promise(stop)
  )

const started = async (
  database: string,
  settings: Readonly<Record<string, string>>,
  options: ReadonlyArray<string>
) => {
  const port = await freePort()
  const child = fork(main, {
    env: {
      ...process.env,
      DATABASE_URL: database,
      SEED: "false",
      PORT: String(port),
      LOG_LEVEL: "error",
      // Counted as in production, and never reached.
      RATE_LIMIT_REQUESTS: "1000000 at once, then 1000000 a second",
      RATE_LIMIT_PAYMENTS: "1000000 at once, then 1000000 a second",
      ...settings
    },
    execArgv: [...options],
    stdio: ["ignore", "ignore", "ignore", "ipc"]
  })
  const gone = Promise.withResolvers<void>()
  child.on("exit", () => gone.resolve())
  const stop = async () => {
    child.kill("SIGTERM")
    const patience = setTimeout(() => child.kill("SIGKILL"), 20_000)
    await gone.promise
    clearTimeout(patience)
  }
  const ask = (question: string) => {
    const answer = Promise.withResolvers<unknown>()
    child.once("message", answer.resolve)
    child.send(question)
    return answer.promise
  }
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false
    )
    if (ready) return { port, pid: child.pid ?? 0, ask, stop }
    if (tries > 300 || child.exitCode !== null) throw new Error("the service did not start")
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
