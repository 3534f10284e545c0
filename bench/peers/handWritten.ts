// The limit of reads: one query by hand that makes the whole answer in PostgreSQL, behind Node's plain HTTP server. It
// asks nobody who is there, limits nothing and hides nothing.
import { createServer } from "node:http"
import { Pool } from "pg"
import { contend } from "../support/contending.ts"

const pool = new Pool({
  connectionString: process.env["BENCH_URL"],
  max: 8,
  options: "-c search_path=payments -c role=payments_app"
})

const page = (conditions: string): string => `
select json_build_object('nodes', coalesce(json_agg(node order by created_at desc, session_id desc), '[]'))::text as page from (
  select s.created_at, s.session_id, json_build_object('sessionId', s.session_id, 'state', s.state, 'customer', s.customer_id,
    'createdAt', iso(s.created_at), 'money', json_build_object('amount', s.amount, 'currency', s.currency),
    'entity', json_build_object('entityId', e.entity_id, 'name', e.name),
    'attempts', json_build_object('nodes', coalesce((select json_agg(json_build_object('attemptId', a.attempt_id,
      'ordinal', a.ordinal, 'state', a.state, 'provider', a.provider) order by a.ordinal)
      from (select * from attempts where session_id = s.session_id order by ordinal limit 10) a), '[]')),
    'events', json_build_object('nodes', coalesce((select json_agg(json_build_object('eventId', 'evt_' || o.event_nr,
      'type', o.type, 'occurredAt', iso(o.occurred_at)) order by o.event_nr desc)
      from (select * from outbox where session_id = s.session_id and type not like 'operations.%' order by event_nr desc limit 10) o), '[]'))) as node
  from (select * from payment_sessions where ${conditions} order by created_at desc, session_id desc limit 50) s
  join entities e using (entity_id)) page`

const queries = {
  first: page("true"),
  deep: page(
    "(created_at, session_id) < (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::text)"
  ),
  filtered: page("entity_id = $1")
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
  const kind = pathname === "/deep" ? "deep" : pathname === "/filtered" ? "filtered" : "first"
  pool.query({ name: kind, text: queries[kind], values: searchParams.getAll("value") }).then(
    ({ rows }) => response.setHeader("content-type", "application/json").end(rows[0].page),
    (error: unknown) => response.writeHead(500).end(String(error))
  )
})

contend(
  () =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resolve(typeof address === "object" ? address?.port : undefined)
      })
    })
)
