import { Redacted } from "effect"
import { keysOf } from "../../layers/webhooks/SealedSecrets.ts"

/** Known to everybody, like the development API key: only a server for this machine alone uses it. */
const developmentKey = new TextEncoder().encode("anybody may know it: loopback. .")

/** The keys of `CHECKOUT_KEY`, the newest first; without the setting, none beyond loopback. */
export const checkoutKeysOf = (
  given: Redacted.Redacted | undefined,
  loopbackOnly: boolean
): ReadonlyArray<Redacted.Redacted<Uint8Array>> => {
  const keys = given === undefined ? undefined : keysOf(Redacted.value(given))
  return (keys ?? (given === undefined && loopbackOnly ? [developmentKey] : [])).map((key) =>
    Redacted.make(key)
  )
}
