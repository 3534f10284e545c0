// Many workers claim at once, each on a connection of its own, as fast as they can.
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import * as EventDeliveriesPg from "../../../src/db/events/EventDeliveriesPg.ts"
import { EventDeliveries } from "../../../src/kernel/events/EventDeliveries.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { fanOut, subscribe, subscription } from "../support/eventScene.ts"
import { Owner } from "../support/pgStorage.ts"
import { captured, declare, open, record } from "../support/scene.ts"

const workers = 8
const lease = Duration.hours(1)

const storage = EventDeliveriesPg.layer.pipe(
  Layer.provide(Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_app", workers)))),
  Layer.provideMerge(Owner.layer),
  Layer.provideMerge(TestDatabase.layer)
)

/** So many subscriptions that were told of so many events, of which nothing is delivered. */
const told = Effect.fnUntraced(function* (subscriptions: number, events: number) {
  const owner = yield* Owner
  for (let nr = 1; nr <= subscriptions; nr++) yield* owner.unsafe(subscribe(nr))
  for (const statement of [declare(1), open(1), record(1, 1, captured("ref_1")), fanOut()]) {
    yield* owner.unsafe(statement)
  }
  // The same event many times over stands for many events.
  yield* owner.unsafe(`with more as (
      insert into outbox (type, session_id, payload) select type, session_id, payload from outbox, generate_series(2, ${events})
      returning event_nr)
    select count(*) from more`)
  yield* owner.unsafe(fanOut(100_000))
})

const together = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.all(
    Array.from({ length: workers }, () => work),
    { concurrency: "unbounded" }
  )

it.layer(storage, { excludeTestServices: true, timeout: "60 seconds" })(
  "workers that claim at once",
  (it) => {
    it.effect("are never given the same delivery, nor more of one subscription than may be under way", () =>
      Effect.gen(function* () {
        yield* told(5, 300)
        const owner = yield* Owner
        const { claim } = yield* EventDeliveries
        const none = "update event_deliveries set claim = 0, claimed_until = null, next_try_at = now()"

        // Everything is claimed, a little at a time.
        const given: Array<string> = []
        const all = Effect.gen(function* () {
          let idle = 0
          while (idle < 3) {
            const claimed = yield* claim({ failing: false, limit: 3, each: 10_000, lease })
            given.push(...claimed.map((one) => `${one.subscription} ${one.event}`))
            idle = claimed.length === 0 ? idle + 1 : 0
          }
        })
        yield* together(all)
        assert.strictEqual(new Set(given).size, given.length)
        assert.strictEqual(given.length, 5 * 300)

        for (let round = 0; round < 60; round++) {
          yield* owner.unsafe(none)
          const claimed = (yield* together(claim({ failing: false, limit: 100, each: 2, lease }))).flat()
          const counts = Map.groupBy(claimed, (one) => one.subscription)
          assert.deepStrictEqual([...counts.keys()].toSorted(), [1, 2, 3, 4, 5].map(subscription))
          for (const [of, ofOne] of counts) assert.strictEqual(ofOne.length, 2, `${of} in round ${round}`)
        }
      })
    )
  }
)
