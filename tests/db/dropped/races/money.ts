import * as r from "../../support/refundScene.ts"
import * as s from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// Money that moved is booked once and where it moved; what was paid is fulfilled once; a key leads to one session.

const { attempt, session } = scenes

const ofAttempt = (table: string): string =>
  `${table} b where attempt_id in (select attempt_id from attempts) and not exists (
    select from attempts a where (a.attempt_id, a.session_id, a.mid_id, a.entity_id, a.provider, a.category, a.brand_id)
      = (b.attempt_id, b.session_id, b.mid_id, b.entity_id, b.provider, b.category, b.brand_id))`

const capturedElsewhere: Omit<Race, "drops"> = {
  law: "a capture is booked for the attempt that it was captured by",
  given: (nr) => [...scenes.charging(nr), s.declare(nr + 1)],
  workers: (nr) =>
    owners(4, (at) =>
      s.insert(
        "captures",
        s.captureRow(nr, 1, { session_id: s.session(nr + 1), processor_reference: `ref_${nr}_${at}` })
      )
    ),
  broken: () => none(ofAttempt("captures"))
}

const claimedOnce: Omit<Race, "drops"> = {
  law: "one claim hears that it is the first",
  given: scenes.settled,
  workers: (nr) =>
    owners(8, (at) => [
      `update fulfilments set claimed_at = now(), claimed_by = 'worker ${at}' where session_id = ${session(nr)}`,
      scenes.tell(nr, "first")
    ]),
  broken: (nr) => atMostOne(`told where nr = ${nr} and what = 'first'`)
}

/** A session that a worker settled by hand, so that its fulfilment is still to be written. */
const settledByHand = (nr: number): ReadonlyArray<string> => [
  ...scenes.charging(nr),
  s.insert("captures", s.captureRow(nr, 1)),
  `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
    values (${attempt(nr)}, 1, 'lookup', 'Captured', '{"outcome": "Captured"}')`,
  `update attempts set state = 'captured', resolved_at = now(), evidence = '{"outcome": "Captured"}',
    processor_reference = 'by hand ${nr} 1' where attempt_id = ${attempt(nr)}`,
  scenes.become(nr, "settled")
]

const fulfil = (nr: number): string =>
  `insert into fulfilments (session_id, attempt_id) values (${session(nr)}, ${attempt(nr)})`

const keyKept: Omit<Race, "drops"> = {
  law: "a key that led to a session leads to no other one",
  given: (nr) => [s.declare(nr, { key: `key_${nr}` })],
  workers: (nr) =>
    owners(4, (at) => [
      `delete from idempotency_keys where key = 'key_${nr}'`,
      s.declare(nr + at, { key: `key_${nr}` })
    ]),
  broken: (nr) => atMostOne(`payment_sessions where ${scenes.ours(nr)}`)
}

export const money: ReadonlyArray<Race> = [
  {
    drops: ["constraint captures.captures_pkey"],
    law: "one movement of money is the capture of one attempt",
    given: (nr) => [1, 2, 3, 4].flatMap((at) => scenes.charging(nr + at)),
    workers: (nr) =>
      owners(4, (at) => s.insert("captures", s.captureRow(nr + at, 1, { processor_reference: `ref_${nr}` }))),
    broken: (nr) => atMostOne(`captures where processor_reference = 'ref_${nr}'`)
  },
  { drops: ["constraint captures.capture_of_attempt"], ...capturedElsewhere },
  {
    drops: ["constraint attempts.attempts_attempt_id_session_id_mid_id_entity_id_provider_ca_key"],
    takesAlong: ["captures.capture_of_attempt", "postings.posting_of_attempt"],
    ...capturedElsewhere
  },
  {
    drops: ["constraint postings.posting_once"],
    law: "one movement of money is posted once",
    given: scenes.charging,
    workers: (nr) =>
      owners(8, (at) => s.insert("postings", s.postingRow(nr, 1, { posting_id: 1_000_000 + nr + at }))),
    broken: (nr) => atMostOne(`postings where session_id = ${session(nr)}`)
  },
  {
    drops: ["constraint postings.posting_of_attempt"],
    law: "a posting is of the account that the money moved on",
    given: scenes.charging,
    workers: (nr) =>
      owners(4, (at) =>
        s.insert(
          "postings",
          s.postingRow(nr, 1, { posting_id: 1_000_000 + nr + at, mid_id: `mid_goods_${at + 1}` })
        )
      ),
    broken: () => none(ofAttempt("postings"))
  },
  {
    drops: ["constraint postings.postings_pkey"],
    law: "a posting has a number of its own",
    given: scenes.charging,
    workers: (nr) =>
      owners(4, (at) =>
        s.insert(
          "postings",
          s.postingRow(nr, 1, { posting_id: 1_000_000 + nr, processor_reference: `ref_${nr}_${at}` })
        )
      ),
    broken: (nr) => atMostOne(`postings where posting_id = ${1_000_000 + nr}`)
  },
  {
    drops: ["constraint fulfilments.fulfilments_pkey"],
    law: "a session is fulfilled once",
    given: scenes.settled,
    workers: (nr) => owners(8, () => fulfil(nr)),
    broken: (nr) => atMostOne(`fulfilments where session_id = ${session(nr)}`)
  },
  {
    drops: ["refusal guard_fulfilment.claimed_while_paid"],
    law: "nothing is handed over for money that went back",
    given: (nr) => [...r.paid(nr), r.openRefund(nr), r.recordRefund(nr, 1, r.refunded(`re_${nr}`))],
    workers: (nr) =>
      owners(
        4,
        () =>
          `update fulfilments set claimed_at = now(), claimed_by = 'app' where session_id = ${session(nr)}`
      ),
    broken: (nr) => none(`fulfilments where session_id = ${session(nr)} and claimed_at is not null`)
  },
  {
    drops: ["refusal guard_fulfilment.fulfilment_of_settled"],
    law: "a session that is in review is not fulfilled",
    given: (nr) => [...scenes.charging(nr), s.record(nr, 1, s.captured(`ref_${nr}`, 3499))],
    workers: (nr) => owners(4, () => fulfil(nr)),
    broken: (nr) =>
      none(
        `fulfilments join payment_sessions using (session_id) where session_id = ${session(nr)} and state <> 'settled'`
      )
  },
  {
    drops: ["refusal guard_fulfilment.fulfilment_by_captured"],
    law: "a session is fulfilled for an attempt that was captured",
    given: (nr) => [
      ...scenes.charging(nr),
      s.record(nr, 1, s.outcome.declined, ["mid_goods_2"]),
      s.insert("captures", s.captureRow(nr, 2, { mid_id: "mid_goods_2", provider: "stub_b" })),
      scenes.become(nr, "settled")
    ],
    workers: (nr) => owners(4, () => fulfil(nr)),
    broken: (nr) =>
      none(
        `fulfilments where session_id = ${session(nr)} and attempt_id not in (select attempt_id from captures)`
      )
  },
  {
    drops: ["refusal guard_fulfilment.fulfilment_by_captured"],
    law: "a fulfilment is claimed after it was there",
    given: settledByHand,
    workers: (nr) =>
      owners(
        4,
        (at) => `insert into fulfilments (session_id, attempt_id, claimed_at, claimed_by)
        values (${session(nr)}, ${attempt(nr)}, now(), 'worker ${at}')`
      ),
    broken: (nr) => none(`fulfilments where session_id = ${session(nr)} and claimed_by is not null`)
  },
  { drops: ["refusal guard_fulfilment.claimed_once"], ...claimedOnce },
  {
    drops: ["refusal guard_fulfilment.claimed_once"],
    law: "a session was settled when it was",
    given: scenes.settled,
    workers: (nr) =>
      owners(
        4,
        () =>
          `update fulfilments set settled_at = settled_at + interval '1 year' where session_id = ${session(nr)}`
      ),
    broken: (nr) =>
      none(`fulfilments where session_id = ${session(nr)} and settled_at > now() + interval '1 day'`)
  },
  { drops: ["trigger fulfilments.guard_fulfilment"], ...claimedOnce },
  {
    drops: ["trigger fulfilments.no_delete"],
    law: "a fulfilment that was claimed is not forgotten and claimed again",
    given: (nr) => [
      ...scenes.settled(nr),
      `update fulfilments set claimed_at = now(), claimed_by = 'app' where session_id = ${session(nr)}`,
      scenes.tell(nr, "first")
    ],
    workers: (nr) =>
      owners(4, (at) => [
        `delete from fulfilments where session_id = ${session(nr)}`,
        fulfil(nr),
        `update fulfilments set claimed_at = now(), claimed_by = 'worker ${at}' where session_id = ${session(nr)}`,
        scenes.tell(nr, "first")
      ]),
    broken: (nr) => atMostOne(`told where nr = ${nr} and what = 'first'`)
  },
  {
    drops: ["trigger attempts.no_delete"],
    law: "a charge that was sent is not forgotten and sent again",
    given: (nr) => [...scenes.charging(nr), scenes.tell(nr, "sent")],
    workers: (nr) =>
      owners(4, () => [
        `delete from attempts where session_id = ${session(nr)}`,
        scenes.become(nr, "pending"),
        s.open(nr, "mid_goods_2"),
        scenes.tell(nr, "sent")
      ]),
    broken: (nr) => atMostOne(`told where nr = ${nr} and what = 'sent'`)
  },
  {
    drops: ["index one_incident_per_evidence"],
    law: "the same evidence opens one incident, however often it is heard",
    given: scenes.settled,
    workers: (nr) =>
      owners(8, () => [
        `select open_incident('late_refund', ${session(nr)}, ${scenes.attempt(nr)}, '{"processorReference": "ref", "amount": 1}')`
      ]),
    broken: (nr) => atMostOne(`incidents where session_id = ${session(nr)}`)
  },
  {
    drops: ["constraint idempotency_keys.idempotency_keys_pkey"],
    law: "one key makes one session, however many ask at once",
    given: () => [],
    workers: (nr) => apps(8, (at) => s.declare(nr + at, { key: `key_${nr}` })),
    broken: (nr) => atMostOne(`payment_sessions where ${scenes.ours(nr)}`)
  },
  {
    drops: ["constraint idempotency_keys.idempotency_keys_session_id_fkey"],
    law: "a key is not taken for a session that never comes",
    given: () => [],
    workers: (nr) =>
      owners(
        4,
        (at) => `insert into idempotency_keys (principal, operation, key, session_id, request)
        values ('test', 'create', 'key_${nr}', ${session(nr + at)}, '{}')`
      ),
    broken: (nr) =>
      none(
        `idempotency_keys where key = 'key_${nr}' and session_id not in (select session_id from payment_sessions)`
      )
  },
  { drops: ["refusal guard_key.key_kept"], ...keyKept },
  { drops: ["trigger idempotency_keys.guard_key"], ...keyKept }
]
