import { Effect } from "effect"
import { keyPattern, keyProblem } from "../http/idempotencyKey.ts"
import { InvalidInput } from "../kernel/refusals.ts"

/** The key as REST takes it in its header; null is the same as none. */
export const checkKey = (key: string | null | undefined): Effect.Effect<string | undefined, InvalidInput> => {
  if (key === null || key === undefined) return Effect.succeed(undefined)
  const problem = keyPattern.test(key) ? keyProblem(key) : "is not 1 to 255 printable characters (ASCII)"
  return problem === undefined
    ? Effect.succeed(key)
    : Effect.fail(new InvalidInput({ field: "idempotencyKey", problem }))
}
