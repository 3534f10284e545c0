import * as s from "../../support/scene.ts"
import { atMostOne, none, owners, type Prohibition, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// What routing reads: companies, brands, accounts, prices. What there is twice, nobody can rely on; what refers to
// nothing, nobody can follow; what changes, everybody is told of.

/** Rows that there may be one of, each written by several at once. */
const oneOf = (
  constraint: string,
  law: string,
  row: (nr: number, worker: number) => string,
  same: (nr: number) => string,
  given: Race["given"] = scenes.company
): Race => ({
  drops: [`constraint ${constraint}`],
  law,
  given,
  workers: (nr) => owners(4, (at) => row(nr, at)),
  broken: (nr) => atMostOne(same(nr))
})

const gates = ["counsel", "banking", "credentials", "contract_run"]

const keys: ReadonlyArray<Race> = [
  oneOf(
    "entities.entities_pkey",
    "a company collects or does not",
    (nr, at) => `insert into entities values ('new_${nr}', 'A company', ${at % 2 === 0}, true, true)`,
    (nr) => `entities where entity_id = 'new_${nr}'`
  ),
  oneOf(
    "entity_underwriting.entity_underwriting_pkey",
    "a company is underwritten for a category or is not",
    (nr) => `insert into entity_underwriting values ('co_${nr}', 'membership', now())`,
    (nr) => `entity_underwriting where entity_id = 'co_${nr}' and category = 'membership'`
  ),
  oneOf(
    "brands.brands_pkey",
    "a brand has one list of origins",
    (nr, at) => `insert into brands values ('new-${nr}', 'A brand', '{https://shop${at}.example}')`,
    (nr) => `brands where brand_id = 'new-${nr}'`
  ),
  oneOf(
    "brand_entities.brand_entities_pkey",
    "a brand names a company once",
    (nr) => `insert into brand_entities values ('loop-bio', 'co_${nr}')`,
    (nr) => `brand_entities where brand_id = 'loop-bio' and entity_id = 'co_${nr}'`
  ),
  oneOf(
    "merchant_accounts.merchant_accounts_pkey",
    "an account is at one processor",
    (nr, at) => scenes.account(nr, `new_${nr}`, { provider: `stub_${at}` }),
    (nr) => `merchant_accounts where mid_id = 'new_${nr}'`
  ),
  oneOf(
    "passed_gates.passed_gates_pkey",
    "a passed gate has a number of its own",
    (nr, at) => `insert into passed_gates (gate_nr, mid_id, gate, passed_by, evidence) overriding system value
      values (${1_000_000 + nr}, 'mid_${nr}', '${gates[at % gates.length]}', 'an officer', 'a letter')`,
    (nr) => `passed_gates where gate_nr = ${1_000_000 + nr}`
  ),
  oneOf(
    "refund_limits.refund_limits_pkey",
    "a company has one limit for a currency",
    (nr, at) => `insert into refund_limits values ('co_${nr}', 'USD', ${at})`,
    (nr) => `refund_limits where entity_id = 'co_${nr}'`
  ),
  oneOf(
    "prices.prices_pkey",
    "a price is one amount",
    (nr, at) => `insert into prices values ('price_${nr}', 'A thing', ${at}, 'USD', 'merchandise')`,
    (nr) => `prices where price_ref = 'price_${nr}'`
  ),
  oneOf(
    "retry_budgets.retry_budgets_pkey",
    "a budget allows so many tries and no other number",
    (nr, at) => `insert into retry_budgets values ('net_${nr}', '2026-01-01', 24, true, ${at})`,
    (nr) => `retry_budgets where network = 'net_${nr}'`
  ),
  oneOf(
    "plans.plans_pkey",
    "a plan costs one amount",
    (nr, at) => `insert into plans values ('plan_${nr}', 'A plan', ${at}, 'USD', 'membership')`,
    (nr) => `plans where plan_key = 'plan_${nr}'`
  ),
  oneOf(
    "api_keys.api_keys_pkey",
    "a key is one app's",
    (nr, at) =>
      `insert into api_keys select lpad('${nr}', 64, '0'), principal, null, true, '{}' from principals
        where principal = 'app ${nr} ${at}'`,
    (nr) => `api_keys where key_id = lpad('${nr}', 64, '0')`,
    (nr) => [1, 2, 3, 4].map((at) => `insert into principals values ('app ${nr} ${at}')`)
  ),
  oneOf(
    "principals.principals_pkey",
    "a name is one person's",
    (nr, at) => `insert into principals values ('of many ${nr}', 'person ${at}')`,
    (nr) => `principals where principal = 'of many ${nr}'`
  ),
  oneOf(
    "policy_version.policy_version_pkey",
    "there is one version of what routing reads",
    (_, at) => `insert into policy_version values (true, ${at})`,
    () => "policy_version"
  ),
  oneOf(
    "policy_version.policy_version_only_row_check",
    "there is one version of what routing reads, and no other beside it",
    (_, at) => `insert into policy_version values (false, ${at})`,
    () => "policy_version"
  ),
  oneOf(
    "routing_decisions.routing_decisions_pkey",
    "a round is explained once",
    (nr) => scenes.decide(nr),
    (nr) => `routing_decisions where session_id = ${scenes.session(nr)}`,
    (nr) => [s.declare(nr)]
  ),
  oneOf(
    "attempt_evidence.attempt_evidence_pkey",
    "what was heard of an attempt has an order",
    (nr, at) => `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
      values (${scenes.attempt(nr)}, 1, 'lookup', 'Declined', '{"worker": ${at}}')`,
    (nr) => `attempt_evidence where attempt_id = ${scenes.attempt(nr)}`,
    scenes.charging
  ),
  oneOf(
    "incidents.incidents_pkey",
    "an incident has a number of its own",
    (
      nr,
      at
    ) => `insert into incidents (incident_id, kind, session_id, attempt_id, detail) overriding system value
      values (${1000 + nr}, 'late_capture', ${scenes.session(nr)}, ${scenes.attempt(nr)}, '{"processorReference": "${at}"}')`,
    (nr) => `incidents where incident_id = ${1000 + nr}`,
    scenes.charging
  ),
  oneOf(
    "outbox.outbox_pkey",
    "an event has a number of its own, by which its readers know it again",
    (nr) => `insert into outbox (event_nr, type, session_id, payload) overriding system value
      values (${1000 + nr}, 'payment.charged.v1', ${scenes.session(nr)}, '{}')`,
    (nr) => `outbox where event_nr = ${1000 + nr}`,
    scenes.charging
  )
]

const accountMoved: Omit<Race, "drops"> = {
  law: "an account stays with the company that is underwritten on it",
  given: scenes.company,
  workers: (nr) =>
    owners(4, () => `update merchant_accounts set entity_id = 'loop_nutrition' where mid_id = 'mid_${nr}'`),
  broken: (nr) =>
    none(`mid_underwriting u where mid_id = 'mid_${nr}' and not exists (
      select from merchant_accounts m where (m.mid_id, m.entity_id) = (u.mid_id, u.entity_id))`)
}

/** An attempt that is written while the underwriting that permits it is deleted. */
const underwritingDeleted: Omit<Race, "drops"> = {
  law: "the underwriting under which an account was charged can be shown",
  given: (nr) => [...scenes.company(nr), scenes.declaredByCompany(nr)],
  workers: (nr) => [
    ...owners(1, () => `delete from mid_underwriting where mid_id = 'mid_${nr}'`),
    ...owners(1, () => s.open(nr, `mid_${nr}`))
  ],
  broken: (nr) =>
    none(`attempts a where session_id = ${scenes.session(nr)} and not exists (
      select from mid_underwriting u where (u.mid_id, u.entity_id, u.category) = (a.mid_id, a.entity_id, a.category))`)
}

/** Rows that refer to something that there is not. */
const refers = (
  constraint: string,
  law: string,
  row: (nr: number, worker: number) => string,
  dangling: (nr: number) => string,
  given: Race["given"] = scenes.company
): Race => ({
  drops: [`constraint ${constraint}`],
  law,
  given,
  workers: (nr) => owners(4, (at) => row(nr, at)),
  broken: (nr) => none(dangling(nr))
})

const references: ReadonlyArray<Race> = [
  refers(
    "entity_underwriting.entity_underwriting_entity_id_fkey",
    "who is underwritten exists",
    (nr, at) =>
      `insert into entity_underwriting (entity_id, category) values ('nobody_${nr}_${at}', 'membership')`,
    () => "entity_underwriting where entity_id not in (select entity_id from entities)"
  ),
  refers(
    "refund_limits.refund_limits_entity_id_fkey",
    "who has a limit exists",
    (nr, at) => `insert into refund_limits values ('nobody_${nr}_${at}', 'USD', 1)`,
    () => "refund_limits where entity_id not in (select entity_id from entities)"
  ),
  refers(
    "brand_entities.brand_entities_brand_id_fkey",
    "a brand that collects exists",
    (nr, at) => `insert into brand_entities values ('nobody-${nr}-${at}', 'co_${nr}')`,
    () => "brand_entities where brand_id not in (select brand_id from brands)"
  ),
  refers(
    "brand_entities.brand_entities_entity_id_fkey",
    "a company that a brand collects for exists",
    (nr, at) => `insert into brand_entities values ('co-${nr}', 'nobody_${nr}_${at}')`,
    () => "brand_entities where entity_id not in (select entity_id from entities)"
  ),
  refers(
    "merchant_accounts.merchant_accounts_entity_id_fkey",
    "the company of an account exists",
    (nr, at) => scenes.account(nr, `new_${nr}_${at}`, { entity_id: "nobody" }),
    () => "merchant_accounts where entity_id not in (select entity_id from entities)"
  ),
  refers(
    "passed_gates.passed_gates_mid_id_fkey",
    "the account of a gate exists",
    (nr, at) => `insert into passed_gates values ('nobody_${nr}_${at}', 'banking', 'an officer', 'a letter')`,
    () => "passed_gates where mid_id not in (select mid_id from merchant_accounts)"
  ),
  refers(
    "mid_underwriting.mid_underwriting_entity_id_category_fkey",
    "an account is underwritten for what its company is underwritten for",
    (nr) => `insert into mid_underwriting (mid_id, entity_id, provider, category)
      values ('mid_${nr}', 'co_${nr}', 'stub_b', 'telehealth')`,
    () =>
      `mid_underwriting where (entity_id, category) not in (select entity_id, category from entity_underwriting)`
  ),
  { drops: ["constraint mid_underwriting.mid_underwriting_mid_id_entity_id_provider_fkey"], ...accountMoved },
  {
    drops: ["constraint merchant_accounts.merchant_accounts_mid_id_entity_id_provider_key"],
    takesAlong: [
      "mid_underwriting.mid_underwriting_mid_id_entity_id_provider_fkey",
      "webhook_inbox.webhook_of_account"
    ],
    ...accountMoved
  },
  { drops: ["constraint attempts.attempt_on_own_account"], ...underwritingDeleted },
  {
    drops: ["constraint mid_underwriting.mid_underwriting_mid_id_entity_id_provider_category_key"],
    takesAlong: ["attempts.attempt_on_own_account"],
    ...underwritingDeleted
  },
  refers(
    "attempts.attempt_has_decision",
    "every attempt is explained by a routing decision",
    (nr, at) => s.insert("attempts", s.attemptRow(nr, at, { round: 2 })),
    (nr) => `attempts where session_id = ${scenes.session(nr)} and (session_id, round) not in (
      select session_id, round from routing_decisions)`,
    (nr) => scenes.processing(nr)
  ),
  refers(
    "routing_decisions.routing_decisions_session_id_fkey",
    "a routing decision is about a session",
    (nr, at) => scenes.decide(nr, at),
    () => "routing_decisions where session_id not in (select session_id from payment_sessions)",
    () => []
  ),
  refers(
    "attempt_evidence.attempt_evidence_attempt_id_fkey",
    "evidence is about an attempt",
    (nr, at) => `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
      values ('at_of_nobody_${nr}', ${at}, 'webhook', 'Captured', '{}')`,
    () => "attempt_evidence where attempt_id not in (select attempt_id from attempts)"
  ),
  refers(
    "incidents.incidents_attempt_id_fkey",
    "an incident is about an attempt",
    (nr, at) => `insert into incidents (kind, session_id, attempt_id, detail)
      values ('late_capture', ${scenes.session(nr)}, 'at_of_nobody_${nr}_${at}', '{}')`,
    () => "incidents where attempt_id not in (select attempt_id from attempts)",
    scenes.charging
  ),
  refers(
    "incidents.incidents_session_id_fkey",
    "an incident is about a session",
    (nr, at) => `insert into incidents (kind, session_id, attempt_id, detail)
      values ('late_capture', 'ps_of_nobody', ${scenes.attempt(nr)}, '{"processorReference": "${nr}_${at}"}')`,
    () => "incidents where session_id not in (select session_id from payment_sessions)",
    scenes.charging
  ),
  refers(
    "outbox.outbox_session_id_fkey",
    "the world is told of sessions that there are",
    () =>
      "insert into outbox (type, session_id, payload) values ('payment.charged.v1', 'ps_of_nobody', '{}')",
    () => "outbox where session_id not in (select session_id from payment_sessions)"
  )
]

const changes: Readonly<Record<string, (nr: number, worker: number) => string>> = {
  entities: (nr) => `update entities set pays_out = true where entity_id = 'co_${nr}'`,
  entity_underwriting: (nr) =>
    `update entity_underwriting set revoked_at = now() where entity_id = 'co_${nr}'`,
  brands: (nr) => `update brands set redirect_origins = '{}' where brand_id = 'co-${nr}'`,
  brand_entities: (nr, at) =>
    at % 2 === 0
      ? `insert into brand_entities values ('co-${nr}', 'loop_goods') on conflict do nothing`
      : `delete from brand_entities where brand_id = 'co-${nr}' and entity_id = 'loop_goods'`,
  merchant_accounts: (nr) => `update merchant_accounts set kill_switch = true where mid_id = 'mid_${nr}'`,
  mid_underwriting: (nr) => `update mid_underwriting set revoked_at = now() where mid_id = 'mid_${nr}'`,
  refund_limits: (nr, at) =>
    `insert into refund_limits values ('co_${nr}', '${["USD", "EUR", "GBP", "CAD"][at - 1]}', ${at})`,
  passed_gates: (nr, at) =>
    `insert into passed_gates values ('mid_${nr}', '${gates[at % gates.length]}', 'an officer', 'a letter')`
}

const told = Object.entries(changes).map(([table, change]): Race => {
  const drops: Prohibition = `trigger ${table}.new_policy_version`
  return {
    drops: [drops],
    law: `whoever changes ${table} makes a new version, by which every process knows`,
    given: (nr) => [...scenes.company(nr), `insert into told select ${nr}, version from policy_version`],
    workers: (nr) => owners(4, (at) => change(nr, at)),
    broken: (nr) =>
      `select (what::bigint + 4 - version)::int as broken from told, policy_version where nr = ${nr}`
  }
})

const watched: ReadonlyArray<Race> = [
  {
    drops: ["trigger audit.note_change"],
    law: "whoever watches a session is told of everything that is written of it",
    given: (nr) => [s.declare(nr)],
    workers: (nr) =>
      owners(4, (at) => `select write_audit(${scenes.session(nr)}, 'worker ${at}', 'session.seen', '{}')`),
    broken: (nr) =>
      `select ((select count(*) from audit where chain = ${scenes.session(nr)})
        - (select count(*) from change_notes where session_id = ${scenes.session(nr)}))::int as broken`
  },
  {
    drops: ["trigger api_keys.note_keys"],
    law: "whoever listens with a key that is revoked is found out",
    given: (nr) => [
      `insert into principals values ('revoked ${nr}')`,
      `insert into api_keys (key_id, principal, development, operations)
        values (lpad('${nr}', 64, '0'), 'revoked ${nr}', true, '{}')`
    ],
    workers: (nr) =>
      owners(
        2,
        () =>
          `update api_keys set revoked_at = now() where principal = 'revoked ${nr}' and revoked_at is null`
      ),
    broken: (nr) =>
      none(`api_keys where principal = 'revoked ${nr}' and revoked_at is not null
        and not exists (select from change_notes n where n.key_id = api_keys.key_id)`)
  }
]

export const registry: ReadonlyArray<Race> = [...keys, ...references, ...told, ...watched]
