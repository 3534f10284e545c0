import { Effect } from "effect"
import { type Broken, inThread, type Job } from "../simulation/histories.ts"
import type { Plant } from "./plant.ts"
import { plants } from "./plants.ts"

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
): Effect.Effect<ReadonlyArray<Planted>> =>
  Effect.gen(function* () {
    const caught = new Map<Plant, Broken>()
    let done = 0
    // Dealt out like cards: a thread loads the libraries once for all of its own.
    const hands = Array.from({ length: threads }, (_, hand) =>
      plants.filter((plant) => plants.indexOf(plant) % threads === hand)
    )
    yield* Effect.forEach(
      hands,
      (hand) =>
        inThread(
          hand.map((plant) => jobOf(plant, short)),
          ({ nr, news }) => {
            const plant = hand[nr]
            if (plant === undefined || news._tag !== "Broken") return
            caught.set(plant, news)
            onEach({ plant, caught: news }, (done += 1))
          }
        ),
      { concurrency: "unbounded", discard: true }
    )
    return plants.map((plant) => ({ plant, caught: caught.get(plant) }))
  })

const jobOf = ({ dropped = [], edits, near = 1 }: Plant, short: boolean): Job => {
  const from = short ? near : 1
  return { from, to: from + mostHistories, stride: 1, edits, dropped }
}
