import { ConfigProvider, Effect } from "effect"
import { describe, expect, it } from "vitest"
import { everySetting, loadSettings, refuseStrange, settings } from "../src/config.ts"
import { helpText } from "../src/settings/list.ts"

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

describe("a variable that nobody reads", () => {
  const saidOf = (...names: ReadonlyArray<string>) => {
    const judged = Effect.runSync(Effect.result(refuseStrange(["PATH", "HOME", ...names])))
    return judged._tag === "Success" ? "taken" : judged.failure.message
  }

  it.each([
    ["DATABASE_CONECTIONS", "DATABASE_CONNECTIONS"],
    ["DATABASE_URLS", "DATABASE_URL"],
    ["SESSION_LIFETMIE", "SESSION_LIFETIME"],
    ["LOG_LEVEK", "LOG_LEVEL"],
    ["PORTT", "PORT"],
    ["HOSTT", "HOST"],
    ["SEEDS", "SEED"],
    ["sandbox", "SANDBOX"]
  ])("is refused when it is nearly spelt like one of ours: %s", (name, meant) => {
    expect(saidOf(name)).toContain(`The setting ${name} is none of this service's; ${meant} is.`)
  })

  it.each(["STUB_PATIENCE", "BASIS_THEORY_TENANT"])("is refused when only ours begin so: %s", (name) => {
    expect(saidOf(name)).toContain(`The setting ${name} is none of this service's.`)
  })

  it.each([
    "HOSTS",
    "PORTS",
    "POST",
    "FEED",
    "COST",
    "DATABASE_HOST",
    "LOG_DIRECTORY",
    "SECRET_STRIPE_HEALTH",
    "STRIPE_API_KEY"
  ])("is somebody else's otherwise: %s", (name) => {
    expect(saidOf(name)).toBe("taken")
  })

  it("is none of those that are read", () => {
    expect(saidOf(...everySetting.map(({ words }) => words.name))).toBe("taken")
  })
})

describe("a setting that cannot be used", () => {
  const refusalOf = (env: Record<string, string>) => {
    const loaded = Effect.runSync(
      Effect.result(loadSettings).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
      )
    )
    return loaded._tag === "Success" ? "taken" : loaded.failure.message
  }
  const strict = everySetting.filter(({ words }) => !["a text", "a secret"].includes(words.values))

  it.each(strict.map(({ words }) => [words.name, words.values]))("%s says what it takes", (name, values) => {
    const said = refusalOf({ [name]: "?" })
    expect(said).toContain(`The setting ${name} cannot be used: it takes ${values}.`)
  })

  it("is not repeated when it is a secret", () => {
    const canary = "canary-4111-1111"
    const secrets = everySetting.filter(({ words }) => words.values === "a secret")
    expect(secrets.length).toBeGreaterThan(4)
    for (const { words } of secrets) expect(refusalOf({ [words.name]: canary })).not.toContain(canary)
  })

  it("is not one whose default is written out", () => {
    for (const { words } of everySetting) {
      if ("value" in words.standard) expect(refusalOf({ [words.name]: words.standard.value })).toBe("taken")
    }
  })
})

it("--help tells of every setting what it takes, and what holds without it", () => {
  const help = helpText(everySetting).replaceAll(/\s+/g, " ")
  for (const { words } of everySetting) {
    const standard = "value" in words.standard ? words.standard.value : words.standard.words
    expect(help).toContain(` ${words.name} `)
    expect(help).toContain(`Takes ${words.values}. Without it: ${standard}.`.replaceAll("`", ""))
  }
})
