import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted, Schema } from "effect"
import { Reactivity } from "effect/reactivity"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"

/** An empty folder that every user of the machine may enter, removed when the scope closes. */
export const openFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "embedded-test-"))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Runs one statement on a connection of its own. */
export const query = (url: string, statement: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    return yield* sql.unsafe<Readonly<Record<string, unknown>>>(statement)
  }).pipe(Effect.scoped, Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))

/** Whether a process runs; one that ended and was not yet collected by its parent does not. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    if (process.platform !== "linux") return true
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** Waits in real time until the condition holds; fails when it does not within a generous bound. */
export const eventually = (what: string, holds: () => boolean) =>
  Effect.promise(() =>
    vi.waitFor(
      () => {
        if (!holds()) throw new Error(`still waiting: ${what}`)
      },
      { timeout: 20_000, interval: 20 }
    )
  )

const Ready = Schema.Struct({
  url: Schema.String,
  dataDirectory: Schema.String,
  socketDirectory: Schema.String,
  pid: Schema.Int,
  binaries: Schema.Struct({ postgres: Schema.String }),
  notes: Schema.Array(Schema.String),
  restartNotice: Schema.optional(Schema.String)
})
const Refused = Schema.Struct({ refused: Schema.String, message: Schema.String })
const decodeLine = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Union([Ready, Refused])))

export const serverScript = fileURLToPath(new URL("./server.ts", import.meta.url))

/**
 * A server process of its own on this data directory, or on a temporary one. Like one that a terminal starts, it
 * leads a process group. Killed with the scope, together with the PostgreSQL that it may have left behind.
 */
export const spawnServer = (dataDirectory: string | undefined, script = serverScript) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [script, ...(dataDirectory === undefined ? [] : [dataDirectory])], {
          detached: true,
          stdio: ["ignore", "pipe", "inherit"]
        })
      ),
      (started) => Effect.sync(() => started.kill("SIGKILL"))
    )
    const lines: Array<string> = []
    createInterface(child.stdout).on("line", (line) => lines.push(line))
    const pid = yield* Effect.fromNullishOr(child.pid)
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    yield* eventually("the server's first line", () => lines.length > 0 || hasEnded())
    const answer = yield* decodeLine(lines[0])
    if ("pid" in answer) {
      yield* Effect.addFinalizer(() =>
        Effect.promise(async () => {
          if (!isRunning(answer.pid)) return
          process.kill(answer.pid, "SIGQUIT")
          await vi.waitFor(() => {
            if (isRunning(answer.pid)) throw new Error("still running")
          }, 10_000)
          rmSync(answer.socketDirectory, { recursive: true, force: true })
        })
      )
    }
    return {
      answer,
      ready: "pid" in answer ? Effect.succeed(answer) : Effect.die(new Error(answer.message)),
      lines,
      pid,
      exitCode: () => child.exitCode,
      end: (signal: NodeJS.Signals, target = pid) =>
        Effect.andThen(
          Effect.sync(() => process.kill(target, signal)),
          eventually("the server's end", hasEnded)
        )
    }
  })
