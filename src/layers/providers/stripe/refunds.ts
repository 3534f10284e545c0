import { Clock, Duration, Effect, Option, Schema } from "effect"
import { Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { isCurrency } from "../../../kernel/Money.ts"
import {
  type ChargeReference,
  ChargeUnknown,
  type RefundContext,
  type Refunded,
  type RefundLookup,
  type RefundLookupResult,
  type RefundRequest
} from "../../../kernel/PaymentProvider.ts"
import type { AccountNotReady } from "../ProviderAccounts.ts"
import { type Form, isMissing, type StripeAccount, stripeAccount } from "./client.ts"
import { detailsOf } from "./disposition.ts"
import { unknownOf } from "./intents.ts"
import type { LookupOptions } from "./lookup.ts"
import { isAskedRefund, judgeRefund, judgeRefundAnswer } from "./refundDisposition.ts"
import { Page, Refund, RefundableIntent, type Reply } from "./wire.ts"

const provider = "stripe"

const isIntentId = (reference: string): boolean => /^pi_\w+$/.test(reference)

/** How much was captured and how much of it went back. */
export const refundContext = Effect.fnUntraced(function* (
  options: LookupOptions,
  { mid, processorReference }: ChargeReference
): Effect.fn.Return<RefundContext, ChargeUnknown | Indeterminate> {
  const unknownCharge = new ChargeUnknown({ provider, processorReference })
  if (!isIntentId(processorReference)) return yield* unknownCharge
  const account = yield* options.accounts
    .get(mid)
    .pipe(Effect.flatMap(stripeAccount), Effect.mapError(notReady))
  return yield* readContext(options, account, processorReference)
})

const notReady = (error: AccountNotReady) => unknownOf("account_not_ready", error.message)

const readContext = Effect.fnUntraced(function* (
  { client, timings }: LookupOptions,
  account: StripeAccount,
  processorReference: string
): Effect.fn.Return<RefundContext, ChargeUnknown | Indeterminate> {
  const reply = yield* client.get(
    account,
    `/v1/payment_intents/${processorReference}`,
    [["expand[]", "latest_charge"]],
    RefundableIntent,
    timings.readDeadline
  )
  if (isMissing(reply)) return yield* new ChargeUnknown({ provider, processorReference })
  if (reply._tag !== "Object") {
    return yield* unknownOf("unreadable_charge", `the charge could not be read${detailsOf(reply)}`)
  }
  const {
    id,
    status,
    amount_received: amount,
    currency,
    latest_charge: charge,
    livemode,
    metadata
  } = reply.value
  const key = metadata["attempt_id"]
  const code = currency.toUpperCase()
  return id === processorReference &&
    status === "succeeded" &&
    livemode === account.livemode &&
    isCurrency(code) &&
    charge?.currency === currency &&
    charge.amount_refunded >= 0 &&
    charge.amount_refunded <= amount
    ? {
        captured: { amount, currency: code },
        refundedAmount: charge.amount_refunded,
        ...(key === undefined ? {} : { idempotencyKey: key })
      }
    : yield* unknownOf("not_captured", `the charge is ${status}, with ${amount} ${currency} received`)
})

/**
 * Gives money back, once for each key. The charge is read first: Stripe refunds in the charge's currency, whichever
 * was meant.
 */
export const createRefund = Effect.fnUntraced(function* (
  options: LookupOptions,
  { mid, processorReference, money, idempotencyKey }: RefundRequest
): Effect.fn.Return<Refunded, Declined | Indeterminate> {
  const { client, timings } = options
  const start = yield* Clock.monotonicTimeNanos
  const refuse = (code: string, message: string) =>
    new Declined({ kind: "hard", evidence: { code, message: `no refund was sent: ${message}` } })
  if (!isIntentId(processorReference)) {
    return yield* refuse("charge_unknown", `${processorReference} is no charge of Stripe's`)
  }
  const account = yield* options.accounts.get(mid).pipe(
    Effect.flatMap(stripeAccount),
    Effect.mapError((error) => refuse("account_not_ready", error.message))
  )
  const { captured } = yield* readContext(options, account, processorReference).pipe(
    Effect.mapError((error) =>
      error instanceof ChargeUnknown
        ? refuse("charge_unknown", error.message)
        : refuse(error.evidence.code, error.evidence.message)
    )
  )
  if (captured.currency !== money.currency) {
    return yield* refuse("wrong_currency", `the charge is in ${captured.currency}, not in ${money.currency}`)
  }
  // Whoever stood still for so long may have been given up and taken over: nothing is sent any more.
  const late = (yield* Clock.monotonicTimeNanos) - start
  if (late > Duration.toNanosUnsafe(Duration.sum(timings.readDeadline, Duration.seconds(1)))) {
    return yield* refuse("not_sent", "reading the charge took too long")
  }
  const form: Form = [
    ["payment_intent", processorReference],
    ["amount", String(money.amount)],
    ["metadata[refund_id]", idempotencyKey]
  ]
  const first = yield* client.post(account, "/v1/refunds", form, Refund, {
    deadline: timings.refundDeadline,
    idempotencyKey
  })
  const reply = first._tag === "Object" && first.replayed ? yield* reread(options, account, first) : first
  const result = judgeRefundAnswer(reply, { idempotencyKey, processorReference })
  if (result instanceof Indeterminate) return yield* result
  switch (result._tag) {
    case "RefundDone": {
      const { refunded } = result
      const asAsked = refunded.money.amount === money.amount && refunded.money.currency === money.currency
      return asAsked
        ? refunded
        : yield* unknownOf(
            "other_money",
            "another amount went back than was asked for",
            refunded.refundReference
          )
    }
    case "RefundDeclined":
      return yield* result.declined
    case "RefundPending":
      return yield* unknownOf(result.evidence.code, result.evidence.message, result.refundReference)
    case "RefundNotFound":
      return yield* new Indeterminate({ evidence: result.evidence })
  }
})

/** A replay shows the refund as it was; this is what it is now. What cannot be read of it proves nothing. */
const reread = (
  { client, timings }: LookupOptions,
  account: StripeAccount,
  before: Extract<Reply<Refund>, { readonly _tag: "Object" }>
): Effect.Effect<Reply<Refund>> =>
  Effect.map(client.get(account, `/v1/refunds/${before.value.id}`, [], Refund, timings.readDeadline), (now) =>
    now._tag === "Object" && now.value.id === before.value.id
      ? now
      : {
          _tag: "Unreadable",
          status: now._tag === "Error" || now._tag === "Unreadable" ? now.status : 0,
          problem: `${before.value.id} was made under this key, and cannot be read again${detailsOf(now)}`
        }
  )

type RefundQuery = Parameters<RefundLookup["lookupRefund"]>[0]

/** What became of a refund, by the key that it carries. */
export const lookupRefund = Effect.fnUntraced(function* (
  options: LookupOptions,
  query: RefundQuery
): Effect.fn.Return<RefundLookupResult, Indeterminate> {
  const { client, accounts, timings } = options
  const { mid, processorReference, idempotencyKey, refundReference } = query
  const account = yield* accounts.get(mid).pipe(Effect.flatMap(stripeAccount), Effect.mapError(notReady))
  if (refundReference !== undefined && /^(re|pyr)_\w+$/.test(refundReference)) {
    const path = `/v1/refunds/${refundReference}`
    const reply = yield* client.get(account, path, [], Refund, timings.readDeadline)
    if (reply._tag !== "Object" && !isMissing(reply)) {
      return yield* unknownOf("lookup_failed", `the refund could not be read${detailsOf(reply)}`)
    }
    if (reply._tag === "Object" && isAskedRefund(reply.value, query)) return yield* proven(reply.value, query)
  }
  const found = (yield* refundsOf(options, account, processorReference)).filter((one) =>
    isAskedRefund(one, query)
  )
  const [refund, ...others] = found
  if (others.length > 0) {
    return yield* unknownOf("several_refunds", `${found.length} refunds carry the key ${idempotencyKey}`)
  }
  return refund === undefined
    ? {
        _tag: "RefundNotFound",
        evidence: { code: "not_found", message: `no refund of ${processorReference} carries the key` }
      }
    : yield* proven(refund, query)
})

/** What became of one refund by its own id, whoever made it. */
export const readRefund = Effect.fnUntraced(function* (
  { client, accounts, timings }: LookupOptions,
  { mid, processorReference, refundReference }: ChargeReference & { readonly refundReference: string }
): Effect.fn.Return<RefundLookupResult, Indeterminate> {
  const account = yield* accounts.get(mid).pipe(Effect.flatMap(stripeAccount), Effect.mapError(notReady))
  if (!/^(re|pyr)_\w+$/.test(refundReference)) {
    const evidence = { code: "not_found", message: `${refundReference} is no refund of Stripe's` }
    return { _tag: "RefundNotFound", evidence }
  }
  const path = `/v1/refunds/${refundReference}`
  const reply = yield* client.get(account, path, [], Refund, timings.readDeadline)
  if (isMissing(reply)) {
    const evidence = { code: "not_found", message: `there is no refund ${refundReference}` }
    return { _tag: "RefundNotFound", evidence }
  }
  if (reply._tag !== "Object" || reply.value.id !== refundReference) {
    return yield* unknownOf("lookup_failed", `the refund could not be read${detailsOf(reply)}`)
  }
  const key = reply.value.metadata["refund_id"] ?? ""
  const asked = { idempotencyKey: key, processorReference }
  const result = judgeRefund({ ...reply.value, metadata: { refund_id: key } }, asked)
  return result instanceof Indeterminate ? yield* result : result
})

const proven = (refund: Refund, query: RefundQuery): Effect.Effect<RefundLookupResult, Indeterminate> => {
  const result = judgeRefund(refund, query)
  return result instanceof Indeterminate ? Effect.fail(result) : Effect.succeed(result)
}

/** No charge is refunded in more parts than this. */
const mostPages = 10
const decodeRefund = Schema.decodeUnknownOption(Refund)

/** The ids of the charge's refunds, whoever made them. */
export const listRefunds = Effect.fnUntraced(function* (
  options: LookupOptions,
  { mid, processorReference }: ChargeReference
): Effect.fn.Return<ReadonlyArray<string>, Indeterminate> {
  const account = yield* options.accounts
    .get(mid)
    .pipe(Effect.flatMap(stripeAccount), Effect.mapError(notReady))
  return (yield* refundsOf(options, account, processorReference)).map(({ id }) => id)
})

/** The refunds of the charge; Stripe lists a charge's refunds at once. */
const refundsOf = Effect.fnUntraced(function* (
  { client, timings }: LookupOptions,
  account: StripeAccount,
  processorReference: string
): Effect.fn.Return<ReadonlyArray<Refund>, Indeterminate> {
  const failed = (problem: string) => unknownOf("lookup_failed", problem)
  const found = new Map<string, Refund>()
  let after: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const form: Form = [
      ["payment_intent", processorReference],
      ["limit", "100"],
      ...(after === undefined ? [] : [["starting_after", after] as const])
    ]
    const reply = yield* client.get(account, "/v1/refunds", form, Page, timings.readDeadline)
    if (reply._tag !== "Object") return yield* failed(`the list could not be read${detailsOf(reply)}`)
    const refunds = reply.value.data.map((item) => Option.getOrUndefined(decodeRefund(item)))
    for (const refund of refunds) {
      if (refund === undefined) return yield* failed("a refund in the list cannot be read")
      if (refund.payment_intent === processorReference) found.set(refund.id, refund)
    }
    if (!reply.value.has_more) return [...found.values()]
    const last = refunds.at(-1)?.id
    if (last === undefined || last === after) return yield* failed("the list does not go on")
    after = last
  }
  return yield* failed("the list is too long to be read to its end")
})
