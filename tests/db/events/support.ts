import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Logger, Redacted, References } from "effect"
import * as EventDeliveriesPg from "../../../src/db/events/EventDeliveriesPg.ts"
import * as EventSubscriptionStorePg from "../../../src/db/events/EventSubscriptionStorePg.ts"
import { EventDeliveries } from "../../../src/kernel/events/EventDeliveries.ts"
import { EventDispatcher, type Lane } from "../../../src/kernel/events/EventDispatcher.ts"
import type { EventDelivery, EventSubscription } from "../../../src/kernel/events/EventSubscription.ts"
import { EventSubscriptions } from "../../../src/kernel/events/EventSubscriptions.ts"
import { Principal, type SessionId } from "../../../src/kernel/ids.ts"
import { Resolver } from "../../../src/layers/webhooks/Resolver.ts"
import * as SealedSecrets from "../../../src/layers/webhooks/SealedSecrets.ts"
import * as WebhookSender from "../../../src/layers/webhooks/WebhookSender.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"

// Events on their way out of a real database to real receivers, with workers that a test has in its hand.

/** Everything that was logged since the file began. */
export const logged: Array<string> = []
const capture = Logger.make(({ message, cause, fiber }) => {
  logged.push(
    [message, cause, JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))].map(String).join(" ")
  )
})

const resolver = Layer.succeed(Resolver, { resolve: () => Effect.succeed(["93.184.216.34"]) })

const outside = Layer.mergeAll(
  SealedSecrets.layer({
    eventSecretsKey: Redacted.make(Buffer.from("k".repeat(32)).toString("base64")),
    loopbackOnly: false
  }),
  WebhookSender.layer({ loopbackToo: true, deadline: Duration.seconds(15) }).pipe(Layer.provide(resolver))
)

/** The whole way of an event, over a database of its own. */
export const eventsOut = Layer.mergeAll(EventSubscriptions.layer, EventDispatcher.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(EventSubscriptionStorePg.layer, EventDeliveriesPg.layer, outside)),
  Layer.provideMerge(pgStorage),
  Layer.provide(NodeCrypto.layer),
  Layer.provideMerge(Logger.layer([capture])),
  Layer.orDie
)

/** An app that nobody else is. */
export const newApp = Effect.sync(() => Principal.make(`app_${w.fresh()}`))

export const subscribe = Effect.fnUntraced(function* (
  by: Principal,
  url: string,
  wanted: {
    readonly eventTypes?: ReadonlyArray<string>
    readonly entity?: string
    readonly brand?: string
  } = {}
) {
  const { subscription, secret } = yield* (yield* EventSubscriptions).create(by, { url, ...wanted })
  return { id: subscription.id, secret: Redacted.value(secret) }
})

/** Sessions of one company that were declined in this order, each with one event. */
export const declined = Effect.fnUntraced(function* (count: number, world?: w.World) {
  const there = world ?? (yield* w.newWorld)
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    Effect.gen(function* () {
      const { session, permit } = yield* w.charging(there)
      yield* w.record(permit, w.declined())
      return session
    })
  )
})

/** One pass of one worker: what is due is claimed and made, all of it at once. Answers how much it was. */
export const pass = Effect.fnUntraced(function* (lane: Lane = "healthy", room = 100) {
  const { claim, prepare } = yield* EventDispatcher
  yield* prepare.pipe(Effect.repeat({ while: (more) => more }))
  const due = yield* claim(lane, room)
  yield* Effect.all(due, { concurrency: "unbounded", discard: true })
  return due.length
})

/** Passes of one worker in both lanes until nothing is due. */
export const deliverAll = Effect.gen(function* () {
  while ((yield* pass("healthy")) + (yield* pass("failing")) > 0);
})

/** A worker that dies after each send: nothing of what it did is recorded. */
export const dyingPass = Effect.gen(function* () {
  const deliveries = yield* EventDeliveries
  const dying = yield* Layer.fresh(EventDispatcher.layer).pipe(
    Layer.provide(Layer.succeed(EventDeliveries, { ...deliveries, record: () => Effect.interrupt })),
    Layer.provide(outside.pipe(Layer.provide(NodeCrypto.layer))),
    Layer.build
  )
  return yield* Effect.provideService(pass(), EventDispatcher, Context.get(dying, EventDispatcher))
})

/** What only the owner of the database can see and do. */
export const asOwner = Effect.fnUntraced(function* (statement: string, ...values: ReadonlyArray<unknown>) {
  const owner = yield* Owner
  return yield* owner.unsafe<Readonly<Record<string, unknown>>>(statement, values)
})

/** Time passes for the deliveries of a subscription: leases are over, and what waits for its next try is due. */
export const due = (id: string) =>
  asOwner(
    `update event_deliveries set next_try_at = now(), claimed_until = case when claimed_until is not null then now() end
      where subscription_id = $1 and state = 'pending'`,
    id
  )

export const deliveriesOf = Effect.fnUntraced(function* (by: Principal, id: string) {
  const { deliveries } = yield* EventSubscriptions
  return yield* deliveries(by, id, { size: 100, from: "start", undelivered: false })
})

export const subscriptionOf = Effect.fnUntraced(function* (by: Principal, id: string) {
  const found: EventSubscription = yield* (yield* EventSubscriptions).get(by, id)
  return found
})

/** The sessions that deliveries are about, in the order of their events. */
export const sessionsOf = (deliveries: ReadonlyArray<EventDelivery>): ReadonlyArray<SessionId> =>
  deliveries.map(({ session }) => session).toReversed()

/** The one of its kind that has to be there. */
export const only = <A>(all: ReadonlyArray<A>): A => {
  const [one, ...others] = all
  if (one === undefined || others.length > 0) return assert.fail(`expected one, got ${all.length}`)
  return one
}
