import { DateTime } from "effect"

const since = Date.UTC(2000, 0, 1)
const until = Date.UTC(2200, 0, 1)

/**
 * A time that a processor tells, in milliseconds since 1970; nothing outside of 2000 to 2199. Such a one is a mistake of
 * theirs, and what no `DateTime` or no database can hold would keep its webhook from ever being worked on.
 */
export const plausibleTime = (epochMillis: number): DateTime.Utc | undefined =>
  epochMillis >= since && epochMillis < until ? DateTime.makeUnsafe(epochMillis) : undefined
