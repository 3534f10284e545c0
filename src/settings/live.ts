import { Duration, Schema } from "effect"
import { setting, wholeNumber } from "./setting.ts"

/** What GraphQL subscriptions may take of a server. */
export interface LiveSettings {
  /** Those that one API key may have at this server. */
  readonly subscriptionsPerKey: number
  readonly subscriptionLifetime: Duration.Duration
  /** Changes that wait for one subscriber. */
  readonly subscriptionBuffer: number
}

const lifetime = Schema.DurationFromString.check(
  Schema.makeFilter(
    (time) =>
      Duration.isGreaterThanOrEqualTo(time, Duration.seconds(1)) &&
      Duration.isLessThanOrEqualTo(time, Duration.days(1)),
    { expected: "a time from 1 second to 1 day" }
  )
).annotate({ description: "a time from `1 second` to `1 day`" })

export const liveSettings = {
  subscriptionsPerKey: setting("SUBSCRIPTIONS_PER_KEY", wholeNumber(1, 10_000), {
    standard: "20",
    sets: "how many GraphQL subscriptions one API key may have at this server"
  }),
  subscriptionLifetime: setting("SUBSCRIPTION_LIFETIME", lifetime, {
    standard: "1 hour",
    sets: "how long one lives before it has to be asked for again"
  }),
  subscriptionBuffer: setting("SUBSCRIPTION_BUFFER", wholeNumber(1, 100_000), {
    standard: "256",
    sets: "changes that wait for one subscriber; one that reads so slowly that more would is cut"
  })
}
