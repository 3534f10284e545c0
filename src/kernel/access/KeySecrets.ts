import { Context, type Effect, type Redacted, Schema } from "effect"
import type { KeyId } from "./Caller.ts"

/** This server was not told what to hash keys with. Nothing was done. */
export class KeysNotKept extends Schema.TaggedError<KeysNotKept>()("KeysNotKept", {}) {
  override get message(): string {
    return "this server gives out no keys, because it has nothing to hash them with; whoever runs it sets API_KEY_SECRET"
  }
}

/** A key that was just drawn: what its holder is shown once, and what is kept of it. */
export interface DrawnKey {
  readonly id: KeyId
  readonly key: Redacted.Redacted
  readonly mac: string
}

/** The port to where API keys are drawn. */
export class KeySecrets extends Context.Service<
  KeySecrets,
  { readonly draw: Effect.Effect<DrawnKey, KeysNotKept> }
>()("payment-orchestration/kernel/access/KeySecrets") {}
