import type { SqlClient, Statement } from "effect/sql"
import type { Slice } from "./Page.ts"

/** How one list is ordered: SQL expressions, so that an index can serve the comparison. */
export interface ListOrder {
  /** The expression to order by first, and by second. */
  readonly columns: readonly [major: string, id: string]
  readonly direction: "ascending" | "descending"
  /** What `major` is: an instant in microseconds, or a whole number. */
  readonly major: "instant" | "number"
}

/**
 * A number of rows, as it stands in the statement itself: as a parameter it leaves PostgreSQL a plan for any number, which
 * is dearer. Nothing but digits comes into the text.
 */
export const rowCount = (sql: SqlClient.SqlClient, rows: number): Statement.Fragment => {
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`${rows} is no number of rows`)
  return sql.literal(String(rows))
}

/** The SQL of one slice of a list: what to compare, in which order, how many. */
export const keyset = (sql: SqlClient.SqlClient, order: ListOrder, slice: Slice) => {
  const [major, id] = order.columns
  const forwards = (order.direction === "ascending") === (slice.from === "start")
  const compare = (position: Slice["after"], beyond: "<" | ">"): ReadonlyArray<Statement.Fragment> => {
    if (position === undefined) return []
    const bound =
      order.major === "instant"
        ? sql`timestamptz 'epoch' + ${position.major}::bigint * interval '1 microsecond'`
        : sql`${position.major}::bigint`
    return [
      sql`(${sql.literal(major)}, ${sql.literal(id)}) ${sql.literal(beyond)} (${bound}, ${position.id})`
    ]
  }
  const later = order.direction === "ascending" ? ">" : "<"
  const earlier = order.direction === "ascending" ? "<" : ">"
  const turn = forwards ? "asc" : "desc"
  return {
    conditions: [...compare(slice.after, later), ...compare(slice.before, earlier)],
    orderBy: sql.literal(`${major} ${turn}, ${id} ${turn}`),
    limit: rowCount(sql, slice.size + 1),
    major: sql.literal(major),
    minor: sql.literal(id),
    direction: sql.literal(turn)
  }
}

/** How a whole list may be ordered. By amount only within one currency. */
export type OrderName = "newest_first" | "oldest_first" | "largest_first" | "smallest_first"

export const ordersOf = (columns: {
  readonly time: string
  readonly amount: string
  readonly id: string
}): Readonly<Record<OrderName, ListOrder>> => {
  const { time, amount, id } = columns
  return {
    newest_first: { columns: [time, id], direction: "descending", major: "instant" },
    oldest_first: { columns: [time, id], direction: "ascending", major: "instant" },
    largest_first: { columns: [amount, id], direction: "descending", major: "number" },
    smallest_first: { columns: [amount, id], direction: "ascending", major: "number" }
  }
}
