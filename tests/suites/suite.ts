import type { Effect, Layer } from "effect"
import { layer as withLayer } from "@effect/vitest"
import type { Storage } from "./StorageFixture.ts"

/** A law: an effect that fails when it does not hold, named by what it promises. */
export type Laws = { readonly [name: string]: Effect.Effect<void, unknown, Storage> }

/**
 * Puts a storage layer under some laws, on the real clock. The storage is built once for all of them and nobody
 * else uses it meanwhile.
 */
export const judge = (name: string, storage: Layer.Layer<Storage, unknown>, laws: Laws): void => {
  withLayer(storage, { excludeTestServices: true, timeout: 60_000 })(name, (it) => {
    for (const [law, holds] of Object.entries(laws)) it.effect(asSentence(law), () => holds)
  })
}

/** `neverTwoLiveAttempts` as a person reads it. */
const asSentence = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
