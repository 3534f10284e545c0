import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { type EmbeddedPostgresError, NoServiceAccount, refuse } from "./EmbeddedPostgresError.ts"
import { type Account, run } from "./processes.ts"

/** Whether this process is root, as which PostgreSQL refuses to run. */
export const isRoot = (): boolean => process.getuid?.() === 0

/**
 * The user that PostgreSQL runs as when this process is root: `postgres` where there is one, else `nobody`.
 * Users are only read from /etc/passwd, never created.
 */
export const serviceAccount: Effect.Effect<Account, EmbeddedPostgresError> = Effect.suspend(() => {
  const users = passwd()
  const found = users.get("postgres") ?? users.get("nobody")
  return found === undefined ? Effect.fail(refuse(new NoServiceAccount())) : Effect.succeed(found)
})

const passwd = (): ReadonlyMap<string, Account> => {
  try {
    const users = new Map<string, Account>()
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name = "", , uid = "", gid = ""] = line.split(":")
      if (/^[1-9]\d*$/.test(uid) && /^\d+$/.test(gid)) users.set(name, { uid: Number(uid), gid: Number(gid) })
    }
    return users
  } catch {
    return new Map()
  }
}

/** Whether the account may enter the folder: asked of the operating system, under that account. */
export const mayEnter = (account: Account | undefined, folder: string): Effect.Effect<boolean> =>
  Effect.map(run("/bin/sh", ["-c", 'cd "$1"', "sh", folder], account), ({ code }) => code === 0)
