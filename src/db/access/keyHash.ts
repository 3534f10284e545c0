import { Redacted } from "effect"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { keysOf } from "../../layers/webhooks/SealedSecrets.ts"

/** What API keys are hashed with, the newest first. */
export type KeyHashSecrets = ReadonlyArray<Redacted.Redacted<Uint8Array>>

/** Known to everybody, like the development API key: only a server for this machine alone uses it. */
const developmentSecret = new TextEncoder().encode("hashes nobody's keys; loopback..")

/** The secrets of `API_KEY_SECRET`; without the setting, none beyond loopback. */
export const keyHashSecretsOf = (
  given: Redacted.Redacted | undefined,
  loopbackOnly: boolean
): KeyHashSecrets => {
  const secrets = given === undefined ? undefined : keysOf(Redacted.value(given))
  return (secrets ?? (given === undefined && loopbackOnly ? [developmentSecret] : [])).map((one) =>
    Redacted.make(one)
  )
}

/** What is kept of a key of 256 bits. Its id is part of it, so that no hash can be put under another one. */
export const macOf = (secret: Redacted.Redacted<Uint8Array>, id: string, key: string): string =>
  createHmac("sha256", Redacted.value(secret)).update(`api key ${id} ${key}`).digest("hex")

/** Whether one of the secrets made it. Every one is tried, so that the time tells nothing. */
export const isMacOf = (secrets: KeyHashSecrets, mac: string, id: string, key: string): boolean =>
  secrets.filter((secret) => timingSafeEqual(Buffer.from(macOf(secret, id, key)), Buffer.from(mac))).length >
  0

const form = /^sk_([0-9a-z]{16})_([A-Za-z0-9_-]{43})$/

/** The public id and the rest of a key; undefined when it is none that was ever drawn. */
export const partsOf = (key: string): { readonly id: string; readonly secret: string } | undefined => {
  const [, id, secret] = form.exec(key) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** The id of a key that is known to everybody. */
export const developmentIdOf = (key: string): string => createHash("sha256").update(key).digest("hex")
