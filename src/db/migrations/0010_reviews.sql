set local role payments_owner;
set local search_path to payments, pg_temp;

-- What persons decide: what became of an attempt or a refund that no processor tells of, that an incident was dealt
-- with. One asks,
-- with what they saw; a second, different one approves or rejects. What was asked for stays as it was asked for.
create table reviews (
  review_nr bigint generated always as identity primary key,
  -- Of a refund or an incident: the attempt that it is of.
  attempt_id text not null references attempts,
  incident_id bigint references incidents,
  refund_id text references refunds,
  -- captured, refunded: the processor shows the money. refunded_outside: it went back without the processor, by a bank
  -- transfer, whose reference is named. declined: it shows the charge or the refund, and that it moved
  -- none. absent: it shows no such thing, which ends a session and never resumes it, and sets a refund's amount free.
  -- handled: the incident was dealt with.
  conclusion text not null check (conclusion in ('captured', 'refunded', 'refunded_outside', 'declined', 'absent', 'handled')),
  processor_reference text check (length(processor_reference) between 1 and 255),
  amount bigint check (amount between 1 and 999999999999),
  currency text check (currency ~ '^[A-Z]{3}$'),
  evidence text not null check (length(evidence) between 1 and 2000),
  state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'expired')),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- How long after its write-ahead a charge or a refund may still turn up: a day, or the driver's horizon if that is
  -- longer. Nobody says absent any sooner.
  horizon interval not null default '1 day',
  decided_by text,
  decided_at timestamptz,
  reason text check (length(reason) between 1 and 500),
  constraint conclusion_says_what check (
    (processor_reference is not null) = (conclusion in ('captured', 'refunded', 'refunded_outside', 'declined'))
    and (amount is not null) = (conclusion in ('captured', 'refunded', 'refunded_outside'))
    and (currency is not null) = (conclusion in ('captured', 'refunded', 'refunded_outside'))
    and (incident_id is not null) = (conclusion = 'handled')
    and case when refund_id is null then conclusion not in ('refunded', 'refunded_outside')
      else conclusion in ('refunded', 'refunded_outside', 'declined', 'absent') end),
  constraint decided_by_somebody check (
    (state = 'open') = (decided_by is null) and (state = 'open') = (decided_at is null)),
  constraint horizon_of_a_day check (horizon >= interval '1 day'),
  constraint approved_in_time check (state <> 'approved' or decided_at <= expires_at)
);
create unique index one_open_review on reviews (attempt_id, coalesce(incident_id, 0), coalesce(refund_id, '')) where state = 'open';
create index reviews_by_attempt on reviews (attempt_id);
create index reviews_open on reviews (expires_at) where state = 'open';
create index incidents_open on incidents (incident_id) where closed_at is null;

-- From when on what a review is about may be called absent.
create function absent_not_before(r reviews) returns timestamptz language sql stable set search_path = payments, pg_temp as $body$
  select coalesce((select f.written_at from refunds f where f.refund_id = r.refund_id),
    (select a.written_at from attempts a where a.attempt_id = r.attempt_id)) + r.horizon
$body$;

-- The oldest webhook that names what a review is about, and that nobody has heard: it waits, or it is a dead letter. What
-- goes back of a charge or is disputed of it was taken. A refund that is called absent, or that went back by a bank
-- instead, is also named by its charge, because whoever sent it may not have said our key.
create function news_waiting(r reviews) returns webhook_inbox language sql stable set search_path = payments, pg_temp as $body$
  select w from attempts a
  left join refunds f on f.refund_id = r.refund_id
  join webhook_inbox w on w.mid_id = a.mid_id and w.state <> 'processed'
  cross join jsonb_array_elements(w.subjects) named
  where a.attempt_id = r.attempt_id and not (r.conclusion = 'declined' and r.refund_id is null and (given_up(w) or w.released is not null)) and case
    when r.refund_id is null then named ->> 'idempotencyKey' = a.idempotency_key
      or named ->> 'processorReference' = r.processor_reference
      or exists (select from attempt_evidence e where e.attempt_id = a.attempt_id
        and e.detail ->> 'processorReference' = named ->> 'processorReference')
    else named ->> '_tag' in ('Charge', 'Refund') and (named ->> 'refundReference' = r.processor_reference
      or named ->> 'idempotencyKey' = f.idempotency_key
      or r.conclusion in ('absent', 'refunded_outside') and named ->> 'processorReference' = f.processor_reference
      or exists (select from refund_evidence e where e.refund_id = f.refund_id
        and e.detail ->> 'refundReference' = named ->> 'refundReference')) end
  order by w.webhook_nr limit 1
$body$;

-- Whether what is said to have failed is not what the processor named, or is another's: that one failed proves nothing of
-- this. What it named is not asked where it is the name of money that another one moved.
create function names_another(r reviews, mid text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  with heard as (
    select detail ->> 'processorReference' as name from attempt_evidence where attempt_id = r.attempt_id and r.refund_id is null
    union select detail ->> 'refundReference' from refund_evidence where refund_id = r.refund_id
  ), moved as (
    select name from (select name from heard union select r.processor_reference) one where case when r.refund_id is null
      then exists (select from captures where mid_id = mid and processor_reference = name)
      else exists (select from returns where mid_id = mid and refund_reference = name) end
  )
  select exists (select from moved where name = r.processor_reference)
    or not exists (select from heard where name = r.processor_reference)
      and exists (select name from heard where name is not null except select name from moved)
$body$;

-- Under which name a refund is booked that a review says went back. A bank's reference is no name of the processor's: what
-- the processor says of one that is spelled like it is said of something else.
create function booked_as(r reviews) returns text language sql immutable as $body$
  select case r.conclusion when 'refunded_outside' then left('outside_' || r.processor_reference, 255) else r.processor_reference end
$body$;

-- Whether a name is a charge's, or that of another refund of the account, by what its processor said.
create function names_elsewhere(r reviews, mid text) returns boolean language sql stable set search_path = payments, pg_temp as $body$
  select exists (select from captures where mid_id = mid and processor_reference = r.processor_reference)
    or exists (select from refund_evidence e join refunds f using (refund_id) where f.mid_id = mid and f.refund_id <> r.refund_id
        and e.detail ->> 'refundReference' = r.processor_reference)
      and not exists (select from refund_evidence e where e.refund_id = r.refund_id and e.detail ->> 'refundReference' = r.processor_reference)
$body$;

-- The same of a refund. What is called absent is free to be given back again, so nobody says it of one that its processor
-- named, nor as long as it might still turn up, nor while what its processor says of it waits to be heard.
create function refund_contradiction(r reviews) returns text language sql stable set search_path = payments, pg_temp as $body$
  select case
    when f.attempt_id <> r.attempt_id then 'other_attempt'
    when f.state = 'in_flight' then 'in_flight'
    when exists (select from returns where refund_id = f.refund_id) then 'refunded'
    when r.conclusion in ('refunded', 'refunded_outside') then case
      when b.mid_id is not null or r.conclusion = 'refunded' and names_elsewhere(r, f.mid_id) then 'reference_of_another'
      when r.currency <> f.currency or r.amount > f.amount then 'other_amount'
      -- It went back at the processor as well, perhaps: a bank's transfer beside it gives the money back twice.
      when r.conclusion = 'refunded_outside' and (news_waiting(r)).webhook_nr is not null then 'news_waiting' end
    when f.state <> 'indeterminate' then f.state
    -- Its amount is free then as well, so what is said to have failed is what the processor named, and nobody else's.
    when r.conclusion = 'declined' then case
      when names_another(r, f.mid_id) then 'reference_of_another'
      when (news_waiting(r)).webhook_nr is not null then 'news_waiting' end
    when r.conclusion = 'absent' then case
      when exists (select from refund_evidence e where e.refund_id = f.refund_id and e.detail ? 'refundReference') then 'known_to_processor'
      when absent_not_before(r) > now() then 'too_early'
      when (news_waiting(r)).webhook_nr is not null then 'news_waiting' end
  end
  from refunds f
  left join returns b on b.mid_id = f.mid_id and b.refund_reference = booked_as(r) and b.nr = 1
  where f.refund_id = r.refund_id
$body$;

-- What stands against a review's conclusion: evidence that is stronger than a person's. Null when nothing does.
create function review_contradiction(r reviews) returns text language sql stable set search_path = payments, pg_temp as $body$
  select case
    when r.refund_id is not null then refund_contradiction(r)
    when r.conclusion = 'handled' then case
      when i.attempt_id is distinct from r.attempt_id then 'other_attempt'
      when i.closed_at is not null then 'incident_closed' end
    when a.state = 'in_flight' then 'in_flight'
    when r.conclusion = 'captured' then case
      when c.attempt_id = a.attempt_id then 'captured_already'
      when c.attempt_id is not null then 'reference_of_another'
      when exists (select from captures where attempt_id = a.attempt_id) then 'captured'
      -- Less than was asked for is what some processors do; it opens an incident, whoever says it. More is a slip.
      when r.currency <> a.currency or r.amount > a.amount then 'other_amount' end
    -- One that was declined is signed as that once more where a webhook that was given up says otherwise.
    when a.state <> 'indeterminate' and not (r.conclusion = 'declined' and a.state = 'declined' and capture_unheard(a)) then a.state
    when exists (select from captures where attempt_id = a.attempt_id) then 'captured'
    -- Another card may be charged then, so this is judged as it is of a refund.
    when r.conclusion = 'declined' then case
      when names_another(r, a.mid_id) then 'reference_of_another'
      when (news_waiting(r)).webhook_nr is not null then 'news_waiting' end
    -- The order may be paid again once this is called absent: so it is judged as that of a refund is.
    when r.conclusion = 'absent' then case
      when exists (select from attempt_evidence e
        where e.attempt_id = a.attempt_id and e.detail ? 'processorReference') then 'known_to_processor'
      when absent_not_before(r) > now() then 'too_early'
      when (news_waiting(r)).webhook_nr is not null then 'news_waiting' end
  end
  from attempts a
  left join incidents i on i.incident_id = r.incident_id
  left join captures c on c.mid_id = a.mid_id and c.processor_reference = r.processor_reference
  where a.attempt_id = r.attempt_id
$body$;

-- The same as it is answered: with when it is no contradiction any more, or with what has to be heard first.
create function contradicted(r reviews, contradiction text) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('_tag', 'Contradicted', 'by', contradiction,
    'notBefore', case contradiction when 'too_early' then iso(absent_not_before(r)) end,
    'webhook', case contradiction when 'news_waiting' then 'wh_' || (news_waiting(r)).webhook_nr end))
$body$;

-- As the owner, so that whoever may write a review is judged, and not stopped for a function that he may not call.
create function guard_review() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  contradiction text;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'open' then
      raise exception 'a review begins open, not %', new.state using errcode = 'check_violation', constraint = 'review_begins_open';
    end if;
  else
    if (new.review_nr, new.attempt_id, new.incident_id, new.refund_id, new.conclusion, new.processor_reference, new.amount, new.currency, new.evidence, new.requested_by, new.requested_at, new.expires_at, new.horizon)
      is distinct from (old.review_nr, old.attempt_id, old.incident_id, old.refund_id, old.conclusion, old.processor_reference, old.amount, old.currency, old.evidence, old.requested_by, old.requested_at, old.expires_at, old.horizon) then
      raise exception 'what was asked for does not change' using errcode = 'restrict_violation', constraint = 'review_unchanged';
    end if;
    if old.state <> 'open' then
      raise exception 'a review is decided once' using errcode = 'restrict_violation', constraint = 'review_decided_once';
    end if;
  end if;
  if new.state <> 'expired' and not is_operator(coalesce(new.decided_by, new.requested_by))
    or new.state = 'approved' and not is_operator(new.requested_by) then
    raise exception 'only operators ask for reviews and decide them' using errcode = 'check_violation', constraint = 'review_by_operators';
  end if;
  if new.state = 'approved' and person_of(new.decided_by) = person_of(new.requested_by) then
    raise exception 'nobody signs what they asked for' using errcode = 'check_violation', constraint = 'second_person';
  end if;
  if new.state in ('open', 'approved') then
    contradiction := review_contradiction(new);
    if contradiction is not null then
      raise exception 'stronger evidence stands against it: %', contradiction using errcode = 'check_violation', constraint = 'review_contradicted';
    end if;
  end if;
  return new;
end
$body$;
create trigger guard_review before insert or update on reviews for each row execute function guard_review();
-- What a person says is evidence once two of them signed it, and only in the commit of the second signature: the steps
-- that record evidence may be called by whoever speaks for the service, and take nobody's word for it.
create function guard_person() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if not exists (
    select from reviews r
    where r.attempt_id = coalesce(to_jsonb(new) ->> 'attempt_id',
        (select f.attempt_id from refunds f where f.refund_id = to_jsonb(new) ->> 'refund_id'))
      and r.refund_id is not distinct from to_jsonb(new) ->> 'refund_id'
      and r.state = 'approved' and r.decided_at = now() and r.conclusion = lower(new.outcome) || case when (new.detail ->> 'outside')::boolean then '_outside' else '' end
      and (booked_as(r), r.amount, r.currency) is not distinct from
        (coalesce(new.detail ->> 'processorReference', new.detail ->> 'refundReference'), (new.detail ->> 'amount')::bigint,
          new.detail ->> 'currency')) then
    raise exception 'a person says something by a review that two signed' using errcode = 'check_violation', constraint = 'person_by_review';
  end if;
  return new;
end
$body$;
create trigger guard_person before insert on attempt_evidence for each row when (new.source = 'person') execute function guard_person();
create trigger guard_person before insert on refund_evidence for each row when (new.source = 'person') execute function guard_person();

create trigger no_delete before delete on reviews for each row execute function refuse_change();
create trigger no_truncate before truncate on reviews for each statement execute function refuse_change();

create function review_json(r reviews) returns jsonb language sql stable set search_path = payments, pg_temp as $body$
  select jsonb_strip_nulls(jsonb_build_object('id', 'rv_' || r.review_nr, 'attempt', r.attempt_id,
    'session', (select session_id from attempts where attempt_id = r.attempt_id), 'incident', r.incident_id, 'refund', r.refund_id,
    'charge', (select processor_reference from refunds where refund_id = r.refund_id),
    'conclusion', r.conclusion, 'processorReference', r.processor_reference, 'amount', r.amount, 'currency', r.currency,
    'evidence', r.evidence, 'state', case when r.state = 'open' and r.expires_at <= now() then 'expired' else r.state end,
    'requestedBy', r.requested_by, 'requestedAt', iso(r.requested_at), 'expiresAt', iso(r.expires_at),
    'decidedBy', r.decided_by, 'decidedAt', iso(r.decided_at), 'reason', r.reason))
$body$;

-- Ends open reviews whose time is over, of one attempt or of all: {limit, attempt?}. Answers how many.
create function expire_reviews(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  r reviews;
  expired integer := 0;
begin
  for r in
    select * from reviews where state = 'open' and expires_at <= now()
      and (p ->> 'attempt' is null or attempt_id = p ->> 'attempt')
    order by expires_at limit (p ->> 'limit')::integer for update skip locked
  loop
    update reviews set state = 'expired', decided_by = 'expiry', decided_at = now() where review_nr = r.review_nr;
    perform write_audit((select session_id from attempts where attempt_id = r.attempt_id), 'expiry', 'review.expired',
      jsonb_build_object('review', 'rv_' || r.review_nr));
    expired := expired + 1;
  end loop;
  return to_jsonb(expired);
end
$body$;

-- Locks the session of an attempt, and then the attempt: the order of locks of all money steps.
create function lock_attempt(attempt text) returns attempts language plpgsql set search_path = payments, pg_temp as $body$
declare
  a attempts;
begin
  perform from payment_sessions where session_id = (select session_id from attempts where attempt_id = attempt) for update;
  select * into a from attempts where attempt_id = attempt for update;
  return a;
end
$body$;

-- {by, attempt | incident | refund, conclusion, processorReference?, amount?, currency?, evidence, lifetimeMs, horizonsMs?:
-- {provider: ms}}.
create function request_review(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  a attempts;
  r reviews;
  contradiction text;
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  a := lock_attempt(coalesce(p ->> 'attempt', (select attempt_id from refunds where refund_id = p ->> 'refund'),
    (select attempt_id from incidents where incident_id = (p ->> 'incident')::bigint)));
  if a.attempt_id is null then return jsonb_build_object('_tag', 'NothingToReview'); end if;
  perform expire_reviews(jsonb_build_object('attempt', a.attempt_id, 'limit', 10));
  select * into r from reviews
  where attempt_id = a.attempt_id and coalesce(incident_id, 0) = coalesce((p ->> 'incident')::bigint, 0)
    and coalesce(refund_id, '') = coalesce(p ->> 'refund', '') and state = 'open';
  if found then return jsonb_build_object('_tag', 'OpenAlready', 'review', 'rv_' || r.review_nr); end if;
  r := jsonb_populate_record(null::reviews, jsonb_build_object('attempt_id', a.attempt_id, 'incident_id', p -> 'incident',
    'refund_id', p -> 'refund', 'conclusion', p -> 'conclusion', 'processor_reference', p -> 'processorReference', 'amount', p -> 'amount',
    'currency', p -> 'currency', 'horizon', greatest(interval '1 day',
      (p #>> array['horizonsMs', a.provider])::float8 * interval '1 millisecond')));
  contradiction := review_contradiction(r);
  if contradiction is not null then return contradicted(r, contradiction); end if;
  insert into reviews (attempt_id, incident_id, refund_id, conclusion, processor_reference, amount, currency, evidence, requested_by, expires_at,
    horizon)
  values (r.attempt_id, r.incident_id, r.refund_id, r.conclusion, r.processor_reference, r.amount, r.currency, p ->> 'evidence',
    p ->> 'by', now() + (p ->> 'lifetimeMs')::float8 * interval '1 millisecond', r.horizon)
  returning * into r;
  perform write_audit(a.session_id, p ->> 'by', 'review.requested', review_json(r));
  return jsonb_build_object('_tag', 'Requested', 'review', review_json(r));
end
$body$;

-- {by, nr, approve, reason?, mostRounds}. An approval records the evidence in the same commit.
create function decide_review(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  a attempts;
  r reviews;
  approve boolean := (p ->> 'approve')::boolean;
  contradiction text;
  said jsonb;
  given_over jsonb;
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  a := lock_attempt((select attempt_id from reviews where review_nr = (p ->> 'nr')::bigint));
  perform expire_reviews(jsonb_build_object('attempt', a.attempt_id, 'limit', 10));
  select * into r from reviews where review_nr = (p ->> 'nr')::bigint for update;
  if not found then return jsonb_build_object('_tag', 'NoSuchReview'); end if;
  if r.state <> 'open' then
    -- Whoever did not hear the answer asks again and is told the same.
    if r.decided_by = p ->> 'by' and r.state = (case when approve then 'approved' else 'rejected' end) then
      return jsonb_build_object('_tag', 'Decided', 'review', review_json(r));
    end if;
    return jsonb_build_object('_tag', 'DecidedBefore', 'state', r.state);
  end if;
  if approve and person_of(r.requested_by) = person_of(p ->> 'by') then return jsonb_build_object('_tag', 'SamePerson'); end if;
  if approve and not is_operator(r.requested_by) then return jsonb_build_object('_tag', 'AskedByNoOperator'); end if;
  if approve then
    contradiction := review_contradiction(r);
    if contradiction is not null then return contradicted(r, contradiction); end if;
  end if;
  update reviews
  set state = case when approve then 'approved' else 'rejected' end, decided_by = p ->> 'by', decided_at = now(),
    reason = p ->> 'reason'
  where review_nr = r.review_nr returning * into r;
  perform write_audit(a.session_id, p ->> 'by', 'review.' || r.state, jsonb_build_object(
    'review', 'rv_' || r.review_nr, 'requestedBy', r.requested_by, 'reason', r.reason));
  if approve and r.conclusion = 'handled' then
    update incidents set closed_at = now() where incident_id = r.incident_id;
    perform conclude_session(a.session_id, p ->> 'by');
  elsif approve then
    said := jsonb_build_object('_tag', initcap(split_part(r.conclusion, '_', 1)), 'evidence', jsonb_build_object('code',
      case r.conclusion when 'refunded_outside' then 'signed_off_outside' else 'signed_off' end,
      'message', r.evidence || ' (rv_' || r.review_nr || ', seen by ' || r.requested_by || ')'));
    if r.refund_id is not null then
      perform record_refund(jsonb_build_object('refund', r.refund_id, 'source', 'person', 'by', p -> 'by', 'outcome',
        said || case
          when r.conclusion in ('refunded', 'refunded_outside') then jsonb_strip_nulls(jsonb_build_object(
            'refundReference', booked_as(r), 'outside', case r.conclusion when 'refunded_outside' then true end,
            'money', jsonb_build_object('amount', r.amount, 'currency', r.currency)))
          when r.conclusion = 'declined' then jsonb_build_object('kind', 'hard', 'refundReference', r.processor_reference)
          else '{}' end));
    else
      if r.conclusion = 'declined' then
        -- What they contradict holds nobody up any more.
        with closed as (
          update webhook_inbox w set state = 'processed', released = 'signed'
          where given_up(w) and w.state <> 'processed' and said_captured(w.subjects) <> '{}'
            and w.mid_id = a.mid_id and said_captured(w.subjects) && charge_names(a) returning webhook_nr, event_id)
        select jsonb_agg('wh_' || webhook_nr order by webhook_nr) into given_over from closed;
        if given_over is not null then
          perform write_audit('mid:' || a.mid_id, p ->> 'by', 'webhook.contradicted', jsonb_build_object(
            'webhooks', given_over, 'review', 'rv_' || r.review_nr));
        end if;
      end if;
      perform record_outcome(jsonb_build_object('attempt', a.attempt_id, 'fence', 0, 'source', 'person', 'by', p -> 'by',
        'next', '[]'::jsonb, 'mostRounds', p -> 'mostRounds', 'outcome', said || case r.conclusion
          when 'captured' then jsonb_build_object('processorReference', r.processor_reference, 'amount', r.amount, 'currency', r.currency)
          when 'declined' then jsonb_build_object('kind', 'hard', 'processorReference', r.processor_reference)
          else '{}' end));
    end if;
  end if;
  return jsonb_build_object('_tag', 'Decided', 'review', review_json(r));
end
$body$;

-- {by, nr}: null for whoever is no operator, and for what is not there.
create function read_review(p jsonb) returns jsonb
language sql stable security definer set search_path = payments, pg_temp as $body$
  select review_json(r) from reviews r where review_nr = (p ->> 'nr')::bigint and is_operator(p ->> 'by')
$body$;

-- {by, open, size, from: start | end, after?, before?}: reviews, the newest first, one more than asked for. Null for whoever
-- is no operator.
create function read_reviews(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = payments, pg_temp as $body$
declare
  wanted integer := (p ->> 'size')::integer + 1;
  below bigint := coalesce((p ->> 'after')::bigint, 9223372036854775807);
  above bigint := coalesce((p ->> 'before')::bigint, 0);
  states text[] := case when (p ->> 'open')::boolean then '{open}' else '{open,approved,rejected,expired}' end;
  found_rows jsonb;
begin
  if not is_operator(p ->> 'by') then return null; end if;
  if p ->> 'from' = 'end' then
    select jsonb_agg(one) into found_rows from (select review_json(r) as one from reviews r
      where state = any (states) and review_nr < below and review_nr > above order by review_nr limit wanted) x;
  else
    select jsonb_agg(one) into found_rows from (select review_json(r) as one from reviews r
      where state = any (states) and review_nr < below and review_nr > above order by review_nr desc limit wanted) x;
  end if;
  return coalesce(found_rows, '[]');
end
$body$;

-- Puts a passed gate of a merchant account on record: {by, mid, gate, evidence}.
create function pass_gate(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  if not exists (select from merchant_accounts where mid_id = p ->> 'mid') then return jsonb_build_object('_tag', 'NoSuchAccount'); end if;
  insert into passed_gates (mid_id, gate, passed_by, evidence)
  values (p ->> 'mid', p ->> 'gate', p ->> 'by', p ->> 'evidence') on conflict do nothing;
  if not found then return jsonb_build_object('_tag', 'PassedBefore'); end if;
  perform write_audit('mid:' || (p ->> 'mid'), p ->> 'by', 'gate.passed', jsonb_build_object(
    'gate', p -> 'gate', 'evidence', p -> 'evidence'));
  return jsonb_build_object('_tag', 'Passed');
end
$body$;

-- Takes a passed gate back: {by, mid, gate, reason}. The account charges no more until it is passed again.
create function revoke_gate(p jsonb) returns jsonb
language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  g passed_gates;
begin
  if not is_operator(p ->> 'by') then return jsonb_build_object('_tag', 'NotOperator'); end if;
  if not exists (select from merchant_accounts where mid_id = p ->> 'mid') then return jsonb_build_object('_tag', 'NoSuchAccount'); end if;
  update passed_gates set revoked_by = p ->> 'by', revoked_at = now(), revoked_because = p ->> 'reason'
  where mid_id = p ->> 'mid' and gate = p ->> 'gate' and revoked_at is null returning * into g;
  if not found then return jsonb_build_object('_tag', 'NotPassed'); end if;
  perform write_audit('mid:' || (p ->> 'mid'), p ->> 'by', 'gate.revoked', jsonb_build_object(
    'gate', p -> 'gate', 'reason', p -> 'reason', 'passedBy', g.passed_by));
  return jsonb_build_object('_tag', 'Revoked');
end
$body$;

grant execute on function expire_reviews, request_review, decide_review, read_review, read_reviews, pass_gate, revoke_gate to payments_app;
