import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Database from "../../src/db/Database.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { Owner } from "./support/pgStorage.ts"
import { declare, everyTableOfTheApp, open, outcome, record, session } from "./support/scene.ts"

interface Row {
  readonly chain: string
  readonly position: number
  readonly micros: string
  readonly actor: string
  readonly action: string
  readonly detail: string
  readonly previous: string
  readonly hash: string
}

const everyRow = Effect.flatMap(
  Owner,
  (owner) => owner<Row>`
    select chain, position, (extract(epoch from at) * 1000000)::bigint::text as micros, actor, action,
      detail::text as detail, encode(previous_hash, 'hex') as previous, encode(hash, 'hex') as hash
    from audit order by chain, position`
)

/** The hash of a row by the text of the contract, in another language than the database's. */
const hashOf = ({ chain, position, micros, actor, action, detail, previous }: Row): string => {
  const parts = [chain, String(position), micros, actor, action, detail]
  // PostgreSQL counts characters, not the halves that JavaScript stores some of them in.
  const told = parts.map((part) => `${[...part].length}:${part}`).join(",")
  return createHash("sha256").update(Buffer.from(previous, "hex")).update(told, "utf8").digest("hex")
}

/** The faults of all chains, as `chain position`. */
const faults = Effect.flatMap(
  SqlClient.SqlClient,
  (app) => app<{ readonly chain: string; readonly position: number; readonly fault: string }>`
    select * from audit_faults() order by 1, 2, 3`
)

/** Some SQL of somebody who may do everything, with the triggers off; it stays. */
const tamper = (statement: string) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`set session_replication_role = replica`
      yield* sql`set search_path = payments`
      yield* sql.unsafe(statement)
    }).pipe(Effect.provide(Database.administrator(url), { local: true }))
  })

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.appLayer)), { excludeTestServices: true })(
  "the audit's chains",
  (it) => {
    const chain = session(1)

    it.effect("hold by a computation of their own", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const statement of everyTableOfTheApp) yield* sql.unsafe(statement)
        for (const nr of [2, 3]) {
          yield* sql.unsafe(declare(nr))
          yield* sql.unsafe(open(nr))
          yield* sql.unsafe(record(nr, 1, outcome.indeterminate))
        }
        for (const reason of ['naïve, "quoted": 1', "again"]) {
          yield* sql`select stop_account(${JSON.stringify({ mid: "mid_bio_1", by: "Zoë 🔑", reason })}::jsonb)`
        }
        const rows = yield* everyRow
        const last = new Map<string, Row>()
        for (const row of rows) {
          const before = last.get(row.chain)
          assert.strictEqual(row.position, (before?.position ?? 0) + 1)
          assert.strictEqual(row.previous, before?.hash ?? "")
          assert.strictEqual(row.hash, hashOf(row))
          last.set(row.chain, row)
        }
        assert.deepStrictEqual([...last.keys()], ["mid:mid_bio_1", session(1), session(2), session(3)])
        assert.deepStrictEqual(
          [...last.values()].map(({ position }) => position),
          [2, 8, 3, 3]
        )
        assert.deepStrictEqual(yield* faults, [])
      })
    )

    // Each is found, named, and put right again by the same hand, so that the next one starts from sound chains.
    const tamperings = [
      {
        what: "a row with another actor",
        does: `update audit set actor = 'nobody' where (chain, position) = ('${chain}', 2)`,
        undoes: `update audit set actor = 'test' where (chain, position) = ('${chain}', 2)`,
        found: [[2, "it was changed"]]
      },
      {
        what: "a row with one byte of its detail flipped",
        does: `update audit set detail = jsonb_set(detail, '{amount}', '3501') where (chain, position) = ('${chain}', 1)`,
        undoes: `update audit set detail = jsonb_set(detail, '{amount}', '3500') where (chain, position) = ('${chain}', 1)`,
        found: [[1, "it was changed"]]
      },
      {
        what: "a row that was changed together with its hash",
        does: `create table kept as select * from audit where (chain, position) = ('${chain}', 2);
          update audit set actor = 'nobody', hash = audit_hash(chain, position, at, 'nobody', action, detail, previous_hash)
            where (chain, position) = ('${chain}', 2)`,
        undoes: `update audit a set actor = k.actor, hash = k.hash from kept k
            where (a.chain, a.position) = (k.chain, k.position); drop table kept`,
        found: [[3, "it does not follow from the row before it"]]
      },
      {
        what: "a row that is gone from the middle",
        does: `create table kept as select * from audit where (chain, position) = ('${chain}', 3);
          delete from audit where (chain, position) = ('${chain}', 3)`,
        undoes: "insert into audit select * from kept; drop table kept",
        found: [[4, "rows before it are missing"]]
      },
      {
        what: "the last row that is gone",
        does: `create table kept as select * from audit where (chain, position) = ('${chain}', 8);
          delete from audit where (chain, position) = ('${chain}', 8)`,
        undoes: "insert into audit select * from kept; drop table kept",
        found: [[8, "it is not the end that was written"]]
      },
      {
        what: "a chain that is gone altogether",
        does: `create table kept as select * from audit where chain = '${chain}'; delete from audit where chain = '${chain}'`,
        undoes: "insert into audit select * from kept; drop table kept",
        found: [[8, "it is not the end that was written"]]
      },
      {
        what: "two rows in the other order",
        does: `update audit set position = 5 - position + 1000 where chain = '${chain}' and position in (2, 3);
          update audit set position = position - 1000 where chain = '${chain}' and position > 1000`,
        undoes: `update audit set position = 5 - position + 1000 where chain = '${chain}' and position in (2, 3);
          update audit set position = position - 1000 where chain = '${chain}' and position > 1000`,
        found: [
          [2, "it does not follow from the row before it"],
          [2, "it was changed"],
          [3, "it does not follow from the row before it"],
          [3, "it was changed"],
          [4, "it does not follow from the row before it"]
        ]
      }
    ]
    for (const { what, does, undoes, found } of tamperings) {
      it.effect(`show ${what}, in that chain only`, () =>
        Effect.gen(function* () {
          yield* tamper(`do $$ begin ${does}; end $$`)
          assert.deepStrictEqual(
            (yield* faults).map(({ chain: of, position, fault }) => [of, position, fault]),
            found.map(([position, fault]) => [chain, position, fault])
          )
          yield* tamper(`do $$ begin ${undoes}; end $$`)
          assert.deepStrictEqual(yield* faults, [])
        })
      )
    }
  }
)
