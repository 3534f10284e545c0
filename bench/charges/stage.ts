// What a charge is in this run, for every contender: the same company, the same amount, answers that come at once.
import { Schema } from "effect"

/** Captured by the first account, or by the third after two that decline. */
export const Path = Schema.Literals(["captured", "failovers"])
export type Path = typeof Path.Type

/** The charges of one turn: sessions of the numbers from `first`. */
export const Order = Schema.Struct({
  path: Path,
  parallel: Schema.Int,
  first: Schema.Int,
  count: Schema.Int
})
export type Order = typeof Order.Type

export const declinesOf = (path: Path): number => (path === "captured" ? 0 : 2)

/** A session's number as the end of its id: ULIDs grow as well. */
export const ulidOf = (nr: number): string => String(nr).padStart(26, "0")

export const sessionOf = (nr: number): string => `ps_${ulidOf(nr)}`

export const amount = 4900
