import { Schema } from "effect"
import { KeyId } from "../access/Caller.ts"
import { BrandId, EntityId, SessionId } from "../ids.ts"

/** One subscription of one app: `es_` and a ULID. */
export const SubscriptionId = Schema.String.check(Schema.isPattern(/^es_[0-9A-HJKMNP-TV-Z]{26}$/)).pipe(
  Schema.brand("SubscriptionId")
)
export type SubscriptionId = typeof SubscriptionId.Type

export const SubscriptionState = Schema.Literals(["active", "disabled"])
export type SubscriptionState = typeof SubscriptionState.Type

/** `failing`: nothing but failures for days. `gone`: it answered 410. `key_over`: so is the key that it hangs on. */
export const DisabledReason = Schema.Literals(["by_owner", "failing", "gone", "key_over"])
export type DisabledReason = typeof DisabledReason.Type

/** An app's wish to be told of events at an address of its own. Its signing secret is no part of it. */
export class EventSubscription extends Schema.Class<EventSubscription>("EventSubscription")({
  id: SubscriptionId,
  url: Schema.String,
  /** Left out: every type, those of later versions included. */
  eventTypes: Schema.optionalKey(Schema.Array(Schema.String)),
  entity: Schema.optionalKey(EntityId),
  brand: Schema.optionalKey(BrandId),
  /** The key that it hangs on: it ends with that one, unless another one enables it. */
  key: Schema.optionalKey(KeyId),
  state: SubscriptionState,
  disabledReason: Schema.optionalKey(DisabledReason),
  disabledAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** Since when there were nothing but failures. */
  failingSince: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** A replay of everything since then is still being worked off. */
  replayingSince: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** Until when the secret before the current one signs as well. */
  previousSecretUntil: Schema.optionalKey(Schema.DateTimeUtcFromString),
  createdAt: Schema.DateTimeUtcFromString
}) {}

/** `exhausted`: every try of the schedule failed; it is made again only when it is replayed. */
export const DeliveryState = Schema.Literals(["pending", "delivered", "exhausted"])
export type DeliveryState = typeof DeliveryState.Type

/** One event on its way to one subscription. */
export class EventDelivery extends Schema.Class<EventDelivery>("EventDelivery")({
  id: Schema.String,
  subscription: SubscriptionId,
  /** The event's id, which is also the `webhook-id` of every try. */
  event: Schema.String,
  type: Schema.String,
  session: SessionId,
  occurredAt: Schema.DateTimeUtcFromString,
  state: DeliveryState,
  /** How often it was tried, replays included. */
  tries: Schema.Int,
  lastTryAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** The HTTP status of the last try; absent when there was no answer. */
  lastStatus: Schema.optionalKey(Schema.Int),
  /** The beginning of the last answer, or why there was none. */
  lastAnswer: Schema.optionalKey(Schema.String),
  nextTryAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  deliveredAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}) {}
