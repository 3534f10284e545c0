import { Context, type Duration, Schema } from "effect"
import type { Principal } from "../ids.ts"
import type { Operation } from "./Operation.ts"
import type { Scope } from "./Scope.ts"

/** The public part of an API key: it names the key and opens nothing. */
export const KeyId = Schema.String.check(Schema.isPattern(/^([0-9a-z]{16}|[0-9a-f]{64})$/)).pipe(
  Schema.brand("KeyId")
)
export type KeyId = typeof KeyId.Type

/** Whoever knocked with an API key, and what that key may do. */
export interface Caller {
  readonly principal: Principal
  readonly key: KeyId
  readonly operations: ReadonlySet<Operation>
  readonly scope: Scope
  /** When the key ends by itself, of one that does. */
  readonly endsIn?: Duration.Duration
}

/** The key with which whoever is served asks. Doors with keys set it; the service's own work asks with none. */
export const CurrentKey = Context.Reference<KeyId | undefined>(
  "payment-orchestration/kernel/access/Caller/CurrentKey",
  { defaultValue: () => undefined }
)
