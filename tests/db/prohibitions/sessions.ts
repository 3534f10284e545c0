import * as r from "../support/refundScene.ts"
import * as s from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What a session may be declared for, what stays as declared, and what it may be called.

const declares = (
  by: string,
  what: string,
  fields: Readonly<Record<string, unknown>>,
  given: ReadonlyArray<string> = []
): Prohibition => ({ by, what, given, tries: s.insert("payment_sessions", s.sessionRow(2, fields)) })

const declared: ReadonlyArray<readonly [column: string, value: string]> = [
  ["session_id", `'${s.session(9)}'`],
  ["entity_id", "'loop_nutrition'"],
  ["brand_id", "'loop-health'"],
  ["customer_id", "'loop_user_2'"],
  ["category", "'supplements'"],
  ["amount", "1"],
  ["currency", "'EUR'"],
  ["mode", "'embedded'"],
  ["order_reference", "'order_9'"],
  ["intent", "'{}'"],
  ["theme", `'{"colour": "green"}'`],
  ["metadata", `'{"a": "b"}'`],
  ["redirects", "null"],
  ["created_at", "now() + interval '1 day'"]
]

const become = (state: string) =>
  `update payment_sessions set state = '${state}' where session_id = '${s.session(2)}'`

/** A session that is in a state although nothing in the database would have let it go there. */
const forced = (state: string): ReadonlyArray<string> => [
  s.withoutTriggers("payment_sessions"),
  become(state),
  s.withTriggers("payment_sessions")
]

const charging = [s.declare(2), s.open(2)]

/** A session that is in review because less was captured than it declares. */
const lessCaptured = [...charging, s.record(2, 1, s.captured("by hand 2 1", 100))]

export const sessions: ReadonlyArray<Prohibition> = [
  declares("entity_collects", "a company that only pays out", {
    entity_id: "loop_payouts",
    category: "merchandise"
  }),
  declares("payment_sessions.session_underwritten", "a category that the company is not underwritten for", {
    category: "telehealth"
  }),
  declares("underwriting_not_revoked", "a category whose underwriting was revoked", {}, [
    "update entity_underwriting set revoked_at = now() where entity_id = 'loop_goods'"
  ]),
  declares("payment_sessions.session_of_brand", "a brand that may not collect for the company", {
    brand_id: "loop-bio"
  }),
  declares("payment_sessions.payment_sessions_amount_check", "an amount of zero", { amount: 0 }),
  declares("payment_sessions.payment_sessions_amount_check", "a negative amount", { amount: -1 }),
  ...["processing", "in_review", "settled", "failed", "cancelled", "expired", "lost"].map((state) =>
    declares("session_begins_pending", `a session that begins ${state}`, { state })
  ),
  ...declared.map(([column, value]): Prohibition => ({
    by: "declaration_unchanged",
    what: `another ${column} than was declared`,
    given: [s.declare(2, { order: "order_2" })],
    tries: `update payment_sessions set ${column} = ${value} where session_id = '${s.session(2)}'`
  })),
  ...["fence", "round"].map((column): Prohibition => ({
    by: "fence_only_rises",
    what: `a ${column} that falls`,
    given: charging,
    tries: `update payment_sessions set ${column} = 0 where session_id = '${s.session(2)}'`
  })),
  {
    by: "session_move",
    what: "a state that does not exist",
    given: charging,
    tries: become("lost")
  },
  {
    by: "live_attempt_holds_session",
    what: "waiting for another card while an attempt is live",
    given: charging,
    tries: become("pending")
  },
  ...["cancelled", "expired"].map((state): Prohibition => ({
    by: "live_attempt_holds_session",
    what: `a session with a live attempt that is ${state}`,
    given: [...charging, ...forced("pending")],
    tries: become(state)
  })),
  ...["in flight", "unknown"].map((what): Prohibition => ({
    by: "live_attempt_holds_session",
    what: `failing while a charge is ${what}`,
    given: [...charging, ...(what === "unknown" ? [s.record(2, 1, s.outcome.indeterminate)] : [])],
    tries: become("failed")
  })),
  ...["cancelled", "expired"].map((state): Prohibition => ({
    by: "capture_holds_session",
    what: `a session that money was captured for and that is ${state}`,
    given: [...charging, s.record(2, 1, s.outcome.declined), s.insert("captures", s.captureRow(2, 1))],
    tries: become(state)
  })),
  {
    by: "capture_holds_session",
    what: "waiting for another card although money was captured",
    given: [
      ...charging,
      s.record(2, 1, s.outcome.declined, ["mid_goods_2"]),
      s.record(2, 1, s.captured("ref_late")),
      s.withoutTriggers("attempts"),
      "update attempts set state = 'declined', decline_kind = 'soft', evidence = '{}', resolved_at = now() where state = 'in_flight'",
      s.withTriggers("attempts")
    ],
    tries: become("pending")
  },
  {
    by: "capture_holds_session",
    what: "failing although money was captured",
    given: [...charging, s.record(2, 1, s.captured("ref_less", 1))],
    tries: become("failed")
  },
  {
    by: "capture_holds_session",
    what: "failing although some of the captured money is left",
    given: [
      ...lessCaptured,
      s.insert("returns", r.returnRow(2, { amount: 99 })),
      "update incidents set closed_at = now()"
    ],
    tries: become("failed")
  },
  {
    by: "capture_holds_session",
    what: "failing although nobody has dealt with its incident",
    given: [...lessCaptured, s.insert("returns", r.returnRow(2))],
    tries: become("failed")
  },
  {
    by: "settled_has_capture",
    what: "settling after a part of its money went back",
    given: [
      ...charging,
      s.record(2, 1, s.outcome.declined),
      s.record(2, 1, s.captured("by hand 2 1")),
      s.insert("returns", r.returnRow(2, { amount: 1 }))
    ],
    tries: become("settled")
  },
  {
    by: "settled_has_capture",
    what: "settling without money that moved",
    given: charging,
    tries: become("settled")
  },
  {
    by: "settled_has_capture",
    what: "settling with less money than was declared",
    given: [...charging, s.record(2, 1, s.captured("ref_less", 3499))],
    tries: become("settled")
  },
  {
    by: "fulfilment_of_settled",
    what: "fulfilling a session that is not settled",
    given: charging,
    tries: `insert into fulfilments (session_id, attempt_id) values ('${s.session(2)}', '${s.attempt(2)}')`
  },
  {
    by: "fulfilments.fulfilments_pkey",
    what: "a second fulfilment",
    given: [...charging, s.record(2, 1, s.captured("ref_1"))],
    tries: `insert into fulfilments (session_id, attempt_id) values ('${s.session(2)}', '${s.attempt(2)}')`
  },
  {
    by: "fulfilment_by_captured",
    what: "a fulfilment for an attempt that was declined",
    given: [
      ...charging,
      s.record(2, 1, s.outcome.declined, ["mid_goods_2"]),
      s.record(2, 2, s.captured("ref_2")),
      s.withoutTriggers("fulfilments"),
      "delete from fulfilments",
      s.withTriggers("fulfilments")
    ],
    tries: `insert into fulfilments (session_id, attempt_id) values ('${s.session(2)}', '${s.attempt(2, 1)}')`
  },
  {
    by: "claimed_while_paid",
    what: "a fulfilment that is claimed after its money went back",
    given: [...r.paid(5), r.openRefund(5), r.recordRefund(5, 1, r.refunded("back_5"))],
    tries: `update fulfilments set claimed_at = now(), claimed_by = 'app' where session_id = '${s.session(5)}'`
  },
  {
    by: "claimed_while_paid",
    what: "a fulfilment that is claimed while its charge is disputed",
    given: [...r.paid(5), r.heardOfDispute(5, "open")],
    tries: `update fulfilments set claimed_at = now(), claimed_by = 'app' where session_id = '${s.session(5)}'`
  },
  {
    by: "fulfilment_by_captured",
    what: "a fulfilment that begins claimed",
    given: [
      ...s.everyTable,
      s.withoutTriggers("fulfilments"),
      "delete from fulfilments",
      s.withTriggers("fulfilments")
    ],
    tries: `insert into fulfilments (session_id, attempt_id, claimed_at, claimed_by)
      values ('${s.session(1)}', '${s.attempt(1, 2)}', now(), 'test')`
  },
  {
    by: "claimed_once",
    what: "a second claim",
    given: [...s.everyTable, "update fulfilments set claimed_at = now(), claimed_by = 'app'"],
    tries: "update fulfilments set claimed_at = now(), claimed_by = 'another app'"
  },
  {
    by: "claimed_once",
    what: "a claim that is taken back",
    given: [...s.everyTable, "update fulfilments set claimed_at = now(), claimed_by = 'app'"],
    tries: "update fulfilments set claimed_at = null, claimed_by = null"
  }
]
