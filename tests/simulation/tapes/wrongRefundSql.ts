import type { WrongSql } from "./wrongSql.ts"

// Mistakes in what the database does about money that goes back.

export const wrongRefundSql: ReadonlyArray<WrongSql> = [
  {
    mistake: "what went back may be given back again",
    in: "money_left",
    find: "- (select coalesce(sum(r.amount), 0) from returns r",
    put: "- 0 * (select coalesce(sum(r.amount), 0) from returns r"
  },
  {
    mistake: "a refund is sent while nobody knows what became of another one",
    in: "open_refund",
    find: "if found then return jsonb_build_object('_tag', 'RefundInReview', 'refund', refund_json(open_one)); end if;",
    put: ""
  },
  {
    mistake: "a refund that is asked for again under its key is a second one",
    in: "refund_before",
    find: "where requested_by = p ->> 'by' and requested_key = p ->> 'key';",
    put: "where false;"
  },
  {
    mistake: "a key stands for whatever comes under it",
    in: "refund_before",
    find: "and earlier.request = p -> 'body'",
    put: "",
    near: 13
  },
  {
    mistake: "a refund whose outcome nobody knows has failed",
    in: "record_refund",
    find: "kind text := o ->> '_tag';",
    put: "kind text := case o ->> '_tag' when 'Indeterminate' then 'Declined' else o ->> '_tag' end;"
  },
  {
    mistake: "a refund that is declined after it went back stays in the books",
    in: "record_refund",
    find: "if known.amount > 0 and known.refund_id = r.refund_id and known.source <> 'outside' then",
    put: "if false then"
  },
  {
    mistake: "a no counts although the processor said that money went back",
    in: "record_refund",
    find: "and (outcome = 'Refunded' or kind = 'Absent' and detail ? 'refundReference')",
    put: "and kind = 'Absent' and detail ? 'refundReference'",
    near: 9
  },
  {
    mistake: "what did not arrive at first is never booked",
    in: "book_return",
    find: "if before.amount > 0 or",
    put: "if before.nr is not null or"
  },
  {
    mistake: "what was read of a refund counts although the books were written to since",
    in: "record_return",
    find: "or (p ->> 'version')::integer is distinct from books_version(s.session_id)",
    put: ""
  },
  {
    mistake: "a refund of ours that is under way is booked as somebody else's",
    in: "record_return",
    find: "if known.nr is null and waiting then return '\"waits\"'; end if;",
    put: "",
    near: 4
  },
  {
    mistake: "what went back in another currency counts as money of the charge",
    in: "booked_back",
    find: "and currency = c.currency",
    put: "",
    near: 27
  },
  {
    mistake: "a refund is its sender's for one moment longer than its lease",
    in: "take_over_refunds",
    find: "select session_id from refunds where state = 'in_flight' and lease_until <= now()",
    put: "select session_id from refunds where state = 'in_flight' and lease_until < now()"
  },
  {
    mistake: "whoever asks gets the refund that another one is asking for",
    in: "claim_unresolved_refunds",
    find: "set next_check_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'",
    put: "set checks = checks",
    near: 6
  },
  {
    mistake: "a webhook finds no refund that was named before",
    in: "find_refund",
    find: "e.detail ->> 'refundReference' = p ->> 'refundReference'",
    put: "false"
  },
  {
    mistake: "goods leave although their money went back",
    in: "claim_fulfilment",
    find: "if blocked is not null and",
    put: "if false and"
  }
]
