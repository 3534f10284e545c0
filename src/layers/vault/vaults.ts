import { Effect, Layer, Option } from "effect"
import { Vaults, vaultsOf } from "../../kernel/TokenVault.ts"
import { exchangeOnce } from "../transport/exchangeOnce.ts"
import { makeBasisTheoryVault } from "./basis-theory/BasisTheoryVault.ts"
import { basisTheorySettings } from "./basis-theory/config.ts"
import { stubVaultDelay } from "./stub/config.ts"
import { makeStubVault } from "./stub/StubVault.ts"

/** The vaults of this service: the simulated one, and Basis Theory when there is a key to it. */
export const vaults = Layer.effect(
  Vaults,
  Effect.gen(function* () {
    const found = yield* basisTheorySettings
    return vaultsOf([
      makeStubVault({ reading: Effect.sleep(yield* stubVaultDelay) }),
      ...Option.toArray(Option.map(found, (settings) => makeBasisTheoryVault(settings, exchangeOnce())))
    ])
  })
)
