import { Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Outbox, PaymentEvent } from "../kernel/Outbox.ts"
import { step } from "./steps.ts"

/** The transactional outbox in PostgreSQL: the money steps write it, these two read it. */
export const layer: Layer.Layer<Outbox, never, SqlClient.SqlClient> = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const claimStep = step(sql, "claim_events", Schema.Array(Schema.Unknown))
    const deliveredStep = step(sql, "mark_delivered", Schema.Int)

    return Outbox.of({
      claim: Effect.fn("Outbox.claim")(function* (limit, lease) {
        const rows = yield* claimStep({ limit, leaseMs: Duration.toMillis(lease) })
        // One that this version cannot read keeps the others from nobody; it is there for a version that can.
        const read = yield* Effect.forEach(rows, (row) =>
          decodeEvent(row).pipe(
            Effect.tapError((error) => Effect.logError("an event cannot be read", error)),
            Effect.option
          )
        )
        return read.flatMap(Option.toArray)
      }),
      markDelivered: Effect.fn("Outbox.markDelivered")((ids) => Effect.asVoid(deliveredStep({ ids })))
    })
  })
)

const decodeEvent = Schema.decodeUnknownEffect(PaymentEvent)
