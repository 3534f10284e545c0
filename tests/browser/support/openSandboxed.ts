import { Effect, Exit, Scope } from "effect"
import { elementsIntegrity } from "../../../sandbox/basis-theory/elements.ts"
import { startSandbox } from "../../../sandbox/startSandbox.ts"
import { sandboxAccounts } from "../../../src/db/seedData.ts"
import { openPayments, type Payments } from "./Payments.ts"
import { teeOf } from "./tee.ts"

export interface Sandboxed {
  readonly payments: Payments
  /** The emulated vault and processors, which are not in the payments process. */
  readonly emulators: Effect.Success<ReturnType<typeof startSandbox>>
  readonly close: () => Promise<void>
}

/** The service on the drivers of Stripe and NMI and the vault of Basis Theory, with a line that is listened to on each. */
export const openSandboxed = async (shops: ReadonlyArray<string>): Promise<Sandboxed> => {
  const scope = await Effect.runPromise(Scope.make())
  const emulators = await Effect.runPromise(startSandbox().pipe(Effect.provideService(Scope.Scope, scope)))
  const portOf = (origin: string) => Number(new URL(origin).port)
  // The vault's proxy calls the processors at the same addresses, with the card; it is in this process, and not ours.
  const [stripe, nmi, vault] = [
    await teeOf(() => portOf(emulators.stripe.origin), false),
    await teeOf(() => portOf(emulators.nmi.origin), false),
    await teeOf(() => portOf(emulators.basisTheory.origin))
  ]
  const at = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`
  const payments = await openPayments({
    name: "sandbox",
    seed: "sandbox",
    shops,
    lines: [stripe, nmi, vault],
    environment: (origin) => ({
      STRIPE_ORIGIN: at(stripe),
      NMI_ORIGIN: at(nmi),
      BASIS_THEORY_ORIGIN: at(vault),
      // Browsers go to the vault themselves.
      BASIS_THEORY_ELEMENTS: emulators.basisTheory.origin,
      BASIS_THEORY_ELEMENTS_SRI: elementsIntegrity,
      BASIS_THEORY_API_KEY: "key_sandbox_private",
      BASIS_THEORY_PUBLIC_KEY: "key_sandbox_public",
      ...Object.fromEntries(
        sandboxAccounts.flatMap(({ id, provider, credentials = "" }) => {
          const name = `SECRET_${credentials.toUpperCase()}`
          const url = `${origin}/v1/webhooks/${provider}/${id}`
          return provider === "stripe"
            ? [
                [name, `sk_test_sandbox_${id}`],
                [`${name}_WEBHOOK`, emulators.stripe.listen(id, url, { secret: `whsec_sandbox_${id}` })]
              ]
            : [
                [name, `sandbox_${id}`],
                [`${name}_WEBHOOK`, emulators.nmi.listen(id, url, { key: `signing_${id}` })]
              ]
        })
      )
    })
  })
  return {
    payments,
    emulators,
    close: async () => {
      await payments.close()
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
