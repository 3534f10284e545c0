import { hash32 } from "../hash.ts"
import type { SessionId } from "../ids.ts"
import type { Account } from "./RoutingPolicy.ts"

/**
 * The order in which eligible accounts are tried: priority first; within one priority, accounts with room left
 * under their approved monthly cap come before fuller ones (in tenths of the cap); among equals each account
 * comes first for its weight's share of all sessions. The share is drawn from a hash of session and account, so
 * the same session meets the same order on every machine.
 *
 * This spreads volume over the accounts of one entity inside the caps that its acquirers approved. It never
 * looks at disputes, and must not: spreading volume to evade a monitoring programme is unlawful.
 */
export const order = (accounts: ReadonlyArray<Account>, session: SessionId): ReadonlyArray<Account> => {
  if (accounts.length < 2) return accounts
  return accounts
    .map((entry) => ({ entry, fullness: fullness(entry), draw: draw(session, entry) }))
    .toSorted(
      (a, b) =>
        a.entry.account.priority - b.entry.account.priority ||
        a.fullness - b.fullness ||
        a.draw - b.draw ||
        (a.entry.account.id < b.entry.account.id ? -1 : 1)
    )
    .map(({ entry }) => entry)
}

/** How full the approved cap is, in tenths; an account without a cap is never full. */
const fullness = ({ account, capturedThisMonth }: Account): number =>
  account.monthlyCap === undefined || account.monthlyCap.amount === 0
    ? 0
    : Math.floor((capturedThisMonth * 10) / account.monthlyCap.amount)

/**
 * The draw of weighted rendezvous hashing, -log2(u) / weight for a uniform u: the smallest of several is each
 * one's with the probability of its weight. In fixed point, because Math.log may differ between engines.
 */
const draw = (session: SessionId, { account }: Account): number =>
  Math.floor((negativeLog2(hash32(session, hash32(account.id))) * 1024) / account.weight)

/** -log2((n + 1) / 2^32) in units of 2^-16, by repeated squaring of a 16-bit mantissa. */
const negativeLog2 = (n: number): number => {
  const value = n + 1
  if (value >= 0x1_0000_0000) return 0
  const exponent = 31 - Math.clz32(value)
  let mantissa = exponent >= 16 ? value >>> (exponent - 16) : value << (16 - exponent)
  let fraction = 0
  for (let bit = 15; bit >= 0; bit--) {
    // Below 2^34: exact in a double, and shifted back to 17 bits by division rather than by a 32-bit shift.
    mantissa = Math.floor((mantissa * mantissa) / 65_536)
    if (mantissa >= 131_072) {
      fraction |= 1 << bit
      mantissa >>>= 1
    }
  }
  return (32 - exponent) * 65_536 - fraction
}
