import type { AttemptState as AttemptStates } from "../kernel/Attempt.ts"
import type { CardBrand as CardBrands } from "../kernel/Card.ts"
import type { ProductCategory as ProductCategories } from "../kernel/Category.ts"
import type {
  DeliveryState as DeliveryStates,
  DisabledReason as DisabledReasons,
  SubscriptionState as SubscriptionStates
} from "../kernel/events/EventSubscription.ts"
import type { DeclineKind as DeclineKinds } from "../kernel/cascade/Disposition.ts"
import type { Fulfilment as Fulfilments } from "../kernel/FulfilmentGate.ts"
import type {
  Gate as Gates,
  MidStatus as MidStatuses,
  RiskLevel as RiskLevels
} from "../kernel/MerchantAccount.ts"
import { Currency as Currencies } from "../kernel/Money.ts"
import type { EvidenceSource as Sources, PermitRefusal as PermitRefusals } from "../kernel/PaymentLedger.ts"
import type { ConfirmOutcome as ConfirmOutcomes } from "../kernel/PaymentOrchestrator.ts"
import type {
  FulfilmentBlocker as FulfilmentBlockers,
  PaymentMode as PaymentModes,
  SessionState as SessionStates,
  WaitsFor
} from "../kernel/PaymentSession.ts"
import type { PageKind as PageKinds } from "../kernel/operations/Page.ts"
import type {
  Conclusion as Conclusions,
  Contradiction as Contradictions,
  ReviewState as ReviewStates
} from "../kernel/reviews/Review.ts"
import type {
  WebhookState as WebhookStates,
  WebhookTrouble as WebhookTroubles
} from "../kernel/webhooks/WebhookInbox.ts"
import type { DisputeState as DisputeStates } from "../kernel/PaymentProvider.ts"
import type {
  RefundBlocker as RefundBlockers,
  RefundKind as RefundKinds,
  RefundState as RefundStates
} from "../kernel/refunds/Refund.ts"
import { builder } from "./builder.ts"

// The kernel's words, spelt as the kernel and REST spell them, each with its meaning; the compiler asks for all of
// them. What is judged by the kernel comes in as text; only filters take these.

type Described<Value extends string> = Readonly<Record<Value, { readonly description: string }>>

export const SessionState = builder.enumType("SessionState", {
  description: "Where a payment stands.",
  values: {
    pending: { description: "Waits for a card: the first, or another one after a decline." },
    processing: { description: "A charge is on its way. Do not pay again." },
    in_review: { description: "The outcome of a charge is unknown and is being checked. Do not pay again." },
    settled: { description: "Paid." },
    failed: { description: "Not paid, and it takes no further card." },
    cancelled: { description: "Cancelled before it was paid." },
    expired: { description: "Its time ran out before it was paid." }
  } satisfies Described<SessionStates>
})

export const AttemptState = builder.enumType("AttemptState", {
  description:
    "What is known of the money of one attempt. Every state but `declined` blocks another attempt.",
  values: {
    in_flight: { description: "Written ahead; it may have been sent." },
    captured: { description: "Proof that money moved." },
    declined: { description: "Proof that no money moved." },
    indeterminate: { description: "Sent, and nobody knows yet whether money moved." },
    absent: { description: "The processor never heard of it, past the time in which it would have." }
  } satisfies Described<AttemptStates>
})

export const DeclineKind = builder.enumType("DeclineKind", {
  values: {
    soft: { description: "Another merchant account may take the card." },
    hard: { description: "The card or its issuer refuses, so no other account is asked." }
  } satisfies Described<DeclineKinds>
})

export const EvidenceSource = builder.enumType("EvidenceSource", {
  description: "Where evidence comes from.",
  values: {
    driver: { description: "The answer to the charge itself." },
    lookup: { description: "The processor, asked again by our key." },
    takeover: { description: "Its driver died before it recorded an outcome." },
    webhook: { description: "The processor, unasked." },
    person: { description: "An operator, signed off." }
  } satisfies Described<Sources>
})

export const EvidenceOutcome = builder.enumType("EvidenceOutcome", {
  description: "What a piece of evidence proves.",
  values: {
    captured: { value: "Captured", description: "Money moved." },
    declined: { value: "Declined", description: "No money moved." },
    indeterminate: { value: "Indeterminate", description: "Nothing is proved." },
    absent: { value: "Absent", description: "The charge never reached the processor." }
  } as const
})

export const PermitRefusal = builder.enumType("PermitRefusal", {
  description: "Why the write-ahead passed over an account that had been chosen.",
  values: {
    kill_switch_on: { description: "Its kill switch was thrown in the meantime." },
    not_active: { description: "It is not active any more." },
    not_underwritten: { description: "It is not underwritten for the category any more." },
    gates_missing: { description: "It is live, and a gate to live is not passed." },
    gates_by_one_person: { description: "It is live, and one person alone passed its gates." },
    entity_cannot_collect: { description: "Its company may not collect any more." },
    retry_forbidden: { description: "The card's issuer said not to try the card again." },
    card_needs_update: {
      description: "The card's issuer wants its data corrected before it is tried again."
    },
    retry_too_early: { description: "The card's issuer said to try again later, and it is not later yet." },
    retry_budget_spent: { description: "The card was tried as often as its network allows." }
  } satisfies Described<PermitRefusals>
})

export const Gate = builder.enumType("Gate", {
  description: "What has to be on record before a live account charges.",
  values: {
    counsel: { description: "Counsel's word that the company may sell this through it." },
    banking: { description: "Banking confirmed." },
    credentials: { description: "Credentials handed over." },
    contract_run: { description: "The provider's contract run passed against them." }
  } satisfies Described<Gates>
})

export const MidStatus = builder.enumType("MidStatus", {
  values: {
    pending: { description: "Not boarded yet." },
    active: { description: "May charge." },
    suspended: { description: "The acquirer holds it." },
    closed: { description: "Closed for good." }
  } satisfies Described<MidStatuses>
})

export const RiskLevel = builder.enumType("RiskLevel", {
  description: "How risky a charge looks to whoever asks for it.",
  values: {
    low: { description: "The default." },
    medium: { description: "Some accounts do not take it." },
    high: { description: "Only accounts without a limit take it." }
  } satisfies Described<RiskLevels>
})

export const PaymentMode = builder.enumType("PaymentMode", {
  values: {
    hosted: { description: "The customer pays on the hosted page." },
    embedded: { description: "The customer pays in the embedded component." }
  } satisfies Described<PaymentModes>
})

export const ConfirmOutcome = builder.enumType("ConfirmOutcome", {
  description: "What came of a confirmation.",
  values: {
    settled: { description: "Paid." },
    declined: { description: "Proof that no money moved." },
    action_required: {
      description:
        "The charge waits for its customer: send them to `action.url`. Nothing else is charged meanwhile."
    },
    in_review: { description: "Nobody knows yet, and nobody is to pay again." },
    processing: { description: "On its way; nobody is to pay again." },
    failed: { description: "Told of a repeated confirmation whose session ended without a payment." }
  } satisfies Described<ConfirmOutcomes>
})

export const Fulfilment = builder.enumType("Fulfilment", {
  values: {
    first: { description: "Fulfil now. It is given out once in a session's life." },
    duplicate: { description: "It was given out before; do nothing." }
  } satisfies Described<Fulfilments["fulfilment"]>
})

export const ProductCategory = builder.enumType("ProductCategory", {
  description: "What is sold, as underwriting sees it.",
  values: {
    ruo_compounds: { description: "Compounds for research use only." },
    supplements: { description: "Dietary supplements." },
    telehealth: { description: "Consultations." },
    lab_tests: { description: "Laboratory tests." },
    membership: { description: "Memberships." },
    merchandise: { description: "Goods." }
  } satisfies Described<ProductCategories>
})

export const CardBrand = builder.enumType("CardBrand", {
  description: "The network of a card.",
  values: {
    visa: { description: "Visa." },
    mastercard: { description: "Mastercard." },
    amex: { description: "American Express." },
    discover: { description: "Discover." },
    jcb: { description: "JCB." },
    diners: { description: "Diners Club." },
    unionpay: { description: "UnionPay." }
  } satisfies Described<CardBrands>
})

export const Currency = builder.enumType("Currency", {
  description: "ISO 4217.",
  values: Currencies.literals
})

export const RefundState = builder.enumType("RefundState", {
  description: "What is known of the money of one refund.",
  values: {
    in_flight: { description: "Written ahead; it may have been sent. Do not ask for it again." },
    refunded: { description: "Proof that money went back." },
    declined: { description: "Proof that no money went back." },
    indeterminate: {
      description: "Sent, and nobody knows yet whether money went back. It is being checked."
    },
    absent: { description: "The processor never heard of it, past the time in which it would have." },
    taken_back: {
      description: "It went back and did not arrive: the money is here again, and may be given back anew."
    }
  } satisfies Described<RefundStates>
})

export const RefundKind = builder.enumType("RefundKind", {
  description: "How money goes back; the service chooses.",
  values: {
    refund: { description: "A refund of what the processor settled." },
    void: { description: "The whole charge is taken back before the processor settles it." }
  } satisfies Described<RefundKinds>
})

export const DisputeState = builder.enumType("DisputeState", {
  description: "Where a dispute stands, as the processor's own object says.",
  values: {
    warning: { description: "The bank asks; money was not taken yet. A refund may end it." },
    open: { description: "The bank took the money; evidence is awaited." },
    under_review: { description: "The bank looks at the evidence." },
    won: { description: "The money is ours again." },
    lost: { description: "The money is gone for good." },
    closed: { description: "Over without a verdict." }
  } satisfies Described<DisputeStates>
})

export const RefundBlocker = builder.enumType("RefundBlocker", {
  description: "What stands against giving money back now.",
  values: {
    charge_in_review: { description: "A charge of the session is on its way or being checked." },
    refund_in_review: { description: "Another refund of the charge is on its way or being checked." },
    disputed: { description: "The charge is disputed at the bank." }
  } satisfies Described<RefundBlockers>
})

export const WaitsForWhat = builder.enumType("WaitsForWhat", {
  description: "What keeps a session in review.",
  values: {
    charge: { description: "Nobody knows yet whether an attempt moved money." },
    refund: { description: "A refund is on its way or being checked." },
    dispute: { description: "A dispute is not over." },
    incident: { description: "An incident that two operators have not called handled." },
    money: { description: "Captured money that is not what the session declares, and has not gone back." }
  } satisfies Described<WaitsFor["what"]>
})

export const SubscriptionState = builder.enumType("SubscriptionState", {
  values: {
    active: { description: "It is told of events." },
    disabled: { description: "Nothing is sent until it is enabled again." }
  } satisfies Described<SubscriptionStates>
})

export const DisabledReason = builder.enumType("DisabledReason", {
  description: "Why a subscription is disabled.",
  values: {
    by_owner: { description: "Its app asked for it." },
    failing: { description: "Five days of nothing but failures." },
    gone: { description: "The endpoint answered 410." },
    key_over: {
      description:
        "The key that it hangs on was revoked, or ended and none came in its place. Another key enables it."
    }
  } satisfies Described<DisabledReasons>
})

export const DeliveryState = builder.enumType("DeliveryState", {
  values: {
    pending: { description: "It is to be sent, or sent again." },
    delivered: { description: "It was received: the endpoint answered 2xx." },
    exhausted: { description: "Every try failed. Replay it." }
  } satisfies Described<DeliveryStates>
})

export const WebhookState = builder.enumType("WebhookState", {
  description: "Where a webhook of a processor stands.",
  values: {
    pending: { description: "It is tried, or tried again later." },
    processed: { description: "All that it is about is known." },
    dead_letter: { description: "It is not tried any more: an operator looks at it." }
  } satisfies Described<WebhookStates>
})

export const WebhookTrouble = builder.enumType("WebhookTrouble", {
  description: "What came of the last try of a webhook.",
  values: {
    failed: { description: "Something failed, or the processor did not say." },
    unknown: { description: "It is about nothing that is known here: a charge of somebody else's, perhaps." },
    unreadable: { description: "It is signed, and cannot be read." }
  } satisfies Described<WebhookTroubles>
})

export const Conclusion = builder.enumType("ReviewConclusion", {
  description: "What a person saw.",
  values: {
    captured: { description: "The processor shows that the money moved." },
    refunded: { description: "The processor shows that the money of a refund went back." },
    refunded_outside: {
      description:
        "The money of a refund went back without the processor, by a bank transfer whose reference is named. The processor is not asked for it."
    },
    declined: { description: "The processor shows the charge or the refund, and that it moved no money." },
    absent: {
      description:
        "The processor shows no such thing. Of a charge: the session ends and is not charged again. Of a refund, a day after it was asked for: its amount may be given back again."
    },
    handled: { description: "An incident was dealt with." }
  } satisfies Described<Conclusions>
})

export const ReviewState = builder.enumType("ReviewState", {
  description: "Where a review stands.",
  values: {
    open: { description: "It waits for a second operator." },
    approved: { description: "A second operator signed; its evidence is on record." },
    rejected: { description: "It was rejected or withdrawn; nothing was recorded." },
    expired: { description: "Nobody decided in its time; nothing was recorded." }
  } satisfies Described<ReviewStates>
})

export const FulfilmentBlocker = builder.enumType("FulfilmentBlocker", {
  description: "Why a settled session is not fulfilled any more.",
  values: {
    given_back: { description: "Its money went back, or is on its way back." },
    disputed: { description: "Its cardholder's bank disputes the charge, or took its money back." },
    news_waiting: { description: "A webhook that nobody has heard yet names a refund or a dispute of it." }
  } satisfies Described<FulfilmentBlockers>
})

export const Contradiction = builder.enumType("ReviewContradiction", {
  description: "What stands against a conclusion.",
  values: {
    in_flight: { description: "The driver of the attempt or the refund is still at it." },
    captured: { description: "Money is on record for the attempt." },
    refunded: { description: "The money that went back is on record for the refund." },
    declined: { description: "The processor proved that no money moved." },
    absent: { description: "It was given up as absent." },
    captured_already: { description: "That money is on record." },
    reference_of_another: { description: "The reference is of another charge or refund of the account." },
    known_to_processor: { description: "The processor named it once, so it is not absent." },
    too_early: {
      description: "It is called absent a day after it was written, or after its processor's horizon."
    },
    news_waiting: { description: "A webhook that names it has not been heard." },
    unknown_to_processor: {
      description: "Its processor was asked, and knows no charge or refund of that reference."
    },
    not_refunded_at_processor: {
      description: "Its processor was asked, and shows that refund as failed, or as not over yet."
    },
    other_at_processor: {
      description:
        "Its processor was asked, and shows another amount or currency, a charge of another attempt, another charge's refund, or that all of it went back."
    },
    other_amount: { description: "It is more than was asked for, or in another currency." },
    incident_closed: { description: "The incident is closed." },
    other_attempt: { description: "The incident or the refund is of another attempt." }
  } satisfies Described<Contradictions>
})

export const PageKind = builder.enumType("OperationsPageKind", {
  description: "Why a person is called.",
  values: {
    in_review: { description: "Nobody could find out in time what became of an attempt." },
    refund_in_review: { description: "Nobody could find out in time what became of a refund." },
    capture_unheard: {
      description:
        "A webhook says that a charge took money, and its processor did not show it in time. No card is charged meanwhile."
    },
    incident: { description: "Money moved late, of another amount, or under another charge's name." }
  } satisfies Described<PageKinds>
})
