import { Effect } from "effect"
import { type Broken, playHistories } from "../simulation/histories.ts"
import { type Plant, plants } from "./plants.ts"

/** How many histories a planted bug may stay unseen. */
export const mostHistories = 20_000

export interface Planted {
  readonly plant: Plant
  /** The history that gave it away; nothing when none did. */
  readonly caught: Broken | undefined
}

/**
 * Plants one bug after the other into the services that are simulated, and plays until a law is broken: from the
 * first seed on, or in the short form from near one that is known to show it.
 */
export const plantAll = (
  { threads, short = false }: { readonly threads: number; readonly short?: boolean },
  onEach: (planted: Planted, done: number) => void = () => {}
): Effect.Effect<ReadonlyArray<Planted>> => {
  let done = 0
  return Effect.forEach(
    plants,
    (plant) =>
      playHistories({
        from: short ? (plant.near ?? 1) : 1,
        histories: mostHistories,
        threads: 1,
        edits: plant.edits,
        dropped: plant.dropped ?? []
      }).pipe(
        Effect.map(({ broken: caught }) => {
          const planted = { plant, caught }
          onEach(planted, (done += 1))
          return planted
        })
      ),
    { concurrency: threads }
  )
}
