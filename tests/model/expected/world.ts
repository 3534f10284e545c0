// One state that service and gateways may be in, as plain data. It is never changed in place: each step makes a new
// one, so that several may be held against what the service says.
import type { Outcome } from "./requests.ts"

export type SessionState =
  | "pending"
  | "processing"
  | "in_review"
  | "settled"
  | "failed"
  | "cancelled"
  | "expired"

export type AttemptState = "in_flight" | "captured" | "declined" | "indeterminate" | "absent"

export interface Attempt {
  readonly ordinal: number
  readonly round: number
  readonly mid: string
  readonly token: string
  readonly state: AttemptState
  readonly declineKind: "soft" | "hard" | null
  readonly writtenAt: number
  readonly leaseUntil: number
  /** `driver: captured`, in the order in which it was heard. */
  readonly heard: ReadonlyArray<string>
}

export interface Decision {
  readonly round: number
  readonly chosen: ReadonlyArray<string>
  readonly leftOut: ReadonlyArray<string>
  readonly passedOver: ReadonlyArray<string>
}

export interface Session {
  readonly id: string
  readonly company: string
  readonly category: string
  readonly amount: number
  readonly currency: string
  readonly order: string | undefined
  readonly state: SessionState
  readonly round: number
  readonly expiresAt: number
  readonly attempts: ReadonlyArray<Attempt>
  readonly decisions: ReadonlyArray<Decision>
  /** Of accounts that are equals, which this session meets first; unknown until it met them. */
  readonly firstOfEquals: string | undefined
  /** The attempts whose money we know of. */
  readonly facts: ReadonlyArray<number>
  /** Facts that were heard after the attempt had been given up. */
  readonly incidents: number
  /**
   * Attempts that were given up although they were sent, by a process that stood still, and whose answer proved
   * nothing: if their money moved, nobody finds out.
   */
  readonly neverFoundOut: ReadonlyArray<number>
  readonly claimed: { readonly by: string; readonly key: string | undefined } | undefined
}

/** A line in a gateway's own books. */
export interface Entry {
  readonly session: string
  readonly ordinal: number
  readonly mid: string
  readonly moved: boolean
  readonly declineKind: "soft" | "hard" | null
  readonly at: number
  readonly movesAt: number
  /** How many lookups it still denies, as long as it may. */
  readonly denials: number
}

/** What came first under a key. */
export interface KeyUse {
  readonly session: string
  readonly body: string
}

export interface World {
  /** Milliseconds that were let pass, for the database and the gateways. */
  readonly now: number
  /** Milliseconds that passed on the process's own clock. */
  readonly process: number
  readonly sessions: Readonly<Record<string, Session>>
  readonly keys: Readonly<Record<string, KeyUse>>
  /** Accounts whose kill switch is on, as the database has it, and as the routing of this process has heard. */
  readonly stopped: ReadonlyArray<string>
  readonly knownStopped: ReadonlyArray<string>
  readonly books: ReadonlyArray<Entry>
}

export const emptyWorld: World = {
  now: 0,
  process: 0,
  sessions: {},
  keys: {},
  stopped: [],
  knownStopped: [],
  books: []
}

export const withSession = (world: World, session: Session): World => ({
  ...world,
  sessions: { ...world.sessions, [session.id]: session }
})

export const withAttempt = (session: Session, attempt: Attempt): Session => ({
  ...session,
  attempts: session.attempts.map((one) => (one.ordinal === attempt.ordinal ? attempt : one))
})

export const attemptOf = (session: Session, ordinal: number): Attempt => {
  const found = session.attempts.find((attempt) => attempt.ordinal === ordinal)
  if (found === undefined) throw new Error(`the model has no attempt ${ordinal} of ${session.id}`)
  return found
}

export const sessionOf = (world: World, id: string): Session => {
  const found = world.sessions[id]
  if (found === undefined) throw new Error(`the model has no session ${id}`)
  return found
}

/** Some JSON in one spelling, whatever the order of its fields. Fields that are undefined are not there. */
export const spelt = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )

/**
 * What a cascade's caller is told, by what its last processor said and where its session stands. While the session
 * waits for evidence, or another confirmation is under way, that is what is told; only a decline is told as one;
 * and money that came too late to settle its session is being looked into.
 */
export const outcomeOf = (heard: "captured" | "declined" | "indeterminate", state: SessionState): Outcome => {
  if (state === "settled" || state === "in_review" || state === "processing") return state
  if (heard === "declined") return "declined"
  if (heard === "captured") return "in_review"
  return state === "failed" ? "failed" : "in_review"
}

/** Where an earlier confirmation led, for whoever repeats it. */
export const ledTo = ({ state, facts }: Session): Outcome => {
  if (state === "settled" || state === "in_review" || state === "processing") return state
  if (facts.length > 0) return "in_review"
  return state === "failed" ? "failed" : "declined"
}
