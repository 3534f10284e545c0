import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as RefundLedgerPg from "../../src/db/RefundLedgerPg.ts"
import { PaymentReads } from "../../src/db/reads/PaymentReads.ts"
import { everything } from "../../src/kernel/access/Scope.ts"
import { Declined } from "../../src/kernel/cascade/Disposition.ts"
import { Principal } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import { RefundLedger, type RefundOutcome } from "../../src/kernel/refunds/RefundLedger.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"

/** Tables that grow with every refund and every payment. */
const growing = ["refunds", "refund_evidence", "returns", "disputes", "captures", "attempts"]

const by = Principal.make("test")
const evidence = { code: "said_so", message: "the processor said so" }

it.layer(pgStorage, { excludeTestServices: true })("the steps of refunds and disputes", (it) => {
  it.effect("scan no table that grows, even when their plans were made while it was empty", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      const world = yield* w.newWorld
      for (const table of growing) yield* owner`analyze ${owner(table)}`
      const oneConnection = Layer.mergeAll(RefundLedgerPg.layer, PaymentReads.layer).pipe(
        Layer.provideMerge(connect("payments_app", 1))
      )
      const scanned = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const ledger = yield* RefundLedger
        const reads = yield* PaymentReads
        const slice = { size: 5, from: "start" } as const
        // Often enough that PostgreSQL settles on plans that it keeps.
        for (let nr = 0; nr < 12; nr++) {
          const { session, permit } = yield* w.charging(world)
          const capture = w.captured()
          yield* w.record(permit, capture)
          const { mid, money } = permit.attempt
          const charge = capture._tag === "Captured" ? capture.processorReference : ""
          const back = `back_${w.fresh()}`
          const outcomes: ReadonlyArray<RefundOutcome> = [
            { _tag: "Indeterminate", evidence, refundReference: back },
            { _tag: "Refunded", refundReference: back, money: new Money({ ...money, amount: 1 }), evidence }
          ]
          for (const outcome of outcomes) {
            const body = { session, amount: 1, reason: "it came back" }
            const request = { by, idempotencyKey: w.fresh(), body }
            yield* ledger.refundable(request)
            const order = {
              ...body,
              mid,
              processorReference: charge,
              kind: "refund",
              lease: Duration.zero
            } as const
            const opening = yield* ledger.open(order, request)
            if (opening._tag !== "Permitted") continue
            yield* ledger.takeOver(5)
            yield* ledger.record({ refund: opening.refund.id, outcome, source: "driver", by })
            yield* ledger.claimUnresolved(5, Duration.zero)
            yield* ledger.find(mid, { refundReference: back })
            yield* ledger.find(mid, { refundReference: back, processorReference: charge })
            yield* ledger.record({
              refund: opening.refund.id,
              outcome: outcomes[1] ?? outcome,
              source: "lookup",
              by
            })
            yield* ledger.find(mid, { refundReference: back, processorReference: charge })
          }
          for (const refundReference of [`x${back}`, back]) {
            const found = yield* ledger.find(mid, { refundReference, processorReference: charge })
            for (const outcome of [
              {
                _tag: "Refunded",
                refundReference,
                money: new Money({ ...money, amount: 1 }),
                evidence
              } as const,
              new Declined({ kind: "hard", processorReference: refundReference, evidence })
            ]) {
              const read = { mid, processorReference: charge, refundReference, outcome, refunded: 4, by }
              yield* ledger.recordReturn({ ...read, source: "webhook", version: found?.version ?? 0 })
            }
          }
          const dispute = {
            disputeReference: w.fresh(),
            processorReference: charge,
            money,
            reason: "fraudulent"
          }
          for (const state of ["open", "won"] as const) {
            yield* ledger.recordDispute(mid, { ...dispute, state }, DateTime.makeUnsafe(nr))
          }
          yield* ledger.ofSession(session)
          yield* reads.refundsOf(everything, [session], slice)
          yield* reads.disputesOf(everything, [session], slice)
          yield* reads.capturesOf(everything, [session])
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
