import { Effect } from "effect"
import { createHash } from "node:crypto"
import { chmodSync, existsSync, rmSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { type EmbeddedPostgresError, FolderUnusable, refuse } from "./EmbeddedPostgresError.ts"
import { belongsToRoot, makeFolder, makeTemporaryFolder, onFiles, sharedFolders } from "./folders.ts"
import type { Account } from "./processes.ts"
import { isRoot, mayEnter, serviceAccount } from "./ServiceAccount.ts"

/** The folder that holds a cluster, its log and its lock, and who the cluster belongs to. */
export interface DataPlace {
  readonly directory: string
  /** The user that PostgreSQL runs as; `undefined` when it is the one who runs this process. */
  readonly account: Account | undefined
  /** What a person should know about the choice. */
  readonly notes: ReadonlyArray<string>
}

/** The folder inside a data directory that is PostgreSQL's own. */
export const clusterIn = (dataDirectory: string): string => join(dataDirectory, "cluster")

/**
 * Where the data that somebody wants in `wanted` lives. That is `wanted` itself, except when this process is
 * root and the user that PostgreSQL then runs as may not enter it: then it is a folder named after `wanted`
 * in a shared place. Where data already is, it is looked for first, so that a changed permission never leads
 * to a second, empty database.
 */
export const dataPlace = (wanted: string): Effect.Effect<DataPlace, EmbeddedPostgresError> =>
  Effect.gen(function* () {
    const directory = resolve(wanted)
    if (!isRoot()) {
      yield* onFiles(directory, () => makeFolder(directory, 0o700))
      return { directory, account: undefined, notes: [] }
    }
    const account = yield* serviceAccount
    const key = createHash("sha256").update(directory).digest("hex").slice(0, 12)
    const shared = sharedFolders.map((folder) => join(folder, `data-${key}`))
    const moved = (place: string, user: Account): DataPlace => ({
      directory: place,
      account: user,
      notes: [
        `The data lives in ${place}: PostgreSQL refuses to run as root, and user ${user.uid}, as which it runs, may not enter ${directory}.`
      ]
    })

    for (const place of [directory, ...shared]) {
      const owner = clusterOwner(place)
      if (owner === undefined || (place !== directory && !belongsToRoot(place))) continue
      const user = owner.uid === 0 ? account : owner
      if (!(yield* mayEnter(user, place))) {
        const trouble = `it holds data of user ${user.uid}, who may no longer enter it (give back the permission with chmod a+x on it and the folders above)`
        return yield* refuse(new FolderUnusable({ path: place, trouble }))
      }
      return place === directory ? { directory, account: user, notes: [] } : moved(place, user)
    }

    const nearest = nearestExisting(directory)
    if (!statSync(nearest).isDirectory()) {
      return yield* refuse(new FolderUnusable({ path: directory, trouble: `${nearest} is not a folder` }))
    }
    if (yield* mayEnter(account, nearest)) {
      yield* onFiles(directory, () => makeFolder(directory, 0o755))
      return { directory, account, notes: [] }
    }
    for (const place of shared) {
      const made = yield* Effect.result(onFiles(place, () => makeFolder(place, 0o755)))
      if (made._tag === "Success" && belongsToRoot(place) && (yield* mayEnter(account, place))) {
        return moved(place, account)
      }
    }
    const trouble = `PostgreSQL runs as user ${account.uid}, who may enter neither it nor ${shared.join(" nor ")}`
    return yield* refuse(new FolderUnusable({ path: directory, trouble }))
  })

/** A place in the temporary folder, removed when the scope closes. */
export const temporaryPlace = Effect.gen(function* () {
  const account = isRoot() ? yield* serviceAccount : undefined
  const directory = yield* Effect.acquireRelease(makeTemporaryFolder(account), (folder) =>
    Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  )
  if (account !== undefined) yield* onFiles(directory, () => chmodSync(directory, 0o711))
  const place: DataPlace = { directory, account, notes: [] }
  return place
})

const clusterOwner = (dataDirectory: string): Account | undefined => {
  const cluster = clusterIn(dataDirectory)
  return existsSync(join(cluster, "PG_VERSION")) ? statSync(cluster) : undefined
}

const nearestExisting = (path: string): string => (existsSync(path) ? path : nearestExisting(dirname(path)))
