import { Duration, Effect } from "effect"
import type { Indeterminate } from "../cascade/Disposition.ts"
import { answeredWithin } from "../detached.ts"
import {
  capability,
  type PaymentProvider,
  type Providers,
  type RefundContext,
  type UnknownProvider
} from "../PaymentProvider.ts"
import { UnknownSession } from "../refusals.ts"
import type { RefundKind } from "./Refund.ts"
import { reconciler } from "./askRefund.ts"
import { refundLease } from "./giveBack.ts"
import type {
  Refundable,
  RefundableCapture,
  RefundBefore,
  RefundLedger,
  RefundOpening,
  RefundOrder,
  RefundWish
} from "./RefundLedger.ts"
import {
  NothingToRefund,
  NotSettledYet,
  ProcessorUnavailable,
  RefundBlocked,
  RefundTooLarge,
  UnknownCharge
} from "./refundRefusals.ts"

/** What stands in the way of giving money back, whoever asks. */
export type RefundImpossible =
  | UnknownSession
  | NothingToRefund
  | RefundTooLarge
  | RefundBlocked
  | NotSettledYet
  | UnknownCharge
  | ProcessorUnavailable

/** How long a processor may take to say what may be given back. */
const contextDeadline = Duration.seconds(20)

/** Of which charge, how much, by whom and in which way. */
export const judgeRefund = Effect.fnUntraced(function* (
  {
    ledger,
    providers
  }: { readonly ledger: RefundLedger["Service"]; readonly providers: Providers["Service"] },
  wish: RefundWish,
  refundable: RefundableNow
) {
  const capture = yield* chosen(wish, refundable)
  // While something is in the way nobody can say how much is left.
  if (capture.blocked !== undefined)
    return yield* new RefundBlocked({ session: wish.session, ...capture.blocked })
  const amount = yield* amountOf(wish, capture, refundable)
  const provider = yield* providers.get(capture.provider).pipe(Effect.mapError(unavailable(capture)))
  const { mid, processorReference } = capture
  const { session, reason } = wish
  const context = yield* contextOf(provider, capture)
  const { refundedAmount: refunded } = context
  // Somebody gave back at the processor, and nobody told us: it is looked for, whatever becomes of this refund.
  if (refunded > 0) {
    const { version } = refundable
    yield* ledger.compareReturned({ mid, processorReference, refunded, version, by: reconciler })
  }
  const kind = yield* kindOf(provider, capture, amount, context)
  const order: RefundOrder = { session, mid, processorReference, amount, kind, reason, lease: refundLease }
  return { capture, provider, order }
})

const chosen = ({ session, processorReference }: RefundWish, { state, captures }: RefundableNow) => {
  const [first, second] = captures
  // Nothing is on record yet, and there may be something all the same.
  if (first === undefined && (state === "processing" || state === "in_review"))
    return Effect.fail(new RefundBlocked({ session, reason: "charge_in_review" }))
  const found =
    processorReference === undefined
      ? second === undefined
        ? first
        : undefined
      : captures.find((capture) => capture.processorReference === processorReference)
  return found === undefined
    ? Effect.fail(
        new NothingToRefund({
          session,
          state,
          captures: captures.map((capture) => capture.processorReference)
        })
      )
    : Effect.succeed(found)
}

type RefundableNow = Extract<Refundable, { readonly _tag: "Refundable" }>

const amountOf = (
  { session, amount }: RefundWish,
  { captured, processorReference, refundable }: RefundableCapture,
  { state, captures }: RefundableNow
): Effect.Effect<number, NothingToRefund | RefundTooLarge> => {
  if (refundable < 1)
    return Effect.fail(
      new NothingToRefund({
        session,
        state,
        captures: captures.map((capture) => capture.processorReference),
        gone: processorReference
      })
    )
  return amount !== undefined && amount > refundable
    ? Effect.fail(new RefundTooLarge({ amount, refundable, currency: captured.currency }))
    : Effect.succeed(amount ?? refundable)
}

const unavailable =
  ({ provider }: RefundableCapture) =>
  (error: UnknownProvider | Indeterminate | { readonly message: string }): ProcessorUnavailable =>
    new ProcessorUnavailable({ provider, problem: error.message })

/** What the processor says of the charge. */
const contextOf = (
  { refundContext }: PaymentProvider,
  capture: RefundableCapture
): Effect.Effect<RefundContext, UnknownCharge | ProcessorUnavailable> => {
  const { mid, provider, processorReference } = capture
  return answeredWithin(refundContext({ mid, processorReference }), contextDeadline, () => ({
    message: "it did not answer in time"
  })).pipe(
    Effect.mapError((error) =>
      "_tag" in error && error._tag === "ChargeUnknown"
        ? new UnknownCharge({ provider, processorReference })
        : unavailable(capture)(error)
    )
  )
}

/**
 * Whether the processor voids or refunds; what it says went back counts, if it is more than we know. It is asked
 * before anything is written, and its answer is no promise: the guards of the ledger and the processor judge again.
 */
const kindOf = Effect.fnUntraced(function* (
  provider: PaymentProvider,
  capture: RefundableCapture,
  amount: number,
  context: RefundContext
): Effect.fn.Return<RefundKind, RefundTooLarge | NotSettledYet | ProcessorUnavailable> {
  const { captured } = capture
  const left = context.captured.amount - context.refundedAmount
  if (amount > left)
    return yield* new RefundTooLarge({ amount, refundable: Math.max(left, 0), currency: captured.currency })
  if (context.voidOnly !== true) return "refund"
  if (amount !== captured.amount || context.refundedAmount > 0)
    return yield* new NotSettledYet({ amount, captured: captured.amount })
  yield* capability(provider, "void").pipe(Effect.mapError(unavailable(capture)))
  return "void"
})

/** What stopped a write-ahead, whoever asked. */
type RefundStopped = Exclude<
  RefundOpening,
  RefundBefore | { readonly _tag: "Permitted" | "OpenAlready" | "MayNotAsk" }
>

/** Why the write-ahead was refused. */
export const refusalOf = (
  { session, amount }: RefundOrder,
  { captured }: RefundableCapture,
  opening: RefundStopped
): Effect.Effect<never, RefundImpossible> => {
  switch (opening._tag) {
    case "NothingCaptured":
      return Effect.fail(new NothingToRefund({ session, state: opening.state, captures: [] }))
    case "ChargeInReview":
      return Effect.fail(new RefundBlocked({ session, reason: "charge_in_review" }))
    case "Disputed":
      return Effect.fail(new RefundBlocked({ session, reason: "disputed", by: opening.dispute.reference }))
    case "RefundInReview":
      return Effect.fail(new RefundBlocked({ session, reason: "refund_in_review", by: opening.refund.id }))
    case "TooMuch":
      return Effect.fail(
        new RefundTooLarge({ amount, refundable: opening.refundable, currency: captured.currency })
      )
    case "NoSuchSession":
      return Effect.fail(UnknownSession.of(session))
  }
}
