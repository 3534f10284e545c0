import * as s from "../support/scene.ts"
import { none, type Prohibition } from "./Race.ts"
import * as scenes from "./scenes.ts"

// Hands that go around the money steps, and sometimes through them, and know no better. Chance moves them.

/** Draws a number below a bound. */
export type Draw = (below: number) => number

/** Numbers that look random and are the same in every run. */
export const drawing = (seed: number): Draw => {
  // Seeds that are neighbours have nothing else in common.
  let state = Math.imul(seed + 1, 2_654_435_761)
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const sessionStates = ["pending", "processing", "in_review", "settled", "failed", "cancelled", "expired"]

/** An attempt's columns for an outcome of which there is evidence. */
const columnsOf = (outcome: string, of: string): string => `state = lower('${outcome}'),
  resolved_at = ${outcome === "Indeterminate" ? "null" : "now()"},
  decline_kind = ${outcome === "Declined" ? "'soft'" : "null"},
  processor_reference = ${outcome === "Captured" ? `coalesce((select min(processor_reference) from captures where ${of}), 'unheard of')` : "null"},
  evidence = (select detail from attempt_evidence where ${of} and outcome = '${outcome}' order by nr limit 1)`

/** One move about one of four sessions, which share two orders: the statements of one transaction. */
export const move = (first: number, draw: Draw): ReadonlyArray<string> => {
  const pick = <A>(one: A, ...others: ReadonlyArray<A>): A => others[draw(others.length + 1) - 1] ?? one
  const nr = first + draw(4)
  const order = `order_${first + (nr % 2)}`
  const ordinal = 1 + draw(2)
  const where = `session_id = ${scenes.session(nr)}`
  const id = `attempt_id = ${scenes.attempt(nr, ordinal)}`
  const account = pick({ mid_id: "mid_goods_1" }, { mid_id: "mid_goods_2", provider: "stub_b" })
  const amount = pick(3500, 3500, 3499)
  const reference = `ref_${nr}_${draw(2)}`
  const outcome = pick("Captured", "Declined", "Indeterminate", "Absent")
  const send = (fence: string): ReadonlyArray<string> => [
    `insert into told select ${nr}, 'sent to who had paid' where exists (select from captures where ${where})`,
    `insert into attempts select (jsonb_populate_record(null::attempts, '${JSON.stringify(
      s.attemptRow(nr, ordinal, { amount, ...account })
    )}'::jsonb || jsonb_build_object('fence', ${fence}))).*`,
    scenes.tell(nr, `sent ${ordinal}`)
  ]
  const hear = `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
    select ${scenes.attempt(nr, ordinal)}, coalesce(max(nr), 0) + 1, 'lookup', '${outcome}', '{"outcome": "${outcome}"}'
    from attempt_evidence where ${id}`
  const state = pick("pending", "settled")
  const byHand = [s.insert("payment_sessions", s.sessionRow(nr, { order_reference: order, state }))]
  const claim = [
    `with claimed as (update fulfilments set claimed_at = now(), claimed_by = 'somebody' where ${where} returning 1)
      insert into told select ${nr}, 'first' from claimed`
  ]
  const raise = `update payment_sessions set state = 'processing', fence = fence + 1 where ${where}`
  const fence = `(select fence from payment_sessions where ${where})`
  const begun = [s.declare(nr, { order }), s.open(nr)]
  const declined = [...begun, s.record(nr, 1, s.outcome.declined)]
  const said = pick<unknown>(
    s.outcome.declined,
    s.outcome.declined,
    s.outcome.indeterminate,
    s.outcome.absent,
    s.captured(reference, amount)
  )
  return pick<ReadonlyArray<string>>(
    [s.declare(nr, { order })],
    begun,
    [...begun, s.record(nr, 1, s.outcome.indeterminate)],
    declined,
    [...declined, raise],
    [...declined, raise, s.record(nr, 1, s.captured(reference))],
    [...begun, s.record(nr, 1, s.captured(reference, amount))],
    [...declined, s.record(nr, 1, s.captured(reference))],
    [s.declare(nr, { order }), raise, scenes.decide(nr), ...send(fence)],
    [s.open(nr, account.mid_id)],
    [s.record(nr, ordinal, said, ["mid_goods_2"])],
    [s.record(nr, ordinal, said)],
    [scenes.become(nr, pick("pending", ...sessionStates))],
    [scenes.become(nr, pick("pending", ...sessionStates))],
    [scenes.become(nr, "pending"), scenes.become(nr, "cancelled")],
    [scenes.become(nr, "settled")],
    [scenes.become(nr, "failed")],
    [raise, scenes.become(nr, "settled")],
    byHand,
    [raise],
    [scenes.decide(nr, 1 + draw(2))],
    [`update payment_sessions set fence = ${draw(3)} where ${where}`],
    [`update payment_sessions set amount = ${amount} where ${where}`],
    byHand,
    send(`${draw(4)}`),
    send(fence),
    [raise, ...send(fence)],
    [hear],
    [hear, `update attempts set ${columnsOf(outcome, id)} where ${id}`],
    [`update attempts set ${columnsOf(outcome, id)} where ${id}`],
    [
      `update attempts set state = 'declined', resolved_at = now(), decline_kind = 'soft',
        evidence = '{"outcome": "Declined"}' where ${id}`
    ],
    [s.insert("captures", s.captureRow(nr, ordinal, { processor_reference: reference, amount, ...account }))],
    [
      `insert into fulfilments (session_id, attempt_id) values (${scenes.session(nr)}, ${scenes.attempt(nr, ordinal)})`
    ],
    claim,
    claim,
    [`delete from attempts where ${id}`],
    [`delete from fulfilments where ${where}`],
    [`delete from payment_sessions where ${where}`]
  )
}

export interface Law {
  readonly says: string
  /** What is dropped to see that these hands break the law. */
  readonly carriedBy: Prohibition
  readonly broken: string
}

/** What every glance at the database finds while they are at it. */
export const laws: ReadonlyArray<Law> = [
  {
    says: "a session has one attempt at most that is not declined",
    carriedBy: "index one_live_attempt_per_session",
    broken: none("(select from attempts where state <> 'declined' group by session_id having count(*) > 1) x")
  },
  {
    says: "an order has one session at most that may pay for it",
    carriedBy: "index one_live_session_per_order",
    broken: none(`(select from payment_sessions where state not in ('failed', 'cancelled', 'expired')
      group by order_reference having count(*) > 1) x`)
  },
  {
    says: "a session whose charge may be on its way waits for it",
    carriedBy: "refusal guard_session.live_attempt_holds_session",
    broken: none(`attempts a join payment_sessions p using (session_id)
      where a.state in ('in_flight', 'indeterminate') and p.state in ('pending', 'failed', 'cancelled', 'expired')`)
  },
  {
    says: "nothing is sent but for a session that is charging, under its newest fence",
    carriedBy: "refusal guard_attempt.attempt_under_fence",
    broken: none(`attempts a join payment_sessions p using (session_id)
      where a.state in ('in_flight', 'indeterminate') and (a.fence > p.fence or p.state = 'pending')`)
  },
  {
    says: "a session is settled by money of its amount",
    carriedBy: "refusal guard_session.settled_has_capture",
    broken: none(`payment_sessions p where state = 'settled' and not exists (
      select from captures c where c.session_id = p.session_id and c.amount = p.amount)`)
  },
  {
    says: "nobody is charged who has paid",
    carriedBy: "refusal guard_attempt.no_attempt_after_capture",
    broken: none("told where what = 'sent to who had paid'")
  },
  {
    says: "an attempt is declined on a decline that was heard",
    carriedBy: "refusal guard_attempt.attempt_moves_on_evidence",
    broken: none(`attempts a where state = 'declined' and not exists (
      select from attempt_evidence e where e.attempt_id = a.attempt_id and outcome = 'Declined')`)
  },
  {
    says: "an attempt is captured by money that is booked",
    carriedBy: "refusal guard_attempt.captured_has_capture",
    broken: none(`attempts a where state = 'captured' and not exists (
      select from captures c where c.attempt_id = a.attempt_id)`)
  },
  {
    says: "an attempt charges what its session declares",
    carriedBy: "constraint attempts.attempt_as_declared",
    broken: none("attempts a join payment_sessions p using (session_id) where a.amount <> p.amount")
  },
  {
    says: "a charge that was sent is not forgotten",
    carriedBy: "trigger attempts.no_delete",
    broken: none(`told where what like 'sent _' and not exists (select from attempts
      where session_id = 'ps_' || lpad(nr::text, 26, '0') and 'sent ' || ordinal = what)`)
  },
  {
    says: "a fulfilment is of an attempt that money was captured by",
    carriedBy: "refusal guard_fulfilment.fulfilment_by_captured",
    // Its state may be declined: persons may let a capture stand that came late.
    broken: none(`fulfilments f where not exists (
      select from captures c where c.attempt_id = f.attempt_id and c.session_id = f.session_id)`)
  },
  {
    says: "one claim hears that it is the first",
    carriedBy: "refusal guard_fulfilment.claimed_once",
    broken: none("(select from told where what = 'first' group by nr having count(*) > 1) x")
  }
]

/** One query that looks at all laws at one moment: how often each is broken, in their order. */
export const glance = laws
  .map(({ broken }, at) => `select ${at} as law, (${broken}) as broken`)
  .join(" union all ")
