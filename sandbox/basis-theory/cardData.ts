import { Schema } from "effect"
import { binOf, brandOf, fingerprintOf, isCardNumber } from "../plumbing/cards.ts"
import { invalid } from "./Problem.ts"

export const CardData = Schema.Struct({
  number: Schema.String,
  expiration_month: Schema.optionalKey(Schema.Int),
  expiration_year: Schema.optionalKey(Schema.Int),
  cvc: Schema.optionalKey(Schema.String)
})
export type CardData = typeof CardData.Type

const decode = Schema.decodeUnknownResult(CardData)

/** The data of a card token, or the fields that are wrong with it. Null is as good as left out. */
export const cardOf = (data: unknown): CardData => {
  const given = typeof data === "object" && data !== null ? data : {}
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
  const errors: Record<string, ReadonlyArray<string>> = {}
  const card = decode({ ...present, ...("number" in present ? {} : { number: "" }) })
  if (card._tag === "Failure") throw invalid({ data: [String(card.failure)] })
  const { number, expiration_month: month, expiration_year: year, cvc } = card.success
  if (!isCardNumber(number)) errors["data.number"] = ["The card number is invalid"]
  if (month !== undefined && (month < 1 || month > 12)) {
    errors["data.expiration_month"] = ["The expiration month must be between 1 and 12"]
  }
  if (year !== undefined && (year < 2000 || year > 2100)) {
    errors["data.expiration_year"] = ["The expiration year must have four digits"]
  }
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc)) {
    errors["data.cvc"] = ["The cvc must be three or four digits"]
  }
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return card.success
}

/** What may be shown of a card. */
export const cardDetails = (card: CardData) => ({
  bin: binOf(card.number),
  last4: card.number.slice(-4),
  ...(card.expiration_month === undefined ? {} : { expiration_month: card.expiration_month }),
  ...(card.expiration_year === undefined ? {} : { expiration_year: card.expiration_year }),
  brand: brandOf(card.number) === "amex" ? "american-express" : brandOf(card.number),
  funding: "credit",
  authentication: "sca_required",
  issuer: { country: "US", name: "Sandbox Bank" },
  issuer_country: { alpha2: "US", name: "United States", numeric: "840" },
  segment: "consumer"
})

/** The default mask: the last four digits and the expiry, never the cvc. */
export const maskedCard = (card: CardData) => ({
  number: `${"X".repeat(card.number.length - 4)}${card.number.slice(-4)}`,
  ...(card.expiration_month === undefined ? {} : { expiration_month: card.expiration_month }),
  ...(card.expiration_year === undefined ? {} : { expiration_year: card.expiration_year })
})

/** Of the number alone: another expiry or cvc makes no other fingerprint. */
export const cardFingerprint = (tenant: string, card: CardData): string =>
  fingerprintOf(`vault ${tenant}`, card.number)
