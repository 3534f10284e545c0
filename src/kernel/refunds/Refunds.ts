import { Clock, Context, Duration, Effect, Fiber, Layer, Result, Schema } from "effect"
import { seesSession } from "../access/Scope.ts"
import type { Indeterminate } from "../cascade/Disposition.ts"
import { withDeadline } from "../detached.ts"
import { differences } from "../differences.ts"
import { SessionId } from "../ids.ts"
import { largestAmount } from "../Money.ts"
import { type IdempotentRequest, type LedgerUnavailable, PaymentLedger } from "../PaymentLedger.ts"
import { capability, type PaymentProvider, Providers, type UnknownProvider } from "../PaymentProvider.ts"
import { IdempotencyKeyReused, InvalidInput, UnknownSession } from "../refusals.ts"
import { checkText } from "../text.ts"
import type { Refund, RefundKind } from "./Refund.ts"
import {
  type Refundable,
  type RefundableCapture,
  RefundLedger,
  type RefundOpening,
  type RefundWish,
  type SessionReturns
} from "./RefundLedger.ts"
import { giveBack, refundLease } from "./giveBack.ts"
import {
  NothingToRefund,
  NotSettledYet,
  ProcessorUnavailable,
  RefundBlocked,
  RefundTooLarge
} from "./refundRefusals.ts"

/** What a door hands over when money is to go back; judged here. */
export interface RefundRequested {
  /** Minor units of the charge's currency; absent: all that is left. */
  readonly amount?: number | undefined
  /** Why, for the books: 1 to 500 characters. */
  readonly reason: string
  /** The processor's own id of the charge; needed where a session has several. */
  readonly processorReference?: string | undefined
}

/** Everything that a refund may be refused for. Nothing was written and nothing was sent. */
export type RefundRefusal =
  | InvalidInput
  | UnknownSession
  | NothingToRefund
  | RefundTooLarge
  | RefundBlocked
  | NotSettledYet
  | ProcessorUnavailable
  | IdempotencyKeyReused

/** How long a processor may take to say what may be given back. */
const contextDeadline = Duration.seconds(20)

/**
 * Gives money of a captured charge back, by the same steps as a charge: the row is committed before a byte is sent,
 * it is sent once, and an outcome that proves nothing waits for evidence. What a processor has not settled yet is
 * voided, the rest is refunded.
 */
export class Refunds extends Context.Service<
  Refunds,
  {
    /**
     * Gives back once. It runs in this service's own scope: a caller that goes away changes nothing about it. The
     * answer is the refund as it stands: `refunded`, `declined` (no money went back) or `indeterminate` (being
     * checked; nobody is to ask again), `in_flight` where it was not even recorded (the same).
     */
    readonly refund: (
      session: string,
      request: IdempotentRequest<RefundRequested>
    ) => Effect.Effect<Refund, RefundRefusal | LedgerUnavailable>

    /** What of a session was captured, went back and is disputed. */
    readonly ofSession: (session: string) => Effect.Effect<SessionReturns, UnknownSession | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/refunds/Refunds") {
  static readonly layer: Layer.Layer<Refunds, never, RefundLedger | PaymentLedger | Providers> = Layer.effect(
    Refunds,
    Effect.gen(function* () {
      const ledger = yield* RefundLedger
      const { declaration } = yield* PaymentLedger
      const providers = yield* Providers
      const scope = yield* Effect.scope

      /** The id of a session that the caller deals with. */
      const known = Effect.fnUntraced(function* (id: string) {
        return Schema.is(SessionId)(id) && (yield* seesSession(declaration(id)))
          ? id
          : yield* UnknownSession.of(id)
      })

      /** Of which charge, how much, by whom and in which way. */
      const judge = Effect.fnUntraced(function* (wish: RefundWish, refundable: RefundableNow) {
        const capture = yield* chosen(wish, refundable)
        // While something is in the way nobody can say how much is left.
        if (capture.blocked !== undefined)
          return yield* new RefundBlocked({ session: wish.session, ...capture.blocked })
        const amount = yield* amountOf(wish, capture, refundable)
        const provider = yield* providers.get(capture.provider).pipe(Effect.mapError(unavailable(capture)))
        return { capture, amount, provider, kind: yield* kindOf(provider, capture, amount) }
      })

      const refund = Effect.fn("Refunds.refund")(function* (
        id: string,
        request: IdempotentRequest<RefundRequested>
      ) {
        const session = yield* known(id)
        const wish = { ...request, body: yield* checkWish(session, request.body) }
        const refundable = yield* ledger.refundable(wish)
        if (refundable === undefined) return yield* UnknownSession.of(id)
        if (refundable._tag !== "Refundable") return yield* before(refundable, wish)
        const judged = yield* Effect.result(judge(wish.body, refundable))
        if (Result.isFailure(judged)) {
          // Perhaps it is refused for what was given back under this very key, while it was judged.
          const again = wish.idempotencyKey === undefined ? undefined : yield* ledger.refundable(wish)
          return again === undefined || again._tag === "Refundable"
            ? yield* Effect.fail(judged.failure)
            : yield* before(again, wish)
        }
        const { capture, amount, provider, kind } = judged.success
        const order = {
          session,
          mid: capture.mid,
          processorReference: capture.processorReference,
          amount,
          kind,
          reason: wish.body.reason,
          lease: refundLease
        }
        // From the write-ahead to the recorded outcome nothing may interrupt.
        const giving = yield* Effect.gen(function* () {
          const permittedAt = yield* Clock.monotonicTimeNanos
          const opening = yield* ledger.open(order, wish)
          return opening._tag === "Permitted"
            ? yield* giveBack({ ledger, provider, refund: opening.refund, permittedAt, by: wish.by })
            : yield* refusalOf(session, wish, order.amount, capture, opening)
        }).pipe(Effect.forkIn(scope, { uninterruptible: true }))
        return yield* Fiber.join(giving)
      })

      const ofSession = Effect.fn("Refunds.ofSession")(function* (id: string) {
        return (yield* ledger.ofSession(yield* known(id))) ?? (yield* UnknownSession.of(id))
      })

      return { refund, ofSession }
    })
  )
}

const longestReason = 500

const checkWish = Effect.fnUntraced(function* (
  session: SessionId,
  { amount, reason, processorReference }: RefundRequested
): Effect.fn.Return<RefundWish, InvalidInput> {
  yield* checkText({ reason, processorReference })
  if (reason.trim() === "" || reason.length > longestReason) {
    return yield* new InvalidInput({
      field: "reason",
      problem: `has ${reason.length} characters; say why in 1 to ${longestReason}`
    })
  }
  if (amount !== undefined && (!Number.isSafeInteger(amount) || amount < 1 || amount > largestAmount)) {
    return yield* new InvalidInput({
      field: "amount",
      problem: `is ${amount}; say whole minor units of at least 1, or leave it out for all that is left`
    })
  }
  return {
    session,
    reason,
    ...(amount === undefined ? {} : { amount }),
    ...(processorReference === undefined ? {} : { processorReference })
  }
})

/** What is answered under a key that asked for a refund before. */
const before = (
  earlier: Exclude<Refundable, { _tag: "Refundable" }>,
  { body }: IdempotentRequest<RefundWish>
): Effect.Effect<Refund, IdempotencyKeyReused> =>
  earlier._tag === "RefundReplayed"
    ? Effect.succeed(earlier.refund)
    : Effect.fail(new IdempotencyKeyReused({ differences: differences(earlier.earlierBody, body) }))

const chosen = ({ session, processorReference }: RefundWish, { state, captures }: RefundableNow) => {
  const [first, second] = captures
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

/**
 * Whether the processor voids or refunds; what it says went back counts, if it is more than we know. It is asked
 * before anything is written, and its answer is no promise: the guards of the ledger and the processor judge again.
 */
const kindOf = Effect.fnUntraced(function* (
  provider: PaymentProvider,
  capture: RefundableCapture,
  amount: number
): Effect.fn.Return<RefundKind, RefundTooLarge | NotSettledYet | ProcessorUnavailable> {
  const { mid, processorReference, captured } = capture
  const context = yield* withDeadline(
    provider.refundContext({ mid, processorReference }),
    contextDeadline,
    (asking) =>
      Effect.andThen(
        Effect.forkDetach(Fiber.interrupt(asking)),
        Effect.fail({ message: "it did not answer in time" })
      )
  ).pipe(Effect.mapError(unavailable(capture)))
  const left = context.captured.amount - context.refundedAmount
  if (amount > left)
    return yield* new RefundTooLarge({ amount, refundable: Math.max(left, 0), currency: captured.currency })
  if (context.voidOnly !== true) return "refund"
  if (amount !== captured.amount || context.refundedAmount > 0)
    return yield* new NotSettledYet({ amount, captured: captured.amount })
  yield* capability(provider, "void").pipe(Effect.mapError(unavailable(capture)))
  return "void"
})

const refusalOf = (
  session: SessionId,
  wish: IdempotentRequest<RefundWish>,
  amount: number,
  { captured }: RefundableCapture,
  opening: Exclude<RefundOpening, { _tag: "Permitted" }>
): Effect.Effect<Refund, RefundRefusal> => {
  switch (opening._tag) {
    case "RefundReplayed":
    case "RefundKeyReused":
      return before(opening, wish)
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
