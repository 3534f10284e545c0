import { Context, type DateTime, Duration, Effect, Layer, Predicate, Schema } from "effect"
import type { VaultToken } from "./Card.ts"
import type { Captured, Declined, Evidence, Indeterminate, PaymentAction } from "./cascade/Disposition.ts"
import type { SendPermit } from "./cascade/SendPermit.ts"
import type { MidId, ProviderName } from "./ids.ts"
import type { Currency, Money } from "./Money.ts"

/**
 * The first seam: a processor. A driver is a plain value; several merchant accounts share one. It has a small
 * core that every processor has, and capabilities that it offers or does not: what it cannot do is absent, and
 * asking for it is the typed error {@link CapabilityMissing}, never a stub that pretends.
 */
export interface PaymentProvider {
  readonly name: ProviderName
  /** Charges a payment method that the processor itself holds. */
  readonly charge: (request: ChargeRequest) => Effect.Effect<Captured, Declined | Indeterminate>
  /** What a refund has to know of a charge: how much was captured and how much of it went back. */
  readonly refundContext: (
    charge: ChargeReference
  ) => Effect.Effect<RefundContext, ChargeUnknown | Indeterminate>
  /** Gives money back. Sent once per key; an unknown outcome is never sent again blindly. */
  readonly refund: (request: RefundRequest) => Effect.Effect<Refunded, Declined | Indeterminate>

  readonly tokenCharge?: TokenCharge
  readonly chargeLookup?: ChargeLookup
  readonly chargeCancel?: ChargeCancel
  readonly void?: Void
  readonly refundLookup?: RefundLookup
  readonly webhooks?: Webhooks
  readonly subscriptions?: Subscriptions
  readonly hostedCheckout?: HostedCheckout
  readonly billingManagement?: BillingManagement
  readonly promotions?: Promotions
}

/** What every money call says: on which account, how much, and the key that makes asking twice asking once. */
export interface MoneyRequest {
  readonly mid: MidId
  readonly idempotencyKey: string
  readonly money: Money
}

export interface ChargeRequest extends MoneyRequest {
  /** The processor's own reference of a stored payment method. */
  readonly paymentMethodRef: string
}

export interface ChargeReference {
  readonly mid: MidId
  readonly processorReference: string
}

export interface RefundContext {
  readonly captured: Money
  /** Minor units of the captured currency. */
  readonly refundedAmount: number
  /** The money has not been settled yet: the processor takes it back by a void of the whole, not by a refund. */
  readonly voidOnly?: boolean
  /** The key that the charge was sent with, as the processor shows it; absent where it shows none. */
  readonly idempotencyKey?: string
}

/** One refund. Its key is a function of the refund's own row, as an attempt's is of its session. */
export interface RefundRequest extends MoneyRequest, ChargeReference {}

export interface Refunded {
  readonly refundReference: string
  readonly money: Money
}

/** The processor knows no such charge. */
export class ChargeUnknown extends Schema.TaggedError<ChargeUnknown>()("ChargeUnknown", {
  provider: Schema.String,
  processorReference: Schema.String
}) {
  override get message(): string {
    return `${this.provider} knows no charge ${this.processorReference}`
  }
}

/** Charges a portable vault token: the capability that the cascade needs. */
export interface TokenCharge {
  /**
   * The hard deadline of one charge. The driver answers `Indeterminate` when it passes; the attempt's lease is
   * longer than it.
   */
  readonly deadline: Duration.Duration
  /**
   * Sends one charge, once: no retry, not even of a closed connection. It takes a permit, which only the commit
   * of the attempt's row returns.
   */
  readonly chargeToken: (
    permit: SendPermit,
    token: VaultToken
  ) => Effect.Effect<Captured, Declined | Indeterminate>
}

/** What a processor says when it is asked for a charge by our key. Only `Found...` says anything for sure. */
export type LookupResult =
  | { readonly _tag: "FoundCaptured"; readonly captured: Captured }
  | { readonly _tag: "FoundDeclined"; readonly declined: Declined }
  | {
      readonly _tag: "StillPending"
      readonly evidence: Evidence
      readonly processorReference?: string
      /** The charge waits for its customer. */
      readonly action?: PaymentAction
    }
  | { readonly _tag: "NotFound"; readonly evidence: Evidence }

/** The code of a charge that was captured more than once under one key: one by one they are known by their webhooks. */
export const severalCaptures = "several_captures"

/** One charge, as it is asked for: by the key that it was sent with, and by all else that helps to find it. */
export interface ChargeQuery {
  readonly mid: MidId
  readonly idempotencyKey: string
  readonly money: Money
  /** When its write-ahead was committed: it was sent no earlier. */
  readonly writtenAt: DateTime.Utc
  /** The processor's own id, when somebody heard it. What is found under it must still be of this key. */
  readonly processorReference?: string
  /** The processor's own id of the money that it is known to have moved: what else was done under its key is looked for. */
  readonly capturedAs?: string
  /** Its driver is still at it: it is looked at and not touched, not even to cancel what could still be charged. */
  readonly inFlight?: true
}

export interface ChargeLookup {
  /**
   * How long after the write-ahead a charge may still turn up at this processor. Only later does "not found"
   * mean absent; before, it means nothing.
   */
  readonly absenceHorizon: Duration.Duration
  readonly lookupCharge: (charge: ChargeQuery) => Effect.Effect<LookupResult, Indeterminate>
}

/** Ends a charge that waits for its customer, so that it cannot move money any more. */
export interface ChargeCancel {
  /**
   * Asks for the cancellation and answers what the charge is after that: `FoundDeclined` only when the processor
   * confirmed that it is cancelled and no money moved, `FoundCaptured` when the customer was quicker.
   */
  readonly cancelCharge: (charge: ChargeQuery) => Effect.Effect<LookupResult, Indeterminate>
}

/** What a processor says when it is asked for a refund by our key. Only `Refund...` says anything for sure. */
export type RefundLookupResult =
  | { readonly _tag: "RefundDone"; readonly refunded: Refunded }
  /** Of a refund that was made and failed the decline names it: only what is named is taken out of the books. */
  | { readonly _tag: "RefundDeclined"; readonly declined: Declined }
  | { readonly _tag: "RefundPending"; readonly evidence: Evidence; readonly refundReference?: string }
  | { readonly _tag: "RefundNotFound"; readonly evidence: Evidence }

/** The code of what is no refund of the charge that was asked for, or not the refund that was. */
export const refundOfAnother = "refund_of_another"

export interface RefundLookup {
  /** How long after it was written a refund may still turn up at this processor. */
  readonly absenceHorizon: Duration.Duration
  readonly lookupRefund: (
    refund: RefundRequest & { readonly writtenAt: DateTime.Utc; readonly refundReference?: string }
  ) => Effect.Effect<RefundLookupResult, Indeterminate>
  /**
   * What became of one refund of the charge by the processor's own id, whoever made it; its key is not asked. A void is
   * named by its charge, see {@link voidReference}.
   */
  readonly readRefund: (
    refund: ChargeReference & { readonly refundReference: string }
  ) => Effect.Effect<RefundLookupResult, Indeterminate>
  /**
   * The processor's own ids of everything that went back of the charge or was to, whoever made it, from a list that was
   * read to its end. It only tells what to ask for by `readRefund`, and says nothing of what is not on it.
   */
  readonly listRefunds?: (charge: ChargeReference) => Effect.Effect<ReadonlyArray<string>, Indeterminate>
}

/** A webhook as it came in: the raw bytes, because the signature is over them. */
export interface WebhookDelivery {
  readonly mid: MidId
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly receivedAt: DateTime.Utc
}

/** The state of a dispute, by the processor's own object, never by the name of an event. */
export const DisputeState = Schema.Literals(["warning", "open", "under_review", "won", "lost", "closed"])
export type DisputeState = typeof DisputeState.Type

/** A dispute as a webhook tells of it: the state of the processor's own object. */
export interface DisputeHeard {
  readonly disputeReference: string
  /** The charge that is disputed. */
  readonly processorReference: string
  readonly state: DisputeState
  readonly money: Money
  readonly reason: string
  readonly evidenceDueBy?: DateTime.Utc
}

/** A refund that a webhook is about. */
export interface RefundHeard {
  readonly refundReference: string
  /** The charge that was refunded. */
  readonly processorReference?: string
  /** The key that it carries; one of ours, if it is ours. */
  readonly idempotencyKey?: string
  /**
   * What the webhook itself says became of it. It is believed of nothing; but while the processor answers otherwise,
   * perhaps what it knew before, nobody takes its answer for the end of it.
   */
  readonly said?: "failed"
}

/** What a webhook is about. It tells where to look; what happened is asked of the processor by lookup. */
export type WebhookSubject =
  | {
      readonly _tag: "Charge"
      readonly processorReference?: string
      /** The attempt's key, when the processor carries it. */
      readonly idempotencyKey?: string
      /**
       * What the webhook itself says became of it, as of a refund below: while the processor shows otherwise, nobody is
       * told that nothing was charged.
       */
      readonly said?: "captured"
    }
  | ({ readonly _tag: "Refund" } & RefundHeard)
  | ({ readonly _tag: "Dispute" } & DisputeHeard)
  /** Nothing that this service keeps. */
  | { readonly _tag: "Other" }

/** A webhook that its processor signed. */
export interface WebhookReading {
  /** Unique within the merchant account; a redelivery has the same. */
  readonly eventId: string
  readonly type: string
  /** When the processor says that it happened; webhooks come in any order. */
  readonly occurredAt?: DateTime.Utc
  readonly subjects: ReadonlyArray<WebhookSubject>
}

/**
 * A webhook that is not the processor's, is too old, or cannot be read. Nothing is kept of a forged one; `unreadable`
 * is said only of one whose signature is good, and it is kept for a person.
 */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  reason: Schema.Literals(["no_signature", "bad_signature", "too_old", "unreadable", "no_secret"]),
  problem: Schema.String
}) {
  override get message(): string {
    return `the webhook is refused: ${this.problem}`
  }
}

export interface Webhooks {
  /** Verifies the signature over the raw body and tells what it is about. No network. */
  readonly readWebhook: (delivery: WebhookDelivery) => Effect.Effect<WebhookReading, WebhookRefused>
}

export interface Void {
  readonly voidCharge: (
    charge: ChargeReference & { readonly idempotencyKey: string }
  ) => Effect.Effect<{ readonly evidence: Evidence }, Declined | Indeterminate>
}

/** The processor runs its own subscription lifecycle. Prices and subscriptions are opaque references. */
export interface Subscriptions {
  readonly cancelSubscription: (
    providerSubscriptionRef: string
  ) => Effect.Effect<void, Declined | Indeterminate>
}

/** The processor hosts a checkout page. */
export interface HostedCheckout {
  readonly createCheckout: (request: MoneyRequest) => Effect.Effect<{ readonly url: string }, Indeterminate>
}

/** The processor shows customers their billing. */
export interface BillingManagement {
  readonly createPortal: (customerRef: string) => Effect.Effect<{ readonly url: string }, Indeterminate>
}

/** The processor keeps promotion codes. */
export interface Promotions {
  readonly validatePromotion: (
    code: string
  ) => Effect.Effect<{ readonly amountOff: number; readonly currency: Currency }, Indeterminate>
}

/** The capabilities by name. */
export type Capability =
  | "tokenCharge"
  | "chargeLookup"
  | "chargeCancel"
  | "void"
  | "refundLookup"
  | "webhooks"
  | "subscriptions"
  | "hostedCheckout"
  | "billingManagement"
  | "promotions"

/** A processor was asked for what it cannot do. Nothing was sent. */
export class CapabilityMissing extends Schema.TaggedError<CapabilityMissing>()("CapabilityMissing", {
  provider: Schema.String,
  capability: Schema.String
}) {
  override get message(): string {
    return `${this.provider} cannot do ${this.capability}; choose a provider that can`
  }
}

/** The capability of a driver, or the typed error that says that it has none. */
export const capability = <Name extends Capability>(
  provider: PaymentProvider,
  name: Name
): Effect.Effect<NonNullable<PaymentProvider[Name]>, CapabilityMissing> => {
  const offered: PaymentProvider[Name] = provider[name]
  return Predicate.isNotNullish(offered)
    ? Effect.succeed(offered)
    : Effect.fail(new CapabilityMissing({ provider: provider.name, capability: name }))
}

/** No driver of that name is configured. */
export class UnknownProvider extends Schema.TaggedError<UnknownProvider>()("UnknownProvider", {
  provider: Schema.String,
  configured: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `no provider ${this.provider} is configured; configured are ${this.configured.join(", ") || "none"}`
  }
}

/**
 * The names of this process's drivers, apart from the drivers: the registry judges accounts by them, and drivers
 * ask the registry for the accounts that they charge on.
 */
export class ProviderNames extends Context.Service<ProviderNames, ReadonlySet<ProviderName>>()(
  "payment-orchestration/kernel/PaymentProvider/ProviderNames"
) {
  /** Those of drivers that are there already. */
  static readonly layer: Layer.Layer<ProviderNames, never, Providers> = Layer.effect(
    ProviderNames,
    Effect.map(
      Effect.suspend(() => Effect.service(Providers)),
      ({ names }) => new Set(names)
    )
  )
}

/** The drivers of this process by name. */
export class Providers extends Context.Service<
  Providers,
  {
    readonly names: ReadonlyArray<ProviderName>
    readonly get: (name: ProviderName) => Effect.Effect<PaymentProvider, UnknownProvider>
  }
>()("payment-orchestration/kernel/PaymentProvider/Providers") {}

/**
 * How much later than the deadline of a charge its horizon must be at least: the time to record an outcome, for
 * which an attempt is leased beyond the deadline, and some seconds for the request that was on its way.
 */
const horizonMargin = Duration.seconds(15)

/**
 * The registry of some drivers. A driver that would call a charge absent while its own request may still be on the
 * way is a mistake of whoever wrote it: building the registry throws.
 */
export const providersOf = (drivers: ReadonlyArray<PaymentProvider>): Providers["Service"] => {
  for (const { name, tokenCharge, chargeLookup } of drivers) {
    if (tokenCharge === undefined || chargeLookup === undefined) continue
    const { absenceHorizon } = chargeLookup
    const earliest = Duration.sum(tokenCharge.deadline, horizonMargin)
    if (Duration.isLessThan(absenceHorizon, earliest)) {
      throw new Error(
        `the driver ${name} has an absenceHorizon of ${Duration.format(absenceHorizon)}; with a tokenCharge.deadline of ${Duration.format(tokenCharge.deadline)} it must be at least ${Duration.format(earliest)}`
      )
    }
  }
  const byName = new Map(drivers.map((driver) => [driver.name, driver]))
  const names = [...byName.keys()]
  return {
    names,
    get: (name) => {
      const driver = byName.get(name)
      return driver === undefined
        ? Effect.fail(new UnknownProvider({ provider: name, configured: names }))
        : Effect.succeed(driver)
    }
  }
}
