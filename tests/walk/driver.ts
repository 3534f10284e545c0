import type {
  CascadeCommand,
  CascadeEvent,
  CascadeState,
  Transition
} from "../../src/kernel/cascade/Cascade.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { Candidate } from "../../src/kernel/PaymentLedger.ts"

// One confirmation on one replica: the shipped cascade, and where its pending command is.

/**
 * `open`: the write-ahead is not applied yet. `opened`: it is, and its permit is on the way. `checked`: the permit is
 * in hand and was found fresh, so the next thing is S. `waiting`: for the answer. `record`: the outcome is not applied
 * yet. `recorded`: it is, and the ledger's answer is on the way. `cut`: the write-ahead was not acknowledged, and the
 * caller was told so. `gone`: ended or dead; which of the two makes no difference to anybody.
 */
export type At = "open" | "opened" | "checked" | "waiting" | "record" | "recorded" | "cut" | "gone"

export interface Driver {
  readonly at: At
  readonly state: CascadeState
  readonly command: CascadeCommand
  /** What the ledger answered, on its way to the driver. */
  readonly ack: CascadeEvent | undefined
  /** The process stands still, or stood still while it had this permit. */
  readonly paused: boolean
  /** An attempt whose answer it did not wait for but still takes; 0: none. */
  readonly late: number
  /** Its caller has asked again under the same key. */
  readonly again: boolean
  /** Its write-ahead may still land although nobody waits for it. */
  readonly orphan: boolean
}

export const begin = ([state, command]: Transition): Driver => ({
  at: "open",
  state,
  command,
  ack: undefined,
  paused: false,
  late: 0,
  again: false,
  orphan: false
})

/** Nothing more comes of it but an answer that it did not wait for. */
export const end = (driver: Driver, late: number): Driver => ({
  ...driver,
  at: "gone",
  state: stopped,
  command: { _tag: "Stop", end: stopped.end },
  ack: undefined,
  paused: false,
  late,
  again: true,
  orphan: false
})

const stopped = { _tag: "Stopped", end: { _tag: "LeftToReconciler" } } as const

/** The permit that a driver has in its hands or on its way to them. */
export const permitOf = ({ at, command, ack }: Driver): SendPermit | undefined => {
  switch (at) {
    case "opened":
      return ack?._tag === "Permitted" ? ack.permit : undefined
    case "recorded":
      return ack?._tag === "Recorded" ? ack.recording.next : undefined
    case "checked":
    case "waiting":
    case "record":
      return command._tag === "Send" || command._tag === "Record" ? command.permit : undefined
    default:
      return undefined
  }
}

export const ordinalOf = (driver: Driver): number => permitOf(driver)?.attempt.ordinal ?? 0

const mids = (candidates: ReadonlyArray<Candidate>): string => candidates.map(({ mid }) => mid).join()
const permitKey = (permit: SendPermit | undefined): string =>
  permit === undefined ? "" : `${permit.attempt.ordinal} ${permit.attempt.mid} ${permit.attempt.fence}`

export const keyOfDriver = ({ at, state, command, ack, paused, late, again, orphan }: Driver): string =>
  [at, keyOfState(state), keyOfCommand(command), keyOfAck(ack), paused, late, again, orphan].join("|")

const keyOfState = (state: CascadeState): string => {
  switch (state._tag) {
    case "Opening":
      return mids(state.candidates)
    case "Sending":
      return `${permitKey(state.permit)} then ${mids(state.remaining)}`
    case "Recording":
      return `${permitKey(state.permit)} heard ${state.heard} then ${mids(state.next)}`
    case "Stopped":
      return ""
  }
}

const keyOfCommand = (command: CascadeCommand): string => {
  switch (command._tag) {
    case "Open":
      return mids(command.candidates)
    case "Send":
      return permitKey(command.permit)
    case "Record":
      return `${permitKey(command.permit)} ${command.outcome.evidence.code} then ${mids(command.next)}`
    case "Stop":
      return ""
  }
}

const keyOfAck = (ack: CascadeEvent | undefined): string => {
  if (ack === undefined) return ""
  if (ack._tag === "Permitted") return permitKey(ack.permit)
  return ack._tag === "Recorded" ? permitKey(ack.recording.next) : ack._tag
}
