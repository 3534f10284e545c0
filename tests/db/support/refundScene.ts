import * as s from "./scene.ts"

// Statements that set a scene of money that goes back: through the money steps, and rows by hand for whoever goes
// around them.

export const refund = (nr: number, ordinal = 1): string => `re_${s.session(nr).slice(3)}_${ordinal}`

const literal = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`

interface Wish {
  readonly amount?: number
  readonly key?: string
  /** The capture. */
  readonly of?: string
  readonly mid?: string
  readonly leaseMs?: number
  readonly by?: string
}

/** Writes a refund ahead; of all of the capture `by hand` when nothing is said. */
export const openRefund = (nr: number, wish: Wish = {}): string => {
  const {
    amount = 3500,
    key,
    of = `by hand ${nr} 1`,
    mid = "mid_goods_1",
    leaseMs = 60_000,
    by = "test"
  } = wish
  return `select open_refund(${literal({
    session: s.session(nr),
    mid,
    processorReference: of,
    amount,
    kind: "refund",
    reason: "it came back",
    tag: mid,
    leaseMs,
    approvalMs: 3_600_000,
    by,
    ...(key === undefined ? {} : { key }),
    body: { session: s.session(nr), amount }
  })})`
}

const evidence = { code: "said_so", message: "the processor said so" }

export const refunded = (refundReference: string, amount = 3500) => ({
  _tag: "Refunded",
  refundReference,
  money: { amount, currency: "USD" },
  evidence
})

/** The processor says of one refund of its own that it failed. */
export const failed = (processorReference: string) => ({
  _tag: "Declined",
  kind: "hard",
  processorReference,
  evidence
})

export const recordRefund = (nr: number, ordinal: number, outcome: unknown, source = "driver"): string =>
  `select record_refund(${literal({ refund: refund(nr, ordinal), outcome, source, by: "test" })})`

/** A dispute of the capture `by hand`, as its processor tells of it. */
export const heardOfDispute = (
  nr: number,
  state: string,
  fields: Readonly<Record<string, unknown>> = {}
): string =>
  `select record_dispute(${literal({
    mid: "mid_goods_1",
    reference: `dp_${nr}`,
    processorReference: `by hand ${nr} 1`,
    state,
    amount: 3500,
    currency: "USD",
    reason: "fraudulent",
    ...fields
  })})`

const dimensions = (nr: number) => ({
  processor_reference: `by hand ${nr} 1`,
  attempt_id: s.attempt(nr),
  session_id: s.session(nr),
  mid_id: "mid_goods_1",
  entity_id: "loop_goods",
  provider: "stub_a",
  category: "merchandise",
  brand_id: "loop-store"
})

type Fields = Readonly<Record<string, unknown>>

/** A refund by hand, of the capture `by hand` of a session. */
export const refundRow = (nr: number, ordinal: number, fields: Fields = {}): Fields => ({
  ...dimensions(nr),
  refund_id: refund(nr, ordinal),
  ordinal,
  amount: 100,
  currency: "USD",
  kind: "refund",
  reason: "it came back",
  requested_by: "test",
  request: {},
  idempotency_key: `by hand ${nr} ${ordinal}`,
  state: "in_flight",
  lease_until: "infinity",
  written_at: "now",
  checks: 0,
  ...fields
})

export const returnRow = (nr: number, fields: Fields = {}): Fields => ({
  ...dimensions(nr),
  refund_reference: `re_${nr}`,
  nr: 1,
  amount: 100,
  currency: "USD",
  source: "person",
  returned_at: "now",
  ...fields
})

/** What came back again of {@link returnRow}, because it did not arrive. */
export const takenBackRow = (nr: number, fields: Fields = {}): Fields =>
  returnRow(nr, { nr: 2, nr_before: 1, amount: -100, ...fields })

export const disputeRow = (nr: number, fields: Fields = {}): Fields => ({
  ...dimensions(nr),
  dispute_reference: `dp_${nr}`,
  state: "open",
  amount: 3500,
  currency: "USD",
  reason: "fraudulent",
  opened_at: "now",
  updated_at: "now",
  ...fields
})

/** A session that is paid by the capture `by hand`. */
export const paid = (nr: number): ReadonlyArray<string> => [
  s.declare(nr),
  s.open(nr),
  s.record(nr, 1, s.captured(`by hand ${nr} 1`))
]
