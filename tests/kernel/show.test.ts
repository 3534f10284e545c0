import { describe, expect, it } from "@effect/vitest"
import { show } from "../../src/kernel/show.ts"

describe("a value is repeated in a refusal", () => {
  it.each([
    ["a text in quotes", "a\nb", '"a\\nb"'],
    ["an empty text", "", '""'],
    ["a number", 12.5, "12.5"],
    ["what is no number", Number.NaN, "NaN"],
    ["a number without end", -Infinity, "-Infinity"],
    ["nothing", null, "null"],
    ["what is not there", undefined, "missing"],
    ["an object", { a: [1] }, '{"a":[1]}']
  ])("as it was sent: %s", (_, value, shown) => {
    expect(show(value)).toBe(shown)
  })

  it("whole up to eighty characters, its quotes among them, and cut after them", () => {
    expect(show("x".repeat(78))).toBe(`"${"x".repeat(78)}"`)
    expect(show("x".repeat(79))).toBe(`"${"x".repeat(79)}...`)
  })
})
