import { describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { expect } from "vitest"
import { ProviderNames, Providers } from "../../../src/kernel/PaymentProvider.ts"
import { Vaults } from "../../../src/kernel/TokenVault.ts"
import { ProviderAccounts } from "../../../src/layers/providers/ProviderAccounts.ts"
import { providerNames, providers } from "../../../src/layers/providers/providers.ts"
import { StubGatewayLedger } from "../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { vaults } from "../../../src/layers/vault/vaults.ts"

const drivers = providers({ checkoutPage: (session) => `https://pay.example/pay/${session}` }).pipe(
  Layer.provide(StubGatewayLedger.layerMemory),
  Layer.provide(Layer.succeed(ProviderAccounts, { get: () => Effect.die("no account is asked for") }))
)

const withEnvironment = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))

describe("the drivers of the service", () => {
  it.effect("are called what the registry is told that they are called", () =>
    Effect.gen(function* () {
      const { names } = yield* Providers
      expect(new Set(names)).toEqual(yield* ProviderNames)
      expect(names).toEqual(expect.arrayContaining(["stripe", "nmi"]))
    }).pipe(Effect.provide(Layer.mergeAll(drivers, providerNames)), withEnvironment({}))
  )

  it.effect("have a vault beside the simulated one when there is a key to it", () =>
    Effect.gen(function* () {
      const unknown = { tokenRef: "8f4b7c0e-aaaa-4bbb-8ccc-000000000000", vaultId: "basis_theory" }
      const asked = Effect.gen(function* () {
        const { getCard } = yield* Vaults
        return (yield* Effect.flip(getCard(unknown)))._tag
      }).pipe(Effect.provide(vaults))
      expect(yield* asked.pipe(withEnvironment({}))).toBe("UnknownVault")
      const nowhere = { BASIS_THEORY_API_KEY: "key_private", BASIS_THEORY_ORIGIN: "http://127.0.0.1:1" }
      expect(yield* asked.pipe(withEnvironment(nowhere))).toBe("VaultUnavailable")
    })
  )

  it.effect("refuse an origin that would send secrets in the open", () =>
    Effect.gen(function* () {
      const built = Layer.build(drivers).pipe(Effect.scoped, Effect.flip)
      for (const origin of ["STRIPE_ORIGIN", "NMI_ORIGIN"]) {
        const refused = yield* built.pipe(withEnvironment({ [origin]: "http://gateway.example" }))
        expect(String(refused)).toContain(origin)
      }
    })
  )
})
