import { Effect, type Scope } from "effect"
import { closeSync, existsSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import {
  DataDirectoryInUse,
  type EmbeddedPostgresError,
  FolderUnusable,
  refuse,
  says
} from "./EmbeddedPostgresError.ts"
import { onFiles } from "./folders.ts"

/** SQLite's result codes for "somebody else holds the lock" and "this file is none of mine". */
const busy = 5
const notOurs = 26

/**
 * Owns a data directory until the scope closes, or this process ends however it ends.
 *
 * The lock is one that the kernel keeps: an exclusive file lock, which Node offers only through SQLite. It is
 * gone with its process, also after kill -9 and a reboot, so nobody has to judge whether a process id that
 * stands in some file is still the same process. Of two starts at once exactly one gets it.
 *
 * The empty file stays when the lock is released: removing it would let two starts lock two different files
 * of the same name. Nothing else may open it: closing any handle on it would give up the kernel's lock.
 *
 * Gives what the last owner wrote down, if it ended without a word.
 */
export const holdDirectory = (
  dataDirectory: string
): Effect.Effect<Owner | undefined, EmbeddedPostgresError, Scope.Scope> => {
  const file = join(dataDirectory, "lock")
  return Effect.acquireRelease(
    Effect.try({
      try: () => {
        try {
          return lock(file)
        } catch (error) {
          if (sqliteCode(error) !== notOurs) throw error
          // Whoever holds the lock made this file with SQLite; another content is a stranger's.
          truncateSync(file)
          return lock(file)
        }
      },
      catch: (error) =>
        refuse(
          sqliteCode(error) === busy
            ? new DataDirectoryInUse({ dataDirectory, owner: readOwner(dataDirectory)?.pid })
            : new FolderUnusable({ path: dataDirectory, trouble: `it cannot be locked (${says(error)})` })
        )
    }),
    (held) =>
      Effect.sync(() => {
        rmSync(ownerFile(dataDirectory), { force: true })
        held.close()
      })
  ).pipe(
    Effect.andThen(
      onFiles(dataDirectory, () => {
        const last = readOwner(dataDirectory)
        // Still with the last one's socket folder: should this process be killed too, the next one clears it away.
        writeOwner(dataDirectory, last?.socketDirectory ?? "")
        return last
      })
    )
  )
}

const lock = (file: string): DatabaseSync => {
  // SQLite would let others read it, and who reads can hold a lock too. An existing file is not opened here.
  if (!existsSync(file)) closeSync(openSync(file, "wx", 0o600))
  const held = new DatabaseSync(file)
  try {
    held.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
    return held
  } catch (error) {
    held.close()
    throw error
  }
}

const sqliteCode = (error: unknown): unknown =>
  error instanceof Error && "errcode" in error ? error.errcode : undefined

/** What the owner of a data directory writes down for others to read. */
export interface Owner {
  readonly pid: number
  readonly socketDirectory: string
}

const ownerFile = (dataDirectory: string) => join(dataDirectory, "owner")

/** The owner of the directory, or the last one if it ended without a word: for messages, not for liveness. */
const readOwner = (dataDirectory: string): Owner | undefined => {
  try {
    const [pid = "", socketDirectory = ""] = readFileSync(ownerFile(dataDirectory), "utf8").split("\n")
    return /^\d+$/.test(pid) ? { pid: Number(pid), socketDirectory } : undefined
  } catch {
    return undefined
  }
}

/** Writes down that this process owns the directory, and where its socket is. */
export const writeOwner = (dataDirectory: string, socketDirectory: string): void =>
  writeFileSync(ownerFile(dataDirectory), `${process.pid}\n${socketDirectory}\n`)
