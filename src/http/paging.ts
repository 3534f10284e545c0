import { Effect } from "effect"
import { InvalidInput } from "../kernel/refusals.ts"

// Lists over REST: `first` of them, `after` a position that a page before told as its `next`.

const rowsByDefault = 20
const mostRows = 100

/** Where the next page begins: the number of a row. */
export const positionOf = (after: string | undefined): Effect.Effect<string | undefined, InvalidInput> =>
  after === undefined || /^[0-9]{1,18}$/.test(after)
    ? Effect.succeed(after)
    : Effect.fail(
        new InvalidInput({ field: "after", problem: "is not the `next` of a page; take it from there" })
      )

export const sizeOf = (first = rowsByDefault): Effect.Effect<number, InvalidInput> =>
  Number.isInteger(first) && first >= 1 && first <= mostRows
    ? Effect.succeed(first)
    : Effect.fail(
        new InvalidInput({ field: "first", problem: `is not a whole number from 1 to ${mostRows}` })
      )

/** The rows of a page out of one more than were asked for, and where the next one begins. */
export const pageOf = <A>(found: ReadonlyArray<A>, size: number, positionIn: (row: A) => string) => {
  const rows = found.slice(0, size)
  const last = rows.at(-1)
  return { rows, next: found.length > size && last !== undefined ? positionIn(last) : null }
}
