import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { clusterIn } from "./DataPlace.ts"
import { BinariesUnusable, type EmbeddedPostgresError, refuse, says } from "./EmbeddedPostgresError.ts"
import { environment, until } from "./processes.ts"

/**
 * Waits at the end of a pipe whose other end this process holds. When that closes, because this process
 * stopped or was killed, it ends the PostgreSQL that still runs in the folder, if any, and removes the folder.
 */
const script = `
while read -r _; do :; done
if read -r pid 2>/dev/null < "$1/postmaster.pid"; then
  if [ ! -d /proc/self ] || [ "/proc/$pid/cwd" -ef "$1" ]; then
    kill -QUIT "$pid"
    tries=0
    while kill -0 "$pid" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  fi
fi
rm -rf "$2" || { sleep 1; rm -rf "$2"; }
`

/** Sees to it that a temporary database does not outlive this process, however the process ends. */
export const guard = (folder: string): Effect.Effect<undefined, EmbeddedPostgresError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const guardian = spawn("/bin/sh", ["-c", script, "sh", clusterIn(folder), folder], {
          cwd: "/",
          env: environment,
          detached: true,
          stdio: ["pipe", "ignore", "ignore"]
        })
        guardian.on("error", () => {})
        return guardian
      },
      catch: (error) => refuse(new BinariesUnusable({ path: "/bin/sh", trouble: says(error) }))
    }),
    (guardian) =>
      Effect.gen(function* () {
        guardian.stdin.end()
        yield* until(() => guardian.exitCode !== null || guardian.pid === undefined, 15_000)
      })
  ).pipe(Effect.as(undefined))
