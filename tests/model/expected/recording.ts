// What the record makes of evidence, and when it lets another attempt be written.
import { times } from "./facts.ts"
import { type Attempt, attemptOf, type Session, withAttempt, type World } from "./world.ts"

/** The attempt on the first candidate that may be charged now, and the candidates that are left after it. */
export const openAttempt = (
  session: Session,
  candidates: ReadonlyArray<string>,
  round: number,
  token: string,
  world: World
): {
  readonly session: Session
  readonly attempt: number | undefined
  readonly remaining: ReadonlyArray<string>
  readonly passedOver: ReadonlyArray<string>
} => {
  const at = candidates.findIndex((mid) => !world.stopped.includes(mid))
  const passedOver = candidates
    .slice(0, at === -1 ? candidates.length : at)
    .map((mid) => `${mid}: kill_switch_on`)
  const mid = candidates[at]
  if (mid === undefined) return { session, attempt: undefined, remaining: [], passedOver }
  const attempt: Attempt = {
    ordinal: session.attempts.length + 1,
    round,
    mid,
    token,
    state: "in_flight",
    declineKind: null,
    writtenAt: world.now,
    leaseUntil: world.now + times.lease,
    heard: []
  }
  return {
    session: { ...session, state: "processing", attempts: [...session.attempts, attempt] },
    attempt: attempt.ordinal,
    remaining: candidates.slice(at + 1),
    passedOver
  }
}

export interface Evidence {
  readonly ordinal: number
  readonly heard: "captured" | "declined" | "indeterminate" | "absent"
  readonly declineKind: "soft" | "hard" | null
  readonly source: "driver" | "lookup" | "takeover"
  /** Where the cascade may go on to after a decline. */
  readonly next: ReadonlyArray<string>
}

export interface Recorded {
  readonly session: Session
  /** The next attempt, if the evidence allowed one. */
  readonly permitted: { readonly ordinal: number; readonly remaining: ReadonlyArray<string> } | undefined
  readonly did: string
}

/** Evidence is always taken; what it changes depends on what was known before. */
export const recordEvidence = (before: Session, world: World, evidence: Evidence): Recorded => {
  const { ordinal, heard, source } = evidence
  const attempt = attemptOf(before, ordinal)
  const wasInFlight = attempt.state === "in_flight"
  const live = wasInFlight || attempt.state === "indeterminate"
  const told: Attempt = { ...attempt, heard: [...attempt.heard, `${source}: ${heard}`] }
  const session = withAttempt(before, told)
  const unchanged: Recorded = { session, permitted: undefined, did: `${heard}, known before` }
  const becomes = (state: Attempt["state"], sessionState: Session["state"], did: string): Recorded => ({
    session: {
      ...withAttempt(session, {
        ...told,
        state,
        declineKind: state === "declined" ? evidence.declineKind : null
      }),
      state: sessionState
    },
    permitted: undefined,
    did
  })

  switch (heard) {
    case "captured": {
      if (before.facts.includes(ordinal)) return unchanged
      const facts = [...before.facts, ordinal]
      if (live) {
        const settled = becomes("captured", "settled", `settled by ${source}`)
        return { ...settled, session: { ...settled.session, facts } }
      }
      // The attempt was given up: the money is recorded and looked into, and nobody is charged again.
      const state = before.state === "pending" ? "in_review" : before.state
      const incidents = before.incidents + 1
      return { session: { ...session, facts, incidents, state }, permitted: undefined, did: "late capture" }
    }
    case "declined": {
      if (!live) return unchanged
      const declined = becomes("declined", afterDecline(before), `declined by ${source}`)
      // Only the driver whose attempt is still in flight goes on; other evidence lets the customer try again.
      if (!wasInFlight || source !== "driver") return declined
      const opened = openAttempt(declined.session, evidence.next, attempt.round, attempt.token, world)
      const noted = notePassedOver(opened.session, attempt.round, opened.passedOver)
      if (opened.attempt === undefined) return { ...declined, session: noted }
      return {
        session: noted,
        permitted: { ordinal: opened.attempt, remaining: opened.remaining },
        did: "failed over"
      }
    }
    case "indeterminate":
      if (wasInFlight) return becomes("indeterminate", "in_review", `unknown to ${source}`)
      if (attempt.state !== "absent" || source !== "driver") return unchanged
      return {
        ...unchanged,
        session: { ...session, neverFoundOut: [...session.neverFoundOut, ordinal] },
        did: "unknown after it was given up"
      }
    case "absent": {
      if (!live) return unchanged
      const absent = becomes("absent", "failed", "absent")
      if (!deniedThoughSentLate(world, before, attempt)) return absent
      const neverFoundOut = [...before.neverFoundOut, ordinal]
      return { ...absent, session: { ...absent.session, neverFoundOut }, did: "absent, though sent late" }
    }
  }
}

/**
 * A process stood still between looking at its permit and sending, longer than a charge may take to turn up, and
 * the gateway denies that money moved. It is one of the documented limits; a charge that was sent while its permit
 * was good has no such excuse.
 */
const deniedThoughSentLate = (world: World, { id }: Session, { ordinal, writtenAt }: Attempt): boolean =>
  world.books.some(
    (entry) =>
      entry.session === id && entry.ordinal === ordinal && entry.moved && entry.at > writtenAt + times.permit
  )

/** The customer may try another card, a certain number of times. */
const afterDecline = ({ round }: Session): Session["state"] => (round >= times.rounds ? "failed" : "pending")

const notePassedOver = (session: Session, round: number, passedOver: ReadonlyArray<string>): Session => ({
  ...session,
  decisions: session.decisions.map((decision) =>
    decision.round === round ? { ...decision, passedOver: [...decision.passedOver, ...passedOver] } : decision
  )
})
