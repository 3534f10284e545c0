import { holdsCardNumber } from "../kernel/cardNumbers.ts"
import { cardNumberWords } from "../kernel/text.ts"

// The rule of idempotency keys, the same at every door.

/** 1 to 255 printable ASCII characters. */
export const keyPattern = /^[\x20-\x7e]{1,255}$/

/** Why a key that has the right form is not taken all the same: keys are written down. */
export const keyProblem = (key: string): string | undefined =>
  holdsCardNumber(key) ? cardNumberWords : undefined

export const idempotencyKeyWords =
  "1 to 255 printable characters. The same key with the same request answers the same session, as it is by then; with another request it is refused."

export const refundKeyWords =
  "1 to 255 printable characters. The same key with the same request answers the same refund, as it is by then; with another request it is refused. Send one, so that asking again never gives money back twice."
