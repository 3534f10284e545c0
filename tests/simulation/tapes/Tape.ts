import type { Store } from "../../../src/layers/memory/Store.ts"
import type { TapeEntry } from "../Database.ts"
import { Draws } from "../Draws.ts"
import { playHistory } from "../history.ts"
import { drawScene } from "../scene.ts"

/** Every statement that a ledger was asked to do, in the order in which it did them. */
export interface Tape {
  readonly name: string
  readonly seed: number
  /** Who trades when it begins; new each time. */
  readonly scene: () => Store
  readonly entries: ReadonlyArray<TapeEntry>
}

/** What the shipped services asked for in a simulated history. */
export const historyTape = (seed: number): Tape => ({
  name: `the history of seed ${seed}`,
  seed,
  scene: () => drawScene(new Draws(seed)),
  entries: playHistory(seed, { taping: true }).tape
})
