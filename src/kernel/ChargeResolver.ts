import { Context, Duration, Effect, Layer } from "effect"
import { Absent, Captured, Declined, Indeterminate, type Outcome } from "./cascade/Disposition.ts"
import { keepable } from "./cascade/keepable.ts"
import { answeredWithin } from "./detached.ts"
import type { AttemptId, Principal } from "./ids.ts"
import {
  type Reporter,
  type LedgerUnavailable,
  PaymentLedger,
  type Recording,
  type Unresolved
} from "./PaymentLedger.ts"
import {
  capability,
  type ChargeQuery,
  type LookupResult,
  Providers,
  severalCaptures
} from "./PaymentProvider.ts"

/** How long a processor may take to answer a lookup; then it is asked again later. */
const lookupDeadline = Duration.seconds(20)

/**
 * How long a customer has for what a charge waits for (3DS). Then the charge is cancelled, so that another card may
 * be tried.
 */
const actionPatience = Duration.minutes(15)

/** The code of a charge that is said to have taken money, while its processor shows that it took none. */
export const contradicted = "charge_contradicted"

/**
 * The code of a charge that is said to have taken money, while its processor shows that all of it was taken back. Where
 * we took nothing back ourselves that may be what it showed too early.
 */
export const undone = "charge_undone"

/**
 * Finds out what became of one charge and records it, whoever wants to know: the reconciler because its driver died
 * or its answer proved nothing, or because a webhook told where to look. What happened is asked of the processor by
 * lookup, and nothing else is believed. It never sends a charge.
 */
export class ChargeResolver extends Context.Service<
  ChargeResolver,
  {
    /** What the processor says now. Whatever breaks or is silent on the way says nothing: `Indeterminate`. */
    readonly ask: (charge: Unresolved) => Effect.Effect<Outcome>
    /** Writes down what was learnt of an attempt. No cascade goes on from here. */
    readonly record: (
      attempt: AttemptId,
      outcome: Outcome,
      source: Reporter,
      by: Principal
    ) => Effect.Effect<Recording, LedgerUnavailable>
    /**
     * Looks where somebody pointed, and records what is new: of an attempt that nobody waits for everything, of one
     * whose driver is still at it, or of which the outcome is known, only that money moved. `undefined`: nothing is
     * left to be learnt. Otherwise the evidence why it has to be asked again. Who was told that it was `captured` is
     * not content with a decline: what is shown may be what was known before. Nor is he with one that shows that all of
     * it was taken back: that is recorded, and looked at again.
     */
    readonly lookInto: (
      charge: Unresolved,
      source: Reporter,
      by: Principal,
      said?: "captured"
    ) => Effect.Effect<Indeterminate | undefined, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/ChargeResolver") {
  static readonly layer: Layer.Layer<ChargeResolver, never, PaymentLedger | Providers> = Layer.effect(
    ChargeResolver,
    Effect.gen(function* () {
      const ledger = yield* PaymentLedger
      const providers = yield* Providers
      const asked = (charge: Unresolved) => Effect.provideService(ask(charge), Providers, providers)
      // A late decline lets the customer try again, and a fence of zero sends nothing.
      const record: ChargeResolver["Service"]["record"] = (attempt, outcome, source, by) =>
        ledger.record({ attempt, fence: 0, outcome: keepable(outcome), source, next: [], by })

      const lookInto = Effect.fn("ChargeResolver.lookInto")(function* (
        charge: Unresolved,
        source: Reporter,
        by: Principal,
        said?: "captured"
      ) {
        const { id, state } = charge.attempt
        const shown = yield* asked(charge)
        const denied =
          said === "captured" &&
          (shown instanceof Absent || (shown instanceof Declined && shown.undone !== true))
        const outcome = denied
          ? unknown(contradicted, `it is said to be captured, and ${shown.evidence.message}`)
          : shown
        const { mid, provider } = charge.attempt
        yield* Effect.annotateCurrentSpan({ attempt: id, mid, provider, source, outcome: outcome._tag })
        // What was captured is given back by ourselves; of anything else we void nothing that took money.
        const takenBack =
          said === "captured" && state !== "captured" && shown instanceof Declined && shown.undone === true
            ? unknown(undone, `it is said to be captured, and ${shown.evidence.message}`)
            : undefined
        if (outcome instanceof Captured || state === "indeterminate") {
          yield* record(id, named(outcome, charge), source, by)
          // From here on the reconciler asks, if there is still something to ask. Several sales of one key are told apart
          // by their names alone, so who comes with one comes again, until a person has said which of them is the charge.
          // And who was told of money waits until it is known: a no that comes later would free what it holds.
          return outcome instanceof Indeterminate &&
            (said === "captured" || outcome.evidence.code === severalCaptures)
            ? outcome
            : takenBack
        }
        if (state === "in_flight") return unknown("in_flight", "its driver has not recorded an outcome yet")
        return outcome instanceof Indeterminate ? outcome : takenBack
      })

      return { ask: asked, record, lookInto }
    })
  )
}

/** What proves nothing keeps the name that led here: it is not told twice, and what has one is not absent. */
const named = (outcome: Outcome, { processorReference }: Unresolved): Outcome =>
  outcome instanceof Indeterminate &&
  outcome.processorReference === undefined &&
  processorReference !== undefined
    ? new Indeterminate({ ...outcome, processorReference })
    : outcome

/** The code of what a lookup says that ended without an answer of its driver's making. */
export const lookupBroke = "lookup_broke"

const ask = Effect.fnUntraced(function* ({
  attempt,
  writtenAt,
  age,
  processorReference,
  capturedAs
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
      ...(processorReference === undefined ? {} : { processorReference }),
      ...(capturedAs === undefined ? {} : { capturedAs }),
      ...(attempt.state === "in_flight" ? { inFlight: true } : {})
    }
    const found = yield* inTime(lookupCharge(charge))
    if (!isAbandoned(found, age)) return concluded(found, charge, age, absenceHorizon)
    const { cancelCharge } = yield* capability(provider, "chargeCancel")
    return concluded(yield* inTime(cancelCharge(charge)), charge, age, absenceHorizon)
  }).pipe(
    Effect.catchTag("Indeterminate", Effect.succeed),
    Effect.catch((error) => Effect.succeed(unknown("cannot_look_up", error.message))),
    // A lookup that breaks says nothing, as one that fails.
    Effect.catchCause((cause) =>
      Effect.as(
        Effect.logError("a lookup broke", cause),
        unknown(lookupBroke, "the lookup ended without an answer")
      )
    )
  )
})

const inTime = (
  asking: Effect.Effect<LookupResult, Indeterminate>
): Effect.Effect<LookupResult, Indeterminate> =>
  answeredWithin(asking, lookupDeadline, () =>
    unknown("lookup_unanswered", "the processor did not answer the lookup in time")
  )

/** The charge waits for a customer who had all the time that there is. */
const isAbandoned = (found: LookupResult, age: number): boolean =>
  found._tag === "StillPending" && found.action !== undefined && age > Duration.toMillis(actionPatience)

/**
 * The same of a charge that the processor once named: whatever became of it, it is not absent. Somebody changed what
 * it is found by, or other credentials ask; it stays in review, and a person is called.
 */
const concluded = (
  found: LookupResult,
  { processorReference }: ChargeQuery,
  age: number,
  absenceHorizon: Duration.Duration
): Outcome =>
  found._tag === "NotFound" && processorReference !== undefined
    ? new Indeterminate({
        evidence: {
          code: "known_and_not_found",
          message: `the processor named it ${processorReference} and does not find it: ${found.evidence.message}`
        }
      })
    : conclusion(found, age, absenceHorizon)

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
