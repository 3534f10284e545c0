import { Duration, Effect } from "effect"
import { Outbox, type PaymentEvent } from "../kernel/Outbox.ts"
import { EventConsumers } from "./EventConsumers.ts"

/** How much one pass takes on. */
const batch = 200

export interface DeliverySettings {
  /** How long the events that a pass took on are its own; what it did not deliver is then given out again. */
  readonly lease: Duration.Duration
  /** How long a consumer may take for one event. */
  readonly patience: Duration.Duration
}

export const deliveryDefaults: DeliverySettings = {
  lease: Duration.seconds(30),
  patience: Duration.seconds(10)
}

/**
 * Delivers what is due, the oldest first, at least once: an event is marked only after its consumer took it. One
 * that its consumer breaks on or is silent about holds up no other; it comes again when its lease is over, and so
 * later than those that followed it.
 */
export const deliver = Effect.fn("deliver")(function* ({ lease, patience }: DeliverySettings) {
  const outbox = yield* Outbox
  const { consume } = yield* EventConsumers
  const events = yield* outbox.claim(batch, lease)
  const delivered: Array<string> = []
  for (const event of events) {
    const taken = yield* consume(event).pipe(
      Effect.timeout(patience),
      Effect.as(true),
      Effect.catchCause((cause) => Effect.as(tell(event, cause), false))
    )
    if (taken) delivered.push(event.id)
  }
  if (delivered.length > 0) yield* outbox.markDelivered(delivered)
})

const tell = ({ id, type, session }: PaymentEvent, cause: unknown): Effect.Effect<void> =>
  Effect.logWarning("an event was not taken by its consumer and comes again", cause).pipe(
    Effect.annotateLogs({ event: id, type, session })
  )
