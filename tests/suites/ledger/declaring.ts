import { Effect } from "effect"
import { expect } from "@effect/vitest"
import { CustomerId, Principal } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { StorageFixture } from "../StorageFixture.ts"
import * as w from "../world.ts"

/** What is declared is what is read back, and it is pending for its lifetime. */
export const whatIsDeclaredIsRead = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const declaration = w.declarationIn(yield* w.newWorld, { orderReference: `order_${w.fresh()}` })
  const declaring = yield* ledger.declare(declaration, w.long, { by: w.app, body: w.configOf(declaration) })
  expect(declaring._tag).toBe("Created")
  const session = yield* ledger.session(declaration.id)
  expect(session).toMatchObject({ ...declaration, state: "pending" })
  expect(session && session.expiresAt.epochMilliseconds - session.createdAt.epochMilliseconds).toBe(3_600_000)
  expect(declaring).toEqual({ _tag: "Created", session })
  expect(yield* ledger.declaration(declaration.id)).toEqual(declaration)
  expect(yield* ledger.attempts(declaration.id)).toEqual([])
  expect((yield* w.written(declaration.id)).auditRows).toBe(1)
})

export const whatIsUnknownIsAbsent = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const unknown = w.freshSessionId()
  expect(yield* ledger.session(unknown)).toBeUndefined()
  expect(yield* ledger.declaration(unknown)).toBeUndefined()
  expect(yield* ledger.attempts(unknown)).toEqual([])
  expect(yield* ledger.cancel(unknown, w.app)).toBeUndefined()
  expect(yield* ledger.claimFulfilment(unknown, w.app)).toBeUndefined()
})

/** The same key and body give the first session, as it is by now. */
export const aKeyReplaysItsSession = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const first = w.declarationIn(world)
  const second = w.declarationIn(world)
  const request = { by: w.app, idempotencyKey: w.fresh(), body: w.configOf(first) }
  yield* ledger.declare(first, w.long, request)
  yield* ledger.cancel(first.id, w.app)
  // The same request, its properties in another order and the absent ones left out.
  const { customer, brand, entity, mode, intent } = request.body
  const body = { mode, intent, entity, brand, customer }
  const replay = yield* ledger.declare(second, w.long, { ...request, body })
  expect(replay).toEqual({ _tag: "Replayed", session: yield* ledger.session(first.id) })
  expect(replay).toMatchObject({ session: { state: "cancelled" } })
  expect(yield* ledger.session(second.id)).toBeUndefined()
})

/** The same key with another body is refused and shows the earlier body. */
export const aKeyIsOfOneBody = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const first = w.declarationIn(world)
  const second = w.declarationIn(world)
  const request = { by: w.app, idempotencyKey: w.fresh(), body: w.configOf(first) }
  yield* ledger.declare(first, w.long, request)
  const before = yield* w.everythingOf(first.id)
  const reused = yield* ledger.declare(second, w.long, {
    ...request,
    body: { ...request.body, customer: "loop_user_2" }
  })
  expect(reused).toMatchObject({
    _tag: "KeyReused",
    earlierBody: { customer: "loop_user_1", entity: world.entity.id }
  })
  expect(yield* ledger.session(second.id)).toBeUndefined()
  expect(yield* w.everythingOf(first.id)).toEqual(before)
})

/** What a key declared can be asked for by the same request, and by no other; asking writes nothing. */
export const aKeyTellsWhatItDeclared = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const declaration = w.declarationIn(world)
  const request = { by: w.app, idempotencyKey: w.fresh(), body: w.configOf(declaration) }
  expect(yield* ledger.declaredBefore(request)).toBeUndefined()
  yield* ledger.declare(declaration, w.long, request)
  const before = yield* w.everythingOf(declaration.id)
  expect(yield* ledger.declaredBefore(request)).toMatchObject({
    _tag: "Replayed",
    session: { id: declaration.id }
  })
  expect(
    yield* ledger.declaredBefore({ ...request, body: { ...request.body, customer: "loop_user_2" } })
  ).toMatchObject({ _tag: "KeyReused", earlierBody: { customer: declaration.customer } })
  expect(yield* ledger.declaredBefore({ ...request, by: Principal.make("another_app") })).toBeUndefined()
  expect(yield* ledger.declaredBefore({ by: w.app, body: request.body })).toBeUndefined()
  expect(yield* w.everythingOf(declaration.id)).toEqual(before)
})

/** Principals have keys of their own, and a request without a key is never a replay. */
export const keysBelongToWhoAsks = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const idempotencyKey = w.fresh()
  const body = w.configOf(w.declarationIn(world))
  const requests = [
    { by: w.app, idempotencyKey, body },
    { by: Principal.make("another_app"), idempotencyKey, body },
    { by: w.app, body },
    { by: w.app, body }
  ]
  const tags = yield* Effect.forEach(requests, (request) =>
    ledger.declare(w.declarationIn(world), w.long, request)
  )
  expect(tags.map(({ _tag }) => _tag)).toEqual(["Created", "Created", "Created", "Created"])
})

/** While a session may still pay an order, or has paid it, no other is declared for it. */
export const anOrderHasOneLiveSession = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const orderReference = `order_${w.fresh()}`
  const again = () => {
    const declaration = w.declarationIn(world, { orderReference })
    return ledger.declare(declaration, w.long, {
      by: w.app,
      idempotencyKey: "of_a_refused_one",
      body: w.configOf(declaration)
    })
  }
  const first = yield* w.declared(world, { orderReference })
  expect(yield* again()).toEqual({ _tag: "OrderTaken", session: first.id, state: "pending" })
  const permit = yield* w.opened(world, first.id)
  expect(yield* again()).toMatchObject({ _tag: "OrderTaken", state: "processing" })
  yield* w.record(permit, w.timeout)
  expect(yield* again()).toMatchObject({ _tag: "OrderTaken", state: "in_review" })
  yield* w.record(permit, w.captured())
  expect(yield* again()).toMatchObject({ _tag: "OrderTaken", state: "settled" })
})

/** A session that failed, was cancelled or expired sets its order free; the refused ones left no key behind. */
export const anEndedSessionFreesItsOrder = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const orderReference = `order_${w.fresh()}`
  const idempotencyKey = w.fresh()
  const cancelled = yield* w.declared(world, { orderReference })
  const next = w.declarationIn(world, { orderReference })
  const request = { by: w.app, idempotencyKey, body: w.configOf(next) }
  expect((yield* ledger.declare(next, w.over, request))._tag).toBe("OrderTaken")
  yield* ledger.cancel(cancelled.id, w.app)
  expect((yield* ledger.declare(next, w.over, request))._tag).toBe("Created")
  yield* ledger.expireDue(w.everything)
  const failing = yield* w.declared(world, { orderReference })
  const permit = yield* w.opened(world, failing.id)
  yield* w.record(permit, w.absent)
  expect((yield* w.declared(world, { orderReference })).state).toBe("pending")
})

/** Two companies may use the same order reference. */
export const ordersBelongToTheirEntity = Effect.gen(function* () {
  const orderReference = `order_${w.fresh()}`
  yield* w.declared(yield* w.newWorld, { orderReference })
  yield* w.declared(yield* w.newWorld, { orderReference })
})

/** What the caller should have judged is refused by name all the same, and nothing is written, not even the key. */
export const launderingIsRefused = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const payer = w.company({ collects: false })
  const stranger = w.company()
  const payersBrand = w.brandOf(payer)
  yield* (yield* StorageFixture).seed({ entities: [payer, stranger], brands: [payersBrand] })
  const wrong = [
    [w.declarationIn(world, { category: "telehealth" }), "not_underwritten"],
    [w.declarationIn({ ...world, entity: payer, brand: payersBrand }), "entity_cannot_collect"],
    [w.declarationIn({ ...world, entity: stranger }), "brand_not_of_entity"]
  ] as const
  for (const [declaration, reason] of wrong) {
    const request = { by: w.app, idempotencyKey: w.fresh(), body: w.configOf(declaration) }
    expect(yield* ledger.declare(declaration, w.long, request)).toEqual({ _tag: "NotAllowed", reason })
    expect(yield* ledger.session(declaration.id)).toBeUndefined()
    expect(yield* ledger.declaredBefore(request)).toBeUndefined()
  }
})

/** Of many requests with one key one session comes. */
export const racingDeclarationsMakeOneSession = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const idempotencyKey = w.fresh()
  const body = { ...w.configOf(w.declarationIn(world)), customer: CustomerId.make("loop_user_3") }
  const answers = yield* Effect.forEach(
    Array.from({ length: 8 }, () => w.declarationIn(world)),
    (declaration) => ledger.declare(declaration, w.long, { by: w.app, idempotencyKey, body }),
    { concurrency: "unbounded" }
  )
  expect(answers.map(({ _tag }) => _tag).toSorted()).toEqual([
    "Created",
    ...Array.from({ length: 7 }, () => "Replayed")
  ])
  const ids = answers.map((answer) =>
    "session" in answer && typeof answer.session === "object" ? answer.session.id : ""
  )
  expect(new Set(ids).size).toBe(1)
})

/** Of many sessions for one order one is declared. */
export const racingDeclarationsTakeAnOrderOnce = Effect.gen(function* () {
  const ledger = yield* PaymentLedger
  const world = yield* w.newWorld
  const orderReference = `order_${w.fresh()}`
  const answers = yield* Effect.forEach(
    Array.from({ length: 8 }, () => w.declarationIn(world, { orderReference })),
    (declaration) => ledger.declare(declaration, w.long, { by: w.app, body: w.configOf(declaration) }),
    { concurrency: "unbounded" }
  )
  expect(answers.map(({ _tag }) => _tag).toSorted()).toEqual([
    "Created",
    ...Array.from({ length: 7 }, () => "OrderTaken")
  ])
})
