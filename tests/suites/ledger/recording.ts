import { Effect, Exit } from "effect"
import { expect } from "@effect/vitest"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { attemptId } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { mostRounds } from "../../../src/kernel/PaymentSession.ts"
import { StorageFixture } from "../StorageFixture.ts"
import * as w from "../world.ts"

/** A capture settles: one fact, one event. The same capture again is evidence and nothing else. */
export const aCaptureSettlesOnce = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const outcome = w.captured()
  expect(yield* w.record(permit, outcome)).toEqual({
    attempt: "captured",
    session: "settled",
    passedOver: [],
    settlement: "first"
  })
  const first = yield* w.everythingOf(session)
  expect(first).toMatchObject({
    session: { state: "settled" },
    attempts: [{ state: "captured" }],
    events: ["payment.charged.v1"]
  })
  expect(first.written.facts).toEqual([
    {
      attempt: permit.attempt.attempt,
      mid: permit.attempt.mid,
      processorReference: outcome.processorReference,
      amount: 4200,
      currency: "USD"
    }
  ])
  expect(first.written.evidence).toEqual([
    { attempt: permit.attempt.attempt, source: "driver", outcome: "Captured", code: "approved" }
  ])
  expect(yield* w.record(permit, outcome, { source: "webhook", fence: 0 })).toEqual({
    attempt: "captured",
    session: "settled",
    passedOver: [],
    settlement: "duplicate"
  })
  const second = yield* w.everythingOf(session)
  expect(second.written.evidence.map(({ source }) => source)).toEqual(["driver", "webhook"])
  expect(second.written.facts).toEqual(first.written.facts)
  expect(second.written.incidents).toEqual([])
  expect([second.session?.state, second.attempts, second.events]).toEqual([
    "settled",
    first.attempts,
    first.events
  ])
})

/** A soft decline with an account left writes the next attempt in the same step, under a new fence. */
export const aDeclineOpensTheNextAttempt = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const [, second] = world.accounts
  const recording = yield* w.record(permit, w.declined(), { next: world.candidates.slice(1) })
  expect(recording).toMatchObject({ attempt: "declined", session: "processing", passedOver: [] })
  expect(recording.next?.attempt).toEqual({
    attempt: attemptId(session, 2),
    session,
    ordinal: 2,
    mid: second.id,
    provider: second.provider,
    money: w.price,
    idempotencyKey: idempotencyKey(session, 2, second.id),
    fence: 2
  })
  expect(yield* w.attemptStates(session)).toEqual(["declined", "in_flight"])
  expect(yield* w.eventTypes(session)).toEqual([])
  expect((yield* w.written(session)).decisions.map(({ round }) => round)).toEqual([1])
})

/** The accounts to go on to are judged again: what was stopped meanwhile is passed over. */
export const theNextAccountIsJudgedAgain = Effect.gen(function* () {
  const registry = yield* EntityRegistry
  const fixture = yield* StorageFixture
  const world = yield* w.newWorld
  const [, killed, revoked] = world.accounts
  const good = w.account(world.entity.id)
  yield* fixture.seed({ accounts: [good] })
  const { session, permit } = yield* w.charging(world)
  yield* registry.stop({ mid: killed.id, by: w.app, reason: "in mid-cascade" })
  yield* fixture.revokeUnderwriting(revoked.id, "supplements")
  const recording = yield* w.record(permit, w.declined(), {
    next: [...world.candidates.slice(1), w.candidate(good)]
  })
  expect(recording.passedOver).toEqual([
    { mid: killed.id, reason: "kill_switch_on" },
    { mid: revoked.id, reason: "not_underwritten" }
  ])
  expect(recording.next?.attempt.mid).toBe(good.id)
  expect(yield* w.attemptStates(session)).toEqual(["declined", "in_flight"])
})

/** With every further account stopped the session waits for another card. */
export const aDeclineWithNobodyLeftLetsTheCustomerTryAgain = Effect.gen(function* () {
  const registry = yield* EntityRegistry
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const [, killed] = world.accounts
  yield* registry.stop({ mid: killed.id, by: w.app, reason: "in mid-cascade" })
  expect(yield* w.record(permit, w.declined(), { next: world.candidates.slice(1, 2) })).toEqual({
    attempt: "declined",
    session: "pending",
    passedOver: [{ mid: killed.id, reason: "kill_switch_on" }]
  })
  expect(yield* w.eventTypes(session)).toEqual(["payment.declined.v1"])
})

/** The same decline again opens nothing and tells nobody. */
export const aDeclineCountsOnce = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const [, second, third] = world.candidates
  yield* w.record(permit, w.declined(), { next: [second] })
  expect(yield* w.record(permit, w.declined(), { next: [third] })).toEqual({
    attempt: "declined",
    session: "processing",
    passedOver: []
  })
  expect(yield* w.attemptStates(session)).toEqual(["declined", "in_flight"])
  const ended = yield* w.charging(world)
  yield* w.record(ended.permit, w.declined())
  expect(yield* w.record(ended.permit, w.declined(), { next: [second] })).toEqual({
    attempt: "declined",
    session: "pending",
    passedOver: []
  })
  expect(yield* w.attemptStates(ended.session)).toEqual(["declined"])
  expect(yield* w.eventTypes(ended.session)).toEqual(["payment.declined.v1"])
})

/** Only the driver that holds the newest fence goes on; another's decline lets the customer try again. */
export const onlyTheFenceHolderGoesOn = Effect.gen(function* () {
  const world = yield* w.newWorld
  const next = world.candidates.slice(1)
  const others = [
    { source: "webhook", next },
    { source: "lookup", next },
    { fence: 0, next }
  ] as const
  for (const as of others) {
    const { session, permit } = yield* w.charging(world)
    expect(yield* w.record(permit, w.declined(), as)).toEqual({
      attempt: "declined",
      session: "pending",
      passedOver: []
    })
    expect(yield* w.attemptStates(session)).toEqual(["declined"])
  }
})

/** An unknown outcome halts the session, tells the world once and is due to be asked for at once. */
export const anUnknownOutcomeHalts = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  expect(yield* w.record(permit, w.timeout, { next: world.candidates.slice(1) })).toEqual({
    attempt: "indeterminate",
    session: "in_review",
    passedOver: []
  })
  yield* w.record(permit, w.timeout)
  expect(yield* w.attemptStates(session)).toEqual(["indeterminate"])
  expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1"])
  expect((yield* w.written(session)).evidence).toHaveLength(2)
  expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
  expect(yield* ledger.cancel(session, w.app)).toEqual({ cancelled: false, state: "in_review" })
})

/** The truth that comes late settles a session in review. */
export const theLateTruthSettles = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  yield* w.record(permit, w.timeout)
  expect(yield* w.record(permit, w.captured(), { source: "lookup", fence: 0 })).toEqual({
    attempt: "captured",
    session: "settled",
    passedOver: [],
    settlement: "first"
  })
  expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1", "payment.charged.v1"])
})

/** A decline found out later lets the customer try again; no further account is asked, whoever says it. */
export const aLateDeclineNeverGoesOn = Effect.gen(function* () {
  const world = yield* w.newWorld
  for (const source of ["lookup", "driver"] as const) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, w.timeout)
    expect(yield* w.record(permit, w.declined(), { source, next: world.candidates.slice(1) })).toEqual({
      attempt: "declined",
      session: "pending",
      passedOver: []
    })
    expect(yield* w.attemptStates(session)).toEqual(["declined"])
    expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1", "payment.declined.v1"])
  }
})

/** A late decline in the last round ends the session. */
export const aLateDeclineInTheLastRoundFails = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  for (let round = 1; round < mostRounds; round++) {
    yield* w.record(yield* w.opened(world, session.id), w.declined("hard"))
  }
  const permit = yield* w.opened(world, session.id)
  yield* w.record(permit, w.timeout)
  expect((yield* w.record(permit, w.declined(), { source: "lookup" })).session).toBe("failed")
})

/** Absence ends the session and never resumes it; it counts once. */
export const absenceEnds = Effect.gen(function* () {
  const world = yield* w.newWorld
  const reviewed = yield* w.charging(world)
  yield* w.record(reviewed.permit, w.timeout)
  const inFlight = yield* w.charging(world)
  for (const { session, permit } of [reviewed, inFlight]) {
    const answer = { attempt: "absent", session: "failed", passedOver: [] }
    expect(yield* w.record(permit, w.absent, { source: "lookup", next: world.candidates })).toEqual(answer)
    expect(yield* w.record(permit, w.absent, { source: "lookup" })).toEqual(answer)
    expect(yield* w.record(permit, w.declined(), { next: world.candidates })).toEqual(answer)
    expect(yield* w.attemptStates(session)).toEqual(["absent"])
    expect((yield* w.eventTypes(session)).filter((type) => type === "payment.failed.v1")).toHaveLength(1)
    expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "failed" })
  }
})

/** Whatever else is said of a resolved attempt is kept as evidence and changes nothing. */
export const aResolvedAttemptStays = Effect.gen(function* () {
  const world = yield* w.newWorld
  const said = [w.declined(), w.timeout, w.absent]
  for (const first of [w.captured(), w.declined(), w.absent]) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, first)
    const before = yield* w.everythingOf(session)
    for (const outcome of said) yield* w.record(permit, outcome, { source: "webhook" })
    const after = yield* w.everythingOf(session)
    expect(after.attempts).toEqual(before.attempts)
    expect(after.session?.state).toBe(before.session?.state)
    expect(after.events).toEqual(before.events)
    expect(after.written.evidence).toHaveLength(4)
  }
})

/** Every recording leaves its evidence and an audit row. */
export const everyRecordingIsAudited = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const rows = [yield* w.written(session)]
  for (const outcome of [w.timeout, w.timeout, w.captured(), w.absent]) {
    yield* w.record(permit, outcome, { source: "webhook" })
    rows.push(yield* w.written(session))
  }
  const [first] = rows
  if (first === undefined) return
  expect(rows.map(({ evidence }) => evidence.length)).toEqual([0, 1, 2, 3, 4])
  expect(rows.map(({ auditRows }) => auditRows - first.auditRows)).toEqual([0, 1, 2, 3, 4])
})

export const anUnknownAttemptIsRefused = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const exit = yield* Effect.exit(
    ledger.record({
      attempt: attemptId(w.freshSessionId(), 1),
      fence: 1,
      outcome: w.captured(),
      source: "webhook",
      next: [],
      by: w.app
    })
  )
  expect(Exit.isFailure(exit)).toBe(true)
})

/** However often and by however many a capture is recorded at once, it settles once. */
export const racingCapturesSettleOnce = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const outcome = w.captured()
  const recordings = yield* Effect.forEach(
    Array.from({ length: 10 }),
    () => w.record(permit, outcome, { source: "webhook" }),
    { concurrency: "unbounded" }
  )
  expect(recordings.map(({ settlement }) => settlement).toSorted()).toEqual([
    ...Array.from({ length: 9 }, () => "duplicate"),
    "first"
  ])
  const { facts, incidents, evidence } = yield* w.written(session)
  expect([facts.length, incidents.length, evidence.length]).toEqual([1, 0, 10])
  expect(yield* w.eventTypes(session)).toEqual(["payment.charged.v1"])
})

/** However often a decline is recorded at once, one next attempt is written. */
export const racingDeclinesOpenOneAttempt = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const recordings = yield* Effect.forEach(
    Array.from({ length: 8 }),
    () => w.record(permit, w.declined(), { next: world.candidates.slice(1) }),
    { concurrency: "unbounded" }
  )
  expect(recordings.filter(({ next }) => next !== undefined)).toHaveLength(1)
  expect(yield* w.attemptStates(session)).toEqual(["declined", "in_flight"])
})

/** Contradicting evidence at once: money that moved is recorded, and the session ends in one way. */
export const capturedIsRecordedWhoeverContradicts = Effect.gen(function* () {
  const world = yield* w.newWorld
  for (let round = 0; round < 5; round++) {
    const { session, permit } = yield* w.charging(world)
    const recordings = yield* Effect.forEach(
      [w.timeout, w.captured(), w.absent, w.declined()],
      (outcome) => w.record(permit, outcome, { source: "lookup" }),
      { concurrency: "unbounded" }
    )
    const { facts, incidents } = yield* w.written(session)
    expect(facts).toHaveLength(1)
    const firsts = recordings.filter(({ settlement }) => settlement === "first").length
    expect(firsts + incidents.length).toBe(1)
    expect((yield* w.stateOf(session)) === "settled").toBe(firsts === 1)
  }
})
