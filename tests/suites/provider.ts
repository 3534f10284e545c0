import { layer } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { expect } from "vitest"
import { type Capability, CapabilityMissing, capability } from "../../src/kernel/PaymentProvider.ts"
import { type Bench, benchOf, type ProviderSuiteOptions, ProviderUnderTest } from "./provider/bench.ts"
import { chargeLaws } from "./provider/chargeLaws.ts"
import { returnLaws } from "./provider/returnLaws.ts"

export { type Moved, type ProviderScenarios, ProviderUnderTest } from "./provider/bench.ts"

const allCapabilities: ReadonlyArray<Capability> = [
  "tokenCharge",
  "chargeLookup",
  "chargeCancel",
  "void",
  "refundLookup",
  "webhooks",
  "subscriptions",
  "hostedCheckout",
  "billingManagement",
  "promotions"
]

/**
 * The laws of a provider. Every driver has to pass them, whatever is at its far end; those about a capability are
 * left out when the driver does not claim it, and then asking for it has to be a typed error.
 */
export const providerSuite = <E>(options: ProviderSuiteOptions<E>): void => {
  const { capabilities } = options
  const live = options.clock === "live"
  // Live, the laws wait for real deadlines, so several wait at a time; they share nothing but the far end.
  layer(options.layer, { excludeTestServices: live, concurrent: live })(
    `${options.name}: a provider`,
    (it) => {
      const bench: Bench = {
        ...benchOf(options),
        ...options,
        law: (name, body) => it.effect(name, () => body)
      }
      const { law, newCharge } = bench
      chargeLaws(bench)
      returnLaws(bench)

      if (capabilities.includes("webhooks")) {
        law(
          "believes no webhook that nobody signed",
          Effect.gen(function* () {
            const { provider } = yield* ProviderUnderTest
            const { readWebhook } = yield* capability(provider, "webhooks")
            const refused = yield* Effect.flip(
              readWebhook({
                mid: newCharge(provider).mid,
                headers: {},
                body: new TextEncoder().encode("{}"),
                receivedAt: yield* DateTime.now
              })
            )
            expect(refused).toMatchObject({ _tag: "WebhookRefused", reason: "no_signature" })
          })
        )
      }

      for (const wanted of allCapabilities) {
        law(
          capabilities.includes(wanted) ? `can do ${wanted}` : `says that it cannot do ${wanted}`,
          Effect.gen(function* () {
            const { provider } = yield* ProviderUnderTest
            const asked = yield* Effect.result(capability(provider, wanted))
            expect(asked).toMatchObject(
              capabilities.includes(wanted)
                ? { _tag: "Success" }
                : {
                    _tag: "Failure",
                    failure: new CapabilityMissing({ provider: provider.name, capability: wanted })
                  }
            )
          })
        )
      }
    }
  )
}
