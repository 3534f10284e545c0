import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"

/**
 * Waits at the end of a pipe whose other end this process holds, and keeps a list of servers. When the pipe closes,
 * because this process stopped or was killed, it kills those that are still on the list and removes the folder,
 * unless it was told to keep that.
 */
const script = `
list=" "
keep=no
while read -r what pid; do
  case "$what" in
    add) list="$list$pid " ;;
    drop) list="\${list%% $pid *} \${list#* $pid }" ;;
    keep) keep=yes ;;
  esac
done
for pid in $list; do kill -KILL "$pid" 2>/dev/null; done
if [ $keep = no ]; then rm -rf "$1" || { sleep 1; rm -rf "$1"; }; fi
`

export interface Guardian {
  readonly add: (pid: number) => void
  readonly drop: (pid: number) => void
  /** The folder stays. */
  readonly keep: () => void
}

/** Sees to it that no server of a run outlives it, however it ends, and that its folder does not either. */
export const guardianOf = (folder: string): Effect.Effect<Guardian, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn("/bin/sh", ["-c", script, "sh", folder], {
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
      drop: (pid) => void stdin.write(`drop ${pid}\n`),
      keep: () => void stdin.write("keep\n")
    })
  )
