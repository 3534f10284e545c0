/** What the network and the issuer say with a decline code. */
interface DeclineFacts {
  /** `code` of the error; card_declined unless it has a code of its own. */
  readonly code?: string
  readonly message?: string
  readonly network?: string
  readonly advice?: "do_not_try_again" | "try_again_later" | "confirm_card_data"
}

const declined = "Your card was declined."

/** Every decline code that the emulator can answer with. */
const facts: Readonly<Record<string, DeclineFacts>> = {
  generic_decline: { network: "01", advice: "try_again_later" },
  do_not_honor: { network: "05", advice: "try_again_later" },
  insufficient_funds: {
    message: "Your card has insufficient funds.",
    network: "51",
    advice: "try_again_later"
  },
  lost_card: { network: "41", advice: "do_not_try_again" },
  stolen_card: { network: "43", advice: "do_not_try_again" },
  pickup_card: { network: "04", advice: "do_not_try_again" },
  fraudulent: { network: "59", advice: "do_not_try_again" },
  merchant_blacklist: { network: "03", advice: "do_not_try_again" },
  restricted_card: { network: "62", advice: "do_not_try_again" },
  security_violation: { network: "63", advice: "do_not_try_again" },
  invalid_account: { network: "46", advice: "do_not_try_again" },
  revocation_of_authorization: { network: "R1", advice: "do_not_try_again" },
  revocation_of_all_authorizations: { network: "R3", advice: "do_not_try_again" },
  stop_payment_order: { network: "R0", advice: "do_not_try_again" },
  do_not_try_again: { network: "57", advice: "do_not_try_again" },
  expired_card: {
    code: "expired_card",
    message: "Your card has expired.",
    network: "54",
    advice: "confirm_card_data"
  },
  incorrect_number: {
    code: "incorrect_number",
    message: "Your card number is incorrect.",
    network: "14",
    advice: "confirm_card_data"
  },
  invalid_number: { code: "invalid_number", network: "14", advice: "confirm_card_data" },
  incorrect_cvc: {
    code: "incorrect_cvc",
    message: "Your card's security code is incorrect.",
    network: "82",
    advice: "confirm_card_data"
  },
  invalid_cvc: { code: "invalid_cvc", network: "82", advice: "confirm_card_data" },
  invalid_expiry_month: { code: "invalid_expiry_month", network: "54", advice: "confirm_card_data" },
  invalid_expiry_year: { code: "invalid_expiry_year", network: "54", advice: "confirm_card_data" },
  incorrect_pin: { network: "55" },
  invalid_pin: { network: "55" },
  pin_try_exceeded: { network: "75" },
  offline_pin_required: { network: "70" },
  online_or_offline_pin_required: { network: "70" },
  incorrect_zip: { code: "incorrect_zip", advice: "confirm_card_data" },
  new_account_information_available: { network: "79", advice: "confirm_card_data" },
  card_velocity_exceeded: { network: "65", advice: "try_again_later" },
  withdrawal_count_limit_exceeded: { network: "61", advice: "try_again_later" },
  call_issuer: { network: "02", advice: "try_again_later" },
  no_action_taken: { network: "21", advice: "try_again_later" },
  not_permitted: { network: "58" },
  service_not_allowed: { network: "57" },
  transaction_not_allowed: { network: "57" },
  card_not_supported: { message: "Your card is not supported.", network: "57" },
  currency_not_supported: { message: "Your card does not support this currency.", network: "57" },
  try_again_later: { network: "91", advice: "try_again_later" },
  reenter_transaction: { network: "19", advice: "try_again_later" },
  issuer_not_available: { network: "91", advice: "try_again_later" },
  approve_with_id: { network: "08", advice: "try_again_later" },
  processing_error: {
    code: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
    network: "06",
    advice: "try_again_later"
  },
  testmode_decline: {},
  duplicate_transaction: {
    message: "A transaction with identical amount and credit card information was submitted very recently.",
    network: "94"
  },
  authentication_required: {
    code: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
    network: "1A",
    advice: "confirm_card_data"
  }
}

/** In the order of their magic cards. */
export const declineCodes: ReadonlyArray<string> = Object.keys(facts)

/** What the error object says about a decline. */
export const declineOf = (declineCode: string) => {
  const { code = "card_declined", message = declined, network, advice } = facts[declineCode] ?? {}
  return {
    code,
    message,
    decline_code: declineCode,
    ...(network === undefined ? {} : { network_decline_code: network }),
    ...(advice === undefined ? {} : { advice_code: advice })
  }
}
