import { Option, Schema } from "effect"
import { holdsCardNumber } from "./cardNumbers.ts"

// For texts of somebody else's that would be kept as they came: there a number may stand in any writing. A text that is
// taken for one by mistake is not kept, which costs little. All of it is linear in the length of the text.

/** How often a text may have been escaped or encoded, one in the other. */
const deepest = 2

/** Whether a card number stands in a text, plainly or escaped, encoded, or with anything between its digits. */
export const hidesCardNumber = (text: string, depth = 0): boolean => {
  const plain = unescaped(text)
  const forms = plain === text ? [text] : [text, plain]
  return forms.some(
    (form) =>
      holdsCardNumber(form) ||
      separated(form) ||
      inHex(form) ||
      (depth < deepest && encoded(form).some((inside) => hidesInside(inside, depth + 1)))
  )
}

/** Of bytes that are no text only the digits are looked at: most Base64 is none. */
const hidesInside = (bytes: string, depth: number): boolean =>
  /^[\t\n\r\x20-\x7e]*$/.test(bytes) ? hidesCardNumber(bytes, depth) : separated(bytes)

/** As many digits as a card number has at the least, with up to three of anything but letters between two of them. */
const digitsApart = /[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){12,}/g

const separated = (text: string): boolean =>
  (text.match(digitsApart) ?? []).some((run) => holdsCardNumber(run.replaceAll(/[^0-9]+/g, " ")))

/** `34 32` as text: digits and what may separate them, by the hexadecimal codes of ASCII. */
const hexadecimal = /3[0-9](?:(?:2[0-f]|5f)?3[0-9]){12,}/gi

const inHex = (text: string): boolean =>
  (text.match(hexadecimal) ?? []).some((run) =>
    separated(
      (run.match(/../g) ?? []).map((code) => String.fromCodePoint(Number.parseInt(code, 16))).join("")
    )
  )

const escapes: ReadonlyArray<readonly [escape: RegExp, radix: number]> = [
  [/\\{1,8}u([0-9a-f]{4})/gi, 16],
  [/\\{1,8}u\{([0-9a-f]{1,6})\}/gi, 16],
  [/\\{1,8}x([0-9a-f]{2})/gi, 16],
  [/\\{1,8}([0-7]{3})/g, 8],
  [/&#x([0-9a-f]{1,6});?/gi, 16],
  [/&#([0-9]{1,7});?/g, 10],
  [/[%=]([0-9a-f]{2})/gi, 16]
]

const largestCodePoint = 0x10ffff

/** A text with its escapes read, also those within escapes. */
const unescaped = (text: string): string => {
  let read = text
  for (let round = 0; round <= deepest; round++) {
    const before = read
    for (const [escape, radix] of escapes) {
      read = read.replaceAll(escape, (whole, code: string) => {
        const point = Number.parseInt(code, radix)
        return point <= largestCodePoint ? String.fromCodePoint(point) : whole
      })
    }
    if (read === before) break
  }
  return read
}

/** Fewer characters of Base64 hold no card number. */
const base64Runs = /[A-Za-z0-9+/_-]{18,}/g

const decodeBase64 = Schema.decodeOption(Schema.Uint8ArrayFromBase64)

/** What runs of Base64 say, wherever in them it begins; lines may break within them. */
const encoded = (text: string): ReadonlyArray<string> =>
  (text.replaceAll(/\s+|\\[rn]/g, "").match(base64Runs) ?? []).flatMap((run) => {
    const standard = run.replaceAll("-", "+").replaceAll("_", "/")
    return [0, 1, 2, 3].flatMap((start) => {
      const length = Math.floor((standard.length - start) / 4) * 4
      return Option.toArray(Option.map(decodeBase64(padded(standard.slice(start), length)), latin1))
    })
  })

/** Whole groups of four; what is left of the last one is filled up, if it can be. */
const padded = (run: string, length: number): string => {
  const rest = run.length - length
  return rest < 2 ? run.slice(0, length) : `${run}${"=".repeat(4 - rest)}`
}

const latin1 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  }
  return text
}
