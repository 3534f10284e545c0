import { Clock, DateTime, Duration, Effect } from "effect"
import { Declined, type Evidence, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import {
  type ChargeReference,
  ChargeUnknown,
  type RefundContext,
  type Refunded,
  type RefundLookup,
  type RefundLookupResult,
  refundOfAnother,
  type RefundRequest
} from "../../../kernel/PaymentProvider.ts"
import { voidReference } from "../../../kernel/refunds/giveBack.ts"
import { decimalOf } from "./amounts.ts"
import type { NmiAccount } from "./client.ts"
import { find, type LookupOptions, readyAccount } from "./lookup.ts"
import { judgeRefund, judgeRefundTransaction, judgeVoid } from "./refundDisposition.ts"
import type { SentKeys } from "./sentKeys.ts"
import { chargeOf, standingOf, unknown } from "./standing.ts"
import type { NmiTransaction } from "./transactions.ts"
import { isTransactionId } from "./wire.ts"

export interface RefundOptions extends LookupOptions {
  readonly sent: SentKeys
}

/** How much was captured and how much of it went back. */
export const refundContext = (
  options: LookupOptions,
  { mid, processorReference }: ChargeReference
): Effect.Effect<RefundContext, ChargeUnknown | Indeterminate> =>
  Effect.gen(function* () {
    const account = yield* readyAccount(options, mid)
    const { charge, captured, refunded } = yield* standingOf(options, account, processorReference)
    return {
      captured: { amount: captured.amount, currency: captured.currency },
      refundedAmount: refunded,
      ...(isVoidable(charge, refunded) ? { voidOnly: true } : {}),
      ...(charge.orderId === "" ? {} : { idempotencyKey: charge.orderId })
    }
  })

/** Before it is settled a charge is given back by a void, unless some of it went back already. */
const isVoidable = ({ condition }: NmiTransaction, refunded: number): boolean =>
  condition === "pendingsettlement" && refunded === 0

/**
 * Gives money back, once for each key: NMI makes nothing of a key, so what carries it already is the answer. The
 * amount is always said, because a refund without one, or of 0.00, gives back everything.
 */
export const createRefund = Effect.fnUntraced(function* (
  options: RefundOptions,
  request: RefundRequest
): Effect.fn.Return<Refunded, Declined | Indeterminate> {
  const { mid, processorReference, money, idempotencyKey } = request
  const start = yield* Clock.monotonicTimeNanos
  if (options.sent.has(idempotencyKey)) return yield* refundedBefore(options, request)
  const account = yield* readyAccount(options, mid).pipe(Effect.mapError(notSent))
  const standing = yield* standingOf(options, account, processorReference).pipe(Effect.mapError(notSent))
  const { captured, refunded, voided } = standing
  if (!/^[\w-]{1,50}$/.test(idempotencyKey)) return yield* refuse("bad_key", "the key is no orderid")
  const before = yield* withKey(options, account, request)
  if (before !== undefined) return yield* again(before, request)
  if (voided) return yield* refuse("voided", "the charge was voided")
  if (captured.currency !== money.currency) {
    return yield* refuse("wrong_currency", `the charge is in ${captured.currency}, not in ${money.currency}`)
  }
  if (!(money.amount >= 1) || money.amount > captured.amount - refunded) {
    return yield* refuse("too_much", `${decimalOf(captured.amount - refunded)} is left of the charge`)
  }
  if (yield* isLate(start)) return yield* refuse("not_sent", "looking at the charge took too long")
  if (!options.sent.claim(idempotencyKey)) return yield* refundedBefore(options, request)
  const reply = yield* options.client.transact(account, [
    ["type", "refund"],
    ["transactionid", processorReference],
    ["amount", decimalOf(money.amount)],
    ["orderid", idempotencyKey]
  ])
  const judged = judgeRefund(reply, request)
  return judged instanceof Declined || judged instanceof Indeterminate ? yield* judged : judged
})

/** What came of the refund that this process sent under the key; another one is never sent. */
const refundedBefore = Effect.fnUntraced(function* (
  options: RefundOptions,
  request: RefundRequest
): Effect.fn.Return<Refunded, Declined | Indeterminate> {
  const account = yield* readyAccount(options, request.mid)
  const before = yield* withKey(options, account, request)
  return before === undefined
    ? yield* unknown("sent_before", "a refund was sent under this key, and no query shows it yet")
    : yield* again(before, request)
})

const again = (
  before: RefundLookupResult,
  { money }: RefundRequest
): Effect.Effect<Refunded, Declined | Indeterminate> => {
  switch (before._tag) {
    case "RefundDone": {
      const { refunded } = before
      return refunded.money.amount === money.amount && refunded.money.currency === money.currency
        ? Effect.succeed(refunded)
        : unknown("other_money", "other money went back under this key")
    }
    case "RefundDeclined":
      return Effect.fail(before.declined)
    case "RefundPending": {
      const { evidence, refundReference } = before
      return unknown(evidence.code, evidence.message, refundReference)
    }
    case "RefundNotFound":
      return Effect.fail(new Indeterminate({ evidence: before.evidence }))
  }
}

/**
 * How long looking at the charge may take: together with the answer to the one request that gives back, less than
 * whoever asked waits for.
 */
const lookPatience = Duration.seconds(9)

/** Whoever stood still for so long may have been given up and taken over: nothing is sent any more. */
const isLate = (start: bigint): Effect.Effect<boolean> =>
  Effect.map(Clock.monotonicTimeNanos, (now) => now - start > Duration.toNanosUnsafe(lookPatience))

const refuse = (code: string, message: string): Effect.Effect<never, Declined> =>
  Effect.fail(new Declined({ kind: "hard", evidence: { code, message: `nothing was sent: ${message}` } }))

const evidenceOf = (error: ChargeUnknown | Indeterminate): Evidence =>
  error instanceof ChargeUnknown ? { code: "charge_unknown", message: error.message } : error.evidence

/** What kept a refund or a void from being sent. */
const notSent = (error: ChargeUnknown | Indeterminate): Declined => {
  const { code, message } = evidenceOf(error)
  return new Declined({ kind: "hard", evidence: { code, message: `nothing was sent: ${message}` } })
}

type RefundQuery = Parameters<RefundLookup["lookupRefund"]>[0]

/** The refund that carries a key; nothing if there is none. */
const withKey = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: NmiAccount,
  { idempotencyKey, processorReference, money }: RefundRequest
): Effect.fn.Return<RefundLookupResult | undefined, Indeterminate> {
  const found = yield* find(options, account, [["order_id", idempotencyKey]])
  const [refund, ...others] = found
  if (refund === undefined) return undefined
  if (others.length > 0 || refund.orderId !== idempotencyKey || refund.original !== processorReference) {
    return yield* unknown(refundOfAnother, "what carries the key is not one refund of the charge")
  }
  const judged = judgeRefundTransaction(refund)
  // What other money did not go back says nothing of this; what did go back is told, whatever it is.
  const isOther =
    refund.actions.some(({ type, amount }) => type === "refund" && Math.abs(amount) !== money.amount) ||
    !["", money.currency].includes(refund.currency)
  if (judged._tag === "RefundDeclined" && isOther) {
    return yield* unknown("other_money", "a refund of other money carries the key, and was not done")
  }
  return judged instanceof Indeterminate ? yield* judged : judged
})

/** What became of one refund by its own id, whoever made it. */
export const readRefund = Effect.fnUntraced(function* (
  options: LookupOptions,
  { mid, processorReference, refundReference }: ChargeReference & { readonly refundReference: string }
): Effect.fn.Return<RefundLookupResult, Indeterminate> {
  const account = yield* readyAccount(options, mid)
  if (refundReference === voidReference(processorReference)) {
    return yield* readVoid(options, account, processorReference)
  }
  if (!isTransactionId(refundReference)) {
    const evidence = { code: "not_found", message: `${refundReference} is no transaction of NMI's` }
    return { _tag: "RefundNotFound", evidence }
  }
  const [refund, ...others] = yield* find(options, account, [["transaction_id", refundReference]])
  if (refund === undefined) {
    const evidence = { code: "not_found", message: `there is no refund ${refundReference}` }
    return { _tag: "RefundNotFound", evidence }
  }
  if (others.length > 0 || refund.id !== refundReference || refund.original !== processorReference) {
    return yield* unknown(refundOfAnother, "the query answered no refund of the charge")
  }
  const judged = judgeRefundTransaction(refund)
  return judged instanceof Indeterminate ? yield* judged : judged
})

/** A void is an action of its charge, and has no transaction of its own. */
const readVoid = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: NmiAccount,
  processorReference: string
): Effect.fn.Return<RefundLookupResult, Indeterminate> {
  const refundReference = voidReference(processorReference)
  const { charge, captured, voided } = yield* chargeOf(options, account, processorReference).pipe(
    Effect.catchTag("ChargeUnknown", (error) => unknown("charge_unknown", error.message))
  )
  const { amount, currency } = captured
  if (voided) return { _tag: "RefundDone", refunded: { refundReference, money: { amount, currency } } }
  const evidence = { code: charge.condition, message: `the charge is ${charge.condition}, not voided` }
  return charge.condition === "complete"
    ? {
        _tag: "RefundDeclined",
        declined: new Declined({ kind: "hard", processorReference: refundReference, evidence })
      }
    : { _tag: "RefundPending", evidence, refundReference }
})

/** How far the clocks of our database and of NMI may be apart. */
const clockMargin = Duration.minutes(5)

/** What became of a refund, by the order id that it was sent with. */
export const lookupRefund = Effect.fnUntraced(function* (
  options: LookupOptions,
  query: RefundQuery
): Effect.fn.Return<RefundLookupResult, Indeterminate> {
  const { mid, processorReference, writtenAt, money } = query
  const account = yield* readyAccount(options, mid)
  const found = yield* withKey(options, account, query)
  if (found !== undefined) return found
  const { charge, refunds } = yield* standingOf(options, account, processorReference).pipe(
    Effect.catchTag("ChargeUnknown", (error) => unknown("charge_unknown", error.message))
  )
  // Should NMI have taken the refund and not its order id, this is how it would look.
  const since = DateTime.subtractDuration(writtenAt, clockMargin)
  const unnamed = refunds.find(
    ({ id, orderId, actions }) =>
      ["", id, charge.orderId].includes(orderId) &&
      actions.some(({ amount, at }) => amount === -money.amount && DateTime.isGreaterThan(at, since))
  )
  if (unnamed !== undefined) {
    return yield* unknown("refund_without_key", `the refund ${unnamed.id} may be this one and has no key`)
  }
  return {
    _tag: "RefundNotFound",
    evidence: { code: "not_found", message: `no refund of ${processorReference} carries the key` }
  }
})

/**
 * Takes a charge back before it is settled. It is looked at first: of one that was refunded in part a void would give
 * that part back twice. A void has no key at NMI, so one that was sent from here is known by its charge.
 */
export const voidCharge = Effect.fnUntraced(function* (
  options: RefundOptions,
  request: ChargeReference & { readonly idempotencyKey: string }
): Effect.fn.Return<{ readonly evidence: Evidence }, Declined | Indeterminate> {
  const { mid, processorReference, idempotencyKey } = request
  const start = yield* Clock.monotonicTimeNanos
  const asked = options.sent.has(idempotencyKey)
  const unread = (error: ChargeUnknown | Indeterminate) =>
    // Of a void that was sent, what cannot be read now says nothing.
    asked ? new Indeterminate({ evidence: evidenceOf(error) }) : notSent(error)
  const account = yield* readyAccount(options, mid).pipe(Effect.mapError(unread))
  const standing = yield* standingOf(options, account, processorReference).pipe(Effect.mapError(unread))
  const { charge, refunded, voided } = standing
  const sentBefore = unknown("sent_before", "a void was sent under this key, and no query shows it yet")
  if (voided) {
    return asked
      ? { evidence: { code: "canceled", message: "the charge is voided" } }
      : yield* refuse("voided", "the charge was voided already")
  }
  if (asked) return yield* sentBefore
  if (!isVoidable(charge, refunded)) {
    return yield* refuse(
      charge.condition,
      refunded > 0 ? "some of the charge went back already" : "the charge is settled"
    )
  }
  if (yield* isLate(start)) return yield* refuse("not_sent", "looking at the charge took too long")
  if (!options.sent.claim(idempotencyKey)) return yield* sentBefore
  const reply = yield* options.client.transact(account, [
    ["type", "void"],
    ["transactionid", processorReference]
  ])
  const judged = judgeVoid(reply, { processorReference, orderId: charge.orderId })
  if (judged instanceof Declined || judged instanceof Indeterminate) return yield* judged
  return { evidence: { code: "100", message: "NMI voided the charge" } }
})
