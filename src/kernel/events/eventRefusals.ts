import { Schema } from "effect"
import { withoutCardNumber } from "../cardNumbers.ts"
import { DisabledReason } from "./EventSubscription.ts"

// Why nothing was subscribed, changed or replayed.

/** What somebody wrote into an address may be anything: a card number is not repeated, and nothing endless. */
const quotable = (id: string): string => withoutCardNumber(id).slice(0, 80)

/** The app has no such subscription. One that another app has is told in the same words. */
export class UnknownSubscription extends Schema.TaggedError<UnknownSubscription>()("UnknownSubscription", {
  subscription: Schema.String
}) {
  static of(id: string): UnknownSubscription {
    return new UnknownSubscription({ subscription: quotable(id) })
  }
  get field(): string {
    return "subscription"
  }
  override get message(): string {
    return `you have no subscription ${JSON.stringify(this.subscription)}; list yours to see which you have`
  }
}

export class UnknownDelivery extends Schema.TaggedError<UnknownDelivery>()("UnknownDelivery", {
  delivery: Schema.String
}) {
  static of(id: string): UnknownDelivery {
    return new UnknownDelivery({ delivery: quotable(id) })
  }
  get field(): string {
    return "delivery"
  }
  override get message(): string {
    return `the subscription has no delivery ${JSON.stringify(this.delivery)}; list its deliveries, or replay everything since a time`
  }
}

/** Events are sent to public HTTPS addresses only, so that nobody looks into our network through us. */
export class AddressNotAllowed extends Schema.TaggedError<AddressNotAllowed>()("AddressNotAllowed", {
  problem: Schema.String
}) {
  get field(): string {
    return "url"
  }
  override get message(): string {
    return `url ${this.problem}`
  }
}

export class AlreadySubscribed extends Schema.TaggedError<AlreadySubscribed>()("AlreadySubscribed", {
  subscription: Schema.String
}) {
  get field(): string {
    return "url"
  }
  override get message(): string {
    return `you subscribed this address before, as ${this.subscription}; rotate its secret if you lost it, or remove it first`
  }
}

export class TooManySubscriptions extends Schema.TaggedError<TooManySubscriptions>()("TooManySubscriptions", {
  most: Schema.Int
}) {
  get field(): string {
    return "url"
  }
  override get message(): string {
    return `you have ${this.most} subscriptions, and may not have more; remove one that you do not need`
  }
}

export class SubscriptionDisabled extends Schema.TaggedError<SubscriptionDisabled>()("SubscriptionDisabled", {
  subscription: Schema.String,
  reason: DisabledReason
}) {
  get field(): string {
    return "subscription"
  }
  override get message(): string {
    return `nothing is sent to a subscription that is disabled (${this.reason}); enable it, then replay`
  }
}

/** The operator gave this server no key to keep signing secrets under. */
export class SecretsNotKept extends Schema.TaggedError<SecretsNotKept>()("SecretsNotKept", {}) {
  override get message(): string {
    return "this server can keep no signing secret yet; its operator sets EVENT_SECRETS_KEY"
  }
}
