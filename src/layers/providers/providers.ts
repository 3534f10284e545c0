// The list of drivers. To add a provider:
//
// 1. Make a folder beside `stub/` with the same files: `config.ts` (settings, secrets redacted), `wire.ts` (what
//    goes over the line, decoded), `disposition.ts` (the allow-list: which answer proves what), `driver.ts` (a
//    plain value of `PaymentProvider`, with only the capabilities that the processor has).
// 2. Mind the disposition: a code is `Declined` only if it proves that no money moved. Whatever is not listed, and
//    every timeout, is `Indeterminate`. Never retry a money call, and let no client library do it.
//    A provider without `chargeLookup` is routed to like any other, but nothing could ever tell what became of a
//    charge that timed out there: its session stays in review until a person asks the processor. Give it a lookup,
//    or no account that serves charges. `absenceHorizon` is at least the deadline of a charge and 15 seconds.
// 3. Call the shared suite (`tests/suites/provider.ts`) on it, with an emulator that knows what really moved.
// 4. Add it to the list below, and give some merchant account its name.
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
