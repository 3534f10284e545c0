set local role payments_owner;
set local search_path to payments, pg_temp;

-- What lists of the dashboards are read by, beside the indexes that payments need themselves. Each is written with every
-- version of a row, so there is one only where no other gives a page from a bounded number of rows: merchant accounts,
-- and with them companies, providers and brands, have attempts_by_mid and sessions_by_entity.
create index sessions_by_customer on payment_sessions (customer_id, created_at desc, session_id desc);
create index sessions_by_order on payment_sessions (order_reference) where order_reference is not null;
create index sessions_by_amount on payment_sessions (currency, amount, session_id);
-- Few sessions are in any of these states, or none stays in it for long.
create index sessions_unusual on payment_sessions (state, created_at desc, session_id desc)
  where state not in ('pending', 'settled');
create index attempts_by_amount on attempts (currency, amount, attempt_id);
-- In the place of attempts_in_review, and of every other state that is not the last one.
create index attempts_unusual on attempts (state, written_at desc, attempt_id desc)
  where state not in ('captured', 'declined');
drop index attempts_in_review;
create index refunds_by_time on refunds (written_at desc, refund_id desc);
create index disputes_by_time on disputes (opened_at desc);
