import { Effect, Exit, Redacted, Scope } from "effect"
import { Digest } from "effect/crypto"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import * as Database from "../../src/db/Database.ts"
import { start } from "../../src/db/embedded/EmbeddedPostgres.ts"
import { migrate } from "../../src/db/migrate.ts"
import { seed } from "../../src/db/seed.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the socket of the PostgreSQL that all test files of this run share. */
    readonly postgres: string
  }
}

/** Migrated and seeded; each test file works on a copy of its own. */
export const templateDatabase = "payments_template"

/**
 * What Node compiled once, for the workers and for every server and command that tests start: they all load the same
 * thousand files. An entry is a file's, so the folder does not grow with what is changed.
 */
const shareCompiled = (): void => {
  process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "../../node_modules/.cache/compiled")
}

/**
 * One real PostgreSQL for a whole run. It does without fsync, which no test could tell from a machine that does
 * not lose its power; everything else is as in production.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shareCompiled()
  const scope = await Effect.runPromise(Scope.make())
  const postgres = await Effect.runPromise(
    Effect.gen(function* () {
      const running = yield* start({
        temporary: true,
        settings: { fsync: "off", full_page_writes: "off", max_connections: "200" }
      })
      const administrator = Database.administrator(Redacted.make(running.url("postgres")))
      yield* Effect.provide(Database.createDatabase(templateDatabase), administrator)
      const url = Redacted.make(running.url(templateDatabase))
      yield* Effect.provide(migrate, Database.administrator(url))
      yield* seed("stub").pipe(
        Effect.provide([
          Database.layer({ url, role: "payments_owner", maxConnections: 1 }),
          Digest.layerWebCrypto
        ])
      )
      return running
    }).pipe(Scope.provide(scope))
  )
  project.provide("postgres", postgres.socketDirectory)
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
