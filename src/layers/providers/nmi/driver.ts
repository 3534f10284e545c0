import { Effect } from "effect"
import { ProviderName } from "../../../kernel/ids.ts"
import { type PaymentProvider, WebhookRefused } from "../../../kernel/PaymentProvider.ts"
import type { Transport } from "../../transport/Exchange.ts"
import { vaultId } from "../../vault/basis-theory/BasisTheoryVault.ts"
import type { Proxy } from "../../vault/basis-theory/proxy.ts"
import type { ProviderAccounts } from "../ProviderAccounts.ts"
import { chargeDeadline, chargeStored, chargeToken, type ChargingOptions } from "./charging.ts"
import { makeClient } from "./client.ts"
import { defaultTimings, type NmiTimings } from "./config.ts"
import { lookupCharge } from "./lookup.ts"
import { createRefund, lookupRefund, readRefund, refundContext, voidCharge } from "./refunds.ts"
import { listRefunds } from "./standing.ts"
import { SentKeys } from "./sentKeys.ts"
import { makeTestModeGuard } from "./testMode.ts"
import { readWebhook } from "./webhooks.ts"

/**
 * NMI, for any number of merchant accounts. A charge is a sale with the attempt's key as its order id, which is all
 * that finds it again: NMI has no idempotency key, so nothing is ever sent twice.
 */
export const makeNmiDriver = (options: {
  /** `https://secure.nmi.com`. */
  readonly origin: string
  readonly transport: Transport
  readonly accounts: ProviderAccounts["Service"]
  /** The vault's way for card data; without it no token can be charged, and nothing is sent. */
  readonly proxy: Proxy | undefined
  readonly timings?: NmiTimings
}): PaymentProvider => {
  const { origin, transport, accounts, proxy, timings = defaultTimings } = options
  const client = makeClient(origin, transport, timings)
  const charging: ChargingOptions = {
    client,
    accounts,
    timings,
    proxy,
    vaultId,
    obstacle: makeTestModeGuard(client, timings),
    sent: new SentKeys()
  }
  const refunding = { client, accounts, timings, sent: new SentKeys() }
  const { absenceHorizon } = timings

  return {
    name: ProviderName.make("nmi"),
    charge: Effect.fn("NmiProvider.charge")((request) => chargeStored(charging, request)),
    refundContext: Effect.fn("NmiProvider.refundContext")((charge) => refundContext(charging, charge)),
    refund: Effect.fn("NmiProvider.refund")((request) => createRefund(refunding, request)),
    tokenCharge: {
      deadline: chargeDeadline(charging),
      chargeToken: Effect.fn("NmiProvider.chargeToken")((permit, token) =>
        chargeToken(charging, permit.attempt, token)
      )
    },
    chargeLookup: {
      absenceHorizon,
      lookupCharge: Effect.fn("NmiProvider.lookupCharge")((query) => lookupCharge(charging, query))
    },
    void: {
      voidCharge: Effect.fn("NmiProvider.voidCharge")((charge) => voidCharge(refunding, charge))
    },
    refundLookup: {
      absenceHorizon,
      lookupRefund: Effect.fn("NmiProvider.lookupRefund")((query) => lookupRefund(charging, query)),
      readRefund: Effect.fn("NmiProvider.readRefund")((refund) => readRefund(charging, refund)),
      listRefunds: Effect.fn("NmiProvider.listRefunds")((charge) => listRefunds(charging, charge))
    },
    webhooks: {
      readWebhook: Effect.fn("NmiProvider.readWebhook")((delivery) =>
        accounts.get(delivery.mid).pipe(
          Effect.mapError((error) => new WebhookRefused({ reason: "no_secret", problem: error.message })),
          Effect.flatMap((account) => readWebhook(account, delivery))
        )
      )
    }
  }
}
