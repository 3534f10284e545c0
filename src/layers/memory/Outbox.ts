import { Clock, DateTime, Duration, Effect, Layer } from "effect"
import { Outbox, PaymentEvent } from "../../kernel/Outbox.ts"
import { type EventRow, MemoryStore } from "./Store.ts"

/** The outbox in memory. Events come into it with the steps of the ledger. */
export const layer: Layer.Layer<Outbox, never, MemoryStore> = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const store = yield* MemoryStore
    return {
      claim: (limit, lease) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const free = store.events.filter((event) => !event.delivered && event.claimedUntil <= now)
          return free.slice(0, limit).map((event) => {
            event.claimedUntil = now + Duration.toMillis(lease)
            return toEvent(event)
          })
        }),
      markDelivered: (ids) =>
        Effect.sync(() => {
          const delivered = new Set(ids)
          for (const event of store.events) if (delivered.has(event.id)) event.delivered = true
        })
    }
  })
)

const toEvent = ({ id, type, session, occurredAt, payload }: EventRow): PaymentEvent =>
  new PaymentEvent({ id, type, session, occurredAt: DateTime.makeUnsafe(occurredAt), payload })
