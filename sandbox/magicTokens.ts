import { Effect } from "effect"
import { faultCards } from "./plumbing/faultCards.ts"
import { testCards } from "./stripe/testCards.ts"

/** A magic card as a token of the emulated vault, so that nobody has to type it. */
export interface MagicToken {
  /** `tok_` and the last four digits: `tok_4242`. */
  readonly id: string
  readonly number: string
}

/** Stripe's test cards that everybody knows, and all that make a fault. */
export const magicTokens: ReadonlyArray<MagicToken> = [
  ...Object.keys(testCards).filter((number) => !number.startsWith("400099")),
  ...faultCards.map(({ number }) => number)
].map((number) => ({ id: `tok_${number.slice(-4)}`, number }))

/** Has the emulated vault at an origin keep them; what it keeps already stays. */
export const keepMagicTokens = Effect.fnUntraced(function* (origin: string) {
  for (const { id, number } of magicTokens) {
    yield* Effect.promise(async () => {
      const headers = { "bt-api-key": "key_sandbox_private", "content-type": "application/json" }
      const before = await fetch(new URL(`/tokens/${id}`, origin), { headers })
      await before.body?.cancel()
      if (before.ok) return
      const response = await fetch(new URL("/tokens", origin), {
        method: "POST",
        headers,
        body: JSON.stringify({
          id,
          type: "card",
          data: {
            number,
            expiration_month: 12,
            expiration_year: 2034,
            cvc: number.startsWith("3") ? "9999" : "999"
          }
        })
      })
      if (response.status !== 201) {
        throw new Error(`${id} was not kept: ${response.status} ${await response.text()}`)
      }
    })
  }
})
