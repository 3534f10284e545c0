import { asks } from "../../support/changeScene.ts"
import * as r from "../../support/refundScene.ts"
import * as s from "../../support/scene.ts"
import { apps, atMostOne, none, type Prohibition, type Race, stillThere } from "../Race.ts"
import { back, disputed, heard, id, open, ours, paidTwice, race } from "../refundScenes.ts"
import * as scenes from "../scenes.ts"
import { refundFormats } from "./refundFormats.ts"

// Money that goes back: no more than came, once for one asking, and never on nobody's word.

const { session } = scenes

const row =
  (fields: (nr: number, at: number) => Readonly<Record<string, unknown>>) => (nr: number, at: number) =>
    s.insert("refunds", r.refundRow(nr, at, fields(nr, at)))

/** Sends and books a refund of 2000 of 3500 by hand, all at once. */
const giveTwoThousand = (nr: number, at: number): ReadonlyArray<string> => [
  s.insert("refunds", r.refundRow(nr, at, { amount: 2000 })),
  heard(nr, 1, "Refunded", at),
  s.insert(
    "returns",
    r.returnRow(nr, { refund_id: r.refund(nr, at), refund_reference: `re_${nr}_${at}`, amount: 2000 })
  ),
  `update refunds set state = 'refunded', resolved_at = now(), refund_reference = 're_${nr}_${at}',
    evidence = '{"outcome": "Refunded", "nr": 1}' where ${id(nr, at)}`
]

const noMoreThanCame = (drops: Prohibition): Race =>
  race([drops], "no more goes back than was captured", r.paid, giveTwoThousand, (nr) =>
    none(`captures c where session_id = ${session(nr)} and amount < (
      select sum(amount) from returns b where (b.mid_id, b.processor_reference) = (c.mid_id, c.processor_reference))`)
  )

const stays = (
  drops: Prohibition,
  law: string,
  given: Race["given"],
  does: (nr: number, at: number) => string,
  there: (nr: number) => string
): Race => race([drops], law, given, does, (nr) => stillThere(there(nr)))

const asAsked = (drops: Prohibition): Race =>
  stays(
    drops,
    "a refund is what was asked for",
    open,
    (nr) => `update refunds set amount = 99 where ${id(nr)}`,
    (nr) => `refunds where ${id(nr)} and amount = 100`
  )

const sinceThen = (drops: Prohibition): Race =>
  stays(
    drops,
    "since when a charge is disputed stays written",
    disputed,
    (nr) => `update disputes set opened_at = 'epoch' where session_id = ${session(nr)}`,
    (nr) => `disputes where session_id = ${session(nr)} and opened_at > 'epoch'`
  )

const history: ReadonlyArray<Race> = [
  asAsked("refusal guard_refund.refund_unchanged"),
  asAsked("trigger refunds.guard_refund"),
  sinceThen("refusal guard_dispute.dispute_unchanged"),
  sinceThen("trigger disputes.guard_dispute"),
  stays(
    "refusal guard_refund.refund_outcome_unchanged",
    "what became of a refund stays",
    back,
    (nr) => `update refunds set refund_reference = 'another' where ${id(nr)}`,
    (nr) => `refunds where ${id(nr)} and refund_reference = 're_${nr}'`
  ),
  stays(
    "trigger refunds.no_delete",
    "a refund that may have been sent is not forgotten",
    open,
    (nr) => `delete from refunds where ${id(nr)}`,
    (nr) => `refunds where ${id(nr)}`
  ),
  stays(
    "trigger disputes.no_delete",
    "a dispute is not forgotten",
    disputed,
    (nr) => `delete from disputes where session_id = ${session(nr)}`,
    (nr) => `disputes where session_id = ${session(nr)}`
  ),
  stays(
    "trigger returns.append_only",
    "money that went back is booked as it went",
    back,
    (nr) => `update returns set amount = 1 where ${id(nr)}`,
    (nr) => `returns where ${id(nr)} and amount = 100`
  ),
  stays(
    "trigger returns.append_only",
    "money that went back stays booked",
    back,
    (nr) => `delete from returns where ${id(nr)}`,
    (nr) => `returns where ${id(nr)}`
  ),
  stays(
    "trigger refund_evidence.append_only",
    "what was heard of a refund stays",
    back,
    (nr) => `update refund_evidence set outcome = 'Absent' where ${id(nr)}`,
    (nr) => `refund_evidence where ${id(nr)} and outcome = 'Refunded'`
  ),
  ...(["refund_evidence", "returns", "disputes"] as const).map((table) =>
    race(
      [`trigger ${table}.no_truncate`],
      `${table} is not emptied`,
      (nr) => [...back(nr), r.heardOfDispute(nr, "open")],
      () => `truncate ${table}`,
      () => `select (not exists (select from ${table}))::int as broken`
    )
  )
]

const right = (
  table: string,
  law: string,
  given: Race["given"],
  does: (nr: number, at: number) => string,
  wrong: (nr: number) => string
): Race => ({
  drops: [`right payments_app ${table}`],
  law,
  given,
  workers: (nr) => apps(4, (at) => does(nr, at)),
  broken: (nr) => none(wrong(nr))
})

const unheard = (nr: number, action: string): string =>
  `not exists (select from audit where chain = ${session(nr)} and action = '${action}')`

const rights: ReadonlyArray<Race> = [
  right(
    "refunds",
    "who sends a refund has the time that it was given",
    open,
    (nr) => `update refunds set lease_until = '-infinity' where ${id(nr)}`,
    (nr) => `refunds where ${id(nr)} and lease_until < written_at`
  ),
  right(
    "refund_evidence",
    "who heard something of a refund is written down",
    open,
    (nr, at) => heard(nr, at, "Declined"),
    (nr) => `refund_evidence where ${id(nr)} and ${unheard(nr, "refund.declined")}`
  ),
  right(
    "returns",
    "every cent that went back is posted",
    open,
    (nr, at) => s.insert("returns", r.returnRow(nr, { refund_reference: `re_${nr}_${at}` })),
    (nr) => `returns b where session_id = ${session(nr)} and not exists (
      select from postings p where (p.mid_id, p.processor_reference) = (b.mid_id, b.refund_reference))`
  ),
  right(
    "disputes",
    "who told of a dispute is written down",
    disputed,
    (nr) => `update disputes set state = 'won' where session_id = ${session(nr)}`,
    (nr) => `disputes where session_id = ${session(nr)} and state = 'won' and ${unheard(nr, "dispute.won")}`
  )
]

export const refunds: ReadonlyArray<Race> = [
  ...refundFormats,
  ...history,
  ...rights,
  noMoreThanCame("refusal guard_refund.refunds_within_capture"),
  noMoreThanCame("lock guard_refund"),
  race(
    ["index one_open_refund_per_capture"],
    "of one capture one refund is under way",
    r.paid,
    row(() => ({})),
    (nr) => atMostOne(`${ours(nr)} and state = 'in_flight'`)
  ),
  race(
    ["constraint refunds.refund_asked_once"],
    "one key asks for one refund",
    paidTwice,
    row((nr, at) => ({ processor_reference: `by hand ${nr} ${1 + (at % 2)}`, requested_key: `key_${nr}` })),
    (nr) => atMostOne(`refunds where requested_key = 'key_${nr}'`)
  ),
  {
    drops: ["lock lock_refund_key"],
    law: "one key gives back, or asks for a second person, and not both",
    given: (nr) => [
      ...r.paid(nr),
      ...r.paid(nr + 1),
      "insert into refund_limits values ('loop_goods', 'USD', 99) on conflict do nothing"
    ],
    workers: (nr) =>
      apps(4, (at) =>
        r.openRefund(nr + (at % 2), { amount: at % 2 === 0 ? 99 : 3500, key: `key_${nr}`, by: asks.by })
      ),
    broken: (nr) =>
      none(`refunds join change_keys on (asked_by, asked_key) = (requested_by, requested_key)
        where requested_key = 'key_${nr}'`)
  },
  race(
    ["constraint refunds.refunds_idempotency_key_key"],
    "a processor tells one refund from another",
    paidTwice,
    row((nr, at) => ({ processor_reference: `by hand ${nr} ${1 + (at % 2)}`, idempotency_key: `key_${nr}` })),
    (nr) => atMostOne(`refunds where idempotency_key = 'key_${nr}'`)
  ),
  race(
    ["constraint refunds.refunds_pkey", "constraint refunds.refunds_session_id_ordinal_key"],
    "the number of a refund stands for one send",
    paidTwice,
    (nr, at) =>
      s.insert(
        "refunds",
        r.refundRow(nr, 1, {
          processor_reference: `by hand ${nr} ${1 + (at % 2)}`,
          idempotency_key: `key_${nr}_${at}`
        })
      ),
    (nr) => atMostOne(ours(nr)),
    "the name of a refund is derived from its session and its number, so one key follows from the other; the second is also the way to a session's refunds"
  ),
  race(
    ["constraint refund_evidence.refund_evidence_pkey"],
    "what was heard of a refund has an order",
    open,
    (nr) => heard(nr, 1, "Declined"),
    (nr) => atMostOne(`refund_evidence where ${id(nr)}`)
  ),
  race(
    ["constraint returns.returns_pkey"],
    "one movement of money went back once",
    r.paid,
    (nr) => s.insert("returns", r.returnRow(nr)),
    (nr) => atMostOne(ours(nr, "returns"))
  ),
  race(
    ["constraint disputes.disputes_pkey"],
    "a dispute has one state",
    r.paid,
    (nr, at) => s.insert("disputes", r.disputeRow(nr, { state: at % 2 === 0 ? "open" : "won" })),
    (nr) => atMostOne(ours(nr, "disputes"))
  ),
  race(
    ["refusal guard_refund.refund_begins_in_flight"],
    "what became of a refund was heard",
    r.paid,
    row(() => ({ state: "declined", evidence: { outcome: "Declined" }, resolved_at: "now" })),
    (nr) =>
      none(`${ours(nr)} and state = 'declined' and refund_id not in (select refund_id from refund_evidence)`)
  ),
  race(
    ["constraint refunds.refunds_state_check", "refusal guard_refund.refund_begins_in_flight"],
    "a refund is in a state that the service knows",
    r.paid,
    row(() => ({ state: "lost", evidence: {} })),
    (nr) => none(`${ours(nr)} and state = 'lost'`),
    "the trigger says where a refund begins and where it goes; the check is what a release that brings a new state has to change"
  ),
  race(
    ["refusal guard_refund.no_refund_in_review"],
    "nothing is given back while a charge may be on its way",
    (nr) => [
      s.declare(nr),
      s.open(nr),
      s.record(nr, 1, s.outcome.declined, ["mid_goods_2"]),
      s.record(nr, 1, s.captured(`by hand ${nr} 1`))
    ],
    row(() => ({})),
    (nr) => none(ours(nr))
  ),
  race(
    ["refusal guard_refund.no_refund_during_dispute"],
    "what a bank takes back is not given back as well",
    disputed,
    row(() => ({})),
    (nr) => none(ours(nr))
  ),
  race(
    ["refusal guard_refund.refund_move"],
    "a refund that is over is over",
    (nr) => [...open(nr), r.recordRefund(nr, 1, s.outcome.declined)],
    (nr, at) => [
      heard(nr, 1 + at, "Absent"),
      `update refunds set state = 'absent', evidence = '{"outcome": "Absent", "nr": ${1 + at}}' where ${id(nr)}`
    ],
    (nr) => none(`refunds where ${id(nr)} and state = 'absent'`)
  ),
  race(
    ["refusal guard_refund.refund_moves_on_evidence"],
    "a refund is declined on a decline that was heard",
    open,
    (nr) =>
      `update refunds set state = 'declined', resolved_at = now(), evidence = '{"outcome": "Declined"}' where ${id(nr)}`,
    (nr) => none(`refunds where ${id(nr)} and state = 'declined'`)
  ),
  race(
    ["constraint refunds.refund_outcome_has_evidence", "refusal guard_refund.refund_moves_on_evidence"],
    "what became of a refund has evidence",
    open,
    (nr) => `update refunds set state = 'declined', resolved_at = now() where ${id(nr)}`,
    (nr) => none(`refunds where ${id(nr)} and state = 'declined' and evidence is null`),
    "the trigger asks what the evidence says and whether it was heard; the check is what a reader of the table may rely on"
  ),
  race(
    ["refusal guard_refund.refunded_has_return"],
    "a refund went back when money is booked",
    open,
    (nr, at) => [
      heard(nr, at, "Refunded"),
      `update refunds set state = 'refunded', resolved_at = now(), refund_reference = 're_${nr}',
      evidence = '{"outcome": "Refunded", "nr": ${at}}' where ${id(nr)}`
    ],
    (nr) =>
      none(
        `refunds r where ${id(nr)} and state = 'refunded' and not exists (select from returns b where b.refund_id = r.refund_id)`
      )
  ),
  race(
    ["refusal guard_refund.taken_back_has_return"],
    "a refund is taken back when its money is here again",
    back,
    (nr, at) => [
      heard(nr, 1 + at, "Declined"),
      `update refunds set state = 'taken_back', evidence = '{"outcome": "Declined", "nr": ${1 + at}}' where ${id(nr)}`
    ],
    (nr) =>
      none(
        `refunds r where ${id(nr)} and state = 'taken_back' and not exists (select from returns b where b.refund_reference = r.refund_reference and b.nr = 2)`
      )
  )
]
