import { Effect } from "effect"
import { InvalidInput } from "../kernel/refusals.ts"

export const idempotencyKeyWords =
  "1 to 255 printable characters. The same key with the same request answers what it answered first; with another request it is refused."

/** The key as REST takes it in its header; null is the same as none. */
export const checkKey = (key: string | null | undefined): Effect.Effect<string | undefined, InvalidInput> =>
  key === null || key === undefined
    ? Effect.succeed(undefined)
    : /^[\x20-\x7e]{1,255}$/.test(key)
      ? Effect.succeed(key)
      : Effect.fail(
          new InvalidInput({
            field: "idempotencyKey",
            problem: "is not 1 to 255 printable characters (ASCII)"
          })
        )
