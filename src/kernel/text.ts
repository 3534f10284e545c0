import { Effect, Predicate } from "effect"
import { holdsCardNumber } from "./cardNumbers.ts"
import { holdsCardNumberInBase64 } from "./hiddenCardNumbers.ts"
import { InvalidInput } from "./refusals.ts"

/** Characters that no record can keep: NUL, and halves of a surrogate pair. */
const unkeepable = /\0|\p{Surrogate}/u

/** What is told of a card number, wherever it stands; the number is not repeated. */
export const cardNumberWords = "looks like a card number; this service takes vault tokens only"

/**
 * Refuses a request of which some text cannot be written down, or may not because it looks like a card number, at
 * the path of that text.
 */
export const checkText = (request: unknown): Effect.Effect<void, InvalidInput> => {
  const misfit = misfitIn(request, "")
  return misfit === undefined ? Effect.void : Effect.fail(new InvalidInput(misfit))
}

interface Misfit {
  readonly field: string
  readonly problem: string
}

const misfitIn = (value: unknown, path: string): Misfit | undefined => {
  const problem = problemOf(value)
  if (problem !== undefined) return { field: path, problem }
  if (!Predicate.isObjectOrArray(value)) return undefined
  for (const [key, part] of Object.entries(value)) {
    const inside = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
    // The name of a label is text of the caller's as well; it is not repeated.
    const problemOfName = problemOf(key)
    const found =
      problemOfName === undefined
        ? misfitIn(part, inside)
        : { field: path === "" ? "(a name)" : `${path}.(a name)`, problem: problemOfName }
    if (found !== undefined) return found
  }
  return undefined
}

const problemOf = (value: unknown): string | undefined => {
  // A number of so many digits is refused as an amount as well, but in words that repeat it.
  const text = Predicate.isNumber(value) ? String(value) : value
  if (!Predicate.isString(text)) return undefined
  if (unkeepable.test(text)) return "holds a character that is none: NUL, or half of a surrogate pair"
  return holdsCardNumber(text) || holdsCardNumberInBase64(text) ? cardNumberWords : undefined
}
