import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { EventDelivery, EventSubscription } from "../../kernel/events/EventSubscription.ts"

const text = (description: string) => Schema.String.annotate({ description })

/** What an app asks for. Only its shape is judged here; its values are the kernel's to judge. */
export const SubscriptionAsked = Schema.Struct({
  url: text("Where events are sent: HTTPS, on the public internet, with a certificate that is trusted."),
  eventTypes: Schema.optionalKey(
    Schema.Array(Schema.String).annotate({
      description: "Which types; all of them, those of later versions included, when it is left out."
    })
  ),
  entity: Schema.optionalKey(text("Only events of this company.")),
  brand: Schema.optionalKey(text("Only events of this brand."))
}).annotate({
  identifier: "EventSubscriptionConfig",
  examples: [{ url: "https://shop.example/events", eventTypes: ["payment.charged.v1"], entity: "loop_goods" }]
})

export const RotationAsked = Schema.Struct({
  overlapSeconds: Schema.optionalKey(
    Schema.Finite.annotate({
      description:
        "How long the secret of before signs as well: 0 to 604800 seconds, a day when it is left out."
    })
  )
}).annotate({ identifier: "SecretRotation", examples: [{ overlapSeconds: 3600 }] })

export const ReplayAsked = Schema.Struct({
  since: Schema.DateTimeUtcFromString.annotate({ description: "ISO 8601: `2026-11-20T10:00:00Z`." }),
  onlyUndelivered: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "Leave out what was received; false when it is left out." })
  )
}).annotate({ identifier: "Replay" })

export const SubscriptionAnswer = Schema.Struct(EventSubscription.fields).annotate({
  identifier: "EventSubscription",
  description:
    "`failingSince`: since when there were nothing but failures. `disabledReason`: `by_owner`, `failing` (five days of nothing but failures), `gone` (the endpoint answered 410) or `key_over` (`key`, the one that made it or enabled it last, was revoked, or ended and none came in its place: another key of yours enables it)."
})

const shownOnce = {
  ...EventSubscription.fields,
  secret: text("Verifies what you are sent. It is shown this once; keep it, or rotate it.")
}

export const SubscriptionCreated = Schema.Struct(shownOnce)
  .annotate({ identifier: "EventSubscriptionCreated" })
  .pipe(HttpApiSchema.status(201))

export const SecretRotated = Schema.Struct(shownOnce).annotate({ identifier: "EventSecretRotated" })

export const SubscriptionList = Schema.Struct({ subscriptions: Schema.Array(SubscriptionAnswer) }).annotate({
  identifier: "EventSubscriptions"
})

export const DeliveryAnswer = Schema.Struct(EventDelivery.fields).annotate({
  identifier: "EventDelivery",
  description:
    "`lastAnswer` is the beginning of the last answer, or why there was none. `exhausted`: every try failed; replay it."
})

export const DeliveryPage = Schema.Struct({
  deliveries: Schema.Array(DeliveryAnswer),
  next: Schema.NullOr(Schema.String).annotate({
    description: "Ask for the next page with `after=` this; null when this is the last one."
  })
}).annotate({ identifier: "EventDeliveries" })
