import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import type { Scope } from "./scene.ts"

// How far the walk came when somebody last looked. A walk that got narrower is a defect: something is not walked any
// more, and its silence would be taken for a proof.

const Extent = Schema.Struct({ states: Schema.Int, transitions: Schema.Int })
export type Extent = typeof Extent.Type

const Extents = Schema.Record(Schema.String, Extent)
export type Extents = typeof Extents.Type

/** What `npm run walk` walks, and the scopes that together meet every fault in a few seconds. */
export const fullScope: Scope = { mids: 3, drivers: 2, faults: 2 }
export const shortScopes: ReadonlyArray<Scope> = [
  { mids: 2, drivers: 2, faults: 1 },
  { mids: 1, drivers: 2, faults: 2 },
  { mids: 3, drivers: 1, faults: 2 }
]

const several = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

export const nameOfScope = ({ mids, drivers, faults }: Scope): string =>
  [several(mids, "MID"), several(drivers, "driver"), several(faults, "fault")].join(", ")

const file = join(import.meta.dirname, "walked.json")

export const readExtents = (): Extents =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Extents))(readFileSync(file, "utf8"))

export const writeExtents = (extents: Extents): void =>
  writeFileSync(file, `${JSON.stringify(extents, null, 2)}\n`)

/** What is less than it was, in a sentence; nothing when the walk is as wide as before, or wider. */
export const narrower = (before: Extent | undefined, now: Extent): string | undefined => {
  if (before === undefined) return undefined
  const less = (["states", "transitions"] as const).filter((count) => now[count] < before[count])
  return less.length === 0
    ? undefined
    : `the walk got narrower: ${less.map((count) => `${now[count]} ${count}, before ${before[count]}`).join("; ")}`
}
