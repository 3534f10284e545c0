import { Effect } from "effect"
import type { Brand } from "./Entity.ts"
import { InvalidInput, RedirectNotAllowed } from "./refusals.ts"

/**
 * An absolute http(s) address, spelt so that every parser reads the same origin out of it: lower-case ASCII host,
 * no user part, no backslash, no white space or control character anywhere.
 */
const plainAddress =
  /^(https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/

const longest = 2048

/** The customer is sent back only to exact origins of the brand. */
export const checkRedirect = (
  field: string,
  address: string,
  brand: Brand
): Effect.Effect<void, InvalidInput | RedirectNotAllowed> => {
  if (address.length > longest) {
    return Effect.fail(
      new InvalidInput({ field, problem: `has ${address.length} characters; at most ${longest} are taken` })
    )
  }
  const origin = plainAddress.exec(address)?.[1]
  if (origin === undefined) {
    return Effect.fail(
      new InvalidInput({
        field,
        problem:
          "is not a plain absolute address; write it like https://shop.example/thanks, with a lower-case host"
      })
    )
  }
  return brand.redirectOrigins.includes(origin)
    ? Effect.void
    : Effect.fail(new RedirectNotAllowed({ field, origin, allowed: brand.redirectOrigins }))
}
