import { join } from "node:path"
import { Books } from "./Books.ts"
import type { Clock } from "./Clock.ts"
import { FaultSwitch } from "./Fault.ts"
import { Store } from "./Store.ts"
import { Tasks } from "./Tasks.ts"

/** What every emulator stands on. */
export interface Bench {
  readonly name: string
  readonly clock: Clock
  readonly store: Store
  readonly books: Books
  readonly faults: FaultSwitch
  readonly tasks: Tasks
  /** Real seconds and seconds on the emulators' clock that the magic cards take. */
  readonly seconds: CardSeconds
}

/** How long the magic cards take: `slow` and `late` are real seconds, the others go by the emulators' clock. */
export interface CardSeconds {
  readonly slow: number
  readonly late: number
  readonly lateMoney: number
  readonly blind: number
  readonly webhook: number
}

export const makeBench = (
  name: string,
  clock: Clock,
  seconds: CardSeconds,
  folder: string | undefined
): Bench => {
  const store = new Store(folder === undefined ? undefined : join(folder, `${name}.jsonl`))
  return {
    name,
    clock,
    store,
    books: new Books(name, store),
    faults: new FaultSwitch(),
    tasks: new Tasks(store, clock),
    seconds
  }
}
