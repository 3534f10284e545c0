import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as EventDeliveriesPg from "../../../src/db/events/EventDeliveriesPg.ts"
import * as EventSubscriptionStorePg from "../../../src/db/events/EventSubscriptionStorePg.ts"
import { EventDeliveries } from "../../../src/kernel/events/EventDeliveries.ts"
import { SubscriptionId } from "../../../src/kernel/events/EventSubscription.ts"
import { EventSubscriptionStore } from "../../../src/kernel/events/EventSubscriptionStore.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"
import { declined } from "./support.ts"

/** Tables that grow with every payment. */
const growing = ["event_deliveries", "event_fan_out", "outbox"]

it.layer(pgStorage, { excludeTestServices: true })("the steps of events on their way out", (it) => {
  it.effect("scan no table that grows, even when their plans were made while it was empty", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      for (const table of growing) yield* owner`analyze ${owner(table)}`
      const oneConnection = Layer.mergeAll(EventSubscriptionStorePg.layer, EventDeliveriesPg.layer).pipe(
        Layer.provideMerge(connect("payments_app", 1))
      )
      const subscription = SubscriptionId.make(`es_${"0".repeat(26)}`)
      const own = { by: w.app, subscription }
      const bounds = { streak: w.long, disableAfter: w.long }
      const scanned = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* EventSubscriptionStore
        const deliveries = yield* EventDeliveries
        yield* store.create({ id: subscription, by: w.app, url: "https://shop.example/", sealed: "" }, 20)
        // Often enough that PostgreSQL settles on plans that it keeps.
        for (let nr = 0; nr < 12; nr++) {
          yield* declined(3)
          yield* deliveries.fanOut(100)
          for (const failing of [false, true]) {
            const claimed = yield* deliveries.claim({ failing, limit: 2, each: 8, lease: w.over })
            for (const [at, one] of claimed.entries()) {
              const outcome = at === 0 ? "delivered" : "failed"
              yield* deliveries.record(one, {
                outcome,
                status: 200,
                answer: "",
                retryAfter: w.over,
                ...bounds
              })
            }
          }
          for (const undelivered of [false, true]) {
            for (const from of ["start", "end"] as const) {
              const [first] = (yield* store.deliveries(own, { size: 2, from, undelivered })) ?? []
              const after = first?.event.slice("evt_".length)
              yield* store.deliveries(own, { size: 2, from, after, undelivered })
              if (after !== undefined) yield* store.replayDelivery(own, after)
            }
          }
          yield* store.replaySince(own, DateTime.makeUnsafe(0), false)
          while ((yield* deliveries.replay(5)) > 0);
        }
        yield* sql`select pg_stat_force_next_flush()`
        return yield* sql<{ readonly name: string; readonly lookups: number; readonly scans: number }>`
          select relname as name, idx_scan::int as lookups, seq_scan::int as scans from pg_stat_user_tables
          where schemaname = 'payments'`
      }).pipe(Effect.provide(Layer.fresh(oneConnection), { local: true }))
      for (const table of growing) {
        const seen = scanned.find(({ name }) => name === table)
        // The steps' own connection read it: what other connections count, they tell later.
        assert.isAbove(seen?.lookups ?? 0, 10, table)
        assert.strictEqual(seen?.scans, 0, table)
      }
    })
  )
})
