import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { developmentIdOf } from "../../src/db/access/keyHash.ts"
import { Operation } from "../../src/kernel/access/Operation.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Runs statements as the owner of everything. */
export const asOwner = Effect.fnUntraced(function* (...statements: ReadonlyArray<string>) {
  const { connect } = yield* TestDatabase
  return yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const statement of statements) yield* sql.unsafe(statement)
  }).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

interface Grants {
  readonly operations?: ReadonlyArray<Operation>
  readonly entities?: ReadonlyArray<string>
  readonly brands?: ReadonlyArray<string>
  readonly revoked?: boolean
  /** Whose it is: an operator's or an app's. */
  readonly principal?: string
}

const list = (values: ReadonlyArray<string> | undefined) =>
  values === undefined ? "null" : `'{${values.join(",")}}'`

/** What only somebody who sees all companies decides. */
export const overAll: ReadonlyArray<Operation> = [
  "registry:write",
  "operations:manage",
  "keys:manage",
  "changes:request",
  "changes:approve"
]

/** SQL that makes a key which everybody may know, so that a test can say it. */
export const keyWith = (
  key: string,
  { operations = Operation.literals, entities, brands, revoked = false, principal = key }: Grants
): ReadonlyArray<string> => [
  `insert into principals (principal, operator) values ('${principal}', true) on conflict do nothing`,
  `insert into api_keys (key_id, principal, development, operations, entities, brands, revoked_at)
    values ('${developmentIdOf(key)}', '${principal}', true, ${list(operations)}, ${list(entities)}, ${list(brands)},
      ${revoked ? "now()" : "null"})`
]

export const allBut = (operation: Operation): ReadonlyArray<Operation> =>
  Operation.literals.filter((one) => one !== operation)

/** A key for everything of some companies or brands, as far as such a key may be. */
export const within = (scope: Pick<Grants, "entities" | "brands">): Grants => ({
  ...scope,
  operations: Operation.literals.filter((one) => !overAll.includes(one))
})
