import { Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { KeyId } from "../../kernel/access/Caller.ts"
import { KeysNotKept, KeySecrets } from "../../kernel/access/KeySecrets.ts"
import { type KeyHashSecrets, macOf } from "./keyHash.ts"

const letters = "0123456789abcdefghjkmnpqrstvwxyz"

/** API keys of 256 bits, `sk_<id>_<the rest>`, hashed with the newest of the secrets. */
export const layer = ({
  keyHashSecrets: [newest]
}: {
  readonly keyHashSecrets: KeyHashSecrets
}): Layer.Layer<KeySecrets, never, SecureRandom.SecureRandom> =>
  Layer.effect(
    KeySecrets,
    Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      return {
        draw: Effect.gen(function* () {
          if (newest === undefined) return yield* new KeysNotKept()
          const drawn = yield* random.randomBytes(16)
          const id = KeyId.make(Array.from(drawn, (byte) => letters.charAt(byte % letters.length)).join(""))
          const secret = Base64Url.encode(yield* random.randomBytes(32))
          return { id, key: Redacted.make(`sk_${id}_${secret}`), mac: macOf(newest, id, secret) }
        }).pipe(Effect.withSpan("KeySecrets.draw"))
      }
    })
  )
