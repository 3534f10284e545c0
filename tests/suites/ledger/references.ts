import { Effect } from "effect"
import { expect } from "@effect/vitest"
import { Captured } from "../../../src/kernel/cascade/Disposition.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import * as w from "../world.ts"

// What a processor calls a charge, and what it says was captured under that name.

/** Another sum than was asked for is money that moved and settles nothing: a person looks at it. */
export const anotherAmountSettlesNothing = Effect.gen(function* () {
  const world = yield* w.newWorld
  const ledger = yield* PaymentLedger
  for (const outcome of [w.captured("partial", 4199), w.captured("foreign", 4200, "CAD")]) {
    const { session, permit } = yield* w.charging(world)
    const unique = w.captured(`ref_${w.fresh()}`, outcome.amount, outcome.currency)
    const answer = { attempt: "captured", session: "in_review", passedOver: [] }
    expect(yield* w.record(permit, unique)).toEqual(answer)
    expect(yield* w.record(permit, unique)).toEqual(answer)
    const { facts, incidents } = yield* w.written(session)
    expect(facts).toMatchObject([{ amount: outcome.amount, currency: outcome.currency }])
    expect(incidents).toEqual([{ attempt: permit.attempt.attempt, kind: "captured_other_amount" }])
    expect(yield* w.eventTypes(session)).not.toContain("payment.charged.v1")
    expect(yield* ledger.claimFulfilment(session, w.app)).toEqual({ _tag: "NotSettled", state: "in_review" })
    expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
  }
})

/**
 * A processor's reference names one charge. Under the name of another one nothing is booked, but the processor did
 * say that money moved: an incident, once, and in review, whether the attempt was in flight or asked for already.
 */
export const aReferenceIsOfOneAttempt = Effect.gen(function* () {
  const world = yield* w.newWorld
  const outcome = w.captured()
  const first = yield* w.charging(world)
  yield* w.record(first.permit, outcome)
  const inFlight = yield* w.charging(world)
  const unknown = yield* w.charging(world)
  yield* w.record(unknown.permit, w.timeout)
  const answer = { attempt: "indeterminate", session: "in_review", passedOver: [] }
  for (const [{ session, permit }, heard] of [
    [inFlight, 2],
    [unknown, 3]
  ] as const) {
    expect(yield* w.record(permit, outcome)).toEqual(answer)
    expect(yield* w.record(permit, outcome)).toEqual(answer)
    const { facts, incidents, evidence } = yield* w.written(session)
    expect(facts).toEqual([])
    expect(incidents).toEqual([{ attempt: permit.attempt.attempt, kind: "processor_reference_reused" }])
    expect(evidence).toHaveLength(heard)
    expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1"])
    expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
  }
  expect((yield* w.written(first.session)).facts).toHaveLength(1)
})

/** A capture under another charge's name, told after a decline, stops a session that could be paid again. */
export const aReusedReferenceAfterADeclineHaltsTheSession = Effect.gen(function* () {
  const world = yield* w.newWorld
  const outcome = w.captured()
  const first = yield* w.charging(world)
  yield* w.record(first.permit, outcome)
  const { session, permit } = yield* w.charging(world)
  yield* w.record(permit, w.declined("hard"))
  expect(yield* w.stateOf(session)).toBe("pending")
  expect(yield* w.record(permit, outcome, { source: "webhook" })).toMatchObject({
    attempt: "declined",
    session: "in_review"
  })
  expect((yield* w.written(session)).incidents).toEqual([
    { attempt: permit.attempt.attempt, kind: "processor_reference_reused" }
  ])
  expect(yield* w.open(world, session)).toEqual({ _tag: "NotPayable", state: "in_review" })
})

/** Once a processor said that money moved, nothing that is heard takes it back; the truth under its own name settles. */
export const aCaptureThatWasHeardIsNotTakenBack = Effect.gen(function* () {
  const world = yield* w.newWorld
  const outcome = w.captured()
  const first = yield* w.charging(world)
  yield* w.record(first.permit, outcome)
  const resolving = [
    [w.captured(), "lookup", "settled"],
    [w.captured(), "webhook", "settled"]
  ] as const
  for (const [truth, source, state] of resolving) {
    const { session, permit } = yield* w.charging(world)
    yield* w.record(permit, outcome)
    for (const said of [w.declined(), w.absent, w.timeout, w.declined("hard")]) {
      for (const from of ["lookup", "webhook", "driver"] as const) {
        expect(yield* w.record(permit, said, { source: from, next: world.candidates.slice(1) })).toEqual({
          attempt: "indeterminate",
          session: "in_review",
          passedOver: []
        })
      }
    }
    expect(yield* w.attemptStates(session)).toEqual(["indeterminate"])
    expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1"])
    expect((yield* w.record(permit, truth, { source })).session).toBe(state)
  }
})

/** The same charge with another sum is evidence and an incident, once; the books stay as they are. */
export const aReferenceIsOfOneAmount = Effect.gen(function* () {
  const world = yield* w.newWorld
  for (const [amount, currency] of [
    [9900, "USD"],
    [4200, "CAD"]
  ] as const) {
    const { session, permit } = yield* w.charging(world)
    const outcome = w.captured()
    yield* w.record(permit, outcome)
    const other = w.captured(outcome.processorReference, amount, currency)
    for (const source of ["lookup", "webhook"] as const) {
      expect(yield* w.record(permit, other, { source })).toEqual({
        attempt: "captured",
        session: "settled",
        passedOver: [],
        settlement: "duplicate"
      })
    }
    const { facts, incidents } = yield* w.written(session)
    expect(facts).toMatchObject([{ amount: 4200, currency: "USD" }])
    expect(incidents).toEqual([{ attempt: permit.attempt.attempt, kind: "captured_other_amount" }])
    expect(yield* w.eventTypes(session)).toEqual(["payment.charged.v1"])
  }
})

/** However much a processor talks, its outcome is recorded; of its words as many are kept as anybody reads. */
export const aTalkativeProcessorIsHeard = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const evidence = { code: "\u{1F4B3}".repeat(5_000), message: "m".repeat(100_000) }
  yield* w.record(permit, new Captured({ ...w.captured(), evidence }))
  expect((yield* w.written(session)).evidence.map(({ code }) => code)).toEqual(["\u{1F4B3}".repeat(200)])
})

/** Another account may use the same reference. */
export const referencesBelongToTheirAccount = Effect.gen(function* () {
  const world = yield* w.newWorld
  const outcome = w.captured()
  const first = yield* w.charging(world)
  yield* w.record(first.permit, outcome)
  const session = yield* w.declared(world)
  const permit = yield* w.opened(world, session.id, world.candidates.slice(1))
  expect((yield* w.record(permit, outcome)).settlement).toBe("first")
})
