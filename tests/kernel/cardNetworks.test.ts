import { describe, expect, it } from "@effect/vitest"
import { brandOf, holdsCardNumber, withoutCardNumber } from "../../src/kernel/cardNumbers.ts"
import { UnknownSession } from "../../src/kernel/refusals.ts"

/** A number of so many digits that begins so and checks, by the rule as ISO 7812 words it. */
const numberOf = (beginning: string, length: number): string => {
  const others = beginning.padEnd(length - 1, "0")
  const sum = [...others].toReversed().reduce((total, digit, at) => {
    const weighed = Number(digit) * (at % 2 === 0 ? 2 : 1)
    return total + Math.floor(weighed / 10) + (weighed % 10)
  }, 0)
  return `${others}${(10 - (sum % 10)) % 10}`
}

/** Of each network the ends of its ranges, what lies just outside of them, and its lengths. */
const networks = [
  ["visa", "4 49", "3999 50", [13, 16, 19]],
  ["mastercard", "51 55 2221 2229 2230 2299 23 26 270 271 2720", "50 56 2220 2721 2729 273 28", [16]],
  ["amex", "34 37", "33 35 38 034", [15]],
  ["discover", "6011 644 649 65", "6010 6012 643 640 66 07", [16]],
  ["jcb", "3528 3529 353 358", "3527 3520 359 350", [16]],
  ["diners", "300 305 36 38", "306 309 35 37 39 036", [14]],
  ["unionpay", "62", "61 63", [16, 17, 18, 19]]
] as const

const rows = networks.flatMap(([brand, inside, outside, lengths]) =>
  lengths.map((length) => [brand, length, inside.split(" "), outside.split(" ")] as const)
)

describe("the numbers of a network are known by how they begin and how long they are:", () => {
  it.each(rows)("%s of %d digits", (brand, length, inside, outside) => {
    for (const beginning of inside) {
      expect(holdsCardNumber(numberOf(beginning, length)), beginning).toBe(true)
      expect(brandOf(beginning), beginning).toBe(brand)
    }
    for (const beginning of outside) {
      expect(holdsCardNumber(numberOf(beginning, length)), beginning).toBe(false)
      expect(brandOf(beginning), beginning).not.toBe(brand)
    }
  })

  it.each(networks)("%s of no other length", (_brand, inside, _outside, lengths) => {
    const others = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20].filter(
      (length) => !lengths.some((one) => one === length)
    )
    for (const length of others)
      for (const beginning of inside.split(" "))
        expect(holdsCardNumber(numberOf(beginning, length)), `${beginning} ${length}`).toBe(false)
  })

  it("and a number of no network has none", () => {
    expect(brandOf("0")).toBeUndefined()
    expect(brandOf("")).toBeUndefined()
  })
})

describe("a card number is found in the digits of", () => {
  it.each([
    ["Arabic", 0x0660],
    ["Persian", 0x06f0],
    ["N'Ko", 0x07c0],
    ["Devanagari", 0x0966],
    ["Bengali", 0x09e6],
    ["Gurmukhi", 0x0a66],
    ["Gujarati", 0x0ae6],
    ["Oriya", 0x0b66],
    ["Tamil", 0x0be6],
    ["Telugu", 0x0c66],
    ["Kannada", 0x0ce6],
    ["Malayalam", 0x0d66],
    ["Thai", 0x0e50],
    ["Lao", 0x0ed0],
    ["Tibetan", 0x0f20],
    ["Burmese", 0x1040],
    ["Khmer", 0x17e0],
    ["Mongolian", 0x1810]
  ])("%s", (_, zero) => {
    // All ten of them.
    const number = numberOf("412345678901234", 16)
    const written = number.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)))
    expect(holdsCardNumber(written)).toBe(true)
  })
})

describe("a random id that has a card's digits by accident", () => {
  const digits = "4242424242424242"
  const hexadecimal = (length: number) => digits.padEnd(length, "abcdef")
  const uuid = "abcdefab-4242-4242-4242-4242abcdefab"

  it.each([24, 32, 40, 64])(
    "of %d hexadecimal digits is let through, one digit more or less is not",
    (length) => {
      for (const id of [hexadecimal(length), hexadecimal(length).toUpperCase(), `id-${hexadecimal(length)}.`])
        expect(holdsCardNumber(id), id).toBe(false)
      for (const id of [hexadecimal(length - 1), hexadecimal(length + 1), `z${hexadecimal(length)}`])
        expect(holdsCardNumber(id), id).toBe(true)
    }
  )

  it("as a UUID is let through, anything that is spelt otherwise is not", () => {
    for (const id of [uuid, uuid.toUpperCase(), `order-${uuid}`]) expect(holdsCardNumber(id), id).toBe(false)
    for (const id of [
      uuid.slice(1),
      `c${uuid}`,
      `${uuid}c`,
      uuid.slice(0, -1),
      uuid.replace("ab-", "ag-"),
      uuid.replace(/ab$/, "ag")
    ])
      expect(holdsCardNumber(id), id).toBe(true)
  })

  it("does not join the digits that stand around it", () => {
    expect(holdsCardNumber(`4242 4242 ${uuid} 4242 4242`)).toBe(false)
  })
})

describe("a telephone number", () => {
  it("is let through by its plus, and another number behind it is not", () => {
    expect(holdsCardNumber("+4222222222222")).toBe(false)
    expect(holdsCardNumber("+1 4222222222222")).toBe(true)
    expect(holdsCardNumber("4222222222222")).toBe(true)
  })
})

describe("a text of the caller's is repeated", () => {
  it("as it is, and without the card number that it holds", () => {
    expect(withoutCardNumber("ps_1")).toBe("ps_1")
    expect(withoutCardNumber("pay 4242 4242 4242 4242 now")).toBe("(a card number)")
    expect(UnknownSession.of("4242424242424242").message).toBe('there is no session "(a card number)"')
  })
})
