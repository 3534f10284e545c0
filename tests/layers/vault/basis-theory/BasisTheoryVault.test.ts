import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Layer, Option, Redacted } from "effect"
import { startSandbox } from "../../../../sandbox/startSandbox.ts"
import type { Answered, Exchanged, OutgoingRequest } from "../../../../src/layers/transport/Exchange.ts"
import { exchangeOnce } from "../../../../src/layers/transport/exchangeOnce.ts"
import { makeBasisTheoryVault } from "../../../../src/layers/vault/basis-theory/BasisTheoryVault.ts"
import {
  basisTheorySettings,
  type BasisTheorySettings,
  basisTheoryTimings
} from "../../../../src/layers/vault/basis-theory/config.ts"
import { VaultUnderTest, vaultSuite } from "../../../suites/vault.ts"

const settingsFor = (origin: string): BasisTheorySettings => ({
  origin,
  apiKey: Redacted.make("key_sandbox_private"),
  publicKey: Redacted.make("key_sandbox_public"),
  timings: basisTheoryTimings
})

vaultSuite({
  name: "BasisTheoryVault, against the emulator",
  layer: Layer.effect(
    VaultUnderTest,
    Effect.map(startSandbox(), ({ basisTheory }) =>
      makeBasisTheoryVault(settingsFor(basisTheory.origin), exchangeOnce())
    )
  ),
  clock: "live",
  cards: [
    { number: "4242424242424242", brand: "visa" },
    { number: "378282246310005", brand: "amex" }
  ]
})

/** Asks the emulator itself, as a browser does. */
const post = (origin: string, path: string, key: string, body: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(new URL(path, origin), {
      method: "POST",
      headers: { "bt-api-key": key, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const answered: unknown = await response.json()
    return { status: response.status, body: answered }
  })

const card = { number: "5555555555554444", expiration_month: 11, expiration_year: 2031, cvc: "123" }

describe("BasisTheoryVault", () => {
  it.live("lets a browser hand over a card in its session, and keeps the card when it is told to", () =>
    Effect.gen(function* () {
      const { basisTheory } = yield* startSandbox()
      const vault = makeBasisTheoryVault(settingsFor(basisTheory.origin), exchangeOnce())
      const { browserSessions, cardIntents } = vault
      if (browserSessions === undefined || cardIntents === undefined) throw new Error("it has no sessions")
      const { sessionKey } = yield* browserSessions.openSession
      const key = Redacted.value(sessionKey)
      const intent = yield* post(basisTheory.origin, "/token-intents", key, { type: "card", data: card })
      expect(intent.status).toBe(201)
      const id = JSON.parse(JSON.stringify(intent.body)).id
      const shown = yield* vault.getCard(id)
      expect(shown).toMatchObject({ brand: "mastercard", last4: "4444", country: "US", expiryYear: 2031 })
      const kept = yield* cardIntents.keepCard(id)
      expect(kept).toMatchObject({ last4: "4444", fingerprint: shown.fingerprint })
      expect(yield* vault.getCard(kept.token.tokenRef)).toEqual(kept)
      expect((yield* Effect.flip(cardIntents.keepCard(id)))._tag).toBe("UnknownToken")

      // The session does nothing else.
      const direct = yield* post(basisTheory.origin, "/tokens", key, { type: "card", data: card })
      expect(direct.status).toBe(403)
    })
  )

  it.live("says that it is unavailable when it is not there, or refuses our key", () =>
    Effect.gen(function* () {
      const { basisTheory } = yield* startSandbox()
      const refused = makeBasisTheoryVault(
        { ...settingsFor(basisTheory.origin), apiKey: Redacted.make("key_of_nobody") },
        exchangeOnce()
      )
      const gone = makeBasisTheoryVault(settingsFor("http://nobody.invalid"), exchangeOnce())
      expect(yield* Effect.flip(refused.getCard("tok_1"))).toMatchObject({
        _tag: "VaultUnavailable",
        problem: "it answered 401"
      })
      expect((yield* Effect.flip(gone.getCard("tok_1")))._tag).toBe("VaultUnavailable")
    })
  )

  it.effect("sends nothing that is no token, least of all a card number", () =>
    Effect.gen(function* () {
      const sent: Array<OutgoingRequest> = []
      const vault = makeBasisTheoryVault(settingsFor("https://vault.example"), (request) => {
        sent.push(request)
        return Effect.succeed<Exchanged>({ _tag: "Unanswered", code: "timeout" })
      })
      for (const text of ["4242424242424242", "../sessions", "a }} {{ b", ""]) {
        expect((yield* Effect.flip(vault.getCard(text)))._tag).toBe("UnknownToken")
        expect((yield* Effect.flip(vault.cardIntents?.keepCard(text) ?? Effect.void))?._tag).toBe(
          "UnknownToken"
        )
      }
      expect(sent).toEqual([])
    })
  )
})

const token = {
  id: "tok_1",
  type: "card",
  fingerprint: "fp_1",
  card: {
    bin: "42424242",
    last4: "4242",
    brand: "visa",
    expiration_month: 12,
    expiration_year: 2031,
    issuer_country: { alpha2: "DE" }
  }
}

const answered = (status: number, body: unknown, whole = true): Answered => ({
  _tag: "Answered",
  status,
  headers: [],
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  whole
})

/** What the vault tells of `tok_1` when it is answered so. */
const told = (exchanged: Exchanged) =>
  Effect.exit(
    makeBasisTheoryVault(settingsFor("https://vault.example"), () => Effect.succeed(exchanged)).getCard(
      "tok_1"
    )
  ).pipe(Effect.map((exit) => (exit._tag === "Success" ? exit.value : String(exit.cause))))

describe("what is told of a card", () => {
  it.effect("is what the vault knows of it", () =>
    Effect.gen(function* () {
      expect(yield* told(answered(200, token))).toMatchObject({
        token: { vaultId: "basis_theory", tokenRef: "tok_1" },
        bin: "42424242",
        brand: "visa",
        fingerprint: "fp_1",
        country: "DE"
      })
    })
  )

  it.effect.each([
    ["american-express", "37828224", "amex"],
    ["diners-club", "36227206", "diners"],
    ["unionpay", "62000000", "unionpay"],
    ["unknown", "51051051", "mastercard"],
    [null, "60115564", "discover"]
  ] as const)("names its network as this service does: %s", ([brand, bin, expected]) =>
    Effect.gen(function* () {
      const known = { ...token, card: { ...token.card, brand, bin } }
      expect(yield* told(answered(200, known))).toMatchObject({ brand: expected })
    })
  )

  it.effect.each<readonly [string, Exchanged]>([
    ["another token's", answered(200, { ...token, id: "tok_2" })],
    ["no card's", answered(200, { ...token, type: "bank" })],
    ["without a fingerprint", answered(200, { ...token, fingerprint: null })],
    ["without an expiry", answered(200, { ...token, card: { ...token.card, expiration_year: null } })],
    ["of a network that is not charged", answered(200, { ...token, card: { ...token.card, brand: "elo" } })],
    [
      "of a network named like a property",
      answered(200, { ...token, card: { ...token.card, brand: "toString" } })
    ],
    ["cut short", answered(200, token, false)],
    ["repeated", answered(200, JSON.stringify(token).replace("{", '{"id":"tok_1",'))],
    ["HTML", answered(200, "<html>")],
    ["a failure", answered(503, {})],
    ["no answer", { _tag: "Unanswered", code: "timeout" }],
    ["never asked", { _tag: "NotSent", code: "ECONNREFUSED" }]
  ])("is nothing when the answer is %s", ([, exchanged]) =>
    Effect.gen(function* () {
      expect(yield* told(exchanged)).toContain("VaultUnavailable")
    })
  )
})

describe("the settings", () => {
  const read = (env: Record<string, string>) =>
    Effect.runSyncExit(
      basisTheorySettings.pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
      )
    )

  it("are none without a key, and the documented ones with it", () => {
    expect(read({})).toMatchObject({ _tag: "Success", value: Option.none() })
    expect(read({ BASIS_THEORY_API_KEY: "key" })).toMatchObject({
      value: Option.some({ origin: "https://api.basistheory.com", publicKey: undefined })
    })
  })

  it("send the key to this machine only without TLS", () => {
    for (const [origin, taken] of [
      ["http://127.0.0.1:4103", true],
      ["http://[::1]:4103", true],
      ["https://api.test.basistheory.com", true],
      ["http://api.basistheory.com", false],
      ["http://127.0.0.1.example", false],
      ["https://api.basistheory.com/", false],
      ["api.basistheory.com", false]
    ] as const) {
      expect(read({ BASIS_THEORY_API_KEY: "key", BASIS_THEORY_ORIGIN: origin })._tag, origin).toBe(
        taken ? "Success" : "Failure"
      )
    }
  })

  it("wait longer for the proxy than the proxy waits", () => {
    expect(Duration.toSeconds(basisTheoryTimings.proxyDeadline)).toBeGreaterThan(25)
  })
})
