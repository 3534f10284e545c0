import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { SessionConfig } from "../../src/kernel/SessionConfig.ts"
import { openSessions } from "../support/kernel/sessions.ts"

const labels = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, "v"]))

/** Of each limit of a declaration what still passes, what is one too much, and the field that is named. */
const limits: ReadonlyArray<readonly [string, Partial<SessionConfig>, Partial<SessionConfig>, string]> = [
  ["a customer of 200 characters", { customer: "x".repeat(200) }, { customer: "x".repeat(201) }, "customer"],
  [
    "an order reference of 100",
    { orderReference: "!".repeat(100) },
    { orderReference: "!".repeat(101) },
    "orderReference"
  ],
  [
    "an order reference up to the tilde",
    { orderReference: "~" },
    { orderReference: "\u007f" },
    "orderReference"
  ],
  ["an order reference of something", { orderReference: "0" }, { orderReference: "" }, "orderReference"],
  [
    "an order reference without line ends",
    { orderReference: "a" },
    { orderReference: "a\n" },
    "orderReference"
  ],
  ["50 labels", { metadata: labels(50) }, { metadata: labels(51) }, "metadata"],
  ["50 labels of a theme", { theme: labels(50) }, { theme: labels(51) }, "theme"],
  [
    "a label whose name has 40 characters",
    { metadata: { ["k".repeat(40)]: "v" } },
    { metadata: { ["k".repeat(41)]: "v" } },
    // Told as far as it would have been kept.
    `metadata.${"k".repeat(40)}`
  ],
  ["a label of 500", { theme: { a: "v".repeat(500) } }, { theme: { a: "v".repeat(501) } }, "theme.a"],
  ["a label that says nothing", { theme: { a: "" } }, { theme: { "": "" } }, "theme."]
]

describe("a declaration may have", () => {
  it.effect.each(limits)("%s, and no more", ([, enough, tooMuch, field]) =>
    Effect.gen(function* () {
      const { create, declared } = openSessions()
      yield* create(enough)
      expect(declared.length).toBe(1)
      expect(yield* Effect.flip(create(tooMuch))).toMatchObject({ _tag: "InvalidInput", field })
      expect(declared.length).toBe(1)
    })
  )
})
