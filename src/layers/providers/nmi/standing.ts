import { DateTime, Effect } from "effect"
import { type Captured, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { type ChargeReference, ChargeUnknown } from "../../../kernel/PaymentProvider.ts"
import { voidReference } from "../../../kernel/refunds/giveBack.ts"
import type { NmiAccount } from "./client.ts"
import { find, type LookupOptions, readyAccount } from "./lookup.ts"
import { capturedOf, rowOf } from "./queryDisposition.ts"
import { judgeRefundTransaction } from "./refundDisposition.ts"
import { type NmiTransaction, stampOf } from "./transactions.ts"
import { isTransactionId } from "./wire.ts"

const provider = "nmi"

/** A charge, as NMI shows it, with every refund that was made of it. */
interface Standing {
  readonly charge: NmiTransaction
  readonly captured: Captured
  /** It was voided, so all of it went back. */
  readonly voided: boolean
  readonly refunds: ReadonlyArray<NmiTransaction>
  readonly refunded: number
}

/** The charge itself: it took money, and was voided or not. */
export const chargeOf = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: NmiAccount,
  reference: string
): Effect.fn.Return<Pick<Standing, "charge" | "captured" | "voided">, ChargeUnknown | Indeterminate> {
  const unknownCharge = new ChargeUnknown({ provider, processorReference: reference })
  if (!isTransactionId(reference)) return yield* unknownCharge
  const found = yield* find(options, account, [["transaction_id", reference]])
  const [charge, ...others] = found
  if (charge === undefined) return yield* unknownCharge
  if (charge.id !== reference || others.length > 0) {
    return yield* unknown("answer_to_another", "the query answered another transaction")
  }
  const row = rowOf(charge)
  const captured = capturedOf(charge)
  if (captured === undefined || (row !== "captured" && row !== "canceled")) {
    return yield* unknown("not_captured", `the charge is ${charge.condition}`)
  }
  return { charge, captured, voided: row === "canceled" }
})

export const standingOf = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: NmiAccount,
  reference: string
): Effect.fn.Return<Standing, ChargeUnknown | Indeterminate> {
  const standing = yield* chargeOf(options, account, reference)
  const { charge, captured, voided } = standing
  if (voided) return { ...standing, refunds: [], refunded: captured.amount }
  const refunds = yield* refundsOf(options, account, charge)
  const judged = refunds.map(judgeRefundTransaction)
  const amounts = judged.map((refund) =>
    refund._tag === "RefundDone" && refund.refunded.money.currency === captured.currency
      ? refund.refunded.money.amount
      : refund._tag === "RefundDeclined"
        ? 0
        : undefined
  )
  const refunded = amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0)
  if (amounts.includes(undefined) || refunded > captured.amount) {
    return yield* unknown("refund_under_way", "what went back of the charge is not certain yet")
  }
  return { ...standing, refunds, refunded }
})

const pageSize = 100
/** No account gives back more often than this after one charge; if one does, nothing is concluded. */
const mostPages = 40

/**
 * The refunds of a charge. Each is a transaction of its own that names its original, which no query can be asked for,
 * so all refunds since the charge are listed. Whether pages begin at 0 or at 1 is told in two ways: both are read.
 */
const refundsOf = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: NmiAccount,
  charge: NmiTransaction
): Effect.fn.Return<ReadonlyArray<NmiTransaction>, Indeterminate> {
  const [first] = charge.actions
  if (first === undefined) return yield* unknown("not_captured", "the charge has no actions")
  const since = charge.actions.reduce((least, { at }) => DateTime.min(least, at), first.at)
  const found = new Map<string, NmiTransaction>()
  for (let page = 0; page < mostPages; page++) {
    const listed = yield* find(options, account, [
      ["action_type", "refund"],
      ["start_date", stampOf(since)],
      ["result_limit", String(pageSize)],
      ["page_number", String(page)]
    ])
    for (const refund of listed) if (refund.original === charge.id) found.set(refund.id, refund)
    if (page > 0 && listed.length < pageSize) return [...found.values()]
  }
  return yield* unknown("lookup_failed", "the list of refunds is too long to be read to its end")
})

/** The ids of everything that went back of a charge, whoever made it; a void is named by its charge. */
export const listRefunds = Effect.fnUntraced(function* (
  options: LookupOptions,
  { mid, processorReference }: ChargeReference
): Effect.fn.Return<ReadonlyArray<string>, Indeterminate> {
  const account = yield* readyAccount(options, mid)
  const { charge, voided } = yield* chargeOf(options, account, processorReference).pipe(
    Effect.catchTag("ChargeUnknown", (error) => unknown("charge_unknown", error.message))
  )
  return voided
    ? [voidReference(processorReference)]
    : (yield* refundsOf(options, account, charge)).map(({ id }) => id)
})

/** It cannot be said. */
export const unknown = (
  code: string,
  message: string,
  processorReference?: string
): Effect.Effect<never, Indeterminate> =>
  Effect.fail(
    new Indeterminate({
      ...(processorReference === undefined ? {} : { processorReference }),
      evidence: { code, message }
    })
  )
