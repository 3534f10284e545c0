import { describe, expect, it } from "@effect/vitest"
import { Duration } from "effect"
import { retryDelays, waitAfter } from "../../../src/kernel/events/retrySchedule.ts"

const waits = (delivery: string) =>
  retryDelays.map((_, step) => Duration.toSeconds(waitAfter(delivery, step) ?? Duration.infinity))

describe("the wait after a failed try", () => {
  it("is that of the schedule", () => {
    expect(retryDelays.map(Duration.toSeconds)).toEqual([
      5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400
    ])
  })

  it("is a little longer than the schedule says, and never shorter, for every delivery", () => {
    for (let nr = 0; nr < 500; nr++) {
      for (const [step, seconds] of waits(`es_${nr}_evt_${nr}`).entries()) {
        const delay = Duration.toSeconds(retryDelays[step] ?? Duration.infinity)
        expect(seconds).toBeGreaterThanOrEqual(delay)
        expect(seconds).toBeLessThanOrEqual(delay * 1.2)
      }
    }
  })

  it("is the same for the same delivery, and spread for those that failed together", () => {
    expect(waits("es_1_evt_1")).toEqual(waits("es_1_evt_1"))
    const hours = Array.from({ length: 200 }, (_, nr) => waits(`es_1_evt_${nr}`).at(-1) ?? 0)
    expect(new Set(hours).size).toBeGreaterThan(190)
    const spread = hours.map((seconds) => (seconds / 86_400 - 1) / 0.2)
    expect(spread.filter((part) => part < 0.5).length).toBeGreaterThan(60)
    expect(spread.filter((part) => part > 0.5).length).toBeGreaterThan(60)
    const parts = waits("es_1_evt_1").map(
      (wait, step) => wait / Duration.toSeconds(retryDelays[step] ?? Duration.zero)
    )
    expect(new Set(parts.map((part) => part.toFixed(3))).size).toBeGreaterThan(4)
  })

  it("is none after the last", () => {
    expect(waitAfter("es_1_evt_1", retryDelays.length)).toBeUndefined()
  })
})
