import { AttemptState } from "../../../src/kernel/Attempt.ts"
import { SessionState } from "../../../src/kernel/PaymentSession.ts"
import { RefundState } from "../../../src/kernel/refunds/Refund.ts"
import * as r from "../support/refundScene.ts"
import * as s from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Every way from one state to another, by hand: those that are not in these lists are refused.

const attemptMoves: Record<AttemptState, ReadonlyArray<AttemptState>> = {
  in_flight: ["captured", "declined", "indeterminate", "absent"],
  indeterminate: ["captured", "declined", "absent"],
  captured: [],
  declined: [],
  absent: []
}

const refundMoves: Record<RefundState, ReadonlyArray<RefundState>> = {
  in_flight: ["refunded", "declined", "indeterminate", "absent"],
  indeterminate: ["refunded", "declined", "absent"],
  refunded: ["taken_back"],
  declined: [],
  absent: [],
  taken_back: ["refunded"]
}

const sessionMoves: Record<SessionState, ReadonlyArray<SessionState>> = {
  pending: ["processing", "in_review", "cancelled", "expired"],
  processing: ["pending", "in_review", "settled", "failed"],
  in_review: ["pending", "settled", "failed"],
  settled: [],
  failed: [],
  cancelled: [],
  expired: []
}

interface Move {
  readonly what: string
  readonly legal: boolean
  readonly given: ReadonlyArray<string>
  readonly tries: string
}

const pairs = <State>(states: ReadonlyArray<State>): ReadonlyArray<readonly [from: State, to: State]> =>
  states.flatMap((from) => states.filter((to) => to !== from).map((to) => [from, to] as const))

const outcomeOf = (state: AttemptState | RefundState) =>
  state === "taken_back" ? "Declined" : `${state[0]?.toUpperCase()}${state.slice(1)}`

/** The columns that an attempt has in a state, its evidence being row `nr` of the timeline. */
const columns = (state: AttemptState, nr: number): string => `state = '${state}',
  evidence = ${state === "in_flight" ? "null" : `'{"outcome": "${outcomeOf(state)}", "nr": ${nr}}'`},
  decline_kind = ${state === "declined" ? "'soft'" : "null"},
  processor_reference = ${state === "captured" ? `'by hand 2 1'` : "null"},
  resolved_at = ${["captured", "declined", "absent"].includes(state) ? "now()" : "null"}`

const attemptMove = ([from, to]: readonly [AttemptState, AttemptState]): Move => ({
  what: `an attempt from ${from} to ${to}`,
  legal: attemptMoves[from].includes(to),
  given: [
    s.declare(2),
    s.open(2),
    s.withoutTriggers("attempts"),
    `update attempts set ${columns(from, 1)} where session_id = '${s.session(2)}'`,
    s.withTriggers("attempts"),
    ...(to === "in_flight"
      ? []
      : [
          `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
            values ('${s.attempt(2)}', 2, 'lookup', '${outcomeOf(to)}', '{"outcome": "${outcomeOf(to)}", "nr": 2}')`
        ]),
    ...(to === "captured" ? [s.insert("captures", s.captureRow(2, 1))] : [])
  ],
  tries: `update attempts set ${columns(to, 2)} where session_id = '${s.session(2)}'`
})

const sessionMove = ([from, to]: readonly [SessionState, SessionState]): Move => ({
  what: `a session from ${from} to ${to}`,
  legal: sessionMoves[from].includes(to),
  given: [
    s.declare(2),
    s.open(2),
    ...(to === "settled" ? [s.insert("captures", s.captureRow(2, 1))] : []),
    s.withoutTriggers("attempts"),
    `update attempts set ${columns("declined", 1)} where session_id = '${s.session(2)}'`,
    s.withTriggers("attempts"),
    s.withoutTriggers("payment_sessions"),
    `update payment_sessions set state = '${from}' where session_id = '${s.session(2)}'`,
    s.withTriggers("payment_sessions")
  ],
  tries: `update payment_sessions set state = '${to}' where session_id = '${s.session(2)}'`
})

/** The columns that a refund has in a state, its evidence being row `nr` of the timeline. */
const refundColumns = (state: RefundState, nr: number): string => `state = '${state}',
  evidence = ${state === "in_flight" ? "null" : `'{"outcome": "${outcomeOf(state)}", "nr": ${nr}}'`},
  refund_reference = ${["refunded", "taken_back"].includes(state) ? "'re_2'" : "null"},
  resolved_at = ${["refunded", "declined", "absent", "taken_back"].includes(state) ? "now()" : "null"}`

const refundMove = ([from, to]: readonly [RefundState, RefundState]): Move => ({
  what: `a refund from ${from} to ${to}`,
  legal: refundMoves[from].includes(to),
  given: [
    ...r.paid(2),
    r.openRefund(2, { amount: 100 }),
    s.withoutTriggers("refunds"),
    `update refunds set ${refundColumns(from, 1)} where session_id = '${s.session(2)}'`,
    s.withTriggers("refunds"),
    ...(to === "in_flight"
      ? []
      : [
          `insert into refund_evidence (refund_id, nr, source, outcome, detail)
            values ('${r.refund(2)}', 2, 'lookup', '${outcomeOf(to)}', '{"outcome": "${outcomeOf(to)}", "nr": 2}')`
        ]),
    ...(to === "refunded" || to === "taken_back"
      ? [s.insert("returns", r.returnRow(2, { refund_id: r.refund(2) }))]
      : []),
    ...(to === "taken_back" ? [s.insert("returns", r.takenBackRow(2, { refund_id: r.refund(2) }))] : [])
  ],
  tries: `update refunds set ${refundColumns(to, 2)} where session_id = '${s.session(2)}'`
})

const attemptPairs = pairs(AttemptState.literals).map(attemptMove)
const refundPairs = pairs(RefundState.literals).map(refundMove)
const sessionPairs = pairs(SessionState.literals).map(sessionMove)

export const legalMoves: ReadonlyArray<Move> = [...attemptPairs, ...refundPairs, ...sessionPairs].filter(
  ({ legal }) => legal
)

const refused = (by: string, moves: ReadonlyArray<Move>): ReadonlyArray<Prohibition> =>
  moves.filter(({ legal }) => !legal).map(({ what, given, tries }) => ({ by, what, given, tries }))

export const moves: ReadonlyArray<Prohibition> = [
  ...refused("attempt_move", attemptPairs),
  ...refused("refund_move", refundPairs),
  ...refused("session_move", sessionPairs)
]
