import { Effect } from "effect"
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync
} from "node:fs"
import { join } from "node:path"
import type { Binaries } from "./Binaries.ts"
import { clusterIn } from "./DataPlace.ts"
import {
  DataOfAnotherVersion,
  type EmbeddedPostgresError,
  FolderUnusable,
  InitdbFailed,
  refuse
} from "./EmbeddedPostgresError.ts"
import { giveTo, onFiles } from "./folders.ts"
import { type Account, lastLines, run } from "./processes.ts"

/** The beginning of the name of a cluster that initdb still works on. */
const unfinished = "initializing-"

/**
 * Makes a cluster in the data directory, unless there is one. It gets its name only when it is complete, so
 * that an initdb cut off in the middle is simply done again by the next start.
 */
export const ensureCluster = (
  dataDirectory: string,
  account: Account | undefined,
  binaries: Binaries,
  temporary: boolean
): Effect.Effect<void, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const cluster = clusterIn(dataDirectory)
    if (existsSync(cluster)) return yield* checkVersion(cluster, dataDirectory, binaries)
    const fresh = yield* onFiles(dataDirectory, () => {
      for (const name of readdirSync(dataDirectory)) {
        if (name.startsWith(unfinished)) rmSync(join(dataDirectory, name), { recursive: true, force: true })
      }
      const folder = mkdtempSync(join(dataDirectory, unfinished))
      giveTo(account, folder)
      return folder
    })
    yield* run(
      binaries.initdb,
      ["-D", fresh, ...initdbOptions, ...(temporary ? ["--no-sync"] : [])],
      account
    ).pipe(
      Effect.filterOrFail(
        ({ code }) => code === 0,
        ({ output }) => refuse(new InitdbFailed({ dataDirectory, output: lastLines(output) }))
      ),
      Effect.andThen(onFiles(cluster, () => renameDurably(fresh, cluster, dataDirectory))),
      Effect.ensuring(Effect.sync(() => rmSync(fresh, { recursive: true, force: true })))
    )
  })

const initdbOptions = [
  "--username=postgres",
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  // The only way in is a socket in a folder that nobody else may enter.
  "--auth-local=trust",
  "--auth-host=reject",
  "--data-checksums",
  "--no-instructions"
]

const checkVersion = (cluster: string, dataDirectory: string, binaries: Binaries) =>
  Effect.gen(function* () {
    const file = join(cluster, "PG_VERSION")
    if (!existsSync(file)) {
      const trouble = "it is there, but holds no PostgreSQL data (or somebody else's, which cannot be read)"
      return yield* refuse(new FolderUnusable({ path: cluster, trouble }))
    }
    const found = (yield* onFiles(file, () => readFileSync(file, "utf8"))).trim()
    if (found !== binaries.major) {
      return yield* refuse(new DataOfAnotherVersion({ dataDirectory, found, expected: binaries.major }))
    }
  })

/** A rename that a power cut does not undo: else the next start would make a new, empty cluster. */
const renameDurably = (from: string, to: string, parent: string): void => {
  renameSync(from, to)
  const folder = openSync(parent, "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
