import * as s from "../../support/scene.ts"
import { none, owners, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// What a column may hold. No race is needed to write a wrong value; two write it at once all the same.

const { attempt, session } = scenes

/** A wrong value that somebody writes, and the rows that would have it. */
const format = (
  constraint: string,
  law: string,
  given: Race["given"],
  does: (nr: number, worker: number) => string,
  wrong: string
): Race => ({
  drops: [`constraint ${constraint}`],
  law,
  given,
  workers: (nr) => owners(2, (at) => does(nr, at)),
  broken: () => none(`${constraint.slice(0, constraint.lastIndexOf("."))} where ${wrong}`)
})

/** The same for a column of a company's account. */
const accountFormat = (
  check: string,
  law: string,
  change: Readonly<Record<string, unknown>>,
  wrong: string
): Race =>
  format(
    `merchant_accounts.${check}`,
    law,
    scenes.company,
    (nr, at) => scenes.account(nr, `new_${nr}_${at}`, change),
    wrong
  )

const priced = ["prices", "plans"].flatMap((table): ReadonlyArray<Race> => {
  const write = (nr: number, at: number, amount: number, currency: string, category: string) =>
    `insert into ${table} values ('of_${nr}_${at}', 'A thing', ${amount}, '${currency}', '${category}')`
  return [
    format(
      `${table}.${table}_amount_check`,
      `${table} cost something`,
      () => [],
      (nr, at) => write(nr, at, at - 1, "USD", "merchandise"),
      "amount < 1"
    ),
    format(
      `${table}.${table}_amount_check`,
      `${table} cost no more than can be counted`,
      () => [],
      (nr, at) => write(nr, at, 1_000_000_000_000, "USD", "merchandise"),
      "amount > 999999999999"
    ),
    format(
      `${table}.${table}_category_check`,
      `${table} are of a category that underwriting knows`,
      () => [],
      (nr, at) => write(nr, at, 1, "USD", "weapons"),
      "category = 'weapons'"
    ),
    format(
      `${table}.${table}_currency_check`,
      `${table} are in a currency`,
      () => [],
      (nr, at) => write(nr, at, 1, "usd", "merchandise"),
      "currency = 'usd'"
    )
  ]
})

const sessionFormat = (
  check: string,
  law: string,
  fields: Readonly<Record<string, unknown>>,
  wrong: string
): Race =>
  format(
    `payment_sessions.${check}`,
    law,
    () => [],
    (nr, at) => s.insert("payment_sessions", s.sessionRow(nr + at, fields)),
    wrong
  )

const heard = (nr: number): ReadonlyArray<string> => [
  ...scenes.charging(nr),
  `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
    values (${attempt(nr)}, 1, 'lookup', 'Declined', '{"outcome": "Declined"}')`
]

/** A decline on evidence, of which one column is wrong. */
const declined = (check: string, law: string, columns: string, wrong: string): Race =>
  format(
    `attempts.${check}`,
    law,
    heard,
    (nr) => `update attempts set state = 'declined', evidence = '{"outcome": "Declined"}', ${columns}
      where attempt_id = ${attempt(nr)}`,
    wrong
  )

const evidence = (check: string, law: string, source: string, outcome: string): Race =>
  format(
    `attempt_evidence.${check}`,
    law,
    scenes.charging,
    (nr, at) => `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
      values (${attempt(nr)}, ${at}, '${source}', '${outcome}', '{}')`,
    `source = 'rumour' or outcome = 'Probably'`
  )

const capture = (
  check: string,
  law: string,
  fields: (worker: number) => Readonly<Record<string, unknown>>,
  wrong: string
) =>
  format(
    `captures.${check}`,
    law,
    scenes.charging,
    (nr, at) =>
      s.insert("captures", s.captureRow(nr, 1, { processor_reference: `ref_${nr}_${at}`, ...fields(at) })),
    wrong
  )

const posting = (check: string, law: string, fields: Readonly<Record<string, unknown>>, wrong: string) =>
  format(
    `postings.${check}`,
    law,
    scenes.charging,
    (nr, at) =>
      s.insert(
        "postings",
        s.postingRow(nr, 1, {
          posting_id: 1_000_000 + nr + at,
          processor_reference: `ref_${nr}_${at}`,
          ...fields
        })
      ),
    wrong
  )

const key = (check: string, law: string, operation: string, value: string, wrong: string): Race =>
  format(
    `idempotency_keys.${check}`,
    law,
    (nr) => [s.declare(nr)],
    (nr, at) => `insert into idempotency_keys (principal, operation, key, session_id, request)
      values ('app ${nr} ${at}', '${operation}', ${value}, ${session(nr)}, '{}')`,
    wrong
  )

export const formats: ReadonlyArray<Race> = [
  ...priced,
  format(
    "entities.entities_check",
    "a company does something",
    () => [],
    (nr, at) => `insert into entities values ('idle_${nr}_${at}', 'A company', false, false, true)`,
    "not collects and not pays_out"
  ),
  format(
    "entities.entities_entity_id_check",
    "a company has an id that can stand anywhere",
    () => [],
    (nr, at) => `insert into entities values ('A company ${nr} ${at}', 'A company', true, true, true)`,
    "entity_id like '% %'"
  ),
  format(
    "entity_underwriting.entity_underwriting_category_check",
    "a company is underwritten for a category that there is",
    scenes.company,
    (nr) => `insert into entity_underwriting (entity_id, category) values ('co_${nr}', 'weapons')`,
    "category = 'weapons'"
  ),
  format(
    "refund_limits.refund_limits_currency_check",
    "a limit is of money that has a currency",
    scenes.company,
    (nr) => `insert into refund_limits values ('co_${nr}', 'usd', 1)`,
    "currency = 'usd'"
  ),
  format(
    "refund_limits.refund_limits_amount_check",
    "a limit is no less than nothing",
    scenes.company,
    (nr) => `insert into refund_limits values ('co_${nr}', 'USD', -1)`,
    "amount < 0"
  ),
  format(
    "brands.brands_brand_id_check",
    "a brand has an id that can stand anywhere",
    () => [],
    (nr, at) => `insert into brands (brand_id, name) values ('A brand ${nr} ${at}', 'A brand')`,
    "brand_id like '% %'"
  ),
  accountFormat(
    "merchant_accounts_mid_id_check",
    "an account has an id that can stand anywhere",
    { mid_id: "An account" },
    "mid_id like '% %'"
  ),
  accountFormat(
    "merchant_accounts_status_check",
    "an account is active or is not",
    { status: "mostly active" },
    "status like 'mostly%'"
  ),
  accountFormat(
    "merchant_accounts_accepts_check",
    "an account says which currencies it takes",
    { accepts: { currencies: "USD" } },
    "jsonb_typeof(accepts -> 'currencies') <> 'array'"
  ),
  accountFormat(
    "merchant_accounts_credentials_check",
    "an account names its secret and does not hold it",
    { credentials: "sk_live_IN_CLEAR" },
    "credentials like 'sk_live%'"
  ),
  accountFormat(
    "merchant_accounts_settings_check",
    "the settings of an account have names",
    { settings: [] },
    "jsonb_typeof(settings) <> 'object'"
  ),
  format(
    "passed_gates.passed_gates_gate_check",
    "a gate is one of those that there are",
    scenes.company,
    (nr, at) => `insert into passed_gates values ('mid_${nr}', 'luck ${at}', 'an officer', 'a letter')`,
    "gate like 'luck%'"
  ),
  format(
    "passed_gates.passed_gates_passed_by_check",
    "somebody vouches for a gate",
    scenes.company,
    (nr, at) =>
      `insert into passed_gates values ('mid_${nr}', '${at === 0 ? "banking" : "counsel"}', '', 'a letter')`,
    "passed_by = ''"
  ),
  format(
    "passed_gates.passed_gates_evidence_check",
    "a gate is passed on evidence",
    scenes.company,
    (nr, at) =>
      `insert into passed_gates values ('mid_${nr}', '${at === 0 ? "banking" : "counsel"}', 'an officer', '')`,
    "evidence = ''"
  ),
  format(
    "retry_budgets.retry_budgets_hours_check",
    "a budget counts over some time",
    () => [],
    (nr, at) => `insert into retry_budgets values ('net_${nr}_${at}', '2026-01-01', 0, true, 1)`,
    "hours = 0"
  ),
  format(
    "retry_budgets.retry_budgets_most_check",
    "a budget allows one try at the least",
    () => [],
    (nr, at) => `insert into retry_budgets values ('net_${nr}_${at}', '2026-01-01', 24, true, 0)`,
    "most = 0"
  ),
  accountFormat("merchant_accounts_weight_check", "an account has a share", { weight: 0 }, "weight = 0"),
  accountFormat(
    "merchant_accounts_monthly_cap_amount_check",
    "a cap is an amount",
    { monthly_cap_amount: -1, monthly_cap_currency: "USD" },
    "monthly_cap_amount < 0"
  ),
  accountFormat(
    "merchant_accounts_monthly_cap_currency_check",
    "a cap is in a currency",
    { monthly_cap_amount: 1, monthly_cap_currency: "usd" },
    "monthly_cap_currency = 'usd'"
  ),
  accountFormat(
    "merchant_accounts_check",
    "a cap without its currency caps nothing",
    { monthly_cap_amount: 1 },
    "(monthly_cap_amount is null) <> (monthly_cap_currency is null)"
  ),
  sessionFormat("payment_sessions_amount_check", "nobody pays nothing", { amount: 0 }, "amount < 1"),
  sessionFormat("payment_sessions_amount_check", "nobody is paid by paying", { amount: -3500 }, "amount < 1"),
  sessionFormat(
    "payment_sessions_amount_check",
    "nobody pays more than can be counted",
    { amount: 1_000_000_000_000 },
    "amount > 999999999999"
  ),
  sessionFormat(
    "payment_sessions_currency_check",
    "a session is in a currency",
    { currency: "usd" },
    "currency = 'usd'"
  ),
  sessionFormat(
    "payment_sessions_mode_check",
    "a session is hosted or embedded",
    { mode: "by fax" },
    "mode = 'by fax'"
  ),
  format(
    "payment_sessions.payment_sessions_session_id_check",
    "a session's id can be told from every other kind",
    () => [],
    (nr, at) => s.insert("payment_sessions", s.sessionRow(nr, { session_id: `ps_${nr}_${at}` })),
    "length(session_id) < 29"
  ),
  format(
    "attempts.attempts_ordinal_check",
    "attempts are counted from one",
    (nr) => scenes.processing(nr),
    (nr) => s.insert("attempts", s.attemptRow(nr, 0)),
    "ordinal < 1"
  ),
  declined(
    "attempts_decline_kind_check",
    "a decline is soft or hard",
    "resolved_at = now(), decline_kind = 'maybe'",
    "decline_kind = 'maybe'"
  ),
  declined(
    "declined_has_kind",
    "a decline says whether another card may help",
    "resolved_at = now()",
    "state = 'declined' and decline_kind is null"
  ),
  declined(
    "resolved_has_time",
    "what is resolved was resolved at some time",
    "decline_kind = 'soft'",
    "state = 'declined' and resolved_at is null"
  ),
  declined(
    "captured_has_reference",
    "what was declined has no reference of a capture",
    "resolved_at = now(), decline_kind = 'soft', processor_reference = 'ref'",
    "state <> 'captured' and processor_reference is not null"
  ),
  evidence("attempt_evidence_source_check", "evidence comes from somewhere", "rumour", "Declined"),
  evidence("attempt_evidence_outcome_check", "evidence says one of four things", "webhook", "Probably"),
  capture(
    "captures_amount_check",
    "money that moved is an amount",
    (at) => ({ amount: at - 2 }),
    "amount < 1"
  ),
  capture(
    "captures_currency_check",
    "money that moved is in a currency",
    () => ({ currency: "usd" }),
    "currency = 'usd'"
  ),
  capture(
    "captures_processor_reference_check",
    "money that moved has a name at the processor",
    () => ({ processor_reference: "" }),
    "processor_reference = ''"
  ),
  capture(
    "captures_processor_reference_check",
    "a reference can be kept whole",
    () => ({ processor_reference: "r".repeat(256) }),
    "length(processor_reference) > 255"
  ),
  capture(
    "captures_source_check",
    "somebody said that money moved",
    () => ({ source: "rumour" }),
    "source = 'rumour'"
  ),
  posting(
    "posting_moves",
    "a posting moves money",
    { credit_account: "processor_receivable" },
    "debit_account = credit_account"
  ),
  posting("postings_amount_check", "a posting is an amount", { amount: -3500 }, "amount < 1"),
  posting("postings_currency_check", "a posting is in a currency", { currency: "usd" }, "currency = 'usd'"),
  format(
    "fulfilments.claimed_by_somebody",
    "somebody claimed what is claimed",
    scenes.settled,
    (nr) => `update fulfilments set claimed_at = now() where session_id = ${session(nr)}`,
    "claimed_at is not null and claimed_by is null"
  ),
  format(
    "incidents.incidents_kind_check",
    "an incident is of a kind that people know",
    scenes.charging,
    (nr, at) => `insert into incidents (kind, session_id, attempt_id, detail)
    values ('nothing_special', ${session(nr)}, ${attempt(nr)}, '{"processorReference": "${at}"}')`,
    "kind = 'nothing_special'"
  ),
  key("idempotency_keys_key_check", "no key is empty", "create", "''", "key = ''"),
  key(
    "idempotency_keys_key_check",
    "a key can be kept whole",
    "create",
    "repeat('k', 256)",
    "length(key) > 255"
  ),
  key(
    "idempotency_keys_operation_check",
    "a key is of something that is done once",
    "guess",
    "'key'",
    "operation = 'guess'"
  ),
  format(
    "audit_heads.audit_heads_position_check",
    "a chain that has an end has a row",
    () => [],
    (nr, at) => `insert into audit_heads values ('chain ${nr} ${at}', 0, '')`,
    "position < 1"
  )
]
