set local role payments_owner;
set local search_path to payments, pg_temp;

-- Webhooks of processors, written before they are acknowledged and worked off afterwards. Of one that was read, what it
-- is about is kept, and not its body: what happened is asked of the processor.
create table webhook_inbox (
  webhook_nr bigint generated always as identity primary key,
  provider text not null,
  mid_id text not null,
  entity_id text not null,
  -- The processor's own id of the event, the same at every redelivery.
  event_id text not null,
  type text not null,
  occurred_at timestamptz,
  -- WebhookSubject of the kernel; empty for one that could not be read.
  subjects jsonb not null,
  -- Of one that could not be read, as it came: {headers, body: Base64}. A later version may read it.
  raw jsonb,
  state text not null default 'pending' check (state in ('pending', 'processed', 'dead_letter')),
  -- What came of the last try: it failed, it is about nothing that is known here, it cannot be read.
  trouble text check (trouble in ('failed', 'unknown', 'unreadable')),
  problem text,
  -- Why one that says that a charge took money holds nobody up any more, though the money may yet be seen: two persons signed
  -- against it, or its processor showed that all of it was taken back.
  released text check (released in ('signed', 'undone')),
  tries integer not null default 0,
  -- Where it stands in the schedule of tries; a replay begins it anew.
  step integer not null default 0,
  -- Rises with every claim: whoever was taken for dead does not record over the next one's head.
  claim integer not null default 0,
  next_try_at timestamptz default now(),
  received_at timestamptz not null default now(),
  last_try_at timestamptz,
  -- Event ids are one account's: an account's secret, in the wrong hands, must not use up the ids of another's events,
  -- and one event that two accounts are told of is asked about twice, which changes nothing.
  constraint webhook_once unique (provider, mid_id, event_id),
  constraint webhook_of_account foreign key (mid_id, entity_id, provider) references merchant_accounts (mid_id, entity_id, provider),
  constraint pending_webhook_is_due check ((state = 'pending') = (next_try_at is not null)),
  constraint dead_letter_says_why check (state <> 'dead_letter' or trouble is not null),
  constraint body_of_unreadable_only check (raw is null or (state <> 'processed' and trouble is not distinct from 'unreadable'))
);
create index webhooks_due on webhook_inbox (next_try_at, webhook_nr) where state = 'pending';
-- Whether a processor is asked before one is worked off: of a charge, of a refund, and perhaps of what was not read yet.
create function asks_processor(subjects jsonb) returns boolean language sql immutable as $body$
  select subjects = '[]' or jsonb_path_exists(subjects, '$[*] ? (@._tag == "Charge" || @._tag == "Refund")')
$body$;
-- The line of an account's webhooks that are due: those that ask its processor or those that do not, tried before or never.
create index webhooks_in_line on webhook_inbox
  (mid_id, payments.asks_processor(subjects), (tries > 0), next_try_at, webhook_nr) where state = 'pending';
create index webhook_dead_letters on webhook_inbox (webhook_nr) where state = 'dead_letter';
-- By what an account's webhooks name, before a charge is called absent and before goods go out for it.
create index webhooks_unheard on webhook_inbox (mid_id) where state <> 'processed';
-- By what charges are named that are said to have taken money, before another one is written ahead.
create function said_captured(subjects jsonb) returns text[] language sql immutable as $body$
  select coalesce(array_agg(name), '{}') from jsonb_array_elements(subjects) one cross join lateral (values
    ('key ' || (one ->> 'idempotencyKey')), ('reference ' || (one ->> 'processorReference'))) named(name)
  where one ->> 'said' = 'captured' and name is not null
$body$;
create index webhooks_of_captures on webhook_inbox using gin (payments.said_captured(subjects)) with (fastupdate = off)
  where state <> 'processed' and payments.said_captured(subjects) <> '{}';
create index webhooks_with_bodies on webhook_inbox (received_at) where raw is not null;
-- By which a charge is found that a webhook names by the processor's own id.
create index evidence_by_reference on attempt_evidence ((detail ->> 'processorReference')) where detail ? 'processorReference';

create function guard_webhook() returns trigger language plpgsql as $body$
begin
  if (new.webhook_nr, new.provider, new.mid_id, new.entity_id, new.event_id, new.received_at)
    is distinct from (old.webhook_nr, old.provider, old.mid_id, old.entity_id, old.event_id, old.received_at) then
    raise exception 'what was received does not change' using errcode = 'restrict_violation', constraint = 'webhook_unchanged';
  end if;
  -- But what persons alone closed, which nobody heard: it is looked into once more, and holds nobody up.
  if old.state = 'processed' and (old.released, new.released, new.state) is distinct from ('signed', 'signed', 'pending') then
    raise exception 'a webhook that was processed stays so' using errcode = 'restrict_violation', constraint = 'processed_is_final';
  end if;
  return new;
end
$body$;
create trigger guard_webhook before update on webhook_inbox for each row execute function guard_webhook();
-- An event id that was forgotten could be sent again.
create trigger no_delete before delete on webhook_inbox for each row execute function refuse_change();
create trigger no_truncate before truncate on webhook_inbox for each statement execute function refuse_change();

-- {provider, mid, entity, eventId, type, occurredAt?, subjects, raw?, problem?}: true when it is new, or is looked into once
-- more: two persons closed it, and its processor says it again. What they signed stands until the processor shows the money.
create function take_webhook(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  insert into webhook_inbox
    (provider, mid_id, entity_id, event_id, type, occurred_at, subjects, raw, state, trouble, problem, next_try_at)
  values (p ->> 'provider', p ->> 'mid', p ->> 'entity', p ->> 'eventId', p ->> 'type', (p ->> 'occurredAt')::timestamptz,
    p -> 'subjects', p -> 'raw', case when p ? 'problem' then 'dead_letter' else 'pending' end,
    case when p ? 'problem' then 'unreadable' end, left(p ->> 'problem', 500), case when not p ? 'problem' then now() end)
  on conflict do nothing;
  if not found then
    update webhook_inbox set state = 'pending', step = 0, next_try_at = now()
    where provider = p ->> 'provider' and mid_id = p ->> 'mid' and event_id = p ->> 'eventId'
      and state = 'processed' and released = 'signed';
  end if;
  return to_jsonb(found);
end
$body$;

-- Gives out webhooks of one lane that are due: {limit, leaseMs, of | besides}. `of` one provider those that ask it
-- something; `besides` some providers all that ask none of them, such as disputes. Accounts take turns, so that who floods
-- one holds up no other, and so do those that were tried before and those that never were, which go first.
create function claim_webhooks(p jsonb) returns jsonb
-- However little the planner knows of the backlog: no line is read beyond what is taken of it.
language sql security definer set search_path = payments, pg_temp set enable_sort = off set enable_bitmapscan = off as $body$
  with in_turn as materialized (
    select due.webhook_nr, turn, again, due.next_try_at
    from merchant_accounts m
    cross join (values (false), (true)) asking(asks) cross join (values (false), (true)) trying(again)
    cross join lateral (
      select w.webhook_nr, w.next_try_at, row_number() over (order by w.next_try_at, w.webhook_nr) as turn from webhook_inbox w
      where w.state = 'pending' and w.mid_id = m.mid_id and asks_processor(w.subjects) = asks and (w.tries > 0) = again
        and w.next_try_at <= now()
      order by w.next_try_at, w.webhook_nr limit (p ->> 'limit')::integer
    ) due
    where case when p ? 'of' then m.provider = p ->> 'of' and asks else not (p -> 'besides' ? m.provider and asks) end
    order by turn, again, due.next_try_at, due.webhook_nr limit (p ->> 'limit')::integer
  ), due as materialized (
    select webhook_nr from webhook_inbox
    where webhook_nr = any (array(select webhook_nr from in_turn)) and state = 'pending' and next_try_at <= now()
    for update skip locked
  ), claimed as (
    update webhook_inbox w set claim = claim + 1, next_try_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'
    where w.webhook_nr = any (array(select webhook_nr from due)) returning w.*
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'nr', webhook_nr, 'provider', provider, 'mid', mid_id, 'type', type, 'occurredAt', iso(occurred_at),
    'released', released,
    'receivedAt', iso(received_at), 'step', step, 'claim', claim, 'raw', raw)) || jsonb_build_object('subjects', subjects)
    order by turn, again, in_turn.next_try_at, webhook_nr), '[]')
  from claimed join in_turn using (webhook_nr)
$body$;

-- What came of one try: {nr, claim, outcome: processed | later | dead_letter, trouble?, problem?, retryMs?, waits?,
-- release?, read?: {type, occurredAt, subjects}}. One that waits for something else keeps its step, and one that is released
-- begins another schedule. What is processed with a trouble is closed against what was signed, and was not heard. False when somebody else has taken it on meanwhile.
create function record_webhook(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  outcome text := p ->> 'outcome';
begin
  update webhook_inbox
  set state = case outcome when 'later' then 'pending' else outcome end, trouble = p ->> 'trouble',
    problem = left(p ->> 'problem', 500), tries = tries + 1, last_try_at = now(),
    step = case when p ->> 'release' is distinct from released and p ? 'release' then 1
      else step + (not p ? 'waits')::integer end,
    released = case when outcome <> 'processed' or p ? 'trouble' then coalesce(p ->> 'release', released) end,
    next_try_at = case outcome when 'later' then now() + (p ->> 'retryMs')::float8 * interval '1 millisecond' end,
    raw = case when p ->> 'trouble' = 'unreadable' then raw end,
    type = coalesce(p #>> '{read,type}', type), subjects = coalesce(p #> '{read,subjects}', subjects),
    occurred_at = coalesce((p #>> '{read,occurredAt}')::timestamptz, occurred_at)
  where webhook_nr = (p ->> 'nr')::bigint and claim = (p ->> 'claim')::integer and state = 'pending';
  return to_jsonb(found);
end
$body$;

-- Bodies that nobody could read for so long are given up: {afterMs, limit}. Answers how many.
create function forget_bodies(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with old as (
    select webhook_nr from webhook_inbox
    where raw is not null and received_at < now() - (p ->> 'afterMs')::float8 * interval '1 millisecond'
    order by received_at limit (p ->> 'limit')::integer for update skip locked
  ), forgotten as (
    update webhook_inbox w set raw = null from old where w.webhook_nr = old.webhook_nr returning 1
  )
  select to_jsonb(count(*)) from forgotten
$body$;

-- The charge of ours that a processor speaks of: {mid, idempotencyKey?, processorReference?}. Null when there is none.
create function charge_heard(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  a attempts;
  ref text := p ->> 'processorReference';
begin
  select * into a from attempts where idempotency_key = p ->> 'idempotencyKey' and mid_id = p ->> 'mid';
  if not found and ref is not null then
    select * into a from attempts
    where attempt_id = (select attempt_id from captures where mid_id = p ->> 'mid' and processor_reference = ref);
    if not found then
      select attempts.* into a from attempt_evidence e join attempts using (attempt_id)
      where e.detail ? 'processorReference' and e.detail ->> 'processorReference' = ref and attempts.mid_id = p ->> 'mid'
      order by e.heard_at limit 1;
    end if;
  end if;
  if a.attempt_id is null then return null; end if;
  return jsonb_strip_nulls(jsonb_build_object('attempt', attempt_json(a), 'writtenAt', iso(a.written_at),
    'age', (extract(epoch from now() - a.written_at) * 1000)::bigint,
    'capturedAs', a.processor_reference,
    'processorReference', coalesce(ref, (select e.detail ->> 'processorReference' from attempt_evidence e
      where e.attempt_id = a.attempt_id and e.detail ? 'processorReference' order by e.nr desc limit 1))));
end
$body$;

-- Under which names webhooks speak of an attempt's charge, as said_captured tells them.
create function charge_names(a attempts) returns text[] language sql stable set search_path = payments, pg_temp as $body$
  select array['key ' || a.idempotency_key] || array(
    select 'reference ' || (e.detail ->> 'processorReference') from attempt_evidence e
    where e.attempt_id = a.attempt_id and e.detail ? 'processorReference')
$body$;

-- Whether one was given up because its processor showed to the last that the charge took nothing: two persons may say so.
create function given_up(w webhook_inbox) returns boolean language sql immutable as $body$
  select w.state = 'dead_letter' and w.problem like 'charge_contradicted:%'
$body$;

-- Whether a webhook says that an attempt took money, and nobody has heard it: it waits, or it is a dead letter. What its
-- processor shows meanwhile may be what it knew before. One that was released is only looked into: whoever repeats it undoes
-- no signature.
create function capture_unheard(a attempts) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (
    select from webhook_inbox w
    where w.state <> 'processed' and said_captured(w.subjects) <> '{}' and w.mid_id = a.mid_id
      and w.released is null and said_captured(w.subjects) && charge_names(a))
$body$;

-- Whether that is so of any charge of a session, or of what its order was charged by a session that ended; but of one.
create function capture_said(s payment_sessions, but text default null) returns boolean
language plpgsql stable set search_path = payments, pg_temp as $body$
begin
  if exists (select from attempts a
      where a.session_id = s.session_id and a.attempt_id is distinct from but and capture_unheard(a)) then
    return true;
  end if;
  return s.order_reference is not null and exists (
    select from payment_sessions earlier join attempts a on a.session_id = earlier.session_id
    where earlier.entity_id = s.entity_id and earlier.order_reference = s.order_reference
      and earlier.state in ('failed', 'cancelled', 'expired') and a.state <> 'captured' and capture_unheard(a));
end
$body$;

-- Whether a webhook names a refund by its key, and nobody has heard it: its processor has it, whatever it shows meanwhile.
create function refund_unheard(r refunds) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (
    select from webhook_inbox w cross join jsonb_array_elements(w.subjects) named
    where w.mid_id = r.mid_id and w.state <> 'processed' and named ->> '_tag' = 'Refund'
      and named ->> 'said' is distinct from 'failed' and named ->> 'idempotencyKey' = r.idempotency_key)
$body$;

create function webhook_json(w webhook_inbox) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', 'wh_' || w.webhook_nr, 'provider', w.provider, 'mid', w.mid_id,
    'eventId', w.event_id, 'type', w.type, 'occurredAt', iso(w.occurred_at), 'receivedAt', iso(w.received_at),
    'state', w.state, 'trouble', w.trouble, 'problem', w.problem, 'tries', w.tries, 'lastTryAt', iso(w.last_try_at)))
$body$;

-- {by, size, from: start | end, after?, before?}: dead letters, the newest first, one more than asked for. Null for whoever
-- is no operator.
create function read_dead_letters(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  wanted integer := (p ->> 'size')::integer + 1;
  below bigint := coalesce((p ->> 'after')::bigint, 9223372036854775807);
  above bigint := coalesce((p ->> 'before')::bigint, 0);
  found_rows jsonb;
begin
  if not is_operator(p ->> 'by') then return null; end if;
  if p ->> 'from' = 'end' then
    select jsonb_agg(one) into found_rows from (select webhook_json(w) as one from webhook_inbox w
      where state = 'dead_letter' and webhook_nr < below and webhook_nr > above order by webhook_nr limit wanted) x;
  else
    select jsonb_agg(one) into found_rows from (select webhook_json(w) as one from webhook_inbox w
      where state = 'dead_letter' and webhook_nr < below and webhook_nr > above order by webhook_nr desc limit wanted) x;
  end if;
  return coalesce(found_rows, '[]');
end
$body$;

-- {by, nr}: a dead letter is tried again, from the beginning of its schedule.
create function replay_webhook(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  w webhook_inbox;
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  select * into w from webhook_inbox where webhook_nr = (p ->> 'nr')::bigint for update;
  if not found then return jsonb_build_object('_tag', 'NoSuchWebhook'); end if;
  if w.state = 'dead_letter' then
    update webhook_inbox set state = 'pending', step = 0, next_try_at = now()
    where webhook_nr = w.webhook_nr returning * into w;
    perform write_audit('mid:' || w.mid_id, p ->> 'by', 'webhook.replayed', jsonb_build_object(
      'webhook', 'wh_' || w.webhook_nr, 'eventId', w.event_id, 'trouble', w.trouble));
  end if;
  return jsonb_build_object('_tag', 'Replaying', 'webhook', webhook_json(w));
end
$body$;

-- The oldest webhook of a refund or a dispute of a session's charges that nobody has heard: it waits, or it is a dead
-- letter. It may have come before anybody knew that the charge took money.
create function return_unheard(s payment_sessions) returns bigint language sql stable set search_path = payments, pg_temp as $body$
  select min(w.webhook_nr) from captures c
  join webhook_inbox w on w.mid_id = c.mid_id and w.state <> 'processed'
  cross join jsonb_array_elements(w.subjects) named
  where c.session_id = s.session_id and named ->> '_tag' in ('Refund', 'Dispute')
    and named ->> 'processorReference' = c.processor_reference
$body$;

-- Why what a session was paid for is not handed over any more: its money went back or is on its way, a bank disputes it or
-- took it. One charge of at least what the session declares is enough, of which something is left: after a part went back
-- the rest is fulfilled. Null when nothing stands against it.
create function fulfilment_block(s payment_sessions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  with paid as (
    select refundable_of(c) as rest, (
      select d.dispute_reference from disputes d
      where d.mid_id = c.mid_id and d.processor_reference = c.processor_reference and d.state not in ('warning', 'won', 'closed')
      order by d.opened_at desc, d.dispute_reference limit 1) as disputed
    from captures c where c.session_id = s.session_id and c.currency = s.currency and c.amount >= s.amount)
  select case
    when exists (select from paid where disputed is null and rest > 0) then (
      select jsonb_build_object('reason', 'news_waiting', 'by', 'wh_' || nr) from return_unheard(s) nr where nr is not null)
    when exists (select from paid where disputed is not null)
      then jsonb_build_object('reason', 'disputed', 'by', (select min(disputed) from paid))
    else jsonb_strip_nulls(jsonb_build_object('reason', 'given_back', 'by', (select r.refund_id from refunds r
      where r.session_id = s.session_id and r.state in ('in_flight', 'indeterminate', 'refunded') order by r.ordinal desc limit 1))) end
$body$;

grant execute on function take_webhook, claim_webhooks, record_webhook, forget_bodies, charge_heard, read_dead_letters,
  replay_webhook, said_captured to payments_app;
