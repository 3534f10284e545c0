import { Context, type DateTime, type Duration, type Effect } from "effect"
import type { KeyId } from "../access/Caller.ts"
import type { BrandId, EntityId, Principal } from "../ids.ts"
import type { EventType } from "../Outbox.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { DisabledReason, EventDelivery, EventSubscription, SubscriptionId } from "./EventSubscription.ts"

/** A subscription to be written. */
export interface NewSubscription {
  readonly id: SubscriptionId
  readonly by: Principal
  readonly url: string
  readonly eventTypes?: ReadonlyArray<EventType>
  readonly entity?: EntityId
  readonly brand?: BrandId
  readonly sealed: string
  readonly byKey?: KeyId
}

export type Subscribing =
  | { readonly _tag: "Created"; readonly subscription: EventSubscription }
  | { readonly _tag: "AlreadySubscribed"; readonly subscription: SubscriptionId }
  | { readonly _tag: "TooMany" }

/** Which of an app's own things is meant. Undefined is answered when the app has no such subscription. */
export interface Own {
  readonly by: Principal
  readonly subscription: SubscriptionId
}

export interface Disabled {
  readonly _tag: "Disabled"
  readonly reason: DisabledReason
}

/** A part of the list of deliveries, which has the newest event first; positions are numbers of events. */
export interface DeliverySlice {
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: string | undefined
  readonly before?: string | undefined
  /** Only those that were not received. */
  readonly undelivered: boolean
}

type Kept<A> = Effect.Effect<A, LedgerUnavailable>

/** The port to what apps subscribed. Each method is one statement and one commit. */
export class EventSubscriptionStore extends Context.Service<
  EventSubscriptionStore,
  {
    readonly create: (subscription: NewSubscription, most: number) => Kept<Subscribing>
    /** Those of one app, the newest first. */
    readonly list: (by: Principal) => Kept<ReadonlyArray<EventSubscription>>
    readonly get: (own: Own) => Kept<EventSubscription | undefined>
    readonly rotate: (
      own: Own,
      sealed: string,
      overlap: Duration.Duration
    ) => Kept<EventSubscription | undefined>
    readonly setState: (
      own: Own & { readonly byKey?: KeyId },
      to: "active" | "disabled"
    ) => Kept<EventSubscription | undefined>
    /** Whether there was one to remove. Its secrets are deleted. */
    readonly remove: (own: Own) => Kept<boolean>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly deliveries: (own: Own, slice: DeliverySlice) => Kept<ReadonlyArray<EventDelivery> | undefined>
    readonly replayDelivery: (
      own: Own,
      event: string
    ) => Kept<
      | { readonly _tag: "Replaying"; readonly delivery: EventDelivery }
      | { readonly _tag: "NoSuchDelivery" }
      | Disabled
      | undefined
    >
    readonly replaySince: (
      own: Own,
      since: DateTime.Utc,
      undelivered: boolean
    ) => Kept<{ readonly _tag: "Replaying"; readonly subscription: EventSubscription } | Disabled | undefined>
  }
>()("payment-orchestration/kernel/events/EventSubscriptionStore") {}
