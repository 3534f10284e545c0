import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Binaries } from "./Binaries.ts"
import { clusterIn } from "./DataPlace.ts"
import {
  type EmbeddedPostgresError,
  FolderUnusable,
  PostgresEnded,
  refuse,
  says,
  StartupFailed
} from "./EmbeddedPostgresError.ts"
import { type Account, environment, lastLines, until } from "./processes.ts"

/** Recovery after a crash replays the log, which may take a while; the bound is for a server that hangs. */
const startupBound = 300_000
/** How long the backends of a postmaster killed with -9 may take to notice. */
const orphanBound = 15_000

export interface PostmasterOptions {
  readonly dataDirectory: string
  readonly account: Account | undefined
  readonly binaries: Binaries
  readonly settings: Readonly<Record<string, string>>
}

export interface RunningPostmaster {
  readonly pid: number
  /** Fails when the postmaster ends before its scope closes. */
  readonly watch: Effect.Effect<never, EmbeddedPostgresError>
}

/** Starts PostgreSQL and waits until it accepts connections; stops it when the scope closes. */
export const startPostmaster = (
  options: PostmasterOptions
): Effect.Effect<RunningPostmaster, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const { dataDirectory } = options
    const logFile = join(dataDirectory, "postgres.log")
    let running: RunningPostmaster | undefined
    let output = ""
    const attempt = Effect.gen(function* () {
      const { child, logStart } = yield* Effect.acquireRelease(launch(options, logFile), (launched) =>
        stop(launched.child)
      )
      yield* until(() => hasEnded(child) || isReady(child, dataDirectory), startupBound)
      if (child.pid !== undefined && isReady(child, dataDirectory) && !hasEnded(child))
        running = { pid: child.pid, watch: watch(child, child.pid, logFile) }
      else output = lastLines(readFileSync(logFile).subarray(logStart).toString())
    })
    // Backends of a postmaster killed with -9 keep its memory for a moment; PostgreSQL rightly waits for them.
    for (let waited = 0; waited <= orphanBound; waited += 250) {
      yield* attempt
      if (running !== undefined) return running
      if (!output.includes("pre-existing shared memory block")) break
      yield* until(() => false, 250)
    }
    return yield* refuse(new StartupFailed({ dataDirectory, logFile, output }))
  })

const launch = ({ dataDirectory, account, binaries, settings }: PostmasterOptions, logFile: string) =>
  Effect.try({
    try: () => {
      const log = openSync(logFile, "a", 0o600)
      try {
        const logStart = statSync(logFile).size
        const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
        const child = spawn(binaries.postgres, ["-D", clusterIn(dataDirectory), ...flags], {
          cwd: "/",
          env: environment,
          // A group of its own: Ctrl-C in the terminal must reach the server only, which still needs its database.
          detached: true,
          stdio: ["ignore", log, log],
          ...account
        })
        // Without a listener the event would end this process; that there is no pid says enough.
        child.on("error", () => {})
        return { child, logStart }
      } finally {
        closeSync(log)
      }
    },
    catch: (error) => refuse(new FolderUnusable({ path: logFile, trouble: says(error) }))
  })

const watch = (
  child: ChildProcess,
  pid: number,
  logFile: string
): Effect.Effect<never, EmbeddedPostgresError> =>
  Effect.callback((resume) => {
    const ended = () => resume(refuse(new PostgresEnded({ pid, logFile })))
    if (hasEnded(child)) return ended()
    child.once("exit", ended)
    return Effect.sync(() => child.off("exit", ended))
  })

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

/** PostgreSQL writes its state into the eighth line of its pid file. */
const isReady = (child: ChildProcess, dataDirectory: string): boolean => {
  try {
    const lines = readFileSync(join(clusterIn(dataDirectory), "postmaster.pid"), "utf8").split("\n")
    return lines[0]?.trim() === String(child.pid) && lines[7]?.trim() === "ready"
  } catch {
    return false
  }
}

/** The ways to end a PostgreSQL, from the kindest: after each but the last all committed data is safe as well. */
export const waysToStop: ReadonlyArray<readonly [signal: NodeJS.Signals, milliseconds: number]> = [
  // "Fast": ends sessions, writes a checkpoint.
  ["SIGINT", 30_000],
  // "Immediate": the next start recovers from the log.
  ["SIGQUIT", 10_000],
  ["SIGKILL", 5_000]
]

const stop = (child: ChildProcess): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (const [signal, bound] of waysToStop) {
      if (hasEnded(child)) return
      child.kill(signal)
      yield* until(() => hasEnded(child), bound)
    }
  })
