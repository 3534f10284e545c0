import { ConfigProvider, Effect } from "effect"
import { join } from "node:path"
import { SettingRefused, type Settings } from "./config.ts"
import { sandboxAccounts } from "./db/seedData.ts"

/** Where the emulated processors and the emulated vault are. */
export interface SandboxOrigins {
  readonly stripe: string
  readonly nmi: string
  readonly basisTheory: string
}

/** The emulators' ports lie above the server's: 4101, 4102 and 4103 for one on 4000. */
const above = 101

/**
 * Starts the emulators and answers where they are, and the settings with which the whole service charges real wire
 * against them: their origins, the vault's keys, and a secret for every account that was seeded. What somebody has set
 * themselves is passed over: no real key may meet an emulator, and no emulator's key a real processor.
 */
export const openSandbox = Effect.fn("openSandbox")(function* (
  settings: Pick<Settings, "dataDirectory" | "port" | "publicOrigin">
) {
  // Loaded only here: a service in production does not have the emulators beside it.
  const { startSandbox } = yield* Effect.promise(() => import("../sandbox/startSandbox.ts"))
  const { elementsIntegrity } = yield* Effect.promise(() => import("../sandbox/basis-theory/elements.ts"))
  const { keepMagicTokens } = yield* Effect.promise(() => import("../sandbox/magicTokens.ts"))
  const first = settings.port + above
  const sandbox = yield* startSandbox({
    folder: join(settings.dataDirectory, "emulators"),
    ports: { stripe: first, nmi: first + 1, basisTheory: first + 2 }
  }).pipe(
    Effect.mapError(
      ({ host, port, gateway }) =>
        new SettingRefused({
          setting: "PORT",
          problem: `leaves no room for the emulators: ${host}:${port}, where ${gateway} would listen, is taken. They are on the ports ${above} to ${above + 2} above it, so choose another PORT`
        })
    )
  )
  yield* keepMagicTokens(sandbox.basisTheory.origin)
  const origins: SandboxOrigins = {
    stripe: sandbox.stripe.origin,
    nmi: sandbox.nmi.origin,
    basisTheory: sandbox.basisTheory.origin
  }
  for (const { id } of sandboxAccounts.filter((account) => account.provider === "nmi")) {
    // As a partner can set it: what is tried twice with one card for one amount is two orders, and no duplicate.
    sandbox.nmi.configure(id, { orderIdCounts: true })
  }
  const secrets = sandboxAccounts.flatMap(({ id, provider, credentials = "" }) => {
    const name = `SECRET_${credentials.toUpperCase()}`
    const url = `${settings.publicOrigin}/v1/webhooks/${provider}/${id}`
    return provider === "stripe"
      ? [
          [name, `sk_test_sandbox_${id}`],
          [`${name}_WEBHOOK`, sandbox.stripe.listen(id, url, { secret: `whsec_sandbox_${id}`, moved: true })]
        ]
      : [
          [name, `sandbox_${id}`],
          [`${name}_WEBHOOK`, sandbox.nmi.listen(id, url, { key: `signing_${id}` })]
        ]
  })
  const overlay = ConfigProvider.fromUnknown({
    STRIPE_ORIGIN: origins.stripe,
    NMI_ORIGIN: origins.nmi,
    BASIS_THEORY_ORIGIN: origins.basisTheory,
    BASIS_THEORY_ELEMENTS: origins.basisTheory,
    BASIS_THEORY_ELEMENTS_SRI: elementsIntegrity,
    BASIS_THEORY_API_KEY: "key_sandbox_private",
    BASIS_THEORY_PUBLIC_KEY: "key_sandbox_public",
    ...Object.fromEntries(secrets)
  })
  const provider = ConfigProvider.orElse(overlay, yield* ConfigProvider.ConfigProvider)
  return { origins, provider }
})
