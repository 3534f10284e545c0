import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Payment } from "./Payment.ts"

/** Tables whose triggers would refuse a payment that begins as it ended. */
const guarded = ["payment_sessions", "attempts", "fulfilments", "outbox", "refunds", "audit", "audit_heads"]

/** Everything that {@link write} fills, to be analyzed afterwards. */
export const filled = [
  ...guarded,
  "routing_decisions",
  "attempt_evidence",
  "captures",
  "postings",
  "refund_evidence",
  "returns",
  "disputes"
]

const insert = (table: string, rows: ReadonlyArray<Readonly<Record<string, unknown>>>) => {
  const columns = Object.keys(rows[0] ?? {}).join(", ")
  return `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1::jsonb)`
}

/** What the money steps write beside an attempt: the fact, the books, the fulfilment, the event. */
const ofCaptured = `with captured as (
  select a.* from attempts a
  where a.attempt_id in (select jsonb_array_elements_text($1::jsonb)) and a.state = 'captured'
), facts as (
  insert into captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id, amount,
    currency, source, captured_at)
  select mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id, amount, currency, 'driver',
    resolved_at from captured
), fulfilled as (
  insert into fulfilments (session_id, attempt_id, settled_at, claimed_at, claimed_by)
  select session_id, attempt_id, resolved_at, resolved_at + interval '0.9 seconds', 'development' from captured
), told as (
  insert into outbox (type, session_id, payload, occurred_at, delivered_at)
  select 'payment.charged.v1', c.session_id, jsonb_build_object('session', c.session_id, 'entity', c.entity_id,
    'brand', c.brand_id, 'customer', s.customer_id, 'category', c.category, 'amount', c.amount, 'currency', c.currency,
    'attempt', c.attempt_id, 'mid', c.mid_id, 'provider', c.provider, 'processorReference', c.processor_reference),
    c.resolved_at, c.resolved_at
  from captured c join payment_sessions s using (session_id) order by c.resolved_at
)
insert into postings (debit_account, credit_account, amount, currency, entity_id, mid_id, provider, category, brand_id,
  session_id, attempt_id, processor_reference, posted_at)
select 'processor_receivable', 'customer_payments', amount, currency, entity_id, mid_id, provider, category, brand_id, session_id,
  attempt_id, processor_reference, resolved_at from captured`

const ofRefunded = `with refunded as (
  select r.* from refunds r where r.refund_id in (select jsonb_array_elements_text($1::jsonb))
), heard as (
  insert into refund_evidence (refund_id, nr, source, outcome, detail, heard_at)
  select refund_id, 1, 'driver', 'Refunded', evidence, resolved_at from refunded
), facts as (
  insert into returns (mid_id, refund_reference, processor_reference, attempt_id, session_id, entity_id, provider, category,
    brand_id, refund_id, amount, currency, source, returned_at)
  select mid_id, refund_reference, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id,
    refund_id, amount, currency, 'driver', resolved_at from refunded
)
insert into postings (debit_account, credit_account, amount, currency, entity_id, mid_id, provider, category, brand_id,
  session_id, attempt_id, processor_reference, posted_at)
select 'customer_payments', 'processor_receivable', amount, currency, entity_id, mid_id, provider, category, brand_id, session_id,
  attempt_id, refund_reference, resolved_at from refunded`

/** One link of every chain: the rows of that position, hashed after those before them. */
const link = `insert into audit (chain, position, at, actor, action, detail, previous_hash, hash)
select n.chain, n.position, n.at, n.actor, n.action, n.detail, coalesce(p.hash, ''::bytea),
  audit_hash(n.chain, n.position, n.at, n.actor, n.action, n.detail, coalesce(p.hash, ''::bytea))
from jsonb_populate_recordset(null::audit, $1::jsonb) n
left join audit p on p.chain = n.chain and p.position = n.position - 1`

const heads = `insert into audit_heads (chain, position, hash)
select distinct on (chain) chain, position, hash from audit
where chain in (select jsonb_array_elements_text($1::jsonb)) order by chain, position desc`

/**
 * Writes payments of the past, table by table, in one transaction; needs the owner. The triggers of the money steps
 * are off only in it: nobody else ever sees them so, and who writes meanwhile waits. References are checked as always.
 */
export const write = Effect.fn("seed.write")(function* (
  sql: SqlClient.SqlClient,
  payments: ReadonlyArray<Payment>
) {
  const fill = (table: string, rows: ReadonlyArray<Readonly<Record<string, unknown>>>) =>
    rows.length === 0 ? Effect.void : sql.unsafe(insert(table, rows), [JSON.stringify(rows)])
  const ids = (rows: ReadonlyArray<Readonly<Record<string, unknown>>>, column: string) =>
    JSON.stringify(rows.map((row) => row[column]))
  const attempts = payments.flatMap((payment) => payment.attempts)
  const refunds = payments.flatMap((payment) => payment.refunds)
  const audit = payments.flatMap((payment) => payment.audit)
  yield* sql.withTransaction(
    Effect.gen(function* () {
      for (const table of guarded) yield* sql.unsafe(`alter table ${table} disable trigger user`)
      yield* fill(
        "payment_sessions",
        payments.map(({ session }) => session)
      )
      yield* fill(
        "routing_decisions",
        payments.flatMap(({ decisions }) => decisions)
      )
      yield* fill("attempts", attempts)
      yield* fill(
        "attempt_evidence",
        payments.flatMap(({ evidence }) => evidence)
      )
      yield* sql.unsafe(ofCaptured, [ids(attempts, "attempt_id")])
      yield* fill("refunds", refunds)
      yield* sql.unsafe(ofRefunded, [ids(refunds, "refund_id")])
      yield* fill(
        "disputes",
        payments.flatMap(({ disputes }) => disputes)
      )
      for (let position = 1; ; position++) {
        const links = audit.filter((row) => row["position"] === position)
        if (links.length === 0) break
        yield* sql.unsafe(link, [JSON.stringify(links)])
      }
      yield* sql.unsafe(heads, [
        ids(
          payments.map(({ session }) => session),
          "session_id"
        )
      ])
      for (const table of guarded) yield* sql.unsafe(`alter table ${table} enable trigger user`)
    })
  )
})
