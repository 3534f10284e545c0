import type { CardBrand } from "../../../kernel/Card.ts"
import type { Rule } from "./behaviours.ts"

/**
 * A documented test card. Its token is known to the stub vault without being vaulted first. The numbers pass the
 * Luhn check and belong to nobody.
 */
export interface TestCard {
  readonly tokenRef: string
  readonly number: string
  readonly brand: CardBrand
  readonly country: string
  readonly rule: Rule
}

/** All of them expire at the end of this month. */
export const testCardExpiry = { month: 12, year: 2099 }

const card = (tokenRef: string, number: string, brand: CardBrand, country: string, rule: Rule): TestCard => ({
  tokenRef,
  number,
  brand,
  country,
  rule
})

export const testCards: ReadonlyArray<TestCard> = [
  card("tok_captured", "4242424242424242", "visa", "US", "captured"),
  card("tok_captured_mastercard", "5555555555554444", "mastercard", "US", "captured"),
  card("tok_captured_amex", "378282246310005", "amex", "US", "captured"),
  card("tok_captured_gb", "4000008260000000", "visa", "GB", "captured"),
  card("tok_soft_decline", "4000000000000002", "visa", "US", "soft_decline"),
  card("tok_hard_decline", "4000000000009979", "visa", "US", "hard_decline"),
  card("tok_insufficient_funds", "4000000000009995", "visa", "US", "insufficient_funds"),
  card("tok_declined_at_stub_a", "5200828282828210", "mastercard", "US", "declined_at_stub_a"),
  card("tok_slow_decline", "4000000000000069", "visa", "US", "slow_decline"),
  card("tok_declined_slowly_at_stub_a", "2223003122003222", "mastercard", "US", "declined_slowly_at_stub_a"),
  card("tok_timeout_captured", "4000000000000101", "visa", "US", "timeout_captured"),
  card("tok_timeout_captured_late", "4000000000000119", "visa", "US", "timeout_captured_late"),
  card("tok_timeout_nothing", "4000000000000127", "visa", "US", "timeout_nothing"),
  card("tok_slow", "5105105105105100", "mastercard", "CA", "slow"),
  card("tok_lies_on_lookup", "4000000000000259", "visa", "US", "lies_on_lookup"),
  card("tok_duplicate", "371449635398431", "amex", "US", "duplicate"),
  card("tok_garbled", "4000000000000341", "visa", "US", "garbled"),
  card("tok_by_amount", "4000002760000016", "visa", "DE", "by_amount")
]

const byToken = new Map(testCards.map((known) => [known.tokenRef, known]))
const byNumber = new Map(testCards.map((known) => [known.number, known]))

export const testCardOfToken = (tokenRef: string): TestCard | undefined => byToken.get(tokenRef)
export const testCardOfNumber = (number: string): TestCard | undefined => byNumber.get(number)

/** What the stub vault calls a card that is in no table. Such a card is captured. */
export const undocumentedTokenPrefix = "tok_stub_"
