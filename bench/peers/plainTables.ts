// The tables of whoever writes the same down without a service: what a charge leaves behind, with keys and references,
// and nothing that judges or forbids. The plain script and DBOS write them with the same statements.

export const tables = `
create table sessions (session_id text primary key, entity_id text not null, amount bigint not null, currency text not null,
  state text not null, round integer not null default 0, updated_at timestamptz not null default now());
create table attempts (attempt_id text primary key, session_id text not null references sessions, ordinal integer not null,
  mid_id text not null, amount bigint not null, currency text not null, idempotency_key text not null unique,
  state text not null, processor_reference text, written_at timestamptz not null default now(), unique (session_id, ordinal));
create table captures (mid_id text not null, processor_reference text not null, attempt_id text not null references attempts,
  session_id text not null, amount bigint not null, currency text not null, captured_at timestamptz not null default now(),
  primary key (mid_id, processor_reference));
create table postings (posting_nr bigint generated always as identity primary key, debit_account text not null,
  credit_account text not null, amount bigint not null, currency text not null, attempt_id text not null references attempts);
create table fulfilments (session_id text primary key references sessions, attempt_id text not null references attempts);
create table outbox (event_nr bigint generated always as identity primary key, type text not null,
  session_id text not null references sessions, payload jsonb not null, occurred_at timestamptz not null default now());
create table audit (chain text not null, position integer not null, actor text not null, action text not null,
  detail jsonb not null, at timestamptz not null default now(), primary key (chain, position));
`

/** Sessions that may be charged, by their numbers. */
export const declare = `insert into sessions (session_id, entity_id, amount, currency, state)
  select 'ps_' || lpad(n::text, 26, '0'), 'loop_bio_labs', 4900, 'USD', 'pending'
  from generate_series($1::bigint, $2::bigint) n`

interface Client {
  readonly query: (question: {
    readonly name: string
    readonly text: string
    readonly values: ReadonlyArray<unknown>
  }) => Promise<{ readonly rows: ReadonlyArray<unknown> }>
}

const asked = async (client: Client, name: string, text: string, values: ReadonlyArray<unknown>) => {
  const { rows } = await client.query({ name, text, values })
  if (rows.length === 0) throw new Error(`${name} changed nothing for ${String(values[0])}`)
}

const mids = ["mid_bio_1", "mid_bio_2", "mid_bio_3"]
const attemptOf = (session: string, ordinal: number) => `at_${session.slice(3)}_${ordinal}`

/** The write-ahead of an attempt. */
export const writeAttempt = async (client: Client, session: string, ordinal: number): Promise<void> => {
  const mid = mids[ordinal - 1]
  if (ordinal === 1) {
    await asked(
      client,
      "begin",
      "update sessions set state = 'processing', round = round + 1, updated_at = now() where session_id = $1 and state = 'pending' returning 1",
      [session]
    )
  }
  await asked(
    client,
    "attempt",
    `insert into attempts (attempt_id, session_id, ordinal, mid_id, amount, currency, idempotency_key, state)
     select $2, session_id, $3::integer, $4::text, amount, currency, session_id || '-' || $3::integer || '-' || $4::text, 'in_flight'
     from sessions where session_id = $1 returning 1`,
    [session, attemptOf(session, ordinal), ordinal, mid]
  )
  await audited(client, session, ordinal * 2 - 1, "attempt.opened", { mid })
}

const audited = (client: Client, session: string, position: number, action: string, detail: unknown) =>
  asked(
    client,
    "audit",
    "insert into audit (chain, position, actor, action, detail) values ($1, $2, 'bench', $3, $4) returning 1",
    [session, position, action, JSON.stringify(detail)]
  )

/** A decline. */
export const writeDeclined = async (client: Client, session: string, ordinal: number): Promise<void> => {
  await asked(
    client,
    "declined",
    "update attempts set state = 'declined' where attempt_id = $1 returning 1",
    [attemptOf(session, ordinal)]
  )
  await audited(client, session, ordinal * 2, "attempt.declined", { code: "51" })
}

/** A capture and what follows from it. */
export const writeCaptured = async (client: Client, session: string, ordinal: number): Promise<void> => {
  const attempt = attemptOf(session, ordinal)
  const reference = `ch_${attempt}`
  await asked(
    client,
    "captured",
    "update attempts set state = 'captured', processor_reference = $2 where attempt_id = $1 returning 1",
    [attempt, reference]
  )
  await asked(
    client,
    "capture",
    `insert into captures (mid_id, processor_reference, attempt_id, session_id, amount, currency)
     select mid_id, processor_reference, attempt_id, session_id, amount, currency from attempts where attempt_id = $1 returning 1`,
    [attempt]
  )
  await asked(
    client,
    "posting",
    `insert into postings (debit_account, credit_account, amount, currency, attempt_id)
     select 'processor_receivable', 'customer_payments', amount, currency, attempt_id from attempts where attempt_id = $1 returning 1`,
    [attempt]
  )
  await asked(
    client,
    "settled",
    "update sessions set state = 'settled', updated_at = now() where session_id = $1 and state = 'processing' returning 1",
    [session]
  )
  await asked(
    client,
    "fulfilled",
    "insert into fulfilments (session_id, attempt_id) values ($1, $2) returning 1",
    [session, attempt]
  )
  await asked(
    client,
    "told",
    "insert into outbox (type, session_id, payload) values ('payment.charged.v1', $1, $2) returning 1",
    [
      session,
      JSON.stringify({ session, attempt, amount: 4900, currency: "USD", processorReference: reference })
    ]
  )
  await audited(client, session, ordinal * 2, "attempt.captured", { processorReference: reference })
}

/** A processor that answers at once. */
export const ask = async (ordinal: number, declines: number): Promise<"captured" | "declined"> =>
  ordinal <= declines ? "declined" : "captured"
