import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { plants } from "../planted/plants.ts"
import { playHistories } from "./histories.ts"
import { playHistory } from "./history.ts"
import { neverFired, storyOf } from "./story.ts"

// The short form of `npm run simulate`: so many that every kind of fault happens dozens of times.
const histories = Number(process.env["SIMULATED_HISTORIES"] ?? 6_000)

describe("a simulation of the shipped services", { timeout: 300_000 }, () => {
  it.effect("breaks no law in thousands of histories, in which every kind of fault happened", () =>
    Effect.gen(function* () {
      const summary = yield* playHistories({ from: 1, histories })
      expect(summary.broken === undefined ? "" : storyOf(summary.broken)).toBe("")
      expect(summary.histories).toBe(histories)
      expect(neverFired(summary)).toEqual([])
      // Cards are charged in it and money goes back, or it would show nothing.
      expect(summary.captures).toBeGreaterThan(histories / 4)
      expect(summary.refunds).toBeGreaterThan(histories / 10)
    })
  )

  it("is the same for the same seed, to the last line of its trace", () => {
    for (const seed of [5, 34, 125]) {
      const [first, second] = [playHistory(seed, { tracing: true }), playHistory(seed, { tracing: true })]
      expect(first.trace.length).toBeGreaterThan(10)
      expect(second).toEqual(first)
    }
  })

  it("is another one without its faults", () => {
    const { fired } = playHistory(34)
    expect(fired.length).toBeGreaterThan(2)
    expect(playHistory(34, { only: new Set() }).fired).toEqual([])
    expect(playHistory(34, { only: new Set(fired.slice(0, 1)) }).fired).toEqual(fired.slice(0, 1))
  })

  it.effect("tells a broken law with the few faults that matter and the command that shows it again", () =>
    Effect.gen(function* () {
      const plant = plants.find(({ name }) => name === "not found is absent at once")
      const { broken } = yield* playHistories({
        from: 1,
        histories: 2_000,
        threads: 1,
        edits: plant?.edits ?? []
      })
      if (broken === undefined) return expect.fail("the planted bug was not seen")
      expect(broken.faults.length).toBeLessThanOrEqual(2)
      expect(broken.faults.length).toBeLessThan(broken.allFaults)
      const story = storyOf(broken)
      expect(story).toContain("A law is broken: absent is what the gateway denied after its horizon.")
      expect(story).toContain(
        `npm run simulate -- --seed ${broken.seed} --only "${broken.faults.join("; ")}"`
      )
      expect(story).toMatch(/database {4}P \(open\) answers Permitted/)
      expect(story).toMatch(/Q .*: not_found/)
    })
  )
})
