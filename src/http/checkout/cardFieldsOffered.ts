import { Effect, Layer, Option, Redacted } from "effect"
import { exchangeOnce } from "../../layers/transport/exchangeOnce.ts"
import { makeBasisTheoryVault, vaultId } from "../../layers/vault/basis-theory/BasisTheoryVault.ts"
import { basisTheoryElements, basisTheorySettings } from "../../layers/vault/basis-theory/config.ts"
import type { Assets } from "./assets.ts"
import { CardFields } from "./CardFields.ts"
import { serveStubVault } from "./stubVaultPage.ts"

/** The version of Basis Theory's elements that the checkout was written for. */
const elementsVersion = "2.17.0"

/**
 * The fields of the vault that takes cards from browsers: Basis Theory's when there is a public key to it, else, on
 * this machine alone, those of the simulated one.
 */
export const cardFieldsOffered = (settings: {
  readonly host: string
  readonly publicOrigin: string
  readonly loopbackOnly: boolean
  readonly assets: Assets
}) =>
  Layer.effect(
    CardFields,
    Effect.gen(function* () {
      const found = Option.getOrUndefined(yield* basisTheorySettings)
      const elements = yield* basisTheoryElements
      const sessions =
        found === undefined ? undefined : makeBasisTheoryVault(found, exchangeOnce()).browserSessions
      if (found?.publicKey !== undefined && sessions !== undefined) {
        if (Option.isNone(elements.integrity)) {
          yield* Effect.logWarning(
            `the vault's script runs in the checkout unseen: set BASIS_THEORY_ELEMENTS_SRI to the hash that the vault publishes for version ${elementsVersion}`
          )
        }
        return {
          offered: {
            vault: vaultId,
            publicKey: Redacted.value(found.publicKey),
            script: `${elements.origin}/web-elements/${elementsVersion}/index.js`,
            integrity: Option.getOrUndefined(elements.integrity),
            origins: [...new Set([elements.origin, found.origin])],
            openSession: sessions.openSession
          }
        }
      }
      if (!settings.loopbackOnly) return { offered: undefined }
      const { host, publicOrigin: checkout, assets } = settings
      return { offered: { vault: "stub", origin: yield* serveStubVault({ host, checkout, assets }) } }
    })
  )
