import { Effect, type Layer } from "effect"
import { expect } from "@effect/vitest"
import { Outbox } from "../../src/kernel/Outbox.ts"
import type { Storage } from "./StorageFixture.ts"
import { judge } from "./suite.ts"
import * as w from "./world.ts"

/** What other tests left behind is delivered. */
const quiet = Effect.gen(function* () {
  const outbox = yield* Outbox
  const events = yield* outbox.claim(w.everything, w.over)
  yield* outbox.markDelivered(events.map(({ id }) => id))
})

/** Some sessions that were declined, each with one event, in this order. */
const declinedSessions = Effect.fnUntraced(function* (count: number) {
  const world = yield* w.newWorld
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    Effect.gen(function* () {
      const { session, permit } = yield* w.charging(world)
      yield* w.record(permit, w.declined())
      return session
    })
  )
})

/** An event says what happened to which payment, of which company, for how much, and on whose word. */
const anEventTellsThePayment = Effect.gen(function* () {
  const world = yield* w.newWorld
  const orderReference = `order_${w.fresh()}`
  const session = yield* w.declared(world, { orderReference })
  const permit = yield* w.opened(world, session.id)
  const outcome = w.captured()
  yield* w.record(permit, outcome)
  const [event, ...others] = yield* w.eventsOf(session.id)
  expect(others).toEqual([])
  expect(event).toMatchObject({ type: "payment.charged.v1", session: session.id })
  expect(event?.payload).toEqual({
    session: session.id,
    entity: world.entity.id,
    brand: world.brand.id,
    customer: session.customer,
    category: "supplements",
    amount: 4200,
    currency: "USD",
    orderReference,
    mid: permit.attempt.mid,
    provider: permit.attempt.provider,
    attempt: permit.attempt.attempt,
    processorReference: outcome.processorReference,
    reason: "approved",
    source: "driver"
  })
})

/** Events come the oldest first, whatever session they are of, and no more than were asked for. */
const eventsComeOldestFirst = Effect.gen(function* () {
  yield* quiet
  const outbox = yield* Outbox
  const sessions = yield* declinedSessions(3)
  const first = yield* outbox.claim(2, w.long)
  const rest = yield* outbox.claim(2, w.long)
  expect([...first, ...rest].map(({ session }) => session)).toEqual(sessions)
  expect(first).toHaveLength(2)
  expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(3)
  expect(yield* outbox.claim(2, w.long)).toEqual([])
})

/** The story of one session comes in its order. */
const aSessionsStoryComesInOrder = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  yield* w.record(permit, w.timeout)
  yield* w.record(permit, w.declined(), { source: "lookup" })
  const again = yield* w.opened(world, session)
  yield* w.record(again, w.captured())
  expect(yield* w.eventTypes(session)).toEqual([
    "payment.in_review.v1",
    "payment.declined.v1",
    "payment.charged.v1"
  ])
})

/** A deliverer that died gives its events back when its lease is over, the very same ones. */
const aLapsedClaimIsGivenOutAgain = Effect.gen(function* () {
  const [session] = yield* declinedSessions(1)
  if (session === undefined) return
  const first = yield* w.eventsOf(session)
  expect(first).toHaveLength(1)
  expect(yield* w.eventsOf(session)).toEqual(first)
})

/** What was delivered is never given out again; saying so twice is saying it once. */
const theDeliveredStayDelivered = Effect.gen(function* () {
  yield* quiet
  const outbox = yield* Outbox
  yield* declinedSessions(2)
  const [first, second] = yield* outbox.claim(2, w.over)
  if (first === undefined || second === undefined) return yield* Effect.die("expected two events")
  yield* outbox.markDelivered([first.id])
  yield* outbox.markDelivered([first.id])
  yield* outbox.markDelivered([])
  expect((yield* outbox.claim(w.everything, w.over)).map(({ id }) => id)).toEqual([second.id])
})

/** Many deliverers at once share the events: nobody gets another's, and together they get all. */
const racingDeliverersShareTheEvents = Effect.gen(function* () {
  yield* quiet
  const outbox = yield* Outbox
  const sessions = yield* declinedSessions(10)
  const given = yield* Effect.forEach(Array.from({ length: 5 }), () => outbox.claim(3, w.long), {
    concurrency: "unbounded"
  })
  const rest = yield* outbox.claim(w.everything, w.long)
  const all = [...given.flat(), ...rest]
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(all.map(({ session }) => session).toSorted()).toEqual(sessions.toSorted())
})

/** What refused to be written tells nothing. */
const whatWasRefusedTellsNothing = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session } = yield* w.charging(world)
  yield* w.open(world, session)
  expect(yield* w.eventsOf(session)).toEqual([])
})

/** The laws of every transactional outbox. */
export const suite = (name: string, storage: Layer.Layer<Storage, unknown>): void =>
  judge(`Outbox ${name}`, storage, {
    anEventTellsThePayment,
    eventsComeOldestFirst,
    aSessionsStoryComesInOrder,
    aLapsedClaimIsGivenOutAgain,
    theDeliveredStayDelivered,
    racingDeliverersShareTheEvents,
    whatWasRefusedTellsNothing
  })
