import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Outbox, PaymentEvent } from "../kernel/Outbox.ts"
import { step } from "./steps.ts"

/** The transactional outbox in PostgreSQL: the money steps write it, these two read it. */
export const layer: Layer.Layer<Outbox, never, SqlClient.SqlClient> = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const claimStep = step(sql, "claim_events", Schema.Array(PaymentEvent))
    const deliveredStep = step(sql, "mark_delivered", Schema.Int)

    return Outbox.of({
      claim: Effect.fn("Outbox.claim")((limit, lease) =>
        claimStep({ limit, leaseMs: Duration.toMillis(lease) })
      ),
      markDelivered: Effect.fn("Outbox.markDelivered")((ids) => Effect.asVoid(deliveredStep({ ids })))
    })
  })
)
