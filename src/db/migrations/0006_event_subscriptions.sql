set local role payments_owner;
set local search_path to payments, pg_temp;

-- Events out: apps subscribe an address, and what the outbox tells is delivered there as signed webhooks. Nobody but
-- the owner of everything reads these tables; the app's role calls the functions at the end.

create table event_subscriptions (
  subscription_id text primary key check (subscription_id ~ '^es_[0-9A-HJKMNP-TV-Z]{26}$'),
  -- The app that owns it: only this one sees it and touches it.
  principal text not null,
  url text not null,
  -- Null: every type, those of later versions included.
  event_types text[] check (cardinality(event_types) > 0),
  entity_id text references entities,
  brand_id text references brands,
  -- The key that it hangs on: the one that made it, or the last that enabled it. Null: whoever owns the database.
  key_id text references api_keys,
  state text not null default 'active' check (state in ('active', 'disabled', 'removed')),
  disabled_reason text check (disabled_reason in ('by_owner', 'failing', 'gone', 'key_over')),
  disabled_at timestamptz,
  -- Since when there were nothing but failures, and the last of them.
  failing_since timestamptz,
  last_failure_at timestamptz,
  -- What is still to be replayed: {since, after, until, undelivered}; after and until are event numbers.
  replay jsonb,
  created_at timestamptz not null default now(),
  constraint disabled_has_reason check (
    (state = 'disabled') = (disabled_reason is not null) and (state = 'disabled') = (disabled_at is not null))
);
-- Who subscribes again because the answer was lost is told of the subscription that it has.
create unique index one_subscription_per_address on event_subscriptions (principal, url) where state <> 'removed';

-- Sealed by the process that draws them: the key to them is not in the database.
create table event_secrets (
  subscription_id text not null references event_subscriptions,
  generation integer not null,
  sealed text not null,
  created_at timestamptz not null default now(),
  -- Null for the one that is current; the one before it signs as well until then.
  expires_at timestamptz,
  primary key (subscription_id, generation)
);
create unique index one_current_secret on event_secrets (subscription_id) where expires_at is null;

create table event_deliveries (
  subscription_id text not null references event_subscriptions,
  event_nr bigint not null references outbox,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'exhausted')),
  -- Where it stands in the schedule of retries; a replay begins it anew.
  step integer not null default 0,
  tries integer not null default 0,
  -- Rises with every claim: whoever was taken for dead does not record a failure over the next one's head.
  claim integer not null default 0,
  claimed_until timestamptz,
  next_try_at timestamptz,
  last_try_at timestamptz,
  last_status integer,
  last_answer text check (length(last_answer) <= 500),
  delivered_at timestamptz,
  primary key (subscription_id, event_nr),
  constraint pending_has_next_try check ((state = 'pending') = (next_try_at is not null)),
  constraint delivered_has_time check ((state = 'delivered') = (delivered_at is not null))
);
create index event_deliveries_due on event_deliveries (subscription_id, next_try_at, event_nr) where state = 'pending';
create index event_deliveries_claimed on event_deliveries (subscription_id, claimed_until) where claimed_until is not null;
create index event_deliveries_undelivered on event_deliveries (subscription_id, event_nr) where state <> 'delivered';

-- Events that no delivery was made of yet. A table of its own, so that this never locks a row of the outbox.
create table event_fan_out (event_nr bigint primary key);

create function queue_fan_out() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if exists (select from event_subscriptions where state = 'active') then
    insert into event_fan_out (event_nr) values (new.event_nr);
  end if;
  return null;
end
$body$;
create trigger queue_fan_out after insert on outbox for each row execute function queue_fan_out();

create function guard_subscription() returns trigger language plpgsql as $body$
begin
  if (new.subscription_id, new.principal, new.url, new.event_types, new.entity_id, new.brand_id, new.created_at)
    is distinct from (old.subscription_id, old.principal, old.url, old.event_types, old.entity_id, old.brand_id, old.created_at) then
    raise exception 'what was subscribed does not change' using errcode = 'restrict_violation', constraint = 'subscription_unchanged';
  end if;
  if old.state = 'removed' and new.state <> 'removed' then
    raise exception 'a subscription that was removed does not come back' using errcode = 'restrict_violation', constraint = 'removed_is_final';
  end if;
  return new;
end
$body$;
create trigger guard_subscription before update on event_subscriptions for each row execute function guard_subscription();

-- As the kernel reads them ----------------------------------------------------------------------------------------

create function subscription_json(s event_subscriptions) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object(
    'id', s.subscription_id, 'url', s.url, 'eventTypes', to_jsonb(s.event_types), 'entity', s.entity_id,
    'brand', s.brand_id, 'key', s.key_id, 'state', s.state, 'disabledReason', s.disabled_reason, 'disabledAt', iso(s.disabled_at),
    'failingSince', iso(s.failing_since), 'replayingSince', s.replay -> 'since', 'createdAt', iso(s.created_at),
    'previousSecretUntil', (select iso(max(expires_at)) from event_secrets
      where subscription_id = s.subscription_id and expires_at > now())))
$body$;

create function delivery_json(d event_deliveries, e outbox) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object(
    'id', 'ed_' || substr(d.subscription_id, 4) || '_' || d.event_nr, 'subscription', d.subscription_id,
    'event', 'evt_' || d.event_nr, 'type', e.type, 'session', e.session_id, 'occurredAt', iso(e.occurred_at),
    'state', d.state, 'tries', d.tries, 'lastTryAt', iso(d.last_try_at), 'lastStatus', d.last_status,
    'lastAnswer', d.last_answer, 'nextTryAt', iso(d.next_try_at), 'deliveredAt', iso(d.delivered_at)))
$body$;

-- Whether a subscription is told of an event: one that happened since it exists, of its types, in its scope.
create function event_wanted(s event_subscriptions, e outbox) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select e.occurred_at >= s.created_at
    and (s.event_types is null or e.type = any (s.event_types))
    and (s.entity_id is null or s.entity_id = e.payload ->> 'entity')
    and (s.brand_id is null or s.brand_id = e.payload ->> 'brand')
$body$;

-- Whether what was begun with a key goes on: nobody revoked it, and it is taken, or one that came in its place is.
create function key_stands(k text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  with recursive line as (
    select o from api_keys o where o.key_id = k
    union all
    select n from line join api_keys n on n.replaces = (line.o).key_id
  )
  select k is null or exists (select from line where is_live(o))
    and not exists (select from api_keys o where o.key_id = k and o.revoked_at is not null)
$body$;

-- Stops what hangs on keys that are over, so that whoever held them is told nothing more. Its app goes on with another
-- key of its name by enabling it with that.
create function stop_keyless_subscriptions(actor text) returns void
language plpgsql set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions;
begin
  for s in
    select * from event_subscriptions where state = 'active' and not key_stands(key_id)
    order by subscription_id for no key update
  loop
    update event_subscriptions set state = 'disabled', disabled_reason = 'key_over', disabled_at = now()
    where subscription_id = s.subscription_id;
    perform write_audit('subscription:' || s.subscription_id, actor, 'subscription.disabled',
      jsonb_build_object('reason', 'key_over', 'key', s.key_id));
  end loop;
end
$body$;

-- What an app asks for: {by, subscription, ...}. Null when the app has no such subscription --------------------------

-- {by, byKey?, id, url, eventTypes?, entity?, brand?, sealed, most}.
create function create_subscription(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions;
begin
  -- It ends before this or sees what comes of it.
  perform from api_keys where key_id = p ->> 'byKey' for share;
  select * into s from event_subscriptions
  where principal = p ->> 'by' and url = p ->> 'url' and state <> 'removed';
  if found then return jsonb_build_object('_tag', 'AlreadySubscribed', 'subscription', s.subscription_id); end if;
  if (select count(*) from event_subscriptions where principal = p ->> 'by' and state <> 'removed') >= (p ->> 'most')::integer then
    return jsonb_build_object('_tag', 'TooMany');
  end if;
  insert into event_subscriptions (subscription_id, principal, url, event_types, entity_id, brand_id, key_id)
  values (p ->> 'id', p ->> 'by', p ->> 'url',
    case when p ? 'eventTypes' then array(select jsonb_array_elements_text(p -> 'eventTypes')) end,
    p ->> 'entity', p ->> 'brand', p ->> 'byKey')
  on conflict (principal, url) where state <> 'removed' do nothing
  returning * into s;
  -- Somebody subscribed the same address between the two statements.
  if not found then return create_subscription(p); end if;
  insert into event_secrets (subscription_id, generation, sealed) values (s.subscription_id, 1, p ->> 'sealed');
  perform write_audit('subscription:' || s.subscription_id, p ->> 'by', 'subscription.created', subscription_json(s));
  perform stop_keyless_subscriptions(p ->> 'by');
  select * into s from event_subscriptions where subscription_id = s.subscription_id;
  return jsonb_build_object('_tag', 'Created', 'subscription', subscription_json(s));
end
$body$;

-- {by, subscription?}: the app's subscriptions, or that one of them; the newest first.
create function read_subscriptions(p jsonb) returns jsonb
language sql stable security definer set search_path = payments, pg_temp as $body$
  select coalesce(jsonb_agg(subscription_json(s) order by s.created_at desc, s.subscription_id desc), '[]')
  from event_subscriptions s
  where s.principal = p ->> 'by' and s.state <> 'removed'
    and (p ->> 'subscription' is null or s.subscription_id = p ->> 'subscription')
$body$;

-- Locks a subscription of the app's.
create function own_subscription(p jsonb) returns event_subscriptions
language sql set search_path = payments, pg_temp as $body$
  select s from event_subscriptions s
  where subscription_id = p ->> 'subscription' and principal = p ->> 'by' and state <> 'removed' for no key update
$body$;

-- {by, subscription, sealed, overlapMs}: the new secret signs from now on, the one before it beside it for the overlap.
create function rotate_secret(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions := own_subscription(p);
begin
  if s.subscription_id is null then return null; end if;
  delete from event_secrets where subscription_id = s.subscription_id and expires_at is not null;
  update event_secrets set expires_at = now() + (p ->> 'overlapMs')::float8 * interval '1 millisecond'
  where subscription_id = s.subscription_id;
  insert into event_secrets (subscription_id, generation, sealed)
  select s.subscription_id, max(generation) + 1, p ->> 'sealed' from event_secrets where subscription_id = s.subscription_id;
  delete from event_secrets where subscription_id = s.subscription_id and expires_at <= now();
  perform write_audit('subscription:' || s.subscription_id, p ->> 'by', 'subscription.secret_rotated',
    jsonb_build_object('overlapMs', p -> 'overlapMs'));
  return subscription_json(s);
end
$body$;

-- {by, byKey?, subscription, to: active | disabled | removed}. Twice is once. Enabled it hangs on the key that asks.
create function set_subscription_state(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions;
  wanted text := p ->> 'to';
  holder text;
begin
  -- Always the key before what hangs on it: one order of locks.
  perform from api_keys where key_id = p ->> 'byKey' for share;
  s := own_subscription(p);
  if s.subscription_id is null then return null; end if;
  holder := case when wanted = 'active' then coalesce(p ->> 'byKey', s.key_id) else s.key_id end;
  if s.state = wanted and holder is not distinct from s.key_id then return subscription_json(s); end if;
  -- A key that was revoked on the way here goes on with nothing.
  if wanted = 'active' and not key_stands(holder) then return subscription_json(s); end if;
  update event_subscriptions
  set state = wanted, key_id = holder, failing_since = null, last_failure_at = null,
    disabled_reason = case when wanted = 'disabled' then 'by_owner' end,
    disabled_at = case when wanted = 'disabled' then now() end
  where subscription_id = s.subscription_id returning * into s;
  if wanted = 'removed' then delete from event_secrets where subscription_id = s.subscription_id; end if;
  perform write_audit('subscription:' || s.subscription_id, p ->> 'by', 'subscription.' || wanted, jsonb_strip_nulls(jsonb_build_object(
    'key', case when wanted = 'active' then holder end)));
  return subscription_json(s);
end
$body$;

-- {by, subscription, undelivered, size, from: start | end, after?, before?}: deliveries by event, the newest first, one
-- more than asked for.
create function read_deliveries(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  s text := p ->> 'subscription';
  wanted integer := (p ->> 'size')::integer + 1;
  below bigint := coalesce((p ->> 'after')::bigint, 9223372036854775807);
  above bigint := coalesce((p ->> 'before')::bigint, 0);
  found_rows jsonb;
begin
  if not exists (select from event_subscriptions where subscription_id = s and principal = p ->> 'by' and state <> 'removed') then
    return null;
  end if;
  -- Four statements, each with an index of its own that it follows in its order.
  if p ->> 'from' = 'end' and (p ->> 'undelivered')::boolean then
    select jsonb_agg(one) into found_rows from (select delivery_json(d, e) as one from event_deliveries d join outbox e using (event_nr)
      where d.subscription_id = s and d.state <> 'delivered' and d.event_nr < below and d.event_nr > above order by d.event_nr limit wanted) x;
  elsif p ->> 'from' = 'end' then
    select jsonb_agg(one) into found_rows from (select delivery_json(d, e) as one from event_deliveries d join outbox e using (event_nr)
      where d.subscription_id = s and d.event_nr < below and d.event_nr > above order by d.event_nr limit wanted) x;
  elsif (p ->> 'undelivered')::boolean then
    select jsonb_agg(one) into found_rows from (select delivery_json(d, e) as one from event_deliveries d join outbox e using (event_nr)
      where d.subscription_id = s and d.state <> 'delivered' and d.event_nr < below and d.event_nr > above order by d.event_nr desc limit wanted) x;
  else
    select jsonb_agg(one) into found_rows from (select delivery_json(d, e) as one from event_deliveries d join outbox e using (event_nr)
      where d.subscription_id = s and d.event_nr < below and d.event_nr > above order by d.event_nr desc limit wanted) x;
  end if;
  return coalesce(found_rows, '[]');
end
$body$;

-- {by, subscription, event}: one delivery is made once more, whatever became of it. One that is on its way just now is
-- left alone.
create function replay_delivery(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions := own_subscription(p);
  d event_deliveries;
  e outbox;
begin
  if s.subscription_id is null then return null; end if;
  if s.state <> 'active' then return jsonb_build_object('_tag', 'Disabled', 'reason', s.disabled_reason); end if;
  select * into d from event_deliveries
  where subscription_id = s.subscription_id and event_nr = (p ->> 'event')::bigint for update;
  if not found then return jsonb_build_object('_tag', 'NoSuchDelivery'); end if;
  if coalesce(d.claimed_until <= now(), true) then
    update event_deliveries
    set state = 'pending', step = 0, claim = claim + 1, next_try_at = now(), claimed_until = null, delivered_at = null
    where subscription_id = d.subscription_id and event_nr = d.event_nr returning * into d;
  end if;
  perform write_audit('subscription:' || s.subscription_id, p ->> 'by', 'delivery.replayed', jsonb_build_object('event', 'evt_' || d.event_nr));
  select * into e from outbox where event_nr = d.event_nr;
  return jsonb_build_object('_tag', 'Replaying', 'delivery', delivery_json(d, e));
end
$body$;

-- {by, subscription, since, undelivered}: everything since a time is made once more, by `replay_events` in its batches.
create function replay_since(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions := own_subscription(p);
  -- Numbers are not quite in the order of the times: no transaction lasts longer than this.
  from_time timestamptz := (p ->> 'since')::timestamptz - interval '1 minute';
  low bigint := 0;
  high bigint := coalesce((select max(event_nr) from outbox), 0);
  newest bigint := high;
  middle bigint;
  at timestamptz;
begin
  if s.subscription_id is null then return null; end if;
  if s.state <> 'active' then return jsonb_build_object('_tag', 'Disabled', 'reason', s.disabled_reason); end if;
  -- The first event after that time, by halves: nothing is ordered by time that could be asked.
  while low < high loop
    middle := (low + high) / 2;
    select occurred_at into at from outbox where event_nr > middle order by event_nr limit 1;
    if at < from_time then low := middle + 1; else high := middle; end if;
  end loop;
  update event_subscriptions set replay = jsonb_build_object(
    'since', least(iso((p ->> 'since')::timestamptz), replay ->> 'since'),
    'after', least(low, (replay ->> 'after')::bigint), 'until', newest,
    'undelivered', (p ->> 'undelivered')::boolean and coalesce((replay ->> 'undelivered')::boolean, true))
  where subscription_id = s.subscription_id returning * into s;
  perform write_audit('subscription:' || s.subscription_id, p ->> 'by', 'subscription.replayed', s.replay);
  return jsonb_build_object('_tag', 'Replaying', 'subscription', subscription_json(s));
end
$body$;

-- What the workers do ---------------------------------------------------------------------------------------------

-- Makes deliveries of events: {limit}. Answers how many events.
create function fan_out_events(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  told jsonb;
begin
  -- Keys end by their time too.
  perform stop_keyless_subscriptions('fan-out');
  with due as (
    select event_nr from event_fan_out order by event_nr limit (p ->> 'limit')::integer for update skip locked
  ), taken as (
    delete from event_fan_out where event_nr in (select event_nr from due) returning event_nr
  ), written as (
    insert into event_deliveries (subscription_id, event_nr, next_try_at)
    select s.subscription_id, e.event_nr, now()
    from taken join outbox e using (event_nr) join event_subscriptions s on s.state = 'active' and event_wanted(s, e)
    on conflict do nothing
  )
  select to_jsonb(count(*)) into told from taken;
  return told;
end
$body$;

-- Makes deliveries anew for one subscription that has a replay before it: {limit}. Answers how many events it looked at.
create function replay_events(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions;
  seen bigint;
  last_seen bigint;
begin
  select * into s from event_subscriptions where replay is not null and state = 'active'
  order by subscription_id limit 1 for no key update skip locked;
  if not found then return to_jsonb(0); end if;
  with batch as (
    select e.event_nr from outbox e
    where e.event_nr > (s.replay ->> 'after')::bigint and e.event_nr <= (s.replay ->> 'until')::bigint
    order by e.event_nr limit (p ->> 'limit')::integer
  ), written as (
    insert into event_deliveries as d (subscription_id, event_nr, next_try_at)
    select s.subscription_id, e.event_nr, now() from batch join outbox e using (event_nr)
    where event_wanted(s, e) and e.occurred_at >= (s.replay ->> 'since')::timestamptz
    on conflict (subscription_id, event_nr) do update
    set state = 'pending', step = 0, claim = d.claim + 1, next_try_at = now(), claimed_until = null, delivered_at = null
    where coalesce(d.claimed_until <= now(), true) and (d.state <> 'delivered' or not (s.replay ->> 'undelivered')::boolean)
  )
  select count(*), max(event_nr) into seen, last_seen from batch;
  update event_subscriptions
  set replay = case when seen < (p ->> 'limit')::integer then null else replay || jsonb_build_object('after', last_seen) end
  where subscription_id = s.subscription_id;
  return to_jsonb(seen);
end
$body$;

-- Gives out deliveries that are due: {failing, limit, each, leaseMs}. Subscriptions take turns, and no more than `each`
-- of one are under way at a time, whoever claims; those that fail are claimed for apart from the others.
create function claim_deliveries(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with chosen as (
    -- Whoever claims for a subscription has it to himself for the moment: nobody waits for rows that he is about to take.
    select s.subscription_id, s.url from event_subscriptions s
    where s.state = 'active' and (s.failing_since is not null) = (p ->> 'failing')::boolean
      and exists (select from event_deliveries d
        where d.subscription_id = s.subscription_id and d.state = 'pending' and d.next_try_at <= now())
    for no key update skip locked
  ), due as (
    select d.* from chosen s cross join lateral (
      select d.subscription_id, d.event_nr, d.next_try_at, row_number() over (order by d.next_try_at, d.event_nr) as turn
      from event_deliveries d
      where d.subscription_id = s.subscription_id and d.state = 'pending' and d.next_try_at <= now()
      order by d.next_try_at, d.event_nr
      limit greatest((p ->> 'each')::integer - (select count(*) from event_deliveries f
        where f.subscription_id = s.subscription_id and f.claimed_until > now()), 0)
    ) d order by d.turn, d.next_try_at limit (p ->> 'limit')::integer
  ), claimed as (
    update event_deliveries d
    set claim = d.claim + 1, claimed_until = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond',
      next_try_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'
    from due where (d.subscription_id, d.event_nr) = (due.subscription_id, due.event_nr)
      -- Looked at again on the row as it is now: somebody may have claimed it after this statement began.
      and d.state = 'pending' and d.next_try_at <= now()
    returning d.subscription_id, d.event_nr, d.claim, d.step, due.turn
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'subscription', c.subscription_id, 'event', 'evt_' || c.event_nr, 'claim', c.claim, 'step', c.step, 'url', s.url,
    'type', e.type, 'occurredAt', iso(e.occurred_at), 'payload', e.payload, 'trace', e.trace,
    'secrets', (select coalesce(jsonb_agg(k.sealed order by k.generation desc), '[]') from event_secrets k
      where k.subscription_id = c.subscription_id and (k.expires_at is null or k.expires_at > now())))
    order by c.turn, c.event_nr), '[]')
  from claimed c join chosen s using (subscription_id) join outbox e using (event_nr)
$body$;

-- What came of one try: {subscription, event, claim, outcome: delivered | failed | gone, status?, answer?, retryMs?,
-- streakMs, disableAfterMs}. Answers why the subscription was disabled by it, or null.
create function record_delivery(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s event_subscriptions;
  d event_deliveries;
  delivered boolean := p ->> 'outcome' = 'delivered';
  reason text;
begin
  -- Always the subscription before its delivery: one order of locks.
  select * into s from event_subscriptions where subscription_id = p ->> 'subscription' for no key update;
  select * into d from event_deliveries
  where subscription_id = s.subscription_id and event_nr = substr(p ->> 'event', 5)::bigint for update;
  -- What was received was received, whoever holds the claim by now. A failure is told by the holder only.
  if not found or d.state <> 'pending' or (not delivered and d.claim <> (p ->> 'claim')::integer) then return null; end if;
  update event_deliveries
  set state = case when delivered then 'delivered' when p ->> 'retryMs' is null then 'exhausted' else 'pending' end,
    step = step + 1, tries = tries + 1, claimed_until = null, last_try_at = now(),
    last_status = (p ->> 'status')::integer, last_answer = p ->> 'answer',
    next_try_at = case when not delivered then now() + (p ->> 'retryMs')::float8 * interval '1 millisecond' end,
    delivered_at = case when delivered then now() end
  where subscription_id = d.subscription_id and event_nr = d.event_nr;
  if delivered then
    if s.failing_since is not null then
      update event_subscriptions set failing_since = null, last_failure_at = null where subscription_id = s.subscription_id;
    end if;
    return null;
  end if;
  -- A failure long after the one before it begins a new row of them.
  if s.failing_since is null or s.last_failure_at < now() - (p ->> 'streakMs')::float8 * interval '1 millisecond' then
    s.failing_since := now();
  end if;
  reason := case
    when s.state <> 'active' then null
    when p ->> 'outcome' = 'gone' then 'gone'
    when s.failing_since <= now() - (p ->> 'disableAfterMs')::float8 * interval '1 millisecond' then 'failing'
  end;
  update event_subscriptions
  set failing_since = s.failing_since, last_failure_at = now(),
    state = case when reason is null then state else 'disabled' end, disabled_reason = coalesce(reason, disabled_reason),
    disabled_at = case when reason is null then disabled_at else now() end
  where subscription_id = s.subscription_id;
  if reason is not null then
    perform write_audit('subscription:' || s.subscription_id, 'delivery', 'subscription.disabled', jsonb_build_object(
      'reason', reason, 'event', p -> 'event', 'status', p -> 'status'));
  end if;
  return to_jsonb(reason);
end
$body$;

grant execute on function create_subscription, read_subscriptions, rotate_secret, set_subscription_state,
  read_deliveries, replay_delivery, replay_since, fan_out_events, replay_events, claim_deliveries, record_delivery
  to payments_app;
