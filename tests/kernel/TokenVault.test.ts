import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { VaultedCard, VaultToken } from "../../src/kernel/Card.ts"
import {
  CardRefused,
  type TokenVault,
  UnknownToken,
  UnknownVault,
  vaultsOf,
  VaultUnavailable
} from "../../src/kernel/TokenVault.ts"

/** A vault that has every card, each with its own name in the fingerprint. */
const vault = (vaultId: string): TokenVault => ({
  vaultId,
  vaultCard: () => Effect.die("nobody hands over a raw card here"),
  getCard: (tokenRef) =>
    Effect.succeed(
      new VaultedCard({
        token: new VaultToken({ vaultId, tokenRef }),
        bin: "424242",
        last4: "4242",
        brand: "visa",
        expiryMonth: 12,
        expiryYear: 2030,
        fingerprint: vaultId
      })
    )
})

const cardOf = (vaults: ReadonlyArray<TokenVault>, vaultId: string) =>
  vaultsOf(vaults).getCard(new VaultToken({ vaultId, tokenRef: "tok_1" }))

describe("two vaults at once", () => {
  it.effect.each(["old", "new"])("each answer for their own tokens: %s", (vaultId) =>
    Effect.gen(function* () {
      expect(yield* cardOf([vault("old"), vault("new")], vaultId)).toMatchObject({
        fingerprint: vaultId,
        token: { vaultId, tokenRef: "tok_1" }
      })
    })
  )

  it.effect("refuse the token of a third, and say which are there", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(cardOf([vault("old"), vault("new")], "third"))
      expect(refusal).toEqual(new UnknownVault({ vaultId: "third", configured: ["old", "new"] }))
    })
  )
})

describe("what a vault refuses is told as what to do:", () => {
  it.each([
    [new CardRefused({ field: "expiryYear", problem: "is over" }), "the card's expiryYear is over"],
    [
      new UnknownToken({ vaultId: "stub", tokenRef: "tok_1" }),
      "the vault stub has no token tok_1; tokenize the card again and send the new token"
    ],
    [
      new VaultUnavailable({ vaultId: "stub", problem: "timeout" }),
      "the vault stub did not answer (timeout); this request charged nothing and may be repeated"
    ],
    [
      new UnknownVault({ vaultId: "stub", configured: ["old", "new"] }),
      "no vault stub is configured; configured are old, new"
    ],
    [
      new UnknownVault({ vaultId: "stub", configured: [] }),
      "no vault stub is configured; configured are none"
    ]
  ])("%s", (refusal, sentence) => {
    expect(refusal.message).toBe(sentence)
  })
})
