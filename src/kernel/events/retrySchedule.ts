import { Duration } from "effect"
import { hash32 } from "../hash.ts"

/** How long to wait after each failed try before the next one: ten tries over a little more than three days. */
export const retryDelays: ReadonlyArray<Duration.Duration> = [
  Duration.seconds(5),
  Duration.minutes(5),
  Duration.minutes(30),
  Duration.hours(2),
  Duration.hours(5),
  Duration.hours(10),
  Duration.hours(14),
  Duration.hours(20),
  Duration.hours(24)
]

/** At most this part of a delay is added to it, so that what failed together does not come back together. */
const mostJitter = 0.2

/**
 * The wait before the next try of a delivery that failed at a step of the schedule, or undefined when there is none
 * left. The jitter is a function of the delivery, so that the same history gives the same times.
 */
export const waitAfter = (delivery: string, step: number): Duration.Duration | undefined => {
  const delay = retryDelays[step]
  if (delay === undefined) return undefined
  const jitter = (hash32(delivery, step) / 2 ** 32) * mostJitter
  return Duration.millis(Math.round(Duration.toMillis(delay) * (1 + jitter)))
}
