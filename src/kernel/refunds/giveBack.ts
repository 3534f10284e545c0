import { Cause, Clock, Duration, Effect, Exit, Option, Schedule } from "effect"
import { permitLifetime } from "../cascade/chargeAcrossProviders.ts"
import { Declined, Indeterminate } from "../cascade/Disposition.ts"
import { answeredWithin, withDeadline } from "../detached.ts"
import type { Principal } from "../ids.ts"
import { capability, type PaymentProvider, type Refunded } from "../PaymentProvider.ts"
import { keepableRefund } from "./keepableRefund.ts"
import type { Refund } from "./Refund.ts"
import type { RefundLedger, RefundOutcome } from "./RefundLedger.ts"

/** How long a processor may take for a refund. */
const refundDeadline = Duration.seconds(40)

/** What a lease has beyond the deadline: time to record the outcome, retries included. */
const leaseMargin = Duration.seconds(15)

/** How long after its write-ahead a refund is its sender's, and may still reach the processor. */
export const refundLease = Duration.sum(refundDeadline, leaseMargin)

/** An outcome that cannot be recorded at once is recorded again, never sent again. */
const recordingRetries = { schedule: Schedule.exponential(Duration.millis(50)), times: 7 }

/** How long a caller waits for the record. It goes on after that, and who waited reads the refund as it was written. */
const recordingPatience = Duration.seconds(15)

/**
 * Sends a refund whose row is committed, once, and records what came of it. A permit that is older than
 * {@link permitLifetime} is not used: this process was paused, and somebody may have taken the refund over.
 */
export const giveBack = Effect.fn("giveBack")(function* (given: {
  readonly ledger: RefundLedger["Service"]
  readonly provider: PaymentProvider
  readonly refund: Refund
  /** On the monotonic clock, from before the write-ahead was asked for. */
  readonly permittedAt: bigint
  readonly by: Principal
}): Effect.fn.Return<Refund> {
  const { ledger, provider, refund, permittedAt, by } = given
  const age = (yield* Clock.monotonicTimeNanos) - permittedAt
  if (age > Duration.toNanosUnsafe(permitLifetime)) return refund
  // A driver that throws before it starts has broken like any other.
  const exit = yield* Effect.exit(Effect.suspend(() => send(provider, refund)))
  const outcome = keepableRefund(outcomeOf(exit))
  const { id, mid, provider: name } = refund
  yield* Effect.annotateCurrentSpan({ refund: id, mid, provider: name, outcome: outcome._tag })
  if (Exit.isFailure(exit) && outcome._tag === "Indeterminate")
    yield* Effect.logWarning("a refund's outcome is unknown", exit.cause)
  const recording = ledger.record({ refund: refund.id, outcome, source: "driver", by }).pipe(
    Effect.retry(recordingRetries),
    Effect.map((recorded) => recorded ?? refund),
    Effect.catchCause((cause) =>
      Effect.logError("the outcome of a refund was not recorded and is left to the reconciler", cause).pipe(
        // What the processor said stands in the log, so that it stands somewhere.
        Effect.annotateLogs({
          refund: refund.id,
          outcome: outcome._tag,
          code: outcome.evidence.code,
          ...(outcome._tag === "Refunded"
            ? {
                reference: outcome.refundReference,
                amount: outcome.money.amount,
                currency: outcome.money.currency
              }
            : {})
        }),
        Effect.as(refund)
      )
    )
  )
  return yield* withDeadline(recording, recordingPatience, () =>
    Effect.as(Effect.logWarning("the record of a refund takes long; nobody waits for it any more"), refund)
  )
})

const send = (
  provider: PaymentProvider,
  { mid, idempotencyKey, money, processorReference, kind }: Refund
): Effect.Effect<Refunded, Declined | Indeterminate> => {
  const request = { mid, idempotencyKey, money, processorReference }
  const sending =
    kind === "refund"
      ? provider.refund(request)
      : capability(provider, "void").pipe(
          // Not reached: it was asked for before the row was written.
          Effect.mapError((error) => unknown("cannot_void", error.message)),
          Effect.flatMap(({ voidCharge }) => voidCharge(request)),
          Effect.as({ refundReference: voidReference(processorReference), money })
        )
  return answeredWithin(sending, refundDeadline, () =>
    unknown("deadline", "the processor did not answer in time")
  )
}

/** A charge is voided once, as a whole, so its void needs no other name. */
export const voidReference = (processorReference: string): string =>
  `void_${processorReference}`.slice(0, 255)

const unknown = (code: string, message: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message } })

/** What a driver said of its own making; whatever else it ended with proves nothing. */
const outcomeOf = (exit: Exit.Exit<Refunded, Declined | Indeterminate>): RefundOutcome => {
  if (Exit.isSuccess(exit)) {
    const { refundReference, money } = exit.value
    const evidence = { code: "refunded", message: "the processor gave it back" }
    return { _tag: "Refunded", refundReference, money, evidence }
  }
  if (exit.cause.reasons.length === 1) {
    const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    if (failure instanceof Declined) return failure
    if (failure instanceof Indeterminate) return unknownRefund(failure)
  }
  return unknownRefund(unknown("driver_broke", "the driver ended without an answer"))
}

/** Of an unknown refund, its processor's reference is the refund's own. */
export const unknownRefund = ({ evidence, processorReference }: Indeterminate): RefundOutcome => ({
  _tag: "Indeterminate",
  evidence,
  ...(processorReference === undefined ? {} : { refundReference: processorReference })
})
