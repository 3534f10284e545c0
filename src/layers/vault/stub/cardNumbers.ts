import type { CardBrand } from "../../../kernel/Card.ts"

/** Whether a text is 12 to 19 digits of which the last one checks the others (Luhn). */
export const isCardNumber = (text: string): boolean => {
  if (!/^[0-9]{12,19}$/.test(text)) return false
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const digit = Number(text[text.length - 1 - i])
    const doubled = digit * 2
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const networks: ReadonlyArray<readonly [CardBrand, RegExp]> = [
  ["visa", /^4/],
  ["mastercard", /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["amex", /^3[47]/],
  ["discover", /^(6011|64[4-9]|65)/],
  ["jcb", /^35(2[89]|[3-8])/],
  ["diners", /^(30[0-5]|36|38)/],
  ["unionpay", /^62/]
]

/** The network that numbers of this beginning belong to. */
export const brandOf = (number: string): CardBrand | undefined =>
  networks.find(([, beginning]) => beginning.test(number))?.[0]
