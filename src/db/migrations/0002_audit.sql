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

-- The last link of each chain: without it the newest rows could go and nobody would miss them.
create table audit_heads (
  chain text primary key,
  position integer not null check (position > 0),
  hash bytea not null
);

-- The bytes that a row's hash covers: every column, each told apart from the next by its length. Its names are looked up
-- here and now, so that it can stand in the statement of whoever calls it.
create function audit_hash(chain text, "position" integer, at timestamptz, actor text, action text, detail jsonb, previous_hash bytea)
returns bytea language sql stable
return sha256(previous_hash || convert_to(
  length(chain) || ':' || chain
  || ',' || length("position"::text) || ':' || "position"::text
  || ',' || length((extract(epoch from at) * 1000000)::bigint::text) || ':' || (extract(epoch from at) * 1000000)::bigint::text
  || ',' || length(actor) || ':' || actor
  || ',' || length(action) || ':' || action
  || ',' || length(detail::text) || ':' || detail::text, 'UTF8'));

create function chain_audit_row() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
declare
  head audit_heads;
begin
  select * into head from audit_heads where chain = new.chain for update;
  new.position := coalesce(head.position, 0) + 1;
  new.previous_hash := coalesce(head.hash, ''::bytea);
  new.at := clock_timestamp();
  new.hash := audit_hash(new.chain, new.position, new.at, new.actor, new.action, new.detail, new.previous_hash);
  -- Two first rows of one chain at once: the second is refused by the primary key, as two equal positions are.
  if head.chain is null then
    insert into audit_heads (chain, position, hash) values (new.chain, new.position, new.hash);
  else
    update audit_heads set position = new.position, hash = new.hash where chain = new.chain;
  end if;
  return new;
end
$body$;
create trigger chain_audit_row before insert on audit for each row execute function chain_audit_row();

create function guard_audit_head() returns trigger language plpgsql as $body$
begin
  if new.chain <> old.chain or new.position <> old.position + 1 then
    raise exception 'a chain grows by one row at a time' using errcode = 'restrict_violation', constraint = 'audit_chain_grows';
  end if;
  return new;
end
$body$;
create trigger guard_audit_head before update on audit_heads for each row execute function guard_audit_head();

create function refuse_change() returns trigger language plpgsql as $body$
begin
  raise exception '% of % is not allowed', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation', table = tg_table_name, constraint = tg_name;
end
$body$;
create trigger append_only before update or delete on audit for each row execute function refuse_change();
create trigger no_truncate before truncate on audit for each statement execute function refuse_change();

create trigger no_delete before delete on audit_heads for each row execute function refuse_change();
create trigger no_truncate before truncate on audit_heads for each statement execute function refuse_change();

-- What is wrong with the chains, or with one of them: no row when all is as it was written.
create function audit_faults(only_chain text default null)
returns table (chain text, "position" integer, fault text) language sql stable set search_path = payments, pg_temp as $body$
  with links as (
    select a.*, lag(a.position, 1, 0) over w as position_before, lag(a.hash, 1, ''::bytea) over w as hash_before
    from audit a where only_chain is null or a.chain = only_chain
    window w as (partition by a.chain order by a.position)
  ), ends as (
    select chain, max(position) as position from links group by chain
  )
  select chain, position, 'rows before it are missing' from links where position <> position_before + 1
  union all
  select chain, position, 'it does not follow from the row before it' from links
  where position = position_before + 1 and previous_hash <> hash_before
  union all
  select chain, position, 'it was changed' from links
  where hash <> audit_hash(chain, position, at, actor, action, detail, previous_hash)
  union all
  select coalesce(h.chain, l.chain), coalesce(h.position, l.position), 'it is not the end that was written'
  from (select * from audit_heads where only_chain is null or audit_heads.chain = only_chain) h
  full join (select links.chain, links.position, links.hash from links join ends using (chain, position)) l using (chain)
  where (h.position, h.hash) is distinct from (l.position, l.hash)
$body$;

grant select on audit, audit_heads to payments_app;
grant execute on function audit_hash, audit_faults to payments_app;
