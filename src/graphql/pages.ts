import { Result } from "effect"
import { Base64Url } from "effect/encoding"
import { GraphQLError } from "graphql"
import { type Page, pageOf, type PageRow, type Position, type Slice } from "../db/reads/Page.ts"
import { hash32 } from "../kernel/hash.ts"
import { InvalidInput } from "../kernel/refusals.ts"

/** The most rows that one page may have. */
export const mostRows = 100

/** The rows of a page when nothing is said. */
export const rowsByDefault = 20

/** What a cursor is of: those of another list are refused, for they would point anywhere. */
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
  | "api-key"
  | "review"
  | "change"
  | "page"
  | "refund"
  | "dispute"
  | "incident"
  | "event"
  | "session-event"
  | "audit"
  | "entity-session"
  | "account-attempt"

/** The arguments of a connection. */
export interface PageArguments {
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
  readonly after?: string | null | undefined
  readonly before?: string | null | undefined
}

/**
 * What a connection's arguments ask for; throws `InvalidInput` when they ask for too much or for both ends. `about` is
 * whose list it is, how it is filtered and how it is ordered: a cursor is good for exactly that list.
 */
export const sliceOf = (
  kind: CursorKind,
  { first, last, after, before }: PageArguments,
  about?: unknown
): Slice => {
  if (typeof first === "number" && typeof last === "number") {
    throw new InvalidInput({ field: "last", problem: "stands beside first; ask for one of the two" })
  }
  const bounds = {
    ...(typeof after === "string" ? { after: positionOf(kind, about, "after", after) } : {}),
    ...(typeof before === "string" ? { before: positionOf(kind, about, "before", before) } : {})
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

/** A list under other filters, of another parent or in another order has another digest. */
const digestOf = (about: unknown): string => {
  if (about === undefined) return ""
  const text = JSON.stringify(about)
  return hash32(text).toString(36) + hash32(text, 1).toString(36)
}

const positionOf = (
  kind: CursorKind,
  about: unknown,
  field: "after" | "before",
  cursor: string
): Position => {
  const text = Result.getOrElse(Base64Url.decodeString(cursor), () => "")
  const [, of, digest, major, id] =
    /^([a-z-]{1,20}):([0-9a-z]{0,14}):([0-9]{1,16}):([\x21-\x7e]{1,100})$/.exec(text) ?? []
  if (of !== kind || major === undefined || id === undefined) {
    throw badCursor(
      field,
      "is not a cursor of this list; take one from an edge or a pageInfo of the same list"
    )
  }
  if (digest !== digestOf(about)) {
    throw badCursor(
      field,
      "is a cursor of this list under another filter, in another order or of another parent; begin again without it"
    )
  }
  return { major, id }
}

const badCursor = (field: string, problem: string) =>
  new GraphQLError(`${field} ${problem}`, { extensions: { code: "BAD_CURSOR", field } })

/** A page as Relay spells it. Cursors are made when somebody asks for them: most queries take the last one alone. */
export const connectionOf = <Node>(kind: CursorKind, page: Page<Node>, about?: unknown) =>
  new Connection(page, new Cursors(kind, about))

/** What stands in each cursor of a list, before its position. */
export const cursorsBegin = (kind: CursorKind, about: unknown): string => `${kind}:${digestOf(about)}:`

class Cursors {
  private readonly kind: CursorKind
  private readonly about: unknown
  private begin: string | undefined
  constructor(kind: CursorKind, about: unknown) {
    this.kind = kind
    this.about = about
  }
  of({ major, id }: Position): string {
    this.begin ??= cursorsBegin(this.kind, this.about)
    return Base64Url.encode(`${this.begin}${major}:${id}`)
  }
}

class Edge<Node> {
  readonly node: Node
  private readonly row: PageRow<Node>
  private readonly cursors: Cursors
  constructor(row: PageRow<Node>, cursors: Cursors) {
    this.node = row.node
    this.row = row
    this.cursors = cursors
  }
  get cursor(): string {
    return this.cursors.of(this.row.position)
  }
}

class Connection<Node> {
  private readonly page: Page<Node>
  private readonly cursors: Cursors
  private made: ReadonlyArray<Edge<Node>> | undefined
  constructor(page: Page<Node>, cursors: Cursors) {
    this.page = page
    this.cursors = cursors
  }
  get edges(): ReadonlyArray<Edge<Node>> {
    return (this.made ??= this.page.rows.map((row) => new Edge(row, this.cursors)))
  }
  get pageInfo() {
    const { page, cursors } = this
    const cursorOf = (row: PageRow<Node> | undefined) => (row === undefined ? null : cursors.of(row.position))
    return {
      hasNextPage: page.hasNext,
      hasPreviousPage: page.hasPrevious,
      get startCursor() {
        return cursorOf(page.rows.at(0))
      },
      get endCursor() {
        return cursorOf(page.rows.at(-1))
      }
    }
  }
}

/** A connection over what is in memory, ordered by id. */
export const connectionOver = <Node extends { readonly id: string }>(
  kind: CursorKind,
  nodes: Iterable<Node>,
  args: PageArguments,
  about?: unknown
) => {
  const slice = sliceOf(kind, args, about)
  const ordered = [...nodes]
    .filter(({ id }) => slice.after === undefined || id > slice.after.id)
    .filter(({ id }) => slice.before === undefined || id < slice.before.id)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const read = slice.from === "start" ? ordered : ordered.toReversed()
  const rows = read.slice(0, slice.size + 1).map((node) => ({ node, position: { major: "0", id: node.id } }))
  return connectionOf(kind, pageOf(slice, rows), about)
}

const estimates = new WeakMap<object, () => number | Promise<number>>()

interface Counted {
  readonly edges: ReadonlyArray<unknown>
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean }
}

/** A page that can tell about how long its list is, if somebody asks. */
export const withEstimate = <Connection extends Counted>(
  connection: Connection,
  estimate: () => Promise<number>
): Connection => {
  const { edges, pageInfo } = connection
  const whole = !pageInfo.hasNextPage && !pageInfo.hasPreviousPage
  estimates.set(connection, () =>
    whole ? edges.length : estimate().then((rows) => Math.max(Math.round(rows), edges.length + 1))
  )
  return connection
}

/** Null for a list that nobody estimates. */
export const estimateOf = (connection: object): number | Promise<number> | null =>
  estimates.get(connection)?.() ?? null
