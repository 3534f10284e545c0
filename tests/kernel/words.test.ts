import { describe, expect, it } from "@effect/vitest"
import { AttemptState } from "../../src/kernel/Attempt.ts"
import { ChangeKind, ChangeState } from "../../src/kernel/changes/ChangeRequest.ts"
import { CardBrand } from "../../src/kernel/Card.ts"
import { DeclineKind, RetryAdvice } from "../../src/kernel/cascade/Disposition.ts"
import { ProductCategory, productCategories } from "../../src/kernel/Category.ts"
import { Gate, MidStatus, RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import { Currency, minorUnitDecimals } from "../../src/kernel/Money.ts"
import {
  DeliveryState,
  DisabledReason,
  SubscriptionState
} from "../../src/kernel/events/EventSubscription.ts"
import { EventType } from "../../src/kernel/Outbox.ts"
import { DeclarationRefusal, EvidenceSource, PermitRefusal } from "../../src/kernel/PaymentLedger.ts"
import { DisputeState, WebhookRefused } from "../../src/kernel/PaymentProvider.ts"
import { FulfilmentBlocker, PaymentMode, SessionState, WaitsFor } from "../../src/kernel/PaymentSession.ts"
import { CardRefused } from "../../src/kernel/TokenVault.ts"
import { PageKind } from "../../src/kernel/operations/Page.ts"
import { Conclusion, Contradiction, ReviewState } from "../../src/kernel/reviews/Review.ts"
import { RefundKind, RefundState } from "../../src/kernel/refunds/Refund.ts"
import { RefundBlocked } from "../../src/kernel/refunds/refundRefusals.ts"
import { WebhookState, WebhookTrouble } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { ExclusionReason } from "../../src/kernel/routing/ExclusionReason.ts"

// The words that stand in rows, on the wire and in other people's programs. One that changes here has to be
// changed there as well, so each list is reviewed as a whole.

const words = (text: string): ReadonlyArray<string> => text.split(" ")

describe("the words that others know us by are these:", () => {
  it.each([
    ["states of an attempt", AttemptState.literals, "in_flight captured declined indeterminate absent"],
    [
      "states of a session",
      SessionState.literals,
      "pending processing in_review settled failed cancelled expired"
    ],
    [
      "states of a refund",
      RefundState.literals,
      "in_flight refunded declined indeterminate absent taken_back"
    ],
    ["kinds of a refund", RefundKind.literals, "refund void"],
    [
      "what a session in review waits for",
      WaitsFor.fields.what.literals,
      "charge refund dispute incident money"
    ],
    [
      "what stands against a refund",
      RefundBlocked.fields.reason.literals,
      "charge_in_review refund_in_review disputed"
    ],
    ["kinds of a decline", DeclineKind.literals, "soft hard"],
    ["sources of evidence", EvidenceSource.literals, "driver lookup takeover webhook person"],
    [
      "what the write-ahead passes over",
      PermitRefusal.literals,
      [
        "kill_switch_on not_active not_underwritten entity_cannot_collect gates_missing gates_by_one_person",
        "retry_forbidden card_needs_update retry_too_early retry_budget_spent"
      ].join(" ")
    ],
    [
      "what a ledger does not declare",
      DeclarationRefusal.literals,
      "entity_cannot_collect brand_not_of_entity not_underwritten"
    ],
    [
      "events",
      EventType.literals,
      "payment.charged.v1 payment.declined.v1 payment.in_review.v1 payment.failed.v1 payment.captured_late.v1 payment.session_expired.v1 payment.refunded.v1 payment.refund_declined.v1 payment.refund_in_review.v1 payment.refund_taken_back.v1 payment.dispute_opened.v1 payment.dispute_updated.v1 payment.dispute_closed.v1 operations.page.v1"
    ],
    ["states of a subscription", SubscriptionState.literals, "active disabled"],
    ["reasons why a subscription is disabled", DisabledReason.literals, "by_owner failing gone key_over"],
    ["states of a delivery", DeliveryState.literals, "pending delivered exhausted"],
    [
      "product categories",
      ProductCategory.literals,
      "ruo_compounds supplements telehealth lab_tests membership merchandise"
    ],
    ["card brands", CardBrand.literals, "visa mastercard amex discover jcb diners unionpay"],
    ["states of a merchant account", MidStatus.literals, "pending active suspended closed"],
    ["gates to live", Gate.literals, "counsel banking credentials contract_run"],
    ["advice on trying again", RetryAdvice.literals, "never later updated"],
    ["states of a dispute", DisputeState.literals, "warning open under_review won lost closed"],
    ["states of a webhook that came in", WebhookState.literals, "pending processed dead_letter"],
    ["kinds of a page", PageKind.literals, "in_review refund_in_review capture_unheard incident"],
    ["what stands against a fulfilment", FulfilmentBlocker.literals, "given_back disputed news_waiting"],
    [
      "what takes two persons",
      ChangeKind.literals,
      "resume_mid refund raise_refund_limit change_routing allow_category raise_cap give_key"
    ],
    ["states of a change request", ChangeState.literals, "open approved rejected withdrawn expired"],
    ["states of a review", ReviewState.literals, "open approved rejected expired"],
    [
      "conclusions of a person",
      Conclusion.literals,
      "captured refunded refunded_outside declined absent handled"
    ],
    [
      "what stands against a conclusion",
      Contradiction.literals,
      "in_flight captured refunded declined absent captured_already reference_of_another known_to_processor too_early news_waiting unknown_to_processor other_at_processor not_refunded_at_processor other_amount incident_closed other_attempt"
    ],
    ["troubles of such a webhook", WebhookTrouble.literals, "failed unknown unreadable"],
    [
      "reasons why a webhook is refused",
      WebhookRefused.fields.reason.literals,
      "no_signature bad_signature too_old unreadable no_secret"
    ],
    [
      "what a vault refuses of a card",
      CardRefused.fields.field.literals,
      "number expiryMonth expiryYear securityCode"
    ],
    ["risks", RiskLevel.literals, "low medium high"],
    ["modes", PaymentMode.literals, "hosted embedded"],
    ["currencies", Currency.literals, "AUD CAD CHF DKK EUR GBP JPY MXN NOK NZD SEK SGD USD"],
    [
      "reasons why an account is left out",
      ExclusionReason.members.map((member) => member.fields._tag.schema.literal),
      "KillSwitchOn NotActive ProviderNotConfigured CredentialsMissing GatesMissing GatesByOnePerson CategoryNotUnderwritten CurrencyNotAccepted AmountBelowMinimum AmountAboveMaximum CardBrandNotAccepted VaultNotServed CountryNotServed BinBlocked RiskTooHigh MonthlyCapReached"
    ]
  ] as const)("%s", (_, known, expected) => {
    expect(known).toEqual(words(expected))
  })

  it("and the categories that refusals list are those that are known", () => {
    expect(productCategories).toEqual(ProductCategory.literals)
  })

  it("and every currency but the yen has two decimals", () => {
    const whole = Object.entries(minorUnitDecimals).filter(([, decimals]) => decimals !== 2)
    expect(whole).toEqual([["JPY", 0]])
  })
})
