import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { RegistrySnapshot } from "../../src/kernel/EntityRegistry.ts"
import { timeOf } from "./draw.ts"
import { drawPayment, type Payment, salesOf } from "./Payment.ts"
import { filled, write } from "./write.ts"

interface Wanted {
  /** At least so many attempts; the last payment may bring two more. */
  readonly attempts: number
  readonly registry: RegistrySnapshot
  /** Milliseconds since 1970: the last payment is made then. */
  readonly now: number
  /** How far back they go. */
  readonly months: number
  /** Another run draws other payments. */
  readonly run: number
  readonly onProgress?: (attempts: number) => Effect.Effect<void>
}

/** Payments in one transaction. */
const batchSize = 2000

const bounds = [
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "transaction_timeout"
]

/** The last payment has its time to be tried before now. */
const quiet = 3_600_000

/** Puts payments of the past into a database, some thousands in a statement. Needs the owner. Answers how many attempts. */
export const seedAttempts = Effect.fn("seedAttempts")(function* (wanted: Wanted) {
  const { registry, now, run, months, onProgress } = wanted
  const sql = yield* SqlClient.SqlClient
  const sales = salesOf(registry)
  const span = months * 30.4 * 86_400_000
  // A busy machine takes longer for a batch than a payment may.
  for (const bound of bounds) yield* sql.unsafe(`set ${bound} = 0`)
  let attempts = 0
  for (let nr = 0; attempts < wanted.attempts;) {
    const batch: Array<Payment> = []
    for (; batch.length < batchSize && attempts < wanted.attempts; nr++) {
      const at = timeOf(attempts / wanted.attempts, now - quiet, span)
      const payment = drawPayment({ run, nr, registry, sales, at, now })
      batch.push(payment)
      attempts += payment.attempts.length
    }
    yield* write(sql, batch)
    if (onProgress !== undefined) yield* onProgress(attempts)
  }
  // What the planner estimates with, and which pages an index answers alone.
  for (const table of filled) yield* sql.unsafe(`vacuum (analyze) ${table}`)
  for (const bound of bounds) yield* sql.unsafe(`reset ${bound}`)
  return attempts
})
