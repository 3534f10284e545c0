// What the simulated vault knows of cards. It runs in the vault's page and nowhere else.

const networks = [
  { brand: "visa", beginning: /^4/, lengths: [13, 16, 19], groups: [4, 4, 4, 4, 3] },
  {
    brand: "mastercard",
    beginning: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/,
    lengths: [16],
    groups: [4, 4, 4, 4]
  },
  { brand: "amex", beginning: /^3[47]/, lengths: [15], groups: [4, 6, 5] },
  { brand: "discover", beginning: /^(6011|64[4-9]|65)/, lengths: [16], groups: [4, 4, 4, 4] },
  { brand: "jcb", beginning: /^35(2[89]|[3-8])/, lengths: [16], groups: [4, 4, 4, 4] },
  { brand: "diners", beginning: /^(30[0-5]|36|38)/, lengths: [14], groups: [4, 6, 4] },
  { brand: "unionpay", beginning: /^62/, lengths: [16, 17, 18, 19], groups: [4, 4, 4, 4, 3] }
] as const

const networkOf = (digits: string) => networks.find(({ beginning }) => beginning.test(digits))

export const brandOf = (digits: string): string | undefined => networkOf(digits)?.brand

/** The digits of what somebody typed, in whatever script. */
export const digitsOf = (text: string): string =>
  [...text.normalize("NFKC")]
    .map((sign) => {
      const code = sign.codePointAt(0) ?? 0
      if (code >= 0x660 && code <= 0x669) return String(code - 0x660)
      return code >= 0x6f0 && code <= 0x6f9 ? String(code - 0x6f0) : sign
    })
    .filter((sign) => /[0-9]/.test(sign))
    .join("")

const checks = (digits: string): boolean => {
  const sum = [...digits].toReversed().reduce((sofar, digit, at) => {
    const counted = at % 2 === 0 ? Number(digit) : Number(digit) * 2
    return sofar + (counted > 9 ? counted - 9 : counted)
  }, 0)
  return sum % 10 === 0
}

export const isCardNumber = (digits: string): boolean =>
  networkOf(digits)?.lengths.some((length) => length === digits.length) === true && checks(digits)

export const codeLength = (digits: string): number => (brandOf(digits) === "amex" ? 4 : 3)

/** A number in the groups of its network. */
export const inGroups = (digits: string): string => {
  const { groups = [4, 4, 4, 4, 3], lengths = [19] } = networkOf(digits) ?? {}
  let rest = digits.slice(0, Math.max(...lengths))
  const parts: Array<string> = []
  for (const size of groups) {
    if (rest !== "") parts.push(rest.slice(0, size))
    rest = rest.slice(size)
  }
  return parts.join(" ")
}

export const asExpiry = (digits: string): string => {
  const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits
  return padded.length < 3 ? padded : `${padded.slice(0, 2)} / ${padded.slice(2, 4)}`
}

export type ExpiryProblem = "expiry" | "over"

export const expiryProblem = (digits: string, now = new Date()): ExpiryProblem | undefined => {
  const month = Number(digits.slice(0, 2))
  if (digits.length !== 4 || month < 1 || month > 12) return "expiry"
  const last = new Date(2000 + Number(digits.slice(2)), month, 1)
  return last <= now ? "over" : undefined
}
