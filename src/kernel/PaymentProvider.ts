import { Context, Duration, Effect, Schema } from "effect"
import type { VaultToken } from "./Card.ts"
import type { Captured, Declined, Evidence, Indeterminate } from "./cascade/Disposition.ts"
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
  readonly void?: Void
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
}

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
  | { readonly _tag: "StillPending"; readonly evidence: Evidence }
  | { readonly _tag: "NotFound"; readonly evidence: Evidence }

export interface ChargeLookup {
  /**
   * How long after the write-ahead a charge may still turn up at this processor. Only later does "not found"
   * mean absent; before, it means nothing.
   */
  readonly absenceHorizon: Duration.Duration
  readonly lookupCharge: (key: {
    readonly mid: MidId
    readonly idempotencyKey: string
  }) => Effect.Effect<LookupResult, Indeterminate>
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
  | "void"
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
  return offered === undefined || offered === null
    ? Effect.fail(new CapabilityMissing({ provider: provider.name, capability: name }))
    : Effect.succeed(offered)
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
