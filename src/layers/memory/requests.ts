import { Predicate } from "effect"
import type { IdempotentRequest } from "../../kernel/PaymentLedger.ts"
import { keyOf, type KeyRow, type Store } from "./Store.ts"

/** A request body as a database column keeps it: plain JSON, absent properties left out, in one order. */
export const toJson = (body: unknown): unknown => JSON.parse(JSON.stringify(ordered(body)))

/** Whether two bodies ask for the same. */
export const sameBody = (a: unknown, b: unknown): boolean =>
  JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, ordered(part)])
  )
}

/** What came before under the key of a request, if it has one. */
export const earlier = (
  store: Store,
  operation: KeyRow["operation"],
  { by, idempotencyKey: key }: IdempotentRequest<unknown>
): KeyRow | undefined => (key === undefined ? undefined : store.keys.get(keyOf({ by, operation, key })))
