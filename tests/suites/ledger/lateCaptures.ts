import { Effect } from "effect"
import { expect } from "@effect/vitest"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import * as w from "../world.ts"

// Money that turns out to have moved after everybody had said no.

/** Declined, settled by the next account, captured late by the first: both facts, an incident, one fulfilment. */
export const aLateCaptureIsRecordedAndNotFulfilled = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const { next } = yield* w.record(permit, w.declined(), { next: world.candidates.slice(1) })
  if (next === undefined) return yield* Effect.die("expected a next attempt")
  expect((yield* w.record(next, w.captured())).settlement).toBe("first")
  const late = w.captured()
  const answer = { attempt: "declined", session: "settled", passedOver: [], settlement: "duplicate" }
  expect(yield* w.record(permit, late, { source: "webhook" })).toEqual(answer)
  expect(yield* w.record(permit, late, { source: "webhook" })).toEqual({ ...answer, attempt: "declined" })
  const { facts, incidents } = yield* w.written(session)
  expect(facts.map(({ attempt }) => attempt)).toEqual([next.attempt.attempt, permit.attempt.attempt])
  expect(incidents).toEqual([{ attempt: permit.attempt.attempt, kind: "late_capture" }])
  expect(yield* w.attemptStates(session)).toEqual(["declined", "captured"])
  expect(yield* w.eventTypes(session)).toEqual(["payment.charged.v1", "payment.captured_late.v1"])
  expect(yield* ledger.claimFulfilment(session, w.app)).toMatchObject({ fulfilment: "first" })
  expect(yield* ledger.claimFulfilment(session, w.app)).toMatchObject({ fulfilment: "duplicate" })
})

/** While the next account is being asked, a late capture of the first is a fact and an incident. */
export const aLateCaptureDoesNotStopTheNextAttempt = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const { next } = yield* w.record(permit, w.declined(), { next: world.candidates.slice(1) })
  if (next === undefined) return yield* Effect.die("expected a next attempt")
  expect(yield* w.record(permit, w.captured(), { source: "webhook" })).toEqual({
    attempt: "declined",
    session: "processing",
    passedOver: []
  })
  expect((yield* w.record(next, w.captured())).settlement).toBe("first")
  expect((yield* w.written(session)).incidents.map(({ kind }) => kind)).toEqual(["late_capture"])
})

/** Money that moved after the session ended, or for a charge that was captured already, is always recorded. */
export const moneyThatMovedIsAlwaysRecorded = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const absent = yield* w.charging(world)
  yield* w.record(absent.permit, w.absent)
  const cancelled = yield* w.charging(world)
  yield* w.record(cancelled.permit, w.declined())
  yield* ledger.cancel(cancelled.session, w.app)
  const settled = yield* w.charging(world)
  yield* w.record(settled.permit, w.captured())
  const cases = [
    [absent, { attempt: "absent", session: "failed", passedOver: [], captured: true }, 1],
    [cancelled, { attempt: "declined", session: "cancelled", passedOver: [], captured: true }, 1],
    [settled, { attempt: "captured", session: "settled", passedOver: [], settlement: "duplicate" }, 2]
  ] as const
  for (const [{ session, permit }, answer, facts] of cases) {
    expect(yield* w.record(permit, w.captured(), { source: "webhook" })).toEqual(answer)
    const after = yield* w.written(session)
    expect(after.facts).toHaveLength(facts)
    expect(after.incidents).toEqual([{ attempt: permit.attempt.attempt, kind: "late_capture" }])
    // Whoever records a decline only now hears of the capture too, and does not tell the customer that none was.
    const { captured } = yield* w.record(permit, w.declined())
    expect(captured).toBe("captured" in answer ? true : undefined)
  }
})

/** A capture after the only decline: whoever was charged although everybody said no does not pay again. */
export const aLateCaptureStopsTheNextRound = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  for (const [late, incident] of [
    [w.captured(), "late_capture"],
    [w.captured(`ref_${w.fresh()}`, 4199), "captured_other_amount"]
  ] as const) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, w.declined())
    const answer = { attempt: "declined", session: "in_review", passedOver: [] }
    expect(yield* w.record(permit, late, { source: "webhook" })).toEqual(answer)
    expect(yield* w.record(permit, late, { source: "webhook" })).toEqual(answer)
    const { facts, incidents } = yield* w.written(session)
    expect([facts.length, incidents.map(({ kind }) => kind)]).toEqual([1, [incident]])
    expect(yield* w.eventTypes(session)).toEqual([
      "payment.declined.v1",
      "payment.captured_late.v1",
      "payment.in_review.v1"
    ])
    expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
    expect(yield* ledger.cancel(session, w.app)).toEqual({ cancelled: false, state: "in_review" })
  }
})

/** A capture after the session ended: another session of its order is not charged before the money is given back. */
export const aLateCaptureHoldsItsOrder = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const orderReference = `order_${w.fresh()}`
  const first = yield* w.declared(world, { orderReference })
  const permit = yield* w.opened(world, first.id, world.candidates.slice(0, 1))
  yield* w.record(permit, w.declined())
  yield* ledger.cancel(first.id, w.app)
  const again = yield* w.declared(world, { orderReference })
  const asked = yield* w.opened(world, again.id, world.candidates.slice(0, 1))
  const stranger = yield* w.declared(world, { orderReference: `order_${w.fresh()}` })
  yield* w.record(permit, w.captured(), { source: "webhook" })

  // What is under way ends with the account that is being asked.
  expect(yield* w.record(asked, w.declined(), { next: world.candidates.slice(1) })).toEqual({
    attempt: "declined",
    session: "pending",
    passedOver: []
  })
  expect(yield* w.open(world, again.id)).toEqual({ _tag: "NotPayable", state: "in_review" })
  expect(yield* w.attemptStates(again.id)).toEqual(["declined"])
  expect((yield* w.open(world, stranger.id))._tag).toBe("Permitted")
})

/** Once money was captured late no further account is asked, whatever becomes of the one that is being asked. */
export const aLateCaptureEndsTheCascade = Effect.gen(function* () {
  const world = yield* w.newWorld
  for (const outcome of [w.declined(), w.declined("hard"), w.absent]) {
    const { session, permit } = yield* w.charging(world)
    const { next } = yield* w.record(permit, w.declined(), { next: world.candidates.slice(1) })
    if (next === undefined) return yield* Effect.die("expected a next attempt")
    yield* w.record(permit, w.captured(), { source: "webhook" })
    expect(yield* w.record(next, outcome, { next: world.candidates.slice(2) })).toMatchObject({
      session: "in_review",
      passedOver: []
    })
    expect(yield* w.attemptStates(session)).toHaveLength(2)
    expect(yield* w.eventTypes(session)).toEqual(["payment.captured_late.v1", "payment.in_review.v1"])
    expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
  }
})
