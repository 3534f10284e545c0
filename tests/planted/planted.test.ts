import { beforeAll, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { checkFits } from "./plant.ts"
import { plantAll, type Planted } from "./planting.ts"
import { plants } from "./plants.ts"

const simulation = new URL("../simulation/", import.meta.url)

/** Every law that the simulation asks, by name, as it stands in its source. */
const lawsOfSimulation = (): ReadonlyArray<string> => {
  const files = readdirSync(simulation, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.startsWith("tapes")
  )
  const named = files.flatMap((file) => [
    ...readFileSync(new URL(file, simulation), "utf8").matchAll(/\.breaks\(\s*"([^"]+)"/g)
  ])
  return [...new Set(named.flatMap(([, law]) => law ?? []))]
}

/** Laws that can only be broken after another one that is asked earlier, and why. */
const brokenAfterOthers: Readonly<Record<string, string>> = {
  "a card is never charged twice":
    "the second charge is refused before it leaves, and the history ends there",
  "what is cancelled or expired is not charged": "no session is ended whose charge may be on its way",
  "money is given back only where it was captured":
    "a capture that no gateway made is a broken law as soon as it is recorded",
  "every history ends": "it is the simulation's own bound"
}

describe("a planted bug is caught by the simulation", () => {
  let planted: ReadonlyMap<string, Planted> = new Map()

  beforeAll(async () => {
    const all = await Effect.runPromise(plantAll({ threads: 2, short: true }))
    planted = new Map(all.map((one) => [one.plant.name, one]))
  }, 600_000)

  it.each(plants.map(({ name, harm, law }) => [name, harm, law] as const))("%s: %s", (name, _, law) => {
    expect(planted.get(name)?.caught?.law ?? "nobody saw it").toBe(law)
  })

  it("and there is no law that no planted bug breaks", () => {
    const broken = new Set(plants.map(({ law }) => law))
    const unbroken = lawsOfSimulation().filter((law) => !broken.has(law))
    expect(unbroken.toSorted()).toEqual(Object.keys(brokenAfterOthers).toSorted())
  })

  it("and there are thirty or more, each with a name of its own", () => {
    expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length)
    expect(plants.length).toBeGreaterThanOrEqual(30)
  })

  it("and an edit that does not fit its file any more is refused", () => {
    const [first] = plants[0]?.edits ?? []
    if (first === undefined) return expect.fail("a plant without an edit")
    expect(() => checkFits([{ ...first, find: "nowhere in the file" }])).toThrow("0 times, not once")
  })
})
