import { Duration } from "effect"
import { setting } from "../../../settings/setting.ts"
import { ServiceOrigin } from "../../transport/ServiceOrigin.ts"

/** The version of the API whose answers `wire.ts` describes; sent with every request. */
export const apiVersion = "2026-10-28.endive"

/** How long the driver waits for what. */
export interface StripeTimings {
  /** The answer to the one call that can move money. */
  readonly intentDeadline: Duration.Duration
  /** The answer to a cancellation after a decline. */
  readonly cancelDeadline: Duration.Duration
  /** The answer to a question. */
  readonly readDeadline: Duration.Duration
  /** The answer to the one call that gives money back. */
  readonly refundDeadline: Duration.Duration
  /**
   * How long after the write-ahead a charge may still turn up. A PaymentIntent exists from the moment that its request
   * is worked on, and lists show it at once; what is long about it is how late a request may be worked on whose answer
   * nobody waited for.
   */
  readonly absenceHorizon: Duration.Duration
}

export const defaultTimings: StripeTimings = {
  intentDeadline: Duration.seconds(34),
  // A lookup asks by id, lists and cancels at most, within the twenty seconds that somebody waits for it.
  cancelDeadline: Duration.seconds(8),
  readDeadline: Duration.seconds(6),
  refundDeadline: Duration.seconds(20),
  absenceHorizon: Duration.minutes(10)
}

/** Where Stripe is. Its accounts bring their keys with them, so a process without any needs no setting. */
export const stripeOrigin = setting("STRIPE_ORIGIN", ServiceOrigin, {
  standard: "https://api.stripe.com",
  sets: "where Stripe is; each merchant account brings its own key"
})
