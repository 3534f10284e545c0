import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as OutboxPg from "../../src/db/OutboxPg.ts"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import { Outbox } from "../../src/kernel/Outbox.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"

/** Tables that grow with every payment. Those that grow with the group's companies are read whole. */
const growing = [
  "attempt_evidence",
  "attempts",
  "audit",
  "audit_heads",
  "captures",
  "fulfilments",
  "idempotency_keys",
  "incidents",
  "outbox",
  "payment_sessions",
  "postings",
  "routing_decisions"
]

it.layer(pgStorage, { excludeTestServices: true })("the money steps", (it) => {
  it.effect("read no more of a table as it grows, even when their plans were made while it was empty", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      const world = yield* w.newLiveWorld
      for (const table of growing) yield* owner`analyze ${owner(table)}`
      const oneConnection = Layer.mergeAll(PaymentLedgerPg.layer, OutboxPg.layer).pipe(
        Layer.provideMerge(connect("payments_app", 1))
      )
      const charged = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const ledger = yield* PaymentLedger
        const outbox = yield* Outbox
        // Often enough that PostgreSQL settles on plans that it keeps.
        for (let nr = 0; nr < 12; nr++) {
          const outcomes = [w.captured(), w.timeout, w.declined("hard"), w.declined()]
          for (const outcome of outcomes) {
            const declaration = w.declarationIn(world, { orderReference: `order_${w.fresh()}` })
            const { id } = declaration
            yield* ledger.declare(declaration, w.long, {
              by: w.app,
              idempotencyKey: w.fresh(),
              body: w.configOf(declaration)
            })
            const opening = yield* ledger.open(
              id,
              world.candidates,
              w.decisionFor(world, { cardBrand: "visa", fingerprint: w.fresh() }),
              w.confirmation(w.fresh())
            )
            if (opening._tag !== "Permitted") return assert.fail(opening._tag)
            yield* w.record(opening.permit, outcome, { next: world.candidates.slice(1, 2) })
            yield* w.record(opening.permit, w.captured(), { source: "webhook" })
            yield* ledger.claimFulfilment(id, w.app)
            yield* ledger.cancel(id, w.app)
            yield* ledger.session(id)
            yield* ledger.attempts(id)
          }
          yield* ledger.expireDue(5)
          yield* ledger.takeOver(5)
          yield* ledger.claimUnresolved(5, w.long)
          const events = yield* outbox.claim(5, w.long)
          yield* outbox.markDelivered(events.map((event) => event.id))
        }
        yield* sql`select pg_stat_force_next_flush()`
        return yield* sql<{ readonly name: string; readonly rows: number; readonly scans: number }>`
          select relname as name, n_tup_ins::int as rows, seq_scan::int as scans from pg_stat_user_tables
          where schemaname = 'payments'`
      }).pipe(Effect.provide(Layer.fresh(oneConnection), { local: true }))
      // One connection plans while there is nothing, the other while there is little.
      yield* charged
      const scanned = yield* charged
      const found = yield* owner<{ readonly name: string; readonly rows: number }>`
        select indexrelname as name, (idx_tup_read / idx_scan)::int as rows from pg_stat_user_indexes
        where schemaname = 'payments' and relname = any (${growing}) and idx_scan > 10
          and indexrelname not in ('outbox_undelivered', 'sessions_to_expire')`
      for (const table of growing) {
        const seen = scanned.find(({ name }) => name === table)
        assert.isAbove(seen?.rows ?? 0, 10, table)
        assert.strictEqual(seen?.scans, 0, table)
      }
      // Nor are many rows read where one is looked for; only the lists of what is due are long.
      assert.isAbove(found.length, 10)
      for (const { name, rows } of found) assert.isBelow(rows, 12, name)
    })
  )
})
