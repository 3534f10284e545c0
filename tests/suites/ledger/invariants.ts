import { Effect } from "effect"
import { expect } from "@effect/vitest"
import type { AttemptState } from "../../../src/kernel/Attempt.ts"
import type { SessionId } from "../../../src/kernel/ids.ts"
import type { EventType } from "../../../src/kernel/Outbox.ts"
import type { SessionState } from "../../../src/kernel/PaymentSession.ts"
import * as w from "../world.ts"

// What is true of one session after every call, whatever was called.

/** One session as it stands. */
export type Standing = Effect.Success<ReturnType<typeof standing>>

export const standing = Effect.fnUntraced(function* (session: SessionId) {
  const { session: now, attempts, written, events } = yield* w.everythingOf(session)
  if (now === undefined) return yield* Effect.die(`the session ${session} is gone`)
  return { state: now.state, attempts, written, events }
})

export const assertInvariants = (before: Standing, now: Standing): void => {
  assertNeverTwoLiveAttempts(now)
  assertAttemptsAreNumbered(now)
  assertAttemptsExplainTheState(now)
  assertMovesAreAllowed(before, now)
  assertMoneyIsAccountedFor(now)
  assertNothingIsForgotten(before, now)
  assertEventsMatchStates(before, now)
}

export const assertNeverTwoLiveAttempts = ({ attempts }: Standing): void =>
  expect(attempts.filter(({ state }) => state !== "declined").length).toBeLessThanOrEqual(1)

const assertAttemptsAreNumbered = ({ attempts }: Standing): void => {
  expect(attempts.map(({ ordinal }) => ordinal)).toEqual(attempts.map((_, index) => index + 1))
  expect(new Set(attempts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(attempts.length)
}

/** In which state the one attempt that was not declined may be; `undefined`: there is none. */
const liveIn: Record<SessionState, ReadonlyArray<AttemptState | undefined>> = {
  pending: [undefined],
  processing: ["in_flight"],
  in_review: ["indeterminate", "captured", "absent", undefined],
  settled: ["captured"],
  failed: ["absent", undefined],
  cancelled: [undefined],
  expired: [undefined]
}

const assertAttemptsExplainTheState = ({ state, attempts, written }: Standing): void => {
  const live = attempts.find((attempt) => attempt.state !== "declined")
  expect(liveIn[state], `a session that is ${state}`).toContain(live?.state)
  // Nothing is left to be found out, and money moved: only a person knows what to do.
  if (state === "in_review" && live?.state !== "indeterminate") {
    expect(written.facts.length).toBeGreaterThan(0)
    const kinds =
      live?.state === "captured" ? ["captured_other_amount"] : ["captured_other_amount", "late_capture"]
    expect(written.incidents.filter(({ kind }) => kinds.includes(kind))).not.toEqual([])
  }
}

const sessionMoves: Record<SessionState, ReadonlyArray<SessionState>> = {
  pending: ["processing", "in_review", "cancelled", "expired"],
  processing: ["settled", "in_review", "pending", "failed"],
  in_review: ["settled", "pending", "failed"],
  settled: [],
  failed: [],
  cancelled: [],
  expired: []
}

const attemptMoves: Record<AttemptState, ReadonlyArray<AttemptState>> = {
  in_flight: ["captured", "declined", "indeterminate", "absent"],
  indeterminate: ["captured", "declined", "absent"],
  captured: [],
  declined: [],
  absent: []
}

const assertMovesAreAllowed = (before: Standing, now: Standing): void => {
  if (before.state !== now.state) expect(sessionMoves[before.state]).toContain(now.state)
  for (const [index, { state }] of before.attempts.entries()) {
    const later = now.attempts[index]?.state
    if (later !== state) expect(attemptMoves[state], `an attempt that was ${state}`).toContain(later)
  }
}

/** All money that moved is what settled the session, or has an incident. */
const assertMoneyIsAccountedFor = ({ state, written: { facts, incidents } }: Standing): void => {
  const surplus = incidents.filter(({ kind }) => kind !== "processor_reference_reused").length
  expect(facts.length).toBe((state === "settled" ? 1 : 0) + surplus)
  expect(new Set(facts.map(({ mid, processorReference }) => `${mid} ${processorReference}`)).size).toBe(
    facts.length
  )
}

const assertNothingIsForgotten = (
  { written: before, state }: Standing,
  { written: now, ...after }: Standing
): void => {
  for (const kept of ["evidence", "facts", "incidents", "decisions"] as const) {
    expect(now[kept].slice(0, before[kept].length), kept).toEqual(before[kept])
  }
  const changed = state !== after.state || now.evidence.length > before.evidence.length
  if (changed) expect(now.auditRows).toBeGreaterThan(before.auditRows)
  else expect(now.auditRows).toBeGreaterThanOrEqual(before.auditRows)
}

const eventsOfMove: Record<SessionState, ReadonlyArray<EventType>> = {
  pending: ["payment.declined.v1"],
  processing: [],
  in_review: ["payment.in_review.v1"],
  settled: ["payment.charged.v1"],
  failed: ["payment.failed.v1", "payment.declined.v1"],
  cancelled: [],
  expired: ["payment.session_expired.v1"]
}

/** How much money moved that is not what its attempt was captured by. */
const lateOf = ({ attempts, written: { facts } }: Standing): number =>
  facts.length - attempts.filter(({ state }) => state === "captured").length

/**
 * A session that changed its state tells the one event of its new state, and one that did not tells nothing; but money
 * that was captured late is always told.
 */
const assertEventsMatchStates = (before: Standing, now: Standing): void => {
  const news = now.events.slice(before.events.length)
  const late = news.filter((type) => type === "payment.captured_late.v1")
  expect(late.length).toBe(lateOf(now) - lateOf(before))
  const told = news.filter((type) => type !== "payment.captured_late.v1")
  expect(now.events.slice(0, before.events.length)).toEqual(before.events)
  const fitting = before.state === now.state ? [] : eventsOfMove[now.state]
  expect(told).toHaveLength(Math.min(fitting.length, 1))
  for (const event of told) expect(fitting).toContain(event)
}
