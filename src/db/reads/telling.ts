import type { SqlClient, Statement } from "effect/sql"
import { type ListOrder, rowCount } from "./keyset.ts"
import type { Below, ListOf } from "./listing.ts"
import type { Slice } from "./Page.ts"

// The answer as PostgreSQL writes it: JSON as text, which nobody has to read before it is sent on. Texts are put together
// by `||`, so that a value which has to be there and is not makes all of it null: then it is told in the other way.

/** How an expression of SQL is spelt as JSON; null where it has no value. */
export type Spelling = (expression: string) => string

export const spelt = {
  text: (x) => `to_json(${x})::text`,
  number: (x) => `(${x})::text`,
  /** As the scalar DateTime tells it. */
  instant: (x) => `'"' || to_char(${x} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'`,
  /** A null of JSON's own is no value. */
  json: (x) => `nullif(to_json(${x})::text, 'null')`
} satisfies Record<string, Spelling>

/** One of some words, by what is told of each; none of that has to be escaped. Any other word is no value. */
export const oneOfWords = (words: ReadonlyMap<string, string>): Spelling => {
  const isSame = [...words].every(([word, told]) => word === told)
  const known = [...words.keys()].map(quoted).join(", ")
  const cases = [...words].map(([word, told]) => `when ${quoted(word)} then ${quoted(`"${told}"`)}`).join(" ")
  return (x) =>
    isSame ? `case when ${x} in (${known}) then '"' || ${x} || '"' end` : `case ${x} ${cases} end`
}

/** What stands under the names of an object. */
export type Members<Value> = ReadonlyArray<readonly [name: string, value: Value]>

/** JSON that is known before anything is read. */
interface Said {
  readonly is: "said"
  readonly json: string
}

interface Column {
  readonly is: "column"
  readonly column: string
  /** Of a column that has parts, which. */
  readonly part?: string
  readonly spelling: Spelling
  readonly nullable: boolean
}

/** What is told of a row. */
export type Told =
  | Said
  | Column
  /** The id by which a row is found among rows of all types. */
  | { readonly is: "globalId"; readonly type: string }
  /** What this process knows of the value of a column: texts of JSON, by the value, as JSON. */
  | { readonly is: "known"; readonly column: string; readonly texts: string }
  | { readonly is: "object"; readonly members: Members<Told> }
  | { readonly is: "list"; readonly below: Below; readonly told: ListTold }
  /** Where the row stands; only where the list says how its cursors begin. */
  | { readonly is: "cursor" }

/** What is told of a list. */
export interface ListTold {
  readonly members: Members<
    | Said
    | { readonly is: "rows"; readonly row: Told }
    | { readonly is: "pageInfo"; readonly members: Members<Said | { readonly is: PageWord }> }
  >
  /** What stands in a cursor before the position. */
  readonly cursorsBegin?: string
}

export type PageWord = "hasNextPage" | "hasPreviousPage" | "startCursor" | "endCursor"

/** How a list is read: some columns of as many rows as the limit says, from the end that the slice is counted from. */
export type ReadRows = (columns: Statement.Fragment, limit: Statement.Fragment) => Statement.Fragment

interface Listed {
  readonly list: ListOf
  readonly order: ListOrder
  readonly slice: Slice
  readonly told: ListTold
}

/** A part of a text: what stands in it as it is, or SQL that makes it. */
type Part = { readonly says: string } | { readonly sql: string | Statement.Fragment }

export const telling = (sql: SqlClient.SqlClient, readBelow: (below: Below, parent: string) => ReadRows) => {
  const textOf = (parts: ReadonlyArray<Part>): Statement.Fragment => {
    const joined: Array<Part> = []
    for (const part of parts) {
      const last = joined.at(-1)
      if (last !== undefined && "says" in last && "says" in part)
        joined[joined.length - 1] = { says: last.says + part.says }
      else joined.push(part)
    }
    return sql.join(" || ", false)(joined.map((part) => ("says" in part ? quoted(part.says) : part.sql)))
  }

  const rowText = (listed: Listed, told: Told): ReadonlyArray<Part> => {
    const { list, order } = listed
    switch (told.is) {
      case "said":
        return [{ says: told.json }]
      case "column": {
        const column = expressionOf(list, told.column, told.part)
        const text = told.spelling(column)
        return [{ sql: told.nullable ? `case when ${column} is null then 'null' else ${text} end` : text }]
      }
      case "globalId": {
        const id = `'${told.type}:' || ${expressionOf(list, "id")}`
        const encoded = `translate(encode(convert_to(${id}, 'UTF8'), 'base64'), E'\\n', '')`
        return [{ says: '"' }, { sql: encoded }, { says: '"' }]
      }
      case "known":
        return [{ sql: sql`(${told.texts}::jsonb ->> ${sql.literal(expressionOf(list, told.column))})` }]
      case "object":
        return object(told.members, (value) => rowText(listed, value))
      case "list": {
        const { below, told: inner } = told
        return [{ sql: sql`(${listText({ ...below, told: inner }, readBelow(below, order.columns[1]))})` }]
      }
      case "cursor": {
        const [major, id] = order.columns
        return [{ sql: cursorOf(listed, sql.literal(major), sql.literal(id)) }]
      }
    }
  }

  /** As `pages.ts` makes it. What it begins with depends on the filter, and the statement does not. */
  const cursorOf = (
    { order, told: { cursorsBegin = "" } }: Listed,
    major: Statement.Fragment,
    id: Statement.Fragment
  ): Statement.Fragment => {
    const where = order.major === "instant" ? sql`(extract(epoch from ${major}) * 1000000)::bigint` : major
    const plain = sql`${cursorsBegin}::text || (${where})::text || ':' || ${id}`
    return sql`'"' || translate(encode(convert_to(${plain}, 'UTF8'), 'base64'), E'+/=\\n', '-_') || '"'`
  }

  /** One value: the text of a list. */
  const listText = (listed: Listed, read: ReadRows): Statement.Fragment => {
    const { order, slice, told } = listed
    const words = told.members.flatMap(([, word]) =>
      word.is === "pageInfo" ? word.members.map(([, { is }]) => is) : []
    )
    const asksMore = words.includes(slice.from === "start" ? "hasNextPage" : "hasPreviousPage")
    const asksEnds = words.includes("startCursor") || words.includes("endCursor")
    const counts = asksMore || asksEnds || slice.from === "end"
    const columns: Array<Statement.Fragment> = []
    const size = rowCount(sql, slice.size)
    const onPage = asksMore ? sql` filter (where nr <= ${size})` : sql``
    const forwards = sql.literal(counts ? ` order by nr ${slice.from === "start" ? "asc" : "desc"}` : "")
    const backwards = sql.literal(` order by nr ${slice.from === "start" ? "desc" : "asc"}`)

    const rows = (row: Told): ReadonlyArray<Part> => {
      const column = sql.literal(`told_${columns.length}`)
      columns.push(sql`${textOf(rowText(listed, row))} as ${column}`)
      const all = sql`case when count(${column}) = count(*) then coalesce(string_agg(${column}, ','${forwards})${onPage}, '') end`
      return [{ says: "[" }, { sql: all }, { says: "]" }]
    }
    const end = (turn: Statement.Fragment): ReadonlyArray<Part> => {
      const of = (name: string) => sql`(array_agg(${sql.literal(name)}${turn})${onPage})[1]`
      return [{ sql: sql`coalesce(${cursorOf(listed, of("major"), of("minor"))}, 'null')` }]
    }
    const pageWord = (is: PageWord): ReadonlyArray<Part> => {
      switch (is) {
        case "hasNextPage":
          return slice.before !== undefined || slice.from === "end"
            ? [{ says: String(slice.before !== undefined) }]
            : [{ sql: sql`(count(*) > ${size})::text` }]
        case "hasPreviousPage":
          return slice.after !== undefined || slice.from === "start"
            ? [{ says: String(slice.after !== undefined) }]
            : [{ sql: sql`(count(*) > ${size})::text` }]
        case "startCursor":
          return end(forwards)
        case "endCursor":
          return end(backwards)
      }
    }
    const text = textOf(
      object(told.members, (word) => {
        switch (word.is) {
          case "said":
            return [{ says: word.json }]
          case "rows":
            return rows(word.row)
          case "pageInfo":
            return object(word.members, (one) =>
              one.is === "said" ? [{ says: one.json }] : pageWord(one.is)
            )
        }
      })
    )
    const [major, id] = order.columns
    if (asksEnds) columns.push(sql.literal(`${major} as major`), sql.literal(`${id} as minor`))
    if (columns.length === 0) columns.push(sql.literal("1 as one"))
    const found = read(sql.join(", ", false)(columns), asksMore ? rowCount(sql, slice.size + 1) : size)
    return counts
      ? sql`select ${text} as text from (select *, row_number() over () as nr from (${found}) found) page`
      : sql`select ${text} as text from (${found}) page`
  }

  return { listText }
}

const object = <Value>(
  members: Members<Value>,
  tell: (value: Value) => ReadonlyArray<Part>
): ReadonlyArray<Part> => [
  { says: "{" },
  ...members.flatMap(([name, value], nr): ReadonlyArray<Part> => [
    { says: `${nr === 0 ? "" : ","}${JSON.stringify(name)}:` },
    ...tell(value)
  ]),
  { says: "}" }
]

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const expressionOf = ({ table, columns }: ListOf, name: string, part?: string): string => {
  const column = columns[name]
  const found = part === undefined ? column : typeof column === "object" ? column[part] : undefined
  if (typeof found === "string") return found
  throw new Error(`${table} has nothing that is ${name}${part === undefined ? "" : `: ${part}`}`)
}
