/** What a migration may bring some day, and the items of the catalogue that it has to be known by. */
export const newcomers: ReadonlyArray<{ readonly made: string; readonly items: ReadonlyArray<string> }> = [
  {
    made: "create table payouts (amount bigint constraint positive check (amount > 0) constraint one unique)",
    items: ["constraint payouts.positive", "constraint payouts.one", "right payments_app payouts"]
  },
  {
    made: "alter table payouts add constraint apart exclude using btree (amount with =)",
    items: ["constraint payouts.apart"]
  },
  { made: "create unique index one_payout on payouts ((amount + 1))", items: ["index one_payout"] },
  {
    made: `create function guard_payout() returns trigger language plpgsql as $body$
      begin
        perform from payouts for update;
        raise exception 'no' using errcode = 'check_violation', constraint = 'payout_never';
      end $body$`,
    items: ["refusal guard_payout.payout_never", "lock guard_payout"]
  },
  {
    made: "create trigger guard before insert on payouts for each row execute function guard_payout()",
    items: ["trigger payouts.guard"]
  },
  { made: "create rule nothing as on delete to payouts do instead nothing", items: ["rule payouts.nothing"] },
  { made: "create policy mine on payouts using (true)", items: ["policy payouts.mine"] },
  {
    made: "create domain cents as bigint constraint some_cents check (value > 0)",
    items: ["constraint -.some_cents"]
  }
]
