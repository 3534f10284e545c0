// Events out, on a real database and to real receivers: what is sent, how often, and what becomes of it.
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Predicate } from "effect"
import { Webhook } from "standardwebhooks"
import { retryDelays } from "../../src/kernel/events/retrySchedule.ts"
import { deliverIn, prepareDeliveries } from "../../src/workers/eventDispatch.ts"
import { idOf, listening, sessionIn } from "../db/events/listening.ts"
import {
  asOwner,
  declined,
  deliverAll,
  deliveriesOf,
  due,
  dyingPass,
  eventsOut,
  only,
  pass,
  sessionsOf
} from "../db/events/support.ts"
import type { Received } from "../layers/webhooks/receiver.ts"
import * as w from "../suites/world.ts"

layer(eventsOut, { excludeTestServices: true, timeout: "60 seconds" })("events out", (it) => {
  it.effect("are sent once each, signed so that the library of Standard Webhooks verifies them", () =>
    Effect.gen(function* () {
      const { receiver, app, id, secret, world } = yield* listening()
      const sessions = yield* declined(5, world)
      yield* deliverAll
      yield* deliverAll
      assert.deepStrictEqual(receiver.received.map(sessionIn).toSorted(), sessions.toSorted())
      for (const received of receiver.received) {
        const message = new Webhook(secret).verify(received.body, received.headers)
        assert.isTrue(Predicate.isObject(message))
        assert.deepStrictEqual(Object.keys(message ?? {}), ["id", "type", "timestamp", "data"])
        assert.isTrue(Predicate.hasProperty(message, "type") && message.type === "payment.declined.v1")
        assert.isTrue(Predicate.hasProperty(message, "id") && message.id === idOf(received))
      }
      const deliveries = yield* deliveriesOf(app, id)
      assert.deepStrictEqual(sessionsOf(deliveries), sessions)
      for (const one of deliveries) assert.deepInclude(one, { state: "delivered", tries: 1, lastStatus: 200 })
    })
  )

  it.effect("are claimed in the order in which things happened", () =>
    Effect.gen(function* () {
      const { receiver, world } = yield* listening()
      const sessions = yield* declined(6, world)
      // One at a time, so that the wire cannot change the order.
      while ((yield* pass("healthy", 1)) > 0);
      assert.deepStrictEqual(receiver.received.map(sessionIn), sessions)
    })
  )

  it.effect("that happened before somebody subscribed are not told him", () =>
    Effect.gen(function* () {
      const { world } = yield* listening()
      yield* declined(2, world)
      const { receiver } = yield* listening({ entity: world.entity.id })
      const [after] = yield* declined(1, world)
      yield* deliverAll
      assert.deepStrictEqual(receiver.received.map(sessionIn), [after])
    })
  )

  it.effect("are told only to those who want their type, company and brand", () =>
    Effect.gen(function* () {
      const [mine, foreign] = [yield* w.newWorld, yield* w.newWorld]
      const all = yield* listening({})
      const charged = yield* listening({ eventTypes: ["payment.charged.v1"] })
      const ofCompany = yield* listening({ entity: mine.entity.id })
      const ofBrand = yield* listening({ brand: foreign.brand.id, eventTypes: ["payment.declined.v1"] })
      const [here] = yield* declined(1, mine)
      const [there] = yield* declined(1, foreign)
      const paid = yield* w.charging(foreign)
      yield* w.record(paid.permit, w.captured())
      yield* deliverAll
      const told = ({ receiver }: typeof all) => receiver.received.map(sessionIn).toSorted()
      assert.deepStrictEqual(told(all), [here, there, paid.session].toSorted())
      assert.deepStrictEqual(told(charged), [paid.session])
      assert.deepStrictEqual(told(ofCompany), [here])
      assert.deepStrictEqual(told(ofBrand), [there])
    })
  )

  it.effect(
    "that are not received come again by the schedule, the same bytes under the same id, until it ends",
    () =>
      Effect.gen(function* () {
        const { receiver, app, id, world } = yield* listening()
        receiver.answer((response) => response.writeHead(500).end("we are\u0000 broken"))
        yield* declined(1, world)
        for (let nr = 0; nr < retryDelays.length; nr++) {
          yield* deliverAll
          // Nothing more until its time has come.
          yield* deliverAll
          const one = only(yield* deliveriesOf(app, id))
          assert.deepInclude(one, {
            state: "pending",
            tries: nr + 1,
            lastStatus: 500,
            lastAnswer: "we are broken"
          })
          const delay = retryDelays[nr] ?? Duration.infinity
          const [row] = yield* asOwner(
            "select extract(epoch from next_try_at - last_try_at) as wait from event_deliveries where subscription_id = $1",
            id
          )
          const seconds = Number(row?.["wait"])
          assert.isAtLeast(seconds, Duration.toSeconds(delay) - 0.001)
          yield* due(id)
        }
        yield* deliverAll
        const last = only(yield* deliveriesOf(app, id))
        assert.deepInclude(last, { state: "exhausted", tries: retryDelays.length + 1 })
        assert.isUndefined(last.nextTryAt)
        yield* due(id)
        yield* deliverAll
        assert.strictEqual(receiver.received.length, retryDelays.length + 1)
        assert.strictEqual(new Set(receiver.received.map(idOf)).size, 1)
        assert.strictEqual(new Set(receiver.received.map(({ body }) => body)).size, 1)
      })
  )

  it.effect("are received with any 2xx, and with nothing else", () =>
    Effect.gen(function* () {
      for (const [status, state] of [
        [200, "delivered"],
        [202, "delivered"],
        [204, "delivered"],
        [299, "delivered"],
        [301, "pending"],
        [307, "pending"],
        [304, "pending"],
        [400, "pending"],
        [404, "pending"],
        [429, "pending"],
        [503, "pending"]
      ] as const) {
        const { receiver, app, id, world } = yield* listening()
        receiver.answer((response) => response.writeHead(status, { location: receiver.url }).end())
        yield* declined(1, world)
        yield* deliverAll
        assert.strictEqual(only(yield* deliveriesOf(app, id)).state, state, String(status))
        assert.strictEqual(receiver.received.length, 1)
      }
    })
  )

  it.effect("are sent again by the next worker when one dies between send and mark", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      yield* declined(3, world)
      assert.isAtLeast(yield* dyingPass, 3)
      assert.strictEqual(receiver.received.length, 3)
      // Its lease stands: nobody else sends them meanwhile.
      yield* deliverAll
      assert.strictEqual(receiver.received.length, 3)
      yield* due(id)
      yield* deliverAll
      const [first, second] = [receiver.received.slice(0, 3), receiver.received.slice(3)]
      const told = (all: ReadonlyArray<Received>) => all.map((one) => [idOf(one), one.body].join()).toSorted()
      assert.deepStrictEqual(told(second), told(first))
      for (const one of yield* deliveriesOf(app, id))
        assert.deepInclude(one, { state: "delivered", tries: 1 })
    })
  )

  it.effect("are sent once each however many workers race for them", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      const sessions = yield* declined(30, world)
      yield* Effect.forEach(Array.from({ length: 6 }), () => deliverAll, { concurrency: "unbounded" })
      yield* deliverAll
      assert.deepStrictEqual(receiver.received.map(sessionIn).toSorted(), sessions.toSorted())
      for (const one of yield* deliveriesOf(app, id))
        assert.deepInclude(one, { state: "delivered", tries: 1 })
    })
  )

  it.effect("are not told as failed by a worker whose turn is over, and are received whoever says so", () =>
    Effect.gen(function* () {
      const { receiver, app, id, world } = yield* listening()
      yield* declined(1, world)
      const record = (claim: number, outcome: "failed" | "delivered") =>
        asOwner(
          `select record_delivery(jsonb_build_object('subscription', subscription_id, 'event', 'evt_' || event_nr,
            'claim', $2::int, 'outcome', $3::text, 'answer', '', 'retryMs', 5000, 'streakMs', 1000, 'disableAfterMs', 1000))
            from event_deliveries where subscription_id = $1`,
          id,
          claim,
          outcome
        )
      receiver.answer((response) => response.writeHead(500).end())
      yield* deliverAll
      yield* due(id)
      // Claimed a second time, by a worker that says nothing any more.
      yield* asOwner("update event_subscriptions set failing_since = null where subscription_id = $1", id)
      yield* dyingPass
      yield* record(1, "failed")
      assert.strictEqual(only(yield* deliveriesOf(app, id)).tries, 1)
      yield* record(1, "delivered")
      assert.deepInclude(only(yield* deliveriesOf(app, id)), { state: "delivered", tries: 2 })
      yield* record(2, "failed")
      assert.deepInclude(only(yield* deliveriesOf(app, id)), { state: "delivered", tries: 2 })
    })
  )

  it.effect("that an endpoint is slow about hold up nobody else's, and few are under way to it", () =>
    Effect.gen(function* () {
      const slow = yield* listening()
      const { world } = slow
      slow.receiver.answer(() => undefined)
      const others = yield* Effect.forEach(Array.from({ length: 3 }), () =>
        listening({ entity: world.entity.id })
      )
      const sessions = yield* declined(40, world)
      const running = yield* Effect.forkScoped(
        Effect.all([prepareDeliveries, deliverIn("healthy"), deliverIn("failing")], { concurrency: 3 })
      )
      for (const { receiver } of others) {
        yield* receiver.until(sessions.length)
        assert.deepStrictEqual(receiver.received.map(sessionIn).toSorted(), sessions.toSorted())
      }
      // All forty waited for it, and no more than its own places were taken.
      assert.strictEqual(slow.receiver.received.length, 8)
      yield* Fiber.interrupt(running)
    }).pipe(Effect.scoped)
  )
})
