import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { start } from "../../../src/db/embedded/EmbeddedPostgres.ts"
import { isRunning, openFolder, query } from "./support.ts"

describe("a temporary database", () => {
  it.effect("answers, and is gone with its scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const postgres = yield* start({ temporary: true }).pipe(Scope.provide(scope))
      expect(yield* query(postgres.url(), "SELECT current_database() AS db, current_user AS who")).toEqual([
        { db: "payments", who: "postgres" }
      ])
      yield* Scope.close(scope, Exit.void)
      expect(isRunning(postgres.pid)).toBe(false)
      expect(existsSync(postgres.dataDirectory)).toBe(false)
      expect(existsSync(postgres.socketDirectory)).toBe(false)
    })
  )

  it.effect("does not collide with another one", () =>
    Effect.gen(function* () {
      const [one, two] = yield* Effect.all([start({ temporary: true }), start({ temporary: true })], {
        concurrency: 2
      })
      yield* query(one.url(), "CREATE TABLE here AS SELECT 1 AS number")
      expect(yield* query(one.url(), "SELECT number FROM here")).toEqual([{ number: 1 }])
      expect(yield* query(two.url(), "SELECT to_regclass('here') AS found")).toEqual([{ found: null }])
    })
  )

  it.effect("takes settings", () =>
    Effect.gen(function* () {
      const postgres = yield* start({ temporary: true, settings: { fsync: "off", max_connections: "17" } })
      const settings = yield* query(
        postgres.url(),
        "SELECT current_setting('fsync') AS fsync, current_setting('max_connections') AS max_connections"
      )
      expect(settings).toEqual([{ fsync: "off", max_connections: "17" }])
    })
  )

  it.effect("tells in PostgreSQL's own words why it did not start", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(start({ temporary: true, settings: { max_connections: "many" } }))
      expect(error.reason._tag).toBe("StartupFailed")
      expect(error.message).toContain('invalid value for parameter "max_connections": "many"')
    })
  )
})

describe("a lasting database", () => {
  it.effect("keeps its data over a restart", () =>
    Effect.gen(function* () {
      const dataDirectory = join(yield* openFolder, "deep", "data")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const postgres = yield* start({ dataDirectory })
          expect(postgres.dataDirectory).toBe(dataDirectory)
          expect(postgres.notes).toEqual([])
          yield* query(postgres.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
        })
      )
      // A clean stop leaves nothing for the next start to clear away.
      expect(readdirSync(dataDirectory).toSorted()).toEqual(["cluster", "lock", "postgres.log"])
      expect(existsSync(join(dataDirectory, "cluster", "postmaster.pid"))).toBe(false)

      const again = yield* start({ dataDirectory })
      expect(again.restartNotice).toBeUndefined()
      expect(yield* query(again.url(), "SELECT answer FROM kept")).toEqual([{ answer: 42 }])
    })
  )

  it.effect("writes every commit to the disk, and is reached through its private socket only", () =>
    Effect.gen(function* () {
      const postgres = yield* start({ dataDirectory: join(yield* openFolder, "data") })
      const rows = yield* query(
        postgres.url(),
        "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'unix_socket_directories') ORDER BY name"
      )
      expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
        data_checksums: "on",
        fsync: "on",
        full_page_writes: "on",
        listen_addresses: "",
        synchronous_commit: "on",
        unix_socket_directories: postgres.socketDirectory
      })
    })
  )

  it.effect("refuses a second start while it runs, and says what to do instead", () =>
    Effect.gen(function* () {
      const dataDirectory = join(yield* openFolder, "data")
      const postgres = yield* start({ dataDirectory })
      const error = yield* Effect.flip(start({ dataDirectory }))
      expect(error.reason._tag).toBe("DataDirectoryInUse")
      expect(error.message).toContain(`The data directory ${dataDirectory} is in use`)
      expect(error.message).toContain(`process ${process.pid}`)
      expect(error.message).toContain("DATA_DIRECTORY=")
      expect(error.message).toContain("DATABASE_URL=")
      // The refused start has left the owner alone.
      expect(yield* query(postgres.url(), "SELECT 1 AS one")).toEqual([{ one: 1 }])
    })
  )

  it.effect("refuses data of another major version by name", () =>
    Effect.gen(function* () {
      const dataDirectory = join(yield* openFolder, "data")
      const { pid } = yield* Effect.scoped(start({ dataDirectory }))
      expect(isRunning(pid)).toBe(false)
      writeFileSync(join(dataDirectory, "cluster", "PG_VERSION"), "17\n")
      const error = yield* Effect.flip(Effect.scoped(start({ dataDirectory })))
      expect(error.reason).toMatchObject({ _tag: "DataOfAnotherVersion", found: "17", expected: "18" })
      expect(readFileSync(join(dataDirectory, "cluster", "PG_VERSION"), "utf8")).toBe("17\n")
    })
  )

  it.effect("does an initdb that was cut off again", () =>
    Effect.gen(function* () {
      const dataDirectory = join(yield* openFolder, "data")
      mkdirSync(join(dataDirectory, "initializing-abc", "base"), { recursive: true })
      writeFileSync(join(dataDirectory, "initializing-abc", "PG_VERSION"), "18\n")
      chmodSync(dataDirectory, 0o755)
      const postgres = yield* start({ dataDirectory })
      expect(yield* query(postgres.url(), "SELECT 1 AS one")).toEqual([{ one: 1 }])
      expect(readdirSync(dataDirectory)).not.toContain("initializing-abc")
    })
  )

  it.effect("refuses a place that is no folder, and names it", () =>
    Effect.gen(function* () {
      const file = join(yield* openFolder, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(start({ dataDirectory: join(file, "data") }))
      expect(error.reason._tag).toBe("FolderUnusable")
      expect(error.message).toContain(join(file, "data"))
    })
  )
})
