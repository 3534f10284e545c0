import { randomUUID } from "node:crypto"
import { describe, expect, it } from "vitest"
import { cardExpiry, cardField, isTokenRef } from "../../../../src/layers/vault/basis-theory/tokenRefs.ts"

describe("a token's id", () => {
  it("is what the vault makes, and ids of one's own", () => {
    for (let nth = 0; nth < 200; nth++) expect(isTokenRef(randomUUID())).toBe(true)
    expect(isTokenRef("tok_of-nobody_1")).toBe(true)
  })

  it("is nothing that could leave its place in an address or an expression", () => {
    for (const text of [
      "",
      "a }} {{ b",
      "a|json",
      "a'",
      'a"',
      "a/b",
      "../tokens",
      "a?b",
      "a b",
      "a\n",
      "_a",
      "é",
      "x".repeat(129)
    ]) {
      expect(isTokenRef(text), text).toBe(false)
    }
  })

  it("is no card number, nor as long as one", () => {
    for (const text of ["4242424242424242", "4242-4242-4242-4242", "123456789012"]) {
      expect(isTokenRef(text), text).toBe(false)
    }
  })

  it("stands in the expression for a field of its card", () => {
    expect(cardField("tok_1", "number")).toBe("{{ tok_1 | json: '$.number' }}")
    expect(cardExpiry("tok_1")).toBe("{{ tok_1 | json: '$' | card_exp: 'MMYY' }}")
  })
})
