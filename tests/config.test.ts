import { ConfigProvider, Effect } from "effect"
import { describe, expect, it } from "vitest"
import { loadSettings, settings } from "../src/config.ts"

const withEnvironment = (env: Record<string, string>) =>
  Effect.runSync(
    settings.pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)))
  )

describe("a server is for this machine only", () => {
  it.each<Record<string, string>>([
    {},
    { HOST: "localhost" },
    { HOST: "::1" },
    { PUBLIC_ORIGIN: "http://localhost:4000" },
    { PUBLIC_ORIGIN: "http://127.0.0.2" },
    { HOST: "::1", PUBLIC_ORIGIN: "http://[::1]:4000" }
  ])("with %j", (env) => {
    expect(withEnvironment(env).loopbackOnly).toBe(true)
  })
})

describe("a server is for others too, so it takes no development key and shows no GraphiQL,", () => {
  it.each<Record<string, string>>([
    { HOST: "0.0.0.0" },
    { HOST: "::" },
    { HOST: "pay.example" },
    { PUBLIC_ORIGIN: "https://pay.example" },
    { PUBLIC_ORIGIN: "http://localhost.pay.example" },
    { PUBLIC_ORIGIN: "http://localhost@pay.example" },
    { PUBLIC_ORIGIN: "http://10.0.0.7:4000" },
    { PUBLIC_ORIGIN: "pay.example" },
    { HOST: "0.0.0.0", PUBLIC_ORIGIN: "http://localhost:4000" }
  ])("with %j", (env) => {
    expect(withEnvironment(env).loopbackOnly).toBe(false)
  })
})

describe("the key of signing secrets", () => {
  const loading = (key: string) =>
    Effect.runSync(
      Effect.result(loadSettings).pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ EVENT_SECRETS_KEY: key })
        )
      )
    )
  const key = Buffer.from("k".repeat(32)).toString("base64")

  it.each([key, `${key},${key}`, `${key}, ${key}`])("is taken: %s", (given) => {
    const loaded = loading(given)
    expect(loaded._tag).toBe("Success")
  })

  it.each(["a passphrase", key.slice(4), `${key},`, `${key},a passphrase`])(
    "is refused by name, and not repeated: %j",
    (given) => {
      const loaded = loading(given)
      if (loaded._tag === "Success") return expect.fail("it was taken")
      expect(loaded.failure.message).toMatch(/^The setting EVENT_SECRETS_KEY is not 32 bytes in Base64/)
      expect(loaded.failure.message).not.toContain(given)
    }
  )
})
