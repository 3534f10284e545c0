import { type Exchange, finalStates, sessionOf, type SessionState, stateTold } from "./exchanges.ts"

/** How far a run is. */
export interface Progress {
  readonly kills: number
  readonly stops: number
  readonly sessions: number
  readonly settled: number
  /** Sessions of which nobody knows yet how they end. */
  readonly inDoubt: number
  readonly violations: number
}

/** Follows what is told of the sessions; each call looks at what is new. */
export const makeFollower = () => {
  const told = new Map<string, SessionState>()
  let seen = 0
  return (heard: ReadonlyArray<Exchange>): Pick<Progress, "sessions" | "settled" | "inDoubt"> => {
    for (; seen < heard.length; seen++) {
      const exchange = heard[seen]
      if (exchange === undefined) break
      const session = sessionOf(exchange)
      const state = stateTold(exchange)
      if (session === undefined || state === undefined) continue
      if (!finalStates.has(told.get(session) ?? "pending")) told.set(session, state)
    }
    const states = [...told.values()]
    return {
      sessions: states.length,
      settled: states.filter((state) => state === "settled").length,
      inDoubt: states.filter((state) => state === "processing" || state === "in_review").length
    }
  }
}
