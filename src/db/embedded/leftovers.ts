import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { clusterIn } from "./DataPlace.ts"
import type { Owner } from "./DirectoryLock.ts"
import { type EmbeddedPostgresError, LeftoverWillNotStop, refuse } from "./EmbeddedPostgresError.ts"
import { onFiles, temporaryPrefix } from "./folders.ts"
import { signal, until } from "./processes.ts"
import { waysToStop } from "./Postmaster.ts"

/**
 * Clears away what a server that ended without a word (kill -9, a power cut) left of its database: the
 * PostgreSQL process, its pid file and its socket folder. To be called by the holder of the lock only.
 * Says what it found, if anything.
 */
export const clearLeftovers = (
  dataDirectory: string,
  last: Owner | undefined
): Effect.Effect<string | undefined, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const pid = readPid(dataDirectory)
    const running = pid !== undefined && runsOn(pid, dataDirectory)
    if (running) {
      for (const [name, bound] of waysToStop) {
        signal(pid, name)
        if (yield* until(() => !runsOn(pid, dataDirectory), bound)) break
      }
      if (runsOn(pid, dataDirectory)) return yield* refuse(new LeftoverWillNotStop({ dataDirectory, pid }))
    }
    yield* onFiles(dataDirectory, () => {
      disownPidFile(dataDirectory)
      const socketDirectory = last?.socketDirectory ?? ""
      if (basename(socketDirectory).startsWith(temporaryPrefix)) {
        rmSync(socketDirectory, { recursive: true, force: true })
      }
    })
    const ended = `The last server on ${dataDirectory} ended without a shutdown`
    if (running) return `${ended}; its PostgreSQL (process ${pid}) was stopped, and the data is kept.`
    if (pid !== undefined) return `${ended}, and so did its PostgreSQL, which recovers the data from its log.`
    return last === undefined ? undefined : `${ended}.`
  })

const pidFile = (dataDirectory: string) => join(clusterIn(dataDirectory), "postmaster.pid")

const readPidLines = (dataDirectory: string): ReadonlyArray<string> => {
  try {
    return readFileSync(pidFile(dataDirectory), "utf8").split("\n")
  } catch {
    return []
  }
}

const readPid = (dataDirectory: string): number | undefined => {
  const first = readPidLines(dataDirectory)[0]?.trim() ?? ""
  return /^[1-9]\d*$/.test(first) ? Number(first) : undefined
}

/** Whether this process is a PostgreSQL of this data directory, and not a stranger with a recycled id. */
const runsOn = (pid: number, dataDirectory: string): boolean => {
  const cluster = clusterIn(dataDirectory)
  try {
    // PostgreSQL's working folder is its cluster. A zombie has none: it no longer runs.
    if (process.platform === "linux") return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
    const { stdout } = spawnSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" })
    return stdout.includes("postgres") && stdout.includes(cluster)
  } catch {
    return false
  }
}

/**
 * A pid file whose id meanwhile belongs to a stranger would keep PostgreSQL from starting. Removing it would
 * also remove PostgreSQL's own check for backends that are still alive, so only the id is replaced, by ours:
 * PostgreSQL knows that its parent cannot be another PostgreSQL on the same data.
 */
const disownPidFile = (dataDirectory: string): void => {
  const lines = readPidLines(dataDirectory)
  if (lines.length > 0)
    writeFileSync(pidFile(dataDirectory), [String(process.pid), ...lines.slice(1)].join("\n"))
}
