import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { eventually, isRunning, openFolder } from "../db/embedded/support.ts"

/** A process that guards three sleepers, takes one off the list, says their numbers, and waits. */
const keeper = `
  import { Effect } from "effect"
  import { spawn } from "node:child_process"
  import { guardianOf } from "./tests/crash/guardian.ts"
  const sleeper = (guards, drop) => {
    const { pid } = spawn("sleep", ["3600"], { detached: true, stdio: "ignore" })
    guards.add(pid)
    if (drop) guards.drop(pid)
    return pid
  }
  Effect.runFork(Effect.scoped(Effect.gen(function* () {
    const guards = yield* guardianOf(process.argv[1])
    const [kept, dropped, last] = [sleeper(guards, false), sleeper(guards, true), sleeper(guards, false)]
    console.log([kept, dropped, last].join(" "))
    return yield* Effect.never
  })))`

it.live(
  "what is on the guardian's list does not survive whoever put it there, not even his kill -9, and neither does the folder",
  () =>
    Effect.gen(function* () {
      const folder = yield* openFolder
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--input-type=module", "-e", keeper, folder], {
            stdio: ["ignore", "pipe", "inherit"]
          })
        ),
        (started) => Effect.sync(() => started.kill("SIGKILL"))
      )
      let said = ""
      child.stdout.on("data", (chunk) => (said += String(chunk)))
      yield* eventually("its sleepers", () => said.includes("\n"))
      const [kept = 0, dropped = 0, last = 0] = said.trim().split(" ").map(Number)
      assert.deepStrictEqual([kept, dropped, last].map(isRunning), [true, true, true])
      child.kill("SIGKILL")
      yield* eventually("the end of what was kept", () => !isRunning(kept) && !isRunning(last))
      yield* eventually("the end of its folder", () => !existsSync(folder))
      assert.isTrue(isRunning(dropped), "what was taken off the list is none of its business")
      process.kill(dropped, "SIGKILL")
    })
)
