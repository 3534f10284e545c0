import { Duration, Effect, FiberSet } from "effect"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { EventDispatcher, type Lane } from "../kernel/events/EventDispatcher.ts"

/** How many deliveries of one lane are under way in this process at a time. */
const room: Readonly<Record<Lane, number>> = { healthy: 128, failing: 64 }

/** How long a lane waits before it looks again for what is due: while there is something, and while not. */
const pause = { busy: Duration.millis(25), idle: Duration.millis(500) }

/** Makes deliveries of what happened until there is nothing left to make any of. */
export const prepareDeliveries: Effect.Effect<void, LedgerUnavailable, EventDispatcher> = Effect.gen(
  function* () {
    const { prepare } = yield* EventDispatcher
    yield* prepare.pipe(Effect.repeat({ while: (more) => more }))
  }
)

/**
 * Delivers what is due in one lane, for ever. Nothing is waited for: a slow endpoint keeps its own few places, and
 * the others are claimed for meanwhile. What an end of the process interrupts is due again when its lease is over.
 */
export const deliverIn = (lane: Lane): Effect.Effect<never, never, EventDispatcher> =>
  Effect.gen(function* () {
    const dispatcher = yield* EventDispatcher
    const underWay = yield* FiberSet.make<void>()
    return yield* Effect.gen(function* () {
      const free = room[lane] - (yield* FiberSet.size(underWay))
      const due = free > 0 ? yield* dispatcher.claim(lane, free) : []
      for (const delivery of due) yield* FiberSet.run(underWay, delivery)
      return due.length > 0 ? pause.busy : pause.idle
    }).pipe(
      Effect.withSpan("worker.pass", { root: true, attributes: { worker: `${lane}_deliveries` } }),
      // A claim that fails interrupts nothing that is under way.
      Effect.catchCause((cause) =>
        Effect.as(Effect.logWarning(`${lane} deliveries could not be claimed now`, cause), pause.idle)
      ),
      Effect.flatMap(Effect.sleep),
      Effect.forever
    )
  }).pipe(Effect.scoped)
