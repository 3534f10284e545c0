// docs/safety.md against what it speaks of: the figures are those that the commands wrote, the catalogue is whole, and
// what it says is shown somewhere is shown there.
import { describe, expect, it } from "vitest"
import { holds, readDocument, readKept, withFigures } from "../scripts/proof/figures.ts"
import { layers } from "../scripts/proof/layers.ts"
import { faultKinds } from "./simulation/faults.ts"
import { nameOf, numbers } from "./walk/faults.ts"

const text = readDocument()

/** The rows of the catalogue: which numbers, and by what they are shown. */
const rows = [...text.matchAll(/^\| (\d[\d, ]*) \|.*\| ([^|]*) \|$/gm)].map(([, nrs = "", shown = ""]) => ({
  nrs: nrs.split(",").map(Number),
  shown
}))

const shownBy = (layer: string): ReadonlyArray<number> =>
  rows
    .filter(({ shown }) => new RegExp(`\\b${layer}\\b`).test(shown))
    .flatMap(({ nrs }) => nrs)
    .toSorted((a, b) => a - b)

/** Without what a formatter does to tables. */
const plain = (table: string): string => table.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---")

describe("docs/safety.md", () => {
  it("has the figures as npm run proof left them", () => {
    expect(plain(text)).toBe(plain(withFigures(text)))
  })

  it("has a row of every layer, and each that was run at full size held", () => {
    for (const { title } of layers) expect(text).toContain(`| ${title} `)
    for (const [name, { held }] of Object.entries(readKept())) expect(held, name).toBe(true)
  })

  it("has all sixty faults, each once", () => {
    const nrs = rows.flatMap((row) => row.nrs).toSorted((a, b) => a - b)
    expect(nrs).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  })

  it("says of a fault that the simulation shows it, where one of its kinds does", () => {
    const simulated = Object.values(faultKinds).flatMap(({ catalogue }) => catalogue)
    expect(shownBy("sim")).toEqual([...new Set(simulated)].toSorted((a, b) => a - b))
  })

  it("says of a fault that the walk shows it, where it is walked", () => {
    // One order of things may be two faults: `31 the same W again (37: because its ack was lost)`.
    const walked = numbers.flatMap((nr) => [nr, ...(/\((\d+):/.exec(nameOf(nr))?.slice(1) ?? [])])
    expect(shownBy("walk")).toEqual(walked.map(Number).toSorted((a, b) => a - b))
  })
})

describe("a layer of the proof", () => {
  const figures = [{ figure: "broken laws", value: "0", aim: "0" }]

  it("held when its command ended well and says nothing else", () => {
    expect(holds("well", { figures })).toBe(true)
    expect(holds("well", { figures, held: true })).toBe(true)
    expect(holds("badly", { figures, held: true })).toBe(false)
    expect(holds("well", { figures, held: false })).toBe(false)
  })

  it("did not hold without figures: then nobody knows what was shown", () => {
    expect(holds("well", undefined)).toBe(false)
    expect(holds("well", { figures: [] })).toBe(false)
    expect(holds("elsewhere", { figures: [], held: true })).toBe(false)
  })

  it("held elsewhere only by its own word", () => {
    expect(holds("elsewhere", { figures })).toBe(false)
    expect(holds("elsewhere", { figures, held: false })).toBe(false)
    expect(holds("elsewhere", { figures, held: true })).toBe(true)
  })
})
