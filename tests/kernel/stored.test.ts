import { Attempt } from "../../src/kernel/Attempt.ts"
import { VaultedCard } from "../../src/kernel/Card.ts"
import { Outcome } from "../../src/kernel/cascade/Disposition.ts"
import { Brand, Entity } from "../../src/kernel/Entity.ts"
import { ClaimedDelivery } from "../../src/kernel/events/EventDeliveries.ts"
import { EventDelivery, EventSubscription } from "../../src/kernel/events/EventSubscription.ts"
import { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { PaymentEvent } from "../../src/kernel/Outbox.ts"
import { PassedOver } from "../../src/kernel/PaymentLedger.ts"
import { WebhookRefused } from "../../src/kernel/PaymentProvider.ts"
import { PaymentSession } from "../../src/kernel/PaymentSession.ts"
import { Plan, Price } from "../../src/kernel/PriceCatalogue.ts"
import { IdempotencyKeyReused } from "../../src/kernel/refusals.ts"
import { ExclusionReason } from "../../src/kernel/routing/ExclusionReason.ts"
import { RoutingDecision } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { type Example, keepsWhatIsStored, type Stored } from "../support/kernel/storedLaws.ts"

// Everything that is written down somewhere and read again, as it stands there: one whole example of each. What
// a row lacks, or has otherwise, is not guessed at.

const money = { amount: 4900, currency: "USD" }
const ulid = "01JD0000000000000000000000"
const instant = "2026-11-20T10:00:00.000Z"
const evidence = { code: "approved", message: "thank you" }

const account = {
  id: "mid_a",
  entity: "loop_goods",
  provider: "stub_a",
  credentials: "stripe_goods",
  settings: { processor_id: "processor_1" },
  live: true,
  gates: [{ gate: "counsel", by: "an officer", person: "somebody", at: "2026-11-20T10:00:00.000Z" }],
  name: "an account",
  status: "active",
  killSwitch: false,
  underwrittenFor: ["merchandise"],
  accepts: {
    currencies: ["USD"],
    minimumAmount: 100,
    maximumAmount: 10_000,
    cardBrands: ["visa"],
    countries: ["US"],
    vaults: ["stub"],
    blockedBins: ["4000"],
    highestRisk: "medium"
  },
  priority: 1,
  weight: 10,
  monthlyCap: { amount: 1_000_000, currency: "USD" }
}

const line = { name: "a mug", priceRef: "price_mug", quantity: 2, unitAmount: 1500, category: "merchandise" }

const sessionOf = (intent: Stored) => ({
  id: `ps_${ulid}`,
  customer: "user_1",
  brand: "loop-goods",
  entity: "loop_goods",
  category: "merchandise",
  money,
  intent,
  mode: "hosted",
  theme: { colour: "green" },
  metadata: { source: "newsletter" },
  redirects: { successUrl: "https://shop.example/thanks", cancelUrl: "https://shop.example/cart" },
  orderReference: "order-1",
  state: "pending",
  createdAt: "2026-11-21T07:47:42.123Z",
  expiresAt: "2026-11-21T08:17:42.123Z",
  updatedAt: "2026-11-21T07:47:42.123Z"
})

const reasons: ReadonlyArray<Stored> = [
  { _tag: "KillSwitchOn" },
  { _tag: "NotActive", status: "suspended" },
  { _tag: "ProviderNotConfigured", provider: "nmi" },
  { _tag: "CredentialsMissing", credentials: "stripe_goods" },
  { _tag: "GatesMissing", missing: ["banking"] },
  { _tag: "GatesByOnePerson", by: "an officer" },
  { _tag: "CategoryNotUnderwritten", category: "merchandise", underwritten: ["telehealth"] },
  { _tag: "CurrencyNotAccepted", currency: "EUR", accepted: ["USD"] },
  { _tag: "AmountBelowMinimum", amount: 1, minimum: 2 },
  { _tag: "AmountAboveMaximum", amount: 2, maximum: 1 },
  { _tag: "CardBrandNotAccepted", brand: "amex", accepted: ["visa"] },
  { _tag: "CountryNotServed", country: "DE", served: ["US"] },
  { _tag: "VaultNotServed", vault: "stub", served: ["basis_theory"] },
  { _tag: "BinBlocked", bin: "400000", prefix: "4000" },
  { _tag: "RiskTooHigh", risk: "high", highest: "low" },
  { _tag: "MonthlyCapReached", captured: 9001, amount: 1000, cap: 10_000 }
]

const decision = {
  policyVersion: 7,
  inputs: {
    entity: "loop_goods",
    category: "merchandise",
    amount: 1000,
    currency: "USD",
    risk: "low",
    cardBrand: "visa",
    bin: "424242",
    country: "US",
    vault: "stub",
    fingerprint: "fp"
  },
  chosen: ["mid_a", "mid_b"],
  leftOut: [{ mid: "mid_c", reasons }]
}

const examples: ReadonlyArray<Example> = [
  [
    "an attempt",
    Attempt,
    {
      id: `at_${ulid}_1`,
      session: `ps_${ulid}`,
      ordinal: 1,
      mid: "mid_a",
      entity: "loop_goods",
      provider: "stub_a",
      category: "merchandise",
      brand: "loop-goods",
      money,
      idempotencyKey: "key",
      state: "in_flight"
    }
  ],
  [
    "a vaulted card",
    VaultedCard,
    {
      token: { vaultId: "stub", tokenRef: "tok_1" },
      bin: "424242",
      last4: "4242",
      brand: "visa",
      expiryMonth: 12,
      expiryYear: 2030,
      fingerprint: "fp",
      country: "US"
    }
  ],
  [
    "a capture",
    Outcome,
    { _tag: "Captured", processorReference: "ch_1", amount: 1000, currency: "USD", evidence }
  ],
  [
    "a decline",
    Outcome,
    { _tag: "Declined", kind: "soft", advice: "later", processorReference: "ch_1", evidence }
  ],
  [
    "an unknown outcome",
    Outcome,
    {
      _tag: "Indeterminate",
      processorReference: "ch_1",
      action: { type: "redirect", url: "https://issuer.example/challenge" },
      evidence
    }
  ],
  ["absence", Outcome, { _tag: "Absent", evidence }],
  [
    "an entity",
    Entity,
    {
      id: "loop_goods",
      name: "Loop Goods",
      collects: true,
      paysOut: false,
      underwrittenFor: ["merchandise"],
      placeholder: true
    }
  ],
  [
    "a brand",
    Brand,
    { id: "loop-goods", name: "Loop", entities: ["loop_goods"], redirectOrigins: ["https://shop.example"] }
  ],
  ["a merchant account", MerchantAccount, account],
  [
    "an event",
    PaymentEvent,
    {
      id: "ev_1",
      type: "payment.charged.v1",
      session: `ps_${ulid}`,
      occurredAt: "2026-11-21T07:47:42.123Z",
      payload: { amount: 4900 }
    }
  ],
  [
    "a delivery that one worker has",
    ClaimedDelivery,
    {
      subscription: `es_${ulid}`,
      event: "7",
      claim: 3,
      step: 0,
      url: "https://shop.example/events",
      type: "payment.charged.v1",
      occurredAt: "2026-11-20T10:00:00.000Z",
      payload: { amount: 4200 },
      secrets: ["sealed"]
    }
  ],
  [
    "a subscription",
    EventSubscription,
    {
      id: `es_${ulid}`,
      url: "https://shop.example/events",
      eventTypes: ["payment.charged.v1"],
      entity: "loop_goods",
      brand: "loop-goods",
      state: "disabled",
      disabledReason: "failing",
      disabledAt: instant,
      failingSince: instant,
      replayingSince: instant,
      previousSecretUntil: instant,
      createdAt: instant
    }
  ],
  [
    "a delivery",
    EventDelivery,
    {
      id: `ed_${ulid}_7`,
      subscription: `es_${ulid}`,
      event: "7",
      type: "payment.charged.v1",
      session: `ps_${ulid}`,
      occurredAt: instant,
      state: "delivered",
      tries: 2,
      lastTryAt: instant,
      lastStatus: 200,
      lastAnswer: "thank you",
      nextTryAt: instant,
      deliveredAt: instant
    }
  ],
  [
    "a key that came twice",
    IdempotencyKeyReused,
    { _tag: "IdempotencyKeyReused", differences: [{ field: "mode", before: "absent", now: '"hosted"' }] }
  ],
  [
    "a webhook that is refused",
    WebhookRefused,
    { _tag: "WebhookRefused", reason: "too_old", problem: "it is of yesterday" }
  ],
  ["an account that was passed over", PassedOver, { mid: "mid_a", reason: "kill_switch_on" }],
  [
    "a session for a plan",
    PaymentSession,
    sessionOf({ type: "subscription_plan", planKey: "box", name: "a box" })
  ],
  ["a session for lines", PaymentSession, sessionOf({ type: "line_items", lines: [line] })],
  ["a session for an amount", PaymentSession, sessionOf({ type: "amount" })],
  ["a price", Price, { ref: "price_mug", name: "a mug", money, category: "merchandise" }],
  ["a plan", Plan, { key: "box", name: "a box", money, category: "merchandise" }],
  ["a routing decision", RoutingDecision, decision],
  ...reasons.map((reason) => [`the reason ${String(reason._tag)}`, ExclusionReason, reason] as const)
]

/** What each may do without. Labels and payloads are as their writers like them. */
const optional: Readonly<Record<string, ReadonlyArray<string>>> = {
  "a vaulted card": ["country"],
  "a decline": ["advice", "processorReference"],
  "an unknown outcome": ["processorReference", "action"],
  "a merchant account": [
    "credentials",
    "settings",
    "settings.processor_id",
    "live",
    "gates",
    "gates[0].person",
    "accepts.vaults",
    "accepts.minimumAmount",
    "accepts.maximumAmount",
    "accepts.cardBrands",
    "accepts.countries",
    "accepts.blockedBins",
    "accepts.highestRisk",
    "monthlyCap"
  ],
  "an event": ["payload.amount"],
  "a delivery that one worker has": ["payload.amount"],
  "a subscription": [
    "eventTypes",
    "entity",
    "brand",
    "disabledReason",
    "disabledAt",
    "failingSince",
    "replayingSince",
    "previousSecretUntil"
  ],
  "a delivery": ["lastTryAt", "lastStatus", "lastAnswer", "nextTryAt", "deliveredAt"],
  "a session for a plan": ["redirects", "orderReference", "theme.colour", "metadata.source"],
  "a session for lines": [
    "redirects",
    "orderReference",
    "theme.colour",
    "metadata.source",
    "intent.lines[0].priceRef"
  ],
  "a session for an amount": ["redirects", "orderReference", "theme.colour", "metadata.source"],
  "a routing decision": [
    "inputs.cardBrand",
    "inputs.bin",
    "inputs.country",
    "inputs.vault",
    "inputs.fingerprint"
  ]
}

keepsWhatIsStored(examples, optional)
