import type { Outcome } from "../../../src/kernel/cascade/Disposition.ts"

// Statements that set a scene in the seeded database: sessions and attempts with plain numbers, through the money
// steps; and rows by hand, for whoever goes around the money steps.

export const session = (nr: number): string => `ps_${String(nr).padStart(26, "0")}`
export const attempt = (nr: number, ordinal = 1): string => `at_${session(nr).slice(3)}_${ordinal}`

const literal = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`

interface Declaration {
  readonly order?: string
  readonly key?: string
  readonly lifetimeMs?: number
  readonly entity?: string
  readonly brand?: string
  readonly category?: string
}

/** A pending session of 3500 USD for merchandise. */
export const declare = (
  nr: number,
  { order, key, lifetimeMs = 3_600_000, ...fields }: Declaration = {}
): string =>
  `select declare_session(${literal({
    session: {
      id: session(nr),
      customer: "loop_user_1",
      brand: "loop-store",
      entity: "loop_goods",
      category: "merchandise",
      money: { amount: 3500, currency: "USD" },
      intent: { type: "amount" },
      mode: "hosted",
      theme: {},
      metadata: {},
      redirects: { successUrl: "https://store.example", cancelUrl: "https://store.example" },
      ...(order === undefined ? {} : { orderReference: order }),
      ...fields
    },
    lifetimeMs,
    by: "test",
    ...(key === undefined ? {} : { key }),
    body: { nr }
  })})`

const candidate = (mid: string, leaseMs = 60_000) => ({
  mid,
  provider: mid === "mid_goods_1" ? "stub_a" : "stub_b",
  tag: mid,
  leaseMs
})

/** The write-ahead; of a card that its vault names, if there is one. */
export const open = (
  nr: number,
  mid = "mid_goods_1",
  key?: string,
  card: { readonly fingerprint?: string; readonly cardBrand?: string } = {}
): string =>
  `select open_attempt(${literal({
    session: session(nr),
    candidates: [candidate(mid)],
    decision: { policyVersion: 1, inputs: card, chosen: [mid], leftOut: [] },
    token: { vaultId: "stub", tokenRef: "tok_1" },
    by: "test",
    ...(key === undefined ? {} : { key }),
    body: { nr }
  })})`

const evidence = { code: "said_so", message: "the processor said so" }

export const captured = (processorReference: string, amount = 3500): Outcome =>
  ({ _tag: "Captured", processorReference, amount, currency: "USD", evidence }) satisfies Outcome
export const outcome = {
  declined: { _tag: "Declined", kind: "soft", evidence },
  indeterminate: { _tag: "Indeterminate", evidence },
  absent: { _tag: "Absent", evidence }
} as const

/** Records an outcome of an attempt, as its driver under fence `ordinal`. */
export const record = (
  nr: number,
  ordinal: number,
  said: unknown,
  next: ReadonlyArray<string> = []
): string =>
  `select record_outcome(${literal({
    attempt: attempt(nr, ordinal),
    fence: ordinal,
    outcome: said,
    source: "driver",
    next: next.map((mid) => candidate(mid)),
    by: "test",
    mostRounds: 5
  })})`

/** A session that left a row wherever the app writes: declined, captured by the next account,
 * captured late by the first, refunded in part, disputed and won. */
export const everyTableOfTheApp: ReadonlyArray<string> = [
  declare(1, { order: "order_1", key: "key_1" }),
  open(1, "mid_goods_1", "key_2"),
  record(1, 1, outcome.declined, ["mid_goods_2"]),
  record(1, 2, captured("ref_1")),
  record(1, 1, captured("ref_2")),
  `select open_refund(${literal({
    session: session(1),
    mid: "mid_goods_2",
    processorReference: "ref_1",
    amount: 1000,
    kind: "refund",
    reason: "it came back",
    tag: "mid_goods_2",
    leaseMs: 60_000,
    by: "test",
    key: "key_3",
    body: {}
  })})`,
  `select record_refund(${literal({
    refund: `re_${session(1).slice(3)}_1`,
    outcome: {
      _tag: "Refunded",
      refundReference: "re_1",
      money: { amount: 1000, currency: "USD" },
      evidence
    },
    source: "driver",
    by: "test"
  })})`,
  `select record_dispute(${literal({
    mid: "mid_goods_2",
    reference: "dp_1",
    processorReference: "ref_1",
    state: "won",
    amount: 2500,
    currency: "USD",
    reason: "fraudulent"
  })})`
]

/** The same, and a gate that an operator passed: a row in every table. */
export const everyTable: ReadonlyArray<string> = [
  ...everyTableOfTheApp,
  "insert into passed_gates values ('mid_goods_3', 'banking', 'an officer', 'a letter')",
  "insert into rate_buckets values ('session:1', now())"
]

/** All gates of an account, passed by two officers. */
export const passGates = (mid: string): ReadonlyArray<string> =>
  ["counsel", "banking", "credentials", "contract_run"].map(
    (gate, at) => `insert into passed_gates values ('${mid}', '${gate}', 'officer ${at % 2}', 'a letter')`
  )

/** Writes a row by hand; an absent column is null. */
export const insert = (table: string, row: Readonly<Record<string, unknown>>): string =>
  `insert into ${table} overriding system value select * from jsonb_populate_record(null::${table}, ${literal(row)})`

/** An attempt by hand, as the money steps would write the given one. */
export const attemptRow = (
  nr: number,
  ordinal: number,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  attempt_id: attempt(nr, ordinal),
  session_id: session(nr),
  ordinal,
  round: 1,
  mid_id: "mid_goods_1",
  entity_id: "loop_goods",
  provider: "stub_a",
  category: "merchandise",
  brand_id: "loop-store",
  amount: 3500,
  currency: "USD",
  vault_id: "stub",
  token_ref: "tok_1",
  idempotency_key: `by hand ${nr} ${ordinal}`,
  state: "in_flight",
  fence: 1,
  lease_until: "infinity",
  written_at: "now",
  checks: 0,
  ...fields
})

/** A session by hand. */
export const sessionRow = (
  nr: number,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  session_id: session(nr),
  entity_id: "loop_goods",
  brand_id: "loop-store",
  customer_id: "loop_user_1",
  category: "merchandise",
  amount: 3500,
  currency: "USD",
  mode: "hosted",
  intent: {},
  theme: {},
  metadata: {},
  state: "pending",
  fence: 0,
  round: 0,
  created_at: "now",
  updated_at: "now",
  expires_at: "infinity",
  ...fields
})

const dimensions = (nr: number, ordinal: number) => ({
  attempt_id: attempt(nr, ordinal),
  session_id: session(nr),
  mid_id: "mid_goods_1",
  entity_id: "loop_goods",
  provider: "stub_a",
  category: "merchandise",
  brand_id: "loop-store"
})

export const captureRow = (
  nr: number,
  ordinal: number,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  ...dimensions(nr, ordinal),
  processor_reference: `by hand ${nr} ${ordinal}`,
  amount: 3500,
  currency: "USD",
  source: "person",
  captured_at: "now",
  ...fields
})

export const postingRow = (
  nr: number,
  ordinal: number,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  ...dimensions(nr, ordinal),
  posting_id: 1_000_000,
  debit_account: "processor_receivable",
  credit_account: "customer_payments",
  amount: 3500,
  currency: "USD",
  processor_reference: `by hand ${nr} ${ordinal}`,
  posted_at: "now",
  ...fields
})

/** Switches the triggers of a table off, as only its owner can: to see what stands without them. */
export const withoutTriggers = (table: string): string => `alter table ${table} disable trigger user`
export const withTriggers = (table: string): string => `alter table ${table} enable trigger user`
