import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as PageRecordPg from "../../../src/db/PageRecordPg.ts"
import * as RefundLedgerPg from "../../../src/db/RefundLedgerPg.ts"
import * as ReviewStorePg from "../../../src/db/reviews/ReviewStorePg.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { PageRecord } from "../../../src/kernel/operations/Paging.ts"
import { RefundLedger } from "../../../src/kernel/refunds/RefundLedger.ts"
import { ReviewStore } from "../../../src/kernel/reviews/ReviewStore.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"

/** Tables that grow with payments. */
const growing = [
  "attempts",
  "attempt_evidence",
  "captures",
  "incidents",
  "pages",
  "refunds",
  "refund_evidence",
  "returns",
  "reviews"
]

const asks = Principal.make("development")
const signs = Principal.make("development_second")

it.layer(pgStorage, { excludeTestServices: true })("the steps of reviews and of calls for a person", (it) => {
  it.effect("scan no table that grows, even when their plans were made while it was empty", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      for (const table of growing) yield* owner`analyze ${owner(table)}`
      const world = yield* w.newWorld
      const oneConnection = Layer.mergeAll(
        ReviewStorePg.layer,
        PageRecordPg.layer,
        RefundLedgerPg.layer
      ).pipe(Layer.provideMerge(connect("payments_app", 1)))
      const scanned = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const reviews = yield* ReviewStore
        const pages = yield* PageRecord
        const refunds = yield* RefundLedger
        // Often enough that PostgreSQL settles on plans that it keeps.
        for (let nr = 0; nr < 12; nr++) {
          const late = yield* w.charging(world)
          yield* w.record(late.permit, w.declined("hard"))
          yield* w.record(late.permit, w.captured())
          const evidence = "seen"
          for (const approve of [true, false]) {
            const { permit } = yield* w.charging(world)
            yield* w.record(permit, w.timeout)
            const { attempt } = permit.attempt
            const requesting = yield* reviews.request(
              asks,
              { attempt, conclusion: "declined", processorReference: w.fresh(), evidence },
              w.long,
              {}
            )
            if (requesting._tag !== "Requested") return assert.fail(requesting._tag)
            const { id } = requesting.review
            yield* reviews.get(asks, id)
            const deciding = yield* reviews.decide(signs, id, { approve, reason: "no" })
            assert.strictEqual(deciding._tag, "Decided")
          }
          const { permit } = yield* w.charging(world)
          yield* w.record(permit, w.timeout)
          const { attempt } = permit.attempt
          yield* reviews.request(
            asks,
            { attempt, conclusion: "declined", processorReference: w.fresh(), evidence },
            w.over,
            {}
          )
          yield* reviews.expireDue(5)
          const paid = yield* w.charging(world)
          const capture = w.captured()
          yield* w.record(paid.permit, capture)
          const opening = yield* refunds.open(
            {
              session: paid.session,
              mid: paid.permit.attempt.mid,
              processorReference: capture._tag === "Captured" ? capture.processorReference : "",
              amount: 1,
              kind: "refund",
              reason: "it came back",
              lease: Duration.zero
            },
            { by: asks, body: { session: paid.session, reason: "it came back" } }
          )
          if (opening._tag !== "Permitted") return assert.fail(opening._tag)
          const refund = opening.refund.id
          yield* refunds.takeOver(5)
          const failed = yield* reviews.request(
            asks,
            { refund, conclusion: "declined", processorReference: w.fresh(), evidence },
            w.long,
            {}
          )
          if (failed._tag !== "Requested") return assert.fail(failed._tag)
          assert.strictEqual(
            (yield* reviews.decide(signs, failed.review.id, { approve: true }))._tag,
            "Decided"
          )
          for (const open of [false, true]) {
            const [one] = yield* reviews.list(asks, { size: 2, from: "start", open })
            yield* reviews.list(asks, { size: 2, from: "end", open, after: one?.id.slice(3) })
          }
          yield* pages.raise(5, Duration.zero)
          const [page] = yield* pages.list(asks, { size: 2, from: "start" })
          yield* pages.list(asks, { size: 2, from: "end", after: page?.id.slice(3) })
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
