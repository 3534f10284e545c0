import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { Absent, Indeterminate, type Outcome } from "./cascade/Disposition.ts"
import { keepable } from "./cascade/keepable.ts"
import { withDeadline } from "./detached.ts"
import { Principal } from "./ids.ts"
import { type LedgerUnavailable, PaymentLedger, type Unresolved } from "./PaymentLedger.ts"
import { capability, type ChargeQuery, type LookupResult, Providers } from "./PaymentProvider.ts"

/** What one pass of the reconciler did, in attempts. */
export interface Reconciled {
  readonly asked: number
  readonly resolved: number
}

const reconciler = Principal.make("reconciler")

/** How many attempts one pass takes on, and how many processors it asks at a time. */
const batch = 100
const parallel = 8

/** How long a processor may take to answer a lookup; then it is asked again later. */
const lookupDeadline = Duration.seconds(20)

/**
 * How long a customer has for what a charge waits for (3DS). Then the charge is cancelled, so that another card may
 * be tried.
 */
const actionPatience = Duration.minutes(15)

/** Longer than a lookup takes and is recorded: two reconcilers do not ask for one attempt at a time. */
const askingLease = Duration.seconds(60)

/**
 * Finds out what became of attempts whose outcome nobody recorded: their driver died, or the processor's answer
 * proved nothing. It asks by lookup and records what it hears. A capture settles, a positive decline lets the
 * customer try again, "not found" ends the session once the processor's horizon has passed and never before.
 * It never sends a charge. An attempt that cannot be asked for or recorded holds up no other: it is tried again
 * when its lease is over.
 */
export class Reconciler extends Context.Service<
  Reconciler,
  {
    /** Takes over attempts whose driver died; answers how many. */
    readonly takeOver: Effect.Effect<number, LedgerUnavailable>
    /** Asks for what is due. */
    readonly pass: Effect.Effect<Reconciled, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/Reconciler") {
  static readonly layer: Layer.Layer<Reconciler, never, PaymentLedger | Providers> = Layer.effect(
    Reconciler,
    Effect.gen(function* () {
      const ledger = yield* PaymentLedger
      const providers = yield* Providers

      const resolve = Effect.fn("Reconciler.resolve")(
        function* (unresolved: Unresolved) {
          const { attempt } = unresolved
          const outcome = yield* ask(unresolved).pipe(Effect.provideService(Providers, providers))
          // No cascade goes on from here: a late decline lets the customer try again, and a fence of zero sends nothing.
          const recording = yield* ledger.record({
            attempt: attempt.id,
            fence: 0,
            outcome: keepable(outcome),
            source: "lookup",
            next: [],
            by: reconciler
          })
          return recording.attempt !== "indeterminate"
        },
        (effect, { attempt }) =>
          Effect.catchCause(effect, (cause) =>
            Effect.logError("an attempt could not be reconciled and is tried again", cause).pipe(
              Effect.annotateLogs({ attempt: attempt.id, provider: attempt.provider }),
              Effect.as(false)
            )
          )
      )

      const pass = Effect.gen(function* () {
        const due = yield* ledger.claimUnresolved(batch, askingLease)
        const resolved = yield* Effect.forEach(due, resolve, { concurrency: parallel })
        return { asked: due.length, resolved: resolved.filter(Boolean).length }
      }).pipe(Effect.withSpan("Reconciler.pass"))

      return { takeOver: ledger.takeOver(batch), pass }
    })
  )
}

const ask = Effect.fnUntraced(function* ({
  attempt,
  writtenAt,
  age,
  processorReference
}: Unresolved): Effect.fn.Return<Outcome, never, Providers> {
  return yield* Effect.gen(function* () {
    const provider = yield* (yield* Providers).get(attempt.provider)
    const { lookupCharge, absenceHorizon } = yield* capability(provider, "chargeLookup")
    const { mid, idempotencyKey, money } = attempt
    const charge: ChargeQuery = {
      mid,
      idempotencyKey,
      money,
      writtenAt,
      ...(processorReference === undefined ? {} : { processorReference })
    }
    const found = yield* inTime(lookupCharge(charge))
    if (!isAbandoned(found, age)) return conclusion(found, age, absenceHorizon)
    const { cancelCharge } = yield* capability(provider, "chargeCancel")
    return conclusion(yield* inTime(cancelCharge(charge)), age, absenceHorizon)
  }).pipe(
    Effect.catchTag("Indeterminate", Effect.succeed),
    Effect.catch((error) => Effect.succeed(unknown("cannot_look_up", error.message))),
    // A lookup that breaks says nothing, as one that fails.
    Effect.catchCause((cause) =>
      Effect.as(
        Effect.logError("a lookup broke", cause),
        unknown("lookup_broke", "the lookup ended without an answer")
      )
    )
  )
})

const inTime = (
  asking: Effect.Effect<LookupResult, Indeterminate>
): Effect.Effect<LookupResult, Indeterminate> =>
  withDeadline(asking, lookupDeadline, (fiber) =>
    Effect.andThen(
      Effect.forkDetach(Fiber.interrupt(fiber)),
      Effect.fail(unknown("lookup_unanswered", "the processor did not answer the lookup in time"))
    )
  )

/** The charge waits for a customer who had all the time that there is. */
const isAbandoned = (found: LookupResult, age: number): boolean =>
  found._tag === "StillPending" && found.action !== undefined && age > Duration.toMillis(actionPatience)

/**
 * What the answer to a lookup proves of an attempt, so many milliseconds after its write-ahead: "not found" proves
 * nothing until the processor's horizon has passed.
 */
export const conclusion = (found: LookupResult, age: number, absenceHorizon: Duration.Duration): Outcome => {
  switch (found._tag) {
    case "FoundCaptured":
      return found.captured
    case "FoundDeclined":
      return found.declined
    case "StillPending": {
      const { evidence, action, processorReference } = found
      return new Indeterminate({
        evidence,
        ...(action === undefined ? {} : { action }),
        ...(processorReference === undefined ? {} : { processorReference })
      })
    }
    case "NotFound":
      return age > Duration.toMillis(absenceHorizon)
        ? new Absent({ evidence: found.evidence })
        : new Indeterminate({ evidence: found.evidence })
  }
}

const unknown = (code: string, message: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message } })
