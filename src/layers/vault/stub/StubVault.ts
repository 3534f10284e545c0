import { Effect, Option, Redacted, Schema } from "effect"
import { createHmac, randomBytes } from "node:crypto"
import { type CardBrand, VaultedCard, VaultToken } from "../../../kernel/Card.ts"
import { withoutCardNumber } from "../../../kernel/cardNumbers.ts"
import {
  type RawCard,
  type TokenVault,
  UnknownToken,
  type VaultUnavailable
} from "../../../kernel/TokenVault.ts"
import {
  testCardExpiry,
  testCardOfNumber,
  testCards,
  undocumentedTokenPrefix
} from "../../providers/stub/testCards.ts"
import { checkRawCard } from "../checkRawCard.ts"

const vaultId = "stub"

interface StubVaultSettings {
  /** What happens before it tells of a card: as a vault elsewhere it may take its time, or not answer at all. */
  readonly reading?: Effect.Effect<void, VaultUnavailable>
}

/**
 * A vault in memory, for development and tests: no network, and the documented test cards have the same tokens on every
 * machine. A charge of any other card that was vaulted here is captured; its token is known to this vault alone, whose
 * key is drawn when it is made. It keeps no numbers.
 */
export const makeStubVault = ({ reading = Effect.void }: StubVaultSettings = {}): TokenVault => {
  const describe = describing(randomBytes(32))
  const cards = new Map(
    testCards.map((known) => {
      const { month: expiryMonth, year: expiryYear } = testCardExpiry
      return [known.tokenRef, describe(known.number, known.brand, { expiryMonth, expiryYear })]
    })
  )
  return {
    vaultId,

    vaultCard: Effect.fn("StubVault.vaultCard")(function* (card) {
      const brand = yield* checkRawCard(card)
      const number = Redacted.value(card.number)
      const vaulted = describe(number, brand, card)
      cards.set(vaulted.token.tokenRef, vaulted)
      return vaulted
    }),

    getCard: Effect.fn("StubVault.getCard")(function* (tokenRef) {
      yield* reading
      const card = cards.get(tokenRef) ?? selfTold(tokenRef)
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

/**
 * The card of a token that was made in a browser, on the page of the simulated vault: no number came this way, so the
 * token itself says what a vault may tell of a card.
 */
const selfTold = (tokenRef: string): VaultedCard | undefined => {
  const [, brand, bin, last4, month, year, hash] = selfTelling.exec(tokenRef) ?? []
  return Option.getOrUndefined(
    decodeCard({
      token: { vaultId, tokenRef },
      bin,
      last4,
      brand,
      expiryMonth: Number(month),
      expiryYear: 2000 + Number(year),
      fingerprint: `fp_stub_${hash}`
    })
  )
}

const selfTelling = new RegExp(
  `^${undocumentedTokenPrefix}([a-z]+)_b([0-9]{6}|[0-9]{8})_l([0-9]{4})_x([0-9]{2})([0-9]{2})_([0-9a-f]{24})$`
)
const decodeCard = Schema.decodeUnknownOption(VaultedCard)

/**
 * What may be known of a card. What is made of its number is made with a key, because nothing else hides so few digits.
 * The number of a documented card is nothing to hide, and it is the same card on every server.
 */
const describing =
  (key: Uint8Array) =>
  (
    number: string,
    brand: CardBrand,
    { expiryMonth, expiryYear }: Pick<RawCard, "expiryMonth" | "expiryYear">
  ): VaultedCard => {
    const known = testCardOfNumber(number)
    const hash = createHmac("sha256", known === undefined ? key : "everybody knows it")
      .update(number)
      .digest("hex")
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
