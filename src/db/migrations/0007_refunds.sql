set local role payments_owner;
set local search_path to payments, pg_temp;

-- Money that goes back, written as charges are: a row is committed before a byte is sent, an outcome that proves
-- nothing waits for evidence, and what went back is a fact that can always be recorded.

-- What goes back or is disputed is of one capture, and of nothing else than that capture was of.
alter table captures add constraint capture_in_full
  unique (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id);

create table refunds (
  refund_id text primary key,
  session_id text not null,
  ordinal integer not null check (ordinal > 0),
  attempt_id text not null,
  mid_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  -- The capture that it is of.
  processor_reference text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  -- A void takes back the whole of what is not settled yet.
  kind text not null check (kind in ('refund', 'void')),
  reason text not null check (length(reason) between 1 and 500),
  requested_by text not null,
  requested_key text,
  request jsonb not null,
  -- What the processor sees: a function of session, ordinal and account.
  idempotency_key text not null unique,
  state text not null check (state in ('in_flight', 'refunded', 'declined', 'indeterminate', 'absent', 'taken_back')),
  lease_until timestamptz not null,
  -- The processor's own id of the refund.
  refund_reference text,
  evidence jsonb,
  written_at timestamptz not null default now(),
  resolved_at timestamptz,
  checks integer not null default 0,
  next_check_at timestamptz,
  unique (session_id, ordinal),
  constraint refund_asked_once unique (requested_by, requested_key),
  constraint refund_named_by_session check (refund_id = 're_' || substr(session_id, 4) || '_' || ordinal),
  constraint refund_of_capture foreign key
    (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id)
    references captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id),
  constraint refunded_has_reference check ((state in ('refunded', 'taken_back')) = (refund_reference is not null)),
  constraint refund_outcome_has_evidence check (state = 'in_flight' or evidence is not null),
  constraint refund_resolved_has_time check ((state in ('refunded', 'declined', 'absent', 'taken_back')) = (resolved_at is not null))
);
-- While nobody knows what became of one refund of a capture, no other is sent. A state that this index does not know
-- counts as open.
create unique index one_open_refund_per_capture on refunds (mid_id, processor_reference)
  where state not in ('refunded', 'declined', 'absent', 'taken_back');
create index refunds_in_flight on refunds (lease_until) where state = 'in_flight';
create index refunds_to_check on refunds (next_check_at) where state = 'indeterminate';

-- The timeline of what was heard of a refund.
create table refund_evidence (
  refund_id text not null references refunds,
  nr integer not null,
  source text not null check (source in ('driver', 'lookup', 'takeover', 'webhook', 'person')),
  outcome text not null check (outcome in ('Refunded', 'Declined', 'Indeterminate', 'Absent')),
  detail jsonb not null,
  heard_at timestamptz not null default now(),
  primary key (refund_id, nr)
);
create index refund_evidence_by_name on refund_evidence ((detail ->> 'refundReference'));

-- Money that went back. Its sum is bounded by nothing: the truth can always be recorded, and too much opens an incident.
-- What went back and did not arrive is a second row of the same object, below zero: the money is here again.
create table returns (
  mid_id text not null,
  refund_reference text not null check (length(refund_reference) between 1 and 255),
  processor_reference text not null,
  attempt_id text not null,
  session_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  -- What became of the processor's own object, in turn: it went back, it did not arrive, it went back after all ...
  nr integer not null default 1,
  nr_before integer,
  -- Null: somebody gave it back at the processor, without asking here.
  refund_id text references refunds,
  amount bigint not null check (amount <> 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- outside: it went back without the processor, as two persons said.
  source text not null check (source in ('driver', 'lookup', 'takeover', 'webhook', 'person', 'outside')),
  returned_at timestamptz not null default now(),
  primary key (mid_id, refund_reference, nr),
  constraint taken_back_is_below_zero check ((amount < 0) = (nr % 2 = 0)),
  constraint return_counts check (nr_before is not distinct from nullif(nr - 1, 0)),
  constraint return_follows foreign key (mid_id, refund_reference, nr_before) references returns (mid_id, refund_reference, nr),
  constraint return_of_capture foreign key
    (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id)
    references captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id)
);
create index returns_by_capture on returns (mid_id, processor_reference);
create index returns_by_refund on returns (refund_id);

create table disputes (
  mid_id text not null,
  dispute_reference text not null check (length(dispute_reference) between 1 and 255),
  processor_reference text not null,
  attempt_id text not null,
  session_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  state text not null check (state in ('warning', 'open', 'under_review', 'won', 'lost', 'closed')),
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  reason text not null,
  evidence_due_by timestamptz,
  -- When the processor says that the state was reached; null when it does not say.
  state_at timestamptz,
  opened_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (mid_id, dispute_reference),
  constraint dispute_of_capture foreign key
    (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id)
    references captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id)
);
create index disputes_by_session on disputes (session_id);
create index disputes_by_capture on disputes (mid_id, processor_reference);

alter table incidents drop constraint incidents_kind_check;
alter table incidents add constraint incidents_kind_check check (kind in
  ('late_capture', 'captured_other_amount', 'processor_reference_reused',
   'late_refund', 'refunded_other_amount', 'refund_reference_reused', 'refunded_too_much', 'refunded_elsewhere',
   'refund_taken_back', 'signed_refund_failed', 'refunded_more_than_booked', 'refunded_and_disputed', 'dispute_of_another',
   'dispute_reversed', 'dispute_lost_otherwise'));
-- What went back and is not booked is looked for at its processor for as long as its incident is open. `told`: the most that
-- the processor said went back. `found`: nobody had to deal with it, because all of that is booked.
alter table incidents add column told bigint;
alter table incidents add column found boolean not null default false;
alter table incidents add column searches integer not null default 0;
alter table incidents add column next_search_at timestamptz not null default now();
create index incidents_to_search on incidents (next_search_at) where kind = 'refunded_more_than_booked' and closed_at is null;

-- What was booked last of a processor's object; null when nothing was.
create function last_return(mid text, reference text) returns returns language sql stable set search_path = payments, pg_temp as $body$
  select r from returns r where r.mid_id = mid and r.refund_reference = reference order by nr desc limit 1
$body$;

-- What is left of a capture: what was captured less what went back, and less what a bank took back for good.
create function money_left(c captures) returns bigint language sql stable set search_path = payments, pg_temp as $body$
  select c.amount
    - (select coalesce(sum(r.amount), 0) from returns r
       where r.mid_id = c.mid_id and r.processor_reference = c.processor_reference and r.currency = c.currency)
    - (select coalesce(sum(d.amount), 0) from disputes d
       where d.mid_id = c.mid_id and d.processor_reference = c.processor_reference and d.state = 'lost' and d.currency = c.currency)
$body$;

-- Whether a session's order holds money already, that of a session which ended without any: charged late, and not given
-- back.
create function order_paid(s payment_sessions) returns boolean language plpgsql stable set search_path = payments, pg_temp as $body$
begin
  return s.order_reference is not null and exists (
    select from payment_sessions earlier join captures c on c.session_id = earlier.session_id
    where earlier.entity_id = s.entity_id and earlier.order_reference = s.order_reference
      and earlier.state in ('failed', 'cancelled', 'expired') and money_left(c) > 0);
end
$body$;

-- What of it may still be given back: less what may be on its way.
create function refundable_of(c captures) returns bigint language sql stable set search_path = payments, pg_temp as $body$
  select money_left(c)
    - (select coalesce(sum(r.amount), 0) from refunds r
       where r.mid_id = c.mid_id and r.processor_reference = c.processor_reference
         and r.state not in ('refunded', 'declined', 'absent', 'taken_back'))
$body$;

-- The dispute that stands against giving a capture back: the bank takes it back meanwhile, and whoever gives it back as
-- well pays twice. A warning is no dispute yet, and giving back is what ends it. What was lost counts as gone; in another
-- currency nobody can subtract it, and a person decides.
create function dispute_against(c captures) returns disputes language sql stable set search_path = payments, pg_temp as $body$
  select d from disputes d
  where d.mid_id = c.mid_id and d.processor_reference = c.processor_reference
    and d.state not in ('warning', 'won', 'closed') and not (d.state = 'lost' and d.currency = c.currency)
  limit 1
$body$;

create function guard_refund() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
declare
  c captures;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'in_flight' then
      raise exception 'a refund begins in_flight, not %', new.state using errcode = 'check_violation', constraint = 'refund_begins_in_flight';
    end if;
    -- Of two refunds of one capture the second waits here, and then sees the first.
    select * into c from captures where mid_id = new.mid_id and processor_reference = new.processor_reference for update;
    if new.currency <> c.currency or new.amount > refundable_of(c) then
      raise exception 'refunds of % are more than was captured', new.processor_reference using errcode = 'check_violation', constraint = 'refunds_within_capture';
    end if;
    if exists (select from attempts where session_id = new.session_id and state in ('in_flight', 'indeterminate')) then
      raise exception 'nothing is given back while a charge is in review' using errcode = 'check_violation', constraint = 'no_refund_in_review';
    end if;
    if (dispute_against(c)).mid_id is not null then
      raise exception 'a disputed charge is not given back' using errcode = 'check_violation', constraint = 'no_refund_during_dispute';
    end if;
    return new;
  end if;
  if (new.refund_id, new.session_id, new.ordinal, new.attempt_id, new.mid_id, new.entity_id, new.provider, new.category, new.brand_id, new.processor_reference, new.amount, new.currency, new.kind, new.reason, new.requested_by, new.requested_key, new.request, new.idempotency_key, new.written_at)
    is distinct from (old.refund_id, old.session_id, old.ordinal, old.attempt_id, old.mid_id, old.entity_id, old.provider, old.category, old.brand_id, old.processor_reference, old.amount, old.currency, old.kind, old.reason, old.requested_by, old.requested_key, old.request, old.idempotency_key, old.written_at) then
    raise exception 'what a refund was sent with does not change' using errcode = 'restrict_violation', constraint = 'refund_unchanged';
  end if;
  if new.state <> old.state then
    if not (old.state, new.state) in (
      ('in_flight', 'refunded'), ('in_flight', 'declined'), ('in_flight', 'indeterminate'), ('in_flight', 'absent'),
      ('indeterminate', 'refunded'), ('indeterminate', 'declined'), ('indeterminate', 'absent'),
      ('refunded', 'taken_back'), ('taken_back', 'refunded')) then
      raise exception 'a refund does not go from % to %', old.state, new.state using errcode = 'restrict_violation', constraint = 'refund_move';
    end if;
    if (lower(new.evidence ->> 'outcome') = new.state
        or (new.state = 'indeterminate' and new.evidence ->> 'outcome' = 'Refunded')
        or (new.state = 'taken_back' and new.evidence ->> 'outcome' = 'Declined')) is not true or not exists (
      select from refund_evidence where refund_id = new.refund_id and detail = new.evidence) then
      raise exception 'a refund is % on evidence of that only', new.state using errcode = 'restrict_violation', constraint = 'refund_moves_on_evidence';
    end if;
    if new.state = 'refunded' and ((last_return(new.mid_id, new.refund_reference)).amount > 0
        and (last_return(new.mid_id, new.refund_reference)).refund_id = new.refund_id) is not true then
      raise exception 'a refund without its fact is not refunded' using errcode = 'restrict_violation', constraint = 'refunded_has_return';
    end if;
    if new.state = 'taken_back' and (new.refund_reference = old.refund_reference
        and (last_return(new.mid_id, new.refund_reference)).amount < 0
        and (last_return(new.mid_id, new.refund_reference)).refund_id = new.refund_id) is not true then
      raise exception 'a refund that is booked as gone is not taken back' using errcode = 'restrict_violation', constraint = 'taken_back_has_return';
    end if;
  elsif (new.refund_reference, new.evidence, new.resolved_at) is distinct from (old.refund_reference, old.evidence, old.resolved_at) then
    raise exception 'the outcome of a refund changes together with its state' using errcode = 'restrict_violation', constraint = 'refund_outcome_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_refund before insert or update on refunds for each row execute function guard_refund();

create function guard_dispute() returns trigger language plpgsql as $body$
begin
  if (new.mid_id, new.dispute_reference, new.processor_reference, new.attempt_id, new.session_id, new.entity_id, new.provider, new.category, new.brand_id, new.opened_at)
    is distinct from (old.mid_id, old.dispute_reference, old.processor_reference, old.attempt_id, old.session_id, old.entity_id, old.provider, old.category, old.brand_id, old.opened_at) then
    raise exception 'a dispute stays the dispute of its charge' using errcode = 'restrict_violation', constraint = 'dispute_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_dispute before update on disputes for each row execute function guard_dispute();

create trigger no_delete before delete on refunds for each row execute function refuse_change();
create trigger no_delete before delete on disputes for each row execute function refuse_change();
create trigger append_only before update or delete on refund_evidence for each row execute function refuse_change();
create trigger append_only before update or delete on returns for each row execute function refuse_change();
create trigger no_truncate before truncate on refunds for each statement execute function refuse_change();
create trigger no_truncate before truncate on refund_evidence for each statement execute function refuse_change();
create trigger no_truncate before truncate on returns for each statement execute function refuse_change();
create trigger no_truncate before truncate on disputes for each statement execute function refuse_change();

-- The steps ---------------------------------------------------------------------------------------------------------

-- A refund as the kernel's Refund reads it.
create function refund_json(r refunds) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', r.refund_id, 'session', r.session_id, 'ordinal', r.ordinal,
    'attempt', r.attempt_id, 'mid', r.mid_id, 'entity', r.entity_id, 'provider', r.provider,
    'processorReference', r.processor_reference, 'refundReference', r.refund_reference,
    'money', jsonb_build_object('amount', r.amount, 'currency', r.currency), 'kind', r.kind, 'reason', r.reason,
    'requestedBy', r.requested_by, 'idempotencyKey', r.idempotency_key, 'state', r.state,
    'writtenAt', iso(r.written_at), 'resolvedAt', iso(r.resolved_at),
    'evidence', jsonb_build_object('code', r.evidence -> 'code', 'message', r.evidence -> 'message')))
$body$;

create function dispute_json(d disputes) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('mid', d.mid_id, 'reference', d.dispute_reference, 'session', d.session_id,
    'attempt', d.attempt_id, 'entity', d.entity_id, 'processorReference', d.processor_reference, 'state', d.state,
    'money', jsonb_build_object('amount', d.amount, 'currency', d.currency), 'reason', d.reason,
    'evidenceDueBy', iso(d.evidence_due_by), 'openedAt', iso(d.opened_at), 'updatedAt', iso(d.updated_at)))
$body$;

-- What stands in the way of giving a capture back now, the first reason in the order of the contract. Null when nothing
-- does.
create function refund_block(c captures) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select case
    when exists (select from attempts where session_id = c.session_id and state in ('in_flight', 'indeterminate'))
      then jsonb_build_object('reason', 'charge_in_review')
    when (dispute_against(c)).mid_id is not null
      then jsonb_build_object('reason', 'disputed', 'by', (dispute_against(c)).dispute_reference)
    else (select jsonb_build_object('reason', 'refund_in_review', 'by', r.refund_id) from refunds r
      where r.mid_id = c.mid_id and r.processor_reference = c.processor_reference
        and r.state not in ('refunded', 'declined', 'absent', 'taken_back'))
  end
$body$;

-- What was captured for a session, and how much of it may be given back now.
create function captures_json(session text) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('attempt', c.attempt_id, 'mid', c.mid_id, 'provider', c.provider,
    'processorReference', c.processor_reference, 'captured', jsonb_build_object('amount', c.amount, 'currency', c.currency),
    'refundable', case when blocked is null then greatest(refundable_of(c), 0) else 0 end, 'blocked', blocked))
    order by c.captured_at, c.processor_reference), '[]')
  from captures c cross join refund_block(c) blocked where c.session_id = session
$body$;

-- The capture that a session is settled by, once nothing else is left of its money: one of which at least what the session
-- declares is left, the nearest to it.
create function settling_capture(s payment_sessions) returns captures language sql stable set search_path = payments, pg_temp as $body$
  select c from captures c where session_id = s.session_id and currency = s.currency and money_left(c) >= s.amount
  order by money_left(c), captured_at, processor_reference limit 1
$body$;

-- Money that was captured for a session after its attempt was decided otherwise, or beyond what its attempt captured: how
-- much of it is left, and when persons said that it was dealt with. Each such capture opened an incident.
create function late_captures(s payment_sessions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('attempt', c.attempt_id, 'mid', c.mid_id,
    'processorReference', c.processor_reference, 'money', jsonb_build_object('amount', c.amount, 'currency', c.currency),
    'left', greatest(money_left(c), 0), 'capturedAt', iso(c.captured_at), 'incident', i.nr, 'handledAt', iso(i.handled_at)))
    order by c.captured_at, c.processor_reference), '[]')
  from captures c join attempts a using (attempt_id)
  cross join lateral (
    select max(incident_id) as nr, case when bool_and(closed_at is not null) then max(closed_at) end as handled_at
    from incidents where attempt_id = c.attempt_id and kind in ('late_capture', 'captured_other_amount')
      and detail ->> 'processorReference' = c.processor_reference) i
  where c.session_id = s.session_id and a.processor_reference is distinct from c.processor_reference
$body$;

-- What a session in review waits for: a charge or a refund whose outcome nobody knows, a dispute that is not over, an
-- incident that nobody has dealt with, and money that is more than what it declares, or less. One that ended without money
-- waits for nothing, and persons for its incidents.
create function waits_for(s payment_sessions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  with settling as (select (settling_capture(s)).*),
  waiting as (
    select 1 as nr, attempt_id as reference, jsonb_build_object('what', 'charge', 'reference', attempt_id) as said
    from attempts where session_id = s.session_id and state not in ('captured', 'declined', 'absent')
    union all
    select 2, refund_id, jsonb_build_object('what', 'refund', 'reference', refund_id)
    from refunds where session_id = s.session_id and state not in ('refunded', 'declined', 'absent', 'taken_back')
    union all
    -- One that was lost is over; in another currency its incident is what is waited for.
    select 3, d.dispute_reference, jsonb_build_object('what', 'dispute', 'reference', d.dispute_reference)
    from disputes d where d.session_id = s.session_id and d.state not in ('warning', 'won', 'closed', 'lost')
    union all
    select 4, to_char(incident_id, '0000000000000000000'), jsonb_build_object('what', 'incident', 'reference', incident_id::text, 'kind', kind)
    from incidents where session_id = s.session_id and closed_at is null
    union all
    select 5, surplus.reference, jsonb_build_object('what', 'money', 'reference', surplus.reference,
      'money', jsonb_build_object('amount', surplus.amount, 'currency', surplus.currency))
    from (
      select c.processor_reference as reference, c.currency, money_left(c)
        - case when (c.mid_id, c.processor_reference) = (k.mid_id, k.processor_reference) then s.amount else 0 end as amount
      from captures c left join settling k on true where c.session_id = s.session_id) surplus
    where surplus.amount > 0
  )
  select coalesce((select jsonb_agg(said order by nr, reference) from waiting
    where s.state = 'in_review' or s.state in ('failed', 'cancelled', 'expired') and nr = 4), '[]')
$body$;

-- Ends the review of a session that waits for nothing any more, by what the books hold: exactly what it declares is left of
-- one capture, and it is settled; nothing is left, and it has failed, and its order is free. Answers its state.
create function conclude_session(session text, by text) returns text
language plpgsql set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  c captures;
  next_state text;
  why text := 'nothing_captured';
begin
  select * into s from payment_sessions where session_id = session for update;
  if s.state <> 'in_review' or waits_for(s) <> '[]' then return s.state; end if;
  select * into c from settling_capture(s);
  next_state := case when c.mid_id is null then 'failed' else 'settled' end;
  update payment_sessions set state = next_state, updated_at = now() where session_id = s.session_id;
  if next_state = 'settled' then
    why := 'captured';
    insert into fulfilments (session_id, attempt_id) values (s.session_id, c.attempt_id);
    perform emit(s, 'payment.charged.v1', jsonb_build_object('attempt', c.attempt_id, 'mid', c.mid_id, 'provider', c.provider,
      'processorReference', c.processor_reference, 'reason', why, 'source', c.source));
  else
    if exists (select from captures where session_id = s.session_id) then why := 'given_back'; end if;
    perform emit(s, 'payment.failed.v1', (
      select jsonb_build_object('attempt', a.attempt_id, 'mid', a.mid_id, 'provider', a.provider,
        'processorReference', taken.processor_reference, 'reason', why, 'source', taken.source)
      from attempts a left join captures taken using (attempt_id) where a.session_id = s.session_id
      order by taken.captured_at desc nulls last, a.ordinal desc limit 1));
  end if;
  perform write_audit(s.session_id, by, 'session.concluded', jsonb_build_object('session', next_state, 'reason', why,
    'attempt', c.attempt_id, 'mid', c.mid_id, 'processorReference', c.processor_reference));
  return next_state;
end
$body$;

-- What became of a session's money: {session}. Of refunds and disputes the newest hundred, newest first. Null when there
-- is no such session.
create function returns_of_session(p jsonb) returns jsonb
language sql stable security definer set search_path = payments, pg_temp as $body$
  select jsonb_build_object('captures', captures_json(s.session_id),
    'refunds', (select coalesce(jsonb_agg(found.json order by found.ordinal desc), '[]') from (
      select r.ordinal, refund_json(r) as json from refunds r where session_id = p ->> 'session'
      order by ordinal desc limit 100) found),
    'disputes', (select coalesce(jsonb_agg(found.json order by found.opened_at desc, found.dispute_reference), '[]') from (
      select d.opened_at, d.dispute_reference, dispute_json(d) as json from disputes d where session_id = p ->> 'session'
      order by opened_at desc, dispute_reference limit 100) found),
    'waitsFor', waits_for(s), 'lateCaptures', late_captures(s))
  from payment_sessions s where s.session_id = p ->> 'session'
$body$;

-- What may be given back of a session: {session, by, key?, body}. Null when there is
-- no such session. An earlier refund under the key is answered instead.
create function refundable(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
begin
  select * into s from payment_sessions where session_id = p ->> 'session';
  if not found then return null; end if;
  return coalesce(refund_before(p), jsonb_build_object('_tag', 'Refundable', 'state', s.state,
    'version', books_version(s.session_id), 'captures', captures_json(s.session_id)));
end
$body$;

-- A key of refunds asks for one thing, whichever session and table that is in: of two at once the second waits here until the
-- first is committed, and then sees it.
create function lock_refund_key(asked_by text, asked_key text) returns void language plpgsql set search_path = payments, pg_temp as $body$
begin
  perform pg_advisory_xact_lock(hashtextextended('refund ' || asked_by || ' ' || asked_key, 0));
end
$body$;

-- The write-ahead of a refund: {session, mid, processorReference, amount, kind, reason, tag, leaseMs, by, key?, body}.
create function open_refund(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  c captures;
  open_one refunds;
  dispute disputes;
  r refunds;
  nr integer;
  earlier jsonb;
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if not found then return jsonb_build_object('_tag', 'NoSuchSession'); end if;
  perform lock_refund_key(p ->> 'by', p ->> 'key');
  earlier := refund_before(p);
  if earlier is not null then return earlier; end if;
  select * into c from captures
  where session_id = s.session_id and mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference' for update;
  if not found then return jsonb_build_object('_tag', 'NothingCaptured', 'state', s.state); end if;
  if exists (select from attempts where session_id = s.session_id and state in ('in_flight', 'indeterminate')) then
    return jsonb_build_object('_tag', 'ChargeInReview', 'state', s.state);
  end if;
  dispute := dispute_against(c);
  if dispute.mid_id is not null then return jsonb_build_object('_tag', 'Disputed', 'dispute', dispute_json(dispute)); end if;
  select * into open_one from refunds
  where mid_id = c.mid_id and processor_reference = c.processor_reference and state in ('in_flight', 'indeterminate');
  if found then return jsonb_build_object('_tag', 'RefundInReview', 'refund', refund_json(open_one)); end if;
  if (p ->> 'amount')::bigint > refundable_of(c) then
    return jsonb_build_object('_tag', 'TooMuch', 'refundable', greatest(refundable_of(c), 0));
  end if;
  if refund_over_limit(c, (p ->> 'amount')::bigint) and not refund_signed_now(c, (p ->> 'amount')::bigint) then return ask_for_refund(p, c); end if;
  select coalesce(max(ordinal), 0) + 1 into nr from refunds where session_id = s.session_id;
  insert into refunds (refund_id, session_id, ordinal, attempt_id, mid_id, entity_id, provider, category, brand_id,
    processor_reference, amount, currency, kind, reason, requested_by, requested_key, request, idempotency_key, state, lease_until)
  values ('re_' || substr(s.session_id, 4) || '_' || nr, s.session_id, nr, c.attempt_id, c.mid_id, c.entity_id, c.provider,
    c.category, c.brand_id, c.processor_reference, (p ->> 'amount')::bigint, c.currency, p ->> 'kind', p ->> 'reason',
    p ->> 'by', p ->> 'key', p -> 'body', s.session_id || '-r' || nr || '-' || (p ->> 'tag'), 'in_flight',
    now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond')
  -- Of two sessions that are refunded under one key at once the second waits here until the first is committed.
  on conflict (requested_by, requested_key) do nothing
  returning * into r;
  if not found then return refund_before(p); end if;
  perform write_audit(s.session_id, p ->> 'by', 'refund.opened', jsonb_build_object('refund', r.refund_id, 'mid', r.mid_id,
    'processorReference', r.processor_reference, 'amount', r.amount, 'currency', r.currency, 'kind', r.kind, 'reason', r.reason));
  return jsonb_build_object('_tag', 'Permitted', 'refund', refund_json(r));
end
$body$;

-- How often the books of a session were written to. Whoever asks a processor reads it before, and what they heard is kept
-- only if nothing was written since: answers may overtake each other.
create function books_version(session text) returns integer language sql stable set search_path = payments, pg_temp as $body$
  select coalesce((select position from audit_heads where chain = session), 0)
$body$;

-- One line of a processor's object into the books: the first, or the one after `before`. Above zero the money went back,
-- below it is here again. What went back outside of the processor is not the processor's to pay us less for.
create function write_return(c captures, before returns, refund text, reference text, returned bigint, returned_currency text, from_source text)
returns void language plpgsql set search_path = payments, pg_temp as $body$
declare
  nth integer := coalesce(before.nr, 0) + 1;
  payer text := case from_source when 'outside' then 'bank' else 'processor_receivable' end;
begin
  insert into returns (mid_id, refund_reference, nr, nr_before, processor_reference, attempt_id, session_id, entity_id, provider, category,
    brand_id, refund_id, amount, currency, source)
  values (c.mid_id, reference, nth, before.nr, c.processor_reference, c.attempt_id, c.session_id, c.entity_id, c.provider, c.category,
    c.brand_id, refund, returned, returned_currency, from_source);
  insert into postings (debit_account, credit_account, amount, currency, entity_id, mid_id, provider, category, brand_id,
    session_id, attempt_id, processor_reference)
  values (case when returned > 0 then 'customer_payments' else payer end,
    case when returned > 0 then payer else 'customer_payments' end, abs(returned), returned_currency,
    c.entity_id, c.mid_id, c.provider, c.category, c.brand_id, c.session_id, c.attempt_id,
    reference || case when nth = 1 then '' else ' (' || nth || ')' end);
end
$body$;

-- Money that went back, into the books: also after it was taken back. False when it stands there, or is another's.
create function book_return(c captures, refund text, reference text, returned bigint, returned_currency text, from_source text)
returns boolean language plpgsql set search_path = payments, pg_temp as $body$
declare
  before returns := last_return(c.mid_id, reference);
begin
  if before.amount > 0 or before.processor_reference <> c.processor_reference
      or (before.nr is not null and before.refund_id is distinct from refund) then
    return false;
  end if;
  perform write_return(c, before, refund, reference, returned, returned_currency, from_source);
  return true;
end
$body$;

-- What was booked as gone and did not arrive, into the books: the money is here again.
create function book_taken_back(c captures, gone returns, from_source text) returns void
language sql set search_path = payments, pg_temp as $body$
  select write_return(c, gone, gone.refund_id, gone.refund_reference, -gone.amount, gone.currency, from_source)
$body$;

-- One that is open already is no second one. What is only said, and changes no books, is said each time that somebody
-- asks: once it was dealt with, the very same words are not news. A fact is one for itself, whatever was before it.
create function open_incident(incident text, session text, attempt text, about jsonb, said boolean default false) returns void
language sql set search_path = payments, pg_temp as $body$
  insert into incidents (kind, session_id, attempt_id, detail)
  select incident, session, attempt, about
  where not said or not exists (
    select from incidents i where i.attempt_id = attempt and i.kind = incident
      and i.detail - '{source,code,message}'::text[] = about - '{source,code,message}'::text[])
  on conflict do nothing
$body$;

-- What the books hold as given back by a charge's processor.
create function booked_back(c captures) returns bigint language sql stable set search_path = payments, pg_temp as $body$
  select coalesce(sum(amount), 0)::bigint from returns
  where mid_id = c.mid_id and processor_reference = c.processor_reference and currency = c.currency and source <> 'outside'
$body$;

-- A processor says how much went back of a charge in all. That books nothing: sums lag behind and are of another moment. If
-- it is more than the books hold, and no refund of ours is open that it may be, an incident says so, and what is missing is
-- looked for. It closes once the books hold the most that was ever told; a lower sum that comes later may be an older one.
create function hold_against(c captures, refunded bigint, by text) returns void
language plpgsql set search_path = payments, pg_temp as $body$
declare
  booked bigint := booked_back(c);
  i incidents;
  about jsonb := jsonb_build_object('processorReference', c.processor_reference, 'amount', refunded - booked, 'currency', c.currency,
    -- The sum tells one from another: the same amount that is missing a second time is news.
    'refunded', refunded);
begin
  if refunded is null or exists (select from refunds where mid_id = c.mid_id and processor_reference = c.processor_reference
      and state not in ('refunded', 'declined', 'absent', 'taken_back')) then
    return;
  end if;
  select * into i from incidents where attempt_id = c.attempt_id and kind = 'refunded_more_than_booked' and closed_at is null
    and detail ->> 'processorReference' = c.processor_reference;
  if not found then
    -- Words that a person dealt with are no news.
    if refunded > booked and not exists (select from incidents dealt where dealt.attempt_id = c.attempt_id
        and dealt.kind = 'refunded_more_than_booked' and dealt.detail = about and not dealt.found) then
      insert into incidents (kind, session_id, attempt_id, detail, told)
      values ('refunded_more_than_booked', c.session_id, c.attempt_id, about, refunded);
    end if;
  elsif greatest(i.told, refunded) > booked then
    update incidents set told = refunded where incident_id = i.incident_id and told < refunded;
  else
    update incidents set closed_at = now(), found = true where incident_id = i.incident_id;
    perform write_audit(c.session_id, by, 'incident.found', jsonb_build_object('incident', i.incident_id, 'mid', c.mid_id,
      'processorReference', c.processor_reference, 'booked', booked, 'currency', c.currency));
  end if;
end
$body$;

-- Holds the sum that a processor told against the books: {mid, processorReference, refunded, version, by}. False if the books
-- were written to since that version.
create function compare_returned(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  c captures;
begin
  select session.* into s from payment_sessions session where session_id = (
    select session_id from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference') for update;
  if not found or (p ->> 'version')::integer is distinct from books_version(s.session_id) then return 'false'; end if;
  select * into c from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference';
  perform hold_against(c, (p ->> 'refunded')::bigint, p ->> 'by');
  perform conclude_session(s.session_id, p ->> 'by');
  return 'true';
end
$body$;

-- Gives out charges of which more went back than is booked, to look for it at their processors: {limit}. At once, after half a
-- minute, and then the more seldom the more often; after a day no more, and it is a person's.
create function claim_searches(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with due as (
    select incident_id from incidents
    where kind = 'refunded_more_than_booked' and closed_at is null and next_search_at <= now()
    order by next_search_at limit (p ->> 'limit')::integer for update skip locked
  ), claimed as (
    update incidents set searches = searches + 1,
      next_search_at = case when opened_at < now() - interval '1 day' then 'infinity'
        else now() + least(power(2, least(searches, 20)) * 30, 3600) * interval '1 second' end
    where incident_id in (select incident_id from due)
    returning attempt_id, detail ->> 'processorReference' as processor_reference
  )
  select coalesce(jsonb_agg(jsonb_build_object('mid', c.mid_id, 'provider', c.provider, 'processorReference', c.processor_reference,
    'booked', (select coalesce(jsonb_agg(distinct b.refund_reference), '[]') from returns b
      where b.mid_id = c.mid_id and b.processor_reference = c.processor_reference
        and b = last_return(b.mid_id, b.refund_reference) and b.amount > 0))), '[]')
  from (select distinct attempt_id, processor_reference from claimed) claimed join captures c using (attempt_id, processor_reference)
$body$;

-- Records evidence of one refund: {refund, outcome: {_tag, evidence, ...}, source, by, version?}. Null when the books were
-- written to since that version: ask again.
create function record_refund(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  o jsonb := p -> 'outcome';
  kind text := o ->> '_tag';
  s payment_sessions;
  r refunds;
  c captures;
  known returns;
  next_state text;
  wrong text[] := '{}';
  incident text;
  said boolean := false;
  nr integer;
  live boolean;
  outside boolean := p ->> 'source' = 'person' and coalesce((o ->> 'outside')::boolean, false);
  heard jsonb := jsonb_strip_nulls(jsonb_build_object('outcome', kind, 'source', p -> 'source',
    'code', left(o #>> '{evidence,code}', 200), 'message', left(o #>> '{evidence,message}', 2000), 'kind', o -> 'kind',
    'refundReference', coalesce(o -> 'refundReference', o -> 'processorReference'), 'amount', o #> '{money,amount}', 'currency', o #> '{money,currency}', 'outside', case when outside then true end));
begin
  -- Always the session before its refunds: one order of locks for all its writers.
  select session.* into s from payment_sessions session
  where session_id = (select session_id from refunds where refund_id = p ->> 'refund') for update;
  if not found then
    raise exception 'there is no refund %', p ->> 'refund' using errcode = 'no_data_found';
  end if;
  if (p ->> 'version')::integer <> books_version(s.session_id) then return null; end if;
  select * into r from refunds where refund_id = p ->> 'refund' for update;
  select * into c from captures where mid_id = r.mid_id and processor_reference = r.processor_reference;
  live := r.state in ('in_flight', 'indeterminate');
  select coalesce(max(evidence.nr), 0) + 1 into nr from refund_evidence evidence where refund_id = r.refund_id;
  insert into refund_evidence (refund_id, nr, source, outcome, detail) values (r.refund_id, nr, p ->> 'source', kind, heard);

  if kind = 'Refunded' then
    known := last_return(r.mid_id, o ->> 'refundReference');
    if p ->> 'source' = 'driver' and coalesce(known.amount, 0) <= 0 and exists (
        select from refund_evidence where refund_id = r.refund_id and outcome = 'Declined' and source in ('lookup', 'webhook')
          and detail ->> 'refundReference' = o ->> 'refundReference') then
      -- What its sender heard is the first word on it; that this very one failed was found out since.
      if r.state = 'in_flight' then next_state := 'indeterminate'; end if;
    elsif book_return(c, r.refund_id, o ->> 'refundReference', (o #>> '{money,amount}')::bigint, o #>> '{money,currency}',
        case when outside then 'outside' else p ->> 'source' end) then
      if live then
        next_state := 'refunded';
        -- What was told to be missing before this one was sent is missing beside it.
        update incidents i set told = i.told + (o #>> '{money,amount}')::bigint
        where i.attempt_id = c.attempt_id and i.kind = 'refunded_more_than_booked' and i.closed_at is null and not outside
          and i.detail ->> 'processorReference' = c.processor_reference and o #>> '{money,currency}' = c.currency;
      else
        wrong := wrong || 'late_refund'::text;
      end if;
      -- It did arrive, they say now; perhaps it was given back anew meanwhile.
      if r.state = 'taken_back' and r.refund_reference = o ->> 'refundReference' then next_state := 'refunded'; end if;
      if (o #>> '{money,amount}')::bigint <> r.amount or o #>> '{money,currency}' <> r.currency then
        wrong := wrong || 'refunded_other_amount'::text;
      end if;
      -- An open refund is still subtracted itself.
      if refundable_of(c) + (case when live then r.amount else 0 end) < 0 then wrong := wrong || 'refunded_too_much'::text; end if;
      if (dispute_against(c)).mid_id is not null then wrong := wrong || 'refunded_and_disputed'::text; end if;
    elsif known.refund_id is distinct from r.refund_id then
      wrong := wrong || 'refund_reference_reused'::text;
      said := true;
      if r.state = 'in_flight' then next_state := 'indeterminate'; end if;
    elsif known.amount <> (o #>> '{money,amount}')::bigint or known.currency <> o #>> '{money,currency}' then
      wrong := wrong || 'refunded_other_amount'::text;
      said := true;
    end if;
  elsif kind in ('Declined', 'Absent') then
    if kind = 'Declined' and p ->> 'source' in ('lookup', 'webhook') then
      known := last_return(r.mid_id, heard ->> 'refundReference');
    end if;
    if known.amount > 0 and known.refund_id = r.refund_id and known.source <> 'outside' then
      -- It went back, and then it did not arrive: it is here again, and a person sees to it that it is given back anew.
      -- What failed has to be what is booked: under one key there may be another, which somebody gave back instead of.
      if r.state = 'refunded' and r.refund_reference = known.refund_reference then next_state := 'taken_back'; end if;
      wrong := wrong || 'refund_taken_back'::text;
      perform book_taken_back(c, known, p ->> 'source');
    elsif live and (p ->> 'source' = 'person' or not exists (
        select from refund_evidence where refund_id = r.refund_id
          and (outcome = 'Refunded' or kind = 'Absent' and detail ? 'refundReference'))
          and not (kind = 'Absent' and refund_unheard(r))) then
      -- Once a processor said that money went back, only a person says that it did not. Nor is absent what a webhook names
      -- by its key, as long as that waits.
      next_state := lower(kind);
    end if;
  elsif kind = 'Indeterminate' then
    if r.state = 'in_flight' then next_state := 'indeterminate'; end if;
  else
    raise exception 'there is no outcome % of a refund', kind using errcode = 'invalid_parameter_value';
  end if;

  if next_state is not null then
    update refunds set state = next_state, evidence = heard,
      refund_reference = case when next_state = 'refunded' then o ->> 'refundReference' else refund_reference end,
      resolved_at = case when next_state <> 'indeterminate' then now() end,
      next_check_at = case when next_state = 'indeterminate' then now() end
    where refund_id = r.refund_id returning * into r;
    perform emit(s, case next_state when 'refunded' then 'payment.refunded.v1' when 'indeterminate' then 'payment.refund_in_review.v1'
        when 'taken_back' then 'payment.refund_taken_back.v1' else 'payment.refund_declined.v1' end,
      jsonb_build_object('refund', r.refund_id, 'kind', r.kind, 'attempt', r.attempt_id, 'mid', r.mid_id, 'provider', r.provider,
        'processorReference', r.processor_reference, 'refundAmount', case next_state when 'refunded' then o #> '{money,amount}' when 'taken_back' then to_jsonb(known.amount) else to_jsonb(r.amount) end,
        'refundReference', r.refund_reference, 'reason', heard -> 'code', 'source', p -> 'source',
        'outside', case when outside then true end));
  elsif r.state = 'indeterminate' then
    -- Asked again the later the more often a lookup proved nothing: after 1, 2, 4 ... 300 seconds.
    update refunds set checks = checks + (p ->> 'source' = 'lookup')::integer,
      next_check_at = now() + least(power(2, least(checks, 20)), 300) * interval '1 second'
    where refund_id = r.refund_id;
  end if;
  foreach incident in array wrong loop
    perform open_incident(incident, s.session_id, r.attempt_id, heard || jsonb_build_object('refund', r.refund_id,
      'processorReference', r.processor_reference || ' ' || coalesce(o ->> 'refundReference', r.refund_id)), said);
  end loop;
  perform write_audit(s.session_id, p ->> 'by', 'refund.' || lower(kind), jsonb_build_object('refund', r.refund_id,
    'state', r.state, 'code', heard -> 'code', 'source', p -> 'source', 'refundReference', o -> 'refundReference',
    'incidents', nullif(to_jsonb(wrong), '[]')));
  perform conclude_session(s.session_id, p ->> 'by');
  return refund_json(r);
end
$body$;

-- What the processor says of one refund of a charge when it is asked for that very one, whoever made it: {mid,
-- processorReference, refundReference, outcome: Refunded | Declined, source: webhook | lookup, version, refunded?, by}. Null when the books were written
-- to since that version, or know no such charge: ask again. Otherwise `known`, or `waits` while a refund of ours is open that
-- it may be. `refunded` is what the processor says went back of the charge in all.
create function record_return(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  o jsonb := p -> 'outcome';
  kind text := o ->> '_tag';
  reference text := p ->> 'refundReference';
  s payment_sessions;
  c captures;
  known returns;
  ours text;
  wrong text;
  said boolean := false;
  happened text;
  waiting boolean;
  about jsonb;
  signed returns;
begin
  select session.* into s from payment_sessions session where session_id = (
    select session_id from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference') for update;
  if not found or (p ->> 'version')::integer is distinct from books_version(s.session_id) then return null; end if;
  select * into c from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference';
  known := last_return(c.mid_id, reference);
  -- The one of ours that it was booked for, or that was told its name.
  ours := coalesce(known.refund_id, (
    select f.refund_id from refunds f
    where f.session_id = s.session_id and f.mid_id = c.mid_id and f.processor_reference = c.processor_reference and exists (
      select from refund_evidence e where e.refund_id = f.refund_id and e.detail ->> 'refundReference' = reference)
    order by f.ordinal desc limit 1));
  waiting := exists (select from refunds where mid_id = c.mid_id and processor_reference = c.processor_reference
    and state not in ('refunded', 'declined', 'absent', 'taken_back'));
  about := jsonb_build_object('processorReference', c.processor_reference || ' ' || reference, 'refundReference', reference,
    'amount', coalesce((o #>> '{money,amount}')::bigint, known.amount), 'currency', coalesce(o #>> '{money,currency}', known.currency));

  -- Nor is a bank transfer that persons signed any object of the processor's, whatever that is called.
  if known.processor_reference <> c.processor_reference or known.source = 'outside' then
    wrong := 'refund_reference_reused';
    said := true;
  elsif ours is not null and (known.nr is null or known.refund_id is not null) then
    perform record_refund(jsonb_build_object('refund', ours, 'outcome', o, 'source', p -> 'source', 'by', p -> 'by'));
  elsif kind = 'Refunded' then
    if known.nr is null and waiting then return '"waits"'; end if;
    if book_return(c, null, reference, (o #>> '{money,amount}')::bigint, o #>> '{money,currency}', p ->> 'source') then
      wrong := case when known.nr is null then 'refunded_elsewhere' else 'late_refund' end;
      happened := 'payment.refunded.v1';
      if refundable_of(c) < 0 then perform open_incident('refunded_too_much', s.session_id, c.attempt_id, about); end if;
      if (dispute_against(c)).mid_id is not null then perform open_incident('refunded_and_disputed', s.session_id, c.attempt_id, about); end if;
    elsif known.amount <> (o #>> '{money,amount}')::bigint or known.currency <> o #>> '{money,currency}' then
      wrong := 'refunded_other_amount';
      said := true;
    end if;
  elsif kind = 'Declined' then
    if known.amount > 0 then
      perform book_taken_back(c, known, p ->> 'source');
      wrong := 'refund_taken_back';
      happened := 'payment.refund_taken_back.v1';
    end if;
  else
    raise exception 'there is no outcome % of a return', kind using errcode = 'invalid_parameter_value';
  end if;

  if wrong is not null then perform open_incident(wrong, s.session_id, c.attempt_id, about, said); end if;
  if happened is not null then
    perform emit(s, happened, jsonb_build_object('attempt', c.attempt_id, 'mid', c.mid_id, 'provider', c.provider,
      'processorReference', c.processor_reference, 'refundAmount', about -> 'amount', 'refundReference', reference, 'source', p -> 'source'));
  end if;
  if kind = 'Declined' and known.nr is null then
    -- What only persons vouch for may be the one that failed, under another name.
    for signed in
      select b.* from returns b where b.mid_id = c.mid_id and b.processor_reference = c.processor_reference and b.source = 'person'
        and b = last_return(b.mid_id, b.refund_reference) and b.amount > 0 and not exists (
          select from refund_evidence e where e.refund_id = b.refund_id and e.outcome = 'Refunded' and e.source <> 'person'
            and e.detail ->> 'refundReference' = b.refund_reference)
    loop
      perform open_incident('signed_refund_failed', s.session_id, c.attempt_id, jsonb_build_object('refund', signed.refund_id,
        'processorReference', c.processor_reference || ' ' || reference, 'signed', signed.refund_reference,
        'amount', signed.amount, 'currency', signed.currency), true);
    end loop;
  end if;
  perform write_audit(s.session_id, p ->> 'by', 'refund.read', jsonb_strip_nulls(jsonb_build_object('mid', c.mid_id,
    'processorReference', c.processor_reference, 'refundReference', reference, 'outcome', kind, 'amount', about -> 'amount',
    'currency', about -> 'currency', 'code', left(o #>> '{evidence,code}', 200), 'incident', wrong, 'refunded', p -> 'refunded')));
  perform hold_against(c, (p ->> 'refunded')::bigint, p ->> 'by');
  perform conclude_session(s.session_id, p ->> 'by');
  return '"known"';
end
$body$;

-- Takes over refunds whose sender died: {limit}. Answers how many.
create function take_over_refunds(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  session text;
  r refunds;
  taken integer := 0;
begin
  -- SKIP LOCKED on the sessions, in the order of locks: a sender that records its outcome just now is left alone.
  for session in
    select session_id from payment_sessions
    where session_id in (
      select session_id from refunds where state = 'in_flight' and lease_until <= now()
      order by lease_until limit (p ->> 'limit')::integer)
    for update skip locked
  loop
    for r in select * from refunds where session_id = session and state = 'in_flight' and lease_until <= now() order by ordinal loop
      begin
        perform record_refund(jsonb_build_object('refund', r.refund_id, 'source', 'takeover', 'by', 'takeover',
          'outcome', jsonb_build_object('_tag', 'Indeterminate', 'evidence',
            jsonb_build_object('code', 'driver_died', 'message', 'its driver recorded no outcome in its time'))));
        taken := taken + 1;
      exception when others then
        -- One that cannot be taken over does not keep the others from it.
        raise warning 'the refund % was not taken over: %', r.refund_id, sqlerrm;
      end;
    end loop;
  end loop;
  return to_jsonb(taken);
end
$body$;

create function unresolved_refund(r refunds) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('refund', refund_json(r),
    'age', (extract(epoch from now() - r.written_at) * 1000)::bigint, 'version', books_version(r.session_id),
    'refundReference', (select e.detail -> 'refundReference' from refund_evidence e
      where e.refund_id = r.refund_id and e.detail ? 'refundReference' order by e.nr desc limit 1)))
$body$;

-- Gives out unknown refunds that are due to be asked for: {limit, leaseMs}.
create function claim_unresolved_refunds(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with due as (
    select refund_id from refunds where state = 'indeterminate' and next_check_at <= now()
    order by next_check_at limit (p ->> 'limit')::integer for update skip locked
  ), claimed as (
    update refunds set next_check_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'
    where refund_id in (select refund_id from due)
    returning refund_id
  )
  select coalesce(jsonb_agg(unresolved_refund(r) order by r.written_at), '[]') from claimed join refunds r using (refund_id)
$body$;

-- What a webhook about a refund may be about: {mid, refundReference, processorReference?}. Answers the charge, the version of
-- its books, and the refund of ours that is open.
create function find_refund(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  c captures;
  r refunds;
begin
  select * into c from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference';
  if not found then
    select k.* into c from returns b join captures k using (mid_id, processor_reference)
    where b.mid_id = p ->> 'mid' and b.refund_reference = p ->> 'refundReference' limit 1;
  end if;
  if not found then
    -- The processor named its refund to us before, and does not name the charge now.
    select k.* into c from refunds f join captures k using (mid_id, processor_reference)
    where f.mid_id = p ->> 'mid' and f.state not in ('refunded', 'declined', 'absent', 'taken_back') and exists (
      select from refund_evidence e where e.refund_id = f.refund_id and e.detail ->> 'refundReference' = p ->> 'refundReference')
    limit 1;
  end if;
  if not found then return null; end if;
  select * into r from refunds where mid_id = c.mid_id and processor_reference = c.processor_reference
    and state not in ('refunded', 'declined', 'absent', 'taken_back');
  return jsonb_strip_nulls(jsonb_build_object('processorReference', c.processor_reference, 'provider', c.provider,
    'version', books_version(c.session_id), 'ours', case when r.session_id is not null then unresolved_refund(r) end));
end
$body$;

-- Of two states without a time, or of one time, the one that is further on is the newer.
create function dispute_rank(state text) returns integer language sql immutable as $body$
  select case state when 'warning' then 1 when 'open' then 2 when 'under_review' then 3 else 4 end
$body$;

-- Records the state of a dispute: {mid, reference, processorReference, state, amount, currency, reason, evidenceDueBy?, at?,
-- receivedAt?}. An older state never replaces a newer one, whatever comes first. A time more than five minutes after the
-- news was received is a mistake of the processor's: it is ordered as if none were told, above nothing that comes later.
-- A dispute that is told of another charge than before changes nothing; a person looks at it. So they do where it was lost
-- and its money is here again, if the session ended without it. False when the charge is unknown.
create function record_dispute(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  c captures;
  d disputes;
  before text;
  left_before bigint;
  disputed text;
  over text[] := array['won', 'lost', 'closed'];
  told_at timestamptz := (p ->> 'at')::timestamptz;
  received timestamptz := least(coalesce((p ->> 'receivedAt')::timestamptz, now()), now());
  ahead boolean := coalesce(told_at > received + interval '5 minutes', false);
begin
  select session.* into s from payment_sessions session where session_id = (
    select session_id from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference') for update;
  if not found then return 'false'; end if;
  select * into c from captures where mid_id = p ->> 'mid' and processor_reference = p ->> 'processorReference';
  left_before := money_left(c);
  select state into before from disputes where mid_id = p ->> 'mid' and dispute_reference = p ->> 'reference';
  insert into disputes (mid_id, dispute_reference, processor_reference, attempt_id, session_id, entity_id, provider, category,
    brand_id, state, amount, currency, reason, evidence_due_by, state_at)
  values (c.mid_id, p ->> 'reference', c.processor_reference, c.attempt_id, c.session_id, c.entity_id, c.provider, c.category,
    c.brand_id, p ->> 'state', (p ->> 'amount')::bigint, p ->> 'currency', p ->> 'reason', (p ->> 'evidenceDueBy')::timestamptz,
    case when ahead then received else told_at end)
  on conflict (mid_id, dispute_reference) do update set state = excluded.state, amount = excluded.amount,
    currency = excluded.currency, reason = excluded.reason, evidence_due_by = excluded.evidence_due_by,
    state_at = case when ahead then disputes.state_at else excluded.state_at end, updated_at = now()
  where excluded.processor_reference = disputes.processor_reference
    and case when ahead or excluded.state_at is null or disputes.state_at is null or excluded.state_at = disputes.state_at
      then dispute_rank(excluded.state) > dispute_rank(disputes.state)
      else excluded.state_at > disputes.state_at end
  returning * into d;
  if found then
    if d.state <> before or before is null then
      perform emit(s, case when d.state = any (over) then 'payment.dispute_closed.v1'
          when before is null or before = any (over) then 'payment.dispute_opened.v1' else 'payment.dispute_updated.v1' end,
        jsonb_build_object('dispute', d.dispute_reference, 'attempt', d.attempt_id, 'mid', d.mid_id, 'provider', d.provider,
          'processorReference', d.processor_reference, 'state', d.state, 'disputeAmount', d.amount, 'reason', d.reason));
    end if;
    if d.state not in ('warning', 'won', 'closed') and refundable_of(c) - (case when d.state = 'lost' then 0 else d.amount end) < 0 then
      -- What went back already is the answer to the bank.
      perform open_incident('refunded_and_disputed', s.session_id, c.attempt_id, jsonb_build_object(
        'processorReference', c.processor_reference || ' ' || d.dispute_reference, 'amount', d.amount, 'currency', d.currency),
        -- That it goes on is no new trouble; that it begins again, or that it was lost, is.
        coalesce(before not in ('warning', 'won', 'closed') and (before = 'lost') = (d.state = 'lost'), false));
    end if;
    if d.state = 'lost' and before is distinct from 'lost' and d.currency <> c.currency then
      -- Nobody can subtract it: persons say what is left, and it goes on standing against refunds and fulfilment.
      perform open_incident('dispute_lost_otherwise', s.session_id, c.attempt_id, jsonb_build_object(
        'processorReference', c.processor_reference || ' ' || d.dispute_reference, 'amount', d.amount, 'currency', d.currency));
    end if;
    if money_left(c) > left_before and s.state <> 'in_review' and exists (
        select from captures k where k.session_id = s.session_id group by k.currency
        having sum(money_left(k)) > case when s.state = 'settled' and k.currency = s.currency then s.amount else 0 end) then
      perform open_incident('dispute_reversed', s.session_id, c.attempt_id, jsonb_build_object(
        'processorReference', c.processor_reference || ' ' || d.dispute_reference, 'state', d.state,
        'amount', money_left(c) - left_before, 'currency', c.currency));
    end if;
    perform write_audit(s.session_id, 'webhook', 'dispute.' || d.state, jsonb_build_object('dispute', d.dispute_reference,
      'mid', d.mid_id, 'amount', d.amount, 'currency', d.currency, 'reason', d.reason, 'before', before));
    perform conclude_session(s.session_id, 'webhook');
  else
    select processor_reference into disputed from disputes where mid_id = p ->> 'mid' and dispute_reference = p ->> 'reference';
    if disputed <> c.processor_reference then
      perform open_incident('dispute_of_another', s.session_id, c.attempt_id, jsonb_build_object(
        'processorReference', c.processor_reference || ' ' || (p ->> 'reference'), 'knownOf', disputed, 'state', p -> 'state',
        'amount', (p ->> 'amount')::bigint, 'currency', p -> 'currency'), true);
    end if;
  end if;
  return 'true';
end
$body$;

grant select on refunds, refund_evidence, returns, disputes to payments_app;
grant execute on function returns_of_session, captures_json, refundable, open_refund, record_refund, record_return, compare_returned,
  claim_searches, take_over_refunds, claim_unresolved_refunds, find_refund, record_dispute, refund_json, dispute_json, refundable_of, money_left, refund_block,
  dispute_against, settling_capture, waits_for, late_captures to payments_app;
