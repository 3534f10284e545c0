set local role payments_owner;
set local search_path to payments, pg_temp;

-- What loosens takes two persons: one asks, with the exact new values, and another one signs. What is signed is done in
-- the same commit, and only if what it was asked against is as it was. What tightens is one person's, at once.
create table change_requests (
  change_nr bigint generated always as identity primary key,
  kind text not null check (kind in ('resume_mid')),
  -- What of it there is one of: one request for it is open at a time.
  about text not null,
  -- The chain of the audit that it is told in.
  chain text not null,
  wanted jsonb not null,
  -- What stood there when it was asked for.
  base jsonb not null,
  reason text not null check (length(reason) between 1 and 500),
  state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'withdrawn', 'expired')),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  expires_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  said text,
  constraint change_decided_by_somebody check (
    (state = 'open') = (decided_by is null) and (state = 'open') = (decided_at is null)),
  constraint change_approved_in_time check (state <> 'approved' or decided_at <= expires_at)
);
create unique index one_open_change on change_requests (kind, about) where state = 'open';
create index change_requests_open on change_requests (expires_at) where state = 'open';

-- What a key has to be for, so that its holder may ask for a change.
create function change_right(kind text) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select 'registry:write'
$body$;

-- Whether an operator has a key now that is for something: any of theirs, or the one that is named.
create function may(who text, operation text, key text default null) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select is_operator(who) and exists (select from api_keys k
    where k.principal = who and is_live(k) and operation = any (k.operations) and (key is null or k.key_id = key))
$body$;

-- As the owner, so that whoever may write a request is judged, and not stopped for a function that he may not call.
create function guard_change() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'open' then
      raise exception 'a change is asked for before it is signed' using errcode = 'check_violation', constraint = 'change_begins_open';
    end if;
  else
    if (new.change_nr, new.kind, new.about, new.chain, new.wanted, new.base, new.reason, new.requested_by, new.requested_at, new.expires_at)
      is distinct from (old.change_nr, old.kind, old.about, old.chain, old.wanted, old.base, old.reason, old.requested_by, old.requested_at, old.expires_at) then
      raise exception 'what was asked for does not change' using errcode = 'restrict_violation', constraint = 'change_unchanged';
    end if;
    if old.state <> 'open' then
      raise exception 'a change is decided once' using errcode = 'restrict_violation', constraint = 'change_decided_once';
    end if;
  end if;
  if new.state in ('open', 'approved') and not may(new.requested_by, change_right(new.kind))
    or new.state in ('approved', 'rejected') and not may(new.decided_by, 'changes:approve') then
    raise exception 'a change is asked for and signed by whoever may' using errcode = 'check_violation', constraint = 'change_by_right';
  end if;
  if new.state = 'approved' and person_of(new.decided_by) = person_of(new.requested_by) then
    raise exception 'nobody signs what they asked for' using errcode = 'check_violation', constraint = 'change_second_person';
  end if;
  if new.state = 'withdrawn' and person_of(new.decided_by) <> person_of(new.requested_by) then
    raise exception 'who asked withdraws' using errcode = 'check_violation', constraint = 'change_withdrawn_by_own';
  end if;
  return new;
end
$body$;
create trigger guard_change before insert or update on change_requests for each row execute function guard_change();
create trigger no_delete before delete on change_requests for each row execute function refuse_change();
create trigger no_truncate before truncate on change_requests for each statement execute function refuse_change();

-- Whether this very commit is one that two persons signed for.
create function signed_now(wanted_kind text, wanted_about text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (select from change_requests c
    where c.kind = wanted_kind and c.about = wanted_about and c.state = 'approved' and c.decided_at = now())
$body$;

-- Whatever the code does, an account sends again only in the commit of the second signature.
create function guard_account_loosened() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if old.kill_switch and not new.kill_switch and not signed_now('resume_mid', new.mid_id) then
    raise exception 'two persons let an account send again' using errcode = 'check_violation', constraint = 'resumed_by_two';
  end if;
  return new;
end
$body$;
create trigger guard_account_loosened before update on merchant_accounts for each row execute function guard_account_loosened();

create function change_json(c change_requests) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', 'cr_' || c.change_nr, 'kind', c.kind, 'reason', c.reason,
    'state', case when c.state = 'open' and c.expires_at <= now() then 'expired' else c.state end,
    'requestedBy', c.requested_by, 'requestedAt', iso(c.requested_at), 'expiresAt', iso(c.expires_at),
    'decidedBy', c.decided_by, 'decidedAt', iso(c.decided_at), 'said', c.said))
    || jsonb_build_object('wanted', c.wanted, 'before', c.base)
$body$;

-- What a request of a kind is about.
create function change_about(kind text, wanted jsonb) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select wanted ->> 'mid'
$body$;

create function change_chain(kind text, wanted jsonb) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select 'mid:' || (wanted ->> 'mid')
$body$;

-- What stands there now of what would be changed; null when there is no such thing. A stop is told with who stopped it
-- when and why: another stop is another one, though the switch is on as before.
create function change_base(kind text, wanted jsonb) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_build_object('killSwitch', m.kill_switch, 'stopped', case when m.kill_switch then (
      select jsonb_build_object('row', position, 'by', actor, 'at', iso(at), 'reason', detail -> 'reason') from audit
      where chain = 'mid:' || m.mid_id and action = 'mid.kill_switch' order by position desc limit 1) end)
  from merchant_accounts m where m.mid_id = wanted ->> 'mid'
$body$;

-- Whether nothing is left to do.
create function change_done(kind text, base jsonb) returns boolean language sql immutable set search_path = payments, pg_temp as $body$
  select not (base ->> 'killSwitch')::boolean
$body$;

-- Locks what would be changed, before the request: the order of locks of all who change it.
create function lock_changed(kind text, wanted jsonb) returns void language plpgsql set search_path = payments, pg_temp as $body$
begin
  perform from merchant_accounts where mid_id = wanted ->> 'mid' for no key update;
end
$body$;

-- Does what two persons signed.
create function do_change(c change_requests) returns void language plpgsql set search_path = payments, pg_temp as $body$
declare
  signed jsonb := jsonb_build_object('reason', c.reason, 'change', 'cr_' || c.change_nr, 'requestedBy', c.requested_by);
begin
  update merchant_accounts set kill_switch = false where mid_id = c.wanted ->> 'mid';
  perform write_audit(c.chain, c.decided_by, 'mid.kill_switch', signed || '{"on": false}');
end
$body$;

-- Ends requests whose time is over, one or all: {limit, nr?}. Answers how many.
create function expire_changes(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  c change_requests;
  expired integer := 0;
begin
  for c in
    select * from change_requests where state = 'open' and expires_at <= now()
      and (p ->> 'nr' is null or change_nr = (p ->> 'nr')::bigint)
    order by expires_at limit (p ->> 'limit')::integer for update skip locked
  loop
    update change_requests set state = 'expired', decided_by = 'expiry', decided_at = now() where change_nr = c.change_nr;
    perform write_audit(c.chain, 'expiry', 'change.expired', jsonb_build_object('change', 'cr_' || c.change_nr));
    expired := expired + 1;
  end loop;
  return to_jsonb(expired);
end
$body$;

-- {by, byKey, kind, wanted, reason, lifetimeMs}. Who asks for the same that is asked for already is told of that one.
create function request_change(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  k text := p ->> 'kind';
  w jsonb := p -> 'wanted';
  base jsonb := change_base(k, w);
  c change_requests;
begin
  if not may(p ->> 'by', change_right(k), p ->> 'byKey') or not may(p ->> 'by', 'changes:request', p ->> 'byKey') then
    return jsonb_build_object('_tag', 'NotOperator');
  end if;
  if base is null then return jsonb_build_object('_tag', 'NotThere'); end if;
  if change_done(k, base) then return jsonb_build_object('_tag', 'AsWanted'); end if;
  perform expire_changes(jsonb_build_object('limit', 1, 'nr', (
    select change_nr from change_requests where kind = k and about = change_about(k, w) and state = 'open')));
  loop
    -- Of two at once the second waits here until the first is committed.
    insert into change_requests (kind, about, chain, wanted, base, reason, requested_by, expires_at)
    values (k, change_about(k, w), change_chain(k, w), w, base, p ->> 'reason', p ->> 'by',
      now() + (p ->> 'lifetimeMs')::float8 * interval '1 millisecond')
    on conflict (kind, about) where state = 'open' do nothing
    returning * into c;
    exit when found;
    select * into c from change_requests where kind = k and about = change_about(k, w) and state = 'open';
    -- Decided meanwhile: there is room for another one.
    continue when not found;
    if c.wanted = w and c.base = base then return jsonb_build_object('_tag', 'Requested', 'change', change_json(c)); end if;
    return jsonb_build_object('_tag', 'OpenAlready', 'change', 'cr_' || c.change_nr);
  end loop;
  perform write_audit(c.chain, p ->> 'by', 'change.requested', change_json(c));
  return jsonb_build_object('_tag', 'Requested', 'change', change_json(c));
end
$body$;

-- {by, byKey, nr, decision: approved | rejected | withdrawn, said?}. What is approved is done in the same commit.
create function decide_change(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  c change_requests;
  wish text := p ->> 'decision';
  stands jsonb;
begin
  if not (case when wish = 'withdrawn' then is_operator(p ->> 'by') else may(p ->> 'by', 'changes:approve', p ->> 'byKey') end) then
    return jsonb_build_object('_tag', 'NotOperator');
  end if;
  select * into c from change_requests where change_nr = (p ->> 'nr')::bigint;
  if not found then return jsonb_build_object('_tag', 'NoSuchChange'); end if;
  if wish = 'approved' then perform lock_changed(c.kind, c.wanted); end if;
  select * into c from change_requests where change_nr = c.change_nr for update;
  perform expire_changes(jsonb_build_object('limit', 1, 'nr', c.change_nr));
  select * into c from change_requests where change_nr = c.change_nr;
  if c.state <> 'open' then
    -- Whoever did not hear the answer asks again and is told the same.
    if c.decided_by = p ->> 'by' and c.state = wish then return jsonb_build_object('_tag', 'Decided', 'change', change_json(c)); end if;
    return jsonb_build_object('_tag', 'DecidedBefore', 'state', c.state);
  end if;
  if wish = 'withdrawn' and person_of(c.requested_by) <> person_of(p ->> 'by') then return jsonb_build_object('_tag', 'AskedByAnother'); end if;
  if wish = 'approved' then
    if person_of(c.requested_by) = person_of(p ->> 'by') then return jsonb_build_object('_tag', 'SamePerson'); end if;
    if not may(c.requested_by, change_right(c.kind)) then return jsonb_build_object('_tag', 'AskedByNoOperator'); end if;
    stands := change_base(c.kind, c.wanted);
    if stands is distinct from c.base then
      return jsonb_build_object('_tag', 'ChangedSince', 'before', c.base, 'stands', stands);
    end if;
  end if;
  update change_requests set state = wish, decided_by = p ->> 'by', decided_at = now(), said = p ->> 'said'
  where change_nr = c.change_nr returning * into c;
  perform write_audit(c.chain, p ->> 'by', 'change.' || c.state, jsonb_build_object(
    'change', 'cr_' || c.change_nr, 'kind', c.kind, 'requestedBy', c.requested_by, 'said', c.said));
  if wish = 'approved' then perform do_change(c); end if;
  return jsonb_build_object('_tag', 'Decided', 'change', change_json(c));
end
$body$;

-- {by, nrs}: those of them that there are. Null for whoever is no operator, as below.
create function read_changes_by_id(p jsonb) returns jsonb
language sql stable security definer set search_path = payments, pg_temp as $body$
  select case when is_operator(p ->> 'by') then (select coalesce(jsonb_agg(change_json(c)), '[]') from change_requests c
    where change_nr in (select jsonb_array_elements_text(p -> 'nrs')::bigint)) end
$body$;

-- {by, states?, kinds?, size, from: start | end, after?, before?}: requests, the newest first, one more than asked for.
create function read_changes(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  wanted_rows integer := (p ->> 'size')::integer + 1;
  below bigint := coalesce((p ->> 'after')::bigint, 9223372036854775807);
  above bigint := coalesce((p ->> 'before')::bigint, 0);
  backwards boolean := p ->> 'from' = 'end';
  found_rows jsonb;
begin
  if not is_operator(p ->> 'by') then return null; end if;
  select jsonb_agg(one) into found_rows from (
    select change_json(c) as one from change_requests c
    where change_nr < below and change_nr > above
      and (p -> 'kinds' is null or p -> 'kinds' ? kind)
      and (p -> 'states' is null or p -> 'states' ? case when state = 'open' and expires_at <= now() then 'expired' else state end)
    order by case when backwards then change_nr else -change_nr end limit wanted_rows) x;
  return coalesce(found_rows, '[]');
end
$body$;

grant execute on function expire_changes, request_change, decide_change, read_changes_by_id, read_changes to payments_app;
