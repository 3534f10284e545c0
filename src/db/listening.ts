import type { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Queue } from "effect"

/** The longest between two tries to listen, and how long one of them may take. */
const longestWait = Duration.seconds(10)

interface Listening<E, R> {
  readonly sql: PgClient.PgClient
  readonly channel: string
  /** What is told there: `changes to the registry`. */
  readonly about: string
  /** After each time that it began: what was told while nobody listened is to be read now. */
  readonly begun: Effect.Effect<unknown, E, R>
  readonly heard: (payloads: ReadonlyArray<string>) => Effect.Effect<unknown, E, R>
  /** After each time that the connection was lost, or not had. */
  readonly lost?: Effect.Effect<unknown, never, R>
}

/** Listens for good, on one connection; one that is lost is replaced. */
export const keepListening = <E, R>({
  sql,
  channel,
  about,
  begun,
  heard,
  lost = Effect.void
}: Listening<E, R>): Effect.Effect<never, never, R> => {
  let losses = 0
  return Effect.gen(function* () {
    const told = yield* Effect.timeout(sql.listen(channel), longestWait)
    losses = 0
    yield* begun
    return yield* Queue.takeAll(told).pipe(
      Effect.flatMap((all) => heard(all.map(({ payload }) => payload))),
      Effect.forever
    )
  }).pipe(
    Effect.scoped,
    Effect.catchCause((cause) =>
      Effect.gen(function* () {
        losses += 1
        if (losses === 1) yield* Effect.logWarning(`nobody tells of ${about}; listening again`, cause)
        yield* lost
      })
    ),
    Effect.andThen(
      Effect.suspend(() =>
        Effect.sleep(Duration.min(Duration.millis(100 * 2 ** Math.min(losses - 1, 10)), longestWait))
      )
    ),
    Effect.forever
  )
}
