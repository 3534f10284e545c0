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

/** A part of a list, in the list's own order whichever end it was counted from. */
export interface Page<Node> {
  readonly rows: ReadonlyArray<{ readonly node: Node; readonly position: Position }>
  readonly hasNext: boolean
  readonly hasPrevious: boolean
}

/**
 * The page of the rows that were read for it: up to `size + 1` of them, from the end that was asked for. The one
 * too many only says that there is more. Behind a position there is at least the row that stands on it.
 */
export const pageOf = <Node>(slice: Slice, read: Page<Node>["rows"]): Page<Node> => {
  const rows = read.slice(0, slice.size)
  const more = read.length > slice.size
  return slice.from === "start"
    ? { rows, hasNext: more || slice.before !== undefined, hasPrevious: slice.after !== undefined }
    : {
        rows: rows.toReversed(),
        hasNext: slice.before !== undefined,
        hasPrevious: more || slice.after !== undefined
      }
}
