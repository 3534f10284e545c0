// Made from schema.graphql and packages/sdk/operations by `npm run sdk:generate`; not to be edited.

import { type Operation, operation } from "../operation.ts"

/** Minor units of one currency, both ends inclusive. Amounts of two currencies do not compare. */
export interface AmountRange {
  readonly currency: Currency
  readonly from?: number | null
  readonly to?: number | null
}

/** Which attempts; what is left out restricts nothing. */
export interface AttemptFilter {
  readonly amount?: AmountRange | null
  /** Those under one brand: `loop-bio`. */
  readonly brand?: string | null
  /** Those for one customer: the `loopUserId`. */
  readonly customer?: string | null
  /** Those of one company. */
  readonly entity?: string | null
  /** Those on one merchant account. */
  readonly mid?: string | null
  /** Those for one order of an app. */
  readonly orderReference?: string | null
  /** Those at one processor: `stub_a`. */
  readonly provider?: string | null
  /** Those of one session. */
  readonly session?: string | null
  /** Those of which that is known: `captured`, `declined`, `indeterminate`. */
  readonly states?: ReadonlyArray<AttemptState> | null
  /** Those written ahead in that time. */
  readonly writtenAt?: TimeRange | null
}

/** What is known of the money of one attempt. Every state but `declined` blocks another attempt. */
export type AttemptState =
  /** The processor never heard of it, past the time in which it would have. */
  | "absent"
  /** Proof that money moved. */
  | "captured"
  /** Proof that no money moved. */
  | "declined"
  /** Written ahead; it may have been sent. */
  | "in_flight"
  /** Sent, and nobody knows yet whether money moved. */
  | "indeterminate"

/** What came of a confirmation. */
export type ConfirmOutcome =
  /** The charge waits for its customer: send them to `action.url`. Nothing else is charged meanwhile. */
  | "action_required"
  /** Proof that no money moved. */
  | "declined"
  /** Told of a repeated confirmation whose session ended without a payment. */
  | "failed"
  /** Nobody knows yet, and nobody is to pay again. */
  | "in_review"
  /** On its way; nobody is to pay again. */
  | "processing"
  /** Paid. */
  | "settled"

export interface ConfirmPaymentSessionInput {
  /** How risky the charge looks to you: `low` (the default), `medium` or `high`. */
  readonly riskLevel?: string | null
  /** The plain id (`ps_01J...`) or the global one. */
  readonly session: string
  readonly vaultToken: VaultTokenInput
}

/** What an app declares. */
export interface CreatePaymentSessionInput {
  /** What the customer sees: `loop-bio`. */
  readonly brand: string
  /** Who pays: the `loopUserId`. */
  readonly customer: string
  /** The company that collects: `loop_bio_labs`. */
  readonly entity: string
  /** What is paid for. */
  readonly intent: IntentInput
  /** Yours; handed back and never read. */
  readonly metadata?: Readonly<Record<string, string>> | null
  /** `hosted` answers a `url`, `embedded` an `embedToken`. */
  readonly mode: string
  /** Your own order. At most one session of an entity that may still pay it. */
  readonly orderReference?: string | null
  /** The product category, if you claim to know it. The catalogue decides; a claim that disagrees is refused. */
  readonly product?: string | null
  readonly redirects?: RedirectsInput | null
  /** How the checkout looks. */
  readonly theme?: Readonly<Record<string, string>> | null
}

/** ISO 4217. */
export type Currency =
  | "AUD"
  | "CAD"
  | "CHF"
  | "DKK"
  | "EUR"
  | "GBP"
  | "JPY"
  | "MXN"
  | "NOK"
  | "NZD"
  | "SEK"
  | "SGD"
  | "USD"

export type DeclineKind =
  /** The card or its issuer refuses, so no other account is asked. */
  | "hard"
  /** Another merchant account may take the card. */
  | "soft"

/** What a piece of evidence proves. */
export type EvidenceOutcome =
  /** The charge never reached the processor. */
  | "absent"
  /** Money moved. */
  | "captured"
  /** No money moved. */
  | "declined"
  /** Nothing is proved. */
  | "indeterminate"

/** Where evidence comes from. */
export type EvidenceSource =
  /** The answer to the charge itself. */
  | "driver"
  /** The processor, asked again by our key. */
  | "lookup"
  /** An operator, signed off. */
  | "person"
  /** Its driver died before it recorded an outcome. */
  | "takeover"
  /** The processor, unasked. */
  | "webhook"

export interface IntentInput {
  /** Minor units, at least 1. */
  readonly amountCents?: number | null
  /** ISO 4217; `USD` when it is left out. */
  readonly currency?: string | null
  readonly lineItems?: ReadonlyArray<LineItemInput> | null
  /** A plan of the catalogue. */
  readonly planKey?: string | null
  /** `subscription_plan` (with `planKey`), `line_items` (with `lineItems`) or `amount`. */
  readonly type: string
}

export interface LineItemInput {
  /** Instead of `providerPriceRef`. */
  readonly priceData?: PriceDataInput | null
  /** An article of the price catalogue: `price_bpc157`. */
  readonly providerPriceRef?: string | null
  /** Whole pieces, at least 1. */
  readonly quantity: number
}

export type MidStatus =
  /** May charge. */
  | "active"
  /** Closed for good. */
  | "closed"
  /** Not boarded yet. */
  | "pending"
  /** The acquirer holds it. */
  | "suspended"

/** Why the write-ahead passed over an account that had been chosen. */
export type PermitRefusal =
  /** The card's issuer wants its data corrected before it is tried again. */
  | "card_needs_update"
  /** Its company may not collect any more. */
  | "entity_cannot_collect"
  /** It is live, and one person alone passed its gates. */
  | "gates_by_one_person"
  /** It is live, and a gate to live is not passed. */
  | "gates_missing"
  /** Its kill switch was thrown in the meantime. */
  | "kill_switch_on"
  /** It is not active any more. */
  | "not_active"
  /** It is not underwritten for the category any more. */
  | "not_underwritten"
  /** The card was tried as often as its network allows. */
  | "retry_budget_spent"
  /** The card's issuer said not to try the card again. */
  | "retry_forbidden"
  /** The card's issuer said to try again later, and it is not later yet. */
  | "retry_too_early"

/** An article that the catalogue does not have. */
export interface PriceDataInput {
  /** Minor units of one piece. */
  readonly amountCents: number
  /** ISO 4217: `USD`. */
  readonly currency: string
  /** What the customer reads. */
  readonly name: string
  /** Its product category. */
  readonly product: string
}

/** What is sold, as underwriting sees it. */
export type ProductCategory =
  /** Laboratory tests. */
  | "lab_tests"
  /** Memberships. */
  | "membership"
  /** Goods. */
  | "merchandise"
  /** Compounds for research use only. */
  | "ruo_compounds"
  /** Dietary supplements. */
  | "supplements"
  /** Consultations. */
  | "telehealth"

/** Both on origins that are allowed for the brand. */
export interface RedirectsInput {
  /** Where the customer goes after turning back. */
  readonly cancelUrl: string
  /** Where the customer goes after paying. */
  readonly successUrl: string
}

/** How money goes back; the service chooses. */
export type RefundKind =
  /** A refund of what the processor settled. */
  | "refund"
  /** The whole charge is taken back before the processor settles it. */
  | "void"

export interface RefundPaymentInput {
  /** Minor units of the charge's currency; all that is left when it is left out. */
  readonly amount?: number | null
  /** Which charge, by the processor's own id; needed where a session has several. */
  readonly processorReference?: string | null
  /** Why, for the books: 1 to 500 characters. */
  readonly reason: string
  /** The plain id (`ps_01J...`) or the global one. */
  readonly session: string
}

/** What is known of the money of one refund. */
export type RefundState =
  /** The processor never heard of it, past the time in which it would have. */
  | "absent"
  /** Proof that no money went back. */
  | "declined"
  /** Written ahead; it may have been sent. Do not ask for it again. */
  | "in_flight"
  /** Sent, and nobody knows yet whether money went back. It is being checked. */
  | "indeterminate"
  /** Proof that money went back. */
  | "refunded"
  /** It went back and did not arrive: the money is here again, and may be given back anew. */
  | "taken_back"

/** A charge to think of. No rule is judged on what is left out. */
export interface RoutingPreviewInput {
  /** Minor units, at least 1. */
  readonly amountCents: number
  /** The first six to eight digits of the card. */
  readonly bin?: string | null
  /** `visa`, `mastercard`, `amex` ... */
  readonly cardBrand?: string | null
  /** Where the card was issued: `US`. */
  readonly country?: string | null
  /** ISO 4217; `USD` when it is left out. */
  readonly currency?: string | null
  /** The company: `loop_bio_labs`. */
  readonly entity: string
  /** The product category: `ruo_compounds`. */
  readonly product: string
  /** `low` (the default), `medium` or `high`. */
  readonly risk?: string | null
  /** Accounts of one rank are shuffled by session: the order for this one, which need not exist yet. */
  readonly sessionId?: string | null
}

/** Which sessions; what is left out restricts nothing. */
export interface SessionFilter {
  readonly amount?: AmountRange | null
  /** Those under one brand: `loop-bio`. */
  readonly brand?: string | null
  /** Those declared in that time. */
  readonly createdAt?: TimeRange | null
  /** Those of one customer: the `loopUserId`. */
  readonly customer?: string | null
  /** Those with an attempt of which that is known; with `mid` or `provider`, one attempt there. */
  readonly dispositions?: ReadonlyArray<AttemptState> | null
  /** Those of one company. */
  readonly entity?: string | null
  /** Those with an attempt on one merchant account. */
  readonly mid?: string | null
  /** Those for one order of an app. */
  readonly orderReference?: string | null
  /** Those with an attempt at one processor: `stub_a`. */
  readonly provider?: string | null
  readonly states?: ReadonlyArray<SessionState> | null
}

/** Where a payment stands. */
export type SessionState =
  /** Cancelled before it was paid. */
  | "cancelled"
  /** Its time ran out before it was paid. */
  | "expired"
  /** Not paid, and it takes no further card. */
  | "failed"
  /** The outcome of a charge is unknown and is being checked. Do not pay again. */
  | "in_review"
  /** Waits for a card: the first, or another one after a decline. */
  | "pending"
  /** A charge is on its way. Do not pay again. */
  | "processing"
  /** Paid. */
  | "settled"

export type SubscriptionState =
  /** It is told of events. */
  | "active"
  /** Nothing is sent until it is enabled again. */
  | "disabled"

/** From an instant on, and before another one. */
export interface TimeRange {
  readonly from?: string | null
  readonly until?: string | null
}

/** A card, as a vault knows it; a card number has no place here. */
export interface VaultTokenInput {
  /** The vault's reference of the card. */
  readonly tokenRef: string
  /** The vault that keeps the card: `stub` or `basis_theory`. */
  readonly vaultId: string
}

export type SessionData = {
  /** One session; null when there is no such session. */
  readonly session: {
    /** The global id. */
    readonly id: string
    /** The plain id: `ps_01J...`. */
    readonly sessionId: string
    readonly state: SessionState
    /** Who pays: the `loopUserId`. */
    readonly customer: string
    /** Derived from the catalogue. */
    readonly category: ProductCategory
    readonly money: {
      /** Whole minor units: USD 12.50 is 1250. */
      readonly amount: number
      readonly currency: Currency
      /** For people: `USD 12.50`. */
      readonly formatted: string
    }
    /** The app's own order. */
    readonly orderReference: string | null
    readonly metadata: Readonly<Record<string, string>>
    readonly createdAt: string
    /** Until when it may be paid. */
    readonly expiresAt: string
    readonly updatedAt: string
    readonly entity: {
      /** The plain id: `loop_bio_labs`. */
      readonly entityId: string
      readonly name: string
    }
    readonly brand: {
      /** The plain id: `loop-bio`. */
      readonly brandId: string
      readonly name: string
    }
    readonly action: {
      /** Where to send the customer's browser. */
      readonly url: string
    } | null
    /** Every try to charge it, in the order in which they were made. */
    readonly attempts: {
      /** The nodes of the edges, for whoever needs no cursors. */
      readonly nodes: ReadonlyArray<{
        /** The global id. */
        readonly id: string
        /** The plain id: `at_01J..._1`. */
        readonly attemptId: string
        /** Counts the attempts of a session from 1. */
        readonly ordinal: number
        /** Which confirmation of the session, from 1. */
        readonly round: number
        readonly state: AttemptState
        readonly declineKind: DeclineKind | null
        readonly provider: string
        /** The processor's own id of the charge; only of what was captured. */
        readonly processorReference: string | null
        readonly money: {
          /** Whole minor units: USD 12.50 is 1250. */
          readonly amount: number
          readonly currency: Currency
          /** For people: `USD 12.50`. */
          readonly formatted: string
        }
        /** When it was written ahead, before it was sent. */
        readonly writtenAt: string
        /** When its outcome became certain; null while it is not. */
        readonly resolvedAt: string | null
        readonly merchantAccount: {
          /** The plain id: `mid_bio_1`. */
          readonly midId: string
          readonly name: string
        }
      }>
    }
    /** Money that was captured for it: one charge, or none. More than one is an incident. */
    readonly captures: ReadonlyArray<{
      /** The processor's own id of the charge. */
      readonly processorReference: string
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** What may be given back now: less what went back and what a dispute lost, 0 while blocked. */
      readonly refundable: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
    }>
    /** Money that goes back, in the order in which it was asked for. */
    readonly refunds: {
      /** The nodes of the edges, for whoever needs no cursors. */
      readonly nodes: ReadonlyArray<{
        /** `re_01J..._1`. */
        readonly refundId: string
        readonly state: RefundState
        readonly kind: RefundKind
        /** What it means, in a sentence. */
        readonly message: string
        readonly reason: string
        readonly money: {
          /** Whole minor units: USD 12.50 is 1250. */
          readonly amount: number
          readonly currency: Currency
          /** For people: `USD 12.50`. */
          readonly formatted: string
        }
        /** When it was written ahead, before it was sent. */
        readonly writtenAt: string
        /** When its outcome became certain; null while it is not. */
        readonly resolvedAt: string | null
      }>
    }
  } | null
}

export interface SessionVariables {
  readonly id: string
}

/** One session with its attempts and what went back; null when there is no such session. */
export const Session: Operation<SessionData, SessionVariables> = /* @__PURE__ */ operation(
  "query Session($id:ID!){session(id:$id){...SessionParts action{url}attempts(first:25){nodes{...AttemptParts}}captures{processorReference money{...MoneyParts}refundable{...MoneyParts}}refunds(first:25){nodes{...RefundParts}}}}fragment SessionParts on PaymentSession{id sessionId state customer category money{...MoneyParts}orderReference metadata createdAt expiresAt updatedAt entity{entityId name}brand{brandId name}}fragment MoneyParts on Money{amount currency formatted}fragment AttemptParts on Attempt{id attemptId ordinal round state declineKind provider processorReference money{...MoneyParts}writtenAt resolvedAt merchantAccount{midId name}}fragment RefundParts on Refund{refundId state kind message reason money{...MoneyParts}writtenAt resolvedAt}",
  { changes: false }
)

export type SessionsData = {
  /** Sessions, newest first unless said otherwise. */
  readonly sessions: {
    /** The nodes of the edges, for whoever needs no cursors. */
    readonly nodes: ReadonlyArray<{
      /** The global id. */
      readonly id: string
      /** The plain id: `ps_01J...`. */
      readonly sessionId: string
      readonly state: SessionState
      /** Who pays: the `loopUserId`. */
      readonly customer: string
      /** Derived from the catalogue. */
      readonly category: ProductCategory
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** The app's own order. */
      readonly orderReference: string | null
      readonly metadata: Readonly<Record<string, string>>
      readonly createdAt: string
      /** Until when it may be paid. */
      readonly expiresAt: string
      readonly updatedAt: string
      readonly entity: {
        /** The plain id: `loop_bio_labs`. */
        readonly entityId: string
        readonly name: string
      }
      readonly brand: {
        /** The plain id: `loop-bio`. */
        readonly brandId: string
        readonly name: string
      }
    }>
    readonly pageInfo: {
      readonly endCursor: string | null
      readonly hasNextPage: boolean
    }
  }
}

export interface SessionsVariables {
  readonly filter?: SessionFilter | null
  readonly first?: number | null
  readonly after?: string | null
}

/** A page of sessions, the newest first. The next one: `after` the `endCursor` of this. */
export const Sessions: Operation<SessionsData, SessionsVariables> = /* @__PURE__ */ operation(
  "query Sessions($filter:SessionFilter$first:Int$after:String){sessions(filter:$filter first:$first after:$after){nodes{...SessionParts}pageInfo{endCursor hasNextPage}}}fragment SessionParts on PaymentSession{id sessionId state customer category money{...MoneyParts}orderReference metadata createdAt expiresAt updatedAt entity{entityId name}brand{brandId name}}fragment MoneyParts on Money{amount currency formatted}",
  { changes: false }
)

export type AttemptsData = {
  /** The history of attempts, newest first unless said otherwise. */
  readonly attempts: {
    /** The nodes of the edges, for whoever needs no cursors. */
    readonly nodes: ReadonlyArray<{
      /** The global id. */
      readonly id: string
      /** The plain id: `at_01J..._1`. */
      readonly attemptId: string
      /** Counts the attempts of a session from 1. */
      readonly ordinal: number
      /** Which confirmation of the session, from 1. */
      readonly round: number
      readonly state: AttemptState
      readonly declineKind: DeclineKind | null
      readonly provider: string
      /** The processor's own id of the charge; only of what was captured. */
      readonly processorReference: string | null
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** When it was written ahead, before it was sent. */
      readonly writtenAt: string
      /** When its outcome became certain; null while it is not. */
      readonly resolvedAt: string | null
      readonly merchantAccount: {
        /** The plain id: `mid_bio_1`. */
        readonly midId: string
        readonly name: string
      }
      readonly session: {
        /** The plain id: `ps_01J...`. */
        readonly sessionId: string
      }
      /** Everything that was heard of it, in the order in which it was heard. */
      readonly evidence: {
        /** The nodes of the edges, for whoever needs no cursors. */
        readonly nodes: ReadonlyArray<{
          /** Counts the evidence of an attempt from 1. */
          readonly nr: number
          readonly source: EvidenceSource
          readonly outcome: EvidenceOutcome
          /** The processor's or the line's own: `do_not_honor`, `timeout`. */
          readonly code: string
          readonly message: string
          readonly heardAt: string
        }>
      }
      /** Why this account, and why not the others. */
      readonly decision: {
        /** Every change of what routing reads makes a new one. */
        readonly policyVersion: number
        /** In the order to try them. */
        readonly chosen: ReadonlyArray<{
          /** The plain id: `mid_bio_1`. */
          readonly midId: string
        }>
        /** Every other account of the company. */
        readonly leftOut: ReadonlyArray<{
          readonly midId: string
          readonly reasons: ReadonlyArray<{
            /** For programs: `kill_switch_on`, `currency_not_accepted`. */
            readonly code: string
            /** For people: `its kill switch is on`. */
            readonly sentence: string
          }>
        }>
        readonly passedOver: ReadonlyArray<{
          readonly midId: string
          readonly reason: PermitRefusal
        }>
      }
    }>
    readonly pageInfo: {
      readonly endCursor: string | null
      readonly hasNextPage: boolean
    }
  }
}

export interface AttemptsVariables {
  readonly filter?: AttemptFilter | null
  readonly first?: number | null
  readonly after?: string | null
}

/** A page of the history of attempts, the newest first, each with the decision that made it. */
export const Attempts: Operation<AttemptsData, AttemptsVariables> = /* @__PURE__ */ operation(
  "query Attempts($filter:AttemptFilter$first:Int$after:String){attempts(filter:$filter first:$first after:$after){nodes{...AttemptParts session{sessionId}evidence(first:10){nodes{nr source outcome code message heardAt}}decision{policyVersion chosen{midId}leftOut{midId reasons{code sentence}}passedOver{midId reason}}}pageInfo{endCursor hasNextPage}}}fragment AttemptParts on Attempt{id attemptId ordinal round state declineKind provider processorReference money{...MoneyParts}writtenAt resolvedAt merchantAccount{midId name}}fragment MoneyParts on Money{amount currency formatted}",
  { changes: false }
)

export type PreviewRoutingData = {
  /** Which merchant accounts would serve a charge, and why not the others. */
  readonly routingPreview: {
    readonly __typename: "EntityCannotCollect" | "InvalidInput" | "LedgerUnavailable" | "UnknownEntity"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "RoutingPreview"
    /** Every change of what routing reads makes a new one. */
    readonly policyVersion: number
    /** In the order to try them. */
    readonly chosen: ReadonlyArray<{
      /** The plain id: `mid_bio_1`. */
      readonly midId: string
      /** The processor: `stub_a`. */
      readonly provider: string
      /** Lower is tried first. */
      readonly priority: number
    }>
    /** Every other account of the company. */
    readonly leftOut: ReadonlyArray<{
      readonly midId: string
      readonly reasons: ReadonlyArray<{
        /** For programs: `kill_switch_on`, `currency_not_accepted`. */
        readonly code: string
        /** For people: `its kill switch is on`. */
        readonly sentence: string
      }>
    }>
  }
}

export interface PreviewRoutingVariables {
  readonly input: RoutingPreviewInput
}

/** Which merchant accounts would serve a charge, and why not the others. Nothing is written. */
export const PreviewRouting: Operation<PreviewRoutingData, PreviewRoutingVariables> = /* @__PURE__ */ operation(
  "query PreviewRouting($input:RoutingPreviewInput!){routingPreview(input:$input){__typename ...on RoutingPreview{policyVersion chosen{midId provider priority}leftOut{midId reasons{code sentence}}}...RefusalParts}}fragment RefusalParts on Refusal{code field message}",
  { changes: false }
)

export type CreatePaymentSessionData = {
  /** Declares a payment. Judged in this order, and the first refusal is answered with nothing written: entity, brand, intent, category, redirects, an eligible merchant account. */
  readonly createPaymentSession: {
    readonly __typename: "BrandNotOfEntity" | "CategoryClaimDisagrees" | "CategoryNotUnderwritten" | "EntityCannotCollect" | "IdempotencyKeyReused" | "InvalidInput" | "LedgerUnavailable" | "MixedCategories" | "MixedCurrencies" | "NoEligibleMerchantAccount" | "RedirectNotAllowed" | "UnknownBrand" | "UnknownEntity" | "UnknownPlan" | "UnknownPrice"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "CreatePaymentSessionPayload"
    /** Hosted: send the customer here. */
    readonly url: string | null
    /** Embedded: give this to the component. */
    readonly embedToken: string | null
    readonly session: {
      /** The global id. */
      readonly id: string
      /** The plain id: `ps_01J...`. */
      readonly sessionId: string
      readonly state: SessionState
      /** Who pays: the `loopUserId`. */
      readonly customer: string
      /** Derived from the catalogue. */
      readonly category: ProductCategory
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** The app's own order. */
      readonly orderReference: string | null
      readonly metadata: Readonly<Record<string, string>>
      readonly createdAt: string
      /** Until when it may be paid. */
      readonly expiresAt: string
      readonly updatedAt: string
      readonly entity: {
        /** The plain id: `loop_bio_labs`. */
        readonly entityId: string
        readonly name: string
      }
      readonly brand: {
        /** The plain id: `loop-bio`. */
        readonly brandId: string
        readonly name: string
      }
    }
  } | {
    readonly __typename: "OrderAlreadyDeclared"
    /** The session that has the order; null where your key does not see it. */
    readonly sessionId: string | null
    readonly state: SessionState | null
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  }
}

export interface CreatePaymentSessionVariables {
  readonly input: CreatePaymentSessionInput
  /** Your own key for what is to happen once. Without one the SDK makes one, and keeps it until the outcome is known. */
  readonly idempotencyKey?: string | null
}

/** Declares a payment. */
export const CreatePaymentSession: Operation<CreatePaymentSessionData, CreatePaymentSessionVariables> = /* @__PURE__ */ operation(
  "mutation CreatePaymentSession($input:CreatePaymentSessionInput!$idempotencyKey:String){createPaymentSession(input:$input idempotencyKey:$idempotencyKey){__typename ...on CreatePaymentSessionPayload{url embedToken session{...SessionParts}}...on OrderAlreadyDeclared{sessionId state}...RefusalParts}}fragment SessionParts on PaymentSession{id sessionId state customer category money{...MoneyParts}orderReference metadata createdAt expiresAt updatedAt entity{entityId name}brand{brandId name}}fragment MoneyParts on Money{amount currency formatted}fragment RefusalParts on Refusal{code field message}",
  { changes: true, key: "idempotencyKey" }
)

export type ConfirmPaymentSessionData = {
  /** Charges the session's card once, over the company's merchant accounts in order, and goes on to the next only after proof that no money moved. Hanging up changes nothing about the charge: read the session to learn what came of it. */
  readonly confirmPaymentSession: {
    readonly __typename: "ConfirmPaymentSessionPayload"
    readonly outcome: ConfirmOutcome
    /** Where the session stood when this was decided. */
    readonly state: SessionState
    /** What it means, for the customer to read. */
    readonly message: string
    readonly action: {
      /** Where to send the customer's browser. */
      readonly url: string
    } | null
    readonly session: {
      /** The global id. */
      readonly id: string
      /** The plain id: `ps_01J...`. */
      readonly sessionId: string
      readonly state: SessionState
      /** Who pays: the `loopUserId`. */
      readonly customer: string
      /** Derived from the catalogue. */
      readonly category: ProductCategory
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** The app's own order. */
      readonly orderReference: string | null
      readonly metadata: Readonly<Record<string, string>>
      readonly createdAt: string
      /** Until when it may be paid. */
      readonly expiresAt: string
      readonly updatedAt: string
      readonly entity: {
        /** The plain id: `loop_bio_labs`. */
        readonly entityId: string
        readonly name: string
      }
      readonly brand: {
        /** The plain id: `loop-bio`. */
        readonly brandId: string
        readonly name: string
      }
      /** Every try to charge it, in the order in which they were made. */
      readonly attempts: {
        /** The nodes of the edges, for whoever needs no cursors. */
        readonly nodes: ReadonlyArray<{
          /** The global id. */
          readonly id: string
          /** The plain id: `at_01J..._1`. */
          readonly attemptId: string
          /** Counts the attempts of a session from 1. */
          readonly ordinal: number
          /** Which confirmation of the session, from 1. */
          readonly round: number
          readonly state: AttemptState
          readonly declineKind: DeclineKind | null
          readonly provider: string
          /** The processor's own id of the charge; only of what was captured. */
          readonly processorReference: string | null
          readonly money: {
            /** Whole minor units: USD 12.50 is 1250. */
            readonly amount: number
            readonly currency: Currency
            /** For people: `USD 12.50`. */
            readonly formatted: string
          }
          /** When it was written ahead, before it was sent. */
          readonly writtenAt: string
          /** When its outcome became certain; null while it is not. */
          readonly resolvedAt: string | null
          readonly merchantAccount: {
            /** The plain id: `mid_bio_1`. */
            readonly midId: string
            readonly name: string
          }
        }>
      }
    }
  } | {
    readonly __typename: "IdempotencyKeyReused" | "InvalidInput" | "LedgerUnavailable" | "NoEligibleMerchantAccount" | "RateLimited" | "UnknownSession" | "UnknownToken" | "UnknownVault" | "VaultUnavailable"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "SessionNotPayable"
    readonly state: SessionState
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  }
}

export interface ConfirmPaymentSessionVariables {
  readonly input: ConfirmPaymentSessionInput
  /** Your own key for what is to happen once. Without one the SDK makes one, and keeps it until the outcome is known. */
  readonly idempotencyKey?: string | null
}

/** Charges the session's card, once. */
export const ConfirmPaymentSession: Operation<ConfirmPaymentSessionData, ConfirmPaymentSessionVariables> = /* @__PURE__ */ operation(
  "mutation ConfirmPaymentSession($input:ConfirmPaymentSessionInput!$idempotencyKey:String){confirmPaymentSession(input:$input idempotencyKey:$idempotencyKey){__typename ...on ConfirmPaymentSessionPayload{outcome state message action{url}session{...SessionParts attempts(first:25){nodes{...AttemptParts}}}}...on SessionNotPayable{state}...RefusalParts}}fragment SessionParts on PaymentSession{id sessionId state customer category money{...MoneyParts}orderReference metadata createdAt expiresAt updatedAt entity{entityId name}brand{brandId name}}fragment MoneyParts on Money{amount currency formatted}fragment AttemptParts on Attempt{id attemptId ordinal round state declineKind provider processorReference money{...MoneyParts}writtenAt resolvedAt merchantAccount{midId name}}fragment RefusalParts on Refusal{code field message}",
  { changes: true, key: "idempotencyKey" }
)

export type CancelPaymentSessionData = {
  /** Cancels a pending session. A charge on its way or in review stands against it. Cancelling twice is cancelling once. */
  readonly cancelPaymentSession: {
    readonly __typename: "CancelPaymentSessionPayload"
    readonly session: {
      /** The global id. */
      readonly id: string
      /** The plain id: `ps_01J...`. */
      readonly sessionId: string
      readonly state: SessionState
      /** Who pays: the `loopUserId`. */
      readonly customer: string
      /** Derived from the catalogue. */
      readonly category: ProductCategory
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** The app's own order. */
      readonly orderReference: string | null
      readonly metadata: Readonly<Record<string, string>>
      readonly createdAt: string
      /** Until when it may be paid. */
      readonly expiresAt: string
      readonly updatedAt: string
      readonly entity: {
        /** The plain id: `loop_bio_labs`. */
        readonly entityId: string
        readonly name: string
      }
      readonly brand: {
        /** The plain id: `loop-bio`. */
        readonly brandId: string
        readonly name: string
      }
    }
  } | {
    readonly __typename: "LedgerUnavailable" | "UnknownSession"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "SessionNotPayable"
    readonly state: SessionState
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  }
}

export interface CancelPaymentSessionVariables {
  readonly session: string
}

/** Cancels a session that is pending. */
export const CancelPaymentSession: Operation<CancelPaymentSessionData, CancelPaymentSessionVariables> = /* @__PURE__ */ operation(
  "mutation CancelPaymentSession($session:ID!){cancelPaymentSession(session:$session){__typename ...on CancelPaymentSessionPayload{session{...SessionParts}}...on SessionNotPayable{state}...RefusalParts}}fragment SessionParts on PaymentSession{id sessionId state customer category money{...MoneyParts}orderReference metadata createdAt expiresAt updatedAt entity{entityId name}brand{brandId name}}fragment MoneyParts on Money{amount currency formatted}fragment RefusalParts on Refusal{code field message}",
  { changes: true }
)

export type RefundPaymentData = {
  /** Gives back all that is left of a charge, or a part of it. What the processor has not settled yet is voided, the rest is refunded: `kind` says which. What is more than the company's limit for one person waits for a second one (`NeedsApproval`): ask again with the same key to learn what came of it. While nobody knows what became of a refund, no other is sent. Hanging up changes nothing about it: read the session's refunds. */
  readonly refundPayment: {
    readonly __typename: "ChangeOpenAlready" | "IdempotencyKeyReused" | "InvalidInput" | "LedgerUnavailable" | "NeedsApproval" | "NotSettledYet" | "NothingToRefund" | "OperatorsOnly" | "ProcessorUnavailable" | "RefundBlocked" | "RefundNotApproved" | "RefundTooLarge" | "UnknownCharge" | "UnknownSession"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "RefundPaymentPayload"
    readonly refund: {
      /** `re_01J..._1`. */
      readonly refundId: string
      readonly state: RefundState
      readonly kind: RefundKind
      /** What it means, in a sentence. */
      readonly message: string
      readonly reason: string
      readonly money: {
        /** Whole minor units: USD 12.50 is 1250. */
        readonly amount: number
        readonly currency: Currency
        /** For people: `USD 12.50`. */
        readonly formatted: string
      }
      /** When it was written ahead, before it was sent. */
      readonly writtenAt: string
      /** When its outcome became certain; null while it is not. */
      readonly resolvedAt: string | null
    }
    readonly session: {
      /** The plain id: `ps_01J...`. */
      readonly sessionId: string
      readonly state: SessionState
    }
  }
}

export interface RefundPaymentVariables {
  readonly input: RefundPaymentInput
  /** Your own key for what is to happen once. Without one the SDK makes one, and keeps it until the outcome is known. */
  readonly idempotencyKey?: string | null
}

/** Gives money back: all that is left of a charge, or a part of it. */
export const RefundPayment: Operation<RefundPaymentData, RefundPaymentVariables> = /* @__PURE__ */ operation(
  "mutation RefundPayment($input:RefundPaymentInput!$idempotencyKey:String){refundPayment(input:$input idempotencyKey:$idempotencyKey){__typename ...on RefundPaymentPayload{refund{...RefundParts}session{sessionId state}}...RefusalParts}}fragment RefundParts on Refund{refundId state kind message reason money{...MoneyParts}writtenAt resolvedAt}fragment MoneyParts on Money{amount currency formatted}fragment RefusalParts on Refusal{code field message}",
  { changes: true, key: "idempotencyKey" }
)

export type CreateEventSubscriptionData = {
  /** Subscribes an address to events: you are told of what happens from then on. One address is subscribed once. */
  readonly createEventSubscription: {
    readonly __typename: "AddressNotAllowed" | "BrandNotOfEntity" | "InvalidInput" | "LedgerUnavailable" | "SecretsNotKept" | "TooManySubscriptions" | "UnknownBrand" | "UnknownEntity"
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "AlreadySubscribed"
    /** The one that has the address. */
    readonly subscriptionId: string
    /** For programs: `category_not_underwritten`. */
    readonly code: string
    readonly field: string | null
    /** One sentence that says what would be right. */
    readonly message: string
  } | {
    readonly __typename: "CreateEventSubscriptionPayload"
    /** Verifies what you are sent. It is shown this once; keep it, or rotate it. */
    readonly secret: string
    readonly subscription: {
      /** The plain id: `es_...`. */
      readonly subscriptionId: string
      /** Where events are sent. */
      readonly url: string
      readonly state: SubscriptionState
    }
  }
}

export interface CreateEventSubscriptionVariables {
  readonly url: string
  readonly eventTypes?: ReadonlyArray<string> | null
  readonly entity?: string | null
  readonly brand?: string | null
}

/** Subscribes an address to events. The secret is shown this once. */
export const CreateEventSubscription: Operation<CreateEventSubscriptionData, CreateEventSubscriptionVariables> = /* @__PURE__ */ operation(
  "mutation CreateEventSubscription($url:String!$eventTypes:[String!]$entity:ID$brand:ID){createEventSubscription(url:$url eventTypes:$eventTypes entity:$entity brand:$brand){__typename ...on CreateEventSubscriptionPayload{secret subscription{subscriptionId url state}}...on AlreadySubscribed{subscriptionId}...RefusalParts}}fragment RefusalParts on Refusal{code field message}",
  { changes: true }
)

export type EntitiesData = {
  /** The companies of the group, by id. */
  readonly entities: {
    /** The nodes of the edges, for whoever needs no cursors. */
    readonly nodes: ReadonlyArray<{
      /** The plain id: `loop_bio_labs`. */
      readonly entityId: string
      readonly name: string
      /** Whether it may be paid. */
      readonly collects: boolean
      readonly underwrittenFor: ReadonlyArray<ProductCategory>
      /** Its merchant accounts, by id. */
      readonly merchantAccounts: {
        /** The nodes of the edges, for whoever needs no cursors. */
        readonly nodes: ReadonlyArray<{
          /** The plain id: `mid_bio_1`. */
          readonly midId: string
          readonly name: string
          /** The processor: `stub_a`. */
          readonly provider: string
          readonly status: MidStatus
          /** While it is on, nothing new is sent to this account; what is in flight runs to its end. */
          readonly killSwitch: boolean
          readonly underwrittenFor: ReadonlyArray<ProductCategory>
        }>
      }
    }>
    readonly pageInfo: {
      readonly endCursor: string | null
      readonly hasNextPage: boolean
    }
  }
}

export interface EntitiesVariables {
  readonly first?: number | null
  readonly after?: string | null
}

/** The companies of the group with their merchant accounts: what is stopped, what is capped. */
export const Entities: Operation<EntitiesData, EntitiesVariables> = /* @__PURE__ */ operation(
  "query Entities($first:Int$after:String){entities(first:$first after:$after){nodes{entityId name collects underwrittenFor merchantAccounts(first:20){nodes{midId name provider status killSwitch underwrittenFor}}}pageInfo{endCursor hasNextPage}}}",
  { changes: false }
)
