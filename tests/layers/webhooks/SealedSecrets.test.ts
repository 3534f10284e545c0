import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { EventSecrets } from "../../../src/kernel/events/EventSecrets.ts"
import { SubscriptionId } from "../../../src/kernel/events/EventSubscription.ts"
import * as SealedSecrets from "../../../src/layers/webhooks/SealedSecrets.ts"

const keyOf = (letter: string) => Buffer.from(letter.repeat(32)).toString("base64")
const mine = SubscriptionId.make(`es_${"0".repeat(26)}`)
const other = SubscriptionId.make(`es_${"1".repeat(26)}`)

const secretsOf = (key: string | undefined, loopbackOnly = false) =>
  SealedSecrets.layer({
    eventSecretsKey: key === undefined ? undefined : Redacted.make(key),
    loopbackOnly
  }).pipe(
    Layer.provide(Aead.layerWebCrypto),
    Layer.provide(SecureRandom.layerWebCrypto),
    Layer.build,
    Effect.flatMap((context) => Effect.provide(EventSecrets, context))
  )

it.effect("a secret is 256 new bits, and what the database keeps does not show it", () =>
  Effect.gen(function* () {
    const { draw, open } = yield* secretsOf(keyOf("a"))
    const [one, two] = [yield* draw(mine), yield* draw(mine)]
    const secret = Redacted.value(one.secret)
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.notStrictEqual(secret, Redacted.value(two.secret))
    assert.notInclude(one.sealed, secret.slice("whsec_".length))
    assert.strictEqual(Redacted.value(yield* open(mine, one.sealed)), secret)
  })
)

it.effect(
  "what was sealed for one subscription opens for no other, under no other key, and not when changed",
  () =>
    Effect.gen(function* () {
      const { draw, open } = yield* secretsOf(keyOf("a"))
      const { sealed } = yield* draw(mine)
      const flipped = `${sealed.slice(0, -5)}${sealed.at(-5) === "A" ? "B" : "A"}${sealed.slice(-4)}`
      for (const unreadable of [
        open(other, sealed),
        open(mine, flipped),
        open(mine, ""),
        open(mine, "not sealed"),
        (yield* secretsOf(keyOf("b"))).open(mine, sealed),
        (yield* secretsOf(undefined, true)).open(mine, sealed),
        (yield* secretsOf(undefined)).open(mine, sealed)
      ]) {
        assert.strictEqual((yield* Effect.flip(unreadable))._tag, "SecretUnreadable")
      }
    })
)

it.effect("a key is replaced by putting the new one in front: it seals, and both open", () =>
  Effect.gen(function* () {
    const before = yield* secretsOf(keyOf("a"))
    const both = yield* secretsOf(`${keyOf("b")}, ${keyOf("a")}`)
    const after = yield* secretsOf(keyOf("b"))
    const old = yield* before.draw(mine)
    assert.strictEqual(Redacted.value(yield* both.open(mine, old.sealed)), Redacted.value(old.secret))
    const fresh = yield* both.draw(mine)
    assert.strictEqual(Redacted.value(yield* after.open(mine, fresh.sealed)), Redacted.value(fresh.secret))
    assert.strictEqual((yield* Effect.flip(before.open(mine, fresh.sealed)))._tag, "SecretUnreadable")
  })
)

it.effect("without a key only a server for this machine alone keeps secrets", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* Effect.flip((yield* secretsOf(undefined)).draw(mine)))._tag, "SecretsNotKept")
    const { draw, open } = yield* secretsOf(undefined, true)
    const { secret, sealed } = yield* draw(mine)
    assert.strictEqual(Redacted.value(yield* open(mine, sealed)), Redacted.value(secret))
  })
)

it("a key that is not 32 bytes in Base64 is none, wherever it stands", () => {
  assert.isDefined(SealedSecrets.keysOf(keyOf("a")))
  for (const wrong of [
    "",
    "secret",
    keyOf("a").slice(4),
    `${keyOf("a")},`,
    `${keyOf("a")},short`,
    "*".repeat(44)
  ]) {
    assert.isUndefined(SealedSecrets.keysOf(wrong), wrong)
  }
})
