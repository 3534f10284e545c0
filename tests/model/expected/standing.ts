// Where a session stands, and what may be done with it beside charging: cancel it, read it, claim its fulfilment.
import type { Move, Steps } from "./calls.ts"
import { refusedAtTheDoor } from "./declaring.ts"
import { accounts } from "./facts.ts"
import { type Answer, type Read, type ReadAttempt, refused } from "./requests.ts"
import { type Attempt, type Session, withSession, type World } from "./world.ts"

const unknown = refused("unknown_session", "session")

/** Only what is pending is cancelled, and twice is once. The answer shows the session as it is read after that. */
export const cancelSteps: Steps<"cancel"> = (world, request, stage): ReadonlyArray<Move> => {
  const session = world.sessions[request.session]
  if (stage.at === "asked") {
    const atTheDoor = refusedAtTheDoor(request)
    if (atTheDoor !== undefined) return [{ world, answer: atTheDoor }]
    if (session === undefined) return [{ world, answer: unknown }]
    const { state } = session
    if (state !== "pending" && state !== "cancelled") {
      return [
        { world, answer: refused("session_not_payable", "session", { state }), did: `cancel while ${state}` }
      ]
    }
    return [
      {
        world: withSession(world, { ...session, state: "cancelled" }),
        stage: { at: "cancelled" },
        did: state === "pending" ? "cancelled" : "cancelled again"
      }
    ]
  }
  return stage.at === "cancelled" && session !== undefined
    ? [{ world, answer: { is: "cancelled", state: session.state } }]
    : []
}

/**
 * `first` is given out once, when the money is certain. `ownClaim` says that the first claim was made by the same
 * caller under the same key; a claim without a key is nobody's own afterwards.
 */
export const claimSteps: Steps<"claim"> = (world, request, stage): ReadonlyArray<Move> => {
  if (stage.at !== "asked") return []
  const atTheDoor = refusedAtTheDoor(request)
  if (atTheDoor !== undefined) return [{ world, answer: atTheDoor }]
  const session = world.sessions[request.session]
  if (session === undefined) return [{ world, answer: unknown }]
  const { state, claimed } = session
  if (state !== "settled") {
    return [
      { world, answer: refused("session_not_settled", "session", { state }), did: `claim while ${state}` }
    ]
  }
  const { by, key } = request
  if (claimed === undefined) {
    return [
      {
        world: withSession(world, { ...session, claimed: { by, key } }),
        answer: { is: "claimed", fulfilment: "first", ownClaim: true },
        did: "claimed first"
      }
    ]
  }
  const ownClaim = key !== undefined && claimed.by === by && claimed.key === key
  return [
    {
      world,
      answer: { is: "claimed", fulfilment: "duplicate", ownClaim },
      did: ownClaim ? "claimed again, by its own" : "claimed again, by another"
    }
  ]
}

/**
 * A session and its attempts are read one after the other, and a charge may go on in between: attempts may be
 * newer than the state beside them, and never older.
 */
export const readSteps: Steps<"read"> = (world, request, stage): ReadonlyArray<Move> => {
  const session = world.sessions[request.session]
  if (stage.at === "asked") {
    const atTheDoor = refusedAtTheDoor(request)
    if (atTheDoor !== undefined) return [{ world, answer: atTheDoor }]
    if (session === undefined) return [{ world, answer: unknown }]
    const { state, amount, currency } = session
    return [{ world, stage: { at: "half read", state, amount, currency }, did: `read while ${state}` }]
  }
  if (stage.at !== "half read" || session === undefined) return []
  const { state, amount, currency } = stage
  return [{ world, answer: { is: "read", state, amount, currency, ...shown(session, request) } }]
}

const shown = (
  session: Session,
  { whole }: Read
): Pick<Extract<Answer, { is: "read" }>, "attempts" | "decisions"> =>
  whole
    ? {
        attempts: session.attempts.map((attempt) => ({
          ...attemptAsRead(attempt),
          round: attempt.round,
          declineKind: attempt.declineKind,
          heard: attempt.heard
        })),
        decisions: session.decisions
      }
    : { attempts: session.attempts.map(attemptAsRead) }

const attemptAsRead = ({ ordinal, mid, state }: Attempt): ReadAttempt => ({
  ordinal,
  mid,
  provider: accounts.find((account) => account.mid === mid)?.gateway ?? "unknown",
  state
})

/** Sessions of a world whose outcome is still to be found out. */
export const unresolvedIn = (world: World): ReadonlyArray<string> =>
  Object.values(world.sessions)
    .filter(({ state }) => state === "processing" || state === "in_review")
    .map(({ id }) => id)
