set local role payments_owner;
set local search_path to payments, pg_temp;

-- The same step of many sessions in one statement and one commit: {patience, steps: [{input, trace?}]}. What each session
-- gets is what it would get alone, and comes in the order of the steps. What is written is written for all of them together,
-- because opening a table with its indexes and checks costs more than a row of it. Where one turns out to need a judgement
-- that was made already, all of it is refused as a whole, and whoever asked asks for each alone. Rows are found by their keys
-- one by one, so that a plan that was made while a table was empty reads no more of it when it has grown.

-- Write-aheads, as open_attempt does them. Whoever shares a session, a key or a card with one that is not written yet waits
-- until it is.
create function open_attempts(p jsonb) returns setof jsonb
language plpgsql security definer set search_path = payments, pg_temp set plan_cache_mode = force_generic_plan
set enable_hashjoin = off set enable_mergejoin = off as $body$
declare
  step jsonb;
  judged jsonb[] := '{}';
  wishes jsonb[] := '{}';
  names text[];
  -- Of the wishes.
  named text[] := '{}';
  written jsonb := '{}';
  keys integer;
begin
  perform set_config('lock_timeout', p ->> 'patience', true);
  for step in select one -> 'input' from jsonb_array_elements(p -> 'steps') one union all select null loop
    names := array['session ' || (step ->> 'session'), 'key ' || (step ->> 'by') || ' ' || (step ->> 'key'),
      'card ' || (step #>> '{decision,inputs,fingerprint}')];
    if wishes <> '{}' and (step is null or names && named) then
      insert into idempotency_keys (principal, operation, key, session_id, request)
      select one #>> '{p,by}', 'confirm', one #>> '{p,key}', one #>> '{p,session}', one #> '{p,body}'
      from unnest(wishes) one where one #>> '{p,key}' is not null on conflict do nothing;
      get diagnostics keys = row_count;
      if keys < (select count(one #>> '{p,key}') from unnest(wishes) one) then
        raise exception 'a key was taken meanwhile' using errcode = 'serialization_failure';
      end if;
      written := written || write_openings(wishes);
      wishes := '{}';
      named := '{}';
    end if;
    exit when step is null;
    judged := judged || judge_opening(step);
    if not judged[cardinality(judged)] ? 'answer' then
      wishes := wishes || judged[cardinality(judged)];
      named := named || names;
    end if;
  end loop;
  return query select coalesce(one -> 'answer', written -> (one #>> '{p,session}'))
  from unnest(judged) with ordinality as given(one, place) order by place;
end
$body$;

-- Settles sessions that differ, each by the first capture that was heard of it and of what it declared:
-- [{input, trace?}], with all locks held. What record_outcome writes of these.
create function settle(many jsonb[]) returns void
language plpgsql set search_path = payments, pg_temp as $body$
declare
  booked integer;
begin
  insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
  select input ->> 'attempt', before.nr + 1, input ->> 'source', 'Captured', heard_of(input -> 'outcome', input -> 'source')
  from unnest(many) one cross join lateral (select one -> 'input' as input) said cross join lateral (
    select coalesce(max(e.nr), 0) as nr from attempt_evidence e where e.attempt_id = input ->> 'attempt') before;
  insert into captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id,
    amount, currency, source)
  select a.mid_id, one #>> '{input,outcome,processorReference}', a.attempt_id, a.session_id, a.entity_id, a.provider,
    a.category, a.brand_id, a.amount, a.currency, one #>> '{input,source}'
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}'
  on conflict do nothing;
  get diagnostics booked = row_count;
  if booked < cardinality(many) then
    raise exception 'a processor''s reference was booked meanwhile' using errcode = 'serialization_failure';
  end if;
  insert into postings (debit_account, credit_account, amount, currency, entity_id, mid_id, provider, category,
    brand_id, session_id, attempt_id, processor_reference)
  select 'processor_receivable', 'customer_payments', a.amount, a.currency, a.entity_id, a.mid_id, a.provider, a.category,
    a.brand_id, a.session_id, a.attempt_id, one #>> '{input,outcome,processorReference}'
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}';
  update webhook_inbox w set next_try_at = now()
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}'
  where w.mid_id = a.mid_id and w.state = 'pending' and w.trouble = 'unknown' and w.next_try_at > now()
    and w.subjects @> jsonb_build_array(jsonb_build_object('processorReference', one #> '{input,outcome,processorReference}'));
  update attempts a
  set state = 'captured', processor_reference = one #>> '{input,outcome,processorReference}',
    evidence = heard_of(one #> '{input,outcome}', one #> '{input,source}'), resolved_at = now(), next_check_at = null
  from unnest(many) one where a.attempt_id = one #>> '{input,attempt}';
  update payment_sessions s set state = 'settled', updated_at = now()
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}' where s.session_id = a.session_id;
  insert into fulfilments (session_id, attempt_id)
  select a.session_id, a.attempt_id from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}';
  insert into outbox (type, session_id, payload, trace)
  select 'payment.charged.v1', s.session_id, event_payload(s, about_attempt(a, one -> 'input')),
    substring(one ->> 'trace' from '^[0-9a-f]{32}-[0-9a-f]{16}$')
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}' join payment_sessions s using (session_id);
  insert into audit (chain, actor, action, detail)
  select a.session_id, one #>> '{input,by}', 'attempt.captured',
    jsonb_strip_nulls(about_attempt(a, one -> 'input') || '{"session": "settled"}')
  from unnest(many) one join attempts a on a.attempt_id = one #>> '{input,attempt}';
end
$body$;

-- Outcomes, as record_outcome records them. Those that are as most of them are, the first capture that a driver heard of and
-- of what was declared, are written together; every other one by its own.
create function record_outcomes(p jsonb) returns setof jsonb
language plpgsql security definer set search_path = payments, pg_temp set plan_cache_mode = force_generic_plan
set enable_hashjoin = off set enable_mergejoin = off as $body$
declare
  step jsonb;
  all_attempts text[] := array(select one #>> '{input,attempt}' from jsonb_array_elements(p -> 'steps') one);
  all_sessions text[] := array(select session_id from attempts where attempt_id = any (all_attempts));
  plain jsonb[];
  settled text[];
begin
  perform set_config('lock_timeout', p ->> 'patience', true);
  -- Always sessions before their attempts, and sessions in the order of their ids.
  perform from payment_sessions where session_id = any (all_sessions) order by session_id collate "C" for update;
  perform from attempts where attempt_id = any (all_attempts) order by attempt_id collate "C" for update;
  select coalesce(array_agg(one), '{}'), coalesce(array_agg(attempt_id), '{}') into plain, settled from (
    select one, a.attempt_id, a.mid_id, said.reference, a.session_id,
      one #>> '{input,outcome,_tag}' = 'Captured' and one #>> '{input,source}' = 'driver'
        and a.state = 'in_flight' and s.state = 'processing'
        and one #>> '{input,outcome,amount}' = a.amount::text and one #>> '{input,outcome,currency}' = a.currency as as_declared,
      count(*) over (partition by a.session_id) as of_session,
      count(*) over (partition by a.mid_id, said.reference) as of_reference
    from jsonb_array_elements(p -> 'steps') one
      cross join lateral (select one #>> '{input,outcome,processorReference}' as reference) said
      join attempts a on a.attempt_id = one #>> '{input,attempt}' join payment_sessions s using (session_id)
  ) given
  where as_declared and of_session = 1 and of_reference = 1
    and not exists (select from captures c where c.session_id = given.session_id)
    and not exists (select from captures c where c.mid_id = given.mid_id and c.processor_reference = given.reference);
  if plain <> '{}' then perform settle(plain); end if;
  for step in select one from jsonb_array_elements(p -> 'steps') one loop
    if step #>> '{input,attempt}' = any (settled) then
      return next '{"attempt": "captured", "session": "settled", "passedOver": [], "settlement": "first"}';
    else
      perform set_config('payments.trace', coalesce(step ->> 'trace', ''), true);
      return next record_outcome(step -> 'input');
    end if;
  end loop;
end
$body$;

grant execute on function open_attempts, record_outcomes to payments_app;
