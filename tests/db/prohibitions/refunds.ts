import * as r from "../support/refundScene.ts"
import * as s from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Money that goes back.

/** One refund of everything there is and one that is still open, both of the capture of session 2. */
const given: ReadonlyArray<string> = [
  ...s.everyTable,
  ...r.paid(2),
  r.openRefund(2, { amount: 100, key: "key_r" }),
  r.recordRefund(2, 1, r.refunded("re_2_1", 100)),
  r.openRefund(2, { amount: 200 }),
  r.heardOfDispute(2, "warning")
]

const setting = (table: string, constraint: string, change: string): Prohibition => ({
  by: `${table}.${constraint}`,
  what: `${table} set ${change}`,
  given: [...given, s.withoutTriggers(table)],
  tries: `update ${table} set ${change}`
})

const first = `refund_id = '${r.refund(2, 1)}'`
const second = `refund_id = '${r.refund(2, 2)}'`

const changes: ReadonlyArray<readonly [table: string, constraint: string, change: string]> = [
  ["refunds", "refunds_ordinal_check", `ordinal = 0, refund_id = '${r.refund(2, 0)}' where ${second}`],
  ["refunds", "refunds_amount_check", "amount = 0"],
  ["refunds", "refunds_kind_check", "kind = 'gift'"],
  ["refunds", "refunds_reason_check", "reason = ''"],
  ["refunds", "refunds_reason_check", "reason = repeat('r', 501)"],
  ["refunds", "refunds_state_check", `state = 'lost', evidence = '{}' where ${second}`],
  ["refunds", "refund_named_by_session", `refund_id = refund_id || '0' where ${second}`],
  ["refunds", "refunded_has_reference", `refund_reference = null where ${first}`],
  ["refunds", "refunded_has_reference", `refund_reference = 're' where ${second}`],
  ["refunds", "refund_outcome_has_evidence", `evidence = null where ${first}`],
  ["refunds", "refund_resolved_has_time", `resolved_at = null where ${first}`],
  ["refunds", "refund_resolved_has_time", `resolved_at = now() where ${second}`],
  ["refunds", "refund_of_capture", "processor_reference = 'unheard of'"],
  ["refund_evidence", "refund_evidence_source_check", "source = 'rumour'"],
  ["refund_evidence", "refund_evidence_outcome_check", "outcome = 'Probably'"],
  ["refund_evidence", "refund_evidence_refund_id_fkey", `refund_id = 're_of_nobody' where ${first}`],
  ["returns", "returns_refund_reference_check", "refund_reference = ''"],
  ["returns", "returns_refund_reference_check", `refund_reference = repeat('r', 256) where ${first}`],
  ["returns", "returns_amount_check", "amount = 0"],
  ["returns", "returns_currency_check", "currency = 'usd'"],
  ["returns", "returns_source_check", "source = 'rumour'"],
  ["returns", "returns_refund_id_fkey", "refund_id = 're_of_nobody'"],
  ["returns", "taken_back_is_below_zero", "amount = -amount"],
  ["returns", "taken_back_is_below_zero", "nr = 2, nr_before = 1"],
  ["returns", "return_counts", "nr = 3"],
  ["returns", "return_counts", "nr_before = 0"],
  ["returns", "return_follows", "nr = 3, nr_before = 2"],
  ["returns", "return_of_capture", "processor_reference = 'unheard of'"],
  ["disputes", "disputes_dispute_reference_check", "dispute_reference = ''"],
  ["disputes", "disputes_state_check", "state = 'forgotten'"],
  ["disputes", "disputes_amount_check", "amount = 0"],
  ["disputes", "disputes_currency_check", "currency = 'usd'"],
  ["disputes", "dispute_of_capture", "processor_reference = 'unheard of'"]
]

/** What a refund, what went back and a dispute are of is the capture's own. */
const otherDimensions: ReadonlyArray<readonly [column: string, value: string]> = [
  ["attempt_id", s.attempt(3)],
  ["session_id", s.session(3)],
  ["mid_id", "mid_goods_2"],
  ["entity_id", "loop_nutrition"],
  ["provider", "stub_b"],
  ["category", "supplements"],
  ["brand_id", "loop-health"]
]

const ofAnotherCapture = otherDimensions.flatMap(([column, value]): ReadonlyArray<Prohibition> =>
  [
    {
      by: "refunds.refund_of_capture",
      table: "refunds",
      row: r.refundRow(2, 1, {
        [column]: value,
        ...(column === "session_id" ? { refund_id: r.refund(3) } : {})
      })
    },
    { by: "returns.return_of_capture", table: "returns", row: r.returnRow(2, { [column]: value }) },
    { by: "disputes.dispute_of_capture", table: "disputes", row: r.disputeRow(2, { [column]: value }) }
  ].map(({ by, table, row }) => ({
    by,
    what: `a row of ${table} with another ${column} than its capture`,
    given: [...r.paid(2), ...r.paid(3)],
    tries: s.insert(table, row)
  }))
)

const twice = ["refunds", "refund_evidence", "returns", "disputes"].map((table): Prohibition => ({
  by: `${table}.${table}_pkey`,
  what: `the same row of ${table} twice`,
  given: [...given, s.withoutTriggers(table)],
  tries: `insert into ${table} select * from ${table} limit 1`
}))

const copy = (change: Readonly<Record<string, unknown>>, where = first): string =>
  `insert into refunds select (jsonb_populate_record(r, '${JSON.stringify(change)}')).* from refunds r where ${where}`

const once: ReadonlyArray<Prohibition> = [
  {
    by: "returns.returns_pkey",
    what: "one object of a processor's taken back twice",
    given: [...given, s.insert("returns", r.returnRow(2)), s.insert("returns", r.takenBackRow(2))],
    tries: s.insert("returns", r.takenBackRow(2))
  },
  {
    by: "refunds.refund_asked_once",
    what: "two refunds that were asked for under one key",
    given: [...given, s.withoutTriggers("refunds")],
    tries: copy({ refund_id: r.refund(2, 3), ordinal: 3, idempotency_key: "another" })
  },
  {
    by: "refunds.refunds_idempotency_key_key",
    what: "two refunds that the processor would take for one",
    given: [...given, s.withoutTriggers("refunds")],
    tries: copy({ refund_id: r.refund(2, 3), ordinal: 3, requested_key: null })
  },
  {
    by: "refunds.refunds_session_id_ordinal_key",
    what: "two refunds of one number",
    given: [
      ...given,
      s.withoutTriggers("refunds"),
      "alter table refunds drop constraint refunds_pkey cascade"
    ],
    tries: copy({ idempotency_key: "another", requested_key: null })
  },
  {
    by: "refunds.one_open_refund_per_capture",
    what: "a second refund of a capture while one is open",
    given: [...r.paid(2), r.openRefund(2, { amount: 100 })],
    tries: s.insert("refunds", r.refundRow(2, 2))
  },
  {
    by: "refunds.one_open_refund_per_capture",
    what: "a second refund of a capture while nobody knows what became of one",
    given: [...r.paid(2), r.openRefund(2, { amount: 100 }), r.recordRefund(2, 1, s.outcome.indeterminate)],
    tries: s.insert("refunds", r.refundRow(2, 2))
  }
]

const declinedAfterwards = `insert into refund_evidence (refund_id, nr, source, outcome, detail)
  values ('${r.refund(2, 1)}', 2, 'webhook', 'Declined', '{"outcome": "Declined"}')`

const takenBack = (reference: string): string =>
  `update refunds set state = 'taken_back', refund_reference = ${reference}, evidence = '{"outcome": "Declined"}' where ${first}`

const guarded: ReadonlyArray<Prohibition> = [
  {
    by: "refund_begins_in_flight",
    what: "a refund that is born declined",
    given: r.paid(2),
    tries: s.insert("refunds", r.refundRow(2, 1, { state: "declined", evidence: {}, resolved_at: "now" }))
  },
  {
    by: "refunds_within_capture",
    what: "a refund of more than was captured",
    given: r.paid(2),
    tries: s.insert("refunds", r.refundRow(2, 1, { amount: 3501 }))
  },
  {
    by: "refunds_within_capture",
    what: "a refund in another currency",
    given: r.paid(2),
    tries: s.insert("refunds", r.refundRow(2, 1, { currency: "EUR" }))
  },
  {
    by: "refunds_within_capture",
    what: "a refund of what went back already",
    given: [...r.paid(2), r.openRefund(2), r.recordRefund(2, 1, r.refunded("re_2"))],
    tries: s.insert("refunds", r.refundRow(2, 2, { amount: 1 }))
  },
  {
    by: "refunds_within_capture",
    what: "a refund of what went back at the processor, without anybody asking here",
    given: [...r.paid(2), s.insert("returns", r.returnRow(2, { amount: 3401 }))],
    tries: s.insert("refunds", r.refundRow(2, 1))
  },
  {
    by: "refunds_within_capture",
    what: "a refund of what a dispute lost",
    given: [...r.paid(2), r.heardOfDispute(2, "lost", { amount: 3401 })],
    tries: s.insert("refunds", r.refundRow(2, 1))
  },
  {
    by: "no_refund_in_review",
    what: "a refund while another charge of the session may be on its way",
    given: [
      ...r.paid(2),
      s.withoutTriggers("attempts"),
      "drop index one_live_attempt_per_session",
      s.insert("attempts", s.attemptRow(2, 2)),
      s.withTriggers("attempts")
    ],
    tries: s.insert("refunds", r.refundRow(2, 1))
  },
  ...["open", "under_review"].map((state) => ({
    by: "no_refund_during_dispute",
    what: `a refund while a dispute is ${state}`,
    given: [...r.paid(2), r.heardOfDispute(2, state)],
    tries: s.insert("refunds", r.refundRow(2, 1))
  })),
  {
    by: "no_refund_during_dispute",
    what: "a refund of a charge that lost a dispute in another currency",
    given: [...r.paid(2), r.heardOfDispute(2, "lost", { currency: "EUR", amount: 1 })],
    tries: s.insert("refunds", r.refundRow(2, 1))
  },
  ...[
    "amount = 1",
    "reason = 'another'",
    "requested_by = 'somebody else'",
    "idempotency_key = 'another'",
    "kind = 'void'"
  ].map((change) => ({
    by: "refund_unchanged",
    what: `a refund set ${change}`,
    given,
    tries: `update refunds set ${change} where ${second}`
  })),
  ...["evidence = '{}'", "refund_reference = 'another'", "resolved_at = now() + interval '1 day'"].map(
    (change) => ({
      by: "refund_outcome_unchanged",
      what: `a refund that went back set ${change}`,
      given,
      tries: `update refunds set ${change} where ${first}`
    })
  ),
  {
    by: "refund_moves_on_evidence",
    what: "a refund that is declined on nobody's word",
    given,
    tries: `update refunds set state = 'declined', resolved_at = now(), evidence = '{"outcome": "Declined"}' where ${second}`
  },
  {
    by: "refund_moves_on_evidence",
    what: "a refund that is declined on evidence that proves nothing",
    given: [...given, r.recordRefund(2, 2, s.outcome.indeterminate)],
    tries: `update refunds set state = 'declined', resolved_at = now() where ${second}`
  },
  {
    by: "refunded_has_return",
    what: "a refund that went back without its fact",
    given: [
      ...given,
      `insert into refund_evidence (refund_id, nr, source, outcome, detail)
        values ('${r.refund(2, 2)}', 1, 'lookup', 'Refunded', '{"outcome": "Refunded"}')`
    ],
    tries: `update refunds set state = 'refunded', resolved_at = now(), refund_reference = 're_2_2',
      evidence = '{"outcome": "Refunded"}' where ${second}`
  },
  {
    by: "taken_back_has_return",
    what: "a refund that is taken back while it is booked as gone",
    given: [...given, declinedAfterwards],
    tries: takenBack("refund_reference")
  },
  {
    by: "taken_back_has_return",
    what: "a refund that is taken back under another one's reference",
    given: [
      ...given,
      declinedAfterwards,
      s.insert("returns", r.returnRow(2, { refund_id: r.refund(2, 1) })),
      s.insert("returns", r.takenBackRow(2, { refund_id: r.refund(2, 1) }))
    ],
    tries: takenBack("'re_2'")
  },
  {
    by: "refunded_has_return",
    what: "a refund that went back after all while it is booked as taken back",
    given: [
      ...given,
      r.recordRefund(2, 1, r.failed("re_2_1"), "webhook"),
      `insert into refund_evidence (refund_id, nr, source, outcome, detail)
        values ('${r.refund(2, 1)}', 3, 'webhook', 'Refunded', '{"outcome": "Refunded"}')`
    ],
    tries: `update refunds set state = 'refunded', evidence = '{"outcome": "Refunded"}' where ${first}`
  },
  ...["processor_reference = 'by hand 1 1'", "opened_at = opened_at - interval '1 day'"].map((change) => ({
    by: "dispute_unchanged",
    what: `a dispute set ${change}`,
    given,
    tries: `update disputes set ${change} where dispute_reference = 'dp_2'`
  }))
]

export const refunds: ReadonlyArray<Prohibition> = [
  ...changes.map((row) => setting(...row)),
  ...ofAnotherCapture,
  ...twice,
  ...once,
  ...guarded
]
