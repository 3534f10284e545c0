import { Order } from "effect"
import { hash32, mix32 } from "../hash.ts"
import type { SessionId } from "../ids.ts"
import type { MerchantAccount } from "../MerchantAccount.ts"
import type { CompiledAccount } from "./CompiledAccount.ts"

// The order in which eligible accounts are tried: priority first; within one priority, accounts with room left
// under their approved monthly cap come before fuller ones (in tenths of the cap); among equals each account
// comes first for its weight's share of all sessions. The share is drawn from a hash of session and account, so
// the same session meets the same order on every machine.
//
// This spreads volume over the accounts of one entity inside the caps that its acquirers approved. It never
// looks at disputes, and must not: spreading volume to evade a monitoring programme is unlawful.

/** The part of the order that does not depend on the session, for the compiled policy. */
export const standing = (a: CompiledAccount, b: CompiledAccount): number =>
  compareStanding(a, b) || Order.String(a.account.id, b.account.id)

const compareStanding = (a: CompiledAccount, b: CompiledAccount): number =>
  a.account.priority - b.account.priority || a.fullness - b.fullness

/** The accounts in the order to try them for one session. They come in the order of {@link standing}. */
export const order = (
  eligible: ReadonlyArray<CompiledAccount>,
  session: SessionId
): ReadonlyArray<MerchantAccount> => {
  const sessionSeed = hash32(session)
  const ordered: Array<CompiledAccount> = []
  const draws: Array<number> = []
  // Sorting by insertion: only equals change places, and they are few.
  for (const account of eligible) {
    const draw = negativeLog2(mix32(sessionSeed ^ account.seed)) / account.account.weight
    let place = ordered.length
    for (; place > 0; place--) {
      const before = ordered[place - 1]
      const drawBefore = draws[place - 1]
      if (before === undefined || drawBefore === undefined) break
      if (drawBefore <= draw || compareStanding(before, account) !== 0) break
      ordered[place] = before
      draws[place] = drawBefore
    }
    ordered[place] = account
    draws[place] = draw
  }
  return ordered.map(({ account }) => account)
}

/**
 * The draw of weighted rendezvous hashing is -log2(u) / weight for a uniform u: the smallest of several is each
 * one's with the probability of its weight. Here u is (n + 1) / 2^32 for a 32-bit n.
 *
 * Math.log2 may differ between engines and would give two machines two orders. This uses only arithmetic that
 * IEEE 754 fixes to the last bit, on a table with steps so fine that it is right to a millionth.
 */
export const negativeLog2 = (n: number): number => {
  const value = n + 1
  const exponent = 31 - Math.clz32(value)
  if (exponent < 0) return 0
  const position = (value / ((1 << exponent) >>> 0) - 1) * steps
  const step = Math.floor(position)
  const low = logarithms[step] ?? 0
  const high = logarithms[step + 1] ?? 1
  return 32 - exponent - (low + (high - low) * (position - step))
}

/** A half, a quarter and so on, to a trillionth. */
const bits = Array.from({ length: 39 }, (_, n) => 0.5 ** (n + 1))

/** log2 of a number from 1 to 2, by repeated squaring. */
const log2 = (number: number): number => {
  let square = number
  let result = 0
  for (const bit of bits) {
    square *= square
    const carry = Math.min(1, Math.floor(square / 2))
    result += carry * bit
    square /= 1 + carry
  }
  return result
}

const steps = 1024
const logarithms = Float64Array.from({ length: steps + 1 }, (_, step) => log2(1 + step / steps))
