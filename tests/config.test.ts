import { ConfigProvider, Effect } from "effect"
import { describe, expect, it } from "vitest"
import { settings } from "../src/config.ts"

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
