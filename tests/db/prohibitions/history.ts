import { everyTable, withoutTriggers } from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What was written stays written.

const nothingChanges = ["attempt_evidence", "audit", "captures", "postings", "refund_evidence", "returns"]
const nothingIsDeleted = [
  "attempts",
  "audit_heads",
  "disputes",
  "fulfilments",
  "incidents",
  "outbox",
  "passed_gates",
  "payment_sessions",
  "refunds",
  "routing_decisions"
]

const changed: Record<string, string> = {
  attempt_evidence: "detail = '{}'",
  audit: "actor = 'somebody else'",
  captures: "amount = amount + 1",
  postings: "amount = amount + 1",
  refund_evidence: "detail = '{}'",
  returns: "amount = amount + 1"
}

const appendOnly = nothingChanges.flatMap((table): ReadonlyArray<Prohibition> => [
  {
    by: `${table}.append_only`,
    what: `an update of ${table}`,
    given: everyTable,
    tries: `update ${table} set ${changed[table]}`
  },
  {
    by: `${table}.append_only`,
    what: `a delete of ${table}`,
    given: everyTable,
    tries: `delete from ${table}`
  }
])

const revoked = "revoked_at = now(), revoked_by = 'an officer', revoked_because = 'it lapsed'"

const gates: ReadonlyArray<Prohibition> = [
  ["evidence = 'another letter'", "a gate that was passed on something else"],
  [`${revoked}, passed_by = 'nobody'`, "a gate that somebody else passed"]
].map(([change = "", what = ""]) => ({
  by: "gate_unchanged",
  what,
  given: everyTable,
  tries: `update passed_gates set ${change}`
}))

const revokedTwice: Prohibition = {
  by: "gate_unchanged",
  what: "a revoked gate that stands again",
  given: [...everyTable, `update passed_gates set ${revoked}`],
  tries: "update passed_gates set revoked_at = null, revoked_by = null, revoked_because = null"
}

const noDelete = nothingIsDeleted.map((table): Prohibition => ({
  by: `${table}.no_delete`,
  what: `a delete of ${table}`,
  given: everyTable,
  tries: `delete from ${table}`
}))

const noTruncate = [...nothingChanges, ...nothingIsDeleted, "idempotency_keys"].map((table): Prohibition => ({
  by: `${table}.no_truncate`,
  what: `a truncate of ${table}`,
  // A truncate that cascades would be refused by the table that comes first: the others' triggers are off.
  given: [
    ...everyTable,
    ...[...nothingChanges, ...nothingIsDeleted, "idempotency_keys"]
      .filter((other) => other !== table)
      .map(withoutTriggers)
  ],
  tries: `truncate ${table} cascade`
}))

const whole = (by: string, table: string, changes: ReadonlyArray<string>): ReadonlyArray<Prohibition> =>
  changes.map((change) => ({
    by,
    what: `${table} set ${change}`,
    given: everyTable,
    tries: `update ${table} set ${change}`
  }))

export const history: ReadonlyArray<Prohibition> = [
  ...appendOnly,
  ...gates,
  revokedTwice,
  ...noDelete,
  ...noTruncate,
  ...whole("audit_chain_grows", "audit_heads", [
    "position = position - 1",
    "position = position + 2",
    "hash = ''",
    "chain = chain || '0'"
  ]),
  ...whole("event_unchanged", "outbox", [
    "type = 'payment.charged.v2'",
    "payload = '{}'",
    "occurred_at = occurred_at + interval '1 day'",
    "trace = repeat('0', 32) || '-' || repeat('1', 16)"
  ]),
  {
    by: "event_unchanged",
    what: "an event that was delivered and is not any more",
    given: [...everyTable, "update outbox set delivered_at = now()"],
    tries: "update outbox set delivered_at = null"
  },
  ...whole("incident_unchanged", "incidents", ["kind = 'captured_other_amount'", "detail = '{}'"]),
  {
    by: "incident_unchanged",
    what: "an incident that was closed and is open again",
    given: [...everyTable, "update incidents set closed_at = now()"],
    tries: "update incidents set closed_at = null"
  },
  ...whole("decision_unchanged", "routing_decisions", [
    `chosen = '["mid_goods_2"]'`,
    `left_out = '[{"mid": "mid_goods_2"}]'`,
    "policy_version = 0"
  ]),
  {
    by: "decision_unchanged",
    what: "an account that was passed over and forgotten",
    given: [...everyTable, `update routing_decisions set passed_over = '[{"mid": "mid_goods_3"}]'`],
    tries: "update routing_decisions set passed_over = '[]'"
  },
  ...whole("key_kept", "idempotency_keys", ["request = '{}'", "principal = 'somebody else'"]),
  {
    by: "key_kept",
    what: "an idempotency key that is forgotten",
    given: everyTable,
    tries: "delete from idempotency_keys"
  }
]
