import * as s from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What there is once only. The triggers are off: the unique index alone refuses.

const tables = [
  "api_keys",
  "attempt_evidence",
  "attempts",
  "audit",
  "audit_heads",
  "brand_entities",
  "brands",
  "captures",
  "entities",
  "entity_underwriting",
  "fulfilments",
  "idempotency_keys",
  "incidents",
  "merchant_accounts",
  "mid_underwriting",
  "outbox",
  "passed_gates",
  "payment_sessions",
  "plans",
  "policy_version",
  "postings",
  "prices",
  "principals",
  "rate_buckets",
  "retry_budgets",
  "routing_decisions"
]

const sameRowTwice = tables.map((table): Prohibition => ({
  by: `${table}.${table}_pkey`,
  what: `the same row of ${table} twice`,
  given: [...s.everyTable, s.withoutTriggers(table)],
  tries: `insert into ${table} overriding system value select * from ${table} limit 1`
}))

/** A copy of a row with some columns changed. */
const copy = (by: string, what: string, change: Readonly<Record<string, unknown>>): Prohibition => {
  const [table = ""] = by.split(".")
  return {
    by,
    what,
    given: [...s.everyTable, s.withoutTriggers(table)],
    tries: `insert into ${table} overriding system value
      select (jsonb_populate_record(r, '${JSON.stringify(change)}')).* from ${table} r limit 1`
  }
}

const gates: Prohibition = {
  by: "passed_gates.one_standing_gate",
  what: "a gate that is passed twice",
  given: s.everyTable,
  tries: "insert into passed_gates values ('mid_goods_3', 'banking', 'another officer', 'a letter')"
}

/** The keys that a reference of many columns needs, and the primary key implies. Dropped, the reference goes with it. */
const impliedKeys: ReadonlyArray<readonly [table: string, constraint: string]> = [
  ["captures", "capture_in_full"],
  ["attempts", "attempts_attempt_id_session_id_mid_id_entity_id_provider_ca_key"],
  ["merchant_accounts", "merchant_accounts_mid_id_entity_id_provider_key"],
  ["mid_underwriting", "mid_underwriting_mid_id_entity_id_provider_category_key"],
  ["payment_sessions", "payment_sessions_session_id_entity_id_brand_id_category_amo_key"]
]

const implied = impliedKeys.map(([table, constraint]): Prohibition => ({
  by: `${table}.${constraint}`,
  what: `the same dimensions of ${table} twice`,
  given: [
    ...s.everyTable,
    s.withoutTriggers(table),
    ...(table === "attempts"
      ? [
          "alter table attempts drop constraint attempts_pkey cascade",
          "alter table attempts drop constraint attempts_idempotency_key_key",
          "alter table attempts drop constraint attempts_session_id_ordinal_key",
          "drop index one_live_attempt_per_session"
        ]
      : [`alter table ${table} drop constraint ${table}_pkey cascade`]),
    ...(table === "payment_sessions" ? ["drop index one_live_session_per_order"] : [])
  ],
  tries: `insert into ${table} select * from ${table} limit 1`
}))

/** A session whose one attempt is in a state, with the triggers off. */
const attemptIn = (state: string): ReadonlyArray<string> => [
  s.declare(2),
  s.open(2),
  s.withoutTriggers("attempts"),
  `update attempts set state = '${state}', evidence = '{}',
    processor_reference = ${state === "captured" ? "'ref'" : "null"},
    resolved_at = ${["captured", "absent"].includes(state) ? "now()" : "null"}
    where session_id = '${s.session(2)}'`,
  s.withTriggers("attempts")
]

const secondLive = ["in_flight", "indeterminate", "captured", "absent"].map((state): Prohibition => ({
  by: "attempts.one_live_attempt_per_session",
  what: `a second attempt while the first is ${state}, the session claiming to be processing`,
  given: attemptIn(state),
  tries: s.insert("attempts", s.attemptRow(2, 2))
}))

export const once: ReadonlyArray<Prohibition> = [
  ...sameRowTwice,
  gates,
  ...implied,
  ...secondLive,
  {
    by: "attempts.one_live_attempt_per_session",
    what: "a second attempt while the first is in a state that nobody knows yet",
    given: [
      s.declare(2),
      s.open(2),
      "alter table attempts drop constraint attempts_state_check",
      s.withoutTriggers("attempts"),
      `update attempts set state = 'of_a_newer_release', evidence = '{}' where session_id = '${s.session(2)}'`,
      s.withTriggers("attempts")
    ],
    tries: s.insert("attempts", s.attemptRow(2, 2))
  },
  {
    by: "payment_sessions.one_live_session_per_order",
    what: "a second session of an order while the first may still pay for it",
    given: [s.declare(2, { order: "order_2" })],
    tries: s.insert("payment_sessions", s.sessionRow(3, { order_reference: "order_2" }))
  },
  {
    by: "payment_sessions.one_live_session_per_order",
    what: "a second session of an order while the first is in a state that nobody knows yet",
    given: [
      s.declare(2, { order: "order_2" }),
      "alter table payment_sessions drop constraint payment_sessions_state_check",
      s.withoutTriggers("payment_sessions"),
      `update payment_sessions set state = 'of_a_newer_release' where session_id = '${s.session(2)}'`,
      s.withTriggers("payment_sessions")
    ],
    tries: s.insert("payment_sessions", s.sessionRow(3, { order_reference: "order_2" }))
  },
  {
    by: "attempts.attempts_session_id_ordinal_key",
    what: "two attempts of a session with one number",
    given: [
      ...s.everyTable,
      s.withoutTriggers("attempts"),
      "alter table attempts drop constraint attempts_pkey cascade"
    ],
    tries: s.insert("attempts", s.attemptRow(1, 1))
  },
  {
    by: "attempts.attempts_idempotency_key_key",
    what: "two attempts that the processor would take for one",
    given: [s.declare(2), s.open(2), s.declare(3), s.open(3)],
    tries: `insert into attempts select (jsonb_populate_record(a, jsonb_build_object('attempt_id', '${s.attempt(3, 2)}',
      'ordinal', 2, 'session_id', '${s.session(3)}'))).* from attempts a where session_id = '${s.session(2)}'`
  },
  copy("postings.posting_once", "one movement of money posted twice", { posting_id: 1_000_000 }),
  copy("incidents.one_incident_per_evidence", "two incidents of one evidence", { incident_id: 1_000_000 })
]
