import { createHmac } from "node:crypto"

export type Brand = "visa" | "mastercard" | "amex" | "discover" | "diners" | "jcb" | "unionpay" | "unknown"

const ranges: ReadonlyArray<readonly [Brand, RegExp]> = [
  ["visa", /^4/],
  ["mastercard", /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["amex", /^3[47]/],
  ["diners", /^3(0[0-5]|[68])/],
  ["jcb", /^35/],
  ["discover", /^6(011|5|4[4-9])/],
  ["unionpay", /^62/]
]

export const brandOf = (number: string): Brand =>
  ranges.find(([, range]) => range.test(number))?.[0] ?? "unknown"

/** The last digit that makes a number check. */
export const checkDigit = (digits: string): string => {
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return String((10 - (sum % 10)) % 10)
}

export const isCardNumber = (number: string): boolean =>
  /^\d{12,19}$/.test(number) && checkDigit(number.slice(0, -1)) === number.slice(-1)

/** The first digits, which belong to the issuer. */
export const binOf = (number: string): string => number.slice(0, number.length >= 16 ? 8 : 6)

/** The same card has the same fingerprint within one gateway, and another one at the next. */
export const fingerprintOf = (gateway: string, number: string): string =>
  createHmac("sha256", `sandbox ${gateway}`).update(number).digest("base64url").slice(0, 24)
