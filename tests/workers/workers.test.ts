// The workers as the service starts them, on a real database, with consumers that a test has in its hand.
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Schedule } from "effect"
import type { SessionId } from "../../src/kernel/ids.ts"
import * as RefundLedgerPg from "../../src/db/RefundLedgerPg.ts"
import { EventDispatcher } from "../../src/kernel/events/EventDispatcher.ts"
import { Outbox, type PaymentEvent } from "../../src/kernel/Outbox.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Providers, providersOf } from "../../src/kernel/PaymentProvider.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { Paging } from "../../src/kernel/operations/Paging.ts"
import { ChangeStore } from "../../src/kernel/changes/ChangeStore.ts"
import { ReviewStore } from "../../src/kernel/reviews/ReviewStore.ts"
import { WebhookProcessing } from "../../src/kernel/webhooks/WebhookProcessing.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { ReturnSearch } from "../../src/kernel/refunds/ReturnSearch.ts"
import { EventConsumers } from "../../src/workers/EventConsumers.ts"
import { workers } from "../../src/workers/workers.ts"
import { Owner, pgStorage } from "../db/support/pgStorage.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as w from "../suites/world.ts"

interface Running {
  /** What the consumer does with an event, after it is noted as heard. */
  readonly consume?: (event: PaymentEvent, earlier: number) => Effect.Effect<void>
  readonly outbox?: (real: Outbox["Service"]) => Outbox["Service"]
}

/** Starts the workers in the scope of the caller, whose end is the end of the process. Answers what is heard. */
const start = Effect.fnUntraced(function* ({
  consume = () => Effect.void,
  outbox = (real) => real
}: Running = {}) {
  const heard: Array<PaymentEvent> = []
  const consumers = EventConsumers.of({
    consume: (event) =>
      Effect.suspend(() => {
        const earlier = heard.filter(({ id }) => id === event.id).length
        heard.push(event)
        return consume(event, earlier)
      })
  })
  const { connect } = yield* TestDatabase
  yield* workers(
    connect("payments_cluster", 4),
    { host: "one", port: 1 },
    {
      lease: Duration.seconds(1),
      patience: Duration.millis(300)
    }
  ).pipe(
    Layer.provide([Reconciler.layer, RefundReconciler.layer.pipe(Layer.provide(RefundLedgerPg.layer))]),
    Layer.provide([
      Layer.succeed(EventConsumers, consumers),
      Layer.succeed(EventDispatcher, { prepare: Effect.succeed(false), claim: () => Effect.succeed([]) }),
      Layer.succeed(Paging, { pass: Effect.succeed(0) }),
      Layer.succeed(ReturnSearch, { pass: Effect.succeed({ asked: 0, resolved: 0 }) }),
      Layer.mock(ReviewStore, { expireDue: () => Effect.succeed(0) }),
      Layer.mock(ChangeStore, { expireDue: () => Effect.succeed(0) }),
      Layer.succeed(WebhookProcessing, {
        lanes: [],
        pass: Effect.succeed({ taken: 0, deadLetters: 0 })
      }),
      Layer.succeed(Outbox, outbox(yield* Outbox)),
      Layer.sync(Providers, () => providersOf([])),
      NodeCrypto.layer
    ]),
    Layer.build
  )
  return heard
})

/** Waits for what has to come, as long as a slow machine may need. */
const eventually = <E, R>(what: string, holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("50 millis"), times: 400 }),
    Effect.map((now) => assert.isTrue(now, what))
  )

const timesHeard = (heard: ReadonlyArray<PaymentEvent>, session: SessionId): number =>
  heard.filter((event) => event.session === session).length

const isDelivered = Effect.fnUntraced(function* (session: SessionId) {
  const owner = yield* Owner
  const rows = yield* owner<{ readonly delivered: boolean }>`
    select delivered_at is not null as delivered from outbox where session_id = ${session}`
  return rows.length > 0 && rows.every(({ delivered }) => delivered)
})

/** Sessions that were declined in this order, each with one event. */
const declined = Effect.fnUntraced(function* (count: number) {
  const world = yield* w.newWorld
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    Effect.gen(function* () {
      const { session, permit } = yield* w.charging(world)
      yield* w.record(permit, w.declined())
      return session
    })
  )
})

const storage = pgStorage.pipe(Layer.orDie)

layer(storage, { excludeTestServices: true, timeout: "60 seconds" })("the workers", (it) => {
  it.effect("expire a session that is due, and tell it", () =>
    Effect.gen(function* () {
      const { id } = yield* w.declared(yield* w.newWorld, { lifetime: w.over })
      const { id: later } = yield* w.declared(yield* w.newWorld)
      const heard = yield* start()
      yield* eventually("the event is delivered", isDelivered(id))
      const ledger = yield* PaymentLedger
      assert.strictEqual((yield* ledger.session(id))?.state, "expired")
      assert.deepStrictEqual(
        heard.filter(({ session }) => session === id).map(({ type }) => type),
        ["payment.session_expired.v1"]
      )
      assert.strictEqual((yield* ledger.session(later))?.state, "pending")
    })
  )

  it.effect("deliver every event, in the order in which things happened, and mark it", () =>
    Effect.gen(function* () {
      const sessions = yield* declined(5)
      const heard = yield* start()
      yield* Effect.forEach(sessions, (session) => eventually("it is marked", isDelivered(session)))
      const order = heard.map(({ session }) => session).filter((session) => sessions.includes(session))
      assert.deepStrictEqual(order, sessions)
    })
  )

  it.effect("mark an event after its consumer, and not before", () =>
    Effect.gen(function* () {
      const [session] = yield* declined(1)
      assert.isDefined(session)
      const marked: Array<boolean> = []
      const owner = yield* Owner
      yield* start({
        consume: (event) =>
          event.session === session
            ? isDelivered(event.session).pipe(
                Effect.provideService(Owner, owner),
                Effect.orDie,
                Effect.map((now) => void marked.push(now))
              )
            : Effect.void
      })
      yield* eventually("it is marked", isDelivered(session))
      assert.deepStrictEqual([...new Set(marked)], [false])
    })
  )

  it.effect("deliver an event again whose consumer broke, and the others at once", () =>
    Effect.gen(function* () {
      const sessions = yield* declined(3)
      const [broken] = sessions
      assert.isDefined(broken)
      const heard = yield* start({
        consume: ({ session }, earlier) =>
          session === broken && earlier === 0 ? Effect.die("the consumer broke") : Effect.void
      })
      yield* Effect.forEach(sessions, (session) => eventually("it is marked", isDelivered(session)))
      assert.strictEqual(timesHeard(heard, broken), 2)
      const firsts = [...new Set(heard.map(({ session }) => session))]
      assert.deepStrictEqual(
        firsts.filter((session) => sessions.includes(session)),
        sessions
      )
    })
  )

  it.effect("leave no other event undelivered for one on which the consumer always breaks or is silent", () =>
    Effect.gen(function* () {
      const [breaks, hangs, ...others] = yield* declined(4)
      assert.isDefined(breaks)
      assert.isDefined(hangs)
      const heard = yield* start({
        consume: ({ session }) =>
          session === breaks ? Effect.die("broken") : session === hangs ? Effect.never : Effect.void
      })
      yield* Effect.forEach(others, (session) => eventually("it is marked", isDelivered(session)))
      for (const session of [breaks, hangs]) {
        yield* eventually(
          "it is tried again",
          Effect.sync(() => timesHeard(heard, session) > 1)
        )
        assert.isFalse(yield* isDelivered(session))
      }
      const [more] = yield* declined(1)
      assert.isDefined(more)
      yield* eventually("what comes later is delivered too", isDelivered(more))
    })
  )

  it.effect("leave no other event undelivered for one that cannot be read", () =>
    Effect.gen(function* () {
      const [unreadable, readable] = [yield* w.declared(yield* w.newWorld), ...(yield* declined(1))]
      assert.isDefined(readable)
      const owner = yield* Owner
      const [before] = yield* owner<{ readonly nr: string }>`
        insert into outbox (type, session_id, payload) values ('payment.of_the_future.v9', ${unreadable.id}, '{}')
        returning event_nr as nr`
      const [after] = yield* declined(1)
      assert.isDefined(after)
      assert.isDefined(before)
      const heard = yield* start()
      yield* eventually("what came before it is marked", isDelivered(readable))
      yield* eventually("what came after it is marked", isDelivered(after))
      assert.strictEqual(timesHeard(heard, unreadable.id), 0)
      assert.isFalse(yield* isDelivered(unreadable.id))
    })
  )

  it.effect("deliver an event again after a process that died between its consumer and its mark", () =>
    Effect.gen(function* () {
      const sessions = yield* declined(2)
      const dying = yield* Effect.scoped(
        Effect.gen(function* () {
          const heard = yield* start({ outbox: (real) => ({ ...real, markDelivered: () => Effect.never }) })
          yield* eventually(
            "both are heard",
            Effect.sync(() => sessions.every((session) => timesHeard(heard, session) > 0))
          )
          return heard
        })
      )
      for (const session of sessions) assert.isFalse(yield* isDelivered(session))
      const heard = yield* start()
      yield* Effect.forEach(sessions, (session) => eventually("it is marked", isDelivered(session)))
      const idsOf = (events: ReadonlyArray<PaymentEvent>) =>
        new Set(events.filter(({ session }) => sessions.includes(session)).map(({ id }) => id))
      assert.deepStrictEqual(idsOf(heard), idsOf(dying))
    })
  )
})
