import { DateTime, Duration, Effect, Option, Redacted } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import * as Refusals from "../kernel/events/eventRefusals.ts"
import type {
  EventDelivery as KernelDelivery,
  EventSubscription as KernelSubscription
} from "../kernel/events/EventSubscription.ts"
import { EventSubscriptions, type WithSecret } from "../kernel/events/EventSubscriptions.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { BrandNotOfEntity, InvalidInput, UnknownBrand, UnknownEntity } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { plainId } from "./plainId.ts"
import { EventDelivery, EventSubscription } from "./refs.ts"

const secretWords = "Verifies what you are sent. It is shown this once; keep it, or rotate it."

const payloadWithSecret = (name: string) =>
  builder.objectRef<WithSecret>(name).implement({
    fields: (t) => ({
      subscription: t.expose("subscription", { type: EventSubscription }),
      secret: t.string({ description: secretWords, resolve: ({ secret }) => Redacted.value(secret) })
    })
  })

const payloadWithSubscription = (name: string) =>
  builder.objectRef<{ readonly subscription: KernelSubscription }>(name).implement({
    fields: (t) => ({ subscription: t.expose("subscription", { type: EventSubscription }) })
  })

const CreatePayload = payloadWithSecret("CreateEventSubscriptionPayload")
const RotatePayload = payloadWithSecret("RotateEventSubscriptionSecretPayload")
const DisablePayload = payloadWithSubscription("DisableEventSubscriptionPayload")
const EnablePayload = payloadWithSubscription("EnableEventSubscriptionPayload")
const ReplayPayload = payloadWithSubscription("ReplayEventsPayload")
const RemovePayload = builder
  .objectRef<{ readonly id: string }>("RemoveEventSubscriptionPayload")
  .implement({ fields: (t) => ({ subscriptionId: t.exposeString("id") }) })
const ReplayDeliveryPayload = builder
  .objectRef<{ readonly delivery: KernelDelivery }>("ReplayEventDeliveryPayload")
  .implement({ fields: (t) => ({ delivery: t.expose("delivery", { type: EventDelivery }) }) })

/** Does something with the service in the name of whoever asks. */
const change = <A, E>(
  { principal, run }: GraphqlContext,
  does: (
    subscriptions: EventSubscriptions["Service"],
    by: GraphqlContext["principal"]
  ) => Effect.Effect<A, E | LedgerUnavailable>
) =>
  run(
    EventSubscriptions.pipe(
      Effect.flatMap((subscriptions) => does(subscriptions, principal)),
      adviseOnLedger("changeSubscription")
    )
  )

const ofOne = [Refusals.UnknownSubscription, LedgerDidNotAnswer]
const idWords = "`es_...`"

builder.mutationFields((t) => ({
  createEventSubscription: t.field({
    type: CreatePayload,
    description:
      "Subscribes an address to events: you are told of what happens from then on. One address is subscribed once.",
    args: {
      url: t.arg.string({
        required: true,
        description: "HTTPS, on the public internet, with a certificate that is trusted."
      }),
      eventTypes: t.arg.stringList({ description: "Which types; all of them when nothing is said." }),
      entity: t.arg.id({ description: "Only events of this company." }),
      brand: t.arg.id({ description: "Only events of this brand." })
    },
    errors: {
      types: [
        InvalidInput,
        UnknownEntity,
        UnknownBrand,
        BrandNotOfEntity,
        Refusals.AddressNotAllowed,
        Refusals.AlreadySubscribed,
        Refusals.TooManySubscriptions,
        Refusals.SecretsNotKept,
        LedgerDidNotAnswer
      ],
      union: { name: "CreateEventSubscriptionResult" }
    },
    resolve: (_root, { url, eventTypes, entity, brand }, context) =>
      change(context, ({ create }, by) =>
        create(by, {
          url,
          eventTypes: eventTypes ?? undefined,
          entity: typeof entity === "string" ? plainId("Entity", entity) : undefined,
          brand: brand ?? undefined
        })
      )
  }),

  rotateEventSubscriptionSecret: t.field({
    type: RotatePayload,
    description: "Exchanges the secret: for the overlap every event is signed with both.",
    args: {
      subscription: t.arg.id({ required: true, description: idWords }),
      overlapSeconds: t.arg({
        type: "WholeNumber",
        description: "How long the secret of before signs as well: 0 to 604800, a day when nothing is said."
      })
    },
    errors: {
      types: [InvalidInput, Refusals.SecretsNotKept, ...ofOne],
      union: { name: "RotateEventSubscriptionSecretResult" }
    },
    resolve: (_root, { subscription, overlapSeconds }, context) =>
      change(context, ({ rotateSecret }, by) =>
        rotateSecret(
          by,
          subscription,
          typeof overlapSeconds === "number" ? Duration.seconds(overlapSeconds) : undefined
        )
      )
  }),

  disableEventSubscription: t.field({
    type: DisablePayload,
    description: "Nothing is sent until it is enabled again. Twice is once.",
    args: { subscription: t.arg.id({ required: true, description: idWords }) },
    errors: { types: ofOne, union: { name: "DisableEventSubscriptionResult" } },
    resolve: async (_root, { subscription }, context) => ({
      subscription: await change(context, ({ disable }, by) => disable(by, subscription))
    })
  }),

  enableEventSubscription: t.field({
    type: EnablePayload,
    description:
      "What was on its way goes on; what happened while it was disabled comes by a replay. It hangs on your key from then on: it ends with that one, and no longer with another. Twice is once.",
    args: { subscription: t.arg.id({ required: true, description: idWords }) },
    errors: { types: ofOne, union: { name: "EnableEventSubscriptionResult" } },
    resolve: async (_root, { subscription }, context) => ({
      subscription: await change(context, ({ enable }, by) => enable(by, subscription))
    })
  }),

  removeEventSubscription: t.field({
    type: RemovePayload,
    description: "Nothing is sent to it any more, and its secrets are deleted. It does not come back.",
    args: { subscription: t.arg.id({ required: true, description: idWords }) },
    errors: { types: ofOne, union: { name: "RemoveEventSubscriptionResult" } },
    resolve: async (_root, { subscription: id }, context) => {
      await change(context, ({ remove }, by) => remove(by, id))
      return { id }
    }
  }),

  replayEventDelivery: t.field({
    type: ReplayDeliveryPayload,
    description: "Sends one event once more, whatever became of it, under the same `webhook-id`.",
    args: {
      subscription: t.arg.id({ required: true, description: idWords }),
      delivery: t.arg.id({ required: true, description: "`ed_...`" })
    },
    errors: {
      types: [Refusals.UnknownDelivery, Refusals.SubscriptionDisabled, ...ofOne],
      union: { name: "ReplayEventDeliveryResult" }
    },
    resolve: async (_root, { subscription, delivery }, context) => ({
      delivery: await change(context, ({ replayDelivery }, by) => replayDelivery(by, subscription, delivery))
    })
  }),

  replayEvents: t.field({
    type: ReplayPayload,
    description:
      "Sends everything since a time once more, also what happened while the subscription was disabled. It is worked off in the background.",
    args: {
      subscription: t.arg.id({ required: true, description: idWords }),
      since: t.arg.string({ required: true, description: "ISO 8601: `2026-11-20T10:00:00Z`." }),
      onlyUndelivered: t.arg.boolean({ description: "Leave out what was received." })
    },
    errors: {
      types: [InvalidInput, Refusals.SubscriptionDisabled, ...ofOne],
      union: { name: "ReplayEventsResult" }
    },
    resolve: async (_root, { subscription, since, onlyUndelivered }, context) => {
      const from = DateTime.make(since)
      if (Option.isNone(from)) {
        throw new InvalidInput({ field: "since", problem: "is no time; write it like 2026-11-20T10:00:00Z" })
      }
      return {
        subscription: await change(context, ({ replaySince }, by) =>
          replaySince(by, subscription, from.value, onlyUndelivered === true)
        )
      }
    }
  })
}))
