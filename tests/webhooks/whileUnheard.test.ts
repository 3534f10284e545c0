// While the inbox holds a webhook that says of a charge that it took money, nobody is charged next: not the session, not
// another one of its order, whoever says no.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Declined, type Indeterminate, type Outcome } from "../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { SessionId } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import type { LookupResult } from "../../src/kernel/PaymentProvider.ts"
import { type KeptSubject, WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as w from "../suites/world.ts"
import { capturedAs, Door, due, inboxOf, recordsOf, says, silence, Truth, workOff } from "./support.ts"

const keyOf = ({ attempt }: Pick<SendPermit, "attempt">) => attempt.idempotencyKey
const referenceOf = (permit: SendPermit) => `ref_${permit.attempt.attempt}`

/** A webhook that its processor signed says that a charge took money. */
const tells = Effect.fnUntraced(function* (
  world: w.World,
  permit: Pick<SendPermit, "attempt">,
  named: Omit<Extract<KeptSubject, { readonly _tag: "Charge" }>, "_tag"> = { idempotencyKey: keyOf(permit) }
) {
  const { mid, provider, attempt } = permit.attempt
  yield* (yield* WebhookInbox).take({
    provider,
    mid,
    entity: world.entity.id,
    eventId: `msg_${attempt}`,
    type: "charge.succeeded",
    subjects: [{ _tag: "Charge", said: "captured", ...named }]
  })
})

const shows = (more: Partial<Pick<Declined, "undone" | "processorReference">> = {}) =>
  says({ _tag: "FoundDeclined", declined: new Declined({ ...w.declined("hard"), ...more }) })
const notFound: Effect.Effect<LookupResult, Indeterminate> = says({
  _tag: "NotFound",
  evidence: w.absent.evidence
})

const lastState = (permit: SendPermit) =>
  Effect.map(inboxOf(permit.attempt.mid), (rows) => rows.at(-1)?.state)

const inReview = { _tag: "NotPayable", state: "in_review" } as const

/** Its charge is older than any horizon. */
const old = Effect.fnUntraced(function* (id: SessionId) {
  const owner = yield* Owner
  yield* owner`alter table attempts disable trigger user`
  yield* owner`update attempts set written_at = written_at - interval '25 hours' where session_id = ${id}`
  yield* owner`alter table attempts enable trigger user`
})

/** What is declined, and said to be captured. */
const contradicted = Effect.fnUntraced(function* (world: w.World, order?: string) {
  const { id } = yield* w.declared(world, order === undefined ? {} : { orderReference: order })
  const permit = yield* w.opened(world, id, world.candidates.slice(0, 1))
  yield* w.record(permit, w.declined())
  yield* tells(world, permit)
  return { id, permit }
})

it.layer(Door.layer, { excludeTestServices: true })("what a webhook says was charged", (it) => {
  it.effect(
    "is not paid again before it is heard, alone or among others, and is no decline when it is asked for",
    () =>
      Effect.gen(function* () {
        const truth = yield* Truth
        const world = yield* w.newWorld
        const { id } = yield* w.declared(world)
        const request = w.confirmation("pays once")
        const opening = yield* w.open(world, id, { candidates: world.candidates.slice(0, 1), request })
        if (opening._tag !== "Permitted") return assert.fail(opening._tag)
        const { permit } = opening
        yield* w.record(permit, w.declined())
        assert.deepInclude(yield* w.open(world, id, { request }), { state: "pending", captured: false })

        yield* tells(world, permit)
        assert.deepStrictEqual(yield* w.open(world, id), inReview)
        assert.deepInclude(yield* w.open(world, id, { request }), { _tag: "ConfirmReplayed", captured: true })
        // Many at once are written in one statement; the others are charged.
        const others = yield* Effect.replicateEffect(w.declared(world), 5)
        const openings = yield* Effect.forEach([...others, { id }], (one) => w.open(world, one.id), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          openings.map(({ _tag }) => _tag),
          [...others.map(() => "Permitted"), "NotPayable"]
        )
        // Its processor still shows what it knew before, or nothing, or does not answer.
        for (const stale of [shows(), notFound, silence]) {
          truth.of.set(keyOf(permit), stale)
          yield* due
          yield* workOff
          assert.strictEqual(yield* lastState(permit), "pending")
          assert.deepStrictEqual(yield* w.open(world, id), inReview)
        }
        assert.deepStrictEqual(yield* w.attemptStates(id), ["declined"])

        truth.of.set(keyOf(permit), capturedAs(referenceOf(permit)))
        yield* due
        yield* workOff
        assert.deepStrictEqual(yield* w.open(world, id), inReview)
        assert.deepInclude(yield* recordsOf(id), { session: "in_review", incidents: ["1 late_capture"] })
      })
  )

  it.effect("is paid with another card once it is heard that all of it was taken back", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const world = yield* w.newWorld
      const { id, permit } = yield* contradicted(world)
      assert.deepStrictEqual(yield* w.open(world, id), inReview)
      truth.of.set(keyOf(permit), shows({ undone: true }))
      yield* workOff
      assert.strictEqual((yield* w.open(world, id))._tag, "Permitted")

      // Its driver proves that, before the webhook is worked off: it is declined, and nobody is charged yet.
      const { session, permit: own } = yield* w.charging(world)
      yield* tells(world, own)
      const undone = new Declined({ ...w.declined(), undone: true })
      assert.deepStrictEqual(yield* w.record(own, undone, { next: world.candidates.slice(1) }), {
        attempt: "declined",
        session: "pending",
        passedOver: []
      })
      assert.deepStrictEqual(yield* w.open(world, session), inReview)
    })
  )

  it.effect("is named by its processor's reference as well, and by nothing of another account", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const { session, permit } = yield* w.charging(world)
      const processorReference = referenceOf(permit)
      yield* w.record(permit, new Declined({ ...w.declined(), processorReference }))
      const [, , third] = world.accounts
      const elsewhere = { attempt: { ...permit.attempt, mid: third.id } }
      yield* tells(world, elsewhere, { processorReference, idempotencyKey: keyOf(permit) })
      const { next, ...rest } = yield* w.open(world, session).pipe(
        Effect.map((opening) => ({
          ...opening,
          next: opening._tag === "Permitted" ? opening.permit : undefined
        }))
      )
      assert.strictEqual(rest._tag, "Permitted")
      if (next === undefined) return
      yield* tells(world, permit, { processorReference })
      assert.deepInclude(yield* w.record(next, w.declined()), {
        attempt: "indeterminate",
        session: "in_review"
      })
    })
  )

  it.effect("is not declined by its own driver, nor does the cascade go on", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      for (const together of [1, 4]) {
        const world = yield* w.newWorld
        const charges = yield* Effect.replicateEffect(w.charging(world), together)
        for (const { permit } of charges) yield* tells(world, permit)
        const recordings = yield* Effect.forEach(
          charges,
          ({ permit }) => w.record(permit, w.declined(), { next: world.candidates.slice(1) }),
          { concurrency: "unbounded" }
        )
        for (const [at, { session, permit }] of charges.entries()) {
          assert.deepStrictEqual(recordings[at], {
            attempt: "indeterminate",
            session: "in_review",
            passedOver: []
          })
          assert.deepStrictEqual(yield* w.attemptStates(session), ["indeterminate"])
          assert.deepStrictEqual(yield* w.open(world, session), inReview)
          truth.of.set(keyOf(permit), capturedAs(referenceOf(permit)))
        }
        yield* workOff
        for (const { session } of charges) {
          assert.deepInclude(yield* recordsOf(session), {
            session: "settled",
            captures: ["1 4200 USD"],
            incidents: null
          })
        }
      }
    })
  )

  it.effect("stays unknown whoever says no, until it is heard", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const no: ReadonlyArray<readonly [Outcome, "lookup" | "webhook"]> = [
        [w.declined(), "lookup"],
        [w.absent, "lookup"],
        [w.declined(), "webhook"],
        [w.absent, "webhook"]
      ]
      for (const shown of [notFound, silence, shows()]) {
        const world = yield* w.newWorld
        const { session, permit } = yield* w.charging(world)
        yield* w.record(permit, w.timeout)
        yield* tells(world, permit)
        yield* old(session)
        truth.of.set(keyOf(permit), shown)
        yield* workOff
        assert.strictEqual(yield* lastState(permit), "pending")
        for (const [outcome, source] of no) yield* w.record(permit, outcome, { source })
        assert.deepStrictEqual(yield* w.attemptStates(session), ["indeterminate"])
        assert.strictEqual(yield* w.stateOf(session), "in_review")
        truth.of.set(keyOf(permit), shows({ undone: true }))
        yield* due
        yield* workOff
        assert.deepStrictEqual(yield* w.attemptStates(session), ["declined"])
        assert.strictEqual(yield* w.stateOf(session), "pending")
      }
    })
  )

  it.effect(
    "keeps the cascade from going on after another attempt's decline, and the order from being free",
    () =>
      Effect.gen(function* () {
        const truth = yield* Truth
        const world = yield* w.newWorld
        const { id } = yield* w.declared(world)
        const first = yield* w.opened(world, id, world.candidates.slice(0, 1))
        const { next: second } = yield* w.record(first, w.declined(), { next: world.candidates.slice(1, 2) })
        if (second === undefined) return assert.fail("no second attempt")
        yield* tells(world, first)
        const { next, ...recorded } = yield* w.record(second, w.declined("hard"), {
          next: world.candidates.slice(2)
        })
        assert.isUndefined(next)
        assert.deepInclude(recorded, { attempt: "indeterminate", session: "in_review" })
        yield* w.record(second, w.absent, { source: "lookup" })
        assert.strictEqual(yield* w.stateOf(id), "in_review")
        // Heard, the second one's decline is what it was.
        truth.of.set(keyOf(first), shows({ undone: true }))
        yield* workOff
        yield* w.record(second, w.declined("hard"), { source: "lookup" })
        assert.deepStrictEqual(yield* w.attemptStates(id), ["declined", "declined"])
        assert.strictEqual(yield* w.stateOf(id), "pending")
      })
  )

  it.effect("is not charged by another session of its order, whose own declines wait as well", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const world = yield* w.newWorld
      const order = `order_${w.fresh()}`
      const { id, permit } = yield* contradicted(world, order)
      yield* (yield* PaymentLedger).cancel(id, w.app)
      const again = yield* w.declared(world, { orderReference: order })
      assert.deepStrictEqual(yield* w.open(world, again.id), inReview)
      // Other orders, and sessions without one, are none of its business.
      for (const other of [{ orderReference: `order_${w.fresh()}` }, {}]) {
        yield* w.opened(world, (yield* w.declared(world, other)).id)
      }
      truth.of.set(keyOf(permit), shows({ undone: true }))
      yield* workOff
      const charging = yield* w.opened(world, again.id, world.candidates.slice(0, 1))

      yield* tells(world, charging, { idempotencyKey: keyOf(permit) })
      const recorded = yield* w.record(charging, w.declined(), { next: world.candidates.slice(1) })
      assert.deepInclude(recorded, { attempt: "indeterminate", session: "in_review" })
      assert.isUndefined(recorded.next)
    })
  )
})
