// Webhooks come in any order and as often as they like; what is on record afterwards is the same.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { array, nat, sample } from "fast-check"
import * as w from "../suites/world.ts"
import { aboutCharge, bodyOf, capturedAs, Door, recordsOf, send, Truth, workOff } from "./support.ts"

/**
 * A session whose first account declined and captured late, and whose second one is in review and has captured. Each
 * processor tells of its charge thrice: under the key, under its own reference, and under both.
 */
const scene = Effect.fnUntraced(function* (world: w.World) {
  const { of } = yield* Truth
  const session = (yield* w.declared(world)).id
  const first = yield* w.opened(world, session, [world.candidates[0]])
  const [, , third] = world.candidates
  const { next: second } = yield* w.record(first, w.declined(), { next: [third] })
  if (second === undefined) return yield* Effect.die("no second attempt")
  yield* w.record(second, w.timeout)
  const webhooks = [first, second].flatMap((permit, at) => {
    const { mid, idempotencyKey: key } = permit.attempt
    const reference = `ref_${at}_${w.fresh()}`
    of.set(key, capturedAs(reference))
    return [
      aboutCharge(mid, key),
      bodyOf({ object: "charge", mid, reference, key }),
      aboutCharge(mid, key, reference)
    ].map((body, nr) => ({ mid, body, id: `msg_${session}_${at}_${nr}` }))
  })
  return { session, webhooks }
})

const expected = {
  session: "settled",
  attempts: ["1 declined", "2 captured"],
  captures: ["1 4200 USD", "2 4200 USD"],
  postings: 8400,
  fulfilments: [2],
  incidents: ["1 late_capture"],
  charged: 1
}

/** Sends and works off webhooks of many sessions, one of each at a time, and compares what is on record. */
const inTheseOrders = Effect.fnUntraced(function* (orders: ReadonlyArray<ReadonlyArray<number>>) {
  const world = yield* w.newWorld
  const scenes = yield* Effect.forEach(orders, () => scene(world), { concurrency: 4 })
  const longest = Math.max(...orders.map((order) => order.length))
  for (let turn = 0; turn < longest; turn++) {
    yield* Effect.forEach(
      scenes,
      ({ webhooks }, at) => {
        const webhook = webhooks[orders[at]?.[turn] ?? -1]
        return webhook === undefined ? Effect.void : send(webhook.mid, webhook.body, { id: webhook.id })
      },
      { concurrency: 8, discard: true }
    )
    yield* workOff
  }
  for (const [at, { session }] of scenes.entries()) {
    assert.deepStrictEqual(yield* recordsOf(session), expected, `order ${String(orders[at])}`)
  }
})

const permutations = (items: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  items.length === 0
    ? [[]]
    : items.flatMap((one) =>
        permutations(items.filter((other) => other !== one)).map((rest) => [one, ...rest])
      )

it.layer(Door.layer, { excludeTestServices: true, timeout: "60 seconds" })("webhooks", (it) => {
  it.effect(
    "leave the same on record in every order of six",
    () =>
      Effect.gen(function* () {
        const orders = permutations([0, 1, 2, 3, 4, 5])
        assert.strictEqual(orders.length, 720)
        yield* inTheseOrders(orders)
      }),
    240_000
  )

  it.effect(
    "leave the same on record however often they are repeated",
    () =>
      Effect.gen(function* () {
        // Each of the two charges is told of at least once.
        const drawn = sample(
          array(nat({ max: 5 }), { minLength: 2, maxLength: 12 }).filter(
            (order) => order.some((nr) => nr < 3) && order.some((nr) => nr >= 3)
          ),
          { numRuns: 100, seed: 20_261_121 }
        )
        yield* inTheseOrders(drawn)
      }),
    120_000
  )

  it.effect("of a driver's own answer, told before, between or after, change nothing that it says", () =>
    Effect.gen(function* () {
      const { of } = yield* Truth
      for (const before of [0, 1, 2, 3]) {
        const { session, permit } = yield* w.charging(yield* w.newWorld)
        const { mid, idempotencyKey: key } = permit.attempt
        const reference = `ref_${w.fresh()}`
        of.set(key, capturedAs(reference))
        for (let nr = 0; nr < 3; nr++) {
          if (nr === before) yield* w.record(permit, w.captured(reference))
          yield* send(mid, aboutCharge(mid, key), { id: `msg_${nr}` })
          yield* workOff
        }
        if (before === 3) yield* w.record(permit, w.captured(reference))
        assert.deepInclude(yield* recordsOf(session), {
          session: "settled",
          captures: ["1 4200 USD"],
          fulfilments: [1],
          incidents: null,
          charged: 1
        })
      }
    })
  )
})
