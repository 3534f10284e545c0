import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"

/**
 * Waits at the end of a pipe whose other end this process holds, and keeps a list of servers. When the pipe closes,
 * because this process stopped or was killed, it kills those that are still on the list.
 */
const script = `
list=" "
while read -r what pid; do
  case "$what" in
    add) list="$list$pid " ;;
    drop) list="\${list%% $pid *} \${list#* $pid }" ;;
  esac
done
for pid in $list; do kill -KILL "$pid" 2>/dev/null; done
`

export interface Guardian {
  readonly add: (pid: number) => void
  readonly drop: (pid: number) => void
}

/** Sees to it that no server of a run outlives it, however it ends. */
export const guardian: Effect.Effect<Guardian, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn("/bin/sh", ["-c", script], {
        cwd: "/",
        detached: true,
        stdio: ["pipe", "ignore", "ignore"]
      })
      child.on("error", () => {})
      child.stdin.on("error", () => {})
      return child
    }),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.stdin.end()
      })
  ),
  ({ stdin }) => ({
    add: (pid) => void stdin.write(`add ${pid}\n`),
    drop: (pid) => void stdin.write(`drop ${pid}\n`)
  })
)
