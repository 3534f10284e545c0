import { Schema } from "effect"
import { ProductCategory } from "./Category.ts"
import { AttemptId, BrandId, EntityId, MidId, ProviderName, SessionId } from "./ids.ts"
import { Money } from "./Money.ts"

/**
 * `in_flight`: written ahead, may have been sent. `indeterminate`: sent, and nobody knows whether money moved.
 * `captured` and `declined` are final. `absent`: the processor never heard of it, past the time in which it would
 * have; that ends the session and never resumes the cascade. Every state but `declined` blocks another attempt.
 */
export const AttemptState = Schema.Literals(["in_flight", "captured", "declined", "indeterminate", "absent"])
export type AttemptState = typeof AttemptState.Type

/** One try to charge one session on one merchant account. */
export class Attempt extends Schema.Class<Attempt>("Attempt")({
  id: AttemptId,
  session: SessionId,
  /** Counts a session's attempts from 1. */
  ordinal: Schema.Int,
  mid: MidId,
  entity: EntityId,
  provider: ProviderName,
  category: ProductCategory,
  brand: BrandId,
  money: Money,
  idempotencyKey: Schema.String,
  state: AttemptState
}) {}
