import { Array, Effect, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { keyset, type ListOrder } from "./keyset.ts"
import { type Page, pageOf, type Slice } from "./Page.ts"
import type { Conditions } from "./where.ts"

/** What a list is of: a table under an alias, and each of its rows as JSON. */
export interface ListOf {
  readonly table: string
  readonly alias: string
  readonly json: string
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

export interface ReadRow<Node> {
  readonly node: Node
  readonly major: string
  readonly minor: string
}

type Rows<Node> = (rows: unknown) => Effect.Effect<ReadonlyArray<ReadRow<Node>>, Schema.SchemaError>

/** Reads rows of one kind of node, each with its position. */
export const rowsOf = <Node extends Schema.Top & { readonly DecodingServices: never }>(
  node: Node
): Rows<Node["Type"]> => {
  const decodeNodes = Schema.decodeUnknownEffect(Schema.Array(node))
  return (rows) =>
    Effect.flatMap(decodePositions(rows), (found) =>
      Effect.map(decodeNodes(found.map((row) => row.node)), (nodes) =>
        Array.zipWith(found, nodes, ({ major, minor }, one) => ({ node: one, major, minor }))
      )
    )
}

const decodePositions = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ node: Schema.Unknown, major: Schema.String, minor: Schema.String }))
)

export const nodesOf = <Node extends Schema.Top & { readonly DecodingServices: never }>(node: Node) =>
  Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node })))

type Reading<A> = Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>

/** Reads lists, each as one statement. */
export const listing = (sql: SqlClient.SqlClient) => {
  const all = (conditions: Conditions) => (conditions.length === 0 ? sql`true` : sql.and(conditions))
  const from = ({ table, alias }: ListOf) => sql.literal(`${table} ${alias}`)
  const parents = (ids: ReadonlyArray<string>) =>
    sql`jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) with ordinality as parent(id, nr)`

  /** One page of a whole list. */
  const page = <Node>(
    list: ListOf,
    order: ListOrder,
    { conditions, parts }: Asked,
    slice: Slice,
    decode: Rows<Node>
  ): Reading<Page<Node>> => {
    const { columns, conditions: bounds, orderBy, limit, major, minor, direction } = keyset(sql, order, slice)
    const json = sql.literal(list.json)
    const asked =
      parts === undefined
        ? sql`select ${json} as node, ${columns} from ${from(list)}
            where ${all([...conditions, ...bounds])} order by ${orderBy} limit ${limit}`
        : sql`select ${json} as node, ${columns} from (
              select hit.* from jsonb_array_elements_text(${JSON.stringify(parts.values)}::jsonb) as part(value)
              cross join lateral (
                select ${major} as major, ${minor} as minor from ${from(list)}
                where ${all([sql`${sql.literal(parts.column)} = part.value`, ...conditions, ...bounds])}
                order by ${orderBy} limit ${limit}) hit
              order by hit.major ${direction}, hit.minor ${direction} limit ${limit}) page
            join ${from(list)} on ${minor} = page.minor order by ${orderBy}`
    return asked.pipe(
      Effect.flatMap(decode),
      Effect.map((rows) => pageOf(slice, rows.map(toRow)))
    )
  }

  /** The same slice of the list of each parent; a parent that has nothing is not in the answer. */
  const pagesOf = <Node>(
    list: ListOf,
    order: ListOrder,
    {
      column,
      ids,
      conditions = []
    }: {
      /** What names the parent; the conditions do it themselves where it is absent. */
      readonly column?: string
      readonly ids: ReadonlyArray<string>
      readonly conditions?: Conditions
    },
    slice: Slice,
    decode: Rows<Node>,
    parentOf: (node: Node) => string
  ): Reading<ReadonlyMap<string, Page<Node>>> => {
    const { columns, conditions: bounds, orderBy, limit, turn } = keyset(sql, order, slice)
    const own = column === undefined ? [] : [sql`${sql.literal(column)} = parent.id`]
    return sql`select child.* from ${parents(ids)} cross join lateral (
        select ${sql.literal(list.json)} as node, ${columns}, ${turn} from ${from(list)}
        where ${sql.and([...own, ...conditions, ...bounds])} order by ${orderBy} limit ${limit}) child
      order by parent.nr, child.turn`.pipe(
      Effect.flatMap(decode),
      Effect.map((rows) => pagesBy(slice, rows, parentOf))
    )
  }

  /** How many rows the planner expects, from its statistics: nothing is read. */
  const estimate = (list: ListOf, conditions: Conditions): Reading<number> =>
    sql`explain (format json) select from ${from(list)} where ${all(conditions)}`.pipe(
      Effect.flatMap((rows) => decodePlan(rows)),
      Effect.map(([row]) => row["QUERY PLAN"][0].Plan["Plan Rows"])
    )

  return { all, parents, page, pagesOf, estimate }
}

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

const toRow = <Node>({ node, major, minor }: ReadRow<Node>): Page<Node>["rows"][number] => ({
  node,
  position: { major, id: minor }
})

/** The rows of many parents, each parent's together and in their order. */
const pagesBy = <Node>(
  slice: Slice,
  rows: ReadonlyArray<ReadRow<Node>>,
  parentOf: (node: Node) => string
): ReadonlyMap<string, Page<Node>> =>
  new Map(
    [...Map.groupBy(rows, ({ node }) => parentOf(node))].map(([parent, own]) => [
      parent,
      pageOf(slice, own.map(toRow))
    ])
  )
