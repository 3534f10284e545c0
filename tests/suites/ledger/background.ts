import { Effect } from "effect"
import { expect } from "@effect/vitest"
import { Principal, type SessionId } from "../../../src/kernel/ids.ts"
import { PaymentLedger, type Unresolved } from "../../../src/kernel/PaymentLedger.ts"
import * as w from "../world.ts"

/** What other tests left behind is out of the way. */
const quiet = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  yield* ledger.expireDue(w.everything)
  yield* ledger.takeOver(w.everything)
  yield* ledger.claimUnresolved(w.everything, w.long)
})

/** The attempts of some sessions among those that are due to be asked for. */
const claimed = Effect.fnUntraced(function* (
  sessions: ReadonlyArray<SessionId>,
  limit: number,
  lease = w.long
) {
  const unresolved = yield* (yield* PaymentLedger).claimUnresolved(limit, lease)
  return unresolved.filter(({ attempt }) => sessions.includes(attempt.session))
})

/** Only a pending session whose time is over expires, once, with its event. */
export const onlyOverduePendingSessionsExpire = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const due = yield* w.declared(world, { lifetime: w.over })
  const fresh = yield* w.declared(world)
  const cancelled = yield* w.declared(world, { lifetime: w.over })
  yield* ledger.cancel(cancelled.id, w.app)
  const charging = yield* w.charging(world)
  expect(yield* ledger.expireDue(w.everything)).toBe(1)
  expect(yield* ledger.expireDue(w.everything)).toBe(0)
  const states = yield* Effect.forEach([due.id, fresh.id, cancelled.id, charging.session], w.stateOf)
  expect(states).toEqual(["expired", "pending", "cancelled", "processing"])
  expect(yield* w.eventTypes(due.id)).toEqual(["payment.session_expired.v1"])
  expect((yield* w.written(due.id)).auditRows).toBe(2)
  expect(yield* ledger.cancel(due.id, w.app)).toEqual({ cancelled: false, state: "expired" })
})

export const expiryKeepsItsLimit = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  for (let nr = 0; nr < 3; nr++) yield* w.declared(world, { lifetime: w.over })
  expect([yield* ledger.expireDue(2), yield* ledger.expireDue(2), yield* ledger.expireDue(2)]).toEqual([
    2, 1, 0
  ])
})

/** Two expiry workers at once expire each session once. */
export const racingExpiryCountsOnce = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const sessions = yield* Effect.forEach([1, 2, 3], () => w.declared(world, { lifetime: w.over }))
  const counts = yield* Effect.all([ledger.expireDue(w.everything), ledger.expireDue(w.everything)], {
    concurrency: "unbounded"
  })
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
  for (const { id } of sessions) expect(yield* w.eventTypes(id)).toEqual(["payment.session_expired.v1"])
})

/** A pending session is cancelled; twice is once; whatever was sent for is not cancelled. */
export const onlyAPendingSessionIsCancelled = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const pending = yield* w.declared(world)
  expect(yield* ledger.cancel(pending.id, w.app)).toEqual({ cancelled: true, state: "cancelled" })
  const once = yield* w.everythingOf(pending.id)
  expect(yield* ledger.cancel(pending.id, w.app)).toEqual({ cancelled: true, state: "cancelled" })
  expect(yield* w.everythingOf(pending.id)).toEqual(once)
  const { session, permit } = yield* w.charging(world)
  expect(yield* ledger.cancel(session, w.app)).toEqual({ cancelled: false, state: "processing" })
  yield* w.record(permit, w.captured())
  expect(yield* ledger.cancel(session, w.app)).toEqual({ cancelled: false, state: "settled" })
  const declined = yield* w.charging(world)
  yield* w.record(declined.permit, w.declined())
  expect(yield* ledger.cancel(declined.session, w.app)).toEqual({ cancelled: true, state: "cancelled" })
})

/** An attempt whose driver died becomes indeterminate with the takeover as its evidence; nothing else is touched. */
export const onlyDeadDriversAreTakenOver = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const dead = yield* w.charging(world, w.over)
  const alive = yield* w.charging(world)
  const done = yield* w.charging(world, w.over)
  yield* w.record(done.permit, w.captured())
  expect(yield* ledger.takeOver(w.everything)).toBe(1)
  expect(yield* ledger.takeOver(w.everything)).toBe(0)
  const states = yield* Effect.forEach([dead.session, alive.session, done.session], w.stateOf)
  expect(states).toEqual(["in_review", "processing", "settled"])
  expect(yield* w.attemptStates(dead.session)).toEqual(["indeterminate"])
  expect((yield* w.written(dead.session)).evidence).toEqual([
    {
      attempt: dead.permit.attempt.attempt,
      source: "takeover",
      outcome: "Indeterminate",
      code: "driver_died"
    }
  ])
  expect(yield* w.eventTypes(dead.session)).toEqual(["payment.in_review.v1"])
})

export const takeoverKeepsItsLimit = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  for (let nr = 0; nr < 3; nr++) yield* w.charging(world, w.over)
  expect([yield* ledger.takeOver(2), yield* ledger.takeOver(2), yield* ledger.takeOver(2)]).toEqual([2, 1, 0])
})

/** A driver that wakes up after it was taken over may still tell the truth, and goes on to no other account. */
export const aZombieTellsButDoesNotGoOn = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const telling = yield* w.charging(world, w.over)
  const declining = yield* w.charging(world, w.over)
  yield* ledger.takeOver(w.everything)
  expect((yield* w.record(telling.permit, w.captured())).settlement).toBe("first")
  const recording = yield* w.record(declining.permit, w.declined(), { next: world.candidates.slice(1) })
  expect(recording).toEqual({ attempt: "declined", session: "pending", passedOver: [] })
})

/** Takeover and outcome at once: whoever comes first, the capture settles. */
export const takeoverAndOutcomeRace = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  for (let round = 0; round < 5; round++) {
    const { session, permit } = yield* w.charging(world, w.over)
    const [, { settlement }] = yield* Effect.all(
      [ledger.takeOver(w.everything), w.record(permit, w.captured())],
      { concurrency: "unbounded" }
    )
    expect(settlement).toBe("first")
    expect(yield* w.attemptStates(session)).toEqual(["captured"])
  }
})

/** Indeterminate attempts are given out the oldest first, each to one asker while the lease lasts. */
export const theUnresolvedAreGivenOutOnce = Effect.gen(function* () {
  yield* quiet
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const sessions: Array<SessionId> = []
  for (let nr = 0; nr < 3; nr++) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, w.timeout)
    sessions.push(session)
  }
  const resolved = yield* w.charging(world)
  yield* w.record(resolved.permit, w.timeout)
  yield* w.record(resolved.permit, w.captured())
  const inFlight = yield* w.charging(world)
  // What other tests left behind may fall due in between: it is given out too, and is not looked at.
  const given: Array<Unresolved> = []
  let some: ReadonlyArray<Unresolved>
  do {
    some = yield* ledger.claimUnresolved(2, w.long)
    expect(some.length).toBeLessThanOrEqual(2)
    given.push(...some)
  } while (some.length > 0)
  const own = given.filter(({ attempt }) =>
    [...sessions, resolved.session, inFlight.session].includes(attempt.session)
  )
  expect(own.map(({ attempt }) => attempt.session)).toEqual(sessions)
  const [oldest] = own
  expect(oldest?.attempt).toMatchObject({ state: "indeterminate", ordinal: 1, money: w.price })
  expect(oldest?.age).toBeGreaterThanOrEqual(0)
  expect(oldest?.attempt).toEqual((yield* ledger.attempts(sessions[0] ?? resolved.session))[0])
  expect(yield* claimed(sessions, w.everything)).toEqual([])
})

/** A claim whose lease is over is given out again. */
export const aLapsedClaimIsGivenOutAgain = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  yield* w.record(permit, w.timeout)
  expect(yield* claimed([session], w.everything, w.over)).toHaveLength(1)
  expect(yield* claimed([session], w.everything, w.over)).toHaveLength(1)
})

/** What a lookup says again and again without resolving anything is asked for more and more seldom. */
export const whatIsNotResolvedIsAskedForMoreSeldom = Effect.gen(function* () {
  yield* quiet
  const world = yield* w.newWorld
  const outcome = w.captured()
  const first = yield* w.charging(world)
  yield* w.record(first.permit, outcome)
  const sessions: Array<SessionId> = []
  for (const said of [outcome, w.timeout, w.declined(), w.absent]) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, outcome)
    // After ten times it is asked for again in minutes.
    for (let nr = 0; nr < 10; nr++) yield* w.record(permit, said, { source: "lookup" })
    expect(yield* w.attemptStates(session)).toEqual(["indeterminate"])
    sessions.push(session)
  }
  expect(yield* claimed(sessions, w.everything, w.over)).toEqual([])
})

/** Of many askers at once one gets an attempt. */
export const racingAskersShareTheUnresolved = Effect.gen(function* () {
  yield* quiet
  const world = yield* w.newWorld
  const sessions: Array<SessionId> = []
  for (let nr = 0; nr < 6; nr++) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, w.timeout)
    sessions.push(session)
  }
  const given = yield* Effect.forEach(Array.from({ length: 5 }), () => claimed(sessions, 3), {
    concurrency: "unbounded"
  })
  const ids = given.flat().map(({ attempt }) => attempt.session)
  expect(new Set(ids).size).toBe(ids.length)
  const rest = yield* claimed(sessions, w.everything)
  expect([...ids, ...rest.map(({ attempt }) => attempt.session)].toSorted()).toEqual(sessions.toSorted())
})

/** The more often a lookup proved nothing, the later the next: after a dozen it is not due for minutes. */
export const lookupsBackOff = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  yield* w.record(permit, w.timeout)
  expect(yield* claimed([session], w.everything, w.over)).toHaveLength(1)
  for (let nr = 0; nr < 12; nr++) yield* w.record(permit, w.timeout, { source: "lookup", fence: 0 })
  expect(yield* claimed([session], w.everything)).toEqual([])
  expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1"])
})

/** Fulfilment is given out once, and only of what is settled. */
export const fulfilmentIsGivenOutOnce = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const session = (yield* w.declared(world)).id
  const refused = ledger.claimFulfilment(session, w.app)
  expect(yield* refused).toEqual({ _tag: "NotSettled", state: "pending" })
  const permit = yield* w.opened(world, session)
  expect(yield* refused).toEqual({ _tag: "NotSettled", state: "processing" })
  yield* w.record(permit, w.timeout)
  expect(yield* refused).toEqual({ _tag: "NotSettled", state: "in_review" })
  yield* w.record(permit, w.captured())
  const { auditRows } = yield* w.written(session)
  expect(yield* ledger.claimFulfilment(session, w.app)).toMatchObject({
    _tag: "Claimed",
    fulfilment: "first"
  })
  expect(yield* ledger.claimFulfilment(session, w.app)).toMatchObject({
    _tag: "Claimed",
    fulfilment: "duplicate"
  })
  expect((yield* w.written(session)).auditRows).toBe(auditRows + 1)
})

/** However often a claim is repeated it is first once; the one who made it can tell that it was its own. */
export const aRepeatedClaimIsKnownAsOwn = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const { session, permit } = yield* w.charging(yield* w.newWorld)
  yield* w.record(permit, w.captured())
  const key = w.fresh()
  const duplicate = { _tag: "Claimed", fulfilment: "duplicate", ownClaim: false }
  expect(yield* ledger.claimFulfilment(session, w.app, key)).toEqual({
    _tag: "Claimed",
    fulfilment: "first",
    ownClaim: true
  })
  const before = yield* w.everythingOf(session)
  expect(yield* ledger.claimFulfilment(session, w.app, key)).toEqual({ ...duplicate, ownClaim: true })
  expect(yield* ledger.claimFulfilment(session, w.app)).toEqual(duplicate)
  expect(yield* ledger.claimFulfilment(session, w.app, w.fresh())).toEqual(duplicate)
  expect(yield* ledger.claimFulfilment(session, Principal.make("another_app"), key)).toEqual(duplicate)
  expect(yield* w.everythingOf(session)).toEqual(before)
})

/** However many claim at once, one is first. */
export const racingClaimsAreFirstOnce = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const { session, permit } = yield* w.charging(yield* w.newWorld)
  yield* w.record(permit, w.captured())
  const answers = yield* Effect.forEach(
    Array.from({ length: 10 }),
    () => ledger.claimFulfilment(session, w.app, "one key for all"),
    { concurrency: "unbounded" }
  )
  const fulfilments = answers.map((answer) => (answer?._tag === "Claimed" ? answer.fulfilment : "none"))
  expect(fulfilments.toSorted()).toEqual([...Array.from({ length: 9 }, () => "duplicate"), "first"])
})
