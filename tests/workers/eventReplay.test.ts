// Subscriptions that fail, end, go on and replay, on a real database and to real receivers.
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { Webhook } from "standardwebhooks"
import { EventSubscriptions } from "../../src/kernel/events/EventSubscriptions.ts"
import { prepareDeliveries } from "../../src/workers/eventDispatch.ts"
import { idOf, listening, sessionIn } from "../db/events/listening.ts"
import {
  asOwner,
  declined,
  deliverAll,
  deliveriesOf,
  due,
  eventsOut,
  logged,
  pass,
  subscriptionOf
} from "../db/events/support.ts"

layer(eventsOut, { excludeTestServices: true, timeout: "60 seconds" })("events out", (it) => {
  it.effect("go on to a subscription that fails in its own lane, two at a time", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      receiver.answer((response) => response.writeHead(500).end())
      yield* declined(1, world)
      yield* pass("healthy")
      assert.isDefined((yield* subscriptionOf(app, id)).failingSince)
      yield* declined(5, world)
      assert.strictEqual(yield* pass("healthy"), 0)
      assert.strictEqual(yield* pass("failing"), 2)
      receiver.answer((response) => response.end())
      yield* pass("failing")
      assert.isUndefined((yield* subscriptionOf(app, id)).failingSince)
      yield* deliverAll
      const states = (yield* deliveriesOf(app, id)).map(({ state }) => state)
      assert.strictEqual(states.filter((state) => state === "delivered").length, 3)
    })
  )

  it.effect("end at once for an endpoint that answers 410, and its app sees why", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      receiver.answer((response) => response.writeHead(410).end())
      yield* declined(1, world)
      yield* deliverAll
      const subscription = yield* subscriptionOf(app, id)
      assert.deepInclude(subscription, { state: "disabled", disabledReason: "gone" })
      assert.isDefined(subscription.disabledAt)
      assert.isTrue(logged.some((line) => line.includes("a subscription was disabled") && line.includes(id)))
      yield* due(id)
      yield* declined(1, world)
      yield* deliverAll
      assert.strictEqual(receiver.received.length, 1)
      const audit = yield* asOwner(
        "select action, detail from audit where chain = $1 order by position desc limit 1",
        `subscription:${id}`
      )
      assert.deepInclude(audit[0], { action: "subscription.disabled" })
    })
  )

  it.effect(
    "end after five days of nothing but failures, and not before; silence in between begins anew",
    () =>
      Effect.gen(function* () {
        const { receiver, app, id, world } = yield* listening()
        receiver.answer((response) => response.writeHead(500).end())
        const failed = (since: string, last: string) =>
          asOwner(
            `update event_subscriptions set failing_since = now() - $2::interval, last_failure_at = now() - $3::interval
            where subscription_id = $1`,
            id,
            since,
            last
          )
        const fail = Effect.andThen(declined(1, world), pass("failing"))
        yield* declined(1, world)
        yield* deliverAll
        yield* failed("4 days 23 hours", "1 hour")
        yield* fail
        assert.strictEqual((yield* subscriptionOf(app, id)).state, "active")
        // Nothing was tried for three days: that is no row of failures.
        yield* failed("9 days", "3 days")
        yield* fail
        assert.strictEqual((yield* subscriptionOf(app, id)).state, "active")
        yield* failed("5 days 1 minute", "1 hour")
        yield* fail
        assert.deepInclude(yield* subscriptionOf(app, id), { state: "disabled", disabledReason: "failing" })
        assert.isTrue(
          logged.some(
            (line) =>
              line.includes("a subscription was disabled") && line.includes(id) && line.includes("failing")
          )
        )
      })
  )

  it.effect("go on after a subscription is enabled again; what happened meanwhile comes by a replay", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      const subscriptions = yield* EventSubscriptions
      const since = yield* DateTime.now
      const [waiting] = yield* declined(1, world)
      yield* prepareDeliveries
      yield* subscriptions.disable(app, id)
      const [meanwhile] = yield* declined(1, world)
      yield* deliverAll
      assert.strictEqual(receiver.received.length, 0)
      yield* subscriptions.enable(app, id)
      yield* deliverAll
      assert.deepStrictEqual(receiver.received.map(sessionIn), [waiting])
      yield* subscriptions.replaySince(app, id, DateTime.subtract(since, { minutes: 5 }), true)
      yield* deliverAll
      assert.deepStrictEqual(receiver.received.map(sessionIn), [waiting, meanwhile])
    })
  )

  it.effect("are made once more when one is replayed, under the same id, whatever became of it", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      yield* declined(2, world)
      yield* deliverAll
      const [, first] = yield* deliveriesOf(app, id)
      assert.isDefined(first)
      if (first === undefined) return
      const replaying = yield* (yield* EventSubscriptions).replayDelivery(app, id, first.id)
      assert.deepInclude(replaying, { id: first.id, state: "pending" })
      yield* deliverAll
      assert.deepStrictEqual(
        receiver.received.map(idOf).filter((event) => event === first.event),
        [first.event, first.event]
      )
      assert.strictEqual(receiver.received.length, 3)
      assert.deepInclude(
        (yield* deliveriesOf(app, id)).find((one) => one.id === first.id),
        { state: "delivered", tries: 2 }
      )
    })
  )

  it.effect("are made once more since a time, all of them or only those that were not received", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      const subscriptions = yield* EventSubscriptions
      const sessions = yield* declined(4, world)
      // The times of the first two lie back; a subscription is older than what it is told.
      yield* asOwner("alter table outbox disable trigger user")
      yield* asOwner("alter table event_subscriptions disable trigger user")
      yield* asOwner(
        "update outbox set occurred_at = now() - interval '2 hours' where session_id = any ($1::text[])",
        sessions.slice(0, 2)
      )
      yield* asOwner(
        "update event_subscriptions set created_at = now() - interval '1 day' where subscription_id = $1",
        id
      )
      yield* asOwner("alter table outbox enable trigger user")
      yield* asOwner("alter table event_subscriptions enable trigger user")
      receiver.answer((response, one) => response.writeHead(sessionIn(one) === sessions[3] ? 500 : 200).end())
      yield* deliverAll
      receiver.answer((response) => response.end())
      const told = (from: number) => receiver.received.slice(from).map(sessionIn).toSorted()
      const ago = (hours: number) => Effect.map(DateTime.now, (now) => DateTime.subtract(now, { hours }))

      assert.strictEqual(told(0).length, 4)
      const replaying = yield* subscriptions.replaySince(app, id, yield* ago(1), false)
      assert.isDefined(replaying.replayingSince)
      yield* deliverAll
      assert.deepStrictEqual(told(4), sessions.slice(2).toSorted())
      assert.isUndefined((yield* subscriptionOf(app, id)).replayingSince)

      yield* asOwner(
        "update event_deliveries set state = 'exhausted', delivered_at = null where subscription_id = $1 and event_nr = (select min(event_nr) from event_deliveries where subscription_id = $1)",
        id
      )
      yield* subscriptions.replaySince(app, id, yield* ago(3), true)
      yield* deliverAll
      assert.deepStrictEqual(told(6), [sessions[0]])
      yield* subscriptions.replaySince(app, id, yield* ago(3), false)
      yield* deliverAll
      assert.deepStrictEqual(told(7), sessions.toSorted())
    })
  )

  it.effect(
    "are signed with both secrets while one is exchanged for another, and then with the new one only",
    () =>
      Effect.gen(function* () {
        const { receiver, app, id, secret: before, world } = yield* listening()
        const { secret, subscription } = yield* rotated(app, id)
        assert.isDefined(subscription.previousSecretUntil)
        yield* declined(1, world)
        yield* deliverAll
        const [during] = receiver.received
        assert.isDefined(during)
        if (during === undefined) return
        for (const one of [before, secret]) new Webhook(one).verify(during.body, during.headers)
        yield* asOwner(
          "update event_secrets set expires_at = now() where subscription_id = $1 and expires_at is not null",
          id
        )
        yield* declined(1, world)
        yield* deliverAll
        const [, after] = receiver.received
        assert.isDefined(after)
        if (after === undefined) return
        new Webhook(secret).verify(after.body, after.headers)
        assert.throws(() => new Webhook(before).verify(after.body, after.headers))
        assert.isUndefined((yield* subscriptionOf(app, id)).previousSecretUntil)
      })
  )
})

const rotated = Effect.fnUntraced(function* (...[app, id]: Parameters<typeof subscriptionOf>) {
  const { secret, subscription } = yield* (yield* EventSubscriptions).rotateSecret(app, id)
  return { subscription, secret: Redacted.value(secret) }
})
