import { Effect } from "effect"
import type { SendPermit } from "../../../kernel/cascade/SendPermit.ts"
import { ProviderName } from "../../../kernel/ids.ts"
import { type PaymentProvider, WebhookRefused } from "../../../kernel/PaymentProvider.ts"
import type { Transport } from "../../transport/Exchange.ts"
import { vaultId } from "../../vault/basis-theory/BasisTheoryVault.ts"
import type { Proxy } from "../../vault/basis-theory/proxy.ts"
import type { ProviderAccounts } from "../ProviderAccounts.ts"
import { chargeDeadline, chargeStored, chargeToken, type ChargingOptions } from "./charging.ts"
import { makeClient } from "./client.ts"
import { defaultTimings, type StripeTimings } from "./config.ts"
import { cancelCharge, lookupCharge, type LookupOptions } from "./lookup.ts"
import { createRefund, listRefunds, lookupRefund, readRefund, refundContext } from "./refunds.ts"
import { readWebhook } from "./webhooks.ts"

/**
 * Stripe, for any number of merchant accounts. A charge is a PaymentIntent that carries the attempt's key in its
 * metadata and as its idempotency key. It cannot void: a captured intent is refunded, which Stripe does at any time.
 */
export const makeStripeDriver = (options: {
  /** `https://api.stripe.com`. */
  readonly origin: string
  readonly transport: Transport
  readonly accounts: ProviderAccounts["Service"]
  /** The vault's way for card data; without it no token can be charged, and nothing is sent. */
  readonly proxy: Proxy | undefined
  /** Where the issuer sends the customer back to. */
  readonly returnUrl: ChargingOptions["returnUrl"]
  readonly timings?: StripeTimings
}): PaymentProvider => {
  const { origin, transport, accounts, proxy, returnUrl, timings = defaultTimings } = options
  const client = makeClient(origin, transport)
  const sent = new WeakSet<SendPermit>()
  const charging: ChargingOptions = { client, accounts, proxy, vaultId, timings, returnUrl, sent }
  const looking: LookupOptions = { client, accounts, timings }
  const { absenceHorizon } = timings

  return {
    name: ProviderName.make("stripe"),
    charge: Effect.fn("StripeProvider.charge")((request) => chargeStored(charging, request)),
    refundContext: Effect.fn("StripeProvider.refundContext")((charge) => refundContext(looking, charge)),
    refund: Effect.fn("StripeProvider.refund")((request) => createRefund(looking, request)),
    tokenCharge: {
      deadline: chargeDeadline(charging),
      chargeToken: Effect.fn("StripeProvider.chargeToken")((permit, token) =>
        chargeToken(charging, permit, token)
      )
    },
    chargeLookup: {
      absenceHorizon,
      lookupCharge: Effect.fn("StripeProvider.lookupCharge")((query) => lookupCharge(looking, query))
    },
    chargeCancel: {
      cancelCharge: Effect.fn("StripeProvider.cancelCharge")((query) => cancelCharge(looking, query))
    },
    refundLookup: {
      absenceHorizon,
      lookupRefund: Effect.fn("StripeProvider.lookupRefund")((query) => lookupRefund(looking, query)),
      readRefund: Effect.fn("StripeProvider.readRefund")((refund) => readRefund(looking, refund)),
      listRefunds: Effect.fn("StripeProvider.listRefunds")((charge) => listRefunds(looking, charge))
    },
    webhooks: {
      readWebhook: Effect.fn("StripeProvider.readWebhook")((delivery) =>
        accounts.get(delivery.mid).pipe(
          Effect.mapError((error) => new WebhookRefused({ reason: "no_secret", problem: error.message })),
          Effect.flatMap((account) => readWebhook(account, delivery))
        )
      )
    }
  }
}
