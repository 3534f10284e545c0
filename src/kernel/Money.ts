import { Schema } from "effect"

/**
 * The currencies that may be charged, each with the number of decimals of its minor unit (ISO 4217).
 * A processor that wants decimals (NMI) divides by them; everything in this service counts minor units.
 */
export const minorUnitDecimals = {
  AUD: 2,
  CAD: 2,
  CHF: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  JPY: 0,
  MXN: 2,
  NOK: 2,
  NZD: 2,
  SEK: 2,
  SGD: 2,
  USD: 2
} as const

export const Currency = Schema.Literals([
  "AUD",
  "CAD",
  "CHF",
  "DKK",
  "EUR",
  "GBP",
  "JPY",
  "MXN",
  "NOK",
  "NZD",
  "SEK",
  "SGD",
  "USD"
])
export type Currency = typeof Currency.Type

export const isCurrency = Schema.is(Currency)

/** The most that one charge may ask: twelve digits, as wide as the amount field of ISO 8583. */
export const largestAmount = 999_999_999_999

/** An amount in minor units, from 1 to {@link largestAmount}. */
export const MinorUnits = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: largestAmount }))

/** An amount of money that may be charged: whole minor units (cents, yen) of one currency. */
export class Money extends Schema.Class<Money>("Money")({
  amount: MinorUnits,
  currency: Currency
}) {}

/** Money as a person reads it: `USD 12.50`, `JPY 1250`. */
export const format = ({
  amount,
  currency
}: {
  readonly amount: number
  readonly currency: Currency
}): string => {
  const decimals = minorUnitDecimals[currency]
  if (decimals === 0) return `${currency} ${amount}`
  const digits = String(amount).padStart(decimals + 1, "0")
  return `${currency} ${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
