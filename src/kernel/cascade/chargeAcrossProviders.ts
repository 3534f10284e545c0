import { Cause, Clock, Duration, Effect, Exit, Fiber, Option, Schedule } from "effect"
import type { VaultToken } from "../Card.ts"
import { withDeadline } from "../detached.ts"
import type { AttemptId, Principal, SessionId } from "../ids.ts"
import {
  type Candidate,
  type Confirmation,
  type IdempotentRequest,
  type LedgerUnavailable,
  PaymentLedger,
  type Recording
} from "../PaymentLedger.ts"
import { capability, Providers } from "../PaymentProvider.ts"
import type { RoutingDecision } from "../routing/RoutingPolicyEngine.ts"
import { type CascadeEnd, type CascadeEvent, start, step } from "./Cascade.ts"
import { Captured, Declined, Indeterminate, type Outcome } from "./Disposition.ts"
import { keepable } from "./keepable.ts"
import type { SendPermit } from "./SendPermit.ts"

/** One charge of one card over an entity's own accounts. */
export interface CascadeRequest {
  readonly session: SessionId
  readonly candidates: ReadonlyArray<Candidate>
  readonly decision: RoutingDecision
  readonly confirmation: IdempotentRequest<Confirmation>
  readonly token: VaultToken
}

/**
 * How old a permit may be when it is used, on the monotonic clock from before the write-ahead was sent. An older
 * one means that this process was paused: somebody may have taken the attempt over, so nothing is sent. How long the
 * write-ahead waited before it was sent is no part of it: nothing was committed by then.
 */
export const permitLifetime = Duration.seconds(2)

/** What a driver has beyond its own deadline before its charge counts as unanswered. */
const deadlineGrace = Duration.seconds(1)

/** How long after its deadline a driver may still tell what became of its charge. */
const lateAnswers = Duration.minutes(2)

/** How long a caller waits for the record. It goes on after that, and who waited hears "processing". */
const recordingPatience = Duration.seconds(15)

/** An outcome that cannot be recorded at once is recorded again, never charged again. */
const recordingRetries = { schedule: Schedule.exponential(Duration.millis(50)), times: 7 }

/**
 * Charges one vault token over accounts in order, and goes on to the next only after a positive decline. It
 * interprets the pure cascade over the ledger and the providers: each write is one statement, no transaction is
 * open while a processor is asked, and nothing here retries a charge.
 *
 * Run it where an impatient caller cannot interrupt it. It fails only if the first write-ahead was not
 * acknowledged: then nothing was sent.
 */
export const chargeAcrossProviders = Effect.fn("chargeAcrossProviders")(function* (
  request: CascadeRequest
): Effect.fn.Return<CascadeEnd, LedgerUnavailable, PaymentLedger | Providers> {
  yield* Effect.annotateCurrentSpan({ session: request.session })
  const ledger = yield* PaymentLedger
  const by = request.confirmation.by
  let [state, command] = start(request.candidates)
  let permittedAt = 0n

  while (true) {
    let event: CascadeEvent
    switch (command._tag) {
      case "Open": {
        permittedAt = yield* Clock.monotonicTimeNanos
        const opening = yield* ledger.open(
          request.session,
          command.candidates,
          request.decision,
          request.confirmation
        )
        event =
          opening._tag === "Permitted"
            ? { _tag: "Permitted", permit: opening.permit }
            : { _tag: "Refused", opening }
        break
      }
      case "Send":
        permittedAt = command.permit.askedAt ?? permittedAt
        event =
          (yield* Clock.monotonicTimeNanos) - permittedAt > Duration.toNanosUnsafe(permitLifetime)
            ? { _tag: "PermitWentStale" }
            : yield* send(command.permit, request.token, by)
        break
      case "Record":
        permittedAt = yield* Clock.monotonicTimeNanos
        event = yield* record(command.permit, command.outcome, command.next, by)
        break
      case "Stop":
        return command.end
    }
    ;[state, command] = step(state, event)
  }
})

/** Asks the processor once. Whatever is not a capture or a decline of the driver's own making is indeterminate. */
const send = Effect.fn("PaymentProvider.chargeToken")(function* (
  permit: SendPermit,
  token: VaultToken,
  by: Principal
): Effect.fn.Return<CascadeEvent, never, PaymentLedger | Providers> {
  const { provider: name, mid, attempt, ordinal } = permit.attempt
  yield* Effect.annotateCurrentSpan({ provider: name, mid, attempt, ordinal })
  const exit: Exit.Exit<Captured, Declined | Indeterminate> = yield* Effect.gen(function* () {
    const provider = yield* (yield* Providers).get(name)
    const { chargeToken, deadline } = yield* capability(provider, "tokenCharge")
    return yield* withDeadline(
      chargeToken(permit, token),
      Duration.sum(deadline, deadlineGrace),
      (charging) =>
        Effect.andThen(
          Effect.forkDetach(recordLate(permit, charging, by)),
          unanswered("deadline", "the driver did not answer in time")
        )
    )
  }).pipe(
    // Not reached with candidates that were chosen from configured drivers. Nothing was sent, but that is the
    // driver's to prove, not ours.
    Effect.catchTag(["UnknownProvider", "CapabilityMissing"], (error) =>
      unanswered("not_configured", error.message)
    ),
    Effect.exit
  )
  const heard = heardOf(exit)
  yield* Effect.annotateCurrentSpan({ outcome: heard?._tag ?? "Indeterminate" })
  if (heard !== undefined) return eventOf(keepable(heard))
  yield* Effect.logError("a driver broke while it charged", Exit.isFailure(exit) ? exit.cause : Cause.empty)
  return eventOf(
    new Indeterminate({ evidence: { code: "driver_broke", message: "the driver ended without an answer" } })
  )
})

const unanswered = (code: string, message: string): Effect.Effect<never, Indeterminate> =>
  Effect.fail(new Indeterminate({ evidence: { code, message } }))

/** What a driver said of its own making; nothing when it broke. */
const heardOf = (
  exit: Exit.Exit<Captured, Declined | Indeterminate>
): Captured | Declined | Indeterminate | undefined => {
  if (Exit.isSuccess(exit)) return exit.value instanceof Captured ? exit.value : undefined
  if (exit.cause.reasons.length !== 1) return undefined
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  // A driver that fails with something else than it declares has broken, whatever its types say.
  return failure instanceof Declined || failure instanceof Indeterminate ? failure : undefined
}

/** What an answer means to the cascade. */
export const eventOf = (outcome: Outcome): CascadeEvent => {
  switch (outcome._tag) {
    case "Captured":
      return { _tag: "ChargeCaptured", captured: outcome }
    case "Declined":
      return { _tag: "ChargeDeclined", declined: outcome }
    case "Indeterminate":
      return { _tag: "ChargeIndeterminate", indeterminate: outcome }
    case "Absent":
      // A driver that was asked to charge cannot know this.
      return { _tag: "ChargeIndeterminate", indeterminate: new Indeterminate({ evidence: outcome.evidence }) }
  }
}

/**
 * An answer after the deadline is evidence all the same: it settles a charge that nobody could look up. It opens
 * nothing, because its fence is none.
 */
const recordLate = Effect.fnUntraced(function* (
  permit: SendPermit,
  charging: Fiber.Fiber<Captured, Declined | Indeterminate>,
  by: Principal
): Effect.fn.Return<void, never, PaymentLedger> {
  const exit = yield* Fiber.await(charging).pipe(Effect.timeoutOption(lateAnswers))
  if (exit._tag === "None") return yield* Fiber.interrupt(charging)
  const heard = heardOf(exit.value)
  if (heard instanceof Captured || heard instanceof Declined) {
    yield* recordEvidence({ ...permit.attempt, fence: 0 }, keepable(heard), [], by)
  }
})

const record = Effect.fnUntraced(function* (
  permit: SendPermit,
  outcome: Captured | Declined | Indeterminate,
  next: ReadonlyArray<Candidate>,
  by: Principal
): Effect.fn.Return<CascadeEvent, never, PaymentLedger> {
  const recording = yield* recordEvidence(permit.attempt, outcome, next, by)
  return recording === undefined ? { _tag: "NotRecorded" } : { _tag: "Recorded", recording }
})

const recordEvidence = Effect.fnUntraced(function* (
  { attempt, fence }: { readonly attempt: AttemptId; readonly fence: number },
  outcome: Outcome,
  next: ReadonlyArray<Candidate>,
  by: Principal
): Effect.fn.Return<Recording | undefined, never, PaymentLedger> {
  const ledger = yield* PaymentLedger
  const recording = ledger.record({ attempt, fence, outcome, source: "driver", next, by }).pipe(
    Effect.retry(recordingRetries),
    // A ledger that breaks is no excuse either: the money may have moved, and the caller hears "processing". What
    // the processor said stands in the log, so that it stands somewhere.
    Effect.catchCause((cause) =>
      Effect.logError("an outcome was not recorded and is left to the reconciler", cause).pipe(
        Effect.annotateLogs({
          attempt,
          outcome: outcome._tag,
          code: outcome.evidence.code,
          ...(outcome._tag === "Captured"
            ? { reference: outcome.processorReference, amount: outcome.amount, currency: outcome.currency }
            : {})
        }),
        Effect.as(undefined)
      )
    )
  )
  return yield* withDeadline(recording, recordingPatience, () =>
    Effect.as(Effect.logWarning("a record takes long; nobody waits for it any more"), undefined)
  )
})
