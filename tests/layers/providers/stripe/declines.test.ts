// What each decline code and each network's advice says about asking further.
import { describe, expect, it } from "vitest"
import { declineCodes, declineOf } from "../../../../src/layers/providers/stripe/declines.ts"

const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

/** As the facts about the wire have them, written down a second time. */
const expected: Readonly<Record<string, ReadonlyArray<string>>> = {
  "hard never": words(`
    lost_card stolen_card pickup_card fraudulent merchant_blacklist restricted_card security_violation invalid_account
    revocation_of_authorization revocation_of_all_authorizations stop_payment_order do_not_try_again
    live_mode_test_card
  `),
  "hard updated": words(`
    expired_card incorrect_number invalid_number incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year
    incorrect_zip incorrect_address new_account_information_available
  `),
  "hard ": words(`
    incorrect_pin invalid_pin offline_pin_required online_or_offline_pin_required pin_try_exceeded
    authentication_required authentication_not_handled mobile_device_authentication_required
    payment_intent_authentication_failure duplicate_transaction
  `),
  "soft ": words(`
    card_declined generic_decline do_not_honor call_issuer no_action_taken transaction_not_allowed not_permitted
    service_not_allowed card_not_supported currency_not_supported invalid_amount testmode_decline
  `),
  "soft later": words(`
    insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded try_again_later reenter_transaction
    issuer_not_available approve_with_id processing_error
  `)
}

const error = (change: Readonly<Record<string, unknown>>, brand?: string) => ({
  type: "card_error",
  code: "card_declined",
  decline_code: "generic_decline",
  ...(brand === undefined ? {} : { payment_method: { card: { brand } } }),
  ...change
})

const said = (of: Parameters<typeof declineOf>[0]): string => {
  const { kind, advice = "" } = declineOf(of)
  return `${kind} ${advice}`
}

describe("a decline code", () => {
  it("stands in the table as it stands in the facts", () => {
    const table = Object.entries(declineCodes).map(([code, { kind, advice = "" }]) => [
      code,
      `${kind} ${advice}`
    ])
    const facts = Object.entries(expected).flatMap(([kind, codes]) => codes.map((code) => [code, kind]))
    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(facts))
    for (const { meaning, why } of Object.values(declineCodes)) {
      expect(meaning.length).toBeGreaterThan(8)
      expect(why.length).toBeGreaterThan(8)
    }
  })

  it.each(Object.entries(expected).flatMap(([kind, codes]) => codes.map((code) => [code, kind] as const)))(
    "%s is %s, as a decline code and as the code of the error",
    (code, kind) => {
      expect(said(error({ decline_code: code }))).toBe(kind)
      expect(said(error({ code, decline_code: undefined }))).toBe(kind)
      expect(declineOf(error({ decline_code: code })).code).toBe(code)
    }
  )

  it.each(["a_code_of_tomorrow", "constructor", "__proto__", "toString"])(
    "%s is in no table, so nobody else is asked",
    (code) => {
      expect(said(error({ decline_code: code }))).toBe("hard ")
    }
  )

  it("is not needed: a decline without any stops the cascade", () => {
    expect(declineOf(null)).toMatchObject({ kind: "hard", code: "unexplained" })
    expect(declineOf({ type: "card_error" })).toMatchObject({ kind: "hard", code: "unexplained" })
  })
})

describe("the advice of the networks", () => {
  it.each<readonly [name: string, of: ReturnType<typeof error>, kind: string]>([
    ["Stripe's word not to try again", error({ advice_code: "do_not_try_again" }), "hard never"],
    ["Stripe's word to correct the card", error({ advice_code: "confirm_card_data" }), "hard updated"],
    ["Stripe's word to try later", error({ advice_code: "try_again_later" }), "soft later"],
    ["an advice of tomorrow", error({ advice_code: "who_knows" }), "soft "],
    ...words("04 07 12 14 15 41 43 46 R0 R1 R3").map(
      (code) =>
        [`Visa's category 1, ${code}`, error({ network_decline_code: code }, "visa"), "hard never"] as const
    ),
    // Not permitted to this kind of merchant: another may be; on this account never again.
    ["Visa's 57", error({ network_decline_code: "57" }, "visa"), "soft never"],
    [
      "Visa's 57 and Stripe's word",
      error({ network_decline_code: "57", advice_code: "do_not_try_again" }, "visa"),
      "hard never"
    ],
    ["Visa's 51", error({ network_decline_code: "51" }, "visa"), "soft "],
    ["Visa's 14 on another network", error({ network_decline_code: "14" }, "mastercard"), "soft "],
    ["Visa's 14 on a card of nobody knows whom", error({ network_decline_code: "14" }), "soft "],
    ["Mastercard's 01", error({ network_advice_code: "01" }, "mastercard"), "hard updated"],
    ["Mastercard's 02", error({ network_advice_code: "02" }, "mastercard"), "soft later"],
    ["Mastercard's 03", error({ network_advice_code: "03" }, "mastercard"), "hard never"],
    ["Mastercard's 21", error({ network_advice_code: "21" }, "mastercard"), "hard never"],
    ["Mastercard's 24", error({ network_advice_code: "24" }, "mastercard"), "soft later"],
    ["Mastercard's 30", error({ network_advice_code: "30" }, "mastercard"), "soft later"],
    ["Mastercard's 21 on another network", error({ network_advice_code: "21" }, "visa"), "soft "],
    [
      "the strictest of several",
      error({ decline_code: "insufficient_funds", network_advice_code: "03" }, "mastercard"),
      "hard never"
    ]
  ])("%s", (_, of, kind) => {
    expect(said(of)).toBe(kind)
  })

  it("is told in the evidence, word for word", () => {
    const { message } = declineOf(
      error(
        { message: "No.", network_decline_code: "14", network_advice_code: "03", advice_code: "x" },
        "visa"
      )
    )
    expect(message).toBe("No. (network 14, network advice 03, advice x)")
  })
})
