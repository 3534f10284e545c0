set local role payments_owner;

-- The books of the simulated gateways: what really moved at the other end of the wire. The app's role has no
-- right in here, so that our records can be checked against books that our code cannot have touched. The
-- gateways' role may read and add, and change nothing.
set local role payments_owner;
create schema stub_gateway;

create table stub_gateway.entries (
  gateway text not null check (gateway <> ''),
  mid text not null check (mid <> ''),
  idempotency_key text not null check (idempotency_key <> ''),
  operation text not null,
  kind text not null,
  code text not null,
  processor_reference text not null,
  -- The charge that the entry is about; of a charge, its own reference.
  charge_reference text not null,
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  token_ref text not null,
  -- When the money moves. It may lie ahead: a late capture needs no timer, and no process that stays alive.
  moves_at timestamptz not null,
  created_at timestamptz not null,
  written bigint generated always as identity,
  -- The same key never moves money twice.
  primary key (gateway, idempotency_key, operation),
  unique (gateway, mid, processor_reference),
  check (
    (operation, kind) in (('charge', 'captured'), ('charge', 'declined'), ('refund', 'refunded'),
      ('refund', 'declined'), ('return', 'returned'), ('void', 'voided'), ('void', 'declined'))
  ),
  check (operation <> 'charge' or charge_reference = processor_reference)
);
create index on stub_gateway.entries (gateway, mid, charge_reference);

revoke all on schema stub_gateway from public, payments_app;
revoke all on stub_gateway.entries from public, payments_app;
grant usage on schema stub_gateway to payments_stub;
grant select, insert on stub_gateway.entries to payments_stub;
