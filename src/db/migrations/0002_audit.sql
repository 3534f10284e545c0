set local role payments_owner;
set local search_path to payments, pg_temp;

-- One chain of hashes for each subject (a session, a merchant account): writers of one subject are ordered by its
-- row lock anyway, so chains cost no writer a wait for another.
create table audit (
  chain text not null,
  position integer not null check (position > 0),
  at timestamptz not null,
  actor text not null,
  action text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (chain, position)
);

-- The bytes that a row's hash covers: every column, each told apart from the next by its length.
create function audit_hash(chain text, "position" integer, at timestamptz, actor text, action text, detail jsonb, previous_hash bytea)
returns bytea language sql stable set search_path = payments, pg_temp as $body$
  select sha256(previous_hash || convert_to(
    (select string_agg(length(part) || ':' || part, ',' order by nr)
     from unnest(array[chain, "position"::text, (extract(epoch from at) * 1000000)::bigint::text, actor, action, detail::text])
       with ordinality as parts(part, nr)), 'UTF8'))
$body$;

create function chain_audit_row() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
declare
  last record;
begin
  select position, hash into last from audit where chain = new.chain order by position desc limit 1;
  new.position := coalesce(last.position, 0) + 1;
  new.previous_hash := coalesce(last.hash, ''::bytea);
  new.at := clock_timestamp();
  new.hash := audit_hash(new.chain, new.position, new.at, new.actor, new.action, new.detail, new.previous_hash);
  return new;
end
$body$;
create trigger chain_audit_row before insert on audit for each row execute function chain_audit_row();

create function refuse_change() returns trigger language plpgsql as $body$
begin
  raise exception '% is append-only: % is not allowed', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end
$body$;
create trigger append_only before update or delete on audit for each row execute function refuse_change();
create trigger append_only_truncate before truncate on audit for each statement execute function refuse_change();

grant select on audit to payments_app;
