import { Effect, Layer, Redacted } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Base64 } from "effect/encoding"
import { SecretsNotKept } from "../../kernel/events/eventRefusals.ts"
import { EventSecrets, SecretUnreadable } from "../../kernel/events/EventSecrets.ts"

/** Bytes of a key, and of a secret. */
const keyLength = 32
const nonceLength = 12

/** Known to everybody, like the development API key: only a server for this machine alone uses it. */
const developmentKey = new TextEncoder().encode("known to all; for loopback only.")

/**
 * The keys of `EVENT_SECRETS_KEY`: each 32 bytes in Base64, the newest first, with commas between them. Undefined
 * when they are not that.
 */
export const keysOf = (text: string): ReadonlyArray<Uint8Array> | undefined => {
  const keys = text.split(",").map((one) => Base64.decode(one.trim()))
  const decoded = keys.flatMap((key) => (key._tag === "Success" ? [key.success] : []))
  return decoded.length === keys.length && decoded.every(({ length }) => length === keyLength)
    ? decoded
    : undefined
}

interface SecretSettings {
  readonly eventSecretsKey: Redacted.Redacted | undefined
  /** This server is reached from this machine only. */
  readonly loopbackOnly: boolean
}

/**
 * Signing secrets, sealed with AES-256-GCM for the subscription that they are of. The first key seals, all of them
 * open, so that a key is replaced by putting the new one in front.
 */
export const layer = ({
  eventSecretsKey,
  loopbackOnly
}: SecretSettings): Layer.Layer<EventSecrets, never, Aead.Aead | SecureRandom.SecureRandom> =>
  Layer.effect(
    EventSecrets,
    Effect.gen(function* () {
      const aead = yield* Aead.Aead
      const random = yield* SecureRandom.SecureRandom
      const given = eventSecretsKey === undefined ? undefined : keysOf(Redacted.value(eventSecretsKey))
      const bytes = given ?? (eventSecretsKey === undefined && loopbackOnly ? [developmentKey] : [])
      const keys = yield* Effect.forEach(bytes, (one) => Effect.orDie(Aead.key(Aead.aes256Gcm, one)))

      const seal = Effect.fnUntraced(function* (key: Aead.Key, subscription: string, secret: string) {
        const nonce = yield* random.randomBytes(nonceLength)
        const options = { nonce, aad: encoder.encode(subscription) }
        const sealed = yield* Effect.orDie(aead.encrypt(key, encoder.encode(secret), options))
        return `${Base64.encode(nonce)}.${Base64.encode(sealed)}`
      })

      return EventSecrets.of({
        draw: Effect.fn("EventSecrets.draw")(function* (subscription) {
          const [key] = keys
          if (key === undefined) return yield* new SecretsNotKept()
          const secret = `whsec_${Base64.encode(yield* random.randomBytes(keyLength))}`
          return { secret: Redacted.make(secret), sealed: yield* seal(key, subscription, secret) }
        }),
        open: Effect.fn("EventSecrets.open")(function* (subscription, sealed) {
          const unreadable = new SecretUnreadable({ subscription })
          const [nonce, box] = sealed.split(".").map((part) => Base64.decode(part))
          if (keys.length === 0 || nonce?._tag !== "Success" || box?._tag !== "Success")
            return yield* unreadable
          const options = { nonce: nonce.success, aad: encoder.encode(subscription) }
          const opened = yield* Effect.firstSuccessOf(
            keys.map((key) => aead.decrypt(key, box.success, options))
          ).pipe(Effect.mapError(() => unreadable))
          return Redacted.make(decoder.decode(opened))
        })
      })
    })
  )

const encoder = new TextEncoder()
const decoder = new TextDecoder()
