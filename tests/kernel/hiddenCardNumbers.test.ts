import { describe, expect, it } from "vitest"
import { holdsCardNumber } from "../../src/kernel/cardNumbers.ts"
import { hidesCardNumber } from "../../src/kernel/hiddenCardNumbers.ts"

const pan = "4242424242424242"
const groups = "4242 4242 4242 4242"
/** Of an account whose tag has no letter: the session's last digits, the ordinal and the tag are a card's number. */
const ownKey = "ps_01JZ8Q3V5W7X9Y1A2B3CD54242-1-1234567899"
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
    ["in Base64 in the encoding of addresses", encodeURIComponent(base64(`card ${pan}`))],
    ["in an array on lines of its own", JSON.stringify(groups.split(" "), null, 4)],
    ["digit by digit on lines of their own", JSON.stringify([...pan], null, 8)],
    ["in numbers of one digit", JSON.stringify([...pan].map(Number), null, 2)],
    ["with many spaces", groups.replaceAll(" ", "      ")],
    ["with empty lines", groups.replaceAll(" ", "\r\n\r\n")],
    ["with dots and dots", groups.replaceAll(" ", "....")],
    ["with named entities", groups.replaceAll(" ", "&nbsp;")],
    ["in entities of entities", each((digit) => `&amp;#${digit.charCodeAt(0)};`)],
    ["under keys", JSON.stringify({ n1: "4242", n2: "4242", n3: "4242", n4: "4242" })],
    ["under keys on lines", JSON.stringify({ first: pan.slice(0, 8), last: pan.slice(8) }, null, 2)],
    [
      "under keys within JSON",
      JSON.stringify(JSON.stringify({ first: pan.slice(0, 8), last: pan.slice(8) }))
    ],
    ["as a list of bytes", JSON.stringify([...Buffer.from(pan)])],
    ["as a list of bytes on lines", JSON.stringify([...Buffer.from(groups)], null, 2)],
    ["in hexadecimal apart", [...pan].map((digit) => code(digit)).join(" ")],
    ["in hexadecimal with colons", [...groups].map((character) => code(character)).join(":")],
    ["as hexadecimal numbers", [...pan].map((digit) => `0x${code(digit)}`).join(", ")],
    ["behind zeros", `0000${pan}`],
    ["with its expiry", `${pan}1230`],
    ["with its expiry in four digits", `${pan}012030`],
    ["of Maestro", "6759649826438453"]
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
    ["in a key of ours whose tag is all decimal", ownKey],
    ["in a key of a refund of ours", ownKey.replace("-1-", "-r1-")],
    ["in an event of such a key", `{"order_id": "${ownKey}", "amount": "1250"}`],
    ["in amounts under keys", '{"amount": "4242.42", "tax": "4242.42", "tip": "4242.42", "fee": "4242.42"}'],
    ["in numbers under keys", '{"amount": 4242, "tax": 4242, "tip": 4242, "fee": 4242}'],
    ["in a longer number that no expiry ends", `${pan}1330`],
    ["in a list of other bytes", "[52,50,52,50,52,50,52,50,52,50,52,50,52,50,52,49]"],
    ["in escapes that are none", "\\u{ffffff} &#9999999; %zz \\xzz"],
    [
      "in Base64 of an image",
      base64(String.fromCharCode(...Array.from({ length: 400 }, (_, at) => at % 200)))
    ]
  ])("%s", (_, text) => {
    expect(hidesCardNumber(text)).toBe(false)
  })
})

// Each of these would take the text that is kept for a person for a card number too often, or without end.
describe("it is not looked for", () => {
  it.each<readonly [string, string]>([
    ["backwards", [...pan].toReversed().join("")],
    ["in words", "four two four two four two four two four two four two four two four two"],
    ["between words", groups.replaceAll(" ", " and ")],
    ["between tags", groups.replaceAll(" ", "</b><b>")],
    ["in the midst of a longer number", `17${pan}17`],
    ["in binary", each((digit) => code(digit, 2).padStart(8, "0"))],
    ["as a number in hexadecimal", BigInt(pan).toString(16)],
    ["in Base64 of Base64 of Base64", base64(base64(base64(pan)))],
    ["in Base64 in hexadecimal", Buffer.from(base64(pan)).toString("hex")],
    ["of a network that no account here takes", "2200000000000004"]
  ])("%s", (_, text) => {
    expect(hidesCardNumber(text)).toBe(false)
  })
})

describe("a key of ours", () => {
  it("shields nothing but its own end", () => {
    expect(holdsCardNumber(ownKey)).toBe(false)
    for (const text of [
      `${ownKey} ${pan}`,
      ownKey.replace("-1-", `-${pan}-`),
      ownKey.toLowerCase(),
      `x${ownKey}`,
      ownKey.slice(1)
    ])
      expect(holdsCardNumber(text), text).toBe(true)
  })
})

describe("a large text is read to its end,", () => {
  const large = 256 * 1024
  it.each<readonly [string, string]>([
    ["of digits", "1"],
    ["of digits apart", "1 "],
    ["of digits far apart", "1, , "],
    ["of what may be a card's digits apart", "4 "],
    ["of what may be a card's digits, far apart", "4, , ,"],
    ["of members", '"a":"4241",'],
    ["of members that are none", '"a":'],
    ["of quotes", '"'],
    ["of bytes", "52,"],
    ["of codes apart", "31 "],
    ["of codes as numbers", "0x31,"],
    ["of zeros", "0"],
    ["of keys of ours", `${ownKey} `],
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
