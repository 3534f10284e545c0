import { hash32 } from "../hash.ts"
import type { MidId, SessionId } from "../ids.ts"

/** Tells merchant accounts apart within one session's keys: ten hexadecimal digits of the account's id. */
export const midTag = (mid: MidId): string =>
  hash32(mid).toString(16).padStart(8, "0") + (hash32(mid, 1) & 0xff).toString(16).padStart(2, "0")

/**
 * The key that a processor sees for one attempt: a function of session, ordinal and MID, and of nothing else, so
 * that whoever asks again for the same attempt asks with the same key. At most 50 characters: NMI's `orderid`
 * holds no more.
 */
export const idempotencyKey = (session: SessionId, ordinal: number, mid: MidId): string =>
  `${session}-${ordinal}-${midTag(mid)}`
