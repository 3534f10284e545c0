import { layer } from "@effect/vitest"
import { Context, DateTime, Effect, type Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { expect } from "vitest"
import type { RawCard, TokenVault } from "../../src/kernel/TokenVault.ts"

/** The vault to judge. */
export class VaultUnderTest extends Context.Service<VaultUnderTest, TokenVault>()(
  "payment-orchestration/tests/suites/vault/VaultUnderTest"
) {}

/** A card number that the vault keeps, and what it has to say of the card. */
export interface VaultableCard {
  readonly number: string
  readonly brand: string
}

const card = (number: string, other: Partial<RawCard> = {}): RawCard => ({
  number: Redacted.make(number),
  expiryMonth: 11,
  expiryYear: 2031,
  ...other
})

/** Every way in which a value could show what it holds. */
const shown = (value: unknown): string =>
  [inspect(value, { depth: 10 }), JSON.stringify(value), String(value)].join("\n")

/** The laws of a vault. Two different cards are enough. */
export const vaultSuite = <E>(options: {
  readonly name: string
  readonly layer: Layer.Layer<VaultUnderTest, E>
  readonly clock: "test" | "live"
  readonly cards: readonly [VaultableCard, VaultableCard]
}): void => {
  const [one, other] = options.cards
  const excludeTestServices = options.clock === "live"
  layer(options.layer, { excludeTestServices })(`${options.name}: a vault`, (it) => {
    const law = (name: string, body: Effect.Effect<void, unknown, VaultUnderTest>) =>
      it.effect(name, () =>
        Effect.andThen(
          options.clock === "test" ? TestClock.setTime(Date.UTC(2026, 5, 15)) : Effect.void,
          body
        )
      )

    for (const { number, brand } of options.cards) {
      law(
        `tells of a ${brand} card what may be known, and never its number`,
        Effect.gen(function* () {
          const vault = yield* VaultUnderTest
          const vaulted = yield* vault.vaultCard(card(number))
          expect(vaulted.token.vaultId).toBe(vault.vaultId)
          expect(vaulted).toMatchObject({
            brand,
            last4: number.slice(-4),
            bin: number.slice(0, vaulted.bin.length),
            expiryMonth: 11,
            expiryYear: 2031
          })
          expect(vaulted.bin.length + vaulted.last4.length).toBeLessThan(number.length)
          expect(yield* vault.getCard(vaulted.token.tokenRef)).toEqual(vaulted)
          expect(shown(vaulted)).not.toContain(number)
        })
      )
    }

    law(
      "knows a card again by its fingerprint, and only that card",
      Effect.gen(function* () {
        const vault = yield* VaultUnderTest
        const first = yield* vault.vaultCard(card(one.number))
        const again = yield* vault.vaultCard(card(one.number, { expiryYear: 2032 }))
        const another = yield* vault.vaultCard(card(other.number))
        expect(again.fingerprint).toBe(first.fingerprint)
        expect(another.fingerprint).not.toBe(first.fingerprint)
        expect(another.token.tokenRef).not.toBe(first.token.tokenRef)
      })
    )

    law(
      "knows no token that it did not give, and says which",
      Effect.gen(function* () {
        const vault = yield* VaultUnderTest
        const error = yield* Effect.flip(vault.getCard("tok_of_nobody"))
        expect(error).toMatchObject({
          _tag: "UnknownToken",
          vaultId: vault.vaultId,
          tokenRef: "tok_of_nobody"
        })
      })
    )

    law(
      "does not repeat a number that is taken for a token",
      Effect.gen(function* () {
        const vault = yield* VaultUnderTest
        const spaced = one.number.replace(/(.{4})/g, "$1 ").trim()
        for (const text of [one.number, spaced]) {
          const error = yield* Effect.flip(vault.getCard(text))
          expect(error._tag).toBe("UnknownToken")
          expect(`${shown(error)}${error.message}`).not.toContain(text)
        }
      })
    )

    law(
      "opens a session of its own for every browser, if it opens any, and shows its key to nobody",
      Effect.gen(function* () {
        const { browserSessions } = yield* VaultUnderTest
        if (browserSessions === undefined) return
        const first = yield* browserSessions.openSession
        const second = yield* browserSessions.openSession
        const key = Redacted.value(first.sessionKey)
        expect(key).not.toBe("")
        expect(Redacted.value(second.sessionKey)).not.toBe(key)
        expect(shown(first)).not.toContain(key)
        expect(DateTime.isGreaterThan(first.expiresAt, yield* DateTime.now)).toBe(true)
      })
    )

    law(
      "keeps no card of an intent that it does not know, and says which",
      Effect.gen(function* () {
        const { cardIntents, vaultId } = yield* VaultUnderTest
        if (cardIntents === undefined) return
        for (const intentRef of ["intent_of_nobody", one.number]) {
          const error = yield* Effect.flip(cardIntents.keepCard(intentRef))
          expect(error).toMatchObject({ _tag: "UnknownToken", vaultId })
          expect(`${shown(error)}${error.message}`).not.toContain(one.number)
        }
      })
    )

    const lastDigit = Number(one.number.slice(-1))
    const wrongNumber = `${one.number.slice(0, -1)}${(lastDigit + 1) % 10}`
    const refusals: ReadonlyArray<readonly [what: string, field: string, refused: RawCard]> = [
      ["a number whose check digit is wrong", "number", card(wrongNumber)],
      ["a number that is too short", "number", card(one.number.slice(0, 8))],
      ["a number with letters", "number", card(`${one.number.slice(0, -1)}x`)],
      ["an empty number", "number", card("")],
      ["month 0", "expiryMonth", card(one.number, { expiryMonth: 0 })],
      ["month 13", "expiryMonth", card(one.number, { expiryMonth: 13 })],
      ["half a month", "expiryMonth", card(one.number, { expiryMonth: 1.5 })],
      ["a year of two digits", "expiryYear", card(one.number, { expiryYear: 31 })],
      ["a year that is over", "expiryYear", card(one.number, { expiryYear: 2020 })],
      [
        "a security code with letters",
        "securityCode",
        card(one.number, { securityCode: Redacted.make("12x") })
      ]
    ]
    for (const [what, field, refused] of refusals) {
      law(
        `refuses ${what}, names the field and repeats nothing`,
        Effect.gen(function* () {
          const vault = yield* VaultUnderTest
          const error = yield* Effect.flip(vault.vaultCard(refused))
          expect(error).toMatchObject({ _tag: "CardRefused", field })
          const number = Redacted.value(refused.number)
          if (number.length > 0) expect(`${shown(error)}${error.message}`).not.toContain(number)
          if (refused.securityCode !== undefined) {
            expect(shown(error)).not.toContain(Redacted.value(refused.securityCode))
          }
        })
      )
    }
  })
}
