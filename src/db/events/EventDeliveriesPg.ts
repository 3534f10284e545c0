import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ClaimedDelivery, EventDeliveries } from "../../kernel/events/EventDeliveries.ts"
import { DisabledReason } from "../../kernel/events/EventSubscription.ts"
import { step } from "../steps.ts"

/** What is still to be told to whom, in PostgreSQL. */
export const layer: Layer.Layer<EventDeliveries, never, SqlClient.SqlClient> = Layer.effect(
  EventDeliveries,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const fanOutStep = step(sql, "fan_out_events", Schema.Int)
    const replayStep = step(sql, "replay_events", Schema.Int)
    const claimStep = step(sql, "claim_deliveries", Schema.Array(ClaimedDelivery))
    const recordStep = step(sql, "record_delivery", Schema.NullOr(DisabledReason))

    return EventDeliveries.of({
      fanOut: Effect.fn("EventDeliveries.fanOut")((limit) => fanOutStep({ limit })),
      replay: Effect.fn("EventDeliveries.replay")((limit) => replayStep({ limit })),
      claim: Effect.fn("EventDeliveries.claim")(({ lease, ...claim }) =>
        claimStep({ ...claim, leaseMs: Duration.toMillis(lease) })
      ),
      record: Effect.fn("EventDeliveries.record")(
        ({ subscription, event, claim }, { outcome, status, answer, retryAfter, streak, disableAfter }) =>
          Effect.map(
            recordStep({
              subscription,
              event,
              claim,
              outcome,
              status,
              answer,
              ...(retryAfter === undefined ? {} : { retryMs: Duration.toMillis(retryAfter) }),
              streakMs: Duration.toMillis(streak),
              disableAfterMs: Duration.toMillis(disableAfter)
            }),
            (reason) => reason ?? undefined
          )
      )
    })
  })
)
