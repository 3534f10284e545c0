import * as s from "../../support/scene.ts"
import { apps, gateways, none, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// What the app's role could do if it were granted to write into one table. Every other prohibition stands, so
// these are the things that only the money steps get right: the audit, the postings, the bounds of a lease.

const { attempt, session } = scenes

const right = (
  table: string,
  law: string,
  given: Race["given"],
  does: (nr: number, worker: number) => string,
  wrong: (nr: number) => string
): Race => ({
  drops: [`right payments_app ${table}`],
  law,
  given,
  workers: (nr) => apps(4, (at) => does(nr, at)),
  broken: (nr) => none(wrong(nr))
})

const unheard = (nr: number, action: string): string =>
  `not exists (select from audit where chain = ${session(nr)} and action like '${action}')`

/** An entry of the simulated gateways. */
export const entry = (nr: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  s.insert("stub_gateway.entries", {
    gateway: "stub_a",
    mid: `mid_${nr}`,
    idempotency_key: `key_${nr}`,
    operation: "charge",
    kind: "captured",
    code: "approved",
    processor_reference: `ref_${nr}`,
    charge_reference: `ref_${nr}`,
    amount: 3500,
    currency: "USD",
    token_ref: "tok_1",
    moves_at: "now",
    created_at: "now",
    written: nr,
    ...fields
  })

export const rights: ReadonlyArray<Race> = [
  right(
    "payment_sessions",
    "every session has the audit row of who declared it",
    () => [],
    (nr, at) => s.insert("payment_sessions", s.sessionRow(nr + at)),
    (nr) => `payment_sessions where ${scenes.ours(nr)} and session_id not in (select chain from audit)`
  ),
  right(
    "routing_decisions",
    "a routing decision is of a round that began",
    (nr) => [s.declare(nr)],
    (nr, at) => scenes.decide(nr, 9 + at),
    (nr) =>
      `routing_decisions join payment_sessions p using (session_id) where session_id = ${session(nr)} and routing_decisions.round > p.round`
  ),
  right(
    "attempts",
    "a driver has the time that it was given",
    scenes.charging,
    (nr) => `update attempts set lease_until = '-infinity' where attempt_id = ${attempt(nr)}`,
    (nr) => `attempts where attempt_id = ${attempt(nr)} and lease_until < written_at`
  ),
  right(
    "attempt_evidence",
    "who heard something is written down",
    scenes.charging,
    (nr, at) =>
      `insert into attempt_evidence (attempt_id, nr, source, outcome, detail) values (${attempt(nr)}, ${at}, 'lookup', 'Declined', '{"outcome": "Declined"}')`,
    (nr) => `attempt_evidence where attempt_id = ${attempt(nr)} and ${unheard(nr, "attempt.declined")}`
  ),
  right(
    "captures",
    "every captured cent is posted",
    scenes.charging,
    (nr, at) => s.insert("captures", s.captureRow(nr, 1, { processor_reference: `ref_${nr}_${at}` })),
    (nr) =>
      `captures c where session_id = ${session(nr)} and not exists (select from postings p where (p.mid_id, p.processor_reference) = (c.mid_id, c.processor_reference))`
  ),
  right(
    "postings",
    "what is posted was captured",
    scenes.charging,
    (nr, at) =>
      s.insert(
        "postings",
        s.postingRow(nr, 1, { posting_id: 1_000_000 + nr + at, processor_reference: `ref_${nr}_${at}` })
      ),
    (nr) =>
      `postings p where session_id = ${session(nr)} and not exists (select from captures c where (p.mid_id, p.processor_reference) = (c.mid_id, c.processor_reference))`
  ),
  right(
    "fulfilments",
    "who claimed is written down",
    scenes.settled,
    (nr, at) =>
      `update fulfilments set claimed_at = now(), claimed_by = 'worker ${at}' where session_id = ${session(nr)}`,
    (nr) =>
      `fulfilments where session_id = ${session(nr)} and claimed_at is not null and ${unheard(nr, "fulfilment.claimed")}`
  ),
  right(
    "incidents",
    "no incident is closed without a word",
    scenes.capturedLate,
    (nr) => `update incidents set closed_at = now() where session_id = ${session(nr)}`,
    (nr) =>
      `incidents where session_id = ${session(nr)} and closed_at is not null and ${unheard(nr, "incident.%")}`
  ),
  right(
    "outbox",
    "an event counts as delivered after somebody took it",
    scenes.settled,
    (nr) => `update outbox set delivered_at = now() where session_id = ${session(nr)}`,
    (nr) => `outbox where session_id = ${session(nr)} and delivered_at is not null and claimed_until is null`
  ),
  right(
    "idempotency_keys",
    "an app's key leads to what that app declared",
    (nr) => [s.declare(nr)],
    (nr, at) =>
      `insert into idempotency_keys (principal, operation, key, session_id, request) values ('stranger ${at}', 'create', 'key_${nr}', ${session(nr)}, '{}')`,
    (nr) =>
      `idempotency_keys k where session_id = ${session(nr)} and not exists (select from audit where chain = session_id and action = 'session.declared' and actor = k.principal)`
  ),
  right(
    "audit_heads",
    "a chain ends where its last row is",
    () => [],
    (nr, at) => `insert into audit_heads values ('chain ${nr} ${at}', 1, '')`,
    (nr) => `audit_faults() where chain like 'chain ${nr} %'`
  ),
  right(
    "change_notes",
    "whoever watches is told of nothing that was not written",
    (nr) => [s.declare(nr)],
    (nr, at) => `insert into change_notes (session_id, attempt_id) values (${session(nr)}, 'at_${at}')`,
    (nr) =>
      `change_notes where session_id = ${session(nr)} and attempt_id is not null and ${unheard(nr, "attempt.%")}`
  ),
  right(
    "entities",
    "only an operator adds a company",
    () => [],
    (nr, at) => `insert into entities values ('mine_${nr}_${at}', 'Mine', true, true, false)`,
    (nr) => `entities where entity_id like 'mine_${nr}_%'`
  ),
  right(
    "entity_underwriting",
    "only an operator says what a company is underwritten for",
    scenes.company,
    (nr) => `insert into entity_underwriting (entity_id, category) values ('co_${nr}', 'ruo_compounds')`,
    (nr) => `entity_underwriting where entity_id = 'co_${nr}' and category <> 'merchandise'`
  ),
  right(
    "brands",
    "only an operator says where customers are sent back to",
    scenes.company,
    (nr) => `update brands set redirect_origins = '{https://elsewhere.example}' where brand_id = 'co-${nr}'`,
    (nr) => `brands where brand_id = 'co-${nr}' and redirect_origins <> '{}'`
  ),
  right(
    "brand_entities",
    "only an operator says for whom a brand collects",
    scenes.company,
    (nr) => `insert into brand_entities values ('loop-bio', 'co_${nr}')`,
    (nr) => `brand_entities where entity_id = 'co_${nr}' and brand_id = 'loop-bio'`
  ),
  right(
    "merchant_accounts",
    "who stops an account is written down",
    scenes.company,
    (nr) => `update merchant_accounts set kill_switch = true where mid_id = 'mid_${nr}'`,
    (nr) =>
      `merchant_accounts m where mid_id = 'mid_${nr}' and kill_switch and not exists (select from audit where chain = 'mid:' || m.mid_id)`
  ),
  right(
    "mid_underwriting",
    "who takes an underwriting away is written down",
    scenes.company,
    (nr) => `update mid_underwriting set revoked_at = now() where mid_id = 'mid_${nr}'`,
    (nr) => `mid_underwriting where mid_id = 'mid_${nr}' and revoked_at is not null`
  ),
  right(
    "refund_limits",
    "only an operator says how much goes back on one word",
    scenes.company,
    (nr) => `insert into refund_limits values ('co_${nr}', 'USD', 1)`,
    (nr) => `refund_limits where entity_id = 'co_${nr}'`
  ),
  right(
    "passed_gates",
    "only an operator says that a gate is passed",
    scenes.company,
    (nr) => `insert into passed_gates values ('mid_${nr}', 'banking', 'the app', 'none')`,
    (nr) => `passed_gates where mid_id = 'mid_${nr}'`
  ),
  right(
    "prices",
    "the app cannot make a thing cheaper",
    (nr) => [`insert into prices values ('price_${nr}', 'A thing', 3500, 'USD', 'merchandise')`],
    (nr) => `update prices set amount = 1 where price_ref = 'price_${nr}'`,
    (nr) => `prices where price_ref = 'price_${nr}' and amount < 3500`
  ),
  right(
    "retry_budgets",
    "the app cannot allow itself more tries of a card",
    (nr) => [`insert into retry_budgets values ('net_${nr}', '2026-01-01', 24, true, 1)`],
    (nr) => `update retry_budgets set most = 100 where network = 'net_${nr}'`,
    (nr) => `retry_budgets where network = 'net_${nr}' and most > 1`
  ),
  right(
    "plans",
    "the app cannot make a plan cheaper",
    (nr) => [`insert into plans values ('plan_${nr}', 'A plan', 3500, 'USD', 'membership')`],
    (nr) => `update plans set amount = 1 where plan_key = 'plan_${nr}'`,
    (nr) => `plans where plan_key = 'plan_${nr}' and amount < 3500`
  ),
  right(
    "api_keys",
    "the app cannot let anybody in",
    (nr) => [`insert into principals values ('mine ${nr}')`],
    (nr, at) => `insert into api_keys values (lpad('${nr}${at}', 64, 'a'), 'mine ${nr}', null, true, '{}')`,
    (nr) => `api_keys where principal = 'mine ${nr}'`
  ),
  right(
    "principals",
    "the app makes nobody an operator",
    (nr) => [`insert into principals values ('app ${nr}')`],
    (nr) => `update principals set operator = true where principal = 'app ${nr}'`,
    (nr) => `principals where principal = 'app ${nr}' and operator`
  ),
  right(
    "policy_version",
    "the version of what routing reads only rises",
    () => ["update policy_version set version = version + 1"],
    () => "update policy_version set version = 0",
    () => "policy_version where version = 0"
  ),
  right(
    "stub_gateway.entries",
    "the books of the gateways are not ours to write",
    () => [],
    (nr, at) =>
      entry(nr, {
        idempotency_key: `key_${nr}_${at}`,
        processor_reference: `ref_${at}`,
        charge_reference: `ref_${at}`
      }),
    (nr) => `stub_gateway.entries where mid = 'mid_${nr}'`
  ),
  {
    drops: ["right payments_stub stub_gateway.entries"],
    law: "a gateway does not change what it wrote into its books",
    given: (nr) => [entry(nr)],
    workers: (nr) => gateways(4, () => `update entries set amount = 1 where mid = 'mid_${nr}'`),
    broken: (nr) => none(`stub_gateway.entries where mid = 'mid_${nr}' and amount <> 3500`)
  }
]
