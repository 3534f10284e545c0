import { beforeAll, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkFits } from "./plant.ts"
import { plantAll, type Planted } from "./planting.ts"
import { plants } from "./plants.ts"

describe("a planted bug is caught by the simulation", () => {
  let planted: ReadonlyMap<string, Planted> = new Map()

  beforeAll(async () => {
    const all = await Effect.runPromise(plantAll({ threads: 2, short: true }))
    planted = new Map(all.map((one) => [one.plant.name, one]))
  }, 600_000)

  it.each(plants.map(({ name, harm }) => [name, harm] as const))("%s: %s", (name) => {
    expect(planted.get(name)?.caught?.law ?? "nobody saw it").not.toBe("nobody saw it")
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
