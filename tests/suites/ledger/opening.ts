import { Effect } from "effect"
import { expect } from "@effect/vitest"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { attemptId, Principal, ProviderName } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { mostRounds } from "../../../src/kernel/PaymentSession.ts"
import { StorageFixture } from "../StorageFixture.ts"
import * as w from "../world.ts"

/** The permit is what was committed: the attempt, under the session's new fence. */
export const thePermitIsTheCommit = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const opening = yield* w.open(world, session.id)
  expect(opening).toMatchObject({ _tag: "Permitted", passedOver: [] })
  if (opening._tag !== "Permitted") return
  const [first] = world.accounts
  expect(opening.permit.attempt).toEqual({
    attempt: attemptId(session.id, 1),
    session: session.id,
    ordinal: 1,
    mid: first.id,
    provider: first.provider,
    money: w.price,
    idempotencyKey: idempotencyKey(session.id, 1, first.id),
    fence: 1
  })
  expect(yield* ledger.attempts(session.id)).toMatchObject([
    {
      id: attemptId(session.id, 1),
      session: session.id,
      ordinal: 1,
      mid: first.id,
      entity: world.entity.id,
      provider: first.provider,
      category: "supplements",
      brand: world.brand.id,
      money: w.price,
      idempotencyKey: idempotencyKey(session.id, 1, first.id),
      state: "in_flight"
    }
  ])
  expect(yield* w.stateOf(session.id)).toBe("processing")
  const { decisions, auditRows } = yield* w.written(session.id)
  expect(decisions).toEqual([{ round: 1, chosen: world.accounts.map(({ id }) => id) }])
  expect(auditRows).toBe(2)
})

export const noSessionIsNotOpened = Effect.gen(function* () {
  const world = yield* w.newWorld
  expect(yield* w.open(world, w.freshSessionId())).toEqual({ _tag: "NoSuchSession" })
})

/** Only a pending session within its time is opened; the others answer with their state and nothing is written. */
export const onlyAPendingSessionIsOpened = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const overdue = (yield* w.declared(world, { lifetime: w.over })).id
  const cancelled = (yield* w.declared(world)).id
  yield* ledger.cancel(cancelled, w.app)
  const processing = yield* w.charging(world)
  const inReview = yield* w.charging(world)
  yield* w.record(inReview.permit, w.timeout)
  const settled = yield* w.charging(world)
  yield* w.record(settled.permit, w.captured())
  const failed = yield* w.charging(world)
  yield* w.record(failed.permit, w.absent)
  const cases = [
    [overdue, "expired"],
    [cancelled, "cancelled"],
    [processing.session, "processing"],
    [inReview.session, "in_review"],
    [settled.session, "settled"],
    [failed.session, "failed"]
  ] as const
  for (const [session, state] of cases) {
    const before = yield* w.everythingOf(session)
    expect(yield* w.open(world, session), state).toEqual({ _tag: "NotPayable", state })
    expect(yield* w.everythingOf(session), state).toEqual(before)
  }
  expect(yield* w.stateOf(overdue)).toBe("pending")
})

/** Each account that may not be charged now is passed over with its reason, and the first that may is charged. */
export const candidatesAreJudgedInTheirOrder = Effect.gen(function* () {
  const registry = yield* EntityRegistry
  const fixture = yield* StorageFixture
  const world = yield* w.newWorld
  const [killed, suspended, good] = world.accounts
  const revoked = w.account(world.entity.id)
  yield* fixture.seed({ accounts: [revoked] })
  yield* registry.stop({ mid: killed.id, by: w.app, reason: "chargebacks" })
  yield* fixture.setStatus(suspended.id, "suspended")
  yield* fixture.revokeUnderwriting(revoked.id, "supplements")
  const session = yield* w.declared(world)
  const opening = yield* w.open(world, session.id, {
    candidates: [
      w.candidate(killed),
      w.candidate(suspended),
      w.candidate(revoked),
      world.foreign,
      { ...w.candidate(good), provider: ProviderName.make("stub_b") },
      w.candidate(good)
    ]
  })
  expect(opening).toMatchObject({
    _tag: "Permitted",
    passedOver: [
      { mid: killed.id, reason: "kill_switch_on" },
      { mid: suspended.id, reason: "not_active" },
      { mid: revoked.id, reason: "not_underwritten" },
      { mid: world.foreign.mid, reason: "not_underwritten" },
      { mid: good.id, reason: "not_underwritten" }
    ]
  })
  expect(opening._tag === "Permitted" && opening.permit.attempt.mid).toBe(good.id)
})

/** An account with several things against it is passed over for the first: switch, status, underwriting, entity. */
export const theFirstReasonIsNamed = Effect.gen(function* () {
  const registry = yield* EntityRegistry
  const fixture = yield* StorageFixture
  const world = yield* w.newWorld
  const [mid] = world.accounts.map(({ id }) => id)
  if (mid === undefined) return yield* Effect.die("a world has accounts")
  const session = yield* w.declared(world)
  yield* fixture.setCollects(world.entity.id, false)
  yield* fixture.revokeUnderwriting(mid, "supplements")
  yield* fixture.setStatus(mid, "closed")
  yield* registry.stop({ mid, by: w.app, reason: "test" })
  const reason = w
    .open(world, session.id, { candidates: world.candidates.slice(0, 1) })
    .pipe(Effect.map((opening) => opening._tag === "NonePermitted" && opening.passedOver[0]?.reason))
  expect(yield* reason).toBe("kill_switch_on")
  yield* (yield* StorageFixture).resume(mid)
  expect(yield* reason).toBe("not_active")
  yield* fixture.setStatus(mid, "active")
  expect(yield* reason).toBe("not_underwritten")
})

/** An entity that stopped collecting is charged for on none of its accounts. */
export const anEntityThatCannotCollectIsNotChargedFor = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  yield* (yield* StorageFixture).setCollects(world.entity.id, false)
  expect(yield* w.open(world, session.id)).toEqual({
    _tag: "NonePermitted",
    passedOver: world.candidates.map(({ mid }) => ({ mid, reason: "entity_cannot_collect" }))
  })
})

/** If nobody may be charged nothing is written, not even the key. */
export const nonePermittedWritesNothing = Effect.gen(function* () {
  const registry = yield* EntityRegistry
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const request = w.confirmation(w.fresh())
  const candidates = world.candidates.slice(0, 1)
  const [{ mid }] = world.candidates
  yield* registry.stop({ mid, by: w.app, reason: "test" })
  const before = yield* w.everythingOf(session.id)
  expect(yield* w.open(world, session.id, { candidates, request })).toEqual({
    _tag: "NonePermitted",
    passedOver: [{ mid, reason: "kill_switch_on" }]
  })
  expect(yield* w.open(world, session.id, { candidates: [], request })).toEqual({
    _tag: "NonePermitted",
    passedOver: []
  })
  expect(yield* w.everythingOf(session.id)).toEqual(before)
  yield* (yield* StorageFixture).resume(mid)
  expect((yield* w.open(world, session.id, { candidates, request }))._tag).toBe("Permitted")
})

/** The same confirmation again answers where the first led, in whatever state, and sends nothing. */
export const aConfirmationReplays = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const request = w.confirmation(w.fresh())
  const opening = yield* w.open(world, session.id, { request })
  if (opening._tag !== "Permitted") return yield* Effect.die(opening._tag)
  expect(yield* w.open(world, session.id, { request })).toEqual({
    _tag: "ConfirmReplayed",
    state: "processing",
    captured: false
  })
  yield* w.record(opening.permit, w.declined())
  expect(yield* w.open(world, session.id, { request })).toEqual({
    _tag: "ConfirmReplayed",
    state: "pending",
    captured: false
  })
  expect(yield* w.attemptStates(session.id)).toEqual(["declined"])
})

/** A key that confirmed one card or one session confirms no other; judged before the state. */
export const aConfirmationKeyIsOfOneRequest = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const other = yield* w.declared(world)
  const key = w.fresh()
  yield* w.open(world, session.id, { request: w.confirmation(key) })
  const before = yield* w.everythingOf(session.id)
  expect(yield* w.open(world, session.id, { request: w.confirmation(key, "tok_2") })).toMatchObject({
    _tag: "ConfirmKeyReused",
    earlierSession: session.id,
    earlierBody: { vaultToken: { vaultId: "stub", tokenRef: "tok_1" }, riskLevel: "low" }
  })
  expect(yield* w.open(world, other.id, { request: w.confirmation(key) })).toMatchObject({
    _tag: "ConfirmKeyReused",
    earlierSession: session.id
  })
  expect(yield* w.everythingOf(session.id)).toEqual(before)
  expect(yield* w.stateOf(other.id)).toBe("pending")
  // Another principal's key, and the key of a declaration, are other keys.
  const declaration = w.declarationIn(world)
  const declaring = yield* ledger.declare(declaration, w.long, {
    by: w.app,
    idempotencyKey: key,
    body: w.configOf(declaration)
  })
  expect(declaring._tag).toBe("Created")
  const request = { ...w.confirmation(key), by: Principal.make("another_app") }
  expect((yield* w.open(world, other.id, { request }))._tag).toBe("Permitted")
})

/** After a decline the customer may try again, with new ordinals and fences, until the rounds are used up. */
export const roundsAreUsedUp = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  for (let round = 1; round <= mostRounds; round++) {
    const permit = yield* w.opened(world, session.id)
    expect(permit.attempt).toMatchObject({ ordinal: round, fence: round })
    const { session: state } = yield* w.record(permit, w.declined("hard"))
    expect(state, `after round ${round}`).toBe(round === mostRounds ? "failed" : "pending")
  }
  expect((yield* w.written(session.id)).decisions.map(({ round }) => round)).toEqual([1, 2, 3, 4, 5])
  expect(yield* w.open(world, session.id)).toEqual({ _tag: "NotPayable", state: "failed" })
  expect(yield* w.eventTypes(session.id)).toEqual(
    Array.from({ length: mostRounds }, () => "payment.declined.v1")
  )
})

/** However many open a session at once, one is permitted. */
export const neverTwoLiveAttempts = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const openings = yield* Effect.forEach(
    Array.from({ length: 10 }, (_, nr) => world.candidates.slice(nr % 3)),
    (candidates) => w.open(world, session.id, { candidates }),
    { concurrency: "unbounded" }
  )
  expect(openings.filter(({ _tag }) => _tag === "Permitted")).toHaveLength(1)
  expect(openings.filter(({ _tag }) => _tag === "NotPayable")).toHaveLength(9)
  expect(yield* w.attemptStates(session.id)).toEqual(["in_flight"])
})

/** However many send the same confirmation at once, one is permitted and the others are replays of it. */
export const aDoubleClickIsOneConfirmation = Effect.gen(function* () {
  const world = yield* w.newWorld
  const session = yield* w.declared(world)
  const request = w.confirmation(w.fresh())
  const openings = yield* Effect.forEach(
    Array.from({ length: 6 }),
    () => w.open(world, session.id, { request }),
    { concurrency: "unbounded" }
  )
  expect(openings.map(({ _tag }) => _tag).toSorted()).toEqual([
    ...Array.from({ length: 5 }, () => "ConfirmReplayed"),
    "Permitted"
  ])
})

/** Cancel and confirm at once: one of them wins. */
export const cancelAndConfirmExcludeEachOther = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  for (let round = 0; round < 5; round++) {
    const session = yield* w.declared(world)
    const [opening, cancelling] = yield* Effect.all(
      [w.open(world, session.id), ledger.cancel(session.id, w.app)],
      { concurrency: "unbounded" }
    )
    const permitted = opening._tag === "Permitted"
    expect(cancelling?.cancelled).toBe(!permitted)
    expect(yield* w.stateOf(session.id)).toBe(permitted ? "processing" : "cancelled")
    expect(yield* w.attemptStates(session.id)).toEqual(permitted ? ["in_flight"] : [])
  }
})
