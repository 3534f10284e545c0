set local role payments_owner;
set local search_path to payments, pg_temp;

-- What loosens takes two persons: one asks, with the exact new values, and another one signs. What is signed is done in
-- the same commit, and only if what it was asked against is as it was. What tightens is one person's, at once.
create table change_requests (
  change_nr bigint generated always as identity primary key,
  kind text not null check (kind in ('resume_mid', 'refund', 'raise_refund_limit', 'change_routing', 'allow_category', 'raise_cap', 'give_key')),
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
  -- What came of it: the refund.
  done text,
  -- Of a refund: under which key it was asked for, and with what. Of an API key: what is kept of it.
  asked_key text,
  asked_body jsonb,
  constraint change_decided_by_somebody check (
    (state = 'open') = (decided_by is null) and (state = 'open') = (decided_at is null)),
  constraint change_approved_in_time check (state <> 'approved' or decided_at <= expires_at)
);
create unique index one_open_change on change_requests (kind, about) where state = 'open';
create index change_requests_open on change_requests (expires_at) where state = 'open';

-- Every key that was answered with a request for a refund, that of who asked first and those of all who asked for the same
-- meanwhile, stays that request's for ever: whoever repeats theirs once it is decided is told what came of it, and asks for
-- nothing anew.
create table change_keys (
  asked_by text not null,
  asked_key text not null,
  change_nr bigint not null references change_requests,
  body jsonb not null,
  constraint change_asked_once primary key (asked_by, asked_key)
);
create trigger append_only before update or delete on change_keys for each row execute function refuse_change();
create trigger no_truncate before truncate on change_keys for each statement execute function refuse_change();

-- What a key has to be for, so that its holder may ask for a change.
create function change_right(kind text) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select case kind when 'refund' then 'refunds:write' when 'give_key' then 'keys:manage' else 'registry:write' end
$body$;

-- Whether an operator has a key now that is for something: any of theirs, or the one that is named.
create function may(who text, operation text, key text default null) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select is_operator(who) and exists (select from api_keys k
    where k.principal = who and is_live(k) and operation = any (k.operations) and (key is null or k.key_id = key))
$body$;

-- Whether somebody may ask for a change: an operator; for a refund also an app.
create function may_ask(who text, kind text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select (kind = 'refund' or is_operator(who)) and exists (select from api_keys k
    where k.principal = who and is_live(k) and change_right(kind) = any (k.operations))
$body$;

-- Whether one person may be behind what was asked for in a name and behind its signature: theirs is that name, or they
-- gave out a key of it that was taken when it was asked for. Whoever gives out a key has seen it.
create function one_hand(signer text, asker text, asked_at timestamptz) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select person_of(signer) = person_of(asker) or exists (select from api_keys k
    where k.principal = asker and person_of(k.given_by) = person_of(signer)
      and k.created_at <= asked_at and coalesce(least(end_of(k), k.revoked_at), 'infinity') >= asked_at)
$body$;

-- As the owner, so that whoever may write a request is judged, and not stopped for a function that he may not call.
create function guard_change() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'open' then
      raise exception 'a change is asked for before it is signed' using errcode = 'check_violation', constraint = 'change_begins_open';
    end if;
  else
    if (new.change_nr, new.kind, new.about, new.chain, new.wanted, new.base, new.reason, new.requested_by, new.requested_at, new.expires_at, new.asked_key, new.asked_body)
      is distinct from (old.change_nr, old.kind, old.about, old.chain, old.wanted, old.base, old.reason, old.requested_by, old.requested_at, old.expires_at, old.asked_key, old.asked_body) then
      raise exception 'what was asked for does not change' using errcode = 'restrict_violation', constraint = 'change_unchanged';
    end if;
    if old.state <> 'open' then
      raise exception 'a change is decided once' using errcode = 'restrict_violation', constraint = 'change_decided_once';
    end if;
  end if;
  if new.state in ('open', 'approved') and not may_ask(new.requested_by, new.kind)
    or new.state in ('approved', 'rejected') and not may(new.decided_by, 'changes:approve') then
    raise exception 'a change is asked for and signed by whoever may' using errcode = 'check_violation', constraint = 'change_by_right';
  end if;
  if new.state = 'approved' and one_hand(new.decided_by, new.requested_by, new.requested_at) then
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
  if old.monthly_cap_amount is not null and not signed_now('raise_cap', new.mid_id)
    and (new.monthly_cap_amount is null or new.monthly_cap_amount > old.monthly_cap_amount or new.monthly_cap_currency <> old.monthly_cap_currency) then
    raise exception 'two persons raise a cap' using errcode = 'check_violation', constraint = 'cap_raised_by_two';
  end if;
  if (new.priority, new.weight, new.accepts) is distinct from (old.priority, old.weight, old.accepts) and not exists (
    select from change_requests c where c.kind = 'change_routing' and c.state = 'approved' and c.decided_at = now()
      and c.wanted -> 'accounts' ? new.mid_id) then
    raise exception 'two persons change what routing goes by' using errcode = 'check_violation', constraint = 'routing_changed_by_two';
  end if;
  return new;
end
$body$;
create trigger guard_account_loosened before update on merchant_accounts for each row execute function guard_account_loosened();

-- What was taken away comes back in such a commit alone, for a company and for an account.
create function guard_underwriting() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if old.revoked_at is not null and new.revoked_at is null and not signed_now('allow_category',
    coalesce(to_jsonb(new) ->> 'mid_id', new.entity_id) || ' ' || new.category) then
    raise exception 'two persons allow a category' using errcode = 'check_violation', constraint = 'allowed_by_two';
  end if;
  return new;
end
$body$;
create trigger guard_underwriting before update on entity_underwriting for each row execute function guard_underwriting();
create trigger guard_underwriting before update on mid_underwriting for each row execute function guard_underwriting();

create function change_json(c change_requests) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', 'cr_' || c.change_nr, 'kind', c.kind, 'reason', c.reason,
    'state', case when c.state = 'open' and c.expires_at <= now() then 'expired' else c.state end,
    'requestedBy', c.requested_by, 'requestedAt', iso(c.requested_at), 'expiresAt', iso(c.expires_at),
    'decidedBy', c.decided_by, 'decidedAt', iso(c.decided_at), 'said', c.said, 'done', c.done))
    || jsonb_build_object('wanted', c.wanted, 'before', c.base)
$body$;

-- What a request of a kind is about.
create function change_about(kind text, wanted jsonb) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select case kind
    when 'resume_mid' then wanted ->> 'mid'
    when 'refund' then (wanted ->> 'mid') || ' ' || (wanted ->> 'processorReference')
    when 'raise_refund_limit' then (wanted ->> 'entity') || ' ' || (wanted ->> 'currency')
    when 'raise_cap' then wanted ->> 'mid'
    when 'give_key' then wanted ->> 'key'
    when 'allow_category' then coalesce(wanted ->> 'mid', wanted ->> 'entity') || ' ' || (wanted ->> 'category')
    when 'change_routing' then (select string_agg(mid, ' ' order by mid) from jsonb_object_keys(wanted -> 'accounts') mid)
  end
$body$;

create function change_chain(kind text, wanted jsonb) returns text language sql immutable set search_path = payments, pg_temp as $body$
  select case kind
    when 'resume_mid' then 'mid:' || (wanted ->> 'mid')
    when 'refund' then wanted ->> 'session'
    when 'raise_refund_limit' then 'entity:' || (wanted ->> 'entity')
    when 'raise_cap' then 'mid:' || (wanted ->> 'mid')
    when 'give_key' then 'principal:' || (wanted ->> 'principal')
    when 'allow_category' then coalesce('mid:' || (wanted ->> 'mid'), 'entity:' || (wanted ->> 'entity'))
    when 'change_routing' then 'routing'
  end
$body$;

-- What stands there now of what would be changed; null when there is no such thing. A stop is told with who stopped it
-- when and why: another stop is another one, though the switch is on as before.
create function change_base(kind text, wanted jsonb) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select case kind
    when 'resume_mid' then (
      select jsonb_build_object('killSwitch', m.kill_switch, 'stopped', case when m.kill_switch then (
          select jsonb_build_object('row', position, 'by', actor, 'at', iso(at), 'reason', detail -> 'reason') from audit
          where chain = 'mid:' || m.mid_id and action = 'mid.kill_switch' order by position desc limit 1) end)
      from merchant_accounts m where m.mid_id = wanted ->> 'mid')
    -- Of a company that has limits, what none is said of is not given back on one word.
    when 'raise_refund_limit' then (
      select jsonb_build_object('amount', coalesce((select l.amount from refund_limits l
          where l.entity_id = e.entity_id and l.currency = wanted ->> 'currency'),
        (select 0 from refund_limits l where l.entity_id = e.entity_id limit 1)))
      from entities e where e.entity_id = wanted ->> 'entity')
    when 'give_key' then jsonb_build_object(
      'operator', exists (select from principals o where o.principal = wanted ->> 'principal' and o.operator),
      'room', (select count(*) < 5 from api_keys k where k.principal = wanted ->> 'principal' and is_live(k)))
    when 'raise_cap' then (
      select jsonb_build_object('monthlyCap', case when m.monthly_cap_amount is not null then
        jsonb_build_object('amount', m.monthly_cap_amount, 'currency', m.monthly_cap_currency) end)
      from merchant_accounts m where m.mid_id = wanted ->> 'mid')
    -- An account is allowed what its company is allowed, and nothing else.
    when 'allow_category' then case when wanted ->> 'mid' is null then (
        select jsonb_build_object('allowed', exists (select from entity_underwriting u
          where u.entity_id = e.entity_id and u.category = wanted ->> 'category' and u.revoked_at is null))
        from entities e where e.entity_id = wanted ->> 'entity')
      else (
        select jsonb_build_object('allowed', exists (select from mid_underwriting u
          where u.mid_id = m.mid_id and u.category = wanted ->> 'category' and u.revoked_at is null))
        from merchant_accounts m join entity_underwriting eu using (entity_id)
        where m.mid_id = wanted ->> 'mid' and m.entity_id = wanted ->> 'entity' and eu.category = wanted ->> 'category'
          and eu.revoked_at is null) end
    -- Of each account just what would be changed.
    when 'change_routing' then (
      select case when bool_and(m.mid_id is not null) then jsonb_build_object('accounts', jsonb_object_agg(said.key, (
        select jsonb_object_agg(field, to_jsonb(m) -> field) from jsonb_object_keys(said.value) field))) end
      from jsonb_each(wanted -> 'accounts') said left join merchant_accounts m on m.mid_id = said.key)
  end
$body$;

-- Whether it stands so already.
create function change_stands(kind text, base jsonb, wanted jsonb) returns boolean language sql immutable set search_path = payments, pg_temp as $body$
  select case kind
    when 'resume_mid' then not (base ->> 'killSwitch')::boolean
    when 'raise_refund_limit' then base -> 'amount' = wanted -> 'amount'
    when 'raise_cap' then base -> 'monthlyCap' = wanted -> 'monthlyCap'
    when 'allow_category' then base -> 'allowed' = wanted -> 'allowed'
    when 'change_routing' then base = wanted
  end
$body$;

-- Whether it tightens: then it is one person's to do.
create function change_tightens(kind text, base jsonb, wanted jsonb) returns boolean language sql immutable set search_path = payments, pg_temp as $body$
  select case kind
    when 'raise_refund_limit' then coalesce((wanted ->> 'amount')::bigint < (base ->> 'amount')::bigint, true)
    when 'raise_cap' then base -> 'monthlyCap' = 'null' or coalesce(base #>> '{monthlyCap,currency}' = wanted #>> '{monthlyCap,currency}'
      and (wanted #>> '{monthlyCap,amount}')::bigint < (base #>> '{monthlyCap,amount}')::bigint, false)
    when 'allow_category' then not (wanted ->> 'allowed')::boolean
    else false
  end
$body$;

-- Locks what would be changed, before the request: the order of locks of all who change it.
create function lock_changed(kind text, wanted jsonb) returns void language plpgsql set search_path = payments, pg_temp as $body$
begin
  case kind
    when 'resume_mid' then perform from merchant_accounts where mid_id = wanted ->> 'mid' for no key update;
    when 'give_key' then perform from principals where principal = wanted ->> 'principal' for update;
    when 'raise_cap' then perform from merchant_accounts where mid_id = wanted ->> 'mid' for no key update;
    when 'allow_category' then
      perform from entities where entity_id = wanted ->> 'entity' for no key update;
      perform from merchant_accounts where mid_id = wanted ->> 'mid' for no key update;
    when 'change_routing' then
      perform from merchant_accounts where wanted -> 'accounts' ? mid_id order by mid_id for no key update;
    when 'refund' then perform from payment_sessions where session_id = wanted ->> 'session' for update;
    when 'raise_refund_limit' then perform from entities where entity_id = wanted ->> 'entity' for no key update;
  end case;
end
$body$;

-- Does what two persons signed, or what one does alone because it tightens. `told` goes into the audit with it.
create function do_change(kind text, wanted jsonb, by text, told jsonb) returns void
language plpgsql set search_path = payments, pg_temp as $body$
declare
  k api_keys;
begin
  case kind
    when 'resume_mid' then
      update merchant_accounts set kill_switch = false where mid_id = wanted ->> 'mid';
      perform write_audit(change_chain(kind, wanted), by, 'mid.kill_switch', told || '{"on": false}');
    when 'raise_refund_limit' then
      insert into refund_limits (entity_id, currency, amount)
      values (wanted ->> 'entity', wanted ->> 'currency', (wanted ->> 'amount')::bigint)
      on conflict (entity_id, currency) do update set amount = excluded.amount;
      perform write_audit(change_chain(kind, wanted), by, 'entity.refund_limit', told || wanted);
    when 'give_key' then
      insert into principals (principal) values (wanted ->> 'principal') on conflict do nothing;
      k := jsonb_populate_record(null::api_keys, wanted);
      insert into api_keys (key_id, principal, mac, development, operations, entities, brands, ends_at, given_by)
      values (wanted ->> 'key', k.principal, told ->> 'mac', false, k.operations, k.entities, k.brands,
        now() + (wanted ->> 'lifetimeMs')::float8 * interval '1 millisecond', told ->> 'requestedBy') returning * into k;
      perform write_audit(change_chain(kind, wanted), by, 'key.given', (told - 'mac') || api_key_json(k));
    when 'raise_cap' then
      update merchant_accounts set monthly_cap_amount = (wanted #>> '{monthlyCap,amount}')::bigint,
        monthly_cap_currency = wanted #>> '{monthlyCap,currency}' where mid_id = wanted ->> 'mid';
      perform write_audit(change_chain(kind, wanted), by, 'mid.monthly_cap', told || wanted);
    when 'allow_category' then
      if wanted ->> 'mid' is null then
        insert into entity_underwriting (entity_id, category, revoked_at)
        values (wanted ->> 'entity', wanted ->> 'category', case when not (wanted ->> 'allowed')::boolean then now() end)
        on conflict (entity_id, category) do update set revoked_at = excluded.revoked_at;
      else
        insert into mid_underwriting (mid_id, entity_id, provider, category, revoked_at)
        select m.mid_id, m.entity_id, m.provider, wanted ->> 'category', case when not (wanted ->> 'allowed')::boolean then now() end
        from merchant_accounts m where m.mid_id = wanted ->> 'mid'
        on conflict (mid_id, category) do update set revoked_at = excluded.revoked_at;
      end if;
      perform write_audit(change_chain(kind, wanted), by, case when wanted ->> 'mid' is null then 'entity' else 'mid' end || '.underwriting',
        told || wanted);
    when 'change_routing' then
      update merchant_accounts m set priority = coalesce((said.value ->> 'priority')::integer, m.priority),
        weight = coalesce((said.value ->> 'weight')::integer, m.weight), accepts = coalesce(said.value -> 'accepts', m.accepts)
      from jsonb_each(wanted -> 'accounts') said where m.mid_id = said.key;
      perform write_audit(change_chain(kind, wanted), by, 'routing.changed', told || wanted || jsonb_build_object('version', (
        select version from policy_version)));
      perform write_audit('mid:' || mid, by, 'mid.routing', told || (wanted -> 'accounts' -> mid))
      from jsonb_object_keys(wanted -> 'accounts') mid;
  end case;
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

-- Asks for a change: {by, kind, wanted, reason, lifetimeMs, key?, body?}, against what stands there. Who asks for the same
-- that is asked for already is told of that one. `KeyTaken`: the key asked for something else meanwhile; nothing is asked for.
create function ask_for(p jsonb, stands jsonb) returns jsonb language plpgsql set search_path = payments, pg_temp as $body$
declare
  k text := p ->> 'kind';
  w jsonb := p -> 'wanted';
  c change_requests;
  is_new boolean;
begin
  perform expire_changes(jsonb_build_object('limit', 1, 'nr', (
    select change_nr from change_requests where kind = k and about = change_about(k, w) and state = 'open')));
  loop
    begin
      -- Of two at once the second waits here until the first is committed.
      insert into change_requests (kind, about, chain, wanted, base, reason, requested_by, asked_key, asked_body, expires_at)
      values (k, change_about(k, w), change_chain(k, w), w, stands, p ->> 'reason', p ->> 'by', p ->> 'key', p -> 'body',
        now() + (p ->> 'lifetimeMs')::float8 * interval '1 millisecond')
      on conflict (kind, about) where state = 'open' do nothing
      returning * into c;
      is_new := found;
      if not is_new then
        select * into c from change_requests where kind = k and about = change_about(k, w) and state = 'open';
        -- Decided meanwhile: there is room for another one.
        continue when not found;
        if c.wanted <> w or c.base <> stands then return jsonb_build_object('_tag', 'OpenAlready', 'change', 'cr_' || c.change_nr); end if;
      end if;
      if p ->> 'key' is not null then
        -- And of two under one key here.
        insert into change_keys (asked_by, asked_key, change_nr, body) values (p ->> 'by', p ->> 'key', c.change_nr, p -> 'body')
        on conflict do nothing;
        if not found then raise exception 'the key asked for something else' using errcode = 'P0R02'; end if;
      end if;
    exception when sqlstate 'P0R02' then
      return '{"_tag": "KeyTaken"}';
    end;
    exit;
  end loop;
  if is_new then perform write_audit(c.chain, p ->> 'by', 'change.requested', change_json(c)); end if;
  return jsonb_build_object('_tag', 'Requested', 'change', change_json(c));
end
$body$;

-- {by, byKey, kind, wanted, reason, lifetimeMs}. What tightens is done at once, everything else is asked for.
create function request_change(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  k text := p ->> 'kind';
  w jsonb := p -> 'wanted';
  stands jsonb;
begin
  if not may(p ->> 'by', change_right(k), p ->> 'byKey') or not may(p ->> 'by', 'changes:request', p ->> 'byKey') then
    return jsonb_build_object('_tag', 'NotOperator');
  end if;
  perform lock_changed(k, w);
  stands := change_base(k, w);
  if stands is null then return jsonb_build_object('_tag', 'NotThere'); end if;
  if change_stands(k, stands, w) then return jsonb_build_object('_tag', 'AsWanted'); end if;
  if change_tightens(k, stands, w) then
    perform do_change(k, w, p ->> 'by', jsonb_build_object('reason', p ->> 'reason'));
    return jsonb_build_object('_tag', 'Done');
  end if;
  return ask_for(p - 'key' - 'body', stands);
end
$body$;

-- Asks for a key that is wider than the asking one: {by, byKey, wanted, mac, reason, lifetimeMs}. It opens nothing until it
-- is signed. Whoever asks holds it, so it is never in another operator's name.
create function request_key(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  w jsonb := p -> 'wanted';
  stands jsonb;
begin
  if not may(p ->> 'by', 'keys:manage', p ->> 'byKey') or not may(p ->> 'by', 'changes:request', p ->> 'byKey') then
    return jsonb_build_object('_tag', 'NotOperator');
  end if;
  stands := change_base('give_key', w);
  if (stands ->> 'operator')::boolean and w ->> 'principal' <> p ->> 'by' then return jsonb_build_object('_tag', 'WiderThanOwn'); end if;
  if not (stands ->> 'room')::boolean then return jsonb_build_object('_tag', 'TooManyKeys'); end if;
  return ask_for(jsonb_build_object('kind', 'give_key', 'by', p -> 'by', 'reason', p -> 'reason', 'lifetimeMs', p -> 'lifetimeMs',
    'wanted', w, 'body', jsonb_build_object('mac', p -> 'mac')), stands);
end
$body$;

-- Why a decision is not taken: {by, byKey, nr, decision}. Null when nothing stands against it; then the request, and what
-- it would change, are locked.
create function decision_refused(p jsonb) returns jsonb language plpgsql set search_path = payments, pg_temp as $body$
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
  perform from change_requests where change_nr = c.change_nr for update;
  perform expire_changes(jsonb_build_object('limit', 1, 'nr', c.change_nr));
  select * into c from change_requests where change_nr = c.change_nr;
  if c.state <> 'open' then
    -- Whoever did not hear the answer asks again and is told the same.
    if c.decided_by = p ->> 'by' and c.state = wish then return jsonb_build_object('_tag', 'Decided', 'change', change_json(c)); end if;
    return jsonb_build_object('_tag', 'DecidedBefore', 'state', c.state);
  end if;
  if wish = 'withdrawn' and person_of(c.requested_by) <> person_of(p ->> 'by') then return jsonb_build_object('_tag', 'AskedByAnother'); end if;
  if wish = 'approved' then
    if one_hand(p ->> 'by', c.requested_by, c.requested_at) then return jsonb_build_object('_tag', 'SamePerson'); end if;
    if not may_ask(c.requested_by, c.kind) then return jsonb_build_object('_tag', 'AskedByNoOperator'); end if;
    -- Nobody signs for what their own key is not for.
    if c.kind = 'give_key' and exists (select from jsonb_array_elements_text(c.wanted -> 'operations') operation
      where not may(p ->> 'by', operation, p ->> 'byKey')) then
      return jsonb_build_object('_tag', 'WiderThanOwn');
    end if;
    -- What may be given back is judged anew when it is written ahead.
    if c.kind <> 'refund' then
      stands := change_base(c.kind, c.wanted);
      if stands is distinct from c.base then
        return jsonb_build_object('_tag', 'ChangedSince', 'before', c.base, 'stands', stands);
      end if;
    end if;
  end if;
  return null;
end
$body$;

-- Writes a decision that nothing stands against: {by, nr, decision, said?}. `came_of_it`: the refund.
create function write_decision(p jsonb, came_of_it text) returns change_requests language plpgsql set search_path = payments, pg_temp as $body$
declare
  c change_requests;
begin
  update change_requests set state = p ->> 'decision', decided_by = p ->> 'by', decided_at = now(), said = p ->> 'said', done = came_of_it
  where change_nr = (p ->> 'nr')::bigint returning * into c;
  perform write_audit(c.chain, p ->> 'by', 'change.' || c.state, jsonb_build_object(
    'change', 'cr_' || c.change_nr, 'kind', c.kind, 'requestedBy', c.requested_by, 'said', c.said, 'done', c.done));
  return c;
end
$body$;

-- {by, byKey, nr, decision: approved | rejected | withdrawn, said?}. What is approved is done in the same commit; of a refund
-- it is only said that it may be written ahead.
create function decide_change(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  c change_requests;
  refused jsonb := decision_refused(p);
begin
  if refused is not null then return refused; end if;
  if p ->> 'decision' = 'approved' then
    select * into c from change_requests where change_nr = (p ->> 'nr')::bigint;
    if c.kind = 'refund' then return jsonb_build_object('_tag', 'GivesBack', 'change', change_json(c)); end if;
  end if;
  c := write_decision(p, null);
  if c.state = 'approved' then
    perform do_change(c.kind, c.wanted, c.decided_by, jsonb_build_object('reason', c.reason, 'change', 'cr_' || c.change_nr,
      'requestedBy', c.requested_by) || case when c.kind = 'give_key' then c.asked_body else '{}' end);
  end if;
  return jsonb_build_object('_tag', 'Decided', 'change', change_json(c));
end
$body$;

-- Refunds -------------------------------------------------------------------------------------------------------------

-- Whether giving so much back takes two: with what went back of the charge, or may be on its way, on one person's word it
-- is more than the limit. So no sum is split into parts that pass it one by one.
create function refund_over_limit(c captures, back bigint) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (select from refund_limits where entity_id = c.entity_id)
    and back + (select coalesce(sum(r.amount), 0) from refunds r
      where r.mid_id = c.mid_id and r.processor_reference = c.processor_reference and r.state not in ('declined', 'absent', 'taken_back')
        and not exists (select from change_requests q
          where q.kind = 'refund' and q.about = c.mid_id || ' ' || c.processor_reference and q.done = r.refund_id))
    > coalesce((select l.amount from refund_limits l where l.entity_id = c.entity_id and l.currency = c.currency), 0)
$body$;

create function refund_signed_now(c captures, back bigint) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (select from change_requests q
    where q.kind = 'refund' and q.about = c.mid_id || ' ' || c.processor_reference and q.state = 'approved' and q.decided_at = now()
      and (q.wanted ->> 'amount')::bigint = back)
$body$;

-- What came before under the key of a refund: {session, by, key?, body}. Null when nothing did.
create function refund_before(p jsonb) returns jsonb language plpgsql stable set search_path = payments, pg_temp as $body$
declare
  earlier refunds;
  k change_keys;
  c change_requests;
begin
  select * into earlier from refunds where requested_by = p ->> 'by' and requested_key = p ->> 'key';
  if found then
    return case when earlier.session_id = p ->> 'session' and earlier.request = p -> 'body'
      then jsonb_build_object('_tag', 'RefundReplayed', 'refund', refund_json(earlier))
      else jsonb_build_object('_tag', 'RefundKeyReused', 'earlierSession', earlier.session_id, 'earlierBody', earlier.request) end;
  end if;
  select * into k from change_keys where asked_by = p ->> 'by' and asked_key = p ->> 'key';
  if not found then return null; end if;
  select * into c from change_requests where change_nr = k.change_nr;
  if c.wanted ->> 'session' <> p ->> 'session' or k.body <> p -> 'body' then
    return jsonb_build_object('_tag', 'RefundKeyReused', 'earlierSession', c.wanted -> 'session', 'earlierBody', k.body);
  end if;
  if c.state = 'approved' then
    select * into earlier from refunds where refund_id = c.done;
    -- It is not there in the commit of the signature, which writes it.
    return case when found then jsonb_build_object('_tag', 'RefundReplayed', 'refund', refund_json(earlier)) end;
  end if;
  return jsonb_build_object('_tag', 'ApprovalAsked', 'change', change_json(c));
end
$body$;

-- Takes down that a refund waits for a second person: the parameter of `open_refund`.
create function ask_for_refund(p jsonb, c captures) returns jsonb language plpgsql set search_path = payments, pg_temp as $body$
declare
  asked jsonb;
begin
  if not may_ask(p ->> 'by', 'refund') then return jsonb_build_object('_tag', 'MayNotAsk'); end if;
  asked := ask_for(jsonb_build_object('kind', 'refund', 'by', p -> 'by', 'reason', p -> 'reason', 'lifetimeMs', p -> 'approvalMs',
      'wanted', jsonb_build_object('session', c.session_id, 'mid', c.mid_id, 'processorReference', c.processor_reference,
        'amount', p -> 'amount', 'currency', c.currency),
      'body', p -> 'body') || case when p ->> 'key' is null then '{}' else jsonb_build_object('key', p -> 'key') end,
    jsonb_build_object('captured', c.amount, 'limit', (
      select l.amount from refund_limits l where l.entity_id = c.entity_id and l.currency = c.currency)));
  return case asked ->> '_tag' when 'Requested' then asked || '{"_tag": "ApprovalAsked"}' when 'KeyTaken' then refund_before(p) else asked end;
end
$body$;

-- Signs a refund and writes it ahead, in one commit: {by, byKey, nr, ...} and what `open_refund` takes of the order. What
-- stands against it now is answered, and nothing is signed.
create function sign_refund(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  c change_requests;
  signing jsonb := p || '{"decision": "approved"}';
  refused jsonb := decision_refused(signing);
  opened jsonb;
begin
  if refused is not null then return refused; end if;
  select * into c from change_requests where change_nr = (p ->> 'nr')::bigint;
  begin
    c := write_decision(signing, 're_' || substr(c.chain, 4) || '_'
      || (select coalesce(max(ordinal), 0) + 1 from refunds where session_id = c.chain));
    opened := open_refund(p || c.wanted || jsonb_build_object('by', c.requested_by, 'key', c.asked_key, 'body', c.asked_body,
      'reason', c.reason));
    if opened ->> '_tag' <> 'Permitted' then raise exception 'nothing is signed' using errcode = 'P0R01'; end if;
  exception when sqlstate 'P0R01' then
    return opened;
  end;
  return opened;
end
$body$;

-- Whatever the code does, more than the limit goes back in the commit of a second signature alone.
create function guard_refund_signed() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  c captures;
begin
  select * into c from captures where mid_id = new.mid_id and processor_reference = new.processor_reference;
  if refund_over_limit(c, new.amount) and not refund_signed_now(c, new.amount) then
    raise exception 'two persons give so much back' using errcode = 'check_violation', constraint = 'refund_signed_by_two';
  end if;
  return new;
end
$body$;
create trigger guard_refund_signed before insert on refunds for each row execute function guard_refund_signed();

create function guard_refund_limit() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'INSERT' then
    -- The first limit tightens; one of a further currency loosens. Where one stands the row is refused, or updated.
    if new.amount = 0 or signed_now('raise_refund_limit', new.entity_id || ' ' || new.currency)
      or not exists (select from refund_limits where entity_id = new.entity_id)
      or exists (select from refund_limits where entity_id = new.entity_id and currency = new.currency) then
      return new;
    end if;
  elsif tg_op = 'UPDATE' then
    if (new.entity_id, new.currency) = (old.entity_id, old.currency)
      and (new.amount <= old.amount or signed_now('raise_refund_limit', old.entity_id || ' ' || old.currency)) then
      return new;
    end if;
  end if;
  raise exception 'two persons raise a limit, and nobody takes it away' using errcode = 'check_violation', constraint = 'refund_limit_raised_by_two';
end
$body$;
create trigger guard_refund_limit before insert or update or delete on refund_limits for each row execute function guard_refund_limit();

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

grant execute on function expire_changes, request_change, request_key, decide_change, sign_refund, read_changes_by_id, read_changes to payments_app;
