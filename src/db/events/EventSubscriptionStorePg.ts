import { DateTime, Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import {
  DisabledReason,
  EventDelivery,
  EventSubscription,
  SubscriptionId
} from "../../kernel/events/EventSubscription.ts"
import { EventSubscriptionStore } from "../../kernel/events/EventSubscriptionStore.ts"
import { step } from "../steps.ts"

const Disabled = Schema.TaggedStruct("Disabled", { reason: DisabledReason })

const Subscribing = Schema.Union([
  Schema.TaggedStruct("Created", { subscription: EventSubscription }),
  Schema.TaggedStruct("AlreadySubscribed", { subscription: SubscriptionId }),
  Schema.TaggedStruct("TooMany", {})
])

const ReplayingOne = Schema.Union([
  Schema.TaggedStruct("Replaying", { delivery: EventDelivery }),
  Schema.TaggedStruct("NoSuchDelivery", {}),
  Disabled
])

const ReplayingAll = Schema.Union([
  Schema.TaggedStruct("Replaying", { subscription: EventSubscription }),
  Disabled
])

const orUndefined = <A>(found: A | null): A | undefined => found ?? undefined

/** What apps subscribed, in PostgreSQL. */
export const layer: Layer.Layer<EventSubscriptionStore, never, SqlClient.SqlClient> = Layer.effect(
  EventSubscriptionStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const createStep = step(sql, "create_subscription", Subscribing)
    const readStep = step(sql, "read_subscriptions", Schema.Array(EventSubscription))
    const rotateStep = step(sql, "rotate_secret", Schema.NullOr(EventSubscription))
    const stateStep = step(sql, "set_subscription_state", Schema.NullOr(EventSubscription))
    const removeStep = step(sql, "set_subscription_state", Schema.Unknown)
    const deliveriesStep = step(sql, "read_deliveries", Schema.NullOr(Schema.Array(EventDelivery)))
    const replayDeliveryStep = step(sql, "replay_delivery", Schema.NullOr(ReplayingOne))
    const replaySinceStep = step(sql, "replay_since", Schema.NullOr(ReplayingAll))

    return EventSubscriptionStore.of({
      create: Effect.fn("EventSubscriptionStore.create")((subscription, most) =>
        createStep({ ...subscription, most })
      ),
      list: Effect.fn("EventSubscriptionStore.list")((by) => readStep({ by })),
      get: Effect.fn("EventSubscriptionStore.get")((own) =>
        Effect.map(readStep(own), ([subscription]) => subscription)
      ),
      rotate: Effect.fn("EventSubscriptionStore.rotate")((own, sealed, overlap) =>
        Effect.map(rotateStep({ ...own, sealed, overlapMs: Duration.toMillis(overlap) }), orUndefined)
      ),
      setState: Effect.fn("EventSubscriptionStore.setState")((own, to) =>
        Effect.map(stateStep({ ...own, to }), orUndefined)
      ),
      remove: Effect.fn("EventSubscriptionStore.remove")((own) =>
        Effect.map(removeStep({ ...own, to: "removed" }), (removed) => removed !== null)
      ),
      deliveries: Effect.fn("EventSubscriptionStore.deliveries")((own, slice) =>
        Effect.map(deliveriesStep({ ...own, ...slice }), orUndefined)
      ),
      replayDelivery: Effect.fn("EventSubscriptionStore.replayDelivery")((own, event) =>
        Effect.map(replayDeliveryStep({ ...own, event }), orUndefined)
      ),
      replaySince: Effect.fn("EventSubscriptionStore.replaySince")((own, since, undelivered) =>
        Effect.map(replaySinceStep({ ...own, since: DateTime.formatIso(since), undelivered }), orUndefined)
      )
    })
  })
)
