import { DateTime, Effect, Redacted } from "effect"
import type { CardBrand } from "../../kernel/Card.ts"
import { brandOf } from "../../kernel/cardNumbers.ts"
import { CardRefused, type RawCard } from "../../kernel/TokenVault.ts"
import { isCardNumber } from "./stub/cardNumbers.ts"

/** What a vault refuses before it keeps anything; answers the card's network. Nothing of the card is repeated. */
export const checkRawCard = Effect.fnUntraced(function* (
  card: RawCard
): Effect.fn.Return<CardBrand, CardRefused> {
  const number = Redacted.value(card.number)
  const brand = brandOf(number)
  if (!isCardNumber(number)) {
    return yield* refuse("number", "is not a card number: give 12 to 19 digits of which the last one checks")
  }
  if (brand === undefined) return yield* refuse("number", "is of no network that this vault keeps cards of")
  yield* checkExpiry(card)
  yield* checkSecurityCode(card, brand)
  return brand
})

const refuse = (field: CardRefused["field"], problem: string) =>
  Effect.fail(new CardRefused({ field, problem }))

const checkExpiry = Effect.fnUntraced(function* ({ expiryMonth, expiryYear }: RawCard) {
  const today = DateTime.toPartsUtc(yield* DateTime.now)
  if (!Number.isInteger(expiryMonth) || expiryMonth < 1 || expiryMonth > 12) {
    return yield* refuse("expiryMonth", "is no month: give 1 to 12")
  }
  if (!Number.isInteger(expiryYear) || expiryYear < 2000 || expiryYear > 2200) {
    return yield* refuse("expiryYear", "is no year: give all four digits")
  }
  if (expiryYear < today.year) return yield* refuse("expiryYear", "is over: the card has expired")
  if (expiryYear === today.year && expiryMonth < today.month) {
    return yield* refuse("expiryMonth", "is over: the card has expired")
  }
})

const checkSecurityCode = ({ securityCode }: RawCard, brand: CardBrand) => {
  const digits = brand === "amex" ? 4 : 3
  return securityCode === undefined || new RegExp(`^[0-9]{${digits}}$`).test(Redacted.value(securityCode))
    ? Effect.void
    : refuse("securityCode", `must have ${digits} digits for ${brand}`)
}
