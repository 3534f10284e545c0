import { Duration } from "effect"
import type { RateLimit } from "../../kernel/limits/RateLimits.ts"

/** A limit as the functions of the database take it. */
export const rateOf = (limit: RateLimit | undefined) =>
  limit === undefined ? undefined : { atOnce: limit.atOnce, everyMs: Duration.toMillis(limit.every) }
