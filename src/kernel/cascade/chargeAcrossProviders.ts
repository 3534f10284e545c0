import { Cause, Clock, Duration, Effect, Exit, Fiber, Schedule } from "effect"
import type { VaultToken } from "../Card.ts"
import type { Principal, SessionId } from "../ids.ts"
import {
  type Candidate,
  type Confirmation,
  type IdempotentRequest,
  type LedgerUnavailable,
  type Opening,
  PaymentLedger
} from "../PaymentLedger.ts"
import { capability, Providers } from "../PaymentProvider.ts"
import type { RoutingDecision } from "../routing/RoutingPolicyEngine.ts"
import { type CascadeEnd, type CascadeEvent, start, step } from "./Cascade.ts"
import { type Captured, type Declined, Indeterminate } from "./Disposition.ts"
import type { SendPermit } from "./SendPermit.ts"

/** One charge of one card over an entity's own accounts. */
export interface CascadeRequest {
  readonly session: SessionId
  readonly candidates: ReadonlyArray<Candidate>
  readonly decision: RoutingDecision
  readonly confirmation: IdempotentRequest<Confirmation>
  readonly token: VaultToken
}

export type CascadeResult =
  | Exclude<CascadeEnd, { _tag: "NothingOpened" }>
  /** The write-ahead refused, and this is why. Nothing was sent. */
  | { readonly _tag: "NothingOpened"; readonly opening: Exclude<Opening, { _tag: "Permitted" }> }

/**
 * How old a permit may be when it is used, on the monotonic clock from before the write-ahead was sent. An older
 * one means that this process was paused: somebody may have taken the attempt over, so nothing is sent.
 */
export const permitLifetime = Duration.seconds(2)

/** What a driver has beyond its own deadline before its charge counts as unanswered. */
const deadlineGrace = Duration.seconds(1)

/** An outcome that cannot be recorded at once is recorded again, never charged again; for about six seconds. */
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
): Effect.fn.Return<CascadeResult, LedgerUnavailable, PaymentLedger | Providers> {
  const ledger = yield* PaymentLedger
  const by = request.confirmation.by
  let [state, command] = start(request.candidates)
  let opening: Opening | undefined
  let permittedAt = 0n

  while (true) {
    let event: CascadeEvent
    switch (command._tag) {
      case "Open":
        permittedAt = yield* Clock.monotonicTimeNanos
        opening = yield* ledger.open(
          request.session,
          command.candidates,
          request.decision,
          request.confirmation
        )
        event =
          opening._tag === "Permitted" ? { _tag: "Permitted", permit: opening.permit } : { _tag: "Refused" }
        break
      case "Send":
        event =
          (yield* Clock.monotonicTimeNanos) - permittedAt > Duration.toNanosUnsafe(permitLifetime)
            ? { _tag: "PermitWentStale" }
            : yield* send(command.permit, request.token)
        break
      case "Record":
        permittedAt = yield* Clock.monotonicTimeNanos
        event = yield* record(command.permit, command.outcome, command.next, by)
        break
      case "Stop":
        if (command.end._tag !== "NothingOpened") return command.end
        if (opening === undefined || opening._tag === "Permitted") {
          return yield* Effect.die("a cascade opened nothing although its write-ahead was permitted")
        }
        return { _tag: "NothingOpened", opening }
    }
    ;[state, command] = step(state, event)
  }
})

/** Asks the processor once. Whatever is not a capture or a decline of the driver's own making is indeterminate. */
const send = Effect.fnUntraced(function* (
  permit: SendPermit,
  token: VaultToken
): Effect.fn.Return<CascadeEvent, never, Providers> {
  const { provider: name } = permit.attempt
  const exit: Exit.Exit<Captured, Declined | Indeterminate> = yield* Effect.gen(function* () {
    const provider = yield* (yield* Providers).get(name)
    const { chargeToken, deadline } = yield* capability(provider, "tokenCharge")
    // A fiber of its own, which the deadline interrupts and does not wait for: a driver that refuses to be
    // interrupted holds up neither the record nor a shutdown.
    const charging = yield* Effect.forkDetach(Effect.interruptible(chargeToken(permit, token)), {
      startImmediately: true
    })
    // Both sides may be interrupted, by each other only: the cascade itself runs uninterruptibly.
    return yield* Effect.raceFirst(
      Effect.interruptible(Fiber.join(charging)),
      Effect.interruptible(Effect.sleep(Duration.sum(deadline, deadlineGrace))).pipe(
        Effect.andThen(Effect.forkDetach(Fiber.interrupt(charging))),
        Effect.andThen(unanswered("deadline", "the driver did not answer in time"))
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
  if (Exit.isSuccess(exit)) return { _tag: "ChargeCaptured", captured: exit.value }
  const failure = Cause.findErrorOption(exit.cause)
  if (failure._tag === "Some" && exit.cause.reasons.length === 1) {
    return failure.value._tag === "Declined"
      ? { _tag: "ChargeDeclined", declined: failure.value }
      : { _tag: "ChargeIndeterminate", indeterminate: failure.value }
  }
  yield* Effect.logError("a driver broke while it charged", exit.cause)
  return {
    _tag: "ChargeIndeterminate",
    indeterminate: new Indeterminate({
      evidence: { code: "driver_broke", message: "the driver ended without an answer" }
    })
  }
})

const unanswered = (code: string, message: string): Effect.Effect<never, Indeterminate> =>
  Effect.fail(new Indeterminate({ evidence: { code, message } }))

const record = Effect.fnUntraced(function* (
  permit: SendPermit,
  outcome: Captured | Declined | Indeterminate,
  next: ReadonlyArray<Candidate>,
  by: Principal
): Effect.fn.Return<CascadeEvent, never, PaymentLedger> {
  const ledger = yield* PaymentLedger
  const { attempt, fence } = permit.attempt
  return yield* ledger.record({ attempt, fence, outcome, source: "driver", next, by }).pipe(
    Effect.retry(recordingRetries),
    Effect.map((recording): CascadeEvent => ({ _tag: "Recorded", recording })),
    // A ledger that breaks is no excuse either: the money may have moved, and the caller hears "processing".
    Effect.catchCause((cause) =>
      Effect.logError("an outcome was not recorded and is left to the reconciler", cause).pipe(
        Effect.annotateLogs({ attempt, outcome: outcome._tag }),
        Effect.as<CascadeEvent>({ _tag: "NotRecorded" })
      )
    )
  )
})
