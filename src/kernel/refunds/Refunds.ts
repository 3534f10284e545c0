import { Clock, Context, Effect, Fiber, Layer, Result, Schema } from "effect"
import { seesSession } from "../access/Scope.ts"
import { ChangeOpenAlready, NeedsApproval } from "../changes/changeRefusals.ts"
import { differences } from "../differences.ts"
import { SessionId } from "../ids.ts"
import { largestAmount } from "../Money.ts"
import { OperatorsOnly } from "../operations/operatorRefusals.ts"
import { type IdempotentRequest, type LedgerUnavailable, PaymentLedger } from "../PaymentLedger.ts"
import { Providers } from "../PaymentProvider.ts"
import { IdempotencyKeyReused, InvalidInput, UnknownSession } from "../refusals.ts"
import { checkText } from "../text.ts"
import type { Refund } from "./Refund.ts"
import { type RefundBefore, RefundLedger, type RefundWish, type SessionReturns } from "./RefundLedger.ts"
import { giveBack } from "./giveBack.ts"
import { judgeRefund, type RefundImpossible, refusalOf } from "./judgeRefund.ts"
import { RefundNotApproved } from "./refundRefusals.ts"

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
  | RefundImpossible
  | InvalidInput
  | NeedsApproval
  | RefundNotApproved
  | ChangeOpenAlready
  | OperatorsOnly
  | IdempotencyKeyReused

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

      const refund = Effect.fn("Refunds.refund")(function* (
        id: string,
        request: IdempotentRequest<RefundRequested>
      ) {
        const session = yield* known(id)
        const wish = { ...request, body: yield* checkWish(session, request.body) }
        const refundable = yield* ledger.refundable(wish)
        if (refundable === undefined) return yield* UnknownSession.of(id)
        if (refundable._tag !== "Refundable") return yield* before(refundable, wish, declaration)
        const judged = yield* Effect.result(judgeRefund({ ledger, providers }, wish.body, refundable))
        if (Result.isFailure(judged)) {
          // Perhaps it is refused for what was given back under this very key, while it was judged.
          const again = wish.idempotencyKey === undefined ? undefined : yield* ledger.refundable(wish)
          return again === undefined || again._tag === "Refundable"
            ? yield* Effect.fail(judged.failure)
            : yield* before(again, wish, declaration)
        }
        const { capture, provider, order } = judged.success
        // From the write-ahead to the recorded outcome nothing may interrupt.
        const giving = yield* Effect.gen(function* () {
          const permittedAt = yield* Clock.monotonicTimeNanos
          const opening = yield* ledger.open(order, wish)
          switch (opening._tag) {
            case "Permitted":
              return yield* giveBack({ ledger, provider, refund: opening.refund, permittedAt, by: wish.by })
            case "RefundReplayed":
            case "RefundKeyReused":
            case "ApprovalAsked":
              return yield* before(opening, wish, declaration)
            case "OpenAlready":
              return yield* new ChangeOpenAlready({ change: opening.change })
            case "MayNotAsk":
              return yield* new OperatorsOnly()
            default:
              return yield* refusalOf(order, capture, opening)
          }
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
const before = Effect.fnUntraced(function* (
  earlier: RefundBefore,
  { body }: IdempotentRequest<RefundWish>,
  declaration: PaymentLedger["Service"]["declaration"]
): Effect.fn.Return<Refund, IdempotencyKeyReused | NeedsApproval | RefundNotApproved | LedgerUnavailable> {
  if (earlier._tag === "RefundReplayed") return earlier.refund
  if (earlier._tag === "RefundKeyReused") {
    const told = yield* seesSession(declaration(earlier.earlierSession))
    return yield* new IdempotencyKeyReused({
      differences: told ? differences(earlier.earlierBody, body) : []
    })
  }
  const { change } = earlier
  return yield* change.state === "open"
    ? new NeedsApproval({ change })
    : new RefundNotApproved({ change: change.id, state: change.state })
})
