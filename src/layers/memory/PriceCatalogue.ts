import { Effect, Layer } from "effect"
import { type Price, PriceCatalogue } from "../../kernel/PriceCatalogue.ts"
import { MemoryStore } from "./Store.ts"

/** The price catalogue in memory. */
export const layer: Layer.Layer<PriceCatalogue, never, MemoryStore> = Layer.effect(
  PriceCatalogue,
  Effect.gen(function* () {
    const { prices, plans } = yield* MemoryStore
    return {
      prices: (refs) =>
        Effect.sync(() => {
          const found = new Map<string, Price>()
          for (const ref of refs) {
            const price = prices.get(ref)
            if (price !== undefined) found.set(ref, price)
          }
          return found
        }),
      plan: (key) => Effect.sync(() => plans.get(key))
    }
  })
)
