set local role payments_owner;
set local search_path to payments, pg_temp;

-- Takes an embed token for the first page that asks, by hashes of both: {session, token, holder}. True for that page
-- ever after, because its answer may have been lost on the way, and false for every other. A token that was taken is a
-- key that was used, so it is kept with the idempotency keys, which nobody changes or removes.
create function exchange_embed_token(p jsonb) returns boolean
language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  insert into idempotency_keys (principal, operation, key, session_id, request)
  values ('checkout', 'embed', p ->> 'token', p ->> 'session', jsonb_build_object('holder', p ->> 'holder'))
  on conflict do nothing;
  return exists (select from idempotency_keys
    where principal = 'checkout' and operation = 'embed' and key = p ->> 'token'
      and session_id = p ->> 'session' and request ->> 'holder' = p ->> 'holder');
end
$body$;

-- Turns of a checkout. A payment is asked for in a turn: who asks takes it by the key `turn` before anything is read or
-- sent, and it is over once the key `confirm` of the same name is used: by the attempt, or by the note that nothing was
-- and nothing will be charged under it. Keys are kept for good, so a turn that is over stays over, whoever wakes up late.
create index checkout_turns on idempotency_keys (session_id) where principal = 'checkout';

-- The open turn of a session, if there is one: somebody has asked for it, and nobody knows what comes of it.
create function open_turn(s text) returns idempotency_keys
language sql stable set search_path = payments, pg_temp as $body$
  select t from idempotency_keys t
  where t.session_id = s and t.principal = 'checkout' and t.operation = 'turn' and not exists (
    select from idempotency_keys c
    where c.principal = 'checkout' and c.operation = 'confirm' and c.key = t.key)
  order by t.created_at desc limit 1
$body$;

-- How many turns of a session were over without an attempt.
create function turns_without_attempt(s text) returns integer
language sql stable set search_path = payments, pg_temp as $body$
  select count(*)::integer from idempotency_keys
  where session_id = s and principal = 'checkout' and operation = 'confirm' and request ? 'over'
$body$;

-- The turn that is to be asked for next.
create function current_turn(s text) returns integer
language sql stable set search_path = payments, pg_temp as $body$
  select (select count(*) from attempts where session_id = s)::integer + turns_without_attempt(s)
$body$;

-- Ends a turn without a charge, for good. The session is locked, as by a write-ahead: one of the two comes first.
create function end_turn_of(s text, turn_key text) returns void
language sql set search_path = payments, pg_temp as $body$
  insert into idempotency_keys (principal, operation, key, session_id, request)
  values ('checkout', 'confirm', turn_key, s, '{"over": true}') on conflict do nothing
$body$;

create function end_lapsed_turn(s text, lapse_ms float8) returns void
language plpgsql set search_path = payments, pg_temp as $body$
declare
  t idempotency_keys := open_turn(s);
begin
  if t.key is not null and t.created_at <= now() - lapse_ms * interval '1 millisecond' then perform end_turn_of(s, t.key); end if;
end
$body$;

-- Takes a turn of a session for a card: {session, key, turn, request, lapseMs}. True for who took it, as often as it is
-- asked and until it is over; false where nothing may be charged: another is asked for, it is over, or never was.
create function take_turn(p jsonb) returns boolean
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if not found or s.state <> 'pending' or s.expires_at <= now() then return false; end if;
  if (open_turn(s.session_id)).key = p ->> 'key' then
    return (open_turn(s.session_id)).request = p -> 'request';
  end if;
  perform end_lapsed_turn(s.session_id, (p ->> 'lapseMs')::float8);
  if (open_turn(s.session_id)).key is not null or current_turn(s.session_id) is distinct from (p ->> 'turn')::integer then
    return false;
  end if;
  insert into idempotency_keys (principal, operation, key, session_id, request)
  values ('checkout', 'turn', p ->> 'key', s.session_id, p -> 'request');
  return true;
end
$body$;

-- Ends a turn that led to no attempt: {session, key}; by who took it.
create function end_turn(p jsonb) returns boolean
language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  perform from payment_sessions where session_id = p ->> 'session' for update;
  perform end_turn_of(p ->> 'session', p ->> 'key');
  return true;
end
$body$;

-- Ends the turn that a page shows, if nobody has taken it: {session, key, turn}. What that page asked for and what is
-- still on its way charges nothing when it arrives. False where another turn is asked for, or none: nothing was ended.
create function withdraw_turn(p jsonb) returns boolean
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
begin
  select * into s from payment_sessions where session_id = p ->> 'session' for update;
  if s.state = 'pending' and (open_turn(s.session_id)).key is null and current_turn(s.session_id) = (p ->> 'turn')::integer then
    perform end_turn_of(s.session_id, p ->> 'key');
    return true;
  end if;
  return false;
end
$body$;

-- Where the turns of a session stand: {session, lapseMs}. One that was asked for so long ago that nobody can be at it any
-- more ends here, by the database's clock; who is at it all the same finds its key used.
create function turns_of(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  t idempotency_keys := open_turn(p ->> 'session');
begin
  if t.created_at <= now() - (p ->> 'lapseMs')::float8 * interval '1 millisecond' then
    perform from payment_sessions where session_id = p ->> 'session' for update;
    perform end_lapsed_turn(p ->> 'session', (p ->> 'lapseMs')::float8);
  end if;
  return jsonb_build_object('over', turns_without_attempt(p ->> 'session'),
    'open', (open_turn(p ->> 'session')).key is not null);
end
$body$;

grant execute on function exchange_embed_token, take_turn, end_turn, withdraw_turn, turns_of to payments_app;
