import * as r from "../../support/refundScene.ts"
import * as s from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Prohibition, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// Laws that more than one prohibition carries. Any of them alone holds the law; it breaks when all are gone. Each
// says why there is more than one.

const { attempt, session } = scenes

/** All that refers to a refund. */
const ofRefunds = ["refund_evidence", "returns", "reviews", "pages"]

/** All that has to be emptied with a table, because it refers to it. */
const emptied: Readonly<Record<string, ReadonlyArray<string>>> = {
  incidents: ["incidents", "reviews", "pages"],
  refunds: ["refunds", ...ofRefunds],
  captures: ["captures", "refunds", ...ofRefunds, "disputes"],
  attempts: [
    "refunds",
    ...ofRefunds,
    "disputes",
    "attempts",
    "attempt_evidence",
    "captures",
    "postings",
    "fulfilments",
    "incidents"
  ],
  routing_decisions: [
    "refunds",
    ...ofRefunds,
    "disputes",
    "routing_decisions",
    "attempts",
    "attempt_evidence",
    "captures",
    "postings",
    "fulfilments",
    "incidents"
  ],
  payment_sessions: [
    "refunds",
    ...ofRefunds,
    "disputes",
    "payment_sessions",
    "routing_decisions",
    "attempts",
    "attempt_evidence",
    "captures",
    "postings",
    "fulfilments",
    "incidents",
    "outbox",
    "idempotency_keys"
  ]
}

const truncated = Object.entries(emptied).map(([table, all]): Race => ({
  drops: all.map((other): Prohibition => `trigger ${other}.no_truncate`),
  law: `${table} is not emptied`,
  because: "it can be emptied only together with what refers to it, and each of those refuses for itself",
  given: (nr) => [
    ...r.paid(nr),
    r.openRefund(nr),
    ...(table === "incidents" ? scenes.capturedLate(nr + 1) : [])
  ],
  workers: () => owners(2, () => `truncate ${table} cascade`),
  broken: () => `select (not exists (select from ${table}))::int as broken`
}))

export const together: ReadonlyArray<Race> = [
  ...truncated,
  {
    drops: ["constraint attempts.attempts_pkey", "constraint attempts.attempts_session_id_ordinal_key"],
    law: "the number of an attempt stands for one send",
    because:
      "the name of an attempt is derived from its session and its number, so one key follows from the other; the second is also the way to a session's attempts",
    given: scenes.readyForTheSecond,
    workers: (nr) =>
      owners(4, (at) =>
        s.insert(
          "attempts",
          s.attemptRow(nr, 1, {
            fence: 2,
            mid_id: "mid_goods_2",
            provider: "stub_b",
            idempotency_key: `key_${nr}_${at}`
          })
        )
      ),
    broken: (nr) => atMostOne(`attempts where session_id = ${session(nr)} and ordinal = 1`)
  },
  {
    drops: [
      "constraint mid_underwriting.mid_underwriting_pkey",
      "constraint mid_underwriting.mid_underwriting_mid_id_entity_id_provider_category_key"
    ],
    law: "an account is underwritten for a category or is not",
    because: "the longer key is what attempts refer to; company and provider follow from the account",
    given: scenes.company,
    workers: (nr) =>
      owners(
        4,
        () => `insert into mid_underwriting values ('mid_${nr}', 'co_${nr}', 'stub_b', 'merchandise', now())`
      ),
    broken: (nr) => atMostOne(`mid_underwriting where mid_id = 'mid_${nr}'`)
  },
  {
    drops: [
      "constraint captures.captures_pkey",
      "constraint captures.capture_in_full",
      "constraint postings.posting_once"
    ],
    law: "money that moved once is booked once, however many hear of it and call the money step",
    because:
      "the step books and posts in one statement, so that either refuses both; the longer key is what refunds and disputes refer to",
    given: scenes.charging,
    workers: (nr) => apps(8, () => s.record(nr, 1, s.captured(`ref_${nr}`))),
    broken: (nr) => atMostOne(`captures where session_id = ${session(nr)}`)
  },
  {
    drops: ["constraint attempts.attempt_on_own_account", "refusal guard_attempt.permit_"],
    law: "nobody is charged on another company's account",
    because:
      "the trigger says why, in the words of the contract, and knows what was revoked; the reference also stands against those who delete or move what it refers to",
    given: (nr) => scenes.processing(nr),
    workers: (nr) =>
      owners(4, (at) => s.insert("attempts", s.attemptRow(nr, at, { mid_id: "mid_nutrition_1" }))),
    broken: (nr) =>
      none(
        `attempts a join merchant_accounts m using (mid_id) where session_id = ${session(nr)} and a.entity_id <> m.entity_id`
      )
  },
  {
    drops: [
      "constraint fulfilments.fulfilments_session_id_fkey",
      "refusal guard_fulfilment.fulfilment_of_settled",
      "refusal guard_fulfilment.fulfilment_by_captured"
    ],
    law: "what is fulfilled is a session",
    because:
      "the trigger asks more of the session than that it is there; the reference says so where the schema is read",
    given: scenes.settled,
    workers: (nr) =>
      owners(
        4,
        () => `insert into fulfilments (session_id, attempt_id) values ('ps_of_nobody', ${attempt(nr)})`
      ),
    broken: () => none("fulfilments where session_id not in (select session_id from payment_sessions)")
  },
  {
    drops: [
      "constraint fulfilments.fulfilments_attempt_id_fkey",
      "refusal guard_fulfilment.fulfilment_by_captured"
    ],
    law: "what is fulfilled was paid by an attempt",
    because:
      "the trigger asks more of the attempt than that it is there; the reference says so where the schema is read",
    given: (nr) => [...scenes.capturedLate(nr), scenes.become(nr, "settled")],
    workers: (nr) =>
      owners(
        4,
        () => `insert into fulfilments (session_id, attempt_id) values (${session(nr)}, 'at_of_nobody')`
      ),
    broken: () => none("fulfilments where attempt_id not in (select attempt_id from attempts)")
  },
  {
    drops: ["constraint attempts.attempts_state_check", "refusal guard_attempt.attempt_begins_in_flight"],
    law: "an attempt is in a state that the service knows",
    because:
      "the trigger says where an attempt begins and where it goes; the check is what a release that brings a new state has to change",
    given: (nr) => scenes.processing(nr),
    workers: (nr) =>
      owners(4, (at) => s.insert("attempts", s.attemptRow(nr, at, { state: "lost", evidence: {} }))),
    broken: (nr) => none(`attempts where session_id = ${session(nr)} and state = 'lost'`)
  },
  {
    drops: [
      "constraint payment_sessions.payment_sessions_state_check",
      "refusal guard_session.session_begins_pending"
    ],
    law: "a session is in a state that the service knows",
    because:
      "the trigger says where a session begins and where it goes; the check is what a release that brings a new state has to change",
    given: () => [],
    workers: (nr) =>
      owners(4, (at) => s.insert("payment_sessions", s.sessionRow(nr + at, { state: "lost" }))),
    broken: (nr) => none(`payment_sessions where ${scenes.ours(nr)} and state = 'lost'`)
  },
  {
    drops: ["constraint attempts.outcome_has_evidence", "refusal guard_attempt.attempt_moves_on_evidence"],
    law: "an outcome has evidence",
    because:
      "the trigger asks what the evidence says and whether it was heard; the check is what a reader of the table may rely on",
    given: scenes.charging,
    workers: (nr) =>
      owners(
        4,
        () =>
          `update attempts set state = 'declined', resolved_at = now(), decline_kind = 'soft' where attempt_id = ${attempt(nr)}`
      ),
    broken: (nr) =>
      none(`attempts where attempt_id = ${attempt(nr)} and state <> 'in_flight' and evidence is null`)
  },
  {
    drops: ["constraint audit.audit_pkey", "constraint audit_heads.audit_heads_pkey"],
    law: "a chain does not fork where it begins",
    because:
      "who begins a chain finds no end of it that could be locked; two who do so at once meet at the end that they write, or at the row",
    given: () => [],
    workers: (nr) =>
      owners(4, (at) => `select write_audit('chain ${nr}', 'worker ${at}', 'something', '{}')`),
    broken: (nr) => atMostOne(`audit where chain = 'chain ${nr}' and position = 1`)
  },
  {
    drops: ["constraint audit.audit_position_check", "trigger audit.chain_audit_row"],
    law: "a chain is counted from one",
    because: "the trigger counts; the check is what a reader of the table may rely on",
    given: () => [],
    workers: (nr) =>
      owners(
        4,
        (at) => `insert into audit (chain, position, at, actor, action, detail, previous_hash, hash)
        values ('chain ${nr} ${at}', 0, now(), 'worker ${at}', 'something', '{}', '', '')`
      ),
    broken: (nr) => none(`audit where chain like 'chain ${nr} %' and position < 1`)
  },
  {
    drops: ["right payments_app audit", "right payments_app audit_heads"],
    law: "nobody signs in another's name",
    because: "who writes a row of the audit moves the end of its chain, under the same role",
    given: (nr) => scenes.company(nr),
    workers: (nr) =>
      apps(
        4,
        (at) => `insert into audit (chain, actor, action, detail)
        values ('mid:mid_${nr}', 'operator ${at}', 'mid.kill_switch', '{"on": false}')`
      ),
    broken: (nr) => none(`audit where chain = 'mid:mid_${nr}'`)
  }
]
