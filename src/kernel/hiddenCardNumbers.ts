import { Option, Schema } from "effect"
import { groupsHoldCardNumber, holdsCardNumber, inPlainDigits } from "./cardNumbers.ts"

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
      written(form) || (depth < deepest && encoded(form).some((inside) => hidesInside(inside, depth + 1)))
  )
}

/** Of bytes that are no text only the digits are looked at: most Base64 is none. */
const hidesInside = (bytes: string, depth: number): boolean =>
  /^[\t\n\r\x20-\x7e]*$/.test(bytes) ? hidesCardNumber(bytes, depth) : separated(bytes)

/** Whether it stands there in digits or in their codes. How much space there is between them says nothing. */
const written = (text: string): boolean => {
  const plain = closedUp(inPlainDigits(text))
  if (plain === "") return false
  // As codes before what looks like a random id is taken out: 32 digits of hexadecimal are one.
  return separated(plain) || underKeys(plain) || inDecimal(plain) || inHex(closedUp(text))
}

const closedUp = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll('\\"', '"')

/** As many digits as a card number has at the least, with up to five of anything but letters between two of them. */
const digitsApart = /[0-9](?:[^0-9A-Za-z]{0,5}[0-9]){12,}/g

const separated = (text: string): boolean =>
  (text.match(digitsApart) ?? []).some((run) => holds(run.match(/[0-9]+/g) ?? []))

/** Groups of digits that hold one, be it behind zeros or before its expiry: `0000` and the number, the number and MMYY. */
const holds = (groups: ReadonlyArray<string>): boolean =>
  groupsHoldCardNumber(groups) ||
  groups.some(
    (group) =>
      group.length > 13 &&
      group.length < 40 &&
      groupsHoldCardNumber([group.replace(/^0+/, "").replace(withExpiry, "$1")])
  )

const withExpiry = /^([0-9]{15,16})(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9]$/

/** Groups as texts under keys of their own: `"first": "4242", "second": "4242"`. */
const membersOfDigits = /(?:"[^"\\]{1,40}" ?: ?"[0-9]{3,12}" ?,? ?){2,}/g

const underKeys = (text: string): boolean =>
  (text.match(membersOfDigits) ?? []).some((run) =>
    groupsHoldCardNumber([...run.matchAll(/: ?"([0-9]+)"/g)].map(([, digits = ""]) => digits))
  )

const ofCodes = (codes: ReadonlyArray<string>, radix: number): string =>
  codes.map((code) => String.fromCodePoint(Number.parseInt(code, radix))).join("")

/** `34 32` as text: digits and what may separate them, by the hexadecimal codes of ASCII, in one piece or apart. */
const hexadecimal = /3[0-9](?:(?:[ :,-]{0,2}(?:0x)?(?:2[0-f]|5f))?[ :,-]{0,2}(?:0x)?3[0-9]){12,}/gi

const inHex = (text: string): boolean =>
  (text.match(hexadecimal) ?? []).some((run) =>
    separated(ofCodes(run.replaceAll(/[ :,-]|0x/gi, "").match(/../g) ?? [], 16))
  )

/** A list of bytes, of digits and what may separate them: `[52,50,32,52,50]`. */
const decimal =
  /(?<![0-9])(?:4[89]|5[0-7])(?:(?: ?, ?(?:3[2-9]|4[0-7]|95))? ?, ?(?:4[89]|5[0-7])){12,}(?![0-9])/g

const inDecimal = (text: string): boolean =>
  (text.match(decimal) ?? []).some((run) => separated(ofCodes(run.match(/[0-9]+/g) ?? [], 10)))

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
    read = read.replaceAll(/&amp;/gi, "&").replaceAll(/&(?:nbsp|ensp|emsp|thinsp);/gi, " ")
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

/**
 * Whether one stands in a text in Base64, by itself or among words. For what callers write, who are told no: what is
 * encoded is looked at only where it is readable, so that random bytes are never taken for one.
 */
export const holdsCardNumberInBase64 = (text: string): boolean =>
  (text.match(base64Runs) ?? []).some((word) => {
    const standard = word.replaceAll("-", "+").replaceAll("_", "/")
    const bytes = decodeBase64(padded(standard, Math.floor(standard.length / 4) * 4))
    if (Option.isNone(bytes)) return false
    const inside = latin1(bytes.value)
    return /^[\t\n\r\x20-\x7e]*$/.test(inside) && holdsCardNumber(inside)
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
