/** What a migration may bring some day, and the items of the catalogue that it has to be known by. */
export const newcomers: ReadonlyArray<{ readonly made: string; readonly items: ReadonlyArray<string> }> = [
  {
    made: "create table refunds (amount bigint constraint positive check (amount > 0) constraint one unique)",
    items: ["constraint refunds.positive", "constraint refunds.one", "right payments_app refunds"]
  },
  {
    made: "alter table refunds add constraint apart exclude using btree (amount with =)",
    items: ["constraint refunds.apart"]
  },
  { made: "create unique index one_refund on refunds ((amount + 1))", items: ["index one_refund"] },
  {
    made: `create function guard_refund() returns trigger language plpgsql as $body$
      begin
        perform from refunds for update;
        raise exception 'no' using errcode = 'check_violation', constraint = 'refund_never';
      end $body$`,
    items: ["refusal guard_refund.refund_never", "lock guard_refund"]
  },
  {
    made: "create trigger guard before insert on refunds for each row execute function guard_refund()",
    items: ["trigger refunds.guard"]
  },
  { made: "create rule nothing as on delete to refunds do instead nothing", items: ["rule refunds.nothing"] },
  { made: "create policy mine on refunds using (true)", items: ["policy refunds.mine"] },
  {
    made: "create domain cents as bigint constraint some_cents check (value > 0)",
    items: ["constraint -.some_cents"]
  }
]
