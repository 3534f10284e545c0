import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, it } from "vitest"
import { testCards } from "../../../../src/layers/providers/stub/testCards.ts"

it("the guide to the test cards says what the code does", () => {
  const script = join(import.meta.dirname, "../../../../scripts/print-test-cards.ts")
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" })
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
})

it("test cards come from three networks and from more than one country", () => {
  expect(new Set(testCards.map(({ brand }) => brand))).toEqual(new Set(["visa", "mastercard", "amex"]))
  expect(new Set(testCards.map(({ country }) => country)).size).toBeGreaterThan(1)
})
