import { declare, everyTable, open, session, withoutTriggers } from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What each column and each reference may hold. The triggers are off: the constraint alone refuses.

/** Rows that nothing refers to yet. */
const bare: ReadonlyArray<string> = [
  declare(2),
  declare(3),
  open(3),
  "insert into entity_underwriting values ('loop_payouts', 'membership')",
  `insert into merchant_accounts select (jsonb_populate_record(m, '{"mid_id": "mid_bare"}')).*
    from merchant_accounts m where mid_id = 'mid_goods_1'`,
  `insert into routing_decisions (session_id, round, policy_version, inputs, chosen, left_out)
    values ('${session(2)}', 9, 1, '{}', '[]', '[]')`
]

const setting = (table: string, constraint: string, change: string): Prohibition => ({
  by: `${table}.${constraint}`,
  what: `${table} set ${change}`,
  given: [...everyTable, ...bare, withoutTriggers(table)],
  tries: `update ${table} set ${change}`
})

const checks: ReadonlyArray<readonly [table: string, constraint: string, change: string]> = [
  ["attempt_evidence", "attempt_evidence_outcome_check", "outcome = 'Probably'"],
  ["attempt_evidence", "attempt_evidence_source_check", "source = 'rumour'"],
  ["attempts", "attempt_named_by_session", "attempt_id = attempt_id || '0'"],
  ["attempts", "attempts_decline_kind_check", "decline_kind = 'maybe' where state = 'declined'"],
  ["attempts", "attempts_ordinal_check", "ordinal = 0, attempt_id = 'at_' || substr(session_id, 4) || '_0'"],
  [
    "attempts",
    "attempts_state_check",
    "state = 'lost', resolved_at = null, decline_kind = null, processor_reference = null"
  ],
  ["attempts", "captured_has_reference", "processor_reference = null where state = 'captured'"],
  ["attempts", "captured_has_reference", "processor_reference = 'ref' where state = 'declined'"],
  ["attempts", "declined_has_kind", "decline_kind = null where state = 'declined'"],
  ["attempts", "outcome_has_evidence", "evidence = null where state = 'captured'"],
  ["attempts", "resolved_has_time", "resolved_at = null where state = 'captured'"],
  ["audit", "audit_position_check", "position = 0"],
  ["audit_heads", "audit_heads_position_check", "position = 0"],
  ["brands", "brands_brand_id_check", "brand_id = 'Loop Store'"],
  ["captures", "captures_amount_check", "amount = 0"],
  ["captures", "captures_amount_check", "amount = -3500"],
  ["captures", "captures_currency_check", "currency = 'usd'"],
  ["captures", "captures_processor_reference_check", "processor_reference = '' where attempt_id like '%_1'"],
  [
    "captures",
    "captures_processor_reference_check",
    "processor_reference = repeat('r', 256) where attempt_id like '%_1'"
  ],
  ["captures", "captures_source_check", "source = 'rumour'"],
  ["entities", "entities_check", "collects = false, pays_out = false"],
  ["entities", "entities_entity_id_check", "entity_id = 'Loop Goods'"],
  ["entity_underwriting", "entity_underwriting_category_check", "category = 'weapons'"],
  ["fulfilments", "claimed_by_somebody", "claimed_at = now()"],
  ["idempotency_keys", "idempotency_keys_key_check", "key = ''"],
  ["idempotency_keys", "idempotency_keys_key_check", "key = repeat('k', 256)"],
  ["idempotency_keys", "idempotency_keys_operation_check", "operation = 'guess'"],
  ["incidents", "incidents_kind_check", "kind = 'nothing_special'"],
  ["merchant_accounts", "merchant_accounts_accepts_check", `accepts = '{"currencies": "USD"}'`],
  [
    "merchant_accounts",
    "merchant_accounts_check",
    "monthly_cap_currency = null where monthly_cap_amount is not null"
  ],
  ["merchant_accounts", "merchant_accounts_credentials_check", "credentials = 'sk_live_IN_CLEAR'"],
  ["merchant_accounts", "merchant_accounts_settings_check", "settings = '[]'"],
  ["merchant_accounts", "merchant_accounts_mid_id_check", "mid_id = 'Mid Goods'"],
  [
    "merchant_accounts",
    "merchant_accounts_monthly_cap_amount_check",
    "monthly_cap_amount = -1, monthly_cap_currency = 'USD'"
  ],
  [
    "merchant_accounts",
    "merchant_accounts_monthly_cap_currency_check",
    "monthly_cap_amount = 1, monthly_cap_currency = 'usd'"
  ],
  ["merchant_accounts", "merchant_accounts_status_check", "status = 'mostly active'"],
  ["merchant_accounts", "merchant_accounts_weight_check", "weight = 0"],
  ["passed_gates", "passed_gates_evidence_check", "evidence = ''"],
  ["passed_gates", "passed_gates_gate_check", "gate = 'luck'"],
  ["passed_gates", "passed_gates_passed_by_check", "passed_by = ''"],
  ["passed_gates", "revoked_by_somebody", "revoked_at = now()"],
  ["passed_gates", "revoked_by_somebody", "revoked_at = now(), revoked_by = '', revoked_because = 'x'"],
  ["passed_gates", "revoked_by_somebody", "revoked_at = now(), revoked_by = 'x', revoked_because = ''"],
  ["payment_sessions", "payment_sessions_amount_check", "amount = 0"],
  ["payment_sessions", "payment_sessions_amount_check", "amount = 1000000000000"],
  ["payment_sessions", "payment_sessions_currency_check", "currency = 'usd'"],
  ["payment_sessions", "payment_sessions_mode_check", "mode = 'by fax'"],
  ["payment_sessions", "payment_sessions_session_id_check", "session_id = 'ps_1'"],
  ["payment_sessions", "payment_sessions_state_check", "state = 'lost'"],
  ["plans", "plans_amount_check", "amount = 0"],
  ["plans", "plans_category_check", "category = 'weapons'"],
  ["plans", "plans_currency_check", "currency = 'usd'"],
  ["policy_version", "policy_version_only_row_check", "only_row = false"],
  ["postings", "posting_moves", "credit_account = debit_account"],
  ["postings", "postings_amount_check", "amount = 0"],
  ["postings", "postings_currency_check", "currency = 'usd'"],
  ["prices", "prices_amount_check", "amount = 0"],
  ["prices", "prices_category_check", "category = 'weapons'"],
  ["prices", "prices_currency_check", "currency = 'usd'"],
  ["retry_budgets", "retry_budgets_hours_check", "hours = 0"],
  ["retry_budgets", "retry_budgets_most_check", "most = 0"]
]

const references: ReadonlyArray<readonly [table: string, constraint: string, change: string]> = [
  [
    "attempt_evidence",
    "attempt_evidence_attempt_id_fkey",
    "attempt_id = 'at_of_nobody' where attempt_id like '%_2'"
  ],
  ["attempts", "attempt_as_declared", "amount = amount - 1 where ordinal = 1"],
  ["attempts", "attempt_as_declared", "currency = 'EUR' where ordinal = 1"],
  ["attempts", "attempt_has_decision", "round = 2"],
  ["attempts", "attempt_on_own_account", `mid_id = 'mid_nutrition_1' where session_id = '${session(3)}'`],
  [
    "brand_entities",
    "brand_entities_brand_id_fkey",
    "brand_id = 'brand-of-nobody' where (brand_id, entity_id) = ('loop-bio', 'loop_bio_labs')"
  ],
  [
    "brand_entities",
    "brand_entities_entity_id_fkey",
    "entity_id = 'nobody' where (brand_id, entity_id) = ('loop-bio', 'loop_bio_labs')"
  ],
  ["passed_gates", "passed_gates_mid_id_fkey", "mid_id = 'mid_of_nobody'"],
  ["captures", "capture_of_attempt", "attempt_id = 'at_of_nobody' where processor_reference = 'ref_2'"],
  [
    "entity_underwriting",
    "entity_underwriting_entity_id_fkey",
    "entity_id = 'nobody' where entity_id = 'loop_payouts'"
  ],
  ["fulfilments", "fulfilments_attempt_id_fkey", "attempt_id = 'at_of_nobody'"],
  ["fulfilments", "fulfilments_session_id_fkey", "session_id = 'ps_of_nobody'"],
  ["idempotency_keys", "idempotency_keys_session_id_fkey", "session_id = 'ps_of_nobody'"],
  ["incidents", "incidents_attempt_id_fkey", "attempt_id = 'at_of_nobody'"],
  ["incidents", "incidents_session_id_fkey", "session_id = 'ps_of_nobody'"],
  ["merchant_accounts", "merchant_accounts_entity_id_fkey", "entity_id = 'nobody' where mid_id = 'mid_bare'"],
  [
    "mid_underwriting",
    "mid_underwriting_entity_id_category_fkey",
    "category = 'telehealth' where mid_id = 'mid_goods_3'"
  ],
  [
    "mid_underwriting",
    "mid_underwriting_mid_id_entity_id_provider_fkey",
    "mid_id = 'mid_of_nobody' where mid_id = 'mid_goods_3'"
  ],
  ["outbox", "outbox_session_id_fkey", "session_id = 'ps_of_nobody'"],
  ["payment_sessions", "session_of_brand", `brand_id = 'loop-bio' where session_id = '${session(2)}'`],
  ["payment_sessions", "session_underwritten", `category = 'telehealth' where session_id = '${session(2)}'`],
  ["postings", "posting_of_attempt", "attempt_id = 'at_of_nobody'"],
  ["routing_decisions", "routing_decisions_session_id_fkey", "session_id = 'ps_of_nobody' where round = 9"]
]

export const columns: ReadonlyArray<Prohibition> = [...checks, ...references].map((row) => setting(...row))
