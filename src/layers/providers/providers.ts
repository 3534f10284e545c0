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
import { Effect, Layer } from "effect"
import { ProviderName } from "../../kernel/ids.ts"
import { ProviderNames, Providers, providersOf } from "../../kernel/PaymentProvider.ts"
import { stubTimings } from "./stub/config.ts"
import { makeStubProvider } from "./stub/driver.ts"
import { StubGatewayLedger } from "./stub/StubGatewayLedger.ts"

/** What the drivers below are called. */
export const providerNames = Layer.succeed(
  ProviderNames,
  new Set(["stub_a", "stub_b"].map((name) => ProviderName.make(name)))
)

/** The drivers of this service. */
export const providers = Layer.effect(
  Providers,
  Effect.gen(function* () {
    const ledger = yield* StubGatewayLedger
    const timings = yield* stubTimings
    return providersOf([
      makeStubProvider({ name: "stub_a", ledger, timings }),
      makeStubProvider({ name: "stub_b", ledger, timings })
    ])
  })
)
