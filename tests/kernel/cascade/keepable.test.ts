import { describe, expect, it } from "@effect/vitest"
import { Absent, Captured, Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { keepable } from "../../../src/kernel/cascade/keepable.ts"
import { largestAmount } from "../../../src/kernel/Money.ts"
import { captured, declined, indeterminate } from "../../support/kernel/cascade.ts"

const said = { code: "said_so", message: "the processor said so" }

const claiming = (claims: Partial<Captured>) =>
  new Captured({ ...captured, ...claims }, { disableChecks: true })

describe("an outcome that can be kept is kept as it is:", () => {
  it.each([
    ["a capture", captured],
    ["a soft decline", declined("soft")],
    ["a hard decline", declined("hard")],
    ["an unknown outcome", indeterminate],
    ["a decline that came to no network", new Declined({ kind: "soft", offNetwork: true, evidence: said })],
    [
      "a decline of what had succeeded and was undone",
      new Declined({ kind: "soft", undone: true, evidence: said })
    ],
    ["a decline with advice", new Declined({ kind: "hard", advice: "never", evidence: said })],
    [
      "a decline with a reference",
      new Declined({ kind: "soft", processorReference: "ch_1", evidence: said })
    ],
    [
      "an unknown outcome with a reference",
      new Indeterminate({ processorReference: "ch_1", evidence: said })
    ],
    [
      "a charge that waits for its customer",
      new Indeterminate({
        action: { type: "redirect", url: "https://issuer.example" },
        processorReference: "x".repeat(255),
        evidence: said
      })
    ],
    ["absence", new Absent({ evidence: { code: "not_found", message: "never heard of it" } })],
    ["a capture of the least amount", claiming({ amount: 1 })],
    ["a capture of the greatest amount", claiming({ amount: largestAmount })],
    ["a capture of another currency than was asked", claiming({ currency: "JPY" })],
    ["a capture with the longest reference", claiming({ processorReference: "x".repeat(255) })],
    ["a capture with a reference beyond the first plane", claiming({ processorReference: "ch_🧪" })],
    [
      "the longest evidence",
      new Indeterminate({ evidence: { code: "c".repeat(200), message: "m".repeat(2000) } })
    ]
  ])("%s", (_, outcome) => {
    const kept = keepable(outcome)
    expect(kept).toEqual(outcome)
    // A record has no place for what is there and undefined.
    expect(Object.keys(kept).toSorted()).toEqual(Object.keys(outcome).toSorted())
  })
})

describe("a reference that cannot be kept is left out of what is no capture:", () => {
  it.each([
    ["blank", " \t"],
    ["one too long", "x".repeat(256)],
    ["with a NUL", "ch_\0"],
    ["with half a character", "ch_\ud83e"]
  ])("%s", (_, processorReference) => {
    const decline = keepable(new Declined({ kind: "soft", processorReference, evidence: said }))
    const unknown = keepable(new Indeterminate({ processorReference, evidence: said }))
    expect(decline).toEqual(new Declined({ kind: "soft", evidence: said }))
    expect(unknown).toEqual(new Indeterminate({ evidence: said }))
    expect(Object.keys(decline)).not.toContain("processorReference")
    expect(Object.keys(unknown)).not.toContain("processorReference")
  })
})

describe("a capture that cannot be one is an unknown outcome, whose evidence says what was claimed:", () => {
  it.each<[string, Partial<Captured>, string]>([
    ["no amount", { amount: 0 }, "no amount that can be captured"],
    ["a negative amount", { amount: -1000 }, "no amount that can be captured"],
    ["a fraction", { amount: 10.5 }, "no amount that can be captured"],
    ["an amount that nothing can cost", { amount: largestAmount + 1 }, "no amount that can be captured"],
    ["an amount that is no number", { amount: Number.NaN }, "no amount that can be captured"],
    ["no reference", { processorReference: "" }, "no processor reference"],
    ["a blank reference", { processorReference: " \t" }, "no processor reference"],
    [
      "a reference one too long",
      { processorReference: "x".repeat(256) },
      "a processor reference that is too long"
    ],
    [
      "a reference with a NUL",
      { processorReference: "ch_\0" },
      "a processor reference that cannot be written down"
    ],
    [
      "a reference with half a character",
      { processorReference: "ch_\ud83e" },
      "a processor reference that cannot be written down"
    ]
  ])("%s", (_, claims, words) => {
    const claim = claiming(claims)
    const kept = keepable(claim)
    expect(kept).toBeInstanceOf(Indeterminate)
    expect(kept.evidence.code).toBe("impossible_capture")
    const processorReference = claim.processorReference.slice(0, 255)
    expect(kept.evidence.message).toBe(`${words}: ${JSON.stringify({ ...claim, processorReference })}`)
  })
})

describe("evidence that no record can keep", () => {
  const evidenceOf = (code: string, message: string) =>
    keepable(new Declined({ kind: "soft", evidence: { code, message } })).evidence

  it("is cut, at two hundred and at two thousand characters", () => {
    expect(evidenceOf("c".repeat(201), "m".repeat(2001))).toEqual({
      code: "c".repeat(200),
      message: "m".repeat(2000)
    })
  })

  it("is shown where it cannot be written down, every place of it", () => {
    expect(evidenceOf("a\0b\0c", "\ud83ex\udc00y🧪")).toEqual({ code: "a�b�c", message: "�x�y🧪" })
  })

  it("does not end with half a character when it is cut in one", () => {
    const { code, message } = evidenceOf(`${"c".repeat(199)}🧪`, `${"m".repeat(1999)}🧪`)
    expect(code).toBe(`${"c".repeat(199)}�`)
    expect(message).toBe(`${"m".repeat(1999)}�`)
  })

  it("of a capture is cut as well, and the capture stays one", () => {
    const evidence = { code: "approved\0", message: "m".repeat(5000) }
    expect(keepable(claiming({ evidence }))).toEqual(
      new Captured({ ...captured, evidence: { code: "approved�", message: "m".repeat(2000) } })
    )
  })

  it("of an impossible capture is cut as well, what was claimed before what was said", () => {
    const evidence = { code: "approved", message: "m".repeat(5000) }
    const { message } = keepable(claiming({ amount: 0, evidence })).evidence
    expect(message.length).toBe(2000)
    expect(message).toContain('"processorReference":"ch_1","amount":0,"currency":"USD"')
  })

  it("of a capture with an endless reference still says how much was claimed", () => {
    const { message } = keepable(claiming({ processorReference: "x".repeat(11_000) })).evidence
    expect(message).toBe(
      `a processor reference that is too long: ${JSON.stringify({ ...captured, processorReference: "x".repeat(255) })}`
    )
  })
})
