import { binOf, brandOf, fingerprintOf, isCardNumber } from "../plumbing/cards.ts"
import { codeCard, faultOfCard } from "../plumbing/faultCards.ts"
import type { CardSeconds } from "../plumbing/Bench.ts"
import type { Fault } from "../plumbing/Fault.ts"
import type { Fields } from "../plumbing/Fields.ts"
import type { CardFacts } from "./records.ts"
import { knownCodes } from "./resultCodes.ts"
import type { World } from "./world.ts"

/** Cards that are answered with a result code: number, code, and whether the money moves all the same. */
const codeCards: ReadonlyMap<string, Fault> = new Map(
  knownCodes.flatMap((code): ReadonlyArray<readonly [string, Fault]> => [
    [codeCard("stays", Number(code)), { kind: "code", code }],
    [
      codeCard("moves", Number(code)),
      code === "300" ? { kind: "duplicate_answer" } : { kind: "code", code, moves: true }
    ]
  ])
)

/** What the card of a request asks for. */
export const faultOfNumber = (number: string, seconds: CardSeconds): Fault | undefined =>
  codeCards.get(number) ?? faultOfCard("nmi", number, seconds)

const factsOf = (number: string, expiry: string, seconds: CardSeconds): CardFacts => ({
  masked: `${number.slice(0, 6)}${"*".repeat(number.length - 10)}${number.slice(-4)}`,
  last4: number.slice(-4),
  bin: binOf(number).slice(0, 6),
  brand: brandOf(number),
  fingerprint: fingerprintOf("nmi", number),
  expiry,
  magic: faultOfNumber(number, seconds) === undefined ? "" : number
})

const digits = (text: string | undefined) => (text ?? "").replace(/[ -]/g, "")

/** The number of a magic card in the request or behind its customer_vault_id. */
export const magicNumber = (world: World, fields: Fields): string =>
  digits(fields.get("ccnumber")) || (world.customers.get(fields.get("customer_vault_id") ?? "")?.magic ?? "")

/** The card of a request, or what is wrong with it. */
export const readCard = (world: World, fields: Fields): CardFacts | string => {
  const kept = fields.get("customer_vault_id")
  const number = digits(fields.get("ccnumber"))
  if (number === "" && kept !== undefined) return world.customers.get(kept) ?? "Invalid Customer Vault Id"
  if (number === "") return "Required Field cc_number is Missing or Empty"
  if (!isCardNumber(number)) return "Invalid Credit Card Number"
  const expiry = digits(fields.get("ccexp")).replace("/", "")
  if (!/^(0[1-9]|1[0-2])\d{2}$/.test(expiry)) return "Invalid Credit Card Expiration Date"
  return factsOf(number, expiry, world.bench.seconds)
}

/** Whether the card is past its date. The expiry of the published test cards, 10/25, never is. */
export const isExpired = ({ expiry }: CardFacts, now: number): boolean => {
  const date = new Date(now)
  const month = (2000 + Number(expiry.slice(2))) * 12 + Number(expiry.slice(0, 2))
  return expiry !== "1025" && month < date.getUTCFullYear() * 12 + date.getUTCMonth() + 1
}

const publishedCards = ["4111111111111111", "5431111111111111", "6011000991300009", "341111111111111"]

/** Whether it is one of the published test cards with their expiry, which `test_mode=enabled` asks for. */
export const isPublishedCard = (fields: Fields): boolean =>
  publishedCards.includes(digits(fields.get("ccnumber"))) &&
  ["1025", "1029"].includes(digits(fields.get("ccexp")).replace("/", ""))
