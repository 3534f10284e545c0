import { Effect } from "effect"
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type EmbeddedPostgresError, FolderUnusable, refuse, says } from "./EmbeddedPostgresError.ts"
import type { Account } from "./processes.ts"
import { mayEnter } from "./ServiceAccount.ts"

/** The beginning of the name of everything that is put into a shared temporary folder. */
export const temporaryPrefix = "payment-orchestration-"

/** Where root keeps what the database's user must be able to reach, the best place first. */
export const sharedFolders: ReadonlyArray<string> = [
  "/var/lib/payment-orchestration",
  "/tmp/payment-orchestration"
]

/** Does something to files at `path`; what the operating system refuses becomes a `FolderUnusable`. */
export const onFiles = <A>(path: string, act: () => A): Effect.Effect<A, EmbeddedPostgresError> =>
  Effect.try({ try: act, catch: (error) => refuse(new FolderUnusable({ path, trouble: says(error) })) })

/** Makes a folder and its missing parents; those that it made have this mode, whatever the umask. */
export const makeFolder = (folder: string, mode: number): void => {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) chmodSync(made, mode)
}

/** Whether nobody but root could have put anything into this folder. */
export const belongsToRoot = (folder: string): boolean => {
  const entry = lstatSync(folder, { throwIfNoEntry: false })
  return entry !== undefined && entry.isDirectory() && entry.uid === 0 && (entry.mode & 0o022) === 0
}

/** Gives a folder to the database's user; a no-op when that is the user who runs this process. */
export const giveTo = (account: Account | undefined, path: string): void => {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}

/** The longest folder in which PostgreSQL can make its socket: the kernel allows 103 bytes on some systems. */
const longestSocketFolder = 80

/** A new empty folder for temporary things, with a name short enough for a socket inside it. */
export const makeTemporaryFolder = (
  account: Account | undefined
): Effect.Effect<string, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const wanted = tmpdir()
    const plain = /^[\w./-]+$/.test(wanted)
    const short = Buffer.byteLength(join(wanted, `${temporaryPrefix}XXXXXX`, "socket")) <= longestSocketFolder
    const parent = plain && short && (yield* mayEnter(account, wanted)) ? wanted : "/tmp"
    return yield* onFiles(parent, () => mkdtempSync(join(parent, temporaryPrefix)))
  })
