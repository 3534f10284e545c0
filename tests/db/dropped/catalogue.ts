/**
 * Everything in the database that forbids, as the database itself lists it. A column that must not be null is
 * not in here: `prohibitions.test.ts` tries every one of them out of the catalogue, and no second way leads past it.
 */
export const catalogue = `
  with ours as (select oid, nspname from pg_namespace where nspname in ('payments', 'stub_gateway'))
  select 'constraint ' || conrelid::regclass || '.' || conname as item
  from pg_constraint join ours on ours.oid = connamespace where contype <> 'n'
  union all
  select 'index ' || indexrelid::regclass
  from pg_index join pg_class on pg_class.oid = indexrelid join ours on ours.oid = relnamespace
  where indisunique and not exists (select from pg_constraint where conindid = indexrelid)
  union all
  select 'trigger ' || tgrelid::regclass || '.' || tgname
  from pg_trigger join pg_class on pg_class.oid = tgrelid join ours on ours.oid = relnamespace
  where not tgisinternal
  union all
  select 'rule ' || ev_class::regclass || '.' || rulename
  from pg_rewrite join pg_class on pg_class.oid = ev_class join ours on ours.oid = relnamespace where rulename <> '_RETURN'
  union all
  select 'policy ' || polrelid::regclass || '.' || polname
  from pg_policy join pg_class on pg_class.oid = polrelid join ours on ours.oid = relnamespace
  union all
  select distinct 'refusal ' || proname || '.' || found[1]
  from pg_proc join ours on ours.oid = pronamespace, regexp_matches(prosrc, 'constraint = ''(\\w+)''', 'g') as found
  union all
  select 'reason ' || proname || '.' || found[1]
  from pg_proc join ours on ours.oid = pronamespace, regexp_matches(prosrc, 'then ''(\\w+)''', 'g') as found
  where proname in ('permit_refusal', 'retry_refusal')
  union all
  select 'lock ' || proname
  from pg_proc join ours on ours.oid = pronamespace, regexp_matches(prosrc, ' for (?:share|update|no key update|key share);', 'g')
  where prorettype = 'trigger'::regtype
  union all
  select 'lock ' || proname
  from pg_proc join ours on ours.oid = pronamespace where prosrc like '%pg_advisory_xact_lock%'
  union all
  select 'right ' || role || ' ' || pg_class.oid::regclass
  from pg_class join ours on ours.oid = relnamespace, unnest(array['payments_app', 'payments_stub']) as role
  where relkind in ('r', 'p') and (role = 'payments_app' or nspname = 'stub_gateway')
    and not has_table_privilege(role, pg_class.oid, 'update')
  order by 1`

/** Functions of triggers that refuse without a name that could be dropped; the one that refuses in its trigger's name aside. */
export const namelessRefusals = `
  select proname as name from pg_proc
  where pronamespace = 'payments'::regnamespace and prorettype = 'trigger'::regtype and proname <> 'refuse_change'
    and (select count(*) from regexp_matches(prosrc, 'raise exception', 'g'))
      <> (select count(*) from regexp_matches(prosrc, 'constraint = ''\\w+''', 'g'))`
