// An app that listens at a real receiver.
import { Effect, Predicate } from "effect"
import { EventSubscriptions } from "../../../src/kernel/events/EventSubscriptions.ts"
import { openReceiver, type Received } from "../../layers/webhooks/receiver.ts"
import * as w from "../../suites/world.ts"
import { newApp, subscribe } from "./support.ts"

export const idOf = ({ headers }: Received) => headers["webhook-id"]
export const sessionIn = ({ body }: Received): unknown => {
  const message: unknown = JSON.parse(body)
  return Predicate.hasProperty(message, "data") && Predicate.hasProperty(message.data, "session")
    ? message.data.session
    : undefined
}

/** A receiver with an app that subscribed it, to a company of its own unless something else is said. */
export const listening = Effect.fnUntraced(function* (wanted?: Parameters<typeof subscribe>[2]) {
  const receiver = yield* openReceiver()
  const app = yield* newApp
  const world = yield* w.newWorld
  const subscriptions = yield* EventSubscriptions
  const subscription = yield* Effect.acquireRelease(
    subscribe(app, receiver.url, wanted ?? { entity: world.entity.id }),
    ({ id }) => Effect.ignore(subscriptions.remove(app, id))
  )
  return { receiver, app, world, ...subscription }
})
