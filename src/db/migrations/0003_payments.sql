set local role payments_owner;
set local search_path to payments, pg_temp;

create table payment_sessions (
  session_id text primary key check (session_id ~ '^ps_[0-9A-HJKMNP-TV-Z]{26}$'),
  -- The reference to its underwriting leads to the company.
  entity_id text not null,
  brand_id text not null,
  customer_id text not null,
  category text not null,
  amount bigint not null check (amount between 1 and 999999999999),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  mode text not null check (mode in ('hosted', 'embedded')),
  order_reference text,
  intent jsonb not null,
  theme jsonb not null,
  metadata jsonb not null,
  redirects jsonb,
  state text not null default 'pending'
    check (state in ('pending', 'processing', 'in_review', 'settled', 'failed', 'cancelled', 'expired')),
  -- Rises with every permit to send: it orders the writers of one session.
  fence integer not null default 0,
  -- How often the session was confirmed.
  round integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- The laundering guard when a session is created: the entity is underwritten, the brand may collect for it.
  constraint session_underwritten foreign key (entity_id, category) references entity_underwriting (entity_id, category),
  constraint session_of_brand foreign key (brand_id, entity_id) references brand_entities (brand_id, entity_id),
  -- What attempts refer to, so that none can differ from its session.
  unique (session_id, entity_id, brand_id, category, amount, currency)
);

-- An order has one session that may still pay for it or has paid for it. A state that this index does not know
-- counts as live.
create unique index one_live_session_per_order on payment_sessions (entity_id, order_reference)
  where order_reference is not null and state not in ('failed', 'cancelled', 'expired');
-- By which what an order was charged before is found.
create index ended_sessions_by_order on payment_sessions (entity_id, order_reference)
  where order_reference is not null and state in ('failed', 'cancelled', 'expired');
create index sessions_by_time on payment_sessions (created_at desc, session_id desc);
create index sessions_by_entity on payment_sessions (entity_id, created_at desc, session_id desc);
create index sessions_to_expire on payment_sessions (expires_at) where state = 'pending';

create table routing_decisions (
  session_id text not null references payment_sessions,
  round integer not null,
  policy_version bigint not null,
  inputs jsonb not null,
  chosen jsonb not null,
  left_out jsonb not null,
  -- Accounts that were chosen and then refused by a write-ahead: [{mid, reason}].
  passed_over jsonb not null default '[]',
  decided_at timestamptz not null default now(),
  primary key (session_id, round)
);

create table attempts (
  attempt_id text primary key,
  session_id text not null,
  ordinal integer not null check (ordinal > 0),
  round integer not null,
  mid_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  amount bigint not null,
  currency text not null,
  vault_id text not null,
  token_ref text not null,
  -- The card itself, as its vault names it: the networks' rules on trying a card again count by it.
  card_fingerprint text,
  card_brand text,
  idempotency_key text not null unique,
  state text not null check (state in ('in_flight', 'captured', 'declined', 'indeterminate', 'absent')),
  fence integer not null,
  lease_until timestamptz not null,
  processor_reference text,
  decline_kind text check (decline_kind in ('soft', 'hard')),
  -- The evidence that made the state what it is: {source, code, message}.
  evidence jsonb,
  written_at timestamptz not null default now(),
  resolved_at timestamptz,
  checks integer not null default 0,
  next_check_at timestamptz,
  unique (session_id, ordinal),
  unique (attempt_id, session_id, mid_id, entity_id, provider, category, brand_id),
  -- The laundering guard: the account is this entity's, at this provider, and underwritten for this category...
  constraint attempt_on_own_account foreign key (mid_id, entity_id, provider, category) references mid_underwriting (mid_id, entity_id, provider, category),
  -- ...and the attempt is for what its session declared.
  constraint attempt_as_declared foreign key (session_id, entity_id, brand_id, category, amount, currency)
    references payment_sessions (session_id, entity_id, brand_id, category, amount, currency),
  constraint attempt_has_decision foreign key (session_id, round) references routing_decisions (session_id, round),
  constraint attempt_named_by_session check (attempt_id = 'at_' || substr(session_id, 4) || '_' || ordinal),
  constraint outcome_has_evidence check (state = 'in_flight' or evidence is not null),
  constraint declined_has_kind check ((state = 'declined') = (decline_kind is not null)),
  constraint captured_has_reference check ((state = 'captured') = (processor_reference is not null)),
  constraint resolved_has_time check ((state in ('captured', 'declined', 'absent')) = (resolved_at is not null))
);

-- The promise: at most one attempt of a session that is not positively declined. A state that this index does not
-- know counts as live.
create unique index one_live_attempt_per_session on attempts (session_id) where state <> 'declined';
create index attempts_by_time on attempts (written_at desc, attempt_id desc);
create index attempts_by_mid on attempts (mid_id, written_at desc, attempt_id desc);
create index attempts_of_card on attempts (entity_id, card_fingerprint, written_at) where card_fingerprint is not null;
create index attempts_in_flight on attempts (lease_until) where state = 'in_flight';
create index attempts_to_check on attempts (next_check_at) where state = 'indeterminate';

-- What a network allows of trying one card again on one account: at most so many attempts that did not capture within
-- so many hours. In force from its date until a later one of its kind. The kernel has the same in `retryBudgets.ts`.
create table retry_budgets (
  network text not null,
  since date not null,
  hours integer not null check (hours > 0),
  same_amount boolean not null,
  most integer not null check (most > 0),
  primary key (network, hours, same_amount, since)
);
insert into retry_budgets (network, since, hours, same_amount, most) values
  ('visa', '2020-10-17', 720, true, 15),
  ('visa', '2025-05-25', 720, true, 20),
  ('mastercard', '2022-10-01', 24, false, 10),
  ('mastercard', '2022-10-01', 720, true, 35);

-- The timeline of what was heard of an attempt, whatever became of it.
create table attempt_evidence (
  attempt_id text not null references attempts,
  nr integer not null,
  source text not null check (source in ('driver', 'lookup', 'takeover', 'webhook', 'person')),
  outcome text not null check (outcome in ('Captured', 'Declined', 'Indeterminate', 'Absent')),
  detail jsonb not null,
  heard_at timestamptz not null default now(),
  primary key (attempt_id, nr)
);

-- Money that moved. There is no uniqueness by session here: the truth can always be recorded, and a second
-- capture opens an incident.
create table captures (
  mid_id text not null,
  processor_reference text not null check (length(processor_reference) between 1 and 255),
  attempt_id text not null,
  session_id text not null,
  entity_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  source text not null check (source in ('driver', 'lookup', 'takeover', 'webhook', 'person')),
  captured_at timestamptz not null default now(),
  primary key (mid_id, processor_reference),
  constraint capture_of_attempt foreign key (attempt_id, session_id, mid_id, entity_id, provider, category, brand_id)
    references attempts (attempt_id, session_id, mid_id, entity_id, provider, category, brand_id)
);
create index captures_by_session on captures (session_id);
-- For who asks for a time alone. Whoever looks for one capture would else be sent through all of its account, by a plan
-- that was made while there were none.
create index captures_by_month on captures (mid_id, captured_at) include (amount, currency) where captured_at is not null;

-- One row moves one amount from one account to another, so the books balance by their shape. Every row carries
-- what reconciliation groups by.
create table postings (
  posting_id bigint generated always as identity primary key,
  debit_account text not null,
  credit_account text not null,
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  entity_id text not null,
  mid_id text not null,
  provider text not null,
  category text not null,
  brand_id text not null,
  session_id text not null,
  attempt_id text not null,
  processor_reference text not null,
  posted_at timestamptz not null default now(),
  constraint posting_moves check (debit_account <> credit_account),
  constraint posting_once unique (mid_id, processor_reference, debit_account, credit_account),
  constraint posting_of_attempt foreign key (attempt_id, session_id, mid_id, entity_id, provider, category, brand_id)
    references attempts (attempt_id, session_id, mid_id, entity_id, provider, category, brand_id)
);

-- Exactly one fulfilment: the row is written when the session settles, and claimed once.
create table fulfilments (
  session_id text primary key references payment_sessions,
  attempt_id text not null references attempts,
  settled_at timestamptz not null default now(),
  claimed_at timestamptz,
  claimed_by text,
  -- Whoever claims again under the same key is told that the claim is its own: perhaps it did not hear the answer.
  claimed_key text,
  constraint claimed_by_somebody check ((claimed_at is null) = (claimed_by is null))
);

create table incidents (
  incident_id bigint generated always as identity primary key,
  kind text not null check (kind in ('late_capture', 'captured_other_amount', 'processor_reference_reused')),
  session_id text not null references payment_sessions,
  attempt_id text not null references attempts,
  detail jsonb not null,
  opened_at timestamptz not null default now(),
  closed_at timestamptz
);
-- The same evidence again is no second incident while the first one is open. What somebody dealt with covers nothing that
-- comes later, and of two sums each is told.
create unique index one_incident_per_evidence on incidents (attempt_id, kind, (detail ->> 'processorReference'),
  coalesce(detail ->> 'amount', ''), coalesce(detail ->> 'currency', '')) where closed_at is null;
create index incidents_by_session on incidents (session_id);

create table outbox (
  event_nr bigint generated always as identity primary key,
  type text not null,
  session_id text not null references payment_sessions,
  payload jsonb not null,
  occurred_at timestamptz not null default now(),
  -- The trace and the span in which it happened, if they are kept: what is delivered later leads back to them.
  trace text default substring(current_setting('payments.trace', true) from '^[0-9a-f]{32}-[0-9a-f]{16}$'),
  claimed_until timestamptz,
  delivered_at timestamptz
);
create index outbox_undelivered on outbox (event_nr) where delivered_at is null;
create index outbox_by_session on outbox (session_id);

-- Kept longer than the dispute window: a key that was forgotten would charge again.
create table idempotency_keys (
  principal text not null,
  operation text not null check (operation in ('create', 'confirm', 'embed', 'turn')),
  key text not null check (length(key) between 1 and 255),
  -- Deferred: the key is taken before the session is written, so that one of two racing requests waits for the other.
  session_id text not null references payment_sessions deferrable initially deferred,
  request jsonb not null,
  created_at timestamptz not null default now(),
  primary key (principal, operation, key)
);

-- Forbidden whatever the code does ------------------------------------------------------------------------------

create function guard_session() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'pending' then
      raise exception 'a session begins pending, not %', new.state using errcode = 'check_violation', constraint = 'session_begins_pending';
    end if;
    if not exists (select from entities where entity_id = new.entity_id and collects) then
      raise exception '% cannot collect', new.entity_id using errcode = 'check_violation', constraint = 'entity_collects';
    end if;
    if exists (select from entity_underwriting where entity_id = new.entity_id and category = new.category and revoked_at is not null) then
      raise exception '% is not underwritten for % any more', new.entity_id, new.category using errcode = 'check_violation', constraint = 'underwriting_not_revoked';
    end if;
    return new;
  end if;
  if (new.session_id, new.entity_id, new.brand_id, new.customer_id, new.category, new.amount, new.currency, new.mode, new.order_reference, new.intent, new.theme, new.metadata, new.redirects, new.created_at)
    is distinct from (old.session_id, old.entity_id, old.brand_id, old.customer_id, old.category, old.amount, old.currency, old.mode, old.order_reference, old.intent, old.theme, old.metadata, old.redirects, old.created_at) then
    raise exception 'what a session declares does not change' using errcode = 'restrict_violation', constraint = 'declaration_unchanged';
  end if;
  if new.fence < old.fence or new.round < old.round then
    raise exception 'fence and round of a session only rise' using errcode = 'restrict_violation', constraint = 'fence_only_rises';
  end if;
  if new.state <> old.state then
    if not (old.state, new.state) in (
      ('pending', 'processing'), ('pending', 'cancelled'), ('pending', 'expired'), ('pending', 'in_review'),
      ('processing', 'settled'), ('processing', 'in_review'), ('processing', 'pending'), ('processing', 'failed'),
      ('in_review', 'settled'), ('in_review', 'pending'), ('in_review', 'failed')) then
      raise exception 'a session does not go from % to %', old.state, new.state using errcode = 'restrict_violation', constraint = 'session_move';
    end if;
    -- One whose money all went back has failed, once every incident of it was dealt with: nobody paid.
    if new.state in ('pending', 'failed', 'cancelled', 'expired') then
      if exists (
        select from captures c where session_id = new.session_id and (new.state <> 'failed' or money_left(c) > 0
          or exists (select from incidents i where i.session_id = new.session_id and i.closed_at is null))) then
        raise exception 'a session that money was captured for cannot be %', new.state using errcode = 'restrict_violation', constraint = 'capture_holds_session';
      end if;
      -- Each of these sets its order free, or waits for another card. Failed is also what was given up as absent, and what
      -- was captured and went back.
      if exists (
        select from attempts where session_id = new.session_id and state <> 'declined'
          and not (new.state = 'failed' and state in ('absent', 'captured'))) then
        raise exception 'a session with a live attempt cannot be %', new.state using errcode = 'restrict_violation', constraint = 'live_attempt_holds_session';
      end if;
    elsif new.state = 'settled' then
      if not exists (
        select from captures c where session_id = new.session_id and currency = new.currency and money_left(c) = new.amount) then
        raise exception 'a session is settled by a capture of what it declared' using errcode = 'restrict_violation', constraint = 'settled_has_capture';
      end if;
    end if;
  end if;
  return new;
end
$body$;
create trigger guard_session before insert or update on payment_sessions for each row execute function guard_session();
create trigger no_delete before delete on payment_sessions for each row execute function refuse_change();
create trigger no_truncate before truncate on payment_sessions for each statement execute function refuse_change();

-- Why an account may not be sent to right now, or null; the first reason in the order of the contract. The write-ahead asks it for its verdict, and the trigger
-- below asks it again for whoever goes around the write-ahead.
create function permit_refusal(mid text, entity text, mid_provider text, sold text) returns text
language sql stable set search_path = payments, pg_temp as $body$
  select case
    when m.kill_switch then 'kill_switch_on'
    when m.status <> 'active' then 'not_active'
    when m.mid_id is null or u.mid_id is null or u.revoked_at is not null or eu.revoked_at is not null then 'not_underwritten'
    when not e.collects then 'entity_cannot_collect'
    when m.live and gates_missing(m) then 'gates_missing'
    when m.live and gates_by_one_person(m) then 'gates_by_one_person'
  end
  from (select) one
  left join merchant_accounts m on m.mid_id = mid and m.entity_id = entity and m.provider = mid_provider
  left join mid_underwriting u on u.mid_id = m.mid_id and u.category = sold
  left join entity_underwriting eu on eu.entity_id = m.entity_id and eu.category = sold
  left join entities e on e.entity_id = m.entity_id
$body$;

-- Why the networks' rules on trying a card again forbid one more attempt, or null; the first reason in the order of
-- the contract. The networks count charges of money, and a test account makes none.
create function retry_refusal(mid text, entity text, fingerprint text, brand text, token text, charged bigint, charged_in text) returns text
language plpgsql set search_path = payments, pg_temp as $body$
begin
  if fingerprint is null or brand is null or not exists (select from merchant_accounts where mid_id = mid and live) then
    return null;
  end if;
  -- Two charges of one card at once would each not count the other.
  perform pg_advisory_xact_lock(hashtextextended(entity || ' ' || fingerprint, 0));
  return (
    with tries as materialized (
      select mid_id, token_ref, amount, currency, evidence ->> 'advice' as advice, written_at,
        state = 'declined' and evidence ? 'offNetwork' as off_network from attempts
      where entity_id = entity and card_fingerprint = fingerprint and written_at > now() - interval '30 days'
        and state not in ('captured', 'absent')),
    here as (select * from tries where mid_id = mid),
    spent as (
      select from retry_budgets b
      where network = brand and since <= now()
        and not exists (
          select from retry_budgets later
          where (later.network, later.hours, later.same_amount) = (b.network, b.hours, b.same_amount)
            and later.since > b.since and later.since <= now())
        and most <= (
          select count(*) from here
          where written_at > now() - hours * interval '1 hour' and not off_network
            and (not same_amount or (amount, currency) = (charged, charged_in))))
    select case
      when exists (select from tries where advice = 'never') then 'retry_forbidden'
      when exists (select from here where advice = 'updated' and token_ref = token) then 'card_needs_update'
      when brand = 'mastercard' and exists (select from here where advice = 'later' and written_at > now() - interval '1 hour') then 'retry_too_early'
      when exists (select from spent) then 'retry_budget_spent'
    end
    from (select) one);
end
$body$;

create function guard_attempt() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
declare
  refusal text;
  s payment_sessions;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'in_flight' then
      raise exception 'an attempt begins in_flight, not %', new.state using errcode = 'check_violation', constraint = 'attempt_begins_in_flight';
    end if;
    -- The lock keeps the session as it is until this attempt is committed.
    select * into s from payment_sessions where session_id = new.session_id for share;
    if (s.state, s.fence) is distinct from ('processing', new.fence) then
      raise exception 'an attempt is written under the fence of a processing session' using errcode = 'check_violation', constraint = 'attempt_under_fence';
    end if;
    -- Whoever was charged although everybody said no is not charged again; a person gives the money back.
    if exists (select from captures where session_id = new.session_id) then
      raise exception 'a session that money was captured for is not charged again' using errcode = 'check_violation', constraint = 'no_attempt_after_capture';
    end if;
    if order_paid(s) then
      raise exception 'an order that money was captured for is not charged again' using errcode = 'check_violation', constraint = 'no_attempt_for_paid_order';
    end if;
    if capture_said(s) then
      raise exception 'what a webhook says was charged already is not charged again' using errcode = 'check_violation', constraint = 'no_attempt_while_said';
    end if;
    refusal := coalesce(permit_refusal(new.mid_id, new.entity_id, new.provider, new.category),
      retry_refusal(new.mid_id, new.entity_id, new.card_fingerprint, new.card_brand, new.token_ref, new.amount, new.currency));
    if refusal is not null then
      raise exception '% may not be charged: %', new.mid_id, refusal using errcode = 'check_violation', constraint = 'permit_' || refusal;
    end if;
    return new;
  end if;
  if (new.attempt_id, new.session_id, new.ordinal, new.round, new.mid_id, new.entity_id, new.provider, new.category, new.brand_id, new.amount, new.currency, new.vault_id, new.token_ref, new.card_fingerprint, new.card_brand, new.idempotency_key, new.fence, new.written_at)
    is distinct from (old.attempt_id, old.session_id, old.ordinal, old.round, old.mid_id, old.entity_id, old.provider, old.category, old.brand_id, old.amount, old.currency, old.vault_id, old.token_ref, old.card_fingerprint, old.card_brand, old.idempotency_key, old.fence, old.written_at) then
    raise exception 'what an attempt was sent with does not change' using errcode = 'restrict_violation', constraint = 'attempt_unchanged';
  end if;
  if new.state <> old.state then
    if not (old.state, new.state) in (
      ('in_flight', 'captured'), ('in_flight', 'declined'), ('in_flight', 'indeterminate'), ('in_flight', 'absent'),
      ('indeterminate', 'captured'), ('indeterminate', 'declined'), ('indeterminate', 'absent')) then
      raise exception 'an attempt does not go from % to %', old.state, new.state using errcode = 'restrict_violation', constraint = 'attempt_move';
    end if;
    -- Its evidence says that very outcome and stands in the timeline, which nothing is taken from. A capture that
    -- cannot be booked leaves the attempt unknown, and so does a no that a webhook contradicts.
    if (lower(new.evidence ->> 'outcome') = new.state
        or (new.state = 'indeterminate' and new.evidence ->> 'outcome' in ('Captured', 'Declined'))) is not true or not exists (
      select from attempt_evidence where attempt_id = new.attempt_id and detail = new.evidence) then
      raise exception 'an attempt is % on evidence of that only', new.state using errcode = 'restrict_violation', constraint = 'attempt_moves_on_evidence';
    end if;
    if new.state = 'captured' and not exists (
      select from captures where mid_id = new.mid_id and processor_reference = new.processor_reference and attempt_id = new.attempt_id) then
      raise exception 'an attempt without its capture is not captured' using errcode = 'restrict_violation', constraint = 'captured_has_capture';
    end if;
  elsif (new.processor_reference, new.decline_kind, new.evidence, new.resolved_at)
      is distinct from (old.processor_reference, old.decline_kind, old.evidence, old.resolved_at) then
    raise exception 'an outcome changes together with its state' using errcode = 'restrict_violation', constraint = 'outcome_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_attempt before insert or update on attempts for each row execute function guard_attempt();
create trigger no_delete before delete on attempts for each row execute function refuse_change();
create trigger no_truncate before truncate on attempts for each statement execute function refuse_change();

-- As the owner, so that whoever may write a claim is judged, and not stopped for a function that he may not call.
create function guard_fulfilment() returns trigger language plpgsql security definer set search_path = payments, pg_temp as $body$
declare
  s payment_sessions;
begin
  if tg_op = 'INSERT' then
    if not exists (select from payment_sessions where session_id = new.session_id and state = 'settled') then
      raise exception 'only a settled session is fulfilled' using errcode = 'check_violation', constraint = 'fulfilment_of_settled';
    end if;
    if new.claimed_at is not null
      -- Perhaps one that was captured after its decline, and that persons let stand.
      or not exists (select from captures where attempt_id = new.attempt_id and session_id = new.session_id) then
      raise exception 'a fulfilment begins unclaimed, by an attempt of its session that was captured' using errcode = 'check_violation', constraint = 'fulfilment_by_captured';
    end if;
    return new;
  end if;
  if old.claimed_at is not null or (new.session_id, new.attempt_id, new.settled_at) is distinct from (old.session_id, old.attempt_id, old.settled_at) then
    raise exception 'a fulfilment is claimed once' using errcode = 'restrict_violation', constraint = 'claimed_once';
  end if;
  if new.claimed_at is not null then
    select * into s from payment_sessions where session_id = new.session_id;
    if fulfilment_block(s) is not null then
      raise exception 'what was given back or is disputed is not fulfilled' using errcode = 'restrict_violation', constraint = 'claimed_while_paid';
    end if;
  end if;
  return new;
end
$body$;
create trigger guard_fulfilment before insert or update on fulfilments for each row execute function guard_fulfilment();

-- What was told to the world is not told otherwise afterwards; only its delivery is noted.
create function guard_event() returns trigger language plpgsql as $body$
begin
  if (new.event_nr, new.type, new.session_id, new.payload, new.occurred_at, new.trace) is distinct from (old.event_nr, old.type, old.session_id, old.payload, old.occurred_at, old.trace)
    or (old.delivered_at is not null and new.delivered_at is distinct from old.delivered_at) then
    raise exception 'an event does not change' using errcode = 'restrict_violation', constraint = 'event_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_event before update on outbox for each row execute function guard_event();

-- An incident is closed once, and stays what it was.
create function guard_incident() returns trigger language plpgsql as $body$
begin
  if old.closed_at is not null or (new.incident_id, new.kind, new.session_id, new.attempt_id, new.detail, new.opened_at)
    is distinct from (old.incident_id, old.kind, old.session_id, old.attempt_id, old.detail, old.opened_at) then
    raise exception 'an incident does not change' using errcode = 'restrict_violation', constraint = 'incident_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_incident before update on incidents for each row execute function guard_incident();

-- The explanation of a round stays; accounts that its later attempts passed over are added.
create function guard_decision() returns trigger language plpgsql as $body$
begin
  if (new.session_id, new.round, new.policy_version, new.inputs, new.chosen, new.left_out, new.decided_at)
    is distinct from (old.session_id, old.round, old.policy_version, old.inputs, old.chosen, old.left_out, old.decided_at)
    or not new.passed_over @> old.passed_over then
    raise exception 'a routing decision does not change' using errcode = 'restrict_violation', constraint = 'decision_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_decision before update on routing_decisions for each row execute function guard_decision();

-- A key that led to a session is not forgotten: the request would be done again.
create function guard_key() returns trigger language plpgsql set search_path = payments, pg_temp as $body$
begin
  if tg_op = 'DELETE' and not exists (select from payment_sessions where session_id = old.session_id) then
    return old;
  end if;
  raise exception 'an idempotency key is kept as it is' using errcode = 'restrict_violation', constraint = 'key_kept';
end
$body$;
create trigger guard_key before update or delete on idempotency_keys for each row execute function guard_key();

-- A gate that was passed is revoked once, and else stays what it was.
create function guard_gate() returns trigger language plpgsql as $body$
begin
  if old.revoked_at is not null or new.revoked_at is null or (new.mid_id, new.gate, new.passed_by, new.evidence, new.passed_at, new.gate_nr)
    is distinct from (old.mid_id, old.gate, old.passed_by, old.evidence, old.passed_at, old.gate_nr) then
    raise exception 'a passed gate does not change' using errcode = 'restrict_violation', constraint = 'gate_unchanged';
  end if;
  return new;
end
$body$;
create trigger guard_gate before update on passed_gates for each row execute function guard_gate();
create trigger no_delete before delete on passed_gates for each row execute function refuse_change();
create trigger no_truncate before truncate on passed_gates for each statement execute function refuse_change();
create trigger append_only before update or delete on captures for each row execute function refuse_change();
create trigger append_only before update or delete on postings for each row execute function refuse_change();
create trigger append_only before update or delete on attempt_evidence for each row execute function refuse_change();
create trigger no_delete before delete on fulfilments for each row execute function refuse_change();
create trigger no_delete before delete on outbox for each row execute function refuse_change();
create trigger no_delete before delete on incidents for each row execute function refuse_change();
create trigger no_delete before delete on routing_decisions for each row execute function refuse_change();
create trigger no_truncate before truncate on captures for each statement execute function refuse_change();
create trigger no_truncate before truncate on postings for each statement execute function refuse_change();
create trigger no_truncate before truncate on attempt_evidence for each statement execute function refuse_change();
create trigger no_truncate before truncate on fulfilments for each statement execute function refuse_change();
create trigger no_truncate before truncate on outbox for each statement execute function refuse_change();
create trigger no_truncate before truncate on incidents for each statement execute function refuse_change();
create trigger no_truncate before truncate on routing_decisions for each statement execute function refuse_change();
create trigger no_truncate before truncate on idempotency_keys for each statement execute function refuse_change();

grant select on payment_sessions, routing_decisions, retry_budgets, attempts, attempt_evidence, captures, postings, fulfilments,
  incidents, outbox to payments_app;
