import { codeCard } from "../plumbing/faultCards.ts"
import { declineCodes } from "./declines.ts"

/** How a card behaves when it is charged. */
export interface CardBehaviour {
  readonly does: string
  /** Declined with this decline code. */
  readonly declines?: string
  /** Blocked by Radar rather than declined by the issuer. */
  readonly blocked?: true
  /** Asks for authentication: every time, or until it was set up with the customer present. */
  readonly authenticates?: "always" | "until_set_up"
  /** What becomes of refunds: they stay pending first, or fail after having succeeded. */
  readonly refunds?: "pending" | "fail"
  /** Disputed as soon as it is charged. */
  readonly disputes?: string
}

const ok: CardBehaviour = { does: "captured" }
const declines = (code: string): CardBehaviour => ({ does: `declined: ${code}`, declines: code })

/** The test cards of Stripe, by number. Every other valid number is captured. */
export const testCards: Readonly<Record<string, CardBehaviour>> = {
  "4242424242424242": ok,
  "4000056655665556": ok,
  "5555555555554444": ok,
  "378282246310005": ok,
  "6011111111111117": ok,
  "4000000000000002": declines("generic_decline"),
  "4000000000009995": declines("insufficient_funds"),
  "4000000000009987": declines("lost_card"),
  "4000000000009979": declines("stolen_card"),
  "4000000000000069": declines("expired_card"),
  "4000000000000127": declines("incorrect_cvc"),
  "4000000000000119": declines("processing_error"),
  "4000000000006975": declines("card_velocity_exceeded"),
  "4000000000000341": {
    does: "can be kept; every charge is declined: generic_decline",
    declines: "generic_decline"
  },
  "4000002500003155": {
    does: "asks for authentication until it was set up with the customer present",
    authenticates: "until_set_up"
  },
  "4000002760003184": { does: "asks for authentication every time", authenticates: "always" },
  "4000000000003220": { does: "asks for authentication (3D Secure 2) every time", authenticates: "always" },
  "4100000000000019": {
    does: "blocked as fraudulent by Radar",
    declines: "fraudulent",
    blocked: true
  },
  "4000000000007726": { does: "captured; refunds are pending first", refunds: "pending" },
  "4000000000005126": { does: "captured; refunds succeed and fail later", refunds: "fail" },
  "4000000000000259": { does: "captured and disputed as fraudulent", disputes: "fraudulent" },
  "4000000000002685": { does: "captured and disputed as not received", disputes: "product_not_received" },
  ...Object.fromEntries(declineCodes.map((code, index) => [codeCard("declines", index + 1), declines(code)]))
}

export const behaviourOf = (name: string): CardBehaviour => testCards[name] ?? ok

/** PaymentMethods that exist in every account. */
export const readyMethods: Readonly<Record<string, string>> = {
  pm_card_visa: "4242424242424242",
  pm_card_mastercard: "5555555555554444",
  pm_card_amex: "378282246310005",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_chargeDeclinedExpiredCard: "4000000000000069",
  pm_card_chargeCustomerFail: "4000000000000341",
  pm_card_authenticationRequired: "4000002500003155",
  pm_card_createDispute: "4000000000000259"
}
