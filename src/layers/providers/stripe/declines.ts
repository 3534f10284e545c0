import type { DeclineKind, RetryAdvice } from "../../../kernel/cascade/Disposition.ts"
import type { PaymentError } from "./wire.ts"

/** What a decline code says about asking further. */
interface DeclineCode {
  readonly kind: DeclineKind
  readonly advice?: RetryAdvice
  readonly meaning: string
  readonly why: string
}

const blocked = "the card must not be charged again, by anybody"
const cardData = "no account takes a card whose data is wrong"
const revoked = "the customer took the permission back"
const present = "only the customer can do this"
const ofAccount = "another account or acquirer may take the same card"
const passing = "it may pass; another account may be luckier at once"

const hard = (meaning: string, why: string): DeclineCode => ({ kind: "hard", advice: "never", meaning, why })
const wrongData = (meaning: string): DeclineCode => ({
  kind: "hard",
  advice: "updated",
  meaning,
  why: cardData
})
const customer = (meaning: string): DeclineCode => ({ kind: "hard", meaning, why: present })
const soft = (meaning: string, why = ofAccount): DeclineCode => ({ kind: "soft", meaning, why })
const later = (meaning: string): DeclineCode => ({ kind: "soft", advice: "later", meaning, why: passing })

/**
 * Every decline code that is known. Whether money moved is told by the intent; the code tells whether somebody else
 * may be asked. A code that is not listed is `hard`: the decline itself is proven, and a reason that nobody here knows
 * may be one that forbids asking on.
 */
export const declineCodes: Readonly<Record<string, DeclineCode>> = {
  lost_card: hard("the card is reported lost", blocked),
  stolen_card: hard("the card is reported stolen", blocked),
  pickup_card: hard("the card is to be kept", blocked),
  fraudulent: hard("Stripe suspects fraud", blocked),
  merchant_blacklist: hard("the card is on a block list", blocked),
  restricted_card: hard("the card is restricted", blocked),
  security_violation: hard("the issuer sees a violation of security", blocked),
  invalid_account: hard("the card or its account does not exist", blocked),
  do_not_try_again: hard("the issuer asks not to be asked again", blocked),
  live_mode_test_card: hard("a test card in live mode", "it is no card"),
  revocation_of_authorization: hard("this authorization is revoked", revoked),
  revocation_of_all_authorizations: hard("all authorizations are revoked", revoked),
  stop_payment_order: hard("payments are stopped", revoked),

  expired_card: wrongData("the card has expired"),
  incorrect_number: wrongData("the number is wrong"),
  invalid_number: wrongData("the number is none"),
  incorrect_cvc: wrongData("the security code is wrong"),
  invalid_cvc: wrongData("the security code is none"),
  invalid_expiry_month: wrongData("the month of expiry is none"),
  invalid_expiry_year: wrongData("the year of expiry is none"),
  incorrect_zip: wrongData("the postal code is wrong"),
  incorrect_address: wrongData("the address is wrong"),
  new_account_information_available: wrongData("the issuer has newer data of the card"),

  incorrect_pin: customer("the PIN is wrong"),
  invalid_pin: customer("the PIN is wrong"),
  offline_pin_required: customer("the card wants its PIN"),
  online_or_offline_pin_required: customer("the card wants its PIN"),
  pin_try_exceeded: customer("the PIN was wrong too often"),
  authentication_required: customer(
    "the issuer wants strong customer authentication: bring the customer back"
  ),
  authentication_not_handled: customer("the authentication was not answered"),
  mobile_device_authentication_required: customer("the issuer wants authentication by telephone"),
  payment_intent_authentication_failure: {
    kind: "hard",
    meaning: "the customer failed the authentication, or gave it up",
    why: "who failed at one account is not offered to another that may not ask"
  },
  duplicate_transaction: {
    kind: "hard",
    meaning: "an identical charge was seen a moment ago",
    why: "this one moved nothing; the other one may have, so nobody else is asked"
  },

  card_declined: soft("declined without a reason"),
  generic_decline: soft("declined without a reason"),
  do_not_honor: soft("the issuer does not say why"),
  call_issuer: soft("the issuer does not say why"),
  no_action_taken: soft("the issuer does not say why"),
  transaction_not_allowed: soft("the issuer does not allow it"),
  not_permitted: soft("the issuer does not permit it"),
  service_not_allowed: soft("the card does not take this kind of service"),
  card_not_supported: soft("the card does not take this kind of charge"),
  currency_not_supported: soft("the card does not take the currency"),
  invalid_amount: soft("the amount is not allowed, or over a limit"),
  testmode_decline: soft("a test card that declines"),
  insufficient_funds: later("the account has too little on it"),
  card_velocity_exceeded: later("a limit of balance, credit or number is reached"),
  withdrawal_count_limit_exceeded: later("a limit of balance or credit is reached"),
  try_again_later: later("the issuer asks for another time"),
  reenter_transaction: later("the issuer could not work on it"),
  issuer_not_available: later("the issuer was not reached"),
  approve_with_id: later("the charge cannot be authorized now"),
  processing_error: later("an error at the processing of the card")
}

/** `advice_code`: what Stripe reads out of the answers of all networks. */
const adviceCodes: Readonly<Record<string, RetryAdvice>> = {
  do_not_try_again: "never",
  try_again_later: "later",
  confirm_card_data: "updated"
}

/** Visa's category 1, as of 2026-11: the issuer never approves. */
const visaNever = new Set(["04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"])

/** The one of them that depends on who asks: the cardholder is not permitted this kind of transaction. */
const notPermittedHere = "57"

/** Mastercard's merchant advice codes, as of 2026-11. */
const mastercardAdvice: Readonly<Record<string, RetryAdvice>> = {
  "01": "updated",
  "02": "later",
  "03": "never",
  "21": "never",
  ...Object.fromEntries(["24", "25", "26", "27", "28", "29", "30"].map((code) => [code, "later" as const]))
}

/** From the one that forbids most. */
const strictest: ReadonlyArray<RetryAdvice> = ["never", "updated", "later"]

const of = <A>(table: Readonly<Record<string, A>>, code: string | null | undefined): A | undefined =>
  code !== null && code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined

/** A decline as the table has it, with what to say of it. */
export interface Decline {
  readonly kind: DeclineKind
  readonly advice?: RetryAdvice
  /** No network was asked. */
  readonly offNetwork?: true
  readonly code: string
  readonly message: string
}

/**
 * What an error says about asking further; the strictest advice counts. The networks' rules bind a cascade as they bind
 * a retry, so whom they forbid to ask again, at all or before the card's data was corrected, is told `hard`. One code
 * of theirs is about the kind of merchant: there another account may be permitted what this one never is.
 */
export const declineOf = (error: PaymentError | null | undefined): Decline => {
  const code = error?.decline_code || error?.code || "unexplained"
  const listed = of(declineCodes, code)
  const brand = error?.payment_method?.card?.brand
  const network = error?.network_decline_code ?? ""
  const ofNetwork =
    brand === "visa" && visaNever.has(network)
      ? "never"
      : brand === "mastercard"
        ? of(mastercardAdvice, error?.network_advice_code)
        : undefined
  const advices = [listed?.advice, of(adviceCodes, error?.advice_code), ofNetwork]
  const advice = strictest.find((one) => advices.includes(one))
  const binding = ofNetwork === "never" && network === notPermittedHere ? advices.slice(0, 2) : advices
  const forbidden = binding.includes("never") || binding.includes("updated")
  const details = [
    ["network", network],
    ["network advice", error?.network_advice_code],
    ["advice", error?.advice_code]
  ]
    .flatMap(([name, value]) => (value ? [`${name} ${value}`] : []))
    .join(", ")
  const message = error?.message ?? listed?.meaning ?? "declined without a reason"
  return {
    kind: forbidden ? "hard" : (listed?.kind ?? "hard"),
    ...(advice === undefined ? {} : { advice }),
    code,
    message: details === "" ? message : `${message} (${details})`
  }
}
