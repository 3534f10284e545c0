import { DateTime, Effect, Redacted } from "effect"
import { createHmac } from "node:crypto"
import { type CardBrand, VaultedCard, VaultToken } from "../../../kernel/Card.ts"
import { brandOf, withoutCardNumber } from "../../../kernel/cardNumbers.ts"
import { CardRefused, type RawCard, type TokenVault, UnknownToken } from "../../../kernel/TokenVault.ts"
import {
  testCardExpiry,
  testCardOfNumber,
  testCards,
  undocumentedTokenPrefix
} from "../../providers/stub/testCards.ts"
import { isCardNumber } from "./cardNumbers.ts"

const vaultId = "stub"

/**
 * A vault in memory, for development and tests: no network, no secrets, and the same token for the same card on
 * every machine. It knows the tokens of the documented test cards from the start; a charge of any other card that
 * was vaulted here is captured. It keeps no numbers.
 */
export const makeStubVault = (): TokenVault => {
  const cards = new Map(
    testCards.map((known) => {
      const { month: expiryMonth, year: expiryYear } = testCardExpiry
      return [known.tokenRef, describe(known.number, known.brand, { expiryMonth, expiryYear })]
    })
  )
  return {
    vaultId,

    vaultCard: Effect.fn("StubVault.vaultCard")(function* (card) {
      const number = Redacted.value(card.number)
      const brand = brandOf(number)
      if (!isCardNumber(number)) {
        return yield* refuse(
          "number",
          "is not a card number: give 12 to 19 digits of which the last one checks"
        )
      }
      if (brand === undefined)
        return yield* refuse("number", "is of no network that this vault keeps cards of")
      yield* checkExpiry(card)
      yield* checkSecurityCode(card, brand)
      const vaulted = describe(number, brand, card)
      cards.set(vaulted.token.tokenRef, vaulted)
      return vaulted
    }),

    getCard: Effect.fn("StubVault.getCard")(function* (tokenRef) {
      const card = cards.get(tokenRef)
      return card === undefined
        ? yield* new UnknownToken({
            vaultId,
            // A number that somebody takes for a token is not handed on.
            tokenRef: withoutCardNumber(tokenRef)
          })
        : card
    })
  }
}

const refuse = (field: CardRefused["field"], problem: string) =>
  Effect.fail(new CardRefused({ field, problem }))

/** What may be known of a card. The token of an undocumented one is a keyed hash of its number. */
const describe = (
  number: string,
  brand: CardBrand,
  { expiryMonth, expiryYear }: Pick<RawCard, "expiryMonth" | "expiryYear">
): VaultedCard => {
  const known = testCardOfNumber(number)
  const hash = createHmac("sha256", "stub vault").update(number).digest("hex")
  return new VaultedCard({
    token: new VaultToken({
      vaultId,
      tokenRef: known?.tokenRef ?? `${undocumentedTokenPrefix}${hash.slice(0, 24)}`
    }),
    // Numbers of 16 digits and more have issuers of eight; of a shorter one, that would be too much of it.
    bin: number.slice(0, number.length >= 16 ? 8 : 6),
    last4: number.slice(-4),
    brand,
    expiryMonth,
    expiryYear,
    fingerprint: `fp_stub_${hash.slice(24, 48)}`,
    ...(known === undefined ? {} : { country: known.country })
  })
}

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
