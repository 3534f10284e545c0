import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as WebhookInboxPg from "../../../src/db/webhooks/WebhookInboxPg.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { WebhookInbox } from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"

/** Tables that grow with every payment. */
const growing = ["webhook_inbox", "attempt_evidence", "attempts", "captures"]

const operator = Principal.make("development")

it.layer(pgStorage, { excludeTestServices: true })("the steps of webhooks that came in", (it) => {
  it.effect("scan no table that grows, even when their plans were made while it was empty", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const { connect } = yield* TestDatabase
      for (const table of growing) yield* owner`analyze ${owner(table)}`
      const world = yield* w.newWorld
      const [{ id: mid, provider }] = world.accounts
      const oneConnection = WebhookInboxPg.layer.pipe(Layer.provideMerge(connect("payments_app", 1)))
      const scanned = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const inbox = yield* WebhookInbox
        // Often enough that PostgreSQL settles on plans that it keeps.
        for (let nr = 0; nr < 12; nr++) {
          const { permit } = yield* w.charging(world)
          yield* w.record(permit, w.captured(`ref_${nr}`))
          const entity = world.entity.id
          const webhook = { provider, mid, entity, type: "charge", subjects: [{ _tag: "Other" }] } as const
          for (const at of [0, 1, 2]) yield* inbox.take({ ...webhook, eventId: `msg_${nr}_${at}` })
          const raw = { headers: {}, body: new Uint8Array() }
          yield* inbox.take({ ...webhook, subjects: [], eventId: `msg_${nr}`, raw, problem: "unreadable" })
          const [first, second, third] = yield* inbox.claim({ besides: [provider] }, 3, w.long)
          if (first === undefined || second === undefined || third === undefined) return assert.fail("none")
          yield* inbox.claim({ of: provider }, 3, w.long)
          yield* inbox.record(first, { outcome: "processed" })
          const trouble = { trouble: "unknown", problem: "" } as const
          yield* inbox.record(second, { outcome: "later", retryAfter: w.long, ...trouble })
          yield* inbox.record(third, { outcome: "dead_letter", ...trouble })
          yield* inbox.charge(mid, { idempotencyKey: permit.attempt.idempotencyKey })
          yield* inbox.charge(mid, { processorReference: `ref_${nr}` })
          yield* inbox.charge(mid, { processorReference: "nobody's" })
          const [letter] = yield* inbox.deadLetters(operator, { size: 2, from: "start" })
          yield* inbox.deadLetters(operator, { size: 2, from: "end", after: letter?.id.slice(3) })
          yield* inbox.replay(operator, letter?.id ?? "")
          yield* inbox.forgetBodies(Duration.zero, 1)
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
