import { Effect } from "effect"
import { spawn } from "node:child_process"
import { setTimeout as wait } from "node:timers/promises"

/** The user of the operating system that a process runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * What every process of the database gets to know. PGDATA, PGPORT and their like in the environment of the
 * person who starts the server must not reach it.
 */
export const environment = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" }

export interface Finished {
  /** The exit code, or -1 when it could not be started or was ended by a signal. */
  readonly code: number
  /** What it wrote to standard output and standard error. */
  readonly output: string
}

/**
 * Runs a command to its end, as `account` if one is given. Its working folder is `/`, because the account may
 * not be allowed into ours. It is in a process group of its own, out of reach of the terminal's Ctrl-C, and is
 * ended when the effect is interrupted.
 */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  account: Account | undefined
): Effect.Effect<Finished> =>
  Effect.callback<Finished>((resume) => {
    let output = ""
    const finish = (code: number) => resume(Effect.succeed({ code, output: output.trim() }))
    try {
      const child = spawn(command, args, {
        cwd: "/",
        env: environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        ...account
      })
      const collect = (chunk: Buffer) => {
        output += chunk.toString()
      }
      child.stdout.on("data", collect)
      child.stderr.on("data", collect)
      child.once("error", (error) => {
        output += error.message
        finish(-1)
      })
      child.once("close", (code) => finish(code ?? -1))
      return Effect.sync(() => {
        if (child.pid !== undefined) signal(-child.pid, "SIGKILL")
      })
    } catch (error) {
      output += String(error)
      finish(-1)
      return Effect.void
    }
  })

/** Sends a signal; says whether there was anybody to receive it. A negative id means a process group. */
export const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

/**
 * Waits until `done` or for `atMost` milliseconds; says whether it was done. Real time, not Effect's clock:
 * the processes of the operating system do not follow a test's clock.
 */
export const until = (done: () => boolean, atMost: number): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const pause = 10
    for (let waited = 0; waited < atMost; waited += pause) {
      if (done()) return true
      yield* Effect.promise((aborted) => wait(pause, undefined, { signal: aborted }))
    }
    return done()
  })

/** The last lines of a text. */
export const lastLines = (text: string, count = 20): string =>
  text.trim().split("\n").slice(-count).join("\n")
