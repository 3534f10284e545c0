// The list of drivers. To add one: `npm run new:provider -- acme`; CONTRIBUTING.md says how to go on.
import { Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import { ProviderName, type SessionId } from "../../kernel/ids.ts"
import { ProviderNames, Providers, providersOf } from "../../kernel/PaymentProvider.ts"
import { exchangeOnce } from "../transport/exchangeOnce.ts"
import { basisTheorySettings } from "../vault/basis-theory/config.ts"
import { makeProxy } from "../vault/basis-theory/proxy.ts"
import { nmiOrigin } from "./nmi/config.ts"
import { makeNmiDriver } from "./nmi/driver.ts"
import { ProviderAccounts } from "./ProviderAccounts.ts"
import { stripeOrigin } from "./stripe/config.ts"
import { makeStripeDriver } from "./stripe/driver.ts"
import { stubTimings, stubWebhookSecrets } from "./stub/config.ts"
import { makeStubProvider } from "./stub/driver.ts"
import { StubGatewayLedger } from "./stub/StubGatewayLedger.ts"
import { makeTeller } from "./stub/teller.ts"

/** What the drivers below are called. */
export const providerNames = Layer.succeed(
  ProviderNames,
  new Set(["stub_a", "stub_b", "stripe", "nmi"].map((name) => ProviderName.make(name)))
)

/**
 * The drivers of this service. Those of real processors are there without any setting too: they ask nobody until a
 * merchant account names them, and charge no card without a vault's proxy.
 */
export const providers = (options: {
  /** The page to which an issuer sends a customer back. */
  readonly checkoutPage: (session: SessionId) => string
}) =>
  Layer.effect(
    Providers,
    Effect.gen(function* () {
      const ledger = yield* StubGatewayLedger
      const accounts = yield* ProviderAccounts
      const timings = yield* stubTimings
      const vault = yield* basisTheorySettings
      const webhookSecrets = yield* stubWebhookSecrets
      const stub = { ledger, timings, webhookSecrets, tell: yield* makeTeller(webhookSecrets[0]) }
      const transport = exchangeOnce()
      const proxy = Option.getOrUndefined(Option.map(vault, (found) => makeProxy(found, transport)))
      return providersOf([
        makeStubProvider({ name: "stub_a", ...stub }),
        makeStubProvider({ name: "stub_b", ...stub }),
        makeStripeDriver({
          origin: yield* stripeOrigin,
          transport,
          accounts,
          proxy,
          returnUrl: options.checkoutPage
        }),
        makeNmiDriver({ origin: yield* nmiOrigin, transport, accounts, proxy })
      ])
    })
  ).pipe(Layer.provide(SecureRandom.layerWebCrypto))
