import type { SqlClient, Statement } from "effect/sql"
import type { ReadScope } from "./ReadScope.ts"

/** Conditions of one statement, all of which hold. */
export type Conditions = ReadonlyArray<Statement.Fragment>

/** Minor units of one currency, both inclusive: amounts of two currencies do not compare. */
export interface AmountRange {
  readonly currency: string
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Instants as ISO 8601: from the first on, and before the second. */
export interface TimeRange {
  readonly from?: string | undefined
  readonly until?: string | undefined
}

/** Builds conditions. What is absent restricts nothing, and is no condition. */
export const where = (sql: SqlClient.SqlClient) => {
  const equal = (column: string, value: string | undefined): Conditions =>
    value === undefined ? [] : [sql`${sql.literal(column)} = ${value}`]

  /** One parameter, so that a statement is prepared once for any number of values. */
  const oneOf = (column: string, values: ReadonlyArray<string> | undefined): Conditions =>
    values === undefined ? [] : [sql`${sql.literal(column)} = any(${textArray(values)}::text[])`]

  /** Words of the kernel stand in the statement itself, where an index of some of them is found by. */
  const oneWordOf = (column: string, words: ReadonlyArray<string> | undefined): Conditions => {
    if (words === undefined) return []
    const known = words.filter((word) => /^[a-z_]+$/.test(word)).map((word) => `'${word}'`)
    return [sql.literal(known.length === 0 ? "false" : `${column} in (${known.toSorted().join(", ")})`)]
  }

  const within = (column: string, range: TimeRange | undefined): Conditions => [
    ...(range?.from === undefined ? [] : [sql`${sql.literal(column)} >= ${range.from}::timestamptz`]),
    ...(range?.until === undefined ? [] : [sql`${sql.literal(column)} < ${range.until}::timestamptz`])
  ]

  const amounts = (alias: string, range: AmountRange | undefined): Conditions => [
    ...equal(`${alias}.currency`, range?.currency),
    ...(range?.from === undefined
      ? []
      : [sql`${sql.literal(`${alias}.amount`)} >= ${String(range.from)}::bigint`]),
    ...(range?.to === undefined
      ? []
      : [sql`${sql.literal(`${alias}.amount`)} <= ${String(range.to)}::bigint`])
  ]

  /** What a caller may see of a table that says of each row which company and brand it is of. */
  const inScope = (alias: string, { entities, brands }: ReadScope): Conditions => [
    ...oneOf(`${alias}.entity_id`, entities),
    ...oneOf(`${alias}.brand_id`, brands)
  ]

  /** The same of a table whose rows are of a session. */
  const ofSessionInScope = (alias: string, scope: ReadScope): Conditions => {
    const conditions = inScope("s", scope)
    if (conditions.length === 0) return []
    return [
      sql`exists (select from payment_sessions s where s.session_id = ${sql.literal(`${alias}.session_id`)}
        and ${sql.and(conditions)})`
    ]
  }

  return { equal, oneOf, oneWordOf, within, amounts, inScope, ofSessionInScope }
}

/** A list of ids as PostgreSQL spells an array. */
export const textArray = (values: ReadonlyArray<string>): string => `{${JSON.stringify(values).slice(1, -1)}}`
