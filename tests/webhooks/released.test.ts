// What holds nobody up any more, because two persons signed against it or its processor showed that all was taken back, is
// looked into again: money that turns up after all is booked, and a person is called.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Declined } from "../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { asks, signs } from "../db/support/reviewScene.ts"
import * as w from "../suites/world.ts"
import { capturedAs, Door, due, inboxOf, recordsOf, says, silence, Truth, workOff } from "./support.ts"

const keyOf = ({ attempt }: Pick<SendPermit, "attempt">) => attempt.idempotencyKey

/** The processor says of a charge that it took money: whether that is news. */
const tells = Effect.fnUntraced(function* (world: w.World, { attempt }: SendPermit, event = "msg") {
  const { mid, provider, idempotencyKey } = attempt
  return yield* (yield* WebhookInbox).take({
    provider,
    mid,
    entity: world.entity.id,
    eventId: `${event}_${attempt.attempt}`,
    type: "charge.succeeded",
    subjects: [{ _tag: "Charge", said: "captured", idempotencyKey }]
  })
})

const shows = (more: Partial<Pick<Declined, "undone">> = {}) =>
  says({ _tag: "FoundDeclined", declined: new Declined({ ...w.declined("hard"), ...more }) })

const statesOf = (permit: SendPermit) =>
  Effect.map(inboxOf(permit.attempt.mid), (rows) => rows.map(({ state }) => state))

/** Tries what waits to the last; how often. */
const untilOver = Effect.fnUntraced(function* (permit: SendPermit) {
  let tries = 0
  while ((yield* statesOf(permit)).includes("pending") && tries < 50) {
    yield* due
    yield* workOff
    tries++
  }
  return tries
})

/** What a step in the database answers to a request of two operators. */
const stepped = Effect.fnUntraced(function* (name: "request_review" | "decide_review", request: object) {
  const owner = yield* Owner
  const [row] = yield* owner<{ readonly tag: string }>`
    select ${owner(`payments.${name}`)}(${JSON.stringify(request)}::jsonb) ->> '_tag' as tag`
  return row?.tag
})

const sign = Effect.fnUntraced(function* ({ attempt }: SendPermit) {
  const owner = yield* Owner
  yield* stepped("request_review", {
    by: asks,
    attempt: attempt.attempt,
    conclusion: "declined",
    processorReference: `failed_${attempt.attempt}`,
    evidence: "the dashboard shows nothing",
    lifetimeMs: 3_600_000
  })
  const [review] = yield* owner<{ readonly nr: string }>`
    select max(review_nr)::text as nr from payments.reviews where attempt_id = ${attempt.attempt}`
  return yield* stepped("decide_review", {
    by: signs,
    approve: true,
    mostRounds: 5,
    nr: review?.nr
  })
})

const charging = Effect.fnUntraced(function* () {
  const world = yield* w.newWorld
  const { id } = yield* w.declared(world)
  const permit = yield* w.opened(world, id, world.candidates.slice(0, 1))
  return { world, id, permit }
})

/** Declined, said to be captured, given up and signed as declined. */
const closed = Effect.fnUntraced(function* () {
  const truth = yield* Truth
  const charge = yield* charging()
  const { world, id, permit } = charge
  yield* w.record(permit, w.declined())
  yield* tells(world, permit)
  truth.of.set(keyOf(permit), shows())
  yield* untilOver(permit)
  assert.deepStrictEqual(yield* statesOf(permit), ["dead_letter"])
  assert.deepStrictEqual(yield* w.open(world, id), { _tag: "NotPayable", state: "in_review" })
  assert.strictEqual(yield* sign(permit), "Decided")
  assert.deepStrictEqual(yield* statesOf(permit), ["processed"])
  return charge
})

const bookedLate = { session: "in_review", captures: ["1 4200 USD"], incidents: ["1 late_capture"] }

it.layer(Door.layer, { excludeTestServices: true })("what two persons signed against", (it) => {
  it.effect("is booked late when its event comes again and the money is shown, and is heard then", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { world, id, permit } = yield* closed()
      truth.of.set(keyOf(permit), capturedAs("ref_late"))
      assert.isTrue(yield* tells(world, permit))
      yield* workOff
      assert.deepInclude(yield* recordsOf(id), bookedLate)
      assert.deepStrictEqual(yield* statesOf(permit), ["processed"])
      // Heard, it is no news any more.
      assert.isFalse(yield* tells(world, permit))
      assert.deepStrictEqual(yield* statesOf(permit), ["processed"])
    })
  )

  it.effect("holds nobody up when it comes again, is looked into for a while, and is closed by itself", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { world, id, permit } = yield* closed()
      for (const _ of [1, 2]) {
        assert.isTrue(yield* tells(world, permit))
        yield* workOff
        assert.deepStrictEqual(yield* statesOf(permit), ["pending"])
        assert.deepInclude(yield* recordsOf(id), { session: "pending" })
        yield* untilOver(permit)
        assert.deepStrictEqual(yield* statesOf(permit), ["processed"])
      }
      assert.isTrue(yield* tells(world, permit))
      const next = yield* w.open(world, id)
      assert.strictEqual(next._tag, "Permitted")
      // A processor that shows the money later than it says so is heard as well.
      yield* workOff
      truth.of.set(keyOf(permit), capturedAs("ref_later"))
      yield* due
      yield* workOff
      assert.deepInclude(yield* recordsOf(id), { incidents: ["1 late_capture"] })
    })
  )

  it.effect("calls a person when its processor does not answer, and another event of it holds up anew", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { world, id, permit } = yield* closed()
      truth.of.set(keyOf(permit), silence)
      yield* tells(world, permit)
      yield* untilOver(permit)
      assert.deepStrictEqual(yield* statesOf(permit), ["dead_letter"])
      assert.deepInclude(yield* recordsOf(id), { session: "pending" })
      yield* tells(world, permit, "another")
      assert.deepStrictEqual(yield* w.open(world, id), { _tag: "NotPayable", state: "in_review" })
      // It is signed against while the first is still looked into.
      truth.of.set(keyOf(permit), shows())
      yield* untilOver(permit)
      assert.strictEqual(yield* sign(permit), "Decided")
      assert.strictEqual((yield* w.open(world, id))._tag, "Permitted")
    })
  )
})

it.layer(Door.layer, { excludeTestServices: true })("what is shown as taken back, and not by us", (it) => {
  const taken = Effect.fnUntraced(function* () {
    const truth = yield* Truth
    const charge = yield* charging()
    const { world, permit } = charge
    yield* w.record(permit, w.timeout)
    yield* tells(world, permit)
    truth.of.set(keyOf(permit), shows({ undone: true }))
    yield* workOff
    assert.deepStrictEqual(yield* w.attemptStates(charge.id), ["declined"])
    assert.deepStrictEqual(yield* statesOf(permit), ["pending"])
    return charge
  })

  it.effect("holds nobody up, and is booked late when the money is shown later", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      for (const [at, between] of [[], [silence], [shows(), shows({ undone: true })]].entries()) {
        const { world, id, permit } = yield* taken()
        const next = yield* w.open(world, id)
        if (next._tag !== "Permitted") return assert.fail(next._tag)
        yield* w.record(next.permit, w.captured(`ref_of_the_next_${at}`))
        assert.deepInclude(yield* recordsOf(id), { session: "settled", incidents: null })
        for (const shown of [...between, capturedAs(`ref_unvoided_${at}`)]) {
          truth.of.set(keyOf(permit), shown)
          yield* due
          yield* workOff
        }
        assert.deepInclude(yield* recordsOf(id), {
          captures: ["1 4200 USD", "2 4200 USD"],
          incidents: ["1 late_capture"]
        })
        assert.deepStrictEqual(yield* statesOf(permit), ["processed"])
      }
    })
  )

  it.effect(
    "is looked at a few times and no more, and is a dead letter when nobody answers to the last",
    () =>
      Effect.gen(function* () {
        const truth = yield* Truth
        for (const [shown, end] of [
          [shows({ undone: true }), "processed"],
          [shows(), "processed"],
          [silence, "dead_letter"]
        ] as const) {
          const { world, id, permit } = yield* taken()
          truth.of.set(keyOf(permit), shown)
          assert.strictEqual(yield* untilOver(permit), 3)
          assert.deepStrictEqual(yield* statesOf(permit), [end])
          assert.isFalse(yield* tells(world, permit))
          assert.strictEqual((yield* w.open(world, id))._tag, "Permitted")
        }
      })
  )
})
