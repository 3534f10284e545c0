import * as Refusals from "../kernel/events/eventRefusals.ts"
import { builder } from "./builder.ts"
import { DisabledReason } from "./enums.ts"
import { Refusal } from "./Refusal.ts"

// Why nothing was subscribed, changed or replayed.

builder.objectType(Refusals.UnknownSubscription, {
  name: "UnknownSubscription",
  description: "The app has no such subscription.",
  interfaces: [Refusal],
  fields: (t) => ({ subscriptionId: t.exposeString("subscription") })
})

builder.objectType(Refusals.UnknownDelivery, {
  name: "UnknownDelivery",
  interfaces: [Refusal],
  fields: (t) => ({ deliveryId: t.exposeString("delivery") })
})

builder.objectType(Refusals.AddressNotAllowed, {
  name: "AddressNotAllowed",
  description: "Events are sent to public HTTPS addresses only.",
  interfaces: [Refusal],
  fields: (t) => ({ problem: t.exposeString("problem") })
})

builder.objectType(Refusals.AlreadySubscribed, {
  name: "AlreadySubscribed",
  interfaces: [Refusal],
  fields: (t) => ({
    subscriptionId: t.exposeString("subscription", { description: "The one that has the address." })
  })
})

builder.objectType(Refusals.TooManySubscriptions, {
  name: "TooManySubscriptions",
  interfaces: [Refusal],
  fields: (t) => ({ most: t.exposeInt("most") })
})

builder.objectType(Refusals.SubscriptionDisabled, {
  name: "SubscriptionDisabled",
  interfaces: [Refusal],
  fields: (t) => ({
    subscriptionId: t.exposeString("subscription"),
    reason: t.expose("reason", { type: DisabledReason })
  })
})

builder.objectType(Refusals.SecretsNotKept, {
  name: "SecretsNotKept",
  description: "The operator gave this server no key to keep signing secrets under.",
  interfaces: [Refusal]
})
