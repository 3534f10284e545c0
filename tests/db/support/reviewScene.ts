import { refund } from "./refundScene.ts"
import { attempt, declare, open, outcome, record, session, withoutTriggers, withTriggers } from "./scene.ts"

// Statements that set a scene of what persons decide, through the functions that the doors call.

const literal = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`

/** Seeded operators. */
export const asks = "development"
export const signs = "development_second"

/** A session whose attempt is in review. */
export const inReview = (nr: number): ReadonlyArray<string> => [
  declare(nr),
  open(nr),
  record(nr, 1, outcome.indeterminate)
]

export const request = (nr: number, fields: Readonly<Record<string, unknown>> = {}, by = asks): string =>
  `select request_review(${literal({
    by,
    attempt: attempt(nr),
    conclusion: "captured",
    processorReference: `seen_${nr}`,
    amount: 3500,
    currency: "USD",
    evidence: "it stands in the dashboard",
    lifetimeMs: 3_600_000,
    ...fields
  })})`

const decide = (nr: number, approve: boolean, by: string): string =>
  `select decide_review(jsonb_build_object('by', '${by}', 'approve', ${approve}, 'mostRounds', 5, 'reason',
    case when not ${approve} then 'no' end, 'nr', (select max(review_nr) from reviews where attempt_id = '${attempt(nr)}')))`

export const approve = (nr: number, by = signs): string => decide(nr, true, by)
export const reject = (nr: number, by = signs): string => decide(nr, false, by)

export const of = (nr: number): string => `attempt_id = '${attempt(nr)}'`

/** A review that is open. */
export const asked = (nr: number): ReadonlyArray<string> => [...inReview(nr), request(nr)]

/** What a person is said to have seen, with nobody's signature. */
export const hearsay = (nr: number): string =>
  `select record_outcome(${literal({
    attempt: attempt(nr),
    fence: 0,
    source: "person",
    by: asks,
    next: [],
    mostRounds: 5,
    outcome: outcome.declined
  })})`

/** The same of a refund. */
export const refundHearsay = (nr: number): string =>
  `select record_refund(${literal({ refund: refund(nr), source: "person", by: asks, outcome: outcome.declined })})`

/** A row in every table. */
export const everyReviewTable: ReadonlyArray<string> = asked(2)

/** A day and an hour pass for the attempt of a session, and for its refunds. */
export const aDayPasses = (nr: number): ReadonlyArray<string> =>
  ["attempts", "refunds"].flatMap((table) => [
    withoutTriggers(table),
    `update ${table} set written_at = written_at - interval '25 hours' where session_id = '${session(nr)}'`,
    withTriggers(table)
  ])

/** What a review by hand has that says absent. */
export const absent = { conclusion: "absent", processor_reference: null }

/** A review by hand. */
export const reviewRow = (
  nr: number,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  review_nr: 1_000_000 + nr,
  attempt_id: attempt(nr),
  conclusion: "declined",
  processor_reference: `failed_${nr}`,
  evidence: "it stands there as failed",
  state: "open",
  requested_by: asks,
  requested_at: "now",
  expires_at: "infinity",
  horizon: "1 day",
  ...fields
})
