import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import { GraphQLError } from "graphql"
import { type Page, pageOf, type Position, type Slice } from "../db/reads/Page.ts"
import { InvalidInput } from "../kernel/refusals.ts"

/** The most rows that one page may have. */
export const mostRows = 100

/** The rows of a page when nothing is said. */
export const rowsByDefault = 20

/** Which connection a cursor is of: those of another are refused, for they would point anywhere. */
export type CursorKind =
  | "session"
  | "attempt"
  | "session-attempt"
  | "evidence"
  | "entity"
  | "account"
  | "entity-account"
  | "subscription"
  | "delivery"
  | "webhook"
  | "session-refund"
  | "session-dispute"
  | "review"
  | "page"

/** The arguments of a connection. */
export interface PageArguments {
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
  readonly after?: string | null | undefined
  readonly before?: string | null | undefined
}

/** What a connection's arguments ask for; throws `InvalidInput` when they ask for too much or for both ends. */
export const sliceOf = (kind: CursorKind, { first, last, after, before }: PageArguments): Slice => {
  if (typeof first === "number" && typeof last === "number") {
    throw new InvalidInput({ field: "last", problem: "stands beside first; ask for one of the two" })
  }
  const bounds = {
    ...(typeof after === "string" ? { after: positionOf(kind, "after", after) } : {}),
    ...(typeof before === "string" ? { before: positionOf(kind, "before", before) } : {})
  }
  return typeof last === "number"
    ? { size: sizeOf("last", last), from: "end", ...bounds }
    : { size: sizeOf("first", first ?? rowsByDefault), from: "start", ...bounds }
}

const sizeOf = (field: string, size: number): number => {
  if (size < 0 || size > mostRows) {
    throw new InvalidInput({ field, problem: `is ${size}; a page has 0 to ${mostRows} rows` })
  }
  return size
}

const cursorOf = (kind: CursorKind, { major, id }: Position): string =>
  Base64Url.encode(`${kind}:${major}:${id}`)

const positionOf = (kind: CursorKind, field: "after" | "before", cursor: string): Position => {
  const text = Result.getOrElse(Base64Url.decodeString(cursor), () => "")
  const [, of, major, id] = /^([a-z-]{1,20}):([0-9]{1,16}):([\x21-\x7e]{1,100})$/.exec(text) ?? []
  if (of !== kind || major === undefined || id === undefined) {
    throw new GraphQLError(
      `${field} is not a cursor of this list; take one from an edge or a pageInfo of the same list`,
      { extensions: { code: "BAD_CURSOR", field } }
    )
  }
  return { major, id }
}

/** A page as Relay spells it. */
export const connectionOf = <Node>(kind: CursorKind, { rows, hasNext, hasPrevious }: Page<Node>) => {
  const edges = rows.map(({ node, position }) => ({ node, cursor: cursorOf(kind, position) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: hasPrevious,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null
    }
  }
}

/** A connection over what is in memory, ordered by id. */
export const connectionOver = <Node extends { readonly id: string }>(
  kind: CursorKind,
  nodes: Iterable<Node>,
  args: PageArguments
) => {
  const slice = sliceOf(kind, args)
  const ordered = [...nodes]
    .filter(({ id }) => slice.after === undefined || id > slice.after.id)
    .filter(({ id }) => slice.before === undefined || id < slice.before.id)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const read = slice.from === "start" ? ordered : ordered.toReversed()
  const rows = read.slice(0, slice.size + 1).map((node) => ({ node, position: { major: "0", id: node.id } }))
  return connectionOf(kind, pageOf(slice, rows))
}
