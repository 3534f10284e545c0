import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { holdsCardNumber, isAsLongAsCardNumber, passesLuhn } from "../../src/kernel/cardNumbers.ts"
import { checkText } from "../../src/kernel/text.ts"

const fullWidth = (digits: string): string =>
  digits.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))

const digitsOf = (length: number) =>
  Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))).check(
    Schema.isMinLength(length),
    Schema.isMaxLength(length)
  )

/** The digit that makes some others pass the Luhn check. */
const withCheckDigit = (others: string): string =>
  [..."0123456789"].map((digit) => others + digit).find(passesLuhn) ?? others

describe("a card number is found", () => {
  it.each([
    ["visa", "4242424242424242"],
    ["visa of 13 digits", "4222222222222"],
    ["visa of 19 digits", "4000000000000000006"],
    ["mastercard", "5555555555554444"],
    ["mastercard of the second range", "2223003122003222"],
    ["amex", "378282246310005"],
    ["discover", "6011111111111117"],
    ["jcb", "3530111333300000"],
    ["diners", "30569309025904"],
    ["unionpay", "6200000000000005"],
    ["in groups", "4242 4242 4242 4242"],
    ["with dashes", "4242-4242-4242-4242"],
    ["with dots", "4242.4242.4242.4242"],
    ["with mixed separators", "4242 4242-4242.4242"],
    ["with wide gaps", "4242 - 4242 - 4242 - 4242"],
    ["with spaces that do not break", "4242\u00a04242\u202f42424242"],
    ["with dashes of other kinds", "4242\u20134242\u20144242\u22124242"],
    ["with invisible characters", "4242\u200b4242\u00ad42424242"],
    ["in full-width digits", fullWidth("4242424242424242")],
    ["in full-width groups", fullWidth("4242 4242 4242 4242")],
    ["in circled numbers, two digits in each", "\u32b7".repeat(8)],
    ["in Arabic digits", "\u0664\u0662\u0664\u0662".repeat(4)],
    ["with something before it", "pan:4242424242424242"],
    ["with a number before it", "1 4242 4242 4242 4242"],
    ["with a suffix", "4242424242424242x"],
    ["with its expiry behind it", "4242424242424242 12/30"],
    ["with a security code behind it", "4242-4242-4242-4242-123"],
    ["after a plus", "+4242424242424242"],
    ["of 19 digits after a plus", "+4000000000000000006"],
    ["in a sentence", "please charge 5555 5555 5555 4444, thank you"]
  ])("%s", (_what, text) => {
    expect(holdsCardNumber(text)).toBe(true)
  })

  // Of each script its zero, which nine more digits follow.
  it.each([
    ["Arabic", 0x0660],
    ["Persian", 0x06f0],
    ["N'Ko", 0x07c0],
    ["Devanagari", 0x0966],
    ["Bengali", 0x09e6],
    ["Gurmukhi", 0x0a66],
    ["Gujarati", 0x0ae6],
    ["Odia", 0x0b66],
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
  ])("in the digits of %s", (_script, zero) => {
    const inScript = (digits: string) =>
      digits.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)))
    // Together they have every digit.
    for (const number of ["4539578763621486", "4716190207394368"]) {
      expect(holdsCardNumber(number)).toBe(true)
      expect(holdsCardNumber(inScript(number))).toBe(true)
      expect(holdsCardNumber(inScript(number.slice(0, -1)) + ((Number(number.at(-1)) + 1) % 10))).toBe(false)
    }
  })

  it.prop(
    "with whatever digits, if they check",
    [digitsOf(14)],
    ([digits]) => {
      const number = withCheckDigit(`4${digits.join("")}`)
      expect(holdsCardNumber(number)).toBe(true)
      expect(holdsCardNumber(`a ${number.replaceAll(/(.{4})(?=.)/g, "$1 ")} b`)).toBe(true)
      expect(holdsCardNumber(fullWidth(number))).toBe(true)
    },
    { arbitrary: { seed: 1 } }
  )
})

/** Everything that stands for itself on a keyboard, and what systems divide by. */
const dividers = [
  ..."_/:,*+|;~#=&%$@!?'()[]{}<>^`\\\"\t\n",
  " / ",
  ", ",
  "; ",
  '","',
  "->",
  "\u2022",
  "\u00b0"
]

/** How cards of some lengths are grouped. */
const layoutsOf: Readonly<Record<number, ReadonlyArray<ReadonlyArray<number>>>> = {
  13: [[4, 4, 4, 1]],
  14: [
    [4, 6, 4],
    [4, 4, 4, 2]
  ],
  15: [
    [4, 6, 5],
    [4, 4, 4, 3]
  ],
  16: [
    [4, 4, 4, 4],
    [8, 8],
    [6, 10],
    [4, 12],
    [12, 4]
  ],
  17: [[4, 4, 4, 4, 1]],
  18: [[4, 4, 4, 4, 2]],
  19: [
    [4, 4, 4, 4, 3],
    [6, 13],
    [8, 8, 3]
  ]
}

const beginnings = [
  ["4", [13, 16, 19]],
  ["55", [16]],
  ["2223", [16]],
  ["37", [15]],
  ["6011", [16]],
  ["3530", [16]],
  ["3056", [14]],
  ["62", [16, 17, 18, 19]]
] as const

const grouped = (digits: string, sizes: ReadonlyArray<number>): ReadonlyArray<string> => {
  let at = 0
  return sizes.map((size) => digits.slice(at, (at += size)))
}

describe("a card number in its groups is found whatever one divides them by", () => {
  it.prop(
    "for each network, length and grouping",
    [digitsOf(18), Schema.Literals(dividers), Schema.Literals(dividers)],
    ([drawn, divider, other]) => {
      for (const [beginning, lengths] of beginnings) {
        for (const length of lengths) {
          const number = withCheckDigit((beginning + drawn.join("")).slice(0, length - 1))
          for (const sizes of layoutsOf[length] ?? []) {
            const groups = grouped(number, sizes)
            const whole = groups.join(divider)
            const mixed = groups.map((group, at) => (at === 0 ? group : (at % 2 ? divider : other) + group))
            for (const text of [
              whole,
              mixed.join(""),
              `pan ${whole}${other}12${other}30`,
              `7${other}${whole}`
            ])
              expect([text, holdsCardNumber(text)]).toEqual([text, true])
            // Another number; of a longer one the beginning may be a card's with something behind it.
            if (length > 16) continue
            const wrong = number.slice(0, -1) + ((Number(number.at(-1)) + 1) % 10)
            expect(holdsCardNumber(grouped(wrong, sizes).join(divider))).toBe(false)
          }
        }
      }
    },
    { arbitrary: { runs: Number(process.env["CARD_NUMBER_RUNS"] ?? 60), seed: 5 } }
  )
})

const digit = (...ends: readonly [number, number]) =>
  Schema.Int.check(Schema.isBetween({ minimum: ends[0], maximum: ends[1] }))
const padded = (value: number, length = 2) => String(value).padStart(length, "0")

describe("no card number is found", () => {
  it.prop(
    "in times, spans of them, telephone numbers, amounts, dates with order numbers, and long lists",
    [digit(2000, 2099), digit(1, 12), digit(0, 59), digit(0, 999_999), digit(1000, 9999)],
    ([year, month, minute, fraction, four]) => {
      const day = padded((minute % 28) + 1)
      const date = `${year}/${padded(month)}/${day}`
      const time = `${padded(minute % 24)}:${padded(minute)}:${padded(fraction % 60)}`
      const phone = `${padded(fraction % 1000, 3)}-${padded(minute + 100, 3)}-${four}`
      for (const text of [
        `${date} ${time}`,
        `${date}T${time}.${padded(fraction, 6)}Z`,
        `${time},${padded(fraction, 3)}/${time}`,
        `${date} ${time}/${date} ${time}`,
        `[${date}:${time} +0000]`,
        `+${minute}/${padded(fraction % 1000, 3)}/${padded(fraction, 6)}`,
        `(${phone.slice(0, 3)}) ${phone.slice(4)}`,
        `${phone} / ${phone}`,
        `${phone};${phone}`,
        `${four % 10},${padded(fraction % 1000, 3)},${padded(minute, 3)},${padded(fraction, 3).slice(0, 3)}`,
        `order/${year}/${padded(month)}/${day}/${padded(fraction, 6)}`,
        `${four}/${year}${padded(month)}${day}/${padded(minute, 4)}`,
        Array.from({ length: 20 }, (_, at) => padded((four + at) % 10_000, 4)).join(),
        Array.from({ length: 8 }, (_, at) => padded((four * (at + 1)) % 10_000, 4)).join(":"),
        `4${padded(minute)}.${padded(fraction, 6)},${padded(month)}.${padded(fraction, 6)}`
      ]) {
        expect([text, holdsCardNumber(text)]).toEqual([text, false])
      }
    },
    { arbitrary: { runs: Number(process.env["CARD_NUMBER_RUNS"] ?? 300), seed: 6 } }
  )

  it.each([
    ["", ""],
    ["a short order number", "1001"],
    ["an order number with a date", "20261121-000123"],
    ["an order number of 12 digits", "202611210001"],
    ["a number that does not check", "4242424242424241"],
    ["a longer number", "42424242424242424242"],
    ["a session id", "ps_01JD0000000000000000000000"],
    ["a UUID", "550e8400-e29b-41d4-a716-446655440000"],
    ["a UUID that has such digits by accident", "a4242424-2424-4242-a716-446655440000"],
    ["a hash that has such digits by accident", "a4242424242424242bcdefabcdefabcd"],
    ["a token of the stub vault", "tok_stub_ec44982cc56c5797c80c97e9"],
    ["an instant", "2026-11-21T07:47:42.123Z"],
    ["milliseconds since 1970", "1795247262123"],
    ["a telephone number", "+4222222222222"]
  ])("in %s", (_what, text) => {
    expect(holdsCardNumber(text)).toBe(false)
  })

  it.prop(
    "in an order number that begins like no network's",
    [
      Schema.Literals(["0", "1", "7", "8", "9", "20", "21", "28", "29", "31", "39", "50", "58", "600", "63"]),
      digitsOf(15)
    ],
    ([beginning, digits]) => {
      expect(holdsCardNumber((beginning + digits.join("")).slice(0, 16))).toBe(false)
    },
    { arbitrary: { runs: 500, seed: 2 } }
  )

  it.prop(
    "in a UUID",
    [Schema.String.check(Schema.isUUID())],
    ([uuid]) => {
      expect(holdsCardNumber(uuid)).toBe(false)
      expect(holdsCardNumber(`order-${uuid}`)).toBe(false)
      expect(holdsCardNumber(uuid.replaceAll("-", ""))).toBe(false)
    },
    { arbitrary: { seed: 3 } }
  )

  it.prop(
    "in a ULID",
    [Schema.String.check(Schema.isULID())],
    ([ulid]) => {
      expect(holdsCardNumber(`ps_${ulid}`)).toBe(false)
    },
    { arbitrary: { seed: 4 } }
  )
})

describe("as long as a card number", () => {
  it.each(["123456789012", "1234 5678-9012", "4242.4242.4242.4241", fullWidth("1234567890123456")])(
    "is %s",
    (text) => {
      expect(isAsLongAsCardNumber(text)).toBe(true)
    }
  )

  it.each(["tok_123456789012", "12345678901", "12345678901234567890"])("is not %s", (text) => {
    expect(isAsLongAsCardNumber(text)).toBe(false)
  })
})

describe("a request is refused at the place of a card number, which is not repeated:", () => {
  const pan = "4242 4242 4242 4242"
  it.effect.each<[string, unknown, string]>([
    ["a field", { customer: pan }, "customer"],
    ["a field inside", { vaultToken: { tokenRef: pan } }, "vaultToken.tokenRef"],
    ["a list", { lineItems: [{ name: "a" }, { name: pan }] }, "lineItems[1].name"],
    ["the value of a label", { metadata: { note: pan } }, "metadata.note"],
    ["the name of a label", { metadata: { [pan]: "note" } }, "metadata.(a name)"],
    ["a number", { amountCents: 4242424242424242 }, "amountCents"]
  ])("%s", ([, request, field]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkText(request))
      expect(error.field).toBe(field)
      expect(error.problem).toBe("looks like a card number; this service takes vault tokens only")
      expect(error.message.replaceAll(/[^0-9]/g, "")).not.toContain("4242")
    })
  )
})
