-- A database that lives by the clock of a tape. Everything here is put into a test's own copy, as superuser.

create schema tape;
grant usage on schema tape to public;

-- The clock: whoever has not set it cannot do anything.
create function tape.now() returns timestamptz language sql stable as $body$
  select current_setting('tape.now')::timestamptz
$body$;
create function tape.clock_timestamp() returns timestamptz language sql stable as $body$
  select tape.now()
$body$;

-- Functions find it before the machine's.
do $do$
declare
  one record;
begin
  for one in
    select oid::regprocedure as name from pg_proc
    where pronamespace = 'payments'::regnamespace and prosrc ~ '\m(now|clock_timestamp)\('
  loop
    execute format('alter function %s set search_path = tape, payments, pg_catalog, pg_temp', one.name);
  end loop;
  for one in
    select d.adrelid::regclass as of, a.attname as name
    from pg_attrdef d join pg_attribute a on (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
    join pg_class c on c.oid = d.adrelid
    where c.relnamespace = 'payments'::regnamespace and pg_get_expr(d.adbin, d.adrelid) = 'now()'
  loop
    execute format('alter table %s alter column %I set default tape.now()', one.of, one.name);
  end loop;
end
$do$;

-- What still goes by the machine's clock.
create view tape.untamed as
  select oid::regprocedure::text as name from pg_proc
  where pronamespace = 'payments'::regnamespace and (
    prosrc ~* '\m(current_timestamp|current_time|current_date|localtimestamp|localtime|transaction_timestamp|statement_timestamp|timeofday)\M'
    or prosrc ~* '''(now|today|tomorrow|yesterday)''|pg_catalog\s*\.\s*now'
    or prosrc ~ '\m(now|clock_timestamp)\(' and proconfig[1] is distinct from 'search_path=tape, payments, pg_catalog, pg_temp')
  union all
  select d.adrelid::regclass || '.' || a.attname
  from pg_attrdef d join pg_attribute a on (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
  join pg_class c on c.oid = d.adrelid
  where c.relnamespace = 'payments'::regnamespace
    and replace(pg_get_expr(d.adbin, d.adrelid), 'tape.now()', '') ~* '\mnow\(|timestamp\(|\mcurrent_(date|time)|\mlocaltime';
grant select on tape.untamed to public;

-- Times that a machine wrote: those of a tape are whole milliseconds.
create function tape.machine_times() returns table (place text, times bigint) language plpgsql as $body$
declare
  one record;
begin
  for one in
    select c.oid::regclass as tab, a.attname as col from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'payments'::regnamespace and c.relkind = 'r' and a.atttypid = 'timestamptz'::regtype
  loop
    place := one.tab || '.' || one.col;
    execute format('select count(*) from %s where %I <> date_trunc(''milliseconds'', %I)', one.tab, one.col, one.col) into times;
    if times > 0 then return next; end if;
  end loop;
end
$body$;

-- Nothing happened yet, and nobody trades but the companies of a scene. Triggers keep out of it: they forbid it.
create function tape.empty() returns void language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  perform set_config('session_replication_role', 'replica', true);
  delete from returns; delete from refund_evidence; delete from refunds;
  delete from idempotency_keys; delete from outbox; delete from incidents; delete from fulfilments;
  delete from postings; delete from captures; delete from attempt_evidence; delete from attempts;
  delete from routing_decisions; delete from payment_sessions; delete from audit; delete from audit_heads;
  perform set_config('session_replication_role', 'origin', true);
end
$body$;

create function tape.empty_registry() returns void language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  perform set_config('session_replication_role', 'replica', true);
  delete from refund_limits; delete from mid_underwriting; delete from merchant_accounts; delete from brand_entities; delete from brands;
  delete from entity_underwriting; delete from entities; delete from api_keys; delete from principals;
  perform set_config('session_replication_role', 'origin', true);
end
$body$;

-- Milliseconds since 1970.
create function tape.ms(at timestamptz) returns numeric language sql immutable as $body$
  select trim_scale(extract(epoch from at) * 1000)
$body$;

-- Everything that is written of the sessions, by their ids.
create function tape.standing() returns jsonb language sql stable set search_path = payments, tape, pg_temp as $body$
  select coalesce(jsonb_object_agg(s.session_id, jsonb_build_object(
    'session', session_json(s), 'fence', s.fence, 'round', s.round,
    'attempts', (select coalesce(jsonb_agg(attempt_json(a) || jsonb_strip_nulls(jsonb_build_object(
        'fence', a.fence, 'round', a.round, 'writtenAt', tape.ms(a.written_at), 'leaseUntil', tape.ms(a.lease_until),
        'checks', a.checks, 'dueAt', case when a.state = 'indeterminate' then tape.ms(a.next_check_at) end,
        'evidence', (select coalesce(jsonb_agg(e.detail || jsonb_build_object('heardAt', tape.ms(e.heard_at)) order by e.nr), '[]')
          from attempt_evidence e where e.attempt_id = a.attempt_id))) order by a.ordinal), '[]')
      from attempts a where a.session_id = s.session_id),
    'captures', (select coalesce(jsonb_agg(jsonb_build_object('session', c.session_id, 'attempt', c.attempt_id, 'mid', c.mid_id, 'entity', c.entity_id,
        'processorReference', c.processor_reference, 'amount', c.amount, 'currency', c.currency, 'at', tape.ms(c.captured_at),
        'booked', (select coalesce(sum(p.amount), 0) from postings p
          where (p.mid_id, p.processor_reference, p.attempt_id) = (c.mid_id, c.processor_reference, c.attempt_id)))
        order by c.mid_id collate "C", c.processor_reference collate "C"), '[]')
      from captures c where c.session_id = s.session_id),
    'refunds', (select coalesce(jsonb_agg(refund_json(r) || jsonb_strip_nulls(jsonb_build_object(
        'leaseUntil', tape.ms(r.lease_until), 'checks', r.checks,
        'dueAt', case when r.state = 'indeterminate' then tape.ms(r.next_check_at) end,
        'heard', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('source', e.source, 'outcome', e.outcome,
            'reference', e.detail -> 'refundReference', 'at', tape.ms(e.heard_at))) order by e.nr), '[]')
          from refund_evidence e where e.refund_id = r.refund_id))) order by r.ordinal), '[]')
      from refunds r where r.session_id = s.session_id),
    'returns', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('mid', b.mid_id, 'refundReference', b.refund_reference,
        'nr', b.nr, 'processorReference', b.processor_reference, 'attempt', b.attempt_id, 'refund', b.refund_id, 'amount', b.amount,
        'currency', b.currency, 'at', tape.ms(b.returned_at),
        'booked', (select sum(case p.debit_account when 'customer_payments' then p.amount else -p.amount end) from postings p
          where (p.mid_id, p.attempt_id, p.currency) = (b.mid_id, b.attempt_id, b.currency)
            and p.processor_reference = b.refund_reference || case when b.nr = 1 then '' else ' (' || b.nr || ')' end))) order by b.mid_id collate "C", b.refund_reference collate "C", b.nr), '[]')
      from returns b where b.session_id = s.session_id),
    'incidents', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', i.kind, 'attempt', i.attempt_id,
        'processorReference', i.detail -> 'processorReference', 'amount', i.detail -> 'amount',
        'currency', i.detail -> 'currency', 'told', i.told, 'found', case when i.found and i.closed_at is not null then true end)) order by i.incident_id), '[]')
      from incidents i where i.session_id = s.session_id),
    'decisions', (select coalesce(jsonb_agg(jsonb_build_object('round', d.round, 'policyVersion', d.policy_version,
        'inputs', d.inputs, 'chosen', d.chosen, 'leftOut', d.left_out) order by d.round), '[]')
      from routing_decisions d where d.session_id = s.session_id),
    'events', (select coalesce(jsonb_agg(jsonb_build_object('type', o.type, 'payload', o.payload,
        'occurredAt', tape.ms(o.occurred_at), 'freeAt', coalesce(tape.ms(o.claimed_until), 0),
        'delivered', o.delivered_at is not null) order by o.event_nr), '[]')
      from outbox o where o.session_id = s.session_id),
    'fulfilment', (select jsonb_strip_nulls(jsonb_build_object('claimed', f.claimed_at is not null, 'by', f.claimed_by, 'key', f.claimed_key))
      from fulfilments f where f.session_id = s.session_id),
    'keys', (select coalesce(jsonb_agg(jsonb_build_object('by', k.principal, 'operation', k.operation, 'key', k.key, 'body', k.request)
        order by k.operation collate "C", k.key collate "C"), '[]')
      from idempotency_keys k where k.session_id = s.session_id),
    'actors', (select coalesce(jsonb_agg(a.actor order by a.position), '[]') from audit a where a.chain = s.session_id))), '{}')
  from payment_sessions s
$body$;
