import { Effect, Schema } from "effect"
import { SqlError, type SqlClient } from "effect/sql"
import { ProductCategory } from "../../../src/kernel/Category.ts"
import { EntityId } from "../../../src/kernel/ids.ts"
import { refusalOf } from "../../db/support/refusal.ts"

// What operators change in the database beside the ledger's statements.

export const Change = Schema.Struct({
  killSwitch: Schema.optionalKey(Schema.Boolean),
  priority: Schema.optionalKey(Schema.Int),
  entity: Schema.optionalKey(EntityId),
  underwrittenFor: Schema.optionalKey(Schema.Array(ProductCategory))
})
export type Change = typeof Change.Type

const isEdit = Schema.is(Schema.Tuple([Schema.String, Change]))

/** The arguments of an edit on a tape. What this file does not know is a defect: it would be left out silently. */
export const editOf = (input: unknown): readonly [mid: string, change: Change] => {
  if (isEdit(input) && Object.keys(input[1]).every((name) => name in Change.fields)) return input
  throw new Error(`nobody knows how to do this edit: ${JSON.stringify(input)}`)
}

/**
 * Changes an account as the owner of everything. Answers what was possible: an account that was ever to be charged
 * stays its company's for good, and is only taken out of its underwriting.
 */
export const change = Effect.fnUntraced(function* (
  owner: SqlClient.SqlClient,
  mid: string,
  { killSwitch, priority, entity, underwrittenFor }: Change,
  at: number
): Effect.fn.Return<Change, SqlError.SqlError> {
  if (killSwitch !== undefined)
    yield* owner`update merchant_accounts set kill_switch = ${killSwitch} where mid_id = ${mid}`
  if (priority !== undefined)
    yield* owner`update merchant_accounts set priority = ${priority} where mid_id = ${mid}`
  const kept = {
    ...(killSwitch === undefined ? {} : { killSwitch }),
    ...(priority === undefined ? {} : { priority })
  }
  if (entity !== undefined) {
    if (yield* moves(owner, mid, entity)) return { ...kept, entity }
    yield* revoke(owner, mid, [], at)
    return { ...kept, underwrittenFor: [] }
  }
  if (underwrittenFor === undefined) return kept
  yield* revoke(owner, mid, underwrittenFor, at)
  return { ...kept, underwrittenFor }
})

const revoke = (owner: SqlClient.SqlClient, mid: string, keeps: ReadonlyArray<string>, at: number) =>
  owner`update mid_underwriting
    set revoked_at = case when category = any(${[...keeps]}::text[]) then null else to_timestamp(${at}::float8 / 1000) end
    where mid_id = ${mid}`

/** Moves an account to another company, underwriting and all; or answers that its attempts do not let it go. */
const moves = (
  owner: SqlClient.SqlClient,
  mid: string,
  entity: EntityId
): Effect.Effect<boolean, SqlError.SqlError> =>
  owner
    .withTransaction(
      Effect.gen(function* () {
        const rows = yield* owner<{ readonly category: string; readonly revokedAt: Date | null }>`
          delete from mid_underwriting where mid_id = ${mid} returning category, revoked_at as "revokedAt"`
        yield* owner`update merchant_accounts set entity_id = ${entity} where mid_id = ${mid}`
        for (const { category, revokedAt } of rows) {
          yield* owner`insert into mid_underwriting (mid_id, entity_id, provider, category, revoked_at)
            select mid_id, entity_id, provider, ${category}, ${revokedAt} from merchant_accounts where mid_id = ${mid}`
        }
      })
    )
    .pipe(
      Effect.as(true),
      Effect.catchIf(SqlError.isSqlError, (error) =>
        Effect.flatMap(refusalOf(error), ({ by }) =>
          by === "attempts.attempt_on_own_account" ? Effect.succeed(false) : Effect.fail(error)
        )
      )
    )
