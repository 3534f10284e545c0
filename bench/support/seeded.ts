import { Clock, Effect, Layer, Redacted } from "effect"
import * as Database from "../../src/db/Database.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import { accounts } from "../../src/db/seedData.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { ProviderName } from "../../src/kernel/ids.ts"
import { ProviderNames } from "../../src/kernel/PaymentProvider.ts"
import { seedAttempts } from "../../scripts/seed/seedAttempts.ts"
import type { Progress } from "./progress.ts"

/** Fills a database with months of payments, as `npm run seed:attempts` does. */
export const seeded = Effect.fnUntraced(function* (address: string, attempts: number, progress: Progress) {
  const url = Redacted.make(address)
  const registry = EntityRegistryPg.layer.pipe(
    Layer.provide([
      Layer.succeed(ProviderNames, new Set(accounts.map(({ provider }) => ProviderName.make(provider)))),
      Database.layer({ url, role: "payments_app", maxConnections: 2 })
    ])
  )
  const snapshot = yield* Effect.provide(
    Effect.flatMap(EntityRegistry, (service) => service.snapshot),
    registry
  )
  const told = (done: number) =>
    Effect.sync(() =>
      progress.tell(`${done.toLocaleString("en-US")} of ${attempts.toLocaleString("en-US")} attempts`)
    )
  yield* seedAttempts({
    attempts,
    months: 6,
    run: 1,
    registry: snapshot,
    now: yield* Clock.currentTimeMillis,
    onProgress: told
  }).pipe(Effect.provide(Database.layer({ url, role: "payments_owner", maxConnections: 1 })))
})
