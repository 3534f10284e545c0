import { type History, type HistoryOptions, playHistory } from "./history.ts"

/** A history that breaks a law, and the faults without which it would not. */
export interface Shrunk {
  readonly history: History
  readonly faults: ReadonlyArray<string>
  /** How many histories were played to find out. */
  readonly played: number
}

/**
 * Leaves out faults for as long as the same law is broken: first halves of them, then quarters, at last one by one.
 */
export const shrink = (seed: number, options: HistoryOptions = {}): Shrunk | undefined => {
  const found = playHistory(seed, options)
  if (found.broken === undefined) return undefined
  const { law } = found.broken
  let faults = found.fired
  let played = 1
  const stillBreaks = (only: ReadonlyArray<string>): boolean => {
    played += 1
    return playHistory(seed, { ...options, only: new Set(only) }).broken?.law === law
  }
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < faults.length;) {
      const rest = [...faults.slice(0, at), ...faults.slice(at + size)]
      if (stillBreaks(rest)) faults = rest
      else at += size
    }
  }
  const history = playHistory(seed, { ...options, only: new Set(faults), tracing: true })
  return { history, faults, played }
}
