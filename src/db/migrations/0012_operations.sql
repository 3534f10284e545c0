-- What a server asks of the database to say whether it is ready, and what those on call look at.

-- Which migrations were applied is noted in a table of the administrator's own, wherever that is.
execute format('grant usage on schema %I to payments_owner',
  (select nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 'payments_migrations'::regclass));
grant select on payments_migrations to payments_owner;
perform set_config('payments.migrations', (select format('%I.%I', n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 'payments_migrations'::regclass), true);

set local role payments_owner;
set local search_path to payments, pg_temp;

-- The numbers of the migrations that this database has. The parameter says nothing: a step has one.
execute format($function$
  create function applied_migrations(p jsonb) returns jsonb language sql stable security definer set search_path = payments, pg_temp as $body$
    select coalesce(jsonb_agg(migration_id order by migration_id), '[]') from %s
  $body$
$function$, current_setting('payments.migrations'));

create function seconds_since(t timestamptz) returns numeric language sql stable set search_path = payments, pg_temp as $body$
  select round(coalesce(greatest(extract(epoch from now() - t), 0), 0), 3)
$body$;

-- How much waits for what, and for how long. {most}: nothing is counted beyond that, so that it costs the same on the day
-- on which everything waits. Each part reads an index that holds only what it counts.
create function operations_figures(p jsonb) returns jsonb
language sql stable security definer set search_path = payments, pg_temp as $body$
  with most as (select (p ->> 'most')::integer as n),
  in_review as materialized (
    select provider, mid_id, written_at from attempts where state = 'indeterminate' order by written_at limit (select n from most)),
  in_flight as (
    select from attempts where state = 'in_flight' order by lease_until limit (select n from most)),
  refunds_in_review as materialized (
    select written_at from refunds where state = 'indeterminate' order by next_check_at limit (select n from most)),
  undelivered as materialized (
    select occurred_at from outbox where delivered_at is null order by event_nr limit (select n from most)),
  due as materialized (
    select d.next_try_at from event_subscriptions s cross join lateral (
      select next_try_at from event_deliveries e
      where e.subscription_id = s.subscription_id and e.state = 'pending'
      order by e.next_try_at, e.event_nr limit (select n from most)) d
    where s.state = 'active' limit (select n from most)),
  dead as (
    select from event_deliveries where state = 'exhausted' order by event_nr limit (select n from most)),
  webhooks as materialized (
    select received_at from webhook_inbox where state = 'pending' and released is null order by next_try_at, webhook_nr limit (select n from most)),
  dead_webhooks as (
    select from webhook_inbox where state = 'dead_letter' order by webhook_nr limit (select n from most))
  select jsonb_build_object(
    'inReview', (select coalesce(jsonb_agg(jsonb_build_object('provider', provider, 'mid', mid_id, 'attempts', attempts)), '[]')
      from (select provider, mid_id, count(*) as attempts from in_review group by provider, mid_id) by_account),
    'oldestInReview', seconds_since((select min(written_at) from in_review)),
    'inFlight', (select count(*) from in_flight),
    'refundsInReview', (select count(*) from refunds_in_review),
    'oldestRefundInReview', seconds_since((select min(written_at) from refunds_in_review)),
    'outbox', (select count(*) from undelivered),
    'oldestInOutbox', seconds_since((select min(occurred_at) from undelivered)),
    'deliveriesDue', (select count(*) from due),
    'oldestDelivery', seconds_since((select min(next_try_at) from due)),
    'deliveriesDead', (select count(*) from dead),
    'subscriptionsFailing', (select count(*) from event_subscriptions where state = 'active' and failing_since is not null),
    'webhooksPending', (select count(*) from webhooks),
    'oldestWebhook', seconds_since((select min(received_at) from webhooks)),
    'webhooksDead', (select count(*) from dead_webhooks),
    'incidents', (select count(*) from (select from incidents where closed_at is null order by incident_id limit (select n from most)) open),
    'reviews', (select count(*) from (select from reviews where state = 'open' order by expires_at limit (select n from most)) open))
$body$;

create index event_deliveries_dead on event_deliveries (event_nr) where state = 'exhausted';

grant execute on function applied_migrations, operations_figures to payments_app;
