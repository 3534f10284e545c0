set local role payments_owner;
set local search_path to payments, pg_temp;

-- A bucket of tokens is one time: when it will be full again. One that is full is no row. Taking a token adds the time that
-- one takes to come back, and is refused where the bucket would be emptier than empty. Unlogged: a request that is counted
-- waits for no disk, and after a crash every bucket is full.
create unlogged table rate_buckets (
  bucket text primary key,
  full_at timestamptz not null
) with (fillfactor = 50);

-- Milliseconds until a bucket has a token again, null when it has one. A rate is {atOnce, everyMs}.
create function rate_wait(b text, rate jsonb) returns float8 language sql volatile set search_path = payments, pg_temp as $body$
  select extract(epoch from missing) * 1000 from (
    select full_at - ((rate ->> 'atOnce')::int - 1) * (rate ->> 'everyMs')::float8 * interval '1 millisecond' - clock_timestamp() as missing
    from rate_buckets where bucket = b) one
  where missing > interval '0'
$body$;

-- Takes a token; null when it was there, else how many milliseconds it is away and nothing was written.
create function take_token(b text, rate jsonb) returns float8
language plpgsql set search_path = payments, pg_temp as $body$
declare
  every interval := (rate ->> 'everyMs')::float8 * interval '1 millisecond';
begin
  insert into rate_buckets as r values (b, clock_timestamp() + every)
  on conflict (bucket) do update set full_at = greatest(r.full_at, clock_timestamp()) + every
  where r.full_at <= clock_timestamp() + ((rate ->> 'atOnce')::int - 1) * every;
  if found then return null; end if;
  return coalesce(rate_wait(b, rate), 1);
end
$body$;

-- Whether a session and a card {vaultId, tokenRef, fingerprint?} may be tried once more: null, with a token of each taken, or
-- the refusal of the write-ahead, with none. The caller has the session's lock, so its bucket stays as it was looked at.
-- A card counts where its charge is real: everybody tries with the same test cards.
create function rate_refusal(session text, mid text, card jsonb, limits jsonb) returns jsonb
language plpgsql set search_path = payments, pg_temp as $body$
declare
  of_session jsonb := limits -> 'session';
  of_card jsonb := limits -> 'card';
  wait float8;
begin
  if of_session is not null then
    wait := rate_wait('session:' || session, of_session);
    if wait is not null then return jsonb_build_object('_tag', 'RateLimited', 'limit', 'session', 'waitMs', wait); end if;
  end if;
  if of_card is not null and exists (select from merchant_accounts m where m.mid_id = mid and m.live) then
    wait := take_token(format('card:%s:%s', card ->> 'vaultId',
      coalesce('print:' || (card ->> 'fingerprint'), 'token:' || (card ->> 'tokenRef'))), of_card);
    if wait is not null then return jsonb_build_object('_tag', 'RateLimited', 'limit', 'card', 'waitMs', wait); end if;
  end if;
  if of_session is not null then perform take_token('session:' || session, of_session); end if;
  return null;
end
$body$;

-- Who holds a key: {id, macs?, take: [{limit, rate}]}, with the hashes that it would have under each secret, and none for one
-- that is known to all. Null for a key that is not taken, so that nobody empties the buckets of a key by its public id alone.
create function admit_api_key(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  k api_keys;
  one jsonb;
  wait float8;
begin
  select * into k from api_keys o where o.key_id = p ->> 'id' and is_live(o)
    and case when o.mac is null then not p ? 'macs' else p -> 'macs' ? o.mac end;
  if not found then return null; end if;
  for one in select * from jsonb_array_elements(p -> 'take') loop
    wait := take_token(format('key:%s:%s', one ->> 'limit', k.key_id), one -> 'rate');
    exit when wait is not null;
  end loop;
  return jsonb_build_object('key', k.key_id, 'principal', k.principal, 'mac', k.mac, 'operations', k.operations,
    'entities', k.entities, 'brands', k.brands, 'endsInMs', extract(epoch from end_of(k) - now()) * 1000)
    || case when wait is null then '{}' else jsonb_build_object('limited', jsonb_build_object('limit', one -> 'limit', 'waitMs', wait)) end;
end
$body$;

-- Forgets buckets that are full; the expiry does it at each pass.
create function forget_full_buckets() returns void language sql set search_path = payments, pg_temp as $body$
  delete from rate_buckets r using (
    select bucket from rate_buckets where full_at <= clock_timestamp() limit 1000 for update skip locked) gone
  where r.bucket = gone.bucket
$body$;

grant execute on function admit_api_key to payments_app;
