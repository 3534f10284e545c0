import { Context, Effect, Layer } from "effect"
import type { PaymentEvent } from "../kernel/Outbox.ts"

/** Who is told of payment events inside this process. Each may be told twice; it dedupes by the event's id. */
export class EventConsumers extends Context.Service<
  EventConsumers,
  { readonly consume: (event: PaymentEvent) => Effect.Effect<void> }
>()("payment-orchestration/workers/EventConsumers") {
  /** Writes each event into the log: the only consumer until apps subscribe. */
  static readonly layer: Layer.Layer<EventConsumers> = Layer.succeed(EventConsumers, {
    consume: ({ id, type, session, payload }) =>
      Effect.logInfo("payment event").pipe(
        Effect.annotateLogs({ event: id, type, session, entity: payload["entity"], mid: payload["mid"] })
      )
  })
}
