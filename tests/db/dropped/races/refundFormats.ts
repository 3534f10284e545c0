import * as r from "../../support/refundScene.ts"
import * as s from "../../support/scene.ts"
import { none, type Race } from "../Race.ts"
import { open, paidTwice, race } from "../refundScenes.ts"

// What the columns of refunds, of what went back and of disputes may hold.

/** A wrong value of a column. */
const format = (
  table: "refunds" | "returns" | "disputes",
  check: string,
  law: string,
  fields: (nr: number, at: number) => Readonly<Record<string, unknown>>,
  wrong: string
): Race => {
  const rowOf = { refunds: r.refundRow(0, 1), returns: r.returnRow(0), disputes: r.disputeRow(0) }[table]
  return race(
    [`constraint ${table}.${check}`],
    law,
    paidTwice,
    (nr, at) =>
      s.insert(table, {
        ...rowOf,
        ...(table === "refunds" ? r.refundRow(nr, at) : {}),
        ...(table === "returns" ? r.returnRow(nr, { refund_reference: `re_${nr}_${at}` }) : {}),
        ...(table === "disputes" ? r.disputeRow(nr, { dispute_reference: `dp_${nr}_${at}` }) : {}),
        ...fields(nr, at)
      }),
    () => none(`${table} where ${wrong}`)
  )
}

export const refundFormats: ReadonlyArray<Race> = [
  format(
    "refunds",
    "refunds_ordinal_check",
    "refunds are counted from one",
    (nr, at) => ({ ordinal: 1 - at, refund_id: r.refund(nr, 1 - at) }),
    "ordinal < 1"
  ),
  format("refunds", "refunds_amount_check", "a refund is of something", () => ({ amount: 0 }), "amount < 1"),
  format(
    "refunds",
    "refunds_kind_check",
    "money goes back in a way that is known",
    () => ({ kind: "gift" }),
    "kind = 'gift'"
  ),
  format("refunds", "refunds_reason_check", "a refund says why", () => ({ reason: "" }), "reason = ''"),
  format(
    "refunds",
    "refund_named_by_session",
    "a refund is named by its session",
    (nr, at) => ({ refund_id: `re_${nr}_${at}` }),
    "refund_id <> 're_' || substr(session_id, 4) || '_' || ordinal"
  ),
  format(
    "refunds",
    "refunded_has_reference",
    "what went back has its reference, and nothing else has one",
    () => ({ refund_reference: "re" }),
    "state = 'in_flight' and refund_reference is not null"
  ),
  format(
    "refunds",
    "refund_resolved_has_time",
    "what is over was over at some time, and nothing else was",
    () => ({ resolved_at: "now" }),
    "state = 'in_flight' and resolved_at is not null"
  ),
  format(
    "refunds",
    "refund_of_capture",
    "a refund is of the company whose money it is",
    () => ({ entity_id: "loop_nutrition" }),
    "session_id in (select session_id from payment_sessions p where p.entity_id <> refunds.entity_id)"
  ),
  format(
    "returns",
    "returns_refund_reference_check",
    "what went back has a reference",
    () => ({ refund_reference: "" }),
    "refund_reference = ''"
  ),
  format(
    "returns",
    "returns_amount_check",
    "what went back is something",
    () => ({ amount: 0 }),
    "amount = 0"
  ),
  format(
    "returns",
    "taken_back_is_below_zero",
    "what comes back again went before",
    () => ({ amount: -100 }),
    "amount < 0 and nr = 1"
  ),
  format(
    "returns",
    "return_counts",
    "what comes back again is counted one by one",
    () => ({ nr: 3 }),
    "nr = 3"
  ),
  format(
    "returns",
    "return_follows",
    "what comes back again is something that went",
    () => ({ amount: -100, nr: 2, nr_before: 1 }),
    "nr = 2"
  ),
  format(
    "returns",
    "returns_currency_check",
    "what went back is in a currency",
    () => ({ currency: "usd" }),
    "currency = 'usd'"
  ),
  format(
    "returns",
    "returns_source_check",
    "it is known who said that money went back",
    () => ({ source: "rumour" }),
    "source = 'rumour'"
  ),
  format(
    "returns",
    "returns_refund_id_fkey",
    "what went back was asked for, or is called unasked for",
    () => ({ refund_id: "re_of_nobody" }),
    "refund_id = 're_of_nobody'"
  ),
  format(
    "returns",
    "return_of_capture",
    "what went back came before",
    () => ({ brand_id: "loop-health" }),
    "brand_id = 'loop-health'"
  ),
  format(
    "disputes",
    "disputes_dispute_reference_check",
    "a dispute has a reference",
    () => ({ dispute_reference: "" }),
    "dispute_reference = ''"
  ),
  format(
    "disputes",
    "disputes_state_check",
    "a dispute is in a state that the service knows",
    () => ({ state: "forgotten" }),
    "state = 'forgotten'"
  ),
  format(
    "disputes",
    "disputes_amount_check",
    "a dispute is about something",
    () => ({ amount: 0 }),
    "amount < 1"
  ),
  format(
    "disputes",
    "disputes_currency_check",
    "a dispute is about a currency",
    () => ({ currency: "usd" }),
    "currency = 'usd'"
  ),
  format(
    "disputes",
    "dispute_of_capture",
    "a dispute is of the company whose money it is",
    () => ({ entity_id: "loop_nutrition" }),
    "entity_id = 'loop_nutrition'"
  ),
  ...[
    ["refund_evidence_source_check", "rumour", "Refunded", "it is known who said it of a refund"],
    ["refund_evidence_outcome_check", "lookup", "Probably", "what was heard of a refund says something"]
  ].map(([check, source, outcome, law]) =>
    race(
      [`constraint refund_evidence.${check}`],
      `${law}`,
      open,
      (nr, at) => `insert into refund_evidence (refund_id, nr, source, outcome, detail)
        values ('${r.refund(nr)}', ${at}, '${source}', '${outcome}', '{}')`,
      () => none("refund_evidence where source = 'rumour' or outcome = 'Probably'")
    )
  ),
  race(
    ["constraint refund_evidence.refund_evidence_refund_id_fkey"],
    "what is heard of a refund is of one",
    open,
    (nr, at) => `insert into refund_evidence (refund_id, nr, source, outcome, detail)
      values ('re_of_nobody', ${nr + at}, 'lookup', 'Declined', '{}')`,
    () => none("refund_evidence where refund_id = 're_of_nobody'")
  )
]
