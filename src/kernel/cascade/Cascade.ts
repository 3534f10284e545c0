import type { Candidate, Opening, PassedOver, Recording } from "../PaymentLedger.ts"
import type { SessionState } from "../PaymentSession.ts"
import type { Captured, Declined, Indeterminate, PaymentAction } from "./Disposition.ts"
import type { SendPermit } from "./SendPermit.ts"

// The cascade as one pure function. Production, the simulator and the exhaustive walk interpret the same one:
// `start` gives the first command, `step` takes what came of a command and gives the next.

/** Where a cascade stands. */
export type CascadeState =
  | { readonly _tag: "Opening"; readonly candidates: ReadonlyArray<Candidate> }
  | { readonly _tag: "Sending"; readonly permit: SendPermit; readonly remaining: ReadonlyArray<Candidate> }
  /** `next`: what the outcome allows to go on to, and nothing else is sent to after it. */
  | {
      readonly _tag: "Recording"
      readonly permit: SendPermit
      readonly heard: Heard
      readonly action?: PaymentAction
      readonly next: ReadonlyArray<Candidate>
    }
  | { readonly _tag: "Stopped"; readonly end: CascadeEnd }

/** What came of a command. */
export type CascadeEvent =
  /** The write-ahead was committed: the permit is in hand. */
  | { readonly _tag: "Permitted"; readonly permit: SendPermit }
  /** The write-ahead refused, and this is why; nothing was sent. */
  | { readonly _tag: "Refused"; readonly opening: NotOpened }
  /** The permit was too old when it was to be used: the process had been paused. */
  | { readonly _tag: "PermitWentStale" }
  | { readonly _tag: "ChargeCaptured"; readonly captured: Captured }
  | { readonly _tag: "ChargeDeclined"; readonly declined: Declined }
  | { readonly _tag: "ChargeIndeterminate"; readonly indeterminate: Indeterminate }
  | { readonly _tag: "Recorded"; readonly recording: Recording }
  /** The outcome could not be recorded in time: the reconciler finds it out again. */
  | { readonly _tag: "NotRecorded" }

/** What to do next. */
export type CascadeCommand =
  | { readonly _tag: "Open"; readonly candidates: ReadonlyArray<Candidate> }
  | { readonly _tag: "Send"; readonly permit: SendPermit }
  | {
      readonly _tag: "Record"
      readonly permit: SendPermit
      readonly outcome: Captured | Declined | Indeterminate
      /** Where the cascade may go on to, in the same statement. Only a decline has any. */
      readonly next: ReadonlyArray<Candidate>
    }
  | { readonly _tag: "Stop"; readonly end: CascadeEnd }

/** What an attempt's processor said, as its driver understood it. */
export type Heard = (Captured | Declined | Indeterminate)["_tag"]

/** Why a write-ahead permitted nothing. */
type NotOpened = Exclude<Opening, { readonly _tag: "Permitted" }>

/** How a cascade ended, for the one who waits for it. */
export type CascadeEnd =
  | {
      readonly _tag: "Ended"
      /** What the last processor said. The session may say otherwise: other evidence may have come first. */
      readonly heard: Heard
      readonly session: SessionState
      /** What the last processor wants the customer to do before its charge goes on. */
      readonly action?: PaymentAction
      readonly passedOver: ReadonlyArray<PassedOver>
      /** Money was captured although the session ended without it. */
      readonly captured?: true
    }
  /** The write-ahead refused. Nothing was sent. */
  | { readonly _tag: "NothingOpened"; readonly opening: NotOpened }
  /** The attempt is written and its outcome unknown; somebody else finds it out. */
  | { readonly _tag: "LeftToReconciler" }

export type Transition = readonly [CascadeState, CascadeCommand]

export const start = (candidates: ReadonlyArray<Candidate>): Transition => [
  { _tag: "Opening", candidates },
  { _tag: "Open", candidates }
]

export const step = (state: CascadeState, event: CascadeEvent): Transition => {
  switch (state._tag) {
    case "Opening":
      if (event._tag === "Permitted") return send(event.permit, state.candidates)
      if (event._tag === "Refused") return stop({ _tag: "NothingOpened", opening: event.opening })
      return unexpected(state, event)
    case "Sending":
      if (event._tag === "ChargeCaptured") return record(state, event.captured, [])
      if (event._tag === "ChargeDeclined")
        return record(state, event.declined, failover(event.declined, state.remaining))
      if (event._tag === "ChargeIndeterminate") return record(state, event.indeterminate, [])
      if (event._tag === "PermitWentStale") return stop({ _tag: "LeftToReconciler" })
      return unexpected(state, event)
    case "Recording":
      if (event._tag === "NotRecorded") return stop({ _tag: "LeftToReconciler" })
      if (event._tag === "Recorded") {
        const { next, session, passedOver, captured } = event.recording
        if (next !== undefined) return send(next, state.next)
        return stop({
          _tag: "Ended",
          heard: state.heard,
          session,
          passedOver,
          ...(captured === undefined ? {} : { captured }),
          ...(state.action === undefined ? {} : { action: state.action })
        })
      }
      return unexpected(state, event)
    case "Stopped":
      return unexpected(state, event)
  }
}

/**
 * Where a cascade goes after a decline. It takes a `Declined`, and there is no other way on: an `Indeterminate`
 * cannot be handed to it. A hard decline leads nowhere, because no other account would take the card.
 */
export const failover = (declined: Declined, remaining: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> =>
  declined.kind === "hard" ? [] : remaining

/**
 * Candidates up to the permitted one are used up, those that were passed over included. A permit for an account
 * that the cascade may not go to, as after a capture or an unknown outcome, is a ledger's mistake and is not sent.
 */
const send = (permit: SendPermit, candidates: ReadonlyArray<Candidate>): Transition => {
  const at = candidates.findIndex(({ mid }) => mid === permit.attempt.mid)
  if (at === -1) return stop({ _tag: "LeftToReconciler" })
  return [
    { _tag: "Sending", permit, remaining: candidates.slice(at + 1) },
    { _tag: "Send", permit }
  ]
}

const record = (
  { permit }: Extract<CascadeState, { _tag: "Sending" }>,
  outcome: Captured | Declined | Indeterminate,
  next: ReadonlyArray<Candidate>
): Transition => [
  {
    _tag: "Recording",
    permit,
    heard: outcome._tag,
    next,
    ...(outcome._tag === "Indeterminate" && outcome.action !== undefined ? { action: outcome.action } : {})
  },
  { _tag: "Record", permit, outcome, next }
]

const stop = (end: CascadeEnd): Transition => [
  { _tag: "Stopped", end },
  { _tag: "Stop", end }
]

/** An interpreter that answers a command with something else's event has a bug: nothing more is sent. */
const unexpected = (state: CascadeState, event: CascadeEvent): never => {
  throw new Error(`a cascade in ${state._tag} cannot go on after ${event._tag}`)
}
