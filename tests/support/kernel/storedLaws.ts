import { describe, expect, it } from "@effect/vitest"
import { Exit, Schema } from "effect"

export type Stored = Readonly<Record<string, unknown>>
type Kept = Schema.Codec<unknown, unknown>

/** Something that is written down, one whole example as it stands there. */
export type Example = readonly [what: string, schema: Kept, stored: Stored]

/** Places at which anything may stand. */
const anything = new Set(["payload.amount"])

interface Place {
  readonly path: string
  /** The whole, with something else at this place, or without it. */
  readonly put: (value: unknown) => unknown
  readonly leaveOut: (() => unknown) | undefined
}

/** Every place of a value, with ways to change it. */
const placesIn = (value: unknown, path: string, put: Place["put"]): ReadonlyArray<Place> => {
  if (Array.isArray(value)) {
    const list: ReadonlyArray<unknown> = value
    return list.flatMap((part, at) => {
      const inside = (other: unknown) => put(list.with(at, other))
      return [
        { path: `${path}[${at}]`, put: inside, leaveOut: undefined },
        ...placesIn(part, `${path}[${at}]`, inside)
      ]
    })
  }
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const inside = (other: unknown) => put({ ...value, [key]: other })
    const name = path === "" ? key : `${path}.${key}`
    const others = Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))
    return [{ path: name, put: inside, leaveOut: () => put(others) }, ...placesIn(part, name, inside)]
  })
}

const isRead = (schema: Kept, stored: unknown): boolean =>
  Exit.isSuccess(Schema.decodeUnknownExit(schema)(stored))

/**
 * What is stored is read back as it was, and what is not whole, or not as it should be, is not read. `optional`: what
 * each example may do without.
 */
export const keepsWhatIsStored = (
  examples: ReadonlyArray<Example>,
  optional: Readonly<Record<string, ReadonlyArray<string>>>
) => {
  describe("what is stored is read back as it was:", () => {
    it.each(examples)("%s", (_, schema, stored) => {
      const read = Schema.decodeUnknownSync(schema)(stored)
      expect(Schema.encodeSync(schema)(read)).toStrictEqual(stored)
    })
  })

  describe("what is not whole, or not as it should be, is not read:", () => {
    it.each(examples)("%s", (what, schema, stored) => {
      const places = placesIn(stored, "", (whole) => whole)
      for (const { leaveOut, path, put } of places) {
        if (!anything.has(path)) expect(isRead(schema, put(null)), `null for ${path}`).toBe(false)
        if (leaveOut !== undefined)
          expect(isRead(schema, leaveOut()), `without ${path}`).toBe(optional[what]?.includes(path) ?? false)
      }
    })
  })
}
