/** How a call is tried again. Only calls that happen once however often they are sent are tried again at all. */
export interface Retries {
  /** How often a call is sent at most, the first time included: 4 by default, 1 is never again. */
  readonly tries?: number
  /** The wait before the first repetition, in milliseconds; it doubles each time. 250 by default. */
  readonly firstDelayMs?: number
  /** No wait is longer, in milliseconds: 8000 by default. */
  readonly longestDelayMs?: number
  /** A server that asks for more patience than this, in milliseconds, is not asked again: 30000 by default. */
  readonly longestRetryAfterMs?: number
}

export const defaultRetries: Required<Retries> = {
  tries: 4,
  firstDelayMs: 250,
  longestDelayMs: 8_000,
  longestRetryAfterMs: 30_000
}

/**
 * The wait before a repetition, in milliseconds. It is drawn between half of the doubling delay and all of it, so
 * that callers who failed together do not come back together; what the server asks for is the least.
 */
export const delayBefore = (
  repetition: number,
  { firstDelayMs, longestDelayMs }: Required<Retries>,
  retryAfterMs = 0
): number => {
  const most = Math.min(longestDelayMs, firstDelayMs * 2 ** (repetition - 1))
  return Math.max(retryAfterMs, most * (0.5 + Math.random() / 2))
}

/** What `Retry-After` asks for, in milliseconds: it is seconds, or a date. */
export const retryAfterOf = (header: string | null): number | undefined => {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

/** Waits; resolves early when the signal fires, which the caller asks afterwards. */
export const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener("abort", done)
  })
