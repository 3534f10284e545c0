import { Context, type Duration } from "effect"

/** So many at once, and then one more each time that `every` has passed. */
export interface RateLimit {
  readonly atOnce: number
  readonly every: Duration.Duration
}

/** How often something may be asked; what has no limit here is not limited. */
export interface RateLimits {
  /** Requests with one API key. */
  readonly requests?: RateLimit | undefined
  /** Declarations and confirmations with one API key. */
  readonly payments?: RateLimit | undefined
  /** Confirmations of one session that reach a processor. */
  readonly session?: RateLimit | undefined
  /** Confirmations with one card, over all sessions, keys and companies, that reach a live account. */
  readonly card?: RateLimit | undefined
}

/** The limits of this process; none until somebody sets them, which the service itself does. */
export const RateLimits = Context.Reference<RateLimits>("payment-orchestration/kernel/limits/RateLimits", {
  defaultValue: () => ({})
})
