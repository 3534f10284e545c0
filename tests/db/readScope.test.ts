import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { PaymentReads } from "../../src/db/reads/PaymentReads.ts"
import type { Page } from "../../src/db/reads/Page.ts"
import type { ReadScope } from "../../src/db/reads/ReadScope.ts"
import { everything } from "../../src/kernel/access/Scope.ts"
import { AttemptId, SessionId } from "../../src/kernel/ids.ts"
import { house } from "../graphql/support.ts"
import { pastPayments } from "../support/pastPayments.ts"

const past = Layer.effectDiscard(pastPayments(400)).pipe(Layer.provideMerge(house))

const slice = { size: 100, from: "start" } as const

interface Owned {
  readonly entity: string
  readonly brand?: string
}

it.layer(past, { excludeTestServices: true })("what a caller may read", (it) => {
  it.effect("is a condition of every read: what is out of scope is not there", () =>
    Effect.gen(function* () {
      const reads = yield* PaymentReads
      const sql = yield* SqlClient.SqlClient
      const ofOthers = yield* sql<{ session: string; attempt: string }>`
        select a.session_id as session, a.attempt_id as attempt from attempts a
        join refunds r using (session_id) where a.entity_id <> 'loop_goods' limit 5`
      assert.isNotEmpty(ofOthers)
      const sessions = ofOthers.map(({ session }) => SessionId.make(session))
      const attempts = ofOthers.map(({ attempt }) => AttemptId.make(attempt))
      const order = "newest_first"
      /** Lists by themselves, and everything that is found by an id of somebody else's. */
      const all = (scope: ReadScope) => {
        const lists: ReadonlyArray<Effect.Effect<Page<Owned>, unknown>> = [
          reads.sessions(scope, {}, order, slice),
          reads.attempts(scope, {}, order, slice),
          reads.refunds(scope, {}, order, slice),
          reads.disputes(scope, {}, order, slice)
        ]
        const found: ReadonlyArray<Effect.Effect<ReadonlyMap<string, unknown>, unknown>> = [
          reads.sessionsById(scope, sessions),
          reads.attemptsById(scope, attempts),
          reads.attemptsOf(scope, sessions, slice),
          reads.attemptsOnMids(scope, ["mid_bio_1", "mid_health_1"], slice),
          reads.sessionsOfEntities(scope, ["loop_bio_labs", "loop_health"], slice),
          reads.refundsOf(scope, sessions, slice),
          reads.capturesOf(scope, sessions),
          reads.decisionsOf(scope, sessions),
          reads.evidenceOf(scope, attempts, slice),
          reads.auditOf(scope, sessions, slice),
          reads.auditOfAttempts(scope, attempts, slice),
          reads.eventsOf(scope, sessions, slice)
        ]
        return Effect.all({ lists: Effect.all(lists), found: Effect.all(found) })
      }
      const seen = yield* all(everything)
      for (const [nr, list] of seen.lists.entries()) assert.isNotEmpty(list.rows, `list ${nr}`)
      for (const [nr, found] of seen.found.entries()) assert.isAbove(found.size, 0, `read ${nr}`)
      const own = yield* all({ entities: ["loop_goods"] })
      for (const [nr, { rows }] of own.lists.entries()) {
        if (nr < 2) assert.isNotEmpty(rows)
        for (const { node } of rows) assert.strictEqual(node.entity, "loop_goods")
      }
      for (const [nr, found] of own.found.entries()) assert.strictEqual(found.size, 0, `read ${nr}`)
      const ofBrand = yield* all({ brands: ["loop-store"] })
      for (const { rows } of ofBrand.lists.slice(0, 2)) {
        assert.isNotEmpty(rows)
        for (const { node } of rows) assert.strictEqual(node.brand, "loop-store")
      }
      const nobody = yield* all({ entities: [], brands: ["loop-store"] })
      for (const { rows } of nobody.lists) assert.isEmpty(rows)
      const events = yield* reads.events({ entities: ["loop_goods"] }, {}, slice)
      assert.isNotEmpty(events.rows)
      for (const { node } of events.rows) assert.strictEqual(node.payload["entity"], "loop_goods")
      assert.isEmpty((yield* reads.events({ entities: [] }, {}, slice)).rows)
      assert.isEmpty((yield* reads.incidents({ entities: [] }, {}, slice)).rows)
    })
  )
})
