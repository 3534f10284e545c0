set local role payments_owner;
set local search_path to payments, pg_temp;

-- What changed, for whoever watches. Of transactions that notify, each waits for the flush of the one before, so a
-- money step leaves a note here in its own commit, and some process takes the notes away and notifies. Not logged:
-- after a crash everybody listens and reads anew.
create unlogged table change_notes (
  session_id text,
  attempt_id text,
  next_attempt_id text,
  -- Or it is an API key that changed.
  key_id text
);

-- Everything on a money path leaves an audit row.
create function note_change() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
begin
  insert into change_notes (session_id, attempt_id, next_attempt_id) values (new.chain, new.detail ->> 'attempt', new.detail ->> 'next');
  return null;
end
$body$;
create trigger note_change after insert on audit for each row when (new.chain like 'ps\_%') execute function note_change();

-- Takes notes away and tells every process that listens, ids alone: {limit}. Answers how many sessions changed.
create function tell_changes(p jsonb) returns jsonb
language sql security definer set search_path = payments, pg_temp as $body$
  with taken as (
    delete from change_notes
    where ctid = any (array(select ctid from change_notes limit (p ->> 'limit')::integer for update skip locked))
    returning *
  ), changed as (
    select session_id, array_agg(distinct attempt) as attempts
    from taken, unnest(array[attempt_id, next_attempt_id]) as attempt group by session_id
  )
  select to_jsonb(count(pg_notify('payments_changes', news)))
  from (
    select jsonb_build_object('session', s.session_id, 'entity', s.entity_id, 'brand', s.brand_id,
      'attempts', (select coalesce(jsonb_agg(jsonb_build_object('id', a.attempt_id, 'mid', a.mid_id) order by a.ordinal), '[]')
        from attempts a where a.attempt_id = any (changed.attempts)))::text as news
    from changed join payment_sessions s using (session_id)
    union all
    select '{"keys": true}' where exists (select from taken where key_id is not null)
  ) told
$body$;

-- Whoever listens with a key that is revoked is not told any more.
create function note_keys() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
begin
  insert into change_notes (key_id) values (old.key_id);
  return null;
end
$body$;
create trigger note_keys after update or delete on api_keys for each row execute function note_keys();

grant execute on function tell_changes to payments_app;
