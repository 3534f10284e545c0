import { Effect } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import {
  EventDelivery as KernelDelivery,
  EventSubscription as KernelSubscription
} from "../kernel/events/EventSubscription.ts"
import { EventSubscriptions } from "../kernel/events/EventSubscriptions.ts"
import { builder } from "./builder.ts"
import { DeliveryState, DisabledReason, SubscriptionState } from "./enums.ts"
import { connectionOf, connectionOver, sliceOf } from "./pages.ts"
import {
  EventDelivery,
  EventDeliveryConnection,
  EventSubscription,
  EventSubscriptionConnection
} from "./refs.ts"

builder.objectType(EventDelivery, {
  description: "One event on its way to one subscription.",
  isTypeOf: (value) => value instanceof KernelDelivery,
  fields: (t) => ({
    deliveryId: t.exposeString("id", { description: "The plain id: `ed_...`." }),
    eventId: t.exposeString("event", { description: "Also the `webhook-id` of every try." }),
    type: t.exposeString("type", { description: "`payment.charged.v1`." }),
    sessionId: t.exposeString("session", { description: "The session that it is about." }),
    occurredAt: t.expose("occurredAt", { type: "DateTime" }),
    state: t.expose("state", { type: DeliveryState }),
    tries: t.exposeInt("tries", { description: "How often it was tried, replays included." }),
    lastTryAt: t.expose("lastTryAt", { type: "DateTime", nullable: true }),
    lastStatus: t.exposeInt("lastStatus", {
      nullable: true,
      description: "The HTTP status of the last try; null when there was no answer."
    }),
    lastAnswer: t.exposeString("lastAnswer", {
      nullable: true,
      description: "The beginning of the last answer, or why there was none."
    }),
    nextTryAt: t.expose("nextTryAt", { type: "DateTime", nullable: true }),
    deliveredAt: t.expose("deliveredAt", { type: "DateTime", nullable: true })
  })
})

builder.objectType(EventSubscription, {
  description: "An app's wish to be told of events. Each app sees its own only.",
  isTypeOf: (value) => value instanceof KernelSubscription,
  fields: (t) => ({
    subscriptionId: t.exposeString("id", { description: "The plain id: `es_...`." }),
    url: t.exposeString("url", { description: "Where events are sent." }),
    eventTypes: t.exposeStringList("eventTypes", {
      nullable: true,
      description: "Null: every type, those of later versions included."
    }),
    entityId: t.exposeString("entity", { nullable: true, description: "Only events of this company." }),
    brandId: t.exposeString("brand", { nullable: true, description: "Only events of this brand." }),
    keyId: t.exposeString("key", {
      nullable: true,
      description: "The key that it hangs on: the one that made it, or the last that enabled it."
    }),
    state: t.expose("state", { type: SubscriptionState }),
    disabledReason: t.expose("disabledReason", { type: DisabledReason, nullable: true }),
    disabledAt: t.expose("disabledAt", { type: "DateTime", nullable: true }),
    failingSince: t.expose("failingSince", {
      type: "DateTime",
      nullable: true,
      description: "Since when there were nothing but failures."
    }),
    replayingSince: t.expose("replayingSince", {
      type: "DateTime",
      nullable: true,
      description: "A replay of everything since then is still being worked off."
    }),
    previousSecretUntil: t.expose("previousSecretUntil", {
      type: "DateTime",
      nullable: true,
      description: "Until when the secret before the current one signs as well."
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    deliveries: t.connection(
      {
        type: EventDelivery,
        description: "What it was told and is to be told, the newest event first.",
        args: { undelivered: t.arg.boolean({ description: "Only what was not received." }) },
        resolve: async ({ id }, { undelivered, ...page }, { principal, run }) => {
          const slice = sliceOf("delivery", page)
          const { size, from, after, before } = slice
          const asked = {
            size,
            from,
            after: after?.major,
            before: before?.major,
            undelivered: undelivered === true
          }
          const found = await run(
            EventSubscriptions.pipe(
              Effect.flatMap(({ deliveries }) => deliveries(principal, id, asked)),
              adviseOnLedger("readSubscription")
            )
          )
          const rows = found.map((node) => ({
            node,
            position: { major: node.event.slice("evt_".length), id: node.id }
          }))
          return connectionOf("delivery", pageOf(slice, rows))
        }
      },
      EventDeliveryConnection
    )
  })
})

builder.queryFields((t) => ({
  eventSubscriptions: t.connection(
    {
      type: EventSubscription,
      description: "Your subscriptions to events, by id: the oldest first.",
      resolve: async (_root, page, { principal, run }) =>
        connectionOver(
          "subscription",
          await run(
            EventSubscriptions.pipe(
              Effect.flatMap(({ list }) => list(principal)),
              adviseOnLedger("readSubscription")
            )
          ),
          page
        )
    },
    EventSubscriptionConnection
  ),
  eventSubscription: t.field({
    type: EventSubscription,
    nullable: true,
    description: "One of your subscriptions; null when you have no such subscription.",
    args: { id: t.arg.id({ required: true, description: "`es_...`" }) },
    resolve: (_root, { id }, { principal, run }) =>
      run(
        EventSubscriptions.pipe(
          Effect.flatMap(({ get }) => get(principal, id)),
          Effect.catchTag("UnknownSubscription", () => Effect.succeed(undefined)),
          adviseOnLedger("readSubscription")
        )
      )
  })
}))
