set local role payments_owner;
set local search_path to payments, pg_temp;

create function api_key_json(k api_keys) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', k.key_id, 'principal', k.principal, 'operations', k.operations,
    'entities', k.entities, 'brands', k.brands, 'createdAt', iso(k.created_at), 'endsAt', iso(end_of(k)),
    'revokedAt', iso(k.revoked_at)))
$body$;

-- Gives out a key: {by, byKey, key, mac, principal, operations, entities?, brands?, lifetimeMs?}, or one in the place of
-- another, which ends after the overlap: {by, byKey, key, mac, replaces, overlapMs}. Alone nobody gives what their own key
-- does not have, nor a key in the name of another operator, with which they could sign for two.
create function give_api_key(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  own api_keys;
  old api_keys;
  k api_keys;
begin
  select * into own from api_keys o where o.key_id = p ->> 'byKey' and o.principal = p ->> 'by' and is_live(o);
  if own.key_id is null or not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  if p ? 'replaces' then
    select * into old from api_keys o where o.key_id = p ->> 'replaces' and is_live(o) for update;
    if not found then return jsonb_build_object('_tag', 'NoSuchKey'); end if;
    -- With the end that it was given, whatever is left of its overlap.
    k := old;
  else
    k := jsonb_populate_record(null::api_keys, p);
    k.ends_at := now() + (p ->> 'lifetimeMs')::float8 * interval '1 millisecond';
  end if;
  if not k.operations <@ own.operations
    -- Nor is it for longer, or whoever has a key for a while would have one for good.
    or coalesce(k.ends_at, 'infinity') > coalesce(end_of(own), 'infinity') then
    return jsonb_build_object('_tag', 'WiderThanOwn');
  end if;
  insert into principals (principal) values (k.principal) on conflict do nothing;
  -- Whoever is made an operator waits meanwhile, or was made one.
  perform from principals o where o.principal = k.principal for update;
  if k.principal <> p ->> 'by' and exists (select from principals o where o.principal = k.principal and o.operator) then
    return jsonb_build_object('_tag', 'WiderThanOwn');
  end if;
  if (select count(*) from api_keys o where o.principal = k.principal and is_live(o)) >= 5 then
    return jsonb_build_object('_tag', 'TooManyKeys');
  end if;
  insert into api_keys (key_id, principal, mac, development, operations, entities, brands, ends_at, given_by, replaces)
  values (p ->> 'key', k.principal, p ->> 'mac', false, k.operations, k.entities, k.brands, k.ends_at, p ->> 'by', old.key_id) returning * into k;
  if old.key_id is not null then
    update api_keys set overlap_ends_at = least(overlap_ends_at, now() + (p ->> 'overlapMs')::float8 * interval '1 millisecond')
    where key_id = old.key_id returning * into old;
  end if;
  perform write_audit('principal:' || k.principal, p ->> 'by', case when p ? 'replaces' then 'key.rotated' else 'key.given' end,
    api_key_json(k) || case when p ? 'replaces' then jsonb_build_object('replaces', old.key_id, 'until', iso(end_of(old))) else '{}' end);
  return jsonb_build_object('_tag', 'Given', 'key', api_key_json(k));
end
$body$;

-- Ends a key at once, and the subscriptions that hang on it: {by, key, reason}. It is the safe direction, so one operator
-- is enough; twice is once.
create function revoke_api_key(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  k api_keys;
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  select * into k from api_keys o where o.key_id = p ->> 'key' for update;
  if not found then return jsonb_build_object('_tag', 'NoSuchKey'); end if;
  if k.revoked_at is null then
    update api_keys set revoked_at = now() where key_id = k.key_id returning * into k;
    perform write_audit('principal:' || k.principal, p ->> 'by', 'key.revoked', jsonb_build_object('id', k.key_id, 'reason', p -> 'reason'));
    perform stop_keyless_subscriptions(p ->> 'by');
  end if;
  return jsonb_build_object('_tag', 'Revoked', 'key', api_key_json(k));
end
$body$;

-- One page of the keys that are taken, of one principal or of all, by their ids: {by, principal?, limit, fromEnd, after?,
-- before?}. Null for whoever is no operator.
create function read_api_keys(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
begin
  if not is_operator(p ->> 'by') then return null; end if;
  return (select coalesce(jsonb_agg(api_key_json(k) order by place), '[]') from (
    select o as k, row_number() over (order by case when (p ->> 'fromEnd')::boolean then o.key_id collate "C" end desc,
      o.key_id collate "C") as place
    from api_keys o where is_live(o) and (p ->> 'principal' is null or o.principal = p ->> 'principal')
      and (p ->> 'after' is null or o.key_id collate "C" > p ->> 'after')
      and (p ->> 'before' is null or o.key_id collate "C" < p ->> 'before')
    order by place limit (p ->> 'limit')::integer) page);
end
$body$;

grant execute on function give_api_key, revoke_api_key, read_api_keys to payments_app;
