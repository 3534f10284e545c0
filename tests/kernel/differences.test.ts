import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { VaultToken } from "../../src/kernel/Card.ts"
import { differences } from "../../src/kernel/differences.ts"

describe("the differences of two requests", () => {
  it("are none between a request and what was stored of it", () => {
    const request = {
      token: new VaultToken({ vaultId: "vault", tokenRef: "tok" }),
      metadata: { b: "2", a: "1" },
      lines: [{ quantity: 1 }],
      absent: undefined
    }
    expect(differences(JSON.parse(JSON.stringify(request)), request)).toEqual([])
    expect(differences({ metadata: { a: "1", b: "2" } }, { metadata: { b: "2", a: "1" } })).toEqual([])
  })

  it.each<[string, unknown, unknown, string, string, string]>([
    ["a value", { amount: 1 }, { amount: 2 }, "amount", "1", "2"],
    ["a nested value", { intent: { type: "a" } }, { intent: { type: "b" } }, "intent.type", '"a"', '"b"'],
    ["an element", { lines: [1, 2] }, { lines: [1, 3] }, "lines[1]", "2", "3"],
    ["a value in an element", { l: [{ q: 1 }] }, { l: [{ q: 2 }] }, "l[0].q", "1", "2"],
    ["an element more", { lines: [1] }, { lines: [1, 2] }, "lines[1]", "absent", "2"],
    ["an element less", { lines: [1, 2] }, { lines: [1] }, "lines[1]", "2", "absent"],
    ["a field more", {}, { product: "x" }, "product", "absent", '"x"'],
    ["a field less", { product: "x" }, {}, "product", '"x"', "absent"],
    ["a null for nothing", { product: null }, {}, "product", "null", "absent"],
    ["a list for an object", { a: [] }, { a: {} }, "a", "[]", "{}"],
    ["a text for a number", { a: 1 }, { a: "1" }, "a", "1", '"1"'],
    ["the whole", 1, 2, "body", "1", "2"],
    ["a list as the whole", [1], [2], "[0]", "1", "2"]
  ])("name %s, before and now", (_, before, now, field, was, is) => {
    expect(differences(before, now)).toEqual([{ field, before: was, now: is }])
  })

  it("are at most ten, each cut short", () => {
    const many = (value: string) =>
      Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`field${n}`, value]))
    const found = differences(many("a"), many("b".repeat(5000)))
    expect(found.length).toBe(10)
    for (const { now } of found) expect(now).toBe(`"${"b".repeat(79)}...`)
    const [whole] = differences("a".repeat(78), "b".repeat(78))
    expect(whole).toEqual({ field: "body", before: `"${"a".repeat(78)}"`, now: `"${"b".repeat(78)}"` })
  })

  it.prop(
    "are none to itself, and some to anything else",
    { one: Schema.Json, other: Schema.Json },
    ({ one, other }) => {
      // JSON has one zero.
      const [before, now]: [unknown, unknown] = JSON.parse(JSON.stringify([one, other]))
      expect(differences(before, structuredClone(before))).toEqual([])
      const same = differences(before, now).length === 0
      expect(same).toBe(canonical(before) === canonical(now))
    },
    { arbitrary: { runs: 500, seed: 1 } }
  )
})

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )
