-- The owner of everything, as which nobody logs in; the app, which owns nothing and can therefore switch off no
-- trigger; the stub gateways, a world of their own that the app cannot look into. Those that serve may log in, so
-- that a connection has no stronger role behind it to go back to. None has a password: where PostgreSQL asks for
-- one they stay shut until somebody sets it.
if not exists (select from pg_roles where rolname = 'payments_owner') then create role payments_owner nologin; end if;
if not exists (select from pg_roles where rolname = 'payments_app') then create role payments_app login; end if;
if not exists (select from pg_roles where rolname = 'payments_stub') then create role payments_stub login; end if;
-- Effect Cluster makes the tables of its own storage, so its role owns a schema, and nothing else.
if not exists (select from pg_roles where rolname = 'payments_cluster') then create role payments_cluster login; end if;
execute format('grant payments_owner, payments_app, payments_stub, payments_cluster to %I', current_user);
execute format('grant create on database %I to payments_owner', current_database());

create schema payments authorization payments_owner;
create schema cluster authorization payments_cluster;
set local role payments_owner;
set local search_path to payments, pg_temp;
-- A function may be called by those that it is granted to, and not, as PostgreSQL has it, by everybody.
alter default privileges revoke execute on functions from public;
grant usage on schema payments to payments_app;

create table entities (
  entity_id text primary key check (entity_id ~ '^[a-z][a-z0-9_]{0,62}$'),
  name text not null,
  collects boolean not null,
  pays_out boolean not null,
  placeholder boolean not null,
  check (collects or pays_out)
);

-- What an entity is underwritten for. Revoked, not deleted: attempts of the past refer to it.
create table entity_underwriting (
  entity_id text not null references entities,
  category text not null check (category in ('ruo_compounds', 'supplements', 'telehealth', 'lab_tests', 'membership', 'merchandise')),
  revoked_at timestamptz,
  primary key (entity_id, category)
);

-- Up to how much of one charge an entity gives back on one person's word. Of an entity that has limits, other currencies
-- have none of it.
create table refund_limits (
  entity_id text not null references entities,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount bigint not null check (amount between 0 and 999999999999),
  primary key (entity_id, currency)
);

create table brands (
  brand_id text primary key check (brand_id ~ '^[a-z][a-z0-9-]{0,62}$'),
  name text not null,
  redirect_origins text[] not null default '{}'
);

create table brand_entities (
  brand_id text not null references brands,
  entity_id text not null references entities,
  primary key (brand_id, entity_id)
);

create table merchant_accounts (
  mid_id text primary key check (mid_id ~ '^[a-z][a-z0-9_]{0,62}$'),
  entity_id text not null references entities,
  provider text not null,
  -- The name of a secret, never a secret.
  credentials text check (credentials ~ '^[a-z][a-z0-9_]{0,62}$'),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  live boolean not null default false,
  name text not null,
  status text not null check (status in ('pending', 'active', 'suspended', 'closed')),
  kill_switch boolean not null default false,
  -- AcceptanceRules of the kernel, which decodes it; an absent rule restricts nothing.
  accepts jsonb not null check (jsonb_typeof(accepts -> 'currencies') = 'array'),
  priority integer not null,
  weight integer not null check (weight between 1 and 1000),
  monthly_cap_amount bigint check (monthly_cap_amount >= 0),
  monthly_cap_currency text check (monthly_cap_currency ~ '^[A-Z]{3}$'),
  check ((monthly_cap_amount is null) = (monthly_cap_currency is null)),
  unique (mid_id, entity_id, provider)
);
create index on merchant_accounts (entity_id);

create table mid_underwriting (
  mid_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  revoked_at timestamptz,
  primary key (mid_id, category),
  unique (mid_id, entity_id, provider, category),
  foreign key (mid_id, entity_id, provider) references merchant_accounts (mid_id, entity_id, provider),
  foreign key (entity_id, category) references entity_underwriting (entity_id, category)
);

-- What has to be on record before a live account charges, with whoever vouches for it. A gate that was passed may be
-- revoked, and passed again; that it was passed stays on record.
create table passed_gates (
  mid_id text not null references merchant_accounts,
  gate text not null check (gate in ('counsel', 'banking', 'credentials', 'contract_run')),
  passed_by text not null check (passed_by <> ''),
  evidence text not null check (evidence <> ''),
  passed_at timestamptz not null default now(),
  gate_nr bigint generated always as identity primary key,
  revoked_by text,
  revoked_at timestamptz,
  revoked_because text,
  constraint revoked_by_somebody check (
    (revoked_at is null) = (revoked_by is null) and (revoked_at is null) = (revoked_because is null)
    and revoked_by <> '' and revoked_because <> '')
);
create unique index one_standing_gate on passed_gates (mid_id, gate) where revoked_at is null;

create table prices (
  price_ref text primary key,
  name text not null,
  amount bigint not null check (amount between 1 and 999999999999),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  category text not null check (category in ('ruo_compounds', 'supplements', 'telehealth', 'lab_tests', 'membership', 'merchandise'))
);

create table plans (
  plan_key text primary key,
  name text not null,
  amount bigint not null check (amount between 1 and 999999999999),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  category text not null check (category in ('ruo_compounds', 'supplements', 'telehealth', 'lab_tests', 'membership', 'merchandise'))
);

-- Who asks: an app, an operator, a dashboard. Whoever holds several names is one person all the same, and signs as one.
create table principals (
  principal text primary key,
  person text,
  -- Who may decide what apps may not: replay webhooks, resolve what is in review, pass gates, give out keys.
  operator boolean not null default false
);

-- What a key may do. A key has what it was given: a word that is new is in no old key.
create function api_operations() returns text[] language sql immutable set search_path = payments, pg_temp as $body$
  select array['sessions:read', 'sessions:write', 'refunds:write', 'events:manage', 'registry:read', 'registry:write',
    'operations:manage', 'audit:read', 'keys:manage', 'changes:request', 'changes:approve']
$body$;

-- Of a key there is its public id and a keyed hash. Development keys are known to everybody, so their id is their hash, and
-- a server that listens beyond loopback refuses them.
create table api_keys (
  key_id text primary key,
  principal text not null references principals,
  mac text,
  development boolean not null,
  operations text[] not null,
  -- Only payments of these companies, and of these brands; null restricts nothing.
  entities text[],
  brands text[],
  created_at timestamptz not null default now(),
  -- The end that it was given, which whatever replaces it has as well; null: none.
  ends_at timestamptz,
  -- When the overlap with what replaced it is over, which nothing else has.
  overlap_ends_at timestamptz,
  revoked_at timestamptz,
  -- Who gave it out, and so has seen it; null: whoever owns the database.
  given_by text,
  -- The one that it came in the place of.
  replaces text,
  constraint key_kept_hashed check (case when development then key_id ~ '^[0-9a-f]{64}$' and mac is null
    else key_id ~ '^[0-9a-z]{16}$' and mac is not null and mac ~ '^[0-9a-f]{64}$' end),
  constraint operations_known check (operations <@ api_operations()),
  -- What is decided for all companies is no key's that sees some of them.
  constraint sees_what_it_decides check (entities is null and brands is null
    or not operations && array['registry:write', 'operations:manage', 'keys:manage', 'changes:request', 'changes:approve'])
);
create index api_keys_of_principal on api_keys (principal);

-- When a key ends by itself; null: never.
create function end_of(k api_keys) returns timestamptz language sql immutable set search_path = payments, pg_temp as $body$
  select least(k.ends_at, k.overlap_ends_at)
$body$;

create function is_live(k api_keys) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select k.revoked_at is null and coalesce(end_of(k) > now(), true)
$body$;

-- A key stays what it was given out as: it may end sooner, and what was revoked stays revoked.
create function guard_api_key() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'INSERT' then
    perform from principals where principal = new.principal for update;
    if (select count(*) from api_keys k where k.principal = new.principal and is_live(k)) >= 5 then
      raise exception 'a principal has at most five keys that are taken' using errcode = 'check_violation', constraint = 'few_live_keys';
    end if;
    if exists (select from principals p where p.principal = new.principal and p.operator and person_of(new.given_by) <> person_of(p.principal)) then
      raise exception 'nobody gives out a key in the name of another operator' using errcode = 'check_violation', constraint = 'operator_key_is_own';
    end if;
  else
    if (new.key_id, new.principal, new.mac, new.development, new.operations, new.entities, new.brands, new.created_at, new.given_by, new.replaces)
      is distinct from (old.key_id, old.principal, old.mac, old.development, old.operations, old.entities, old.brands, old.created_at, old.given_by, old.replaces) then
      raise exception 'what a key may do does not change' using errcode = 'restrict_violation', constraint = 'key_unchanged';
    end if;
    if old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at
      or coalesce(new.ends_at, 'infinity') > coalesce(old.ends_at, 'infinity')
      or coalesce(new.overlap_ends_at, 'infinity') > coalesce(old.overlap_ends_at, 'infinity') then
      raise exception 'a key that is over does not come back' using errcode = 'restrict_violation', constraint = 'key_ends_for_good';
    end if;
  end if;
  return new;
end
$body$;
create trigger guard_api_key before insert or update on api_keys for each row execute function guard_api_key();

-- An operator without a key that is taken is none any more.
create function is_operator(who text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (select from principals p join api_keys k using (principal) where p.principal = who and p.operator and is_live(k))
$body$;

-- The person behind a name, as far as anybody said.
create function person_of(who text) returns text language sql stable set search_path = payments, pg_temp as $body$
  select coalesce((select person from principals where principal = who), who)
$body$;

-- Whoever gave out a key has seen it. So nobody becomes an operator while a key in their name that another person gave out
-- is taken: with it one person would sign for two.
create function guard_principal() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if new.operator and exists (select from api_keys k
    where k.principal = new.principal and is_live(k) and person_of(k.given_by) <> coalesce(new.person, new.principal)) then
    raise exception 'another person gave out a key in the name of %: revoke it before that is an operator', new.principal
      using errcode = 'check_violation', constraint = 'operator_keys_unseen';
  end if;
  return new;
end
$body$;
create trigger guard_principal before update on principals for each row execute function guard_principal();

create function gates_missing(m merchant_accounts) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select m.live and (select count(*) from passed_gates where mid_id = m.mid_id and revoked_at is null) < 4
$body$;

-- Nobody lets an account go live alone.
create function gates_by_one_person(m merchant_accounts) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select m.live and (select count(distinct person_of(passed_by)) from passed_gates where mid_id = m.mid_id and revoked_at is null) < 2
$body$;

-- Every change of what routing reads makes a new version of the policy and tells every process.
create table policy_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into policy_version (version) values (1);

create function bump_policy_version() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  update policy_version set version = version + 1;
  perform pg_notify('payments_policy', '');
  return null;
end
$body$;

create trigger new_policy_version after insert or update or delete on entities for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on entity_underwriting for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on brands for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on brand_entities for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on merchant_accounts for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on mid_underwriting for each statement execute function bump_policy_version();

create trigger new_policy_version after insert or update or delete on refund_limits for each statement execute function bump_policy_version();
create trigger new_policy_version after insert or update or delete on passed_gates for each statement execute function bump_policy_version();

grant select on entities, refund_limits, entity_underwriting, brands, brand_entities, merchant_accounts, mid_underwriting, passed_gates,
  prices, plans, principals, policy_version to payments_app;
-- All of a key but its hash, which only who admits keys looks at.
grant select (key_id, principal, development, operations, entities, brands, created_at, ends_at, overlap_ends_at, revoked_at, given_by,
  replaces) on api_keys to payments_app;
grant execute on function api_operations to payments_app;
