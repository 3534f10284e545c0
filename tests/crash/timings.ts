// The times of a run, as short as the service's settings allow, so that much happens in little time. Milliseconds.

/** How long a driver waits for its gateway. */
const deadline = 1_000

/** An attempt belongs to its driver for its deadline and ten seconds more. */
const lease = deadline + 10_000

const permitLifetime = 2_000

export const longerThanPermit = permitLifetime + 1_000

export const longerThanLease = lease + 1_000

/**
 * How long after the write-ahead a charge may still turn up. A paused server may send late, but no pause is as long as
 * this: that money moves after it was called absent is the far end's doing, and is not tried here.
 */
const absenceHorizon = deadline + 15_000

/** A charge that was permitted just before the longest pause is sent before the horizon, with a second to spare. */
export const longestPause = absenceHorizon - permitLifetime - 1_000

/** How long a session may be paid. */
const lifetime = 20_000

/** How long the slow cards take. */
export const slowAnswer = 700

const milliseconds = (time: number): string => `${time} millis`

/** The settings of the servers that are not about places. */
export const serverSettings = {
  STUB_DEADLINE: milliseconds(deadline),
  STUB_SLOW: milliseconds(slowAnswer),
  STUB_LATE: milliseconds(3_000),
  STUB_LIES_FOR: milliseconds(4_000),
  STUB_ABSENCE_HORIZON: milliseconds(absenceHorizon),
  SESSION_LIFETIME: milliseconds(lifetime),
  // A day's worth of payments is made in seconds.
  RATE_LIMIT_REQUESTS: "off",
  RATE_LIMIT_PAYMENTS: "off",
  RATE_LIMIT_SESSION: "off"
}

/** How long a customer waits for an answer before he hangs up. */
export const patience = 4_000
