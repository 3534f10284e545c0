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

grant execute on function exchange_embed_token to payments_app;
