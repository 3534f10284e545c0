import type { Job, News } from "./histories.ts"
import { playHistory } from "./history.ts"
import { shrink } from "./shrink.ts"

/** Plays what one thread is to play, up to the first broken law, and tells of it now and then. */
export const playJob = (job: Job, tell: (news: News) => void): void => {
  let done = 0
  let charges = 0
  let steps = 0
  let captures = 0
  let refunds = 0
  let fired = new Map<string, number>()

  const report = (): void => {
    tell({ _tag: "Played", done, charges, captures, refunds, steps, fired: [...fired] })
    done = charges = captures = refunds = steps = 0
    fired = new Map()
  }

  for (let seed = job.from; seed < job.to; seed += job.stride) {
    const history = playHistory(seed, { dropped: job.dropped })
    done += 1
    charges += history.charges
    captures += history.captures
    refunds += history.refunds
    steps += history.steps
    for (const fault of history.fired) {
      if (history.vain.has(fault)) continue
      const kind = fault.slice(0, fault.indexOf("#"))
      fired.set(kind, (fired.get(kind) ?? 0) + 1)
    }
    if (history.broken !== undefined) {
      report()
      const shrunk = shrink(seed, { dropped: job.dropped })
      tell({
        _tag: "Broken",
        seed,
        ...(shrunk?.history.broken ?? history.broken),
        faults: shrunk?.faults ?? history.fired,
        allFaults: history.fired.length,
        trace: shrunk?.history.trace ?? []
      })
      return
    }
    if (done >= 500) report()
  }
  report()
}
