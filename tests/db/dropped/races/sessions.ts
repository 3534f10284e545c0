import * as r from "../../support/refundScene.ts"
import * as s from "../../support/scene.ts"
import { atMostOne, none, owners, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// A session is what one customer is to pay once, and an order is paid by one session.

const { become, ours, session } = scenes

const declares = (nr: number, at: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  s.insert("payment_sessions", s.sessionRow(nr + at, fields))

const withoutMoney = (nr: number): string =>
  none(`payment_sessions p where ${ours(nr)} and state = 'settled' and not exists (
    select from captures c where c.session_id = p.session_id and c.amount = p.amount and c.currency = p.currency)`)

const capturedAnd = (nr: number, ...states: ReadonlyArray<string>): string =>
  none(`payment_sessions where ${ours(nr)} and state in ('${states.join("', '")}')
    and exists (select from captures where captures.session_id = payment_sessions.session_id)`)

/** Sessions that free their order, or wait for another card, while a charge may be on its way. */
const freeWhileLive = (nr: number): string =>
  none(`payment_sessions where ${ours(nr)} and state in ('pending', 'failed', 'cancelled', 'expired') and exists (
    select from attempts where attempts.session_id = payment_sessions.session_id
      and attempts.state in ('in_flight', 'indeterminate'))`)

const asDeclared: Omit<Race, "drops"> = {
  law: "an attempt charges what its session declared",
  given: (nr) => scenes.processing(nr),
  workers: (nr) => owners(4, (at) => s.insert("attempts", s.attemptRow(nr, at, { amount: 3500 + at }))),
  broken: (nr) =>
    none(`attempts a join payment_sessions p using (session_id) where session_id = ${session(nr)}
      and (a.entity_id, a.brand_id, a.category, a.amount, a.currency) <> (p.entity_id, p.brand_id, p.category, p.amount, p.currency)`)
}

const settledByMoney: Omit<Race, "drops"> = {
  law: "a session is settled by money that moved",
  given: scenes.charging,
  workers: (nr) => owners(4, () => become(nr, "settled")),
  broken: withoutMoney
}

/** Lets a session go, though its charge may be on its way, and pays its order with another one. */
const again = (nr: number, at: number, ...moves: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...moves.map((state) => become(nr, state)),
  s.declare(nr + at, { order: `order_${nr}` }),
  s.open(nr + at)
]

const liveCharges = (nr: number): string =>
  atMostOne(`attempts join payment_sessions p using (session_id)
    where p.order_reference = 'order_${nr}' and attempts.state not in ('declined', 'absent')`)

export const sessions: ReadonlyArray<Race> = [
  {
    drops: ["index one_live_session_per_order"],
    law: "an order has one session at most that may pay for it",
    given: () => [],
    workers: (nr) => owners(8, (at) => declares(nr, at, { order_reference: `order_${nr}` })),
    broken: (nr) => atMostOne(`payment_sessions where order_reference = 'order_${nr}'`)
  },
  {
    drops: ["constraint payment_sessions.payment_sessions_pkey"],
    law: "a session declares one thing",
    given: () => [],
    workers: (nr) => owners(4, (at) => s.insert("payment_sessions", s.sessionRow(nr, { amount: 1000 * at }))),
    broken: (nr) => atMostOne(`payment_sessions where session_id = ${session(nr)}`)
  },
  { drops: ["constraint attempts.attempt_as_declared"], ...asDeclared },
  {
    drops: ["constraint payment_sessions.payment_sessions_session_id_entity_id_brand_id_category_amo_key"],
    takesAlong: ["attempts.attempt_as_declared"],
    ...asDeclared
  },
  {
    drops: ["constraint payment_sessions.session_underwritten"],
    law: "a company collects for what it is underwritten for",
    given: () => [],
    workers: (nr) => owners(4, (at) => declares(nr, at, { category: "telehealth" })),
    broken: (nr) =>
      none(`payment_sessions where ${ours(nr)} and (entity_id, category) not in (
      select entity_id, category from entity_underwriting)`)
  },
  {
    drops: ["constraint payment_sessions.session_of_brand"],
    law: "a brand collects for its own companies",
    given: () => [],
    workers: (nr) => owners(4, (at) => declares(nr, at, { brand_id: "loop-bio" })),
    broken: (nr) =>
      none(`payment_sessions where ${ours(nr)} and (brand_id, entity_id) not in (
      select brand_id, entity_id from brand_entities)`)
  },
  {
    drops: ["refusal guard_session.session_begins_pending"],
    law: "a session is settled after it was paid, and not before",
    given: () => [],
    workers: (nr) => owners(4, (at) => declares(nr, at, { state: "settled" })),
    broken: withoutMoney
  },
  {
    drops: ["refusal guard_session.entity_collects"],
    law: "a company that only pays out collects nothing",
    given: (nr) => [
      ...scenes.company(nr),
      `update entities set collects = false where entity_id = 'co_${nr}'`
    ],
    workers: (nr) => owners(4, (at) => scenes.sessionOfCompany(nr, nr + at)),
    broken: (nr) =>
      none(`payment_sessions join entities using (entity_id) where ${ours(nr)} and not collects`)
  },
  {
    drops: ["refusal guard_session.underwriting_not_revoked"],
    law: "a company collects nothing for what its underwriting was revoked for",
    given: (nr) => [
      ...scenes.company(nr),
      `update entity_underwriting set revoked_at = now() where entity_id = 'co_${nr}'`
    ],
    workers: (nr) => owners(4, (at) => scenes.sessionOfCompany(nr, nr + at)),
    broken: (nr) => none(`payment_sessions where ${ours(nr)}`)
  },
  {
    drops: ["refusal guard_session.declaration_unchanged"],
    law: "what a session declares stays",
    given: (nr) => [s.declare(nr)],
    workers: (nr) =>
      owners(4, (at) => `update payment_sessions set amount = ${at} where session_id = ${session(nr)}`),
    broken: (nr) => none(`payment_sessions where session_id = ${session(nr)} and amount <> 3500`)
  },
  ...["fence", "round"].map((column): Race => ({
    drops: ["refusal guard_session.fence_only_rises"],
    law: `a ${column} that was given out is not given out again`,
    given: scenes.charging,
    workers: (nr) =>
      owners(4, () => `update payment_sessions set ${column} = 0 where session_id = ${session(nr)}`),
    broken: (nr) =>
      none(`payment_sessions p join attempts a using (session_id)
        where session_id = ${session(nr)} and p.${column} < a.${column}`)
  })),
  {
    drops: ["refusal guard_session.session_move"],
    law: "whoever cancelled is not charged",
    given: (nr) => [s.declare(nr), become(nr, "cancelled")],
    workers: (nr) => owners(4, () => [become(nr, "pending"), s.open(nr)]),
    broken: (nr) => none(`attempts where session_id = ${session(nr)}`)
  },
  {
    drops: ["refusal guard_session.live_attempt_holds_session"],
    law: "an order is not charged again while its session waits for another card",
    given: (nr) => [s.declare(nr, { order: `order_${nr}` }), s.open(nr)],
    workers: (nr) => owners(4, (at) => again(nr, at, "pending", "cancelled")),
    broken: liveCharges
  },
  {
    drops: ["refusal guard_session.live_attempt_holds_session"],
    law: "an order is not charged again although its session expired, when the charge is unknown",
    given: (nr) => [
      s.declare(nr, { order: `order_${nr}` }),
      s.open(nr),
      s.record(nr, 1, s.outcome.indeterminate)
    ],
    workers: (nr) => owners(4, (at) => again(nr, at, "pending", "expired")),
    broken: liveCharges
  },
  ...[s.outcome.indeterminate, undefined].map((outcome): Race => ({
    drops: ["refusal guard_session.live_attempt_holds_session"],
    law: `an order is not charged again although its session failed, when the charge is ${outcome === undefined ? "in flight" : "unknown"}`,
    given: (nr) => [
      s.declare(nr, { order: `order_${nr}` }),
      s.open(nr),
      ...(outcome === undefined ? [] : [s.record(nr, 1, outcome)])
    ],
    workers: (nr) => owners(4, (at) => again(nr, at, "failed")),
    broken: liveCharges
  })),
  {
    drops: ["refusal guard_session.live_attempt_holds_session"],
    law: "a session does not wait for another card while a charge may be on its way",
    given: scenes.charging,
    workers: (nr) => owners(4, () => become(nr, "pending")),
    broken: freeWhileLive
  },
  ...["pending", "failed"].map((state): Race => ({
    drops: ["refusal guard_session.capture_holds_session"],
    law: `a session whose customer has paid is not ${state}`,
    given: scenes.capturedLate,
    workers: (nr) => owners(4, () => become(nr, state)),
    broken: (nr) => capturedAnd(nr, "pending", "failed")
  })),
  {
    drops: ["refusal guard_session.capture_holds_session", "refusal guard_attempt.no_attempt_for_paid_order"],
    law: "an order is not paid again while money of it is still to be given back",
    because:
      "the first keeps the order from another session while its own holds money; the second is for a session that had ended before its money was heard of",
    given: (nr) => [
      s.declare(nr, { order: `order_${nr}` }),
      s.open(nr),
      s.record(nr, 1, s.captured(`by hand ${nr} 1`, 100)),
      s.insert("returns", r.returnRow(nr, { amount: 99 })),
      `update incidents set closed_at = now() where session_id = ${session(nr)}`
    ],
    workers: (nr) =>
      owners(4, (at) => [
        become(nr, "failed"),
        ...scenes.processing(nr + at, s.declare(nr + at, { order: `order_${nr}` })),
        s.insert("attempts", s.attemptRow(nr + at, 1))
      ]),
    broken: liveCharges
  },
  ...["cancelled", "expired"].map((state): Race => ({
    drops: ["refusal guard_session.capture_holds_session"],
    law: `an order that was paid is not paid again because its session is ${state}`,
    given: (nr) => [
      s.declare(nr, { order: `order_${nr}` }),
      s.open(nr),
      s.record(nr, 1, s.outcome.declined),
      s.insert("captures", s.captureRow(nr, 1))
    ],
    workers: (nr) => owners(4, (at) => again(nr, at, state)),
    broken: (nr) => capturedAnd(nr, "cancelled", "expired")
  })),
  { drops: ["refusal guard_session.settled_has_capture"], ...settledByMoney },
  {
    drops: ["refusal guard_session.settled_has_capture"],
    law: "a session is not settled by less than it declared",
    given: (nr) => [...scenes.charging(nr), s.record(nr, 1, s.captured(`ref_${nr}`, 3499))],
    workers: (nr) => owners(4, () => become(nr, "settled")),
    broken: withoutMoney
  },
  { drops: ["trigger payment_sessions.guard_session"], ...settledByMoney },
  {
    drops: ["trigger payment_sessions.no_delete"],
    law: "what was declared is remembered",
    given: (nr) => [s.declare(nr)],
    workers: (nr) => owners(2, () => `delete from payment_sessions where session_id = ${session(nr)}`),
    broken: (nr) =>
      `select 1 - count(*)::int as broken from payment_sessions where session_id = ${session(nr)}`
  }
]
