set local role payments_owner;
set local search_path to payments, pg_temp;

-- The money steps: each is called as one statement and commits as one. They run as the owner, and they are all
-- that the app's role may write with. They take and give JSON: one parameter of one type, so one prepared
-- statement each; many of one step go in one statement as well: 0013. Those of a charge plan each of their statements once for
-- a connection, because planning one anew costs as much as running it.

create function iso(at timestamptz) returns text language sql immutable as $body$
  select to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$body$;

-- What the customer of a session in review has to do before its charge goes on, as its processor said last.
create function action_of(s payment_sessions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select case when s.state = 'in_review' then (
    select e.detail -> 'action' from attempts a join attempt_evidence e using (attempt_id)
    where a.session_id = s.session_id and a.state = 'indeterminate' and e.detail ? 'action' order by e.nr desc limit 1) end
$body$;

-- A session as the kernel's PaymentSession reads it.
create function session_json(s payment_sessions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object(
    'id', s.session_id, 'customer', s.customer_id, 'brand', s.brand_id, 'entity', s.entity_id, 'category', s.category,
    'money', jsonb_build_object('amount', s.amount, 'currency', s.currency), 'mode', s.mode,
    'orderReference', s.order_reference, 'redirects', s.redirects, 'state', s.state, 'action', action_of(s),
    'createdAt', iso(s.created_at), 'expiresAt', iso(s.expires_at), 'updatedAt', iso(s.updated_at)))
    || jsonb_build_object('intent', s.intent, 'theme', s.theme, 'metadata', s.metadata)
$body$;

-- An attempt as the kernel's Attempt reads it.
create function attempt_json(a attempts) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_build_object('id', a.attempt_id, 'session', a.session_id, 'ordinal', a.ordinal, 'mid', a.mid_id,
    'entity', a.entity_id, 'provider', a.provider, 'category', a.category, 'brand', a.brand_id,
    'money', jsonb_build_object('amount', a.amount, 'currency', a.currency), 'idempotencyKey', a.idempotency_key,
    'state', a.state)
$body$;

create function write_audit(chain text, actor text, action text, detail jsonb) returns void
language sql set search_path = payments, pg_temp as $body$
  insert into audit (chain, actor, action, detail) values (chain, actor, action, jsonb_strip_nulls(detail))
$body$;

-- What an event of a session says.
create function event_payload(s payment_sessions, extra jsonb) returns jsonb language sql stable as $body$
  select jsonb_strip_nulls(jsonb_build_object(
    'session', s.session_id, 'entity', s.entity_id, 'brand', s.brand_id, 'customer', s.customer_id,
    'category', s.category, 'amount', s.amount, 'currency', s.currency, 'orderReference', s.order_reference) || extra)
$body$;

create function emit(s payment_sessions, event_type text, extra jsonb) returns void
language sql set search_path = payments, pg_temp as $body$
  insert into outbox (type, session_id, payload) values (event_type, s.session_id, event_payload(s, extra))
$body$;

-- What was declared before under a key: {by, key, body}. Null when nothing was.
create function declared_before(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  earlier record;
  s payment_sessions;
begin
  select session_id, request into earlier from idempotency_keys
  where principal = p ->> 'by' and operation = 'create' and key = p ->> 'key';
  if not found then return null; end if;
  if earlier.request <> p -> 'body' then
    return jsonb_build_object('_tag', 'KeyReused', 'earlierBody', earlier.request);
  end if;
  select * into s from payment_sessions where session_id = earlier.session_id;
  return jsonb_build_object('_tag', 'Replayed', 'session', session_json(s));
end
$body$;

-- Declares a session: {session, lifetimeMs, by, key?, body}.
create function declare_session(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp set plan_cache_mode = force_generic_plan as $body$
declare
  d jsonb := p -> 'session';
  s payment_sessions;
  refusal text;
begin
  if p ->> 'key' is not null then
    -- Of two requests with one key the second waits here until the first is committed.
    insert into idempotency_keys (principal, operation, key, session_id, request)
    values (p ->> 'by', 'create', p ->> 'key', d ->> 'id', p -> 'body') on conflict do nothing;
    if not found then return declared_before(p); end if;
  end if;
  select case
    when e.collects is not true then 'entity_cannot_collect'
    when b.brand_id is null then 'brand_not_of_entity'
    when u.category is null or u.revoked_at is not null then 'not_underwritten'
  end into refusal
  from (select) one
  left join entities e on e.entity_id = d ->> 'entity'
  left join brand_entities b on b.brand_id = d ->> 'brand' and b.entity_id = d ->> 'entity'
  left join entity_underwriting u on u.entity_id = d ->> 'entity' and u.category = d ->> 'category';
  if refusal is not null then
    delete from idempotency_keys where principal = p ->> 'by' and operation = 'create' and key = p ->> 'key';
    return jsonb_build_object('_tag', 'NotAllowed', 'reason', refusal);
  end if;
  loop
    insert into payment_sessions
      (session_id, entity_id, brand_id, customer_id, category, amount, currency, mode, order_reference, intent, theme,
       metadata, redirects, expires_at)
    values (d ->> 'id', d ->> 'entity', d ->> 'brand', d ->> 'customer', d ->> 'category', (d #>> '{money,amount}')::bigint,
      d #>> '{money,currency}', d ->> 'mode', d ->> 'orderReference', d -> 'intent', d -> 'theme', d -> 'metadata',
      d -> 'redirects', now() + (p ->> 'lifetimeMs')::float8 * interval '1 millisecond')
    on conflict (entity_id, order_reference)
      where order_reference is not null and state not in ('failed', 'cancelled', 'expired') do nothing
    returning * into s;
    exit when found;
    select * into s from payment_sessions
    where entity_id = d ->> 'entity' and order_reference = d ->> 'orderReference'
      and state not in ('failed', 'cancelled', 'expired');
    if found then
      delete from idempotency_keys where principal = p ->> 'by' and operation = 'create' and key = p ->> 'key';
      return jsonb_build_object('_tag', 'OrderTaken', 'session', s.session_id, 'state', s.state);
    end if;
    -- The session that stood in the way ended between the two statements: once more.
  end loop;
  perform write_audit(s.session_id, p ->> 'by', 'session.declared', jsonb_build_object(
    'entity', s.entity_id, 'brand', s.brand_id, 'category', s.category, 'amount', s.amount, 'currency', s.currency,
    'orderReference', s.order_reference));
  return jsonb_build_object('_tag', 'Created', 'session', session_json(s));
end
$body$;

-- Walks candidates [{mid, provider, tag, leaseMs}] in their order to the first that this card {vaultId, tokenRef,
-- fingerprint?, brand?} may be charged on now: {chosen?, passedOver}. Writes nothing.
create function choose_account(s payment_sessions, candidates jsonb, card jsonb) returns jsonb
language plpgsql set search_path = payments, pg_temp as $body$
declare
  candidate jsonb;
  refusal text;
  passed_over jsonb := '[]';
begin
  for candidate in select * from jsonb_array_elements(candidates) loop
    refusal := coalesce(permit_refusal(candidate ->> 'mid', s.entity_id, candidate ->> 'provider', s.category),
      retry_refusal(candidate ->> 'mid', s.entity_id, card ->> 'fingerprint', card ->> 'brand', card ->> 'tokenRef',
        s.amount, s.currency));
    if refusal is null then return jsonb_build_object('chosen', candidate, 'passedOver', passed_over); end if;
    passed_over := passed_over || jsonb_build_object('mid', candidate ->> 'mid', 'reason', refusal);
  end loop;
  return jsonb_build_object('passedOver', passed_over);
end
$body$;

-- Writes the next attempts of sessions, each on one account and under a new fence: [{session, chosen, card, round}]. Answers
-- their permits by session.
create function write_attempts(many jsonb[]) returns jsonb
language plpgsql set search_path = payments, pg_temp as $body$
declare
  permits jsonb;
begin
  update payment_sessions s
  set state = 'processing', fence = s.fence + 1, round = (one -> 'round')::integer, updated_at = now()
  from unnest(many) one where s.session_id = one ->> 'session';
  with written as (
    insert into attempts
      (attempt_id, session_id, ordinal, round, mid_id, entity_id, provider, category, brand_id, amount, currency,
       vault_id, token_ref, card_fingerprint, card_brand, idempotency_key, state, fence, lease_until)
    select 'at_' || substr(s.session_id, 4) || '_' || nr, s.session_id, nr, s.round, one #>> '{chosen,mid}', s.entity_id,
      one #>> '{chosen,provider}', s.category, s.brand_id, s.amount, s.currency, one #>> '{card,vaultId}',
      one #>> '{card,tokenRef}', one #>> '{card,fingerprint}', one #>> '{card,brand}',
      s.session_id || '-' || nr || '-' || (one #>> '{chosen,tag}'), 'in_flight', s.fence,
      now() + (one #>> '{chosen,leaseMs}')::float8 * interval '1 millisecond'
    from unnest(many) one join payment_sessions s on s.session_id = one ->> 'session'
      cross join lateral (select coalesce(max(ordinal), 0) + 1 as nr from attempts where session_id = s.session_id) before
    returning *
  )
  select jsonb_object_agg(session_id, jsonb_build_object(
    'attempt', attempt_id, 'session', session_id, 'ordinal', ordinal, 'mid', mid_id, 'provider', provider,
    'money', jsonb_build_object('amount', amount, 'currency', currency), 'idempotencyKey', idempotency_key,
    'fence', fence)) into permits from written;
  return permits;
end
$body$;

-- Judges a wish to pay, with its session locked: {answer} where nothing is to be written, else
-- {p, choice: {chosen, passedOver}, card, round}, which is written next.
create function judge_opening(p jsonb) returns jsonb
language plpgsql set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  earlier record;
  choice jsonb;
  limited jsonb;
  card jsonb := p -> 'token' || jsonb_build_object(
    'fingerprint', p #> '{decision,inputs,fingerprint}', 'brand', p #> '{decision,inputs,cardBrand}');
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if not found then return '{"answer": {"_tag": "NoSuchSession"}}'; end if;
  if p ->> 'key' is not null then
    select session_id, request into earlier from idempotency_keys
    where principal = p ->> 'by' and operation = 'confirm' and key = p ->> 'key';
    if found then
      return jsonb_build_object('answer', confirmed_before(s, earlier.session_id, earlier.request, p -> 'body'));
    end if;
  end if;
  if s.state <> 'pending' then
    return jsonb_build_object('answer', jsonb_build_object('_tag', 'NotPayable', 'state', s.state));
  end if;
  -- Every webhook that was answered before this session was locked is seen here. One that is written later is news of
  -- later, and no lock would make it earlier: the next step of the session sees it, and whoever works it off books what
  -- it finds under this lock, before the webhook is called heard.
  if order_paid(s) or capture_said(s) then return '{"answer": {"_tag": "NotPayable", "state": "in_review"}}'; end if;
  if s.expires_at <= now() then return '{"answer": {"_tag": "NotPayable", "state": "expired"}}'; end if;
  choice := choose_account(s, p -> 'candidates', card);
  if not choice ? 'chosen' then
    return jsonb_build_object('answer', jsonb_build_object('_tag', 'NonePermitted', 'passedOver', choice -> 'passedOver'));
  end if;
  limited := rate_refusal(s.session_id, choice #>> '{chosen,mid}', card, p -> 'limits');
  if limited is not null then return jsonb_build_object('answer', limited); end if;
  return jsonb_build_object('p', p, 'choice', choice, 'card', card, 'round', s.round + 1);
end
$body$;

-- Writes what was judged of sessions that differ. Answers the answers by session.
create function write_openings(many jsonb[]) returns jsonb
language plpgsql set search_path = payments, pg_temp as $body$
declare
  permits jsonb;
begin
  insert into routing_decisions (session_id, round, policy_version, inputs, chosen, left_out, passed_over)
  select one #>> '{p,session}', (one -> 'round')::integer, (one #>> '{p,decision,policyVersion}')::bigint,
    one #> '{p,decision,inputs}', one #> '{p,decision,chosen}', one #> '{p,decision,leftOut}', one #> '{choice,passedOver}'
  from unnest(many) one;
  permits := write_attempts(array(select jsonb_build_object('session', one #> '{p,session}',
    'chosen', one #> '{choice,chosen}', 'card', one -> 'card', 'round', one -> 'round') from unnest(many) one));
  insert into audit (chain, actor, action, detail)
  select one #>> '{p,session}', one #>> '{p,by}', 'attempt.opened', jsonb_strip_nulls(jsonb_build_object(
    'attempt', permits #> array[one #>> '{p,session}', 'attempt'], 'mid', one #> '{choice,chosen,mid}',
    'policyVersion', one #> '{p,decision,policyVersion}', 'passedOver', nullif(one #> '{choice,passedOver}', '[]')))
  from unnest(many) one;
  return (select jsonb_object_agg(one #>> '{p,session}', jsonb_build_object('_tag', 'Permitted',
    'permit', permits -> (one #>> '{p,session}'), 'passedOver', one #> '{choice,passedOver}')) from unnest(many) one);
end
$body$;

-- The write-ahead: {session, candidates, decision, token, limits: {session?, card?}, by, key?, body}.
create function open_attempt(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp set plan_cache_mode = force_generic_plan as $body$
declare
  judged jsonb := judge_opening(p);
begin
  if judged ? 'answer' then return judged -> 'answer'; end if;
  -- Of two sessions that are confirmed under one key at once the second waits here until the first is committed, and is
  -- judged by it.
  if p ->> 'key' is not null then
    insert into idempotency_keys (principal, operation, key, session_id, request)
    values (p ->> 'by', 'confirm', p ->> 'key', p ->> 'session', p -> 'body') on conflict do nothing;
    if not found then return judge_opening(p) -> 'answer'; end if;
  end if;
  return write_openings(array[judged]) -> (p ->> 'session');
end
$body$;

-- What is answered under a key that confirmed something before.
create function confirmed_before(s payment_sessions, earlier_session text, earlier_body jsonb, body jsonb) returns jsonb
language plpgsql stable set search_path = payments, pg_temp as $body$
begin
  return case when earlier_session = s.session_id and earlier_body = body
    then jsonb_strip_nulls(jsonb_build_object('_tag', 'ConfirmReplayed', 'state', s.state, 'action', action_of(s),
      'captured', exists (select from captures c where session_id = s.session_id and money_left(c) > 0) or capture_said(s)))
    else jsonb_build_object('_tag', 'ConfirmKeyReused', 'earlierSession', earlier_session, 'earlierBody', earlier_body) end;
end
$body$;

-- What was heard of an attempt, as its timeline keeps it.
create function heard_of(o jsonb, source jsonb) returns jsonb language sql stable as $body$
  select jsonb_strip_nulls(jsonb_build_object('outcome', o -> '_tag', 'source', source,
    'code', left(o #>> '{evidence,code}', 200), 'message', left(o #>> '{evidence,message}', 2000), 'kind', o -> 'kind',
    'advice', o -> 'advice', 'offNetwork', o -> 'offNetwork', 'action', o -> 'action',
    'processorReference', o -> 'processorReference', 'amount', o -> 'amount', 'currency', o -> 'currency'))
$body$;

-- What event and audit say of an attempt.
create function about_attempt(a attempts, p jsonb) returns jsonb language sql stable as $body$
  select jsonb_build_object('attempt', a.attempt_id, 'mid', a.mid_id, 'provider', a.provider,
    'processorReference', p #> '{outcome,processorReference}', 'reason', left(p #>> '{outcome,evidence,code}', 200),
    'source', p -> 'source')
$body$;

-- Records evidence of one attempt and what follows from it:
-- {attempt, fence, outcome: {_tag, evidence: {code, message}, ...}, source, next: candidates, by, mostRounds}.
create function record_outcome(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp set plan_cache_mode = force_generic_plan as $body$
declare
  o jsonb := p -> 'outcome';
  kind text := o ->> '_tag';
  s payment_sessions;
  a attempts;
  heard jsonb := heard_of(o, p -> 'source');
  about jsonb;
  live boolean;
  known captures;
  incident text;
  said boolean := false;
  next_state text;
  captured_before boolean;
  capture_heard boolean;
  named boolean;
  choice jsonb := '{"passedOver": []}';
  card jsonb;
  permit jsonb;
  settlement text;
  money_here boolean;
  nr integer;
begin
  -- Always the session before its attempt: one order of locks, and the session's lock orders all its writers.
  select session.* into s from payment_sessions session
  where session_id = (select session_id from attempts where attempt_id = p ->> 'attempt') for update;
  if not found then
    raise exception 'there is no attempt %', p ->> 'attempt' using errcode = 'no_data_found';
  end if;
  select * into a from attempts where attempt_id = p ->> 'attempt' for update;
  live := a.state in ('in_flight', 'indeterminate');
  about := about_attempt(a, p);
  select coalesce(max(evidence.nr), 0) + 1, coalesce(bool_or(outcome = 'Captured'), false),
    coalesce(bool_or(detail ? 'processorReference'), false), exists (select from captures where session_id = s.session_id)
  into nr, capture_heard, named, captured_before
  from attempt_evidence evidence where attempt_id = a.attempt_id;
  insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
  values (a.attempt_id, nr, p ->> 'source', kind, heard);

  if kind = 'Captured' then
    insert into captures (mid_id, processor_reference, attempt_id, session_id, entity_id, provider, category, brand_id,
      amount, currency, source)
    values (a.mid_id, o ->> 'processorReference', a.attempt_id, a.session_id, a.entity_id, a.provider, a.category,
      a.brand_id, (o ->> 'amount')::bigint, o ->> 'currency', p ->> 'source')
    on conflict do nothing;
    if not found then
      select * into known from captures
      where mid_id = a.mid_id and processor_reference = o ->> 'processorReference';
      if known.attempt_id <> a.attempt_id then
        incident := 'processor_reference_reused';
        said := true;
        -- The processor says that money moved, under the name of another charge: nobody knows until a person has looked.
        if a.state = 'in_flight' then
          update attempts set state = 'indeterminate', evidence = heard, next_check_at = now() + interval '1 second'
          where attempt_id = a.attempt_id;
        end if;
        if live or s.state = 'pending' then next_state := 'in_review'; end if;
      elsif (known.amount, known.currency) is distinct from ((o ->> 'amount')::bigint, o ->> 'currency') then
        incident := 'captured_other_amount';
        said := true;
      end if;
    else
      insert into postings (debit_account, credit_account, amount, currency, entity_id, mid_id, provider, category,
        brand_id, session_id, attempt_id, processor_reference)
      values ('processor_receivable', 'customer_payments', (o ->> 'amount')::bigint, o ->> 'currency', a.entity_id,
        a.mid_id, a.provider, a.category, a.brand_id, a.session_id, a.attempt_id, o ->> 'processorReference');
      -- What was heard of this charge while nobody knew that it took money is heard again now.
      update webhook_inbox set next_try_at = now()
      where mid_id = a.mid_id and state = 'pending' and trouble = 'unknown' and next_try_at > now()
        and subjects @> jsonb_build_array(jsonb_build_object('processorReference', o -> 'processorReference'));
      if live then
        update attempts set state = 'captured', processor_reference = o ->> 'processorReference', evidence = heard,
          resolved_at = now(), next_check_at = null
        where attempt_id = a.attempt_id;
      else
        -- Everybody said no, or this is one more than what it is settled by: whoever acted on that hears of it.
        perform emit(s, 'payment.captured_late.v1', about || jsonb_build_object(
          'capturedAmount', (o ->> 'amount')::bigint, 'capturedCurrency', o -> 'currency'));
      end if;
      if (o ->> 'amount')::bigint <> a.amount or o ->> 'currency' <> a.currency then
        incident := 'captured_other_amount';
        if s.state = 'pending' or live then next_state := 'in_review'; end if;
      elsif live and s.state in ('processing', 'in_review') then
        next_state := 'settled';
        settlement := 'first';
        if captured_before then
          -- An earlier capture that somebody let stand is now one too many, and no other trouble speaks of it.
          if exists (select from captures c where c.session_id = s.session_id and money_left(c) > 0
              and (c.mid_id, c.processor_reference) <> (a.mid_id, o ->> 'processorReference')
              and not exists (select from incidents i where i.attempt_id = c.attempt_id and i.closed_at is null
                and i.kind in ('late_capture', 'captured_other_amount')
                and i.detail ->> 'processorReference' = c.processor_reference)) then
            incident := 'late_capture';
          end if;
          -- What a bank makes of an earlier capture is waited for, as with every review.
          if exists (select from captures c cross join dispute_against(c) d where c.session_id = s.session_id and d.mid_id is not null) then
            next_state := 'in_review';
            settlement := null;
          end if;
        end if;
      else
        incident := 'late_capture';
        -- The customer has paid although everybody said no: a pending session is not to be paid again.
        if s.state = 'pending' then next_state := 'in_review'; end if;
      end if;
    end if;
    if incident is not null then
      perform open_incident(incident, s.session_id, a.attempt_id, heard, said);
    end if;
  elsif (kind in ('Declined', 'Absent') and capture_heard or kind = 'Absent' and named
      or live and kind in ('Declined', 'Absent') and capture_said(s, case when o ? 'undone' then a.attempt_id end))
    and p ->> 'source' <> 'person' then
    -- Once a processor said that money moved, only a person says that it did not; and what it named once is not absent,
    -- however it is hidden now. Nor is what a webhook says of any charge of the order, as long as that waits: whoever
    -- says no, nobody is charged next. This is evidence and no more.
    if a.state = 'in_flight' and p ->> 'source' = 'driver' then
      -- Its driver is done and asks nobody else; the reconciler does.
      update attempts set state = 'indeterminate', evidence = heard, next_check_at = now() + interval '1 second'
      where attempt_id = a.attempt_id;
      next_state := 'in_review';
    end if;
  elsif kind = 'Declined' and live then
    update attempts set state = 'declined', decline_kind = o ->> 'kind', evidence = heard, resolved_at = now(),
      next_check_at = null
    where attempt_id = a.attempt_id;
    -- Only the driver that holds the session's newest fence goes on; other evidence lets the customer try again.
    -- Where money was captured after a decline nobody is charged again: a person looks at it.
    if a.state = 'in_flight' and s.state = 'processing' and p ->> 'source' = 'driver' and (p ->> 'fence')::integer = s.fence
      and not captured_before and not order_paid(s) and not capture_said(s) then
      card := jsonb_build_object('vaultId', a.vault_id, 'tokenRef', a.token_ref,
        'fingerprint', a.card_fingerprint, 'brand', a.card_brand);
      choice := choose_account(s, p -> 'next', card);
      if choice ? 'chosen' then
        permit := write_attempts(array[jsonb_build_object('session', s.session_id, 'chosen', choice -> 'chosen',
          'card', card, 'round', s.round)]) -> s.session_id;
      end if;
      if choice -> 'passedOver' <> '[]' then
        update routing_decisions set passed_over = passed_over || (choice -> 'passedOver')
        where session_id = s.session_id and round = s.round;
      end if;
    end if;
    if permit is null then
      next_state := case when captured_before then 'in_review'
        when s.round >= (p ->> 'mostRounds')::integer then 'failed' else 'pending' end;
    end if;
  elsif kind = 'Indeterminate' and a.state = 'in_flight' then
    update attempts set state = 'indeterminate', evidence = heard, next_check_at = now() where attempt_id = a.attempt_id;
    next_state := 'in_review';
  elsif kind = 'Absent' and live then
    update attempts set state = 'absent', evidence = heard, resolved_at = now(), next_check_at = null
    where attempt_id = a.attempt_id;
    next_state := case when captured_before then 'in_review' else 'failed' end;
  elsif kind not in ('Captured', 'Declined', 'Indeterminate', 'Absent') then
    raise exception 'there is no outcome %', kind using errcode = 'invalid_parameter_value';
  end if;
  if a.state = 'indeterminate' then
    -- Asked again the later the more often a lookup proved nothing: after 1, 2, 4 ... 300 seconds.
    update attempts set checks = checks + (p ->> 'source' = 'lookup')::integer,
      next_check_at = now() + least(power(2, least(checks, 20)), 300) * interval '1 second'
    where attempt_id = a.attempt_id and state = 'indeterminate';
  end if;

  if next_state is not null and next_state <> s.state then
    update payment_sessions set state = next_state, updated_at = now() where session_id = s.session_id;
    if next_state = 'settled' then
      insert into fulfilments (session_id, attempt_id) values (s.session_id, a.attempt_id);
    end if;
    perform emit(s, case
      when next_state = 'settled' then 'payment.charged.v1'
      when next_state = 'in_review' then 'payment.in_review.v1'
      when kind = 'Absent' then 'payment.failed.v1'
      else 'payment.declined.v1'
    end, about);
  end if;
  -- Perhaps everything else that held the session was dealt with before.
  if next_state = 'in_review' and kind in ('Declined', 'Absent') then
    next_state := conclude_session(s.session_id, p ->> 'by');
    if next_state = 'settled' then settlement := 'first'; end if;
  end if;
  perform write_audit(s.session_id, p ->> 'by', 'attempt.' || lower(kind), about || jsonb_build_object(
    'session', coalesce(next_state, s.state), 'incident', incident, 'next', permit -> 'attempt',
    'passedOver', nullif(choice -> 'passedOver', '[]')));
  if kind = 'Captured' and settlement is null and s.state = 'settled' then settlement := 'duplicate'; end if;
  -- Money was captured although the session ended without it, and has not gone back.
  if coalesce(next_state, s.state) in ('failed', 'cancelled', 'expired') then
    money_here := exists (select from captures c where session_id = s.session_id and money_left(c) > 0);
  end if;
  select * into a from attempts where attempt_id = a.attempt_id;
  return jsonb_strip_nulls(jsonb_build_object('attempt', a.state,
    'session', coalesce(next_state, s.state), 'permit', permit, 'passedOver', choice -> 'passedOver',
    'settlement', settlement, 'captured', nullif(money_here, false)));
end
$body$;

-- Cancels a pending session: {session, by}.
create function cancel_session(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if not found then return null; end if;
  if s.state = 'pending' then
    update payment_sessions set state = 'cancelled', updated_at = now() where session_id = s.session_id;
    perform write_audit(s.session_id, p ->> 'by', 'session.cancelled', '{}');
    return jsonb_build_object('cancelled', true, 'state', 'cancelled');
  end if;
  return jsonb_build_object('cancelled', s.state = 'cancelled', 'state', s.state);
end
$body$;

-- Expires pending sessions whose time is over: {limit}. Answers how many.
create function expire_due(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  expired integer := 0;
begin
  for s in
    select * from payment_sessions where state = 'pending' and expires_at <= now()
    order by expires_at limit (p ->> 'limit')::integer for update skip locked
  loop
    begin
      update payment_sessions set state = 'expired', updated_at = now() where session_id = s.session_id;
      perform emit(s, 'payment.session_expired.v1', '{}');
      perform write_audit(s.session_id, 'expiry', 'session.expired', '{}');
      expired := expired + 1;
    exception when others then
      -- One that cannot expire does not keep the others from it.
      raise warning 'the session % did not expire: %', s.session_id, sqlerrm;
    end;
  end loop;
  perform forget_full_buckets();
  return to_jsonb(expired);
end
$body$;

-- Takes over attempts whose driver died: {limit, mostRounds}. Answers how many.
create function take_over(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  session text;
  a attempts;
  taken integer := 0;
begin
  -- SKIP LOCKED on the sessions, in the order of locks: a driver that records its outcome just now is left alone.
  for session in
    select session_id from payment_sessions
    where session_id in (
      select session_id from attempts where state = 'in_flight' and lease_until <= now()
      order by lease_until limit (p ->> 'limit')::integer)
    for update skip locked
  loop
    select * into a from attempts where session_id = session and state = 'in_flight' and lease_until <= now();
    continue when not found;
    begin
      perform record_outcome(jsonb_build_object('attempt', a.attempt_id, 'fence', 0, 'source', 'takeover', 'by', 'takeover',
        'next', '[]'::jsonb, 'mostRounds', p -> 'mostRounds', 'outcome', jsonb_build_object('_tag', 'Indeterminate',
          'evidence', jsonb_build_object('code', 'driver_died', 'message', 'its driver recorded no outcome in its time'))));
      taken := taken + 1;
    exception when others then
      -- One that cannot be taken over does not keep the others from it.
      raise warning 'the attempt % was not taken over: %', a.attempt_id, sqlerrm;
    end;
  end loop;
  return to_jsonb(taken);
end
$body$;

-- Gives out indeterminate attempts that are due to be asked for: {limit, leaseMs}.
create function claim_unresolved(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with due as (
    select attempt_id from attempts where state = 'indeterminate' and next_check_at <= now()
    order by next_check_at limit (p ->> 'limit')::integer for update skip locked
  ), claimed as (
    update attempts set next_check_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'
    where attempt_id in (select attempt_id from due)
    returning attempt_id
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'attempt', attempt_json(a), 'writtenAt', iso(a.written_at),
    'age', (extract(epoch from now() - a.written_at) * 1000)::bigint,
    'processorReference', (select e.detail -> 'processorReference' from attempt_evidence e
      where e.attempt_id = a.attempt_id and e.detail ? 'processorReference' order by e.nr desc limit 1)))
    order by a.written_at), '[]')
  from claimed join attempts a using (attempt_id)
$body$;

-- Claims the fulfilment of a settled session: {session, by, key?}. Whoever gives its money back holds the same lock: the
-- one who comes first is right.
create function claim_fulfilment(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
  blocked jsonb;
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if not found then return null; end if;
  if s.state <> 'settled' then return jsonb_build_object('_tag', 'NotSettled', 'state', s.state); end if;
  blocked := fulfilment_block(s);
  -- What was given out before stays given out.
  if blocked is not null and exists (select from fulfilments where session_id = s.session_id and claimed_at is null) then
    return jsonb_build_object('_tag', 'NotFulfillable') || blocked;
  end if;
  update fulfilments set claimed_at = now(), claimed_by = p ->> 'by', claimed_key = p ->> 'key'
  where session_id = s.session_id and claimed_at is null;
  if not found then
    return jsonb_build_object('_tag', 'Claimed', 'fulfilment', 'duplicate', 'ownClaim', exists (
      select from fulfilments
      where session_id = s.session_id and claimed_by = p ->> 'by' and claimed_key = p ->> 'key'));
  end if;
  perform write_audit(s.session_id, p ->> 'by', 'fulfilment.claimed', '{}');
  return jsonb_build_object('_tag', 'Claimed', 'fulfilment', 'first', 'ownClaim', true);
end
$body$;

-- Stops new sends on one account: {mid, by, reason}. False when there is no such account. That it sends again takes two
-- persons: 0022.
create function stop_account(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  update merchant_accounts set kill_switch = true where mid_id = p ->> 'mid';
  if not found then return to_jsonb(false); end if;
  perform write_audit('mid:' || (p ->> 'mid'), p ->> 'by', 'mid.kill_switch', jsonb_build_object('on', true, 'reason', p -> 'reason'));
  return to_jsonb(true);
end
$body$;

-- The registry as the kernel reads it, at one version.
create function load_registry() returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_build_object(
    'version', (select version from policy_version),
    'entities', (select coalesce(jsonb_agg(jsonb_build_object(
        'id', e.entity_id, 'name', e.name, 'collects', e.collects, 'paysOut', e.pays_out, 'placeholder', e.placeholder,
        'underwrittenFor', (select coalesce(jsonb_agg(u.category order by u.category), '[]') from entity_underwriting u
          where u.entity_id = e.entity_id and u.revoked_at is null))
        || coalesce((select jsonb_build_object('refundLimits', jsonb_agg(jsonb_build_object('amount', l.amount, 'currency', l.currency)
          order by l.currency)) from refund_limits l where l.entity_id = e.entity_id having count(*) > 0), '{}')
        order by e.entity_id), '[]') from entities e),
    'brands', (select coalesce(jsonb_agg(jsonb_build_object(
        'id', b.brand_id, 'name', b.name, 'redirectOrigins', to_jsonb(b.redirect_origins),
        'entities', (select coalesce(jsonb_agg(be.entity_id order by be.entity_id), '[]') from brand_entities be
          where be.brand_id = b.brand_id)) order by b.brand_id), '[]') from brands b),
    'accounts', (select coalesce(jsonb_agg(jsonb_build_object(
        'account', jsonb_build_object(
            'id', m.mid_id, 'entity', m.entity_id, 'provider', m.provider, 'name', m.name, 'status', m.status,
            'killSwitch', m.kill_switch, 'accepts', m.accepts, 'priority', m.priority, 'weight', m.weight,
            'underwrittenFor', (select coalesce(jsonb_agg(u.category order by u.category), '[]')
              from mid_underwriting u join entity_underwriting eu using (entity_id, category)
              where u.mid_id = m.mid_id and u.revoked_at is null and eu.revoked_at is null))
          || case when m.settings = '{}' then '{}' else jsonb_build_object('settings', m.settings) end
          || case when not m.live then '{}' else jsonb_build_object('live', true,
            'gates', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('gate', g.gate, 'by', g.passed_by,
                'person', (select person from principals where principal = g.passed_by), 'at', iso(g.passed_at)))
              order by g.gate), '[]') from passed_gates g where g.mid_id = m.mid_id and g.revoked_at is null)) end
          || case when m.credentials is null then '{}' else jsonb_build_object('credentials', m.credentials) end
          || case when m.monthly_cap_amount is null then '{}' else jsonb_build_object('monthlyCap',
            jsonb_build_object('amount', m.monthly_cap_amount, 'currency', m.monthly_cap_currency)) end,
        -- Only accounts with a cap are summed up, over an index that holds the amounts.
        'capturedThisMonth', case when m.monthly_cap_amount is null then 0 else (
            select coalesce(sum(c.amount), 0) from captures c
            where c.mid_id = m.mid_id and c.currency = m.monthly_cap_currency
              and c.captured_at >= date_trunc('month', now() at time zone 'utc') at time zone 'utc') end)
        order by m.mid_id), '[]') from merchant_accounts m))
$body$;

-- Gives out undelivered events, oldest first: {limit, leaseMs}.
create function claim_events(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with due as (
    select event_nr from outbox
    where delivered_at is null and (claimed_until is null or claimed_until <= now())
    order by event_nr limit (p ->> 'limit')::integer for update skip locked
  ), claimed as (
    update outbox set claimed_until = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'
    where event_nr in (select event_nr from due)
    returning *
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', 'evt_' || event_nr, 'type', type, 'session', session_id,
    'occurredAt', iso(occurred_at), 'payload', payload) order by event_nr), '[]')
  from claimed
$body$;

-- Marks events as delivered: {ids}.
create function mark_delivered(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with marked as (
    update outbox set delivered_at = now()
    where delivered_at is null
      and event_nr in (select substr(id, 5)::bigint from jsonb_array_elements_text(p -> 'ids') as ids(id))
    returning 1
  )
  select to_jsonb(count(*)) from marked
$body$;

grant execute on function load_registry, declared_before, declare_session, open_attempt, record_outcome, cancel_session, expire_due, take_over,
  claim_unresolved, claim_fulfilment, stop_account, claim_events, mark_delivered, session_json, attempt_json, action_of, iso
  to payments_app;
