import { Effect, Schema } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import { keyset, type ListOrder } from "./keyset.ts"
import { type Page, pageOf, pageTold, type Sliced, type Slice, type ToldRow } from "./Page.ts"
import type { ReadScope } from "./ReadScope.ts"
import { type ListTold, type ReadRows, telling } from "./telling.ts"
import { type Conditions, textArray } from "./where.ts"

/** What a list is of: a table under an alias, and what is told of each of its rows. */
export interface ListOf {
  readonly table: string
  readonly alias: string
  /** By their names, in SQL, an object by its parts: what nobody asks for is not read. */
  readonly columns: Readonly<Record<string, Column>>
}
type Column = string | Readonly<Record<string, string>>

/** A list whose rows tell everything that a record has. */
export const listOf = <Row>(list: {
  readonly table: string
  readonly alias: string
  readonly columns: { readonly [Name in keyof Row]-?: Column }
}): ListOf => list

/** What of the rows of a list is read. */
export interface Wanted {
  /** Which columns, and always the id; everything if nothing is said. */
  readonly columns?: ReadonlySet<string> | undefined
  /** Which lists below each row, in the same statement. */
  readonly below: ReadonlyArray<Below>
  /** What is told of a page, where its text is wanted and its rows are not. */
  readonly told?: ListTold | undefined
}

/** Everything of the rows themselves. */
export const whole: Wanted = { below: [] }

/** A list below a row: the same slice of it for each. */
export interface Below {
  readonly list: ListOf
  readonly order: ListOrder
  /** What names the parent; the conditions do it themselves where it is absent. */
  readonly column?: string
  readonly conditions: Conditions
  readonly slice: Slice
  readonly wanted: Wanted
}

/**
 * A part of a table for each value of a column. An index that has the column first gives the first rows of each part
 * in order, and the page is made of those: as many rows are read as there are parts and places on the page, whatever
 * lies between them.
 */
export interface Parts {
  readonly column: string
  readonly values: ReadonlyArray<string>
}

interface Asked {
  readonly conditions: Conditions
  readonly parts?: Parts | undefined
}

type Reading<A> = Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>

/** Reads lists, each as one statement that answers one value: a row of PostgreSQL costs more than its text. */
export const listing = (sql: SqlClient.SqlClient) => {
  const all = (conditions: Conditions) => (conditions.length === 0 ? sql`true` : sql.and(conditions))
  const from = ({ table, alias }: ListOf) => sql.literal(`${table} ${alias}`)
  const parents = (ids: ReadonlyArray<string>) =>
    sql`jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) with ordinality as parent(id, nr)`

  /** A row as {@link ToldRow} reads it. */
  const toldRow = (list: ListOf, { columns: [major, id] }: ListOrder, wanted: Wanted): Statement.Fragment => {
    const node = sql.literal(`json_build_array(${nodeOf(list, wanted)}, ${major}, ${id}`)
    return wanted.below.length === 0
      ? sql`${node})`
      : sql`${node}, ${sql.join(", ", false)(wanted.below.map((below) => toldBelow(below, id)))})`
  }

  /** How the rows of a list below one row are read, whose id is what the SQL says. */
  const rowsBelow =
    ({ list, order, column, conditions, slice }: Below, parent: string): ReadRows =>
    (columns, limit) => {
      const { conditions: bounds, orderBy } = keyset(sql, order, slice)
      const own = column === undefined ? [] : [sql.literal(`${column} = ${parent}`)]
      return sql`select ${columns} from ${from(list)}
        where ${all([...own, ...conditions, ...bounds])} order by ${orderBy} limit ${limit}`
    }

  /** The rows of a list below one row. */
  const toldBelow = (below: Below, parent: string): Statement.Fragment => {
    const { list, order, slice, wanted } = below
    const { limit } = keyset(sql, order, slice)
    return sql`(select coalesce(json_agg(told), '[]') from (
      ${rowsBelow(below, parent)(sql`${toldRow(list, order, wanted)} as told`, limit)}) page)`
  }

  const { listText } = telling(sql, rowsBelow)

  /** One page of a whole list. */
  const page = <Row>(
    list: ListOf,
    order: ListOrder,
    { conditions, parts }: Asked,
    slice: Slice,
    wanted: Wanted = whole
  ): Reading<Page<Row>> => {
    const { conditions: bounds, orderBy, limit, major, minor, direction } = keyset(sql, order, slice)
    const rows: ReadRows = (columns, most) =>
      parts === undefined
        ? sql`select ${columns} from ${from(list)}
            where ${all([...conditions, ...bounds])} order by ${orderBy} limit ${most}`
        : sql`select ${columns} from (
              select hit.* from jsonb_array_elements_text(${JSON.stringify(parts.values)}::jsonb) as part(value)
              cross join lateral (
                select ${major} as major, ${minor} as minor from ${from(list)}
                where ${all([sql`${sql.literal(parts.column)} = part.value`, ...conditions, ...bounds])}
                order by ${orderBy} limit ${most}) hit
              order by hit.major ${direction}, hit.minor ${direction} limit ${most}) page
            join ${from(list)} on ${minor} = page.minor order by ${orderBy}`
    const { told } = wanted
    if (told !== undefined)
      return Effect.map(
        sql<{ readonly text: string | null }>`${listText({ list, order, slice, told }, rows)}`,
        ([row]) => ({ ...pageOf<Row>(slice, []), text: row?.text ?? undefined })
      )
    return Effect.map(
      sql<{ readonly page: ReadonlyArray<ToldRow<Row>> }>`
        select coalesce(json_agg(told), '[]') as page from (${rows(sql`${toldRow(list, order, wanted)} as told`, limit)}) page`,
      ([row]) => pageTold(slicesOf({ slice, wanted }), row?.page ?? [])
    )
  }

  /** The same slice of the list of each parent; a parent that has nothing is not in the answer. */
  const pagesOf = <Row>(below: Below, ids: ReadonlyArray<string>): Reading<ReadonlyMap<string, Page<Row>>> =>
    Effect.map(
      sql<{ readonly pages: ReadonlyArray<readonly [string, ReadonlyArray<ToldRow<Row>>]> }>`
        select coalesce(json_agg(json_build_array(parent.id, ${toldBelow(below, "parent.id")})), '[]') as pages
        from ${parents(ids)}`,
      ([row]) => {
        const sliced = slicesOf(below)
        const found = (row?.pages ?? []).filter(([, rows]) => rows.length > 0)
        return new Map(found.map(([parent, rows]) => [parent, pageTold(sliced, rows)]))
      }
    )

  /** Those that are named, by their ids. */
  const byId = <Row>(
    list: ListOf,
    id: string,
    ids: ReadonlyArray<string>,
    conditions: Conditions
  ): Reading<ReadonlyMap<string, Row>> =>
    Effect.map(
      sql<{ readonly rows: ReadonlyArray<readonly [string, Row]> }>`
        select coalesce(json_agg(json_build_array(${sql.literal(`${id}, ${nodeOf(list, whole)}`)})), '[]') as rows
        from ${from(list)} where ${all([sql`${sql.literal(id)} = any(${textArray(ids)}::text[])`, ...conditions])}`,
      ([row]) => new Map(row?.rows)
    )

  /**
   * How many rows the planner expects, from its statistics: nothing is read. They are of everybody's rows, so for a
   * caller who sees some of them only those are counted, up to a number that is soon counted.
   */
  const estimate = (list: ListOf, conditions: Conditions, { entities, brands }: ReadScope): Reading<number> =>
    entities === undefined && brands === undefined ? planned(list, conditions) : counted(list, conditions)

  const counted = (list: ListOf, conditions: Conditions): Reading<number> =>
    sql`select count(*)::integer as rows from (
      select from ${from(list)} where ${all(conditions)} limit ${mostCounted}) x`.pipe(
      Effect.flatMap((rows) => decodeCount(rows)),
      Effect.map(([row]) => row.rows)
    )

  const planned = (list: ListOf, conditions: Conditions): Reading<number> =>
    sql`explain (format json) select from ${from(list)} where ${all(conditions)}`.pipe(
      Effect.flatMap((rows) => decodePlan(rows)),
      Effect.map(([row]) => row["QUERY PLAN"][0].Plan["Plan Rows"])
    )

  return { all, parents, page, pagesOf, byId, estimate }
}

/** What is asked for stands in the list's own order, so that the same is one statement however it is asked for. */
const nodeOf = (list: ListOf, { columns: asked }: Wanted): string => {
  const columns = Object.entries(list.columns).filter(
    ([name]) => asked === undefined || name === "id" || asked.has(name)
  )
  return builtOf(columns)
}

const builtOf = (columns: ReadonlyArray<readonly [name: string, column: Column]>): string =>
  `json_build_object(${columns
    .map(
      ([name, column]) =>
        `'${name}', ${typeof column === "string" ? column : builtOf(Object.entries(column))}`
    )
    .join(", ")})`

const slicesOf = ({ slice, wanted }: Pick<Below, "slice" | "wanted">): Sliced => ({
  slice,
  below: wanted.below.map(slicesOf)
})

/** Whoever has more is told this number. */
const mostCounted = 10_000
const decodeCount = Schema.decodeUnknownEffect(Schema.NonEmptyArray(Schema.Struct({ rows: Schema.Int })))

const Plan = Schema.Struct({ Plan: Schema.Struct({ "Plan Rows": Schema.Number }) })
const decodePlan = Schema.decodeUnknownEffect(
  Schema.NonEmptyArray(
    Schema.Struct({
      "QUERY PLAN": Schema.Union([
        Schema.NonEmptyArray(Plan),
        Schema.fromJsonString(Schema.NonEmptyArray(Plan))
      ])
    })
  )
)
