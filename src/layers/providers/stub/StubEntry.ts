import { Schema } from "effect"
import { Currency } from "../../../kernel/Money.ts"

/** One line in the books of a simulated gateway. Lines are added, never changed. Times are epoch milliseconds. */
export class StubEntry extends Schema.Class<StubEntry>("StubEntry")({
  gateway: Schema.NonEmptyString,
  mid: Schema.NonEmptyString,
  idempotencyKey: Schema.NonEmptyString,
  /** `return`: what was refunded under the same key comes back. */
  operation: Schema.Literals(["charge", "refund", "return", "void"]),
  kind: Schema.Literals(["captured", "refunded", "returned", "voided", "declined"]),
  /** What the gateway answers when it is asked with the same key again. */
  code: Schema.String,
  processorReference: Schema.NonEmptyString,
  /** The charge that the line is about; of a charge, its own reference. */
  chargeReference: Schema.NonEmptyString,
  /** Minor units. */
  amount: Schema.Int,
  currency: Currency,
  tokenRef: Schema.String,
  /** When the money moves. It may lie ahead. */
  movesAt: Schema.Int,
  createdAt: Schema.Int
}) {}

/** What moved in all, by currency, and which sessions were captured more than once. Minor units. */
export interface StubTotals {
  readonly byCurrency: ReadonlyArray<{
    readonly currency: Currency
    readonly captured: number
    readonly refunded: number
    readonly voided: number
  }>
  /** Money that was or will be captured for one session more than once: there must be none. */
  readonly doubleCharges: ReadonlyArray<{ readonly session: string; readonly captures: number }>
}

/** The session of an idempotency key: what stands before the ordinal and the account's tag. */
export const sessionOfKey = (idempotencyKey: string): string => idempotencyKey.replace(/-[^-]*-[^-]*$/, "")

/** The charge of that reference, if its money has moved. */
export const movedCharge = (lines: ReadonlyArray<StubEntry>, now: number): StubEntry | undefined =>
  lines.find((line) => line.kind === "captured" && line.movesAt <= now)

/** How much of a charge went back, by refund or void, and did not come back again by now. */
export const wentBack = (lines: ReadonlyArray<StubEntry>, now: number): number =>
  lines.reduce((sum, { kind, amount, movesAt }) => {
    if (kind === "returned") return movesAt <= now ? sum - amount : sum
    return kind === "refunded" || kind === "voided" ? sum + amount : sum
  }, 0)

/**
 * How much of the charge's money the entry may still take back, given all lines about that charge. Zero if there
 * is no such charge, or if it is in another currency.
 */
export const left = (entry: StubEntry, about: ReadonlyArray<StubEntry>): number => {
  const charge = movedCharge(about, entry.createdAt)
  return charge === undefined || charge.currency !== entry.currency
    ? 0
    : charge.amount - wentBack(about, entry.createdAt)
}

/** Sums what has moved by now. */
export const totalsOf = (entries: ReadonlyArray<StubEntry>, now: number): StubTotals => {
  const currencies = [...new Set(entries.map(({ currency }) => currency))].toSorted()
  const moved = entries.filter(({ movesAt }) => movesAt <= now)
  const sum = (kind: StubEntry["kind"], currency: Currency) =>
    moved
      .filter((entry) => entry.kind === kind && entry.currency === currency)
      .reduce((total, { amount }) => total + amount, 0)
  const captures = new Map<string, number>()
  for (const { kind, idempotencyKey } of entries) {
    if (kind !== "captured") continue
    const session = sessionOfKey(idempotencyKey)
    captures.set(session, (captures.get(session) ?? 0) + 1)
  }
  return {
    byCurrency: currencies.map((currency) => ({
      currency,
      captured: sum("captured", currency),
      refunded: sum("refunded", currency) - sum("returned", currency),
      voided: sum("voided", currency)
    })),
    doubleCharges: [...captures]
      .filter(([, count]) => count > 1)
      .map(([session, count]) => ({ session, captures: count }))
  }
}
