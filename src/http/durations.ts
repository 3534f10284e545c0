import { Duration } from "effect"

/** A duration as a person reads it: `5 min`, `2 h`. */
export const inWords = (duration: Duration.Duration): string => {
  const seconds = Duration.toSeconds(duration)
  if (seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
