import { type Duration, Effect, Fiber } from "effect"

/**
 * Runs an effect in a fiber of its own, which the deadline does not wait for: something that refuses to be
 * interrupted holds up neither its caller nor a shutdown. It works in an uninterruptible region too.
 */
export const withDeadline = <A, E, R, B, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  deadline: Duration.Duration,
  onDeadline: (still: Fiber.Fiber<A, E>) => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2, R | R2> =>
  Effect.flatMap(Effect.forkDetach(Effect.interruptible(effect), { startImmediately: true }), (running) =>
    Effect.raceFirst(
      // Both sides may be interrupted, by each other only.
      Effect.interruptible(Fiber.join(running)),
      Effect.andThen(
        Effect.interruptible(Effect.sleep(deadline)),
        Effect.suspend(() => onDeadline(running))
      )
    )
  )

/** Asks somebody who may be silent: at the deadline it is told to stop, nobody waits until it does, and `silence` is failed with. */
export const answeredWithin = <A, E, R, E2>(
  asking: Effect.Effect<A, E, R>,
  deadline: Duration.Duration,
  silence: () => E2
): Effect.Effect<A, E | E2, R> =>
  withDeadline(asking, deadline, (still) =>
    Effect.andThen(Effect.forkDetach(Fiber.interrupt(still)), Effect.failSync(silence))
  )
