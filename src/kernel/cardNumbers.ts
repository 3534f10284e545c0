import type { CardBrand } from "./Card.ts"

/** How the numbers of each network begin, and how many digits they have. */
const networks: ReadonlyArray<{
  readonly brand: CardBrand
  readonly beginning: RegExp
  readonly lengths: ReadonlyArray<number>
}> = [
  { brand: "visa", beginning: /^4/, lengths: [13, 16, 19] },
  { brand: "mastercard", beginning: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { brand: "amex", beginning: /^3[47]/, lengths: [15] },
  { brand: "discover", beginning: /^(6011|64[4-9]|65)/, lengths: [16] },
  { brand: "jcb", beginning: /^35(2[89]|[3-8])/, lengths: [16] },
  { brand: "diners", beginning: /^(30[0-5]|36|38)/, lengths: [14] },
  { brand: "unionpay", beginning: /^62/, lengths: [16, 17, 18, 19] }
]

const fewestDigits = 13

/** What each digit counts that is doubled: the sum of the digits of its double. */
const doubled = "0246813579"

/** Whether the last of some digits checks the others (Luhn). */
export const passesLuhn = (digits: string): boolean => {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : Number(doubled[digit])
  }
  return sum % 10 === 0
}

/** The network that numbers of this beginning belong to. */
export const brandOf = (digits: string): CardBrand | undefined =>
  networks.find(({ beginning }) => beginning.test(digits))?.brand

/** Maestro's own beginnings. They are numbers of cards as well, of a network that no account here names. */
const maestro = /^(5018|5020|5038|5893|6304|6759|676[1-3])/
const maestroLengths = [16, 18, 19]

/** By their first four digits, the lengths that card numbers have: looked up often, so kept. */
const lengthsKept = new Map<string, ReadonlyArray<number>>()
const lengthsOf = (beginning: string): ReadonlyArray<number> => {
  const kept = lengthsKept.get(beginning)
  if (kept !== undefined) return kept
  const lengths = networks
    .flatMap((network) => (network.beginning.test(beginning) ? network.lengths : []))
    .concat(maestro.test(beginning) ? maestroLengths : [])
  lengthsKept.set(beginning, lengths)
  return lengths
}

/**
 * Whether some groups of digits, one behind the other, hold a card number that begins where a group begins and ends
 * where one ends. Each length is checked by two differences, so that the longest run costs no more than reading it.
 */
export const groupsHoldCardNumber = (
  groups: ReadonlyArray<string>,
  isLetThrough = (_start: number, _length: number): boolean => false
): boolean => {
  const digits = groups.join("")
  if (digits.length < fewestDigits) return false
  const ends = new Set<number>()
  let end = 0
  for (const group of groups) ends.add((end += group.length))
  // Luhn's sums up to each digit, with every second digit doubled: those at even places, and those at odd ones.
  const even = [0]
  const odd = [0]
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[at])
    const double = Number(doubled[digit])
    even.push((even[at] ?? 0) + (at % 2 === 0 ? double : digit))
    odd.push((odd[at] ?? 0) + (at % 2 === 0 ? digit : double))
  }
  let start = 0
  return groups.some((group) => {
    const from = start
    start += group.length
    return lengthsOf(digits.slice(from, from + 4)).some((length) => {
      const to = from + length
      if (!ends.has(to) || isLetThrough(from, length)) return false
      const sums = to % 2 === 0 ? even : odd
      return ((sums[to] ?? 0) - (sums[from] ?? 0)) % 10 === 0
    })
  })
}

/**
 * Whether a card number stands somewhere in a text: in one piece or in groups, in whatever script's digits, with
 * anything around it. Groups are taken whole, so that a longer number of somebody's own is not searched for one.
 */
export const holdsCardNumber = (text: string): boolean => {
  const plain = inPlainDigits(text)
  return (
    [...plain.matchAll(runs)].some(([run]) =>
      groupsHoldCardNumber(
        run.replace("+", "").split(separators),
        // A telephone number may begin like a Visa number of 13 digits, of which none were issued for decades.
        (start, length) => run.startsWith("+") && start === 0 && length === fewestDigits
      )
    ) || [...plain.matchAll(widerRuns)].some(([run]) => isGroupedLikeCard(run.split(widerSeparators)))
  )
}

/**
 * Whether some groups with anything between them hold a card number in the groups in which cards have it. Times, lists
 * and telephone numbers have such separators too, so here the groups count, and what is around them is little.
 */
const isGroupedLikeCard = (groups: ReadonlyArray<string>): boolean =>
  groups.length <= mostGroups + mostAround &&
  groupsHoldCardNumber(groups, (start, length) => {
    const sizes: Array<number> = []
    let at = 0
    for (const { length: size } of groups) {
      if (at >= start && at < start + length) sizes.push(size)
      at += size
    }
    return groups.length > sizes.length + mostAround || !layouts.test(sizes.join())
  })

/** As on the card, by halves, or the issuer's digits apart: `4,4,4,4`, `4,6,5`, `8,8`, `6,10`. */
const layouts = /^((4,){2,4}[1-7]|4,6,[45]|8,8(,3)?|[46],[0-9]{1,2}|12,4)$/
const mostGroups = 5
/** An expiry, a security code, a number of the line. */
const mostAround = 3

/** A text in ASCII digits, without what is known to be no card number. Most texts have no digits, and cost nothing. */
export const inPlainDigits = (text: string): string => {
  const normal = text.normalize("NFKC")
  return /\p{Nd}/u.test(normal) ? plainly(normal) : ""
}

/** A text of the caller's, for a message; what holds a card number is not repeated. */
export const withoutCardNumber = (text: string): string => (holdsCardNumber(text) ? "(a card number)" : text)

/** Whether a text is nothing but 12 to 19 digits, separators aside: as long as a card number, if it is none. */
export const isAsLongAsCardNumber = (text: string): boolean =>
  /^[0-9]{12,19}$/.test(plainly(text.normalize("NFKC")).replaceAll(/[^0-9A-Za-z]/g, ""))

/** Groups of digits with a separator or three between them. */
const separators = /[\s.\u00b7\u2212\p{Z}\p{Pd}]{1,3}/u
const runs = new RegExp(`\\+?[0-9]+(?:${separators.source}[0-9]+)*`, "gu")

/** Anything but letters and digits may stand between groups that are grouped like a card's. */
const widerSeparators = /[^0-9\p{L}\p{N}]{1,3}/u
const widerRuns = new RegExp(`[0-9]+(?:${widerSeparators.source}[0-9]+)+`, "gu")

/** Random ids in hexadecimal: of so many, some have a card number's digits in a row by accident. */
const randomIds =
  /(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-z])/gi

/**
 * The end of a key of our own, as `idempotencyKey` and the write-ahead of refunds make them: an ordinal and an
 * account's tag, which may be all decimal. The session before it stays to be looked at.
 */
const endsOfOwnKeys = /(?<![0-9A-Za-z])(ps_[0-9A-HJKMNP-TV-Z]{26})-r?[0-9]{1,3}-[0-9a-f]{10}(?![0-9A-Za-z])/g

/** A text of the normal form with ASCII digits, without invisible characters and without random ids. */
const plainly = (text: string): string =>
  text
    .replaceAll(/\p{Cf}/gu, "")
    .replaceAll(/\p{Nd}/gu, asciiDigit)
    .replaceAll(endsOfOwnKeys, "$1-x")
    .replaceAll(randomIds, "x")

/** The zeros of scripts whose digits the normal form leaves as they are; nine more follow each. */
const zeros = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66
].concat([0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810])

const asciiDigits = new Map(
  zeros.flatMap((zero) =>
    Array.from({ length: 10 }, (_, digit): [string, string] => [
      String.fromCodePoint(zero + digit),
      String(digit)
    ])
  )
)

const asciiDigit = (digit: string): string => asciiDigits.get(digit) ?? digit
