import type { Fields } from "../plumbing/Fields.ts"
import { integer } from "./parameters.ts"
import { invalid } from "./StripeRefusal.ts"

const bounds = [
  ["gt", (created: number, bound: number) => created > bound],
  ["gte", (created: number, bound: number) => created >= bound],
  ["lt", (created: number, bound: number) => created < bound],
  ["lte", (created: number, bound: number) => created <= bound]
] as const

/** Whether something was created when the query asks. */
export const createdWithin = (fields: Fields, created: number): boolean => {
  const exact = integer(fields, "created")
  if (exact !== undefined && created !== exact) return false
  return bounds.every(([name, holds]) => {
    const bound = integer(fields, `created[${name}]`)
    return bound === undefined || holds(created, bound)
  })
}

const limitOf = (fields: Fields): number => {
  const limit = integer(fields, "limit") ?? 10
  if (limit < 1 || limit > 100) throw invalid("Limit must be between 1 and 100.", "limit")
  return limit
}

/** One page of a list, newest first. The rows come oldest first. */
export const listOf = <A extends { readonly id: string; readonly created: number }>(
  url: string,
  fields: Fields,
  rows: ReadonlyArray<A>,
  show: (row: A) => unknown
) => {
  const limit = limitOf(fields)
  const all = rows.filter((row) => createdWithin(fields, row.created)).toReversed()
  const cursor = (name: string): number | undefined => {
    const id = fields.get(name)
    if (id === undefined || id === "") return undefined
    const index = all.findIndex((row) => row.id === id)
    if (index === -1) throw invalid(`No such object: '${id}'`, name, "resource_missing")
    return index
  }
  const after = cursor("starting_after")
  const before = cursor("ending_before")
  const from = before === undefined ? (after === undefined ? 0 : after + 1) : Math.max(before - limit, 0)
  const to = before === undefined ? from + limit : before
  return {
    object: "list",
    url,
    has_more: before === undefined ? to < all.length : from > 0,
    data: all.slice(from, to).map(show)
  }
}
