import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { OperationsReads } from "../../../src/db/operations/OperationsReads.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { everyEventTable, fanOut } from "../support/eventScene.ts"
import { Owner } from "../support/pgStorage.ts"
import { inReview, request } from "../support/reviewScene.ts"
import { everyTable, withoutTriggers } from "../support/scene.ts"
import { take } from "../support/webhookScene.ts"

const tables = ["attempts", "refunds", "outbox", "event_deliveries", "webhook_inbox", "incidents", "reviews"]

/** Something of everything that waits, or that nobody waits for any more. */
const scene: ReadonlyArray<string> = [
  ...everyTable,
  ...everyEventTable,
  ...inReview(5),
  ...inReview(6),
  request(5),
  fanOut(),
  take("waits"),
  take("waits_too"),
  take("dead"),
  ...tables.map(withoutTriggers),
  "update attempts set written_at = now() - interval '2 hours' where session_id like '%5'",
  "update outbox set delivered_at = now()",
  "update outbox set delivered_at = null, occurred_at = now() - interval '3 hours' where event_nr = 1",
  "update event_deliveries set next_try_at = now() - interval '1 hour' where state = 'pending'",
  "update webhook_inbox set received_at = now() - interval '4 hours' where event_id = 'msg_waits'",
  "update webhook_inbox set state = 'dead_letter', trouble = 'failed', problem = 'no', next_try_at = null where event_id = 'msg_dead'",
  "update refunds set state = 'indeterminate', resolved_at = null, refund_reference = null, written_at = now() - interval '5 hours', next_check_at = now()"
]

const hours = (seconds: number): number => Math.floor(seconds / 3600)

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer)), { excludeTestServices: true })(
  "the figures of those on call",
  (it) => {
    it.effect("count what waits, how long it has, and what was given up, and scan no table that grows", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const { connect } = yield* TestDatabase
        for (const statement of scene) yield* owner.unsafe(statement)
        const oneConnection = OperationsReads.layer.pipe(Layer.provideMerge(connect("payments_app", 1)))
        yield* Effect.gen(function* () {
          const { figures, shape } = yield* OperationsReads
          const sql = yield* SqlClient.SqlClient
          const found = yield* figures
          assert.deepStrictEqual(
            {
              ...found,
              oldestInReview: hours(found.oldestInReview),
              oldestInOutbox: hours(found.oldestInOutbox),
              oldestDelivery: hours(found.oldestDelivery),
              oldestWebhook: hours(found.oldestWebhook),
              oldestRefundInReview: hours(found.oldestRefundInReview)
            },
            {
              inReview: [{ provider: "stub_a", mid: "mid_goods_1", attempts: 2 }],
              oldestInReview: 2,
              inFlight: 0,
              refundsInReview: 1,
              oldestRefundInReview: 5,
              outbox: 1,
              oldestInOutbox: 3,
              deliveriesDue: 2,
              oldestDelivery: 1,
              deliveriesDead: 0,
              subscriptionsFailing: 0,
              webhooksPending: 2,
              oldestWebhook: 4,
              webhooksDead: 1,
              incidents: 1,
              reviews: 1
            }
          )
          yield* owner.unsafe("update event_deliveries set state = 'exhausted', next_try_at = null")
          yield* owner.unsafe("update event_subscriptions set failing_since = now()")
          yield* owner.unsafe("update attempts set state = 'in_flight' where session_id like '%6'")
          const after = yield* figures
          const { deliveriesDue, oldestDelivery, deliveriesDead, subscriptionsFailing, inFlight } = after
          assert.deepStrictEqual(
            { deliveriesDue, oldestDelivery, deliveriesDead, subscriptionsFailing, inFlight },
            { deliveriesDue: 0, oldestDelivery: 0, deliveriesDead: 2, subscriptionsFailing: 1, inFlight: 1 }
          )
          assert.strictEqual(yield* shape, "current")

          const scanned = yield* sql.withTransaction(
            Effect.andThen(
              sql`select operations_figures('{"most": 100}')`,
              sql<{ readonly name: string; readonly lookups: number; readonly scans: number }>`
                select relname as name, idx_scan::int as lookups, seq_scan::int as scans
                from pg_stat_xact_user_tables where schemaname = 'payments'`
            )
          )
          for (const table of tables) {
            const seen = scanned.find(({ name }) => name === table)
            assert.isAbove(seen?.lookups ?? 0, 0, table)
            assert.strictEqual(seen?.scans, 0, table)
          }
        }).pipe(Effect.provide(Layer.fresh(oneConnection), { local: true }))
      })
    )
  }
)
