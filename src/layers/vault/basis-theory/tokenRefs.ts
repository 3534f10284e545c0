import { isAsLongAsCardNumber } from "../../../kernel/cardNumbers.ts"

/**
 * Whether a text can be a token's id. Ids go into addresses and into expressions that are put in the place of card
 * data, so nothing else gets that far: no braces, no quotes, no slashes, and nothing as long as a card number.
 */
export const isTokenRef = (text: string): boolean =>
  /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/.test(text) && !isAsLongAsCardNumber(text)

/** What of a card may be put into a request that goes through the proxy. */
export type CardField = "number" | "expiration_month" | "expiration_year" | "cvc"

/**
 * The expression that the proxy replaces by a field of the token's or the intent's data; by nothing if the card has
 * none. It takes an id that {@link isTokenRef}.
 */
export const cardField = (tokenRef: string, field: CardField): string =>
  `{{ ${tokenRef} | json: '$.${field}' }}`

/** The expression that the proxy replaces by the card's expiry as MMYY. It takes an id that {@link isTokenRef}. */
export const cardExpiry = (tokenRef: string): string => `{{ ${tokenRef} | json: '$' | card_exp: 'MMYY' }}`
