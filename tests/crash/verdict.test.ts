import { expect, it } from "vitest"
import { crashPoints, customerKinds, faultKinds } from "./kinds.ts"
import { type Reached, shortcomings } from "./verdict.ts"

const dose = { kills: 100, stops: 20 }
const fired = [...faultKinds, ...customerKinds, ...crashPoints].map((kind) => [kind, 1] as const)
const well: Reached = {
  violations: [],
  oddEnds: [],
  chainFaults: [],
  fired,
  settled: 100,
  killedInFlight: 25,
  drained: 1
}

it("a run in which everything happened, and nothing went wrong, passes", () => {
  expect(shortcomings(well, dose)).toEqual([])
})

it.each(fired)("a run without “%s” fails, and says so", (kind) => {
  const missing = fired.map(([one, times]) => [one, one === kind ? 0 : times] as const)
  expect(shortcomings({ ...well, fired: missing }, dose)).toEqual([`NEVER HAPPENED: ${kind}`])
})

it.each<readonly [string, Partial<Reached>]>([
  ["a violation", { violations: [{ law: "a law", session: undefined, words: "broken" }] }],
  ["a server that ended by itself", { oddEnds: [{ server: 0, at: 0, words: "it ended" }] }],
  ["a fault in the audit chain", { chainFaults: [{ chain: "ps_1" }] }],
  ["few sessions that were settled", { settled: 99 }],
  ["few charges that were killed in mid-flight", { killedInFlight: 24 }],
  ["no charge that was recorded by a server that had to stop", { drained: 0 }]
])("a run with %s fails", (_what, wrong) => {
  expect(shortcomings({ ...well, ...wrong }, dose)).toHaveLength(1)
})
