import { Effect } from "effect"
import { Migrator, SqlClient, type SqlError } from "effect/sql"
import { readdirSync, readFileSync } from "node:fs"

const folder = new URL("migrations/", import.meta.url)

const files = readdirSync(folder).filter((file) => file.endsWith(".sql"))

/** The numbers of the migrations that this binary has. */
export const migrationNumbers: ReadonlySet<number> = new Set(files.map((file) => Number.parseInt(file, 10)))

/**
 * The migrations are plain SQL files, applied in the order of their numbers, each once and each whole. A file is
 * run as the body of one DO block, because the driver sends one statement at a time.
 */
const loader = Migrator.fromRecord(
  Object.fromEntries(
    files.map((file) => [
      file.slice(0, -".sql".length),
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const statements = readFileSync(new URL(file, folder), "utf8")
        yield* sql.unsafe(`do $migration$ begin\n${statements}\nend $migration$`)
        // All migrations of one run share a transaction: the next one begins as the administrator again.
        yield* sql`reset role`
        yield* sql`reset search_path`
      })
    ])
  )
)

/** Brings the database to this version's shape; answers the migrations that it applied. Needs an administrator. */
export const migrate: Effect.Effect<
  ReadonlyArray<readonly [id: number, name: string]>,
  Migrator.MigrationError | SqlError.SqlError,
  SqlClient.SqlClient
> = Migrator.make({})({ loader, table: "payments_migrations" })
