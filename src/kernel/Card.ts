import { Schema } from "effect"

/** The networks that a card may be branded with. */
export const CardBrand = Schema.Literals([
  "visa",
  "mastercard",
  "amex",
  "discover",
  "jcb",
  "diners",
  "unionpay"
])
export type CardBrand = typeof CardBrand.Type

/** A country, as ISO 3166 spells it: two capital letters. */
export const Country = Schema.String.check(Schema.isPattern(/^[A-Z]{2}$/))

/** The first six to eight digits of a card number: they name the issuer, not the card. */
export const Bin = Schema.String.check(Schema.isPattern(/^[0-9]{6,8}$/))

/** A portable pointer to a vaulted card, chargeable on any processor. It never holds a card number. */
export class VaultToken extends Schema.Class<VaultToken>("VaultToken")({
  vaultId: Schema.NonEmptyString,
  tokenRef: Schema.NonEmptyString
}) {}

/** What a vault tells of a card: enough to route it and to show it, never its number. */
export class VaultedCard extends Schema.Class<VaultedCard>("VaultedCard")({
  token: VaultToken,
  bin: Bin,
  last4: Schema.String.check(Schema.isPattern(/^[0-9]{4}$/)),
  brand: CardBrand,
  expiryMonth: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })),
  expiryYear: Schema.Int.check(Schema.isBetween({ minimum: 2000, maximum: 2200 })),
  /** The same for every token of the same card: retry budgets count by it. */
  fingerprint: Schema.NonEmptyString,
  /** Where the card was issued; absent when the vault does not know. */
  country: Schema.optionalKey(Country)
}) {}
