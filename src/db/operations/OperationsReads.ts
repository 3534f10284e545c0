import { Context, Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { LedgerUnavailable } from "../../kernel/PaymentLedger.ts"
import { migrationNumbers } from "../migrate.ts"
import { step } from "../steps.ts"

/** How much waits for what, in all servers of this database; ages in seconds. Counts end at {@link most}. */
export const Figures = Schema.Struct({
  inReview: Schema.Array(
    Schema.Struct({ provider: Schema.String, mid: Schema.String, attempts: Schema.Int })
  ),
  oldestInReview: Schema.Finite,
  inFlight: Schema.Int,
  refundsInReview: Schema.Int,
  oldestRefundInReview: Schema.Finite,
  outbox: Schema.Int,
  oldestInOutbox: Schema.Finite,
  deliveriesDue: Schema.Int,
  oldestDelivery: Schema.Finite,
  deliveriesDead: Schema.Int,
  subscriptionsFailing: Schema.Int,
  webhooksPending: Schema.Int,
  oldestWebhook: Schema.Finite,
  webhooksDead: Schema.Int,
  incidents: Schema.Int,
  reviews: Schema.Int
})

const most = 10_000

/** The shape of the database beside the one that this binary was made for. */
export type DatabaseShape = "current" | "pending" | "newer"

/** Whoever asks whether a server is ready waits no longer than this. */
const patience = Duration.seconds(2)

/** What servers are asked about themselves and cannot answer without the database. */
export class OperationsReads extends Context.Service<
  OperationsReads,
  {
    readonly shape: Effect.Effect<DatabaseShape, LedgerUnavailable>
    readonly figures: Effect.Effect<typeof Figures.Type, LedgerUnavailable>
  }
>()("payment-orchestration/db/operations/OperationsReads") {
  /** A connection of its own: what it says is about the database, and not about how busy the pools are. */
  static readonly layer: Layer.Layer<OperationsReads, never, SqlClient.SqlClient> = Layer.effect(
    OperationsReads,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const applied = step(sql, "applied_migrations", Schema.Array(Schema.Int), patience)
      const figures = step(sql, "operations_figures", Figures, Duration.seconds(5))
      return OperationsReads.of({
        shape: Effect.map(applied({}), (found) => {
          if ([...migrationNumbers].some((number) => !found.includes(number))) return "pending"
          return found.some((number) => !migrationNumbers.has(number)) ? "newer" : "current"
        }),
        figures: figures({ most })
      })
    })
  )
}
