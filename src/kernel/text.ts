import { Effect, Predicate } from "effect"
import { InvalidInput } from "./refusals.ts"

/** Characters that no record can keep: NUL, and halves of a surrogate pair. */
const unkeepable = /\0|\p{Surrogate}/u

/** Refuses a request of which some text cannot be written down, at the path of that text. */
export const checkText = (request: unknown): Effect.Effect<void, InvalidInput> => {
  const field = unkeepableAt(request, "")
  return field === undefined
    ? Effect.void
    : Effect.fail(
        new InvalidInput({
          field,
          problem: "holds a character that is none: NUL, or half of a surrogate pair"
        })
      )
}

const unkeepableAt = (value: unknown, path: string): string | undefined => {
  if (Predicate.isString(value)) return unkeepable.test(value) ? path : undefined
  if (!Predicate.isObjectOrArray(value)) return undefined
  for (const [key, part] of Object.entries(value)) {
    const inside = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
    // The name of a label is text of the caller's as well; it is not repeated.
    const found = unkeepable.test(key) ? `${path}.(a name)` : unkeepableAt(part, inside)
    if (found !== undefined) return found
  }
  return undefined
}
