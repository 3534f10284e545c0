import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as WebhookInboxPg from "../../../src/db/webhooks/WebhookInboxPg.ts"
import { type ClaimedWebhook, WebhookInbox } from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"

it.layer(pgStorage, { excludeTestServices: true })("webhooks that are due", (it) => {
  it.effect("are taken of each account in turn, however many of one wait, and no more of them are read", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      const world = yield* w.newWorld
      const [flooded, , quiet] = world.accounts
      // What is known of the backlog is from when there was none.
      yield* owner`analyze webhook_inbox`
      yield* owner`alter table webhook_inbox set (autovacuum_enabled = false)`

      /** So many of an account, due one after the other, the oldest first; tried so often. */
      const waiting = (mid: string, many: number, subject: string, tries: number, age: number) => owner`
        insert into webhook_inbox (provider, mid_id, entity_id, event_id, type, subjects, tries, next_try_at)
        select provider, mid_id, entity_id, ${`msg_${subject}_${tries}_`} || nr, 'charge.updated',
          jsonb_build_array(jsonb_build_object('_tag', ${subject}::text)), ${tries},
          now() - ${age} * interval '1 hour' + nr * interval '1 millisecond'
        from merchant_accounts, generate_series(1, ${many}) nr where mid_id = ${mid}`
      const of = (claimed: ReadonlyArray<ClaimedWebhook>, { id }: { readonly id: string }) =>
        claimed.filter(({ mid }) => mid === id).length

      const oneConnection = WebhookInboxPg.layer.pipe(Layer.provideMerge(connect("payments_app", 1)))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* WebhookInbox
        const claim = (lane: "asking" | "others") =>
          inbox.claim(
            lane === "asking" ? { of: flooded.provider } : { besides: [flooded.provider] },
            10,
            w.long
          )
        /** Rows of the inbox that were read by whichever way. */
        const read = Effect.gen(function* () {
          yield* sql`select pg_stat_force_next_flush()`
          const [row] = yield* sql<{ readonly rows: number; readonly scanned: number }>`
            select (select sum(idx_tup_read)::int from pg_stat_user_indexes where relname = 'webhook_inbox') as rows,
              (select seq_scan::int from pg_stat_user_tables where relname = 'webhook_inbox') as scanned`
          return row ?? assert.fail("nothing is counted")
        })
        for (let nr = 0; nr < 12; nr++) yield* claim("asking")
        for (const subject of ["Charge", "Other"]) {
          yield* waiting(flooded.id, 5000, subject, 0, 3)
          yield* waiting(flooded.id, 5000, subject, 1, 4)
          yield* waiting(quiet.id, 1, subject, 0, 1)
          yield* waiting(quiet.id, 1, subject, 3, 2)
        }
        for (const lane of ["asking", "others"] as const) {
          const before = yield* read
          const first = yield* claim(lane)
          const after = yield* read
          assert.strictEqual(first.length, 10)
          assert.strictEqual(of(first, quiet), 2)
          // Who was never tried goes first, and who was tried is not kept waiting by news without end.
          const ofFlooded = first.filter(({ mid }) => mid === flooded.id)
          const tries = yield* Effect.forEach(
            ofFlooded,
            ({ nr }) =>
              owner<{ readonly tries: number }>`select tries from webhook_inbox where webhook_nr = ${nr}`
          )
          assert.deepStrictEqual(
            tries.flat().map((one) => one.tries),
            [0, 1, 0, 1, 0, 1, 0, 1]
          )
          // Ten of each line at most, and each that is taken twice more.
          assert.isBelow(after.rows - before.rows, 120)
          assert.strictEqual(after.scanned, before.scanned)

          // Alone, one account has all of it; and nobody is given what somebody has.
          const second = yield* claim(lane)
          assert.strictEqual(of(second, flooded), 10)
          assert.isEmpty(second.filter(({ nr }) => first.some((one) => one.nr === nr)))
        }
      }).pipe(Effect.provide(Layer.fresh(oneConnection), { local: true }))
    })
  )
})
