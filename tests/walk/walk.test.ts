import { describe, expect, it } from "vitest"
import { walk, type Walk } from "./explore.ts"
import { nameOf, numbers } from "./faults.ts"
import { lawNames, sayLaw } from "./laws.ts"
import type { Walked } from "./Machine.ts"
import { nameOfScope, narrower, readExtents, shortScopes } from "./walked.ts"
import { goesOnAfterUnknown, opensInReview, writesNextAfterUnknown } from "./wrong/parts.ts"
import { wrongs } from "./wrong/wrongs.ts"

/** What went wrong in a walk, as a person reads it; nothing when every law was kept. */
const told = ({ violation }: Walk): string =>
  violation === undefined ? "" : [sayLaw(violation.law), ...violation.trace].join("\n")

describe("every history of one session", () => {
  const extents = readExtents()
  const walked = new Map<string, Walk>()

  it.each(shortScopes.map((scope) => [nameOfScope(scope), scope] as const))(
    "with %s keeps every law, and none is left out that was walked before",
    (name, scope) => {
      const result = walk({ scope })
      walked.set(name, result)
      expect(told(result)).toBe("")
      expect(extents).toHaveProperty([name])
      expect(narrower(extents[name], result)).toBeUndefined()
    }
  )

  it("meets every fault of the catalogue that can be expressed", () => {
    expect(walked.size).toBe(shortScopes.length)
    const never = numbers.filter((nr) => [...walked.values()].every(({ fired }) => fired[nr] === 0))
    expect(never.map(nameOf)).toEqual([])
  })

  it("ends in every state that a session can end in, and in review over every kind of incident", () => {
    const ends = new Set([...walked.values()].flatMap((result) => Object.keys(result.ends)))
    const bare = ["cancelled", "expired", "failed", "pending", "settled"]
    const incidents = ["captured_other_amount", "late_capture", "processor_reference_reused"]
    for (const end of [...bare, ...incidents.map((kind) => `in_review, ${kind}`)]) expect(ends).toContain(end)
    expect(ends).not.toContain("in_review")
    expect([...ends].filter((end) => end.startsWith("processing"))).toEqual([])
  })
})

describe("a machine with a bug breaks a law", () => {
  it.each(wrongs.map((wrong) => [wrong.bug, wrong.law, wrong.walked] as const))(
    "%s: %s",
    (_, law, walked) => {
      const { violation } = walk(walked)
      expect(violation?.law).toBe(law)
      expect(violation?.trace).not.toEqual([])
    }
  )

  it("and there is no law that no bug breaks", () => {
    const broken = new Set(wrongs.map(({ law }) => law))
    expect(lawNames.filter((law) => !broken.has(law))).toEqual([])
  })
})

describe("a second line of defence holds where the first is broken:", () => {
  const scope = { mids: 2, drivers: 1, faults: 1 }
  // Whoever runs into a prohibition hears of an error. That it had to come to this is a defect, which is not asked here.
  const unasked = ["noStatementIsProhibited"] as const

  it.each<[string, Walked]>([
    [
      "a cascade that goes on after an unknown outcome is refused by the ledger",
      { scope, step: goesOnAfterUnknown }
    ],
    [
      "a ledger that goes on with it is refused by the prohibitions of the storage",
      { scope, step: goesOnAfterUnknown, ledger: { record: writesNextAfterUnknown }, unasked }
    ],
    [
      "a ledger that opens a session in review is refused by them too",
      { scope: { mids: 1, drivers: 2, faults: 1 }, ledger: { open: opensInReview }, unasked }
    ]
  ])("%s", (_, walked) => {
    expect(told(walk(walked))).toBe("")
  })
})

describe("a walk that got narrower", () => {
  it("is told, with what it was", () => {
    const before = { states: 10, transitions: 20 }
    expect(narrower(before, before)).toBeUndefined()
    expect(narrower(before, { states: 11, transitions: 20 })).toBeUndefined()
    expect(narrower(undefined, before)).toBeUndefined()
    expect(narrower(before, { states: 9, transitions: 20 })).toBe(
      "the walk got narrower: 9 states, before 10"
    )
    expect(narrower(before, { states: 11, transitions: 19 })).toBe(
      "the walk got narrower: 19 transitions, before 20"
    )
  })

  it("shows when one actor stands still", () => {
    const scope = { mids: 2, drivers: 2, faults: 1 }
    const nobodyCancels = walk({ scope, ledger: { cancel: () => undefined } })
    expect(nobodyCancels.violation).toBeUndefined()
    expect(narrower(readExtents()[nameOfScope(scope)], nobodyCancels)).toMatch(
      /^the walk got narrower: \d+ states/
    )
  })
})

describe("a trace", () => {
  const traceOf = (bug: string) => {
    const wrong = wrongs.find((one) => one.bug === bug)
    return wrong === undefined ? undefined : walk(wrong.walked).violation?.trace
  }

  it("is the shortest way to what is wrong, in the catalogue's words, with how the record stands", () => {
    expect(traceOf("a timeout counts as a decline")).toEqual([
      "D1       P: attempt 1 on MID a is written under fence 1",
      "           = session processing, attempt 1 in_flight",
      "D1       has its permit, and it is fresh",
      "D1       S: sends attempt 1 to MID a",
      "D1       hears nothing of attempt 1 in time   [20 timeout, T later]",
      "D1       C: attempt 1 was wrong; P: attempt 2 on MID b is written under fence 2",
      "           = session processing, attempt 1 declined, attempt 2 in_flight"
    ])
  })

  it("calls each driver by one name from its first line to its last", () => {
    const lines = traceOf("the same to its end: the card is charged twice") ?? []
    const who = (what: RegExp) => lines.filter((line) => what.test(line)).map((line) => line.split(" ")[0])
    const [first] = who(/P: attempt 1/)
    const [second] = who(/P: attempt 2/)
    expect([first, second].toSorted()).toEqual(["D1", "D2"])
    expect(who(/S: sends attempt 1/)).toEqual([first])
    expect(who(/S: sends attempt 2/)).toEqual([second])
  })
})
