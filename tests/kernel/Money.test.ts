import { describe, expect, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { Currency, format, largestAmount, minorUnitDecimals, Money } from "../../src/kernel/Money.ts"

const decode = (amount: unknown, currency: unknown = "USD") =>
  Schema.decodeUnknownExit(Money)({ amount, currency })

describe("money", () => {
  it.each([1, 1250, largestAmount])("may be %d", (amount) => {
    expect(Exit.isSuccess(decode(amount))).toBe(true)
  })

  it.each([0, -1, 12.5, largestAmount + 1, 2 ** 53, Number.NaN, Infinity, -Infinity, "1250", null])(
    "is never %s",
    (amount) => {
      expect(Exit.isFailure(decode(amount))).toBe(true)
    }
  )

  it.each(["usd", "XXX", "", "US", null, 840])("has no currency %j", (currency) => {
    expect(Exit.isFailure(decode(100, currency))).toBe(true)
  })

  it("has decimals for every currency and for no other", () => {
    expect(Object.keys(minorUnitDecimals)).toEqual([...Currency.literals])
  })

  it("stays exact when a total of the largest lines is summed before it is refused", () => {
    expect(Number.isSafeInteger(largestAmount * 2)).toBe(true)
    expect(String(largestAmount)).toBe("9".repeat(12))
  })

  it.each([
    [1, "USD", "USD 0.01"],
    [12, "USD", "USD 0.12"],
    [100, "EUR", "EUR 1.00"],
    [1250, "USD", "USD 12.50"],
    [1250, "JPY", "JPY 1250"],
    [largestAmount, "GBP", "GBP 9999999999.99"]
  ] as const)("%d minor units of %s read %s", (amount, currency, text) => {
    expect(format(new Money({ amount, currency }))).toBe(text)
  })
})
