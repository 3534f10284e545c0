import { microsOf } from "./Row.ts"

/**
 * Where a row stands in a list: first by `major`, then by `id`. `major` is a whole number as text (microseconds
 * of an instant, or an ordinal), because an instant has more digits than a JavaScript number keeps.
 */
export interface Position {
  readonly major: string
  readonly id: string
}

/** Which part of a list is asked for: `size` rows from one of its ends, between two positions. */
export interface Slice {
  /** Rows; 0 is an empty page that still says whether there is more. */
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: Position | undefined
  readonly before?: Position | undefined
}

/** A row of a page. */
export interface PageRow<Node> {
  readonly node: Node
  readonly position: Position
  /**
   * The pages of the lists that were read below it, in the order in which they were asked for. What their rows are,
   * whoever asked knows.
   */
  readonly below?: ReadonlyArray<Page<never>>
}

/** A part of a list, in the list's own order whichever end it was counted from. */
export interface Page<Node> {
  readonly rows: ReadonlyArray<PageRow<Node>>
  readonly hasNext: boolean
  readonly hasPrevious: boolean
  /** Of a page of which only the text was wanted, the text; rows are not told then. */
  readonly text?: string | undefined
}

/**
 * The page of the rows that were read for it: up to `size + 1` of them, from the end that was asked for. The one
 * too many only says that there is more. Behind a position there is at least the row that stands on it.
 */
export const pageOf = <Node>(slice: Slice, read: Page<Node>["rows"]): Page<Node> => {
  const more = read.length > slice.size
  const rows = more ? read.slice(0, slice.size) : read
  return slice.from === "start"
    ? { rows, hasNext: more || slice.before !== undefined, hasPrevious: slice.after !== undefined }
    : {
        rows: rows.toReversed(),
        hasNext: slice.before !== undefined,
        hasPrevious: more || slice.after !== undefined
      }
}

/** A row as it comes: itself, where it stands by the order's two columns, and the rows of each list below it. */
export type ToldRow<Node> = readonly [
  node: Node,
  major: string | number,
  id: string,
  ...below: ReadonlyArray<ReadonlyArray<ToldRow<never>>>
]

/** Whose rows have lists below them, each of which is a slice of its own. */
export interface Sliced {
  readonly slice: Slice
  readonly below: ReadonlyArray<Sliced>
}

/** The page of rows as they come. Most positions are never asked for. */
export const pageTold = <Node>({ slice, below }: Sliced, told: ReadonlyArray<ToldRow<Node>>): Page<Node> =>
  pageOf(
    slice,
    told.map((row) => new Row(row, below))
  )

class Row<Node> implements PageRow<Node> {
  readonly node: Node
  readonly below: ReadonlyArray<Page<never>>
  private readonly told: ToldRow<Node>
  constructor(told: ToldRow<Node>, below: ReadonlyArray<Sliced>) {
    const [node, , , ...lists] = told
    this.told = told
    this.node = node
    this.below = below.map((list, nr) => pageTold(list, lists[nr] ?? []))
  }
  get position(): Position {
    const [, major, id] = this.told
    return { major: typeof major === "number" ? String(major) : microsOf(major), id }
  }
}
