import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import { type Page, pageOf, type Position, type Slice } from "../db/reads/Page.ts"
import { InvalidInput } from "../kernel/refusals.ts"

/** The most rows that one page may have. */
export const mostRows = 100

const rowsByDefault = 20

/** The arguments of a connection. */
export interface PageArguments {
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
  readonly after?: string | null | undefined
  readonly before?: string | null | undefined
}

/** What a connection's arguments ask for; throws `InvalidInput` when they ask for too much or for both ends. */
export const sliceOf = ({ first, last, after, before }: PageArguments): Slice => {
  if (typeof first === "number" && typeof last === "number") {
    throw new InvalidInput({ field: "last", problem: "stands beside first; ask for one of the two" })
  }
  const bounds = {
    ...(typeof after === "string" ? { after: positionOf("after", after) } : {}),
    ...(typeof before === "string" ? { before: positionOf("before", before) } : {})
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

const cursorOf = ({ major, id }: Position): string => Base64Url.encode(`${major}:${id}`)

const positionOf = (field: string, cursor: string): Position => {
  const text = Result.getOrElse(Base64Url.decodeString(cursor), () => "")
  const [, major, id] = /^([0-9]{1,16}):([\x21-\x7e]{1,100})$/.exec(text) ?? []
  if (major === undefined || id === undefined) {
    throw new InvalidInput({
      field,
      problem: "is not a cursor of this list; take one from an edge or a pageInfo"
    })
  }
  return { major, id }
}

/** A page as Relay spells it. */
export const connectionOf = <Node>({ rows, hasNext, hasPrevious }: Page<Node>) => {
  const edges = rows.map(({ node, position }) => ({ node, cursor: cursorOf(position) }))
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
  nodes: Iterable<Node>,
  args: PageArguments
) => {
  const slice = sliceOf(args)
  const ordered = [...nodes]
    .filter(({ id }) => slice.after === undefined || id > slice.after.id)
    .filter(({ id }) => slice.before === undefined || id < slice.before.id)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const read = slice.from === "start" ? ordered : ordered.toReversed()
  const rows = read.slice(0, slice.size + 1).map((node) => ({ node, position: { major: "0", id: node.id } }))
  return connectionOf(pageOf(slice, rows))
}
