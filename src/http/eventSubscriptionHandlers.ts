import { Duration, Effect, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { EventSubscriptions, type WithSecret } from "../kernel/events/EventSubscriptions.ts"
import { Api } from "./api/Api.ts"
import { CurrentPrincipal } from "./authorization.ts"
import { pageOf, positionOf, sizeOf } from "./paging.ts"
import { adviseOnLedger } from "./refusals.ts"

/** The one time that a secret leaves the house. */
const shown = ({ subscription, secret }: WithSecret) => ({ ...subscription, secret: Redacted.value(secret) })

/** Each endpoint hands over to one method of the kernel's service. */
export const eventSubscriptionHandlers = HttpApiBuilder.group(
  Api,
  "eventSubscriptions",
  Effect.fn(function* (handlers) {
    const subscriptions = yield* EventSubscriptions
    return handlers.handleAll({
      create: Effect.fnUntraced(function* ({ payload }) {
        return shown(yield* subscriptions.create(yield* CurrentPrincipal, payload))
      }, adviseOnLedger("changeSubscription")),

      list: Effect.fnUntraced(function* () {
        return { subscriptions: yield* subscriptions.list(yield* CurrentPrincipal) }
      }, adviseOnLedger("readSubscription")),

      get: Effect.fnUntraced(function* ({ params }) {
        return yield* subscriptions.get(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("readSubscription")),

      remove: Effect.fnUntraced(function* ({ params }) {
        return yield* subscriptions.remove(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("changeSubscription")),

      rotate: Effect.fnUntraced(function* ({ params, payload }) {
        const { overlapSeconds } = payload ?? {}
        const overlap = overlapSeconds === undefined ? undefined : Duration.seconds(overlapSeconds)
        return shown(yield* subscriptions.rotateSecret(yield* CurrentPrincipal, params.id, overlap))
      }, adviseOnLedger("changeSubscription")),

      disable: Effect.fnUntraced(function* ({ params }) {
        return yield* subscriptions.disable(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("changeSubscription")),

      enable: Effect.fnUntraced(function* ({ params }) {
        return yield* subscriptions.enable(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("changeSubscription")),

      deliveries: Effect.fnUntraced(function* ({ params, query }) {
        const size = yield* sizeOf(query.first)
        const found = yield* subscriptions.deliveries(yield* CurrentPrincipal, params.id, {
          size,
          from: "start",
          after: yield* positionOf(query.after),
          undelivered: query.undelivered === "true"
        })
        const { rows, next } = pageOf(found, size, ({ event }) => event.slice("evt_".length))
        return { deliveries: rows, next }
      }, adviseOnLedger("readSubscription")),

      replayDelivery: Effect.fnUntraced(function* ({ params }) {
        return yield* subscriptions.replayDelivery(yield* CurrentPrincipal, params.id, params.delivery)
      }, adviseOnLedger("changeSubscription")),

      replay: Effect.fnUntraced(function* ({ params, payload: { since, onlyUndelivered } }) {
        const by = yield* CurrentPrincipal
        return yield* subscriptions.replaySince(by, params.id, since, onlyUndelivered ?? false)
      }, adviseOnLedger("changeSubscription"))
    })
  })
)
