import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { againstCopy, type ChainEnd, verifyChains } from "../../src/db/audit/verifyChains.ts"
import * as Database from "../../src/db/Database.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { Owner } from "./support/pgStorage.ts"
import { declare, everyTableOfTheApp, open, outcome, record, session } from "./support/scene.ts"

/** Somebody who may do everything does it with the triggers off, is found out, and puts it right again. */
const tampered = <A, E, R>(does: string, look: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const administrator = Effect.provide(Database.administrator(url), { local: true })
    const run = (statements: string) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`set session_replication_role = replica`
        yield* sql`set search_path = payments`
        yield* sql.unsafe(`do $$ begin ${statements}; end $$`)
      }).pipe(administrator)
    yield* run(
      "create table kept as select * from audit; create table kept_heads as select * from audit_heads"
    )
    yield* run(does)
    const seen = yield* look
    yield* run(`delete from audit; insert into audit select * from kept; drop table kept;
      delete from audit_heads; insert into audit_heads select * from kept_heads; drop table kept_heads`)
    return seen
  })

/** In batches of two, so that chains lie in several. */
const verified = Effect.gen(function* () {
  const ends: Array<ChainEnd> = []
  const steps: Array<number> = []
  const found = yield* verifyChains({
    batch: 2,
    onProgress: (chains) => Effect.sync(() => void steps.push(chains)),
    onEnd: (end) => void ends.push(end)
  })
  return { ...found, ends, steps }
})

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.appLayer)), { excludeTestServices: true })(
  "walking the audit",
  (it) => {
    const chain = session(2)
    const at = (position: number) => `(chain, position) = ('${chain}', ${position})`

    it.effect("finds every row as it was written, in batches", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const statement of everyTableOfTheApp) yield* sql.unsafe(statement)
        for (const nr of [2, 3]) {
          yield* sql.unsafe(declare(nr))
          yield* sql.unsafe(open(nr))
          yield* sql.unsafe(record(nr, 1, outcome.indeterminate))
        }
        const { broken, chains, rows, ends, steps } = yield* verified
        assert.deepStrictEqual(broken, [])
        const [counted] = yield* sql<{ rows: number; chains: number }>`
          select count(*)::int as rows, count(distinct chain)::int as chains from audit`
        assert.deepStrictEqual({ rows, chains }, counted)
        assert.isAbove(steps.length, 1)
        assert.strictEqual(ends.length, chains)
        assert.deepStrictEqual(yield* againstCopy(ends), [])
      })
    )

    const tamperings: ReadonlyArray<readonly [what: string, does: string, position: number, fault: string]> =
      [
        ["a flipped byte", `update audit set actor = 'tesu' where ${at(2)}`, 2, "it was changed"],
        [
          "a row that was written anew with a hash that fits",
          `update audit set actor = 'tesu',
            hash = audit_hash(chain, position, at, 'tesu', action, detail, previous_hash) where ${at(2)}`,
          3,
          "it does not follow from the row before it"
        ],
        ["a deleted row", `delete from audit where ${at(2)}`, 3, "rows before it are missing"],
        ["the first row, deleted", `delete from audit where ${at(1)}`, 2, "rows before it are missing"],
        [
          "the last row, deleted",
          `delete from audit where ${at(3)}`,
          3,
          "it is not the end that was written"
        ],
        [
          "two rows in the other order",
          `update audit set position = 1003 - position where chain = '${chain}' and position in (1, 2);
          update audit set position = position - 1000 where chain = '${chain}' and position > 1000`,
          1,
          "it was changed"
        ],
        [
          "an end that is gone",
          `delete from audit_heads where chain = '${chain}'`,
          3,
          "it is not the end that was written"
        ],
        [
          "a chain that is gone",
          `delete from audit where chain = '${chain}'`,
          3,
          "it is not the end that was written"
        ],
        [
          "a chain that is gone together with its end",
          `delete from audit where chain = '${chain}'; delete from audit_heads where chain = '${chain}'`,
          1,
          "its whole chain is missing"
        ]
      ]
    for (const [what, does, position, fault] of tamperings) {
      it.effect(`names the first broken row: ${what}`, () =>
        Effect.gen(function* () {
          const { broken } = yield* tampered(does, verified)
          assert.strictEqual(broken[0]?.chain, chain)
          assert.strictEqual(broken[0]?.position, position)
          assert.isTrue(broken[0]?.faults.includes(fault), JSON.stringify(broken))
          assert.deepStrictEqual((yield* verified).broken, [])
        })
      )
    }

    it.effect("shows by a copy of the ends what was cut off, or written anew, together with its end", () =>
      Effect.gen(function* () {
        const { ends } = yield* verified
        const cut = `delete from audit where ${at(3)};
          update audit_heads h set position = 2, hash = a.hash from audit a
            where a.chain = h.chain and a.position = 2 and h.chain = '${chain}'`
        const anew = `update audit set actor = 'nobody', hash = audit_hash(chain, position, at, 'nobody', action, detail, previous_hash)
            where ${at(3)};
          update audit_heads h set hash = a.hash from audit a
            where a.chain = h.chain and a.position = h.position and h.chain = '${chain}'`
        for (const does of [cut, anew]) {
          const { within, beside } = yield* tampered(
            does,
            Effect.all({ within: Effect.map(verified, ({ broken }) => broken), beside: againstCopy(ends) })
          )
          assert.deepStrictEqual(within, [])
          assert.deepStrictEqual(beside, [{ chain, position: 3, faults: ["it is not what the copy has"] }])
        }
      })
    )
  }
)
