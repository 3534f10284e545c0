import { Clock, Effect, Redacted, Schedule, type Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { closeSync, openSync, readFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { end, ended, freePort, hasEnded, spawnServer } from "../support/serverProcess.ts"
import type { Guardian } from "./guardian.ts"
import type { Line } from "./Line.ts"
import { serverSettings } from "./timings.ts"

/** One of the servers: a process that a supervisor starts again whenever it ends. */
export interface Server {
  readonly number: number
  readonly line: Line
  readonly log: string
  /** Where it answers; nothing while it does not. */
  readonly origin: () => string | undefined
  /** Sends a signal to the process that there is now; says whether there was one. */
  readonly signal: (signal: NodeJS.Signals) => boolean
  /** Waits until it answers. */
  readonly ready: Effect.Effect<void>
  /** Waits until the process that there is now has ended; gives its exit code. */
  readonly ended: Effect.Effect<number | null>
  /** How often it was started. */
  readonly starts: () => number
}

/** Milliseconds. A start takes a second or two, and on a machine that does other things as well some more. */
const longestAbsence = 180_000

/** A process that ended, or did not end, and nobody had told it to. */
export interface OddEnd {
  readonly server: number
  readonly at: number
  readonly words: string
}

interface Process {
  readonly child: ChildProcess
  readonly port: number
  /** Somebody sent it a signal that ends it. */
  told: boolean
  /** It is as good as gone, though it may take a moment to end. */
  killed: boolean
  answers: boolean
}

/** Starts a server and keeps it running until the scope closes. */
export const openServer = Effect.fnUntraced(function* (options: {
  readonly number: number
  readonly folder: string
  readonly line: Line
  readonly booksUrl: Redacted.Redacted
  readonly guardian: Guardian
  readonly odd: (end: OddEnd) => void
}): Effect.fn.Return<Server, never, Scope.Scope> {
  const { folder, guardian, line, number } = options
  const log = join(folder, `server-${number}.log`)
  const file = yield* Effect.acquireRelease(
    Effect.sync(() => openSync(log, "a")),
    (open) => Effect.sync(() => closeSync(open))
  )
  let starts = 0
  let current: Process | undefined

  let lastUp = yield* Clock.currentTimeMillis
  /** Starts may fail while the database is away. One that never succeeds again is no matter of patience. */
  const tooLong = Effect.gen(function* () {
    const left = lastUp + longestAbsence - (yield* Clock.currentTimeMillis)
    yield* Effect.sleep(Math.max(0, left))
    options.odd({
      server: number,
      at: lastUp + longestAbsence,
      words: `server ${number} did not come up for ${longestAbsence / 1000} seconds:\n${lastLines(log)}`
    })
    return yield* Effect.never
  })

  const life = Effect.gen(function* () {
    const port = yield* freePort
    yield* Effect.acquireUseRelease(
      spawnServer(
        {
          ...serverSettings,
          HOST: "127.0.0.1",
          PORT: String(port),
          SEED: "false",
          DATABASE_URL: `postgres://postgres@127.0.0.1:${line.port}/payments`,
          STUB_DATABASE_URL: Redacted.value(options.booksUrl),
          // A start costs a third less when its modules need not be compiled again.
          NODE_COMPILE_CACHE: join(folder, "compiled")
        },
        ["ignore", "pipe", file]
      ),
      Effect.fnUntraced(function* (child) {
        const pid = child.pid ?? 0
        guardian.add(pid)
        starts += 1
        writeSync(file, `--- process ${pid} at ${new Date(yield* Clock.currentTimeMillis).toISOString()}\n`)
        const now: Process = { child, port, told: false, killed: false, answers: false }
        current = now
        now.answers = yield* Effect.raceFirst(greets(child), tooLong)
        yield* ended(child)
        if (now.answers) lastUp = yield* Clock.currentTimeMillis
        guardian.drop(pid)
        current = undefined
        if (now.answers && !now.told) {
          options.odd({
            server: number,
            at: yield* Clock.currentTimeMillis,
            words: `server ${number} (process ${pid}) ended by itself, with ${child.exitCode ?? child.signalCode}:\n${lastLines(log)}`
          })
        }
        // The database may be away: not too often.
        if (!now.answers) yield* Effect.sleep("200 millis")
      }),
      (child) => end(child, "SIGKILL")
    )
  })
  yield* Effect.forkScoped(Effect.forever(life))

  return {
    number,
    line,
    log,
    origin: () => (current?.answers === true ? `http://127.0.0.1:${current.port}` : undefined),
    signal: (signal) => {
      if (current === undefined || current.killed || hasEnded(current.child)) return false
      if (signal === "SIGKILL" || signal === "SIGTERM") current.told = true
      current.killed = signal === "SIGKILL"
      return current.child.kill(signal)
    },
    ready: Effect.sync(() => current?.answers === true && !hasEnded(current.child)).pipe(
      Effect.repeat({ until: Boolean, schedule: Schedule.spaced("20 millis") }),
      Effect.asVoid
    ),
    ended: Effect.suspend(() => {
      const child = current?.child
      return child === undefined ? Effect.succeed(null) : Effect.map(ended(child), () => child.exitCode)
    }),
    starts: () => starts
  }
})

/** Whether it came up: it greets when all of it has started. It may have ended before. */
const greets = (child: ChildProcess): Effect.Effect<boolean> =>
  Effect.raceFirst(
    Effect.callback<boolean>((resume) => {
      let said = ""
      child.stdout?.on("data", (chunk) => {
        said += String(chunk)
        if (said.includes("Stop with Ctrl-C.")) resume(Effect.succeed(true))
      })
    }),
    Effect.as(ended(child), false)
  )

const lastLines = (log: string): string => readFileSync(log, "utf8").trim().split("\n").slice(-20).join("\n")
