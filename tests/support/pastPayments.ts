import { Clock, Effect } from "effect"
import { seedAttempts } from "../../scripts/seed/seedAttempts.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** Payments of the months before an instant, or before now, in the test's own database, as `npm run seed:attempts` makes them. */
export const pastPayments = Effect.fn("pastPayments")(function* (
  attempts: number,
  months = 3,
  until?: number
) {
  const registry = yield* Effect.flatMap(EntityRegistry, ({ snapshot }) => snapshot)
  const { connect } = yield* TestDatabase
  const now = until ?? (yield* Clock.currentTimeMillis)
  return yield* seedAttempts({ attempts, months, registry, now, run: 1 }).pipe(
    Effect.provide(connect("payments_owner", 1))
  )
})
