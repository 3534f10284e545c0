set local role payments_owner;
set local search_path to payments, pg_temp;

-- Calls for a person, each made once: an attempt or a refund is in review for too long, a
-- webhook that says that a charge took money is not heard for too long, or an incident was opened. What is called is
-- told to operators as an event, in the same commit.
create table pages (
  page_nr bigint generated always as identity primary key,
  kind text not null check (kind in ('in_review', 'refund_in_review', 'capture_unheard', 'incident')),
  -- Of a refund or an incident: the attempt that it is of.
  attempt_id text not null references attempts,
  incident_id bigint references incidents,
  refund_id text references refunds,
  raised_at timestamptz not null default now(),
  constraint page_of_incident check ((kind = 'incident') = (incident_id is not null)),
  constraint page_of_refund check ((kind = 'refund_in_review') = (refund_id is not null)),
  constraint one_page_per_incident unique (incident_id),
  constraint one_page_per_refund unique (refund_id)
);
create unique index one_page_per_review on pages (attempt_id) where kind = 'in_review';
create unique index one_page_per_unheard_capture on pages (attempt_id) where kind = 'capture_unheard';
create index attempts_in_review on attempts (written_at) where state = 'indeterminate';
create index refunds_in_review on refunds (written_at) where state = 'indeterminate';
-- Webhooks of known charges that are said to have taken money, which their processor does not show.
create index captures_unheard on webhook_inbox (received_at)
  where state <> 'processed' and trouble = 'failed' and payments.said_captured(subjects) <> '{}';

create trigger append_only before update or delete on pages for each row execute function refuse_change();
create trigger no_truncate before truncate on pages for each statement execute function refuse_change();

-- What operators are told is no app's: only an operator's subscription that names the type is sent it.
create or replace function event_wanted(s event_subscriptions, e outbox) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select e.occurred_at >= s.created_at
    and case when e.type like 'operations.%' then e.type = any (s.event_types) and is_operator(s.principal)
      else s.event_types is null or e.type = any (s.event_types) end
    and (s.entity_id is null or s.entity_id = e.payload ->> 'entity')
    and (s.brand_id is null or s.brand_id = e.payload ->> 'brand')
$body$;

create function page_json(p pages) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', 'pg_' || p.page_nr, 'kind', p.kind, 'attempt', p.attempt_id,
    'session', a.session_id, 'mid', a.mid_id, 'provider', a.provider, 'incident', p.incident_id,
    'incidentKind', i.kind, 'refund', p.refund_id, 'raisedAt', iso(p.raised_at),
    'open', case p.kind when 'incident' then i.closed_at is null when 'refund_in_review' then f.state = 'indeterminate'
      when 'capture_unheard' then capture_unheard(a) else a.state = 'indeterminate' end))
  from attempts a left join incidents i on i.incident_id = p.incident_id left join refunds f on f.refund_id = p.refund_id where a.attempt_id = p.attempt_id
$body$;

-- Calls for a person where it is due: {limit, patienceMs}. Answers the pages that it raised.
create function raise_pages(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  raised pages;
  s payment_sessions;
  said jsonb := '[]';
begin
  for raised in
    with due as (
      (select 'incident' as kind, i.attempt_id, i.incident_id, null as refund_id from incidents i
        where i.closed_at is null and not exists (select from pages g where g.incident_id = i.incident_id)
          -- What is missing in the books is looked for at its processor before anybody is called.
          and (i.kind <> 'refunded_more_than_booked' or i.opened_at < now() - interval '1 minute')
        order by i.incident_id limit (p ->> 'limit')::integer)
      union all
      (select 'refund_in_review', r.attempt_id, null, r.refund_id from refunds r
        where r.state = 'indeterminate' and r.written_at < now() - (p ->> 'patienceMs')::float8 * interval '1 millisecond'
          and not exists (select from pages g where g.refund_id = r.refund_id)
        order by r.written_at limit (p ->> 'limit')::integer)
      union all
      (select 'in_review', a.attempt_id, null, null from attempts a
        where a.state = 'indeterminate' and a.written_at < now() - (p ->> 'patienceMs')::float8 * interval '1 millisecond'
          and not exists (select from pages g where g.attempt_id = a.attempt_id and g.kind = 'in_review')
        order by a.written_at limit (p ->> 'limit')::integer)
      union all
      -- Nobody else is called for it: its charge is not in review, and no card is charged for its session meanwhile.
      (select 'capture_unheard', a.attempt_id, null, null from webhook_inbox w
        cross join lateral unnest(said_captured(w.subjects)) named(name)
        cross join lateral (
          select k.attempt_id from attempts k where k.idempotency_key = substr(name, 5) and name like 'key %'
          union
          select e.attempt_id from attempt_evidence e
          where e.detail ? 'processorReference' and e.detail ->> 'processorReference' = substr(name, 11)
            and name like 'reference %'
        ) meant
        join attempts a on a.attempt_id = meant.attempt_id and a.mid_id = w.mid_id
        where w.state <> 'processed' and w.trouble = 'failed' and said_captured(w.subjects) <> '{}'
          and w.received_at < now() - (p ->> 'patienceMs')::float8 * interval '1 millisecond'
          and a.state not in ('in_flight', 'indeterminate', 'captured')
          and not exists (select from pages g where g.attempt_id = a.attempt_id and g.kind = 'capture_unheard')
        order by w.received_at limit (p ->> 'limit')::integer)
    )
    insert into pages (kind, attempt_id, incident_id, refund_id) select kind, attempt_id, incident_id, refund_id from due
    on conflict do nothing returning *
  loop
    select session.* into s from payment_sessions session join attempts a using (session_id) where a.attempt_id = raised.attempt_id;
    perform emit(s, 'operations.page.v1', (page_json(raised) - 'id' - 'raisedAt' - 'open') || jsonb_build_object('page', 'pg_' || raised.page_nr));
    said := said || page_json(raised);
  end loop;
  return said;
end
$body$;

-- {by, size, from: start | end, after?, before?}: pages, the newest first, one more than asked for. Null for whoever is no
-- operator.
create function read_pages(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  wanted integer := (p ->> 'size')::integer + 1;
  below bigint := coalesce((p ->> 'after')::bigint, 9223372036854775807);
  above bigint := coalesce((p ->> 'before')::bigint, 0);
  found_rows jsonb;
begin
  if not is_operator(p ->> 'by') then return null; end if;
  if p ->> 'from' = 'end' then
    select jsonb_agg(one) into found_rows from (select page_json(g) as one from pages g
      where page_nr < below and page_nr > above order by page_nr limit wanted) x;
  else
    select jsonb_agg(one) into found_rows from (select page_json(g) as one from pages g
      where page_nr < below and page_nr > above order by page_nr desc limit wanted) x;
  end if;
  return coalesce(found_rows, '[]');
end
$body$;

grant execute on function raise_pages, read_pages to payments_app;
