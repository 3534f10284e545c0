import { describe, expect, it } from "vitest"
import { hidesCardNumber } from "../../src/kernel/hiddenCardNumbers.ts"

const pan = "4242424242424242"
const groups = "4242 4242 4242 4242"
const base64 = (text: string) => Buffer.from(text).toString("base64")
const each = (write: (digit: string) => string) => [...pan].map(write).join("")
const code = (digit: string, radix = 16) => digit.charCodeAt(0).toString(radix)

describe("a card number is found, however it is written:", () => {
  it.each<readonly [string, string]>([
    ["plainly", `{"number": "${pan}"}`],
    ["in escapes of JSON", each((digit) => `\\u00${code(digit)}`)],
    ["in escapes of JSON within JSON", JSON.stringify(each((digit) => `\\u00${code(digit)}`))],
    ["with an escape of one digit", `4242424242424\\u0032${"42"}`],
    ["in escapes of full-width digits", each((digit) => `\\uff1${digit}`)],
    ["in escapes of ES2015", each((digit) => `\\u{${code(digit)}}`)],
    ["in bytes of C", each((digit) => `\\x${code(digit)}`)],
    ["in octal", each((digit) => `\\${code(digit, 8).padStart(3, "0")}`)],
    ["in entities", each((digit) => `&#${digit.charCodeAt(0)};`)],
    ["in hexadecimal entities", each((digit) => `&#x${code(digit)};`)],
    ["in the encoding of addresses", each((digit) => `%${code(digit)}`)],
    ["in the encoding of addresses, twice", each((digit) => `%25${code(digit)}`)],
    ["with encoded spaces", groups.replaceAll(" ", "%20")],
    ["with pluses for spaces", `card=${groups.replaceAll(" ", "+")}&x=1`],
    ["in quoted-printable", each((digit) => `=${code(digit)}`)],
    ["with underscores", groups.replaceAll(" ", "_")],
    ["with slashes", groups.replaceAll(" ", "/")],
    ["with dots", groups.replaceAll(" ", ".")],
    ["with bars and spaces", groups.replaceAll(" ", " | ")],
    ["in an array", JSON.stringify(groups.split(" "))],
    ["digit by digit", JSON.stringify([...pan])],
    ["in two bytes for each digit", [...pan].join("\0")],
    ["in hexadecimal", Buffer.from(pan).toString("hex")],
    ["in hexadecimal groups", Buffer.from(groups).toString("hex").toUpperCase()],
    ["in Base64", base64(pan)],
    ["in Base64 without its padding", base64(pan).replaceAll("=", "")],
    ["in Base64 of more", base64(JSON.stringify({ a: "b", card: { number: pan } }))],
    ["in Base64 for addresses", Buffer.from(`\xff\xfe${groups}\xff`, "latin1").toString("base64url")],
    ["in Base64 behind other letters", `dataX${base64(`number=${pan}`)}`],
    ["in Base64 with broken lines", base64(`${"x".repeat(50)}${pan}`).replaceAll(/(.{20})/g, "$1\r\n")],
    [
      "in Base64 with broken lines of JSON",
      base64(`${"x".repeat(50)}${pan}`).replaceAll(/(.{20})/g, "$1\\n")
    ],
    ["in Base64 of Base64", base64(base64(`number=${pan}`))],
    ["in Base64 of escapes", base64(each((digit) => `%${code(digit)}`))],
    ["in Base64 in the encoding of addresses", encodeURIComponent(base64(`card ${pan}`))]
  ])("%s", (_, text) => {
    expect(hidesCardNumber(text)).toBe(true)
    expect(hidesCardNumber(`{"before": "words", "it": "${text}", "after": 1}`)).toBe(true)
  })
})

describe("none is found", () => {
  it.each([
    ["in nothing", ""],
    ["in words", "an event that nobody can read"],
    ["in a number that is none", "4242424242424241"],
    ["in Base64 of one that is none", base64("number=4242424242424241")],
    ["in an event", '{"id":"evt_1","created":1795168000,"amount":4200,"at":"2026-11-21T10:00:00.000Z"}'],
    ["in a random id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"],
    ["in escapes that are none", "\\u{ffffff} &#9999999; %zz \\xzz"],
    [
      "in Base64 of an image",
      base64(String.fromCharCode(...Array.from({ length: 400 }, (_, at) => at % 200)))
    ]
  ])("%s", (_, text) => {
    expect(hidesCardNumber(text)).toBe(false)
  })
})

describe("a large text is read to its end,", () => {
  const large = 1024 * 1024
  it.each<readonly [string, string]>([
    ["of digits", "1"],
    ["of digits apart", "1 "],
    ["of digits far apart", "1, , "],
    ["of letters", "A"],
    ["of what may be Base64 of digits", "MTEx"],
    ["of escapes", "\\u0031"],
    ["of escaped escapes", "%2531"],
    ["of backslashes", "\\"],
    ["of ampersands", "&#"],
    ["of percents", "%"],
    ["of codes", "31"],
    ["of spaces", " "]
  ])("%s", (_, piece) => {
    const text = piece.repeat(Math.ceil(large / piece.length))
    expect(hidesCardNumber(text)).toBe(false)
    expect(hidesCardNumber(`${text}; ${pan}`)).toBe(true)
  })
})
