// Made from the server's own OpenAPI document by `npm run sdk:generate`; not to be edited.

/** One try to charge the session on one merchant account. */
export interface Attempt {
  readonly id: string
  readonly ordinal: number
  readonly mid: string
  readonly provider: string
  readonly state: AttemptState
  /** Whatever its state says: money was captured afterwards, and stands in `lateCaptures`. */
  readonly capturedLate?: boolean
}

export type AttemptState = "in_flight" | "captured" | "declined" | "indeterminate" | "absent"

/** Money that moved, and what of it may be given back. */
export interface Capture {
  readonly processorReference: string
  readonly mid: string
  readonly money: Money
  /** Minor units that may be given back now: less what went back and what a dispute lost, and 0 while `blocked`. */
  readonly refundable: number
  /** What stands in the way for now, and the refund or the dispute that it is. */
  readonly blocked?: {
    readonly reason: "charge_in_review" | "refund_in_review" | "disputed"
    readonly by?: string
  }
}

export interface ConfirmAnswer {
  readonly session: string
  /** `settled`: paid. `declined`: proof that no money moved. `action_required`: send the customer to `action.url`; the charge waits. `in_review` and `processing`: nobody knows yet, and nobody is to pay again. `failed`: told of a repeated confirmation whose session ended without a payment. */
  readonly outcome: ConfirmOutcome
  readonly state: SessionState
  /** With `action_required`: where the customer confirms the payment (3DS). */
  readonly action?: PaymentAction
  /** What it means, for the customer to read. */
  readonly message: string
}

/** `settled`: paid. `declined`: proof that no money moved. `action_required`: send the customer to `action.url`; the charge waits. `in_review` and `processing`: nobody knows yet, and nobody is to pay again. `failed`: told of a repeated confirmation whose session ended without a payment. */
export type ConfirmOutcome = "settled" | "declined" | "action_required" | "in_review" | "processing" | "failed"

export interface Confirmation {
  readonly vaultToken: {
    /** The vault that keeps the card: `stub` or `basis_theory`. */
    readonly vaultId: string
    /** The vault's reference of the card. */
    readonly tokenRef: string
  }
  /** How risky the charge looks to you: `low` (the default), `medium` or `high`. */
  readonly riskLevel?: string
}

export type Currency = "AUD" | "CAD" | "CHF" | "DKK" | "EUR" | "GBP" | "JPY" | "MXN" | "NOK" | "NZD" | "SEK" | "SGD" | "USD"

export interface Dispute {
  readonly mid: string
  readonly reference: string
  readonly session: string
  readonly attempt: string
  readonly entity: string
  readonly processorReference: string
  readonly state: DisputeState
  readonly money: Money
  readonly reason: string
  readonly evidenceDueBy?: string
  readonly openedAt: string
  readonly updatedAt: string
}

export type DisputeState = "warning" | "open" | "under_review" | "won" | "lost" | "closed"

/** Why an account was left out, with the exact difference in its other fields. */
export type ExclusionReason = {
  /** For programs: `kill_switch_on`. */
  readonly code: "kill_switch_on" | "not_active" | "provider_not_configured" | "credentials_missing" | "gates_missing" | "gates_by_one_person" | "category_not_underwritten" | "currency_not_accepted" | "amount_below_minimum" | "amount_above_maximum" | "card_brand_not_accepted" | "vault_not_served" | "country_not_served" | "bin_blocked" | "risk_too_high" | "monthly_cap_reached"
  /** For people: `its kill switch is on`. */
  readonly sentence: string
} & Readonly<Record<string, unknown>>

export interface FulfilmentAnswer {
  readonly session: string
  /** `first`: fulfil now; it is given out once. `duplicate`: it was given out before, do nothing. */
  readonly fulfilment: "first" | "duplicate"
  /** The first claim was made with this API key and this Idempotency-Key. With `duplicate`: your own first answer may have been lost on its way. */
  readonly ownClaim: boolean
}

export type Intent = {
  readonly type: "subscription_plan"
  readonly planKey: string
  readonly name: string
} | {
  readonly type: "line_items"
  readonly lines: readonly [{
    readonly name: string
    readonly priceRef?: string
    readonly quantity: number
    readonly unitAmount: number
    readonly category: ProductCategory
  }, ...ReadonlyArray<{
    readonly name: string
    readonly priceRef?: string
    readonly quantity: number
    readonly unitAmount: number
    readonly category: ProductCategory
  }>]
} | {
  readonly type: "amount"
}

export interface LateCapture {
  readonly attempt: string
  readonly mid: string
  readonly processorReference: string
  readonly money: Money
  readonly left: number
  readonly capturedAt: string
  readonly incident?: number
  readonly handledAt?: string
}

export interface Money {
  readonly amount: number
  readonly currency: Currency
}

export interface PaymentAction {
  readonly type: "redirect"
  readonly url: string
}

export type PaymentMode = "hosted" | "embedded"

export interface PaymentSession {
  readonly id: string
  readonly customer: string
  readonly brand: string
  readonly entity: string
  readonly category: ProductCategory
  readonly money: Money
  readonly intent: Intent
  readonly mode: PaymentMode
  readonly theme: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly redirects?: {
    readonly successUrl: string
    readonly cancelUrl: string
  }
  readonly orderReference?: string
  readonly state: SessionState
  readonly action?: PaymentAction
  readonly createdAt: string
  readonly expiresAt: string
  readonly updatedAt: string
}

export interface PaymentSessionConfig {
  /** Who pays: the `loopUserId`. */
  readonly customer: string
  /** What the customer sees. */
  readonly brand: string
  /** The company that collects: `loop_bio_labs`. */
  readonly entity: string
  readonly intent: {
    /** `subscription_plan` (with `planKey`), `line_items` (with `lineItems`) or `amount`. */
    readonly type: string
    /** A plan of the catalogue. */
    readonly planKey?: string
    readonly lineItems?: ReadonlyArray<{
      /** An article of the price catalogue: `price_bpc157`. */
      readonly providerPriceRef?: string
      /** Instead of `providerPriceRef`. */
      readonly priceData?: {
        /** Minor units of one piece. */
        readonly amountCents: number
        /** ISO 4217: `USD`. */
        readonly currency: string
        /** What the customer reads. */
        readonly name: string
        /** The product category of an article that the catalogue does not have. */
        readonly product: string
      }
      /** Whole pieces, at least 1. */
      readonly quantity: number
    }>
    /** Minor units, at least 1. */
    readonly amountCents?: number
    /** ISO 4217; `USD` when it is left out. */
    readonly currency?: string
  }
  /** `hosted` answers a `url` to send the customer to, `embedded` an `embedToken`. */
  readonly mode: string
  /** The product category, if you claim to know it. The catalogue decides; a claim that disagrees is refused. */
  readonly product?: string
  /** How the checkout looks. */
  readonly theme?: Readonly<Record<string, string>>
  /** Both on origins that are allowed for the brand. */
  readonly redirects?: {
    /** Where the customer goes after paying. */
    readonly successUrl: string
    /** Where the customer goes after turning back. */
    readonly cancelUrl: string
  }
  /** Yours; handed back and never read. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Your own order. At most one session of an entity that may still pay it. */
  readonly orderReference?: string
}

export interface PaymentSessionCreated {
  readonly id: string
  readonly customer: string
  readonly brand: string
  readonly entity: string
  readonly category: ProductCategory
  readonly money: Money
  readonly intent: Intent
  readonly mode: PaymentMode
  readonly theme: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly redirects?: {
    readonly successUrl: string
    readonly cancelUrl: string
  }
  readonly orderReference?: string
  readonly state: SessionState
  readonly action?: PaymentAction
  readonly createdAt: string
  readonly expiresAt: string
  readonly updatedAt: string
  /** Hosted: send the customer here. */
  readonly url?: string
  /** Embedded: give this to the component. */
  readonly embedToken?: string
}

export interface PaymentSessionWithAttempts {
  readonly id: string
  readonly customer: string
  readonly brand: string
  readonly entity: string
  readonly category: ProductCategory
  readonly money: Money
  readonly intent: Intent
  readonly mode: PaymentMode
  readonly theme: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly redirects?: {
    readonly successUrl: string
    readonly cancelUrl: string
  }
  readonly orderReference?: string
  readonly state: SessionState
  readonly action?: PaymentAction
  readonly createdAt: string
  readonly expiresAt: string
  readonly updatedAt: string
  readonly attempts: ReadonlyArray<Attempt>
  readonly waitsFor?: ReadonlyArray<WaitsFor>
  /** Money that was captured after everybody had said no, or beyond what settled the session. `handledAt` is there once two persons have dealt with it; `left` is what has not gone back. */
  readonly lateCaptures?: ReadonlyArray<LateCapture>
}

export type ProductCategory = "ruo_compounds" | "supplements" | "telehealth" | "lab_tests" | "membership" | "merchandise"

export interface Refund {
  readonly id: string
  readonly session: string
  readonly ordinal: number
  readonly attempt: string
  readonly mid: string
  readonly entity: string
  readonly provider: string
  readonly processorReference: string
  readonly refundReference?: string
  readonly money: Money
  /** `void`: the whole charge was taken back before the processor settled it. */
  readonly kind: RefundKind
  readonly reason: string
  readonly requestedBy: string
  readonly idempotencyKey: string
  /** `refunded`: proof that money went back. `declined`: proof that none did. `in_flight` and `indeterminate`: nobody knows yet, and nobody is to refund again. `absent`: it never reached the processor. `taken_back`: it went back and did not arrive; the money is here again, and may be given back anew. */
  readonly state: RefundState
  readonly writtenAt: string
  readonly resolvedAt?: string
  readonly evidence?: {
    readonly code?: string
    readonly message?: string
  }
  /** What it means, in a sentence. */
  readonly message: string
}

export interface RefundAsked {
  /** Minor units of the charge's currency; all that is left when it is left out. */
  readonly amount?: number
  /** Why, for the books: 1 to 500 characters. */
  readonly reason: string
  /** Which charge, by the processor's own id; needed where a session has several. */
  readonly processorReference?: string
}

/** `void`: the whole charge was taken back before the processor settled it. */
export type RefundKind = "refund" | "void"

/** `refunded`: proof that money went back. `declined`: proof that none did. `in_flight` and `indeterminate`: nobody knows yet, and nobody is to refund again. `absent`: it never reached the processor. `taken_back`: it went back and did not arrive; the money is here again, and may be given back anew. */
export type RefundState = "in_flight" | "refunded" | "declined" | "indeterminate" | "absent" | "taken_back"

export interface SessionReturns {
  readonly refunds: ReadonlyArray<Refund>
  readonly disputes: ReadonlyArray<Dispute>
  readonly captures: ReadonlyArray<Capture>
}

export type SessionState = "pending" | "processing" | "in_review" | "settled" | "failed" | "cancelled" | "expired"

/** What a session in review waits for. When it waits for nothing more, it is settled or failed. Of one that ended without money: an incident that persons still have to deal with. */
export interface WaitsFor {
  readonly what: "charge" | "refund" | "dispute" | "incident" | "money"
  readonly reference: string
  readonly kind?: string
  readonly money?: Money
  /** What has to happen, in a sentence. */
  readonly message: string
}

/** What a program may want of each refusal, by its code. */
export interface RefusalDetails {
  readonly body_too_large: {
    readonly limit: number
  }
  readonly brand_not_of_entity: {
    readonly brand: string
    readonly entity: string
    readonly allowed: ReadonlyArray<string>
  }
  readonly category_claim_disagrees: {
    readonly claimed: ProductCategory
    readonly derived: ProductCategory
  }
  readonly category_not_underwritten: {
    readonly entity: string
    readonly category: ProductCategory
    readonly underwritten: ReadonlyArray<ProductCategory>
  }
  readonly change_open_already: {
    readonly change: string
  }
  readonly entity_cannot_collect: {
    readonly entity: string
  }
  readonly forbidden: {
    readonly missing: ReadonlyArray<"sessions:read" | "sessions:write" | "refunds:write" | "events:manage" | "registry:read" | "registry:write" | "operations:manage" | "audit:read" | "keys:manage" | "changes:request" | "changes:approve">
  }
  readonly idempotency_key_reused: {
    readonly differences: ReadonlyArray<{
      readonly field: string
      readonly before: string
      readonly now: string
    }>
  }
  readonly invalid_input: {
    readonly problem: string
  }
  readonly malformed_request: {
    readonly problems: readonly [{
      readonly field: string | null
      readonly problem: string
    }, ...ReadonlyArray<{
      readonly field: string | null
      readonly problem: string
    }>]
  }
  readonly mixed_categories: {
    readonly category: ProductCategory
    readonly others: ProductCategory
  }
  readonly mixed_currencies: {
    readonly currency: string
    readonly others: string
  }
  readonly needs_approval: {
    readonly change: {
      /** `cr_...`: the change request that another person approves. */
      readonly id: string
      readonly state: "open" | "approved" | "rejected" | "withdrawn" | "expired"
      readonly expiresAt: string
    }
  }
  readonly no_eligible_merchant_account: {
    readonly entity: string
    readonly leftOut: ReadonlyArray<{
      readonly mid: string
      readonly reasons: readonly [ExclusionReason, ...ReadonlyArray<ExclusionReason>]
    }>
    readonly passedOver: ReadonlyArray<{
      readonly mid: string
      readonly reason: "kill_switch_on" | "not_active" | "not_underwritten" | "entity_cannot_collect" | "gates_missing" | "gates_by_one_person" | "retry_forbidden" | "card_needs_update" | "retry_too_early" | "retry_budget_spent"
    }>
  }
  readonly not_fulfillable: {
    readonly session: string
    readonly reason: "given_back" | "disputed" | "news_waiting"
    readonly by?: string
  }
  readonly not_settled_yet: {
    readonly amount: number
    readonly captured: number
  }
  readonly nothing_to_refund: {
    readonly session: string
    readonly state: SessionState
    readonly captures: ReadonlyArray<string>
    readonly gone?: string
  }
  readonly operators_only: Readonly<Record<string, never>>
  readonly order_already_declared: {
    readonly orderReference: string
    readonly session?: string
    readonly state?: SessionState
  }
  readonly processor_unavailable: {
    readonly provider: string
  }
  readonly rate_limited: {
    readonly limit: "requests" | "payments" | "session" | "card"
    readonly retryAfterSeconds: number
  }
  readonly redirect_not_allowed: {
    readonly origin: string
    readonly allowed: ReadonlyArray<string>
  }
  readonly refund_blocked: {
    readonly session: string
    readonly reason: "charge_in_review" | "refund_in_review" | "disputed"
    readonly by?: string
  }
  readonly refund_not_approved: {
    readonly change: string
    readonly state: "open" | "approved" | "rejected" | "withdrawn" | "expired"
  }
  readonly refund_too_large: {
    readonly amount: number
    readonly refundable: number
    readonly currency: string
  }
  readonly session_not_payable: {
    readonly session: string
    readonly state: SessionState
  }
  readonly session_not_settled: {
    readonly session: string
    readonly state: SessionState
  }
  readonly unauthorized: {
    readonly problem: "missing" | "not_bearer" | "unknown"
  }
  readonly unknown_brand: {
    readonly brand: string
    readonly known: ReadonlyArray<string>
  }
  readonly unknown_charge: {
    readonly provider: string
    readonly processorReference: string
  }
  readonly unknown_entity: {
    readonly entity: string
    readonly known: ReadonlyArray<string>
  }
  readonly unknown_plan: {
    readonly plan: string
  }
  readonly unknown_price: {
    readonly price: string
  }
  readonly unknown_session: {
    readonly session: string
  }
  readonly unknown_token: {
    readonly vaultId: string
    readonly tokenRef: string
  }
  readonly unknown_vault: {
    readonly vaultId: string
    readonly configured: ReadonlyArray<string>
  }
  readonly unsupported_media_type: {
    readonly contentType: string
  }
  readonly vault_unavailable: {
    readonly vaultId: string
  }
}

/** What each call may be refused for. */
export interface RefusalsOf {
  readonly create: "body_too_large" | "brand_not_of_entity" | "category_claim_disagrees" | "category_not_underwritten" | "entity_cannot_collect" | "forbidden" | "idempotency_key_reused" | "invalid_input" | "malformed_request" | "mixed_categories" | "mixed_currencies" | "no_eligible_merchant_account" | "order_already_declared" | "rate_limited" | "redirect_not_allowed" | "unauthorized" | "unknown_brand" | "unknown_entity" | "unknown_plan" | "unknown_price" | "unsupported_media_type"
  readonly read: "forbidden" | "rate_limited" | "unauthorized" | "unknown_session"
  readonly confirm: "body_too_large" | "forbidden" | "idempotency_key_reused" | "invalid_input" | "malformed_request" | "no_eligible_merchant_account" | "rate_limited" | "session_not_payable" | "unauthorized" | "unknown_session" | "unknown_token" | "unknown_vault" | "unsupported_media_type" | "vault_unavailable"
  readonly cancel: "forbidden" | "rate_limited" | "session_not_payable" | "unauthorized" | "unknown_session"
  readonly claimFulfilment: "forbidden" | "malformed_request" | "not_fulfillable" | "rate_limited" | "session_not_settled" | "unauthorized" | "unknown_session"
  readonly refund: "body_too_large" | "change_open_already" | "forbidden" | "idempotency_key_reused" | "invalid_input" | "malformed_request" | "needs_approval" | "not_settled_yet" | "nothing_to_refund" | "operators_only" | "processor_unavailable" | "rate_limited" | "refund_blocked" | "refund_not_approved" | "refund_too_large" | "unauthorized" | "unknown_charge" | "unknown_session" | "unsupported_media_type"
  readonly readRefunds: "forbidden" | "rate_limited" | "unauthorized" | "unknown_session"
}
