import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { checkoutAssets } from "../../../src/http/checkout/assets.ts"
import { CardFields } from "../../../src/http/checkout/CardFields.ts"
import { cardFieldsOffered } from "../../../src/http/checkout/cardFieldsOffered.ts"

/** What a start with a public key of the vault says. */
const saidWith = Effect.fnUntraced(function* (more: Readonly<Record<string, string>>) {
  const log: Array<string> = []
  const capture = Logger.make(({ message }) => {
    log.push(String(message))
  })
  const settings = {
    host: "127.0.0.1",
    publicOrigin: "https://pay.example",
    loopbackOnly: false,
    assets: checkoutAssets()
  }
  const environment = { BASIS_THEORY_API_KEY: "key_private", BASIS_THEORY_PUBLIC_KEY: "key_public", ...more }
  const { offered } = yield* Effect.provide(CardFields, cardFieldsOffered(settings)).pipe(
    Effect.provide([
      Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(environment)),
      Logger.layer([capture])
    ])
  )
  assert.strictEqual(offered?.vault, "basis_theory")
  return log.join("\n")
})

it.live("a start that compares the vault's script with nothing warns, and one with a hash does not", () =>
  Effect.gen(function* () {
    assert.include(yield* saidWith({}), "BASIS_THEORY_ELEMENTS_SRI")
    assert.strictEqual(yield* saidWith({ BASIS_THEORY_ELEMENTS_SRI: `sha384-${"A".repeat(64)}` }), "")
  })
)
