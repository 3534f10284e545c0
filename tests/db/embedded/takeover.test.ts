// What the next start makes of a server that ended without a word.
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { start } from "../../../src/db/embedded/EmbeddedPostgres.ts"
import { eventually, isRunning, openFolder, query, spawnServer } from "./support.ts"

/** A server that has written a row and was then killed; its PostgreSQL is still running. */
const killedServer = Effect.gen(function* () {
  const dataDirectory = join(yield* openFolder, "data")
  const server = yield* spawnServer(dataDirectory)
  const old = yield* server.ready
  yield* query(old.url, "CREATE TABLE kept AS SELECT 42 AS answer")
  yield* server.end("SIGKILL")
  expect(isRunning(old.pid)).toBe(true)
  return { dataDirectory, old, pidFile: join(dataDirectory, "cluster", "postmaster.pid") }
})

const killPostgres = (pid: number) =>
  Effect.andThen(
    Effect.sync(() => process.kill(pid, "SIGKILL")),
    eventually("the end of PostgreSQL", () => !isRunning(pid))
  )

const rows = [{ answer: 42 }]

describe("after kill -9 of a server", () => {
  it.effect("its PostgreSQL is stopped and its data taken over", () =>
    Effect.gen(function* () {
      const { dataDirectory, old } = yield* killedServer
      const postgres = yield* start({ dataDirectory })
      expect(isRunning(old.pid)).toBe(false)
      expect(postgres.restartNotice).toContain(`process ${old.pid}`)
      expect(existsSync(old.socketDirectory)).toBe(false)
      expect(yield* query(postgres.url(), "SELECT answer FROM kept")).toEqual(rows)
    })
  )

  it.effect("the sessions of its PostgreSQL, which was killed alone, are waited for", () =>
    Effect.gen(function* () {
      const { dataDirectory, old } = yield* killedServer
      // Busy without a pause in which it would notice the end of its parent.
      const work = "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '2 s' LOOP END LOOP; END $$"
      yield* Effect.forkScoped(Effect.exit(query(old.url, work)))
      const workers = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'DO %'"
      while ((yield* query(old.url, workers))[0]?.n !== 1);
      yield* killPostgres(old.pid)
      const postgres = yield* start({ dataDirectory })
      expect(yield* query(postgres.url(), "SELECT answer FROM kept")).toEqual(rows)
    })
  )

  it.effect("of two starts at once exactly one gets the data", () =>
    Effect.gen(function* () {
      const { dataDirectory } = yield* killedServer
      const servers = yield* Effect.all([spawnServer(dataDirectory), spawnServer(dataDirectory)], {
        concurrency: 2
      })
      const answers = servers.map(({ answer }) => answer)
      const winners = answers.filter((answer) => "url" in answer)
      expect(winners).toHaveLength(1)
      expect(answers.filter((answer) => "refused" in answer)).toMatchObject([
        { refused: "DataDirectoryInUse", message: expect.stringContaining(dataDirectory) }
      ])
      for (const winner of winners) {
        expect(yield* query(winner.url, "SELECT answer FROM kept")).toEqual(rows)
      }
    })
  )
})

describe("after kill -9 of a server and its PostgreSQL", () => {
  it.effect("the pid file and the lock file are no obstacle", () =>
    Effect.gen(function* () {
      const { dataDirectory, old, pidFile } = yield* killedServer
      yield* killPostgres(old.pid)
      expect(existsSync(pidFile)).toBe(true)
      expect(existsSync(join(dataDirectory, "lock"))).toBe(true)
      const postgres = yield* start({ dataDirectory })
      expect(yield* query(postgres.url(), "SELECT answer FROM kept")).toEqual(rows)
    })
  )

  it.effect("a stranger who got PostgreSQL's process id is left alone, and is no obstacle", () =>
    Effect.gen(function* () {
      const { dataDirectory, old, pidFile } = yield* killedServer
      yield* killPostgres(old.pid)
      const { uid, gid } = statSync(pidFile)
      const account = process.getuid?.() === 0 ? { uid, gid } : {}
      const stranger = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("/bin/sleep", ["300"], { stdio: "ignore", ...account })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const [, ...others] = readFileSync(pidFile, "utf8").split("\n")
      writeFileSync(pidFile, [stranger.pid, ...others].join("\n"))
      const postgres = yield* start({ dataDirectory })
      expect(yield* query(postgres.url(), "SELECT answer FROM kept")).toEqual(rows)
      expect(isRunning(stranger.pid ?? 0)).toBe(true)
    })
  )

  it.effect("a lock file with a stranger's content is no obstacle", () =>
    Effect.gen(function* () {
      const { dataDirectory, old } = yield* killedServer
      yield* killPostgres(old.pid)
      writeFileSync(join(dataDirectory, "lock"), `${process.pid}\n`.repeat(200))
      const postgres = yield* start({ dataDirectory })
      expect(yield* query(postgres.url(), "SELECT answer FROM kept")).toEqual(rows)
    })
  )
})

describe("a server's end", () => {
  it.effect("by Ctrl-C stops the server first and its database after it", () =>
    Effect.gen(function* () {
      const dataDirectory = join(yield* openFolder, "data")
      const server = yield* spawnServer(dataDirectory)
      const postgres = yield* server.ready
      // As a terminal does it: to everybody in the process group.
      yield* server.end("SIGINT", -server.pid)
      yield* eventually("the last words", () => server.lines.length > 1)
      expect(server.lines.slice(1)).toEqual([JSON.stringify({ drained: true })])
      expect(isRunning(postgres.pid)).toBe(false)
      expect(existsSync(postgres.socketDirectory)).toBe(false)
      expect(readFileSync(join(dataDirectory, "postgres.log"), "utf8")).toContain(
        "database system is shut down"
      )
    })
  )

  it.effect("by kill -9 is the end of its temporary database too", () =>
    Effect.gen(function* () {
      const server = yield* spawnServer(undefined)
      const postgres = yield* server.ready
      expect(existsSync(postgres.dataDirectory)).toBe(true)
      yield* server.end("SIGKILL")
      yield* eventually("the end of PostgreSQL", () => !isRunning(postgres.pid))
      yield* eventually("the removal of its folder", () => !existsSync(postgres.dataDirectory))
    })
  )
})
