import { Duration, Effect } from "effect"
import { expect } from "@effect/vitest"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import * as w from "../world.ts"

/** Evidence that moves nothing, and a claim of what is settled, leave a session as it was, its times too. */
export const whatMovesNothingLeavesTheSessionAsItWas = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const outcome = w.captured()
  yield* w.record(permit, outcome)
  const settled = yield* ledger.session(session)
  // Storages keep milliseconds: a time that changed must be another one.
  yield* Effect.sleep(Duration.millis(5))
  yield* w.record(permit, outcome, { source: "webhook", fence: 0 })
  yield* w.record(permit, w.timeout, { source: "lookup", fence: 0 })
  yield* ledger.claimFulfilment(session, w.app, "key_1")
  expect(settled?.state).toBe("settled")
  expect(yield* ledger.session(session)).toEqual(settled)
})

/** A capture of nothing is none: it is refused whole, also under a name that is known. */
export const aCaptureOfNothingIsRefused = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const outcome = w.captured()
  for (const before of ["unknown", "known"]) {
    if (before === "known") yield* w.record(permit, outcome)
    const standing = yield* w.everythingOf(session)
    for (const amount of [0, -1]) {
      const nothing = w.captured(outcome.processorReference, amount)
      expect((yield* Effect.flip(w.record(permit, nothing)))._tag).toBe("LedgerUnavailable")
    }
    expect(yield* w.everythingOf(session)).toEqual(standing)
  }
})

/** What a processor named once is not absent for a lookup that does not find it: it stays in review for a person. */
export const whatTheProcessorNamedIsNotAbsent = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { session, permit } = yield* w.charging(world)
  const waits = new Indeterminate({
    processorReference: "pi_known",
    evidence: { code: "requires_action", message: "the customer has to do something" }
  })
  yield* w.record(permit, waits)
  for (const source of ["lookup", "webhook"] as const) {
    const recording = yield* w.record(permit, w.absent, { source, fence: 0 })
    expect(recording).toMatchObject({ attempt: "indeterminate", session: "in_review" })
  }
  expect(yield* w.eventTypes(session)).toEqual(["payment.in_review.v1"])
})
