import { describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import { testCards } from "../../../../src/layers/providers/stub/testCards.ts"
import { makeStubVault } from "../../../../src/layers/vault/stub/StubVault.ts"
import { VaultUnderTest, vaultSuite } from "../../../suites/vault.ts"

const layer = Layer.sync(VaultUnderTest, makeStubVault)
const inJune2026 = TestClock.setTime(Date.UTC(2026, 5, 15))

vaultSuite({
  name: "StubVault, documented cards",
  layer,
  clock: "test",
  cards: [
    { number: "4242424242424242", brand: "visa" },
    { number: "378282246310005", brand: "amex" }
  ]
})

vaultSuite({
  name: "StubVault, other cards",
  layer,
  clock: "test",
  cards: [
    { number: "4111111111111111", brand: "visa" },
    { number: "6011111111111117", brand: "discover" }
  ]
})

describe("StubVault", () => {
  it.effect("gives every documented card its documented token, which is there from the start", () =>
    Effect.gen(function* () {
      yield* inJune2026
      for (const { number, tokenRef, brand, country } of testCards) {
        const known = yield* makeStubVault().getCard(tokenRef)
        expect(yield* makeStubVault().getCard(tokenRef)).toEqual(known)
        expect(known).toMatchObject({ brand, country, last4: number.slice(-4) })
        const vaulted = yield* makeStubVault().vaultCard({
          number: Redacted.make(number),
          expiryMonth: known.expiryMonth,
          expiryYear: known.expiryYear
        })
        expect(vaulted).toEqual(known)
      }
      expect(new Set(testCards.map(({ tokenRef }) => tokenRef)).size).toBe(testCards.length)
      expect(new Set(testCards.map(({ number }) => number)).size).toBe(testCards.length)
    })
  )

  it.effect("gives nothing away of a number: what is made of it nobody can make again", () =>
    Effect.gen(function* () {
      const card = { number: Redacted.make("4111111111111111"), expiryMonth: 1, expiryYear: 2040 }
      const vault = makeStubVault()
      const vaulted = yield* vault.vaultCard(card)
      expect(yield* vault.vaultCard(card)).toEqual(vaulted)
      const elsewhere = yield* makeStubVault().vaultCard(card)
      expect(elsewhere.token).not.toEqual(vaulted.token)
      expect(elsewhere.fingerprint).not.toEqual(vaulted.fingerprint)
    })
  )

  it.effect(
    "reads what a token that was made in a browser tells of its card, and takes no token that lies",
    () =>
      Effect.gen(function* () {
        const told = "tok_stub_visa_b41111111_l1111_x0431_ec44982cc56c5797c80c97e9"
        expect(yield* makeStubVault().getCard(told)).toMatchObject({
          token: { vaultId: "stub", tokenRef: told },
          brand: "visa",
          bin: "41111111",
          last4: "1111",
          expiryMonth: 4,
          expiryYear: 2031,
          fingerprint: "fp_stub_ec44982cc56c5797c80c97e9"
        })
        for (const [before, after] of [
          ["visa", "vista"],
          ["x0431", "x1331"],
          ["_l1111", "_l111"],
          ["97e9", "97e9 or 1=1"]
        ] as const) {
          const refused = yield* Effect.flip(makeStubVault().getCard(told.replace(before, after)))
          expect(refused._tag).toBe("UnknownToken")
        }
      })
  )

  it.effect("takes a card until the end of its month", () =>
    Effect.gen(function* () {
      yield* inJune2026
      const vault = makeStubVault()
      const card = { number: Redacted.make("4242424242424242"), expiryYear: 2026 }
      yield* vault.vaultCard({ ...card, expiryMonth: 6 })
      const error = yield* Effect.flip(vault.vaultCard({ ...card, expiryMonth: 5 }))
      expect(error).toMatchObject({ _tag: "CardRefused", field: "expiryMonth" })
    })
  )
})
