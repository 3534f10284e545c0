import * as s from "../../support/scene.ts"
import { saysCaptured } from "../../support/webhookScene.ts"
import { apps, atMostOne, none, owners, type Prohibition, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// A committed attempt is the permit to send. What must not be sent, must not be written.

const { attempt, session } = scenes

const second = (nr: number, ordinal: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  s.insert("attempts", s.attemptRow(nr, ordinal, { fence: 2, ...fields }))

/** Workers of the app that open an attempt on a company's own account, after something was changed. */
const stopped = (
  reason: string,
  law: string,
  change: (nr: number) => string,
  drops: Prohibition = `reason permit_refusal.${reason}`
): Race => ({
  drops: [drops],
  law,
  given: (nr) => [...scenes.company(nr), scenes.declaredByCompany(nr), change(nr)],
  workers: (nr) => apps(4, () => s.open(nr, `mid_${nr}`)),
  broken: (nr) => none(`attempts where session_id = ${session(nr)}`)
})

const card = (nr: number) => ({ fingerprint: `card_${nr}`, cardBrand: `net_${nr}` })

/** A company whose account charges money, and a network that allows one try in a day. */
const counted = (nr: number): ReadonlyArray<string> => [
  ...scenes.company(nr),
  `update merchant_accounts set live = true where mid_id = 'mid_${nr}'`,
  ...s.passGates(`mid_${nr}`),
  `insert into retry_budgets values ('net_${nr}', '2026-01-01', 24, true, 1)`
]

/** Workers of the app that open an attempt with a card that was declined before. */
const retried = (
  reason: string,
  law: string,
  advice: string,
  brand: (nr: number) => string = (nr) => `net_${nr}`
): Race => ({
  drops: [`reason retry_refusal.${reason}`],
  law,
  given: (nr) => [
    ...counted(nr),
    // Advice is to forbid it, and not the budget.
    ...(advice === "none" ? [] : [`update retry_budgets set most = 9 where network = 'net_${nr}'`]),
    scenes.declaredByCompany(nr),
    s.open(nr, `mid_${nr}`, undefined, { ...card(nr), cardBrand: brand(nr) }),
    s.record(nr, 1, { ...s.outcome.declined, advice })
  ],
  workers: (nr) => apps(4, () => s.open(nr, `mid_${nr}`, undefined, { ...card(nr), cardBrand: brand(nr) })),
  broken: (nr) => none(`attempts where session_id = ${session(nr)} and ordinal > 1`)
})

const onEvidence: Omit<Race, "drops"> = {
  law: "only what the processor declined counts as declined",
  given: (nr) => [...scenes.charging(nr), s.record(nr, 1, s.outcome.indeterminate)],
  workers: (nr) =>
    owners(
      4,
      () => `update attempts set state = 'declined', resolved_at = now(), decline_kind = 'soft'
        where session_id = ${session(nr)}`
    ),
  broken: (nr) =>
    none(`attempts a where session_id = ${session(nr)} and state = 'declined' and not exists (
      select from attempt_evidence e where e.attempt_id = a.attempt_id and outcome = 'Declined')`)
}

const notCharging = (nr: number) =>
  none(`attempts join payment_sessions s using (session_id)
    where session_id = ${session(nr)} and attempts.state = 'in_flight' and s.state <> 'processing'`)

export const attempts: ReadonlyArray<Race> = [
  {
    drops: ["index one_live_attempt_per_session"],
    law: "a session has one attempt at most that is not declined",
    given: (nr) => scenes.processing(nr),
    workers: (nr) => owners(8, (at) => s.insert("attempts", s.attemptRow(nr, at))),
    broken: (nr) => atMostOne(`attempts where session_id = ${session(nr)} and state <> 'declined'`)
  },
  ...["Indeterminate", "Absent"].map((outcome): Race => ({
    drops: ["index one_live_attempt_per_session"],
    law: `an attempt of which nobody knows more than ${outcome} is the only one`,
    given: (nr) => [
      ...scenes.processing(nr),
      s.insert("attempts", s.attemptRow(nr, 1)),
      `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
        values (${attempt(nr)}, 1, 'lookup', '${outcome}', '{"outcome": "${outcome}"}')`,
      `update attempts set state = lower('${outcome}'), evidence = '{"outcome": "${outcome}"}',
        resolved_at = ${outcome === "Absent" ? "now()" : "null"} where attempt_id = ${attempt(nr)}`
    ],
    workers: (nr) => owners(4, (at) => s.insert("attempts", s.attemptRow(nr, at + 1))),
    broken: (nr) => atMostOne(`attempts where session_id = ${session(nr)} and state <> 'declined'`)
  })),
  {
    drops: ["refusal guard_attempt.attempt_begins_in_flight"],
    law: "an attempt has an outcome only after it was sent",
    given: scenes.readyForTheSecond,
    workers: (nr) =>
      owners(4, (at) =>
        second(nr, at + 1, {
          state: "declined",
          decline_kind: "soft",
          evidence: { outcome: "Declined" },
          resolved_at: "now"
        })
      ),
    broken: (nr) =>
      none(`attempts a where session_id = ${session(nr)} and state <> 'in_flight' and not exists (
        select from attempt_evidence e where e.attempt_id = a.attempt_id)`)
  },
  {
    drops: ["refusal guard_attempt.attempt_under_fence"],
    law: "whoever holds an old fence sends nothing",
    given: scenes.readyForTheSecond,
    workers: (nr) => owners(4, (at) => second(nr, at + 1, { fence: 1 })),
    broken: (nr) =>
      none(`attempts join payment_sessions s using (session_id)
        where session_id = ${session(nr)} and attempts.state = 'in_flight' and attempts.fence < s.fence`)
  },
  ...["pending", "failed"].map((state): Race => ({
    drops: ["refusal guard_attempt.attempt_under_fence"],
    law: `nothing is sent for a session that is ${state}`,
    given: (nr) => [...scenes.readyForTheSecond(nr), scenes.become(nr, state)],
    workers: (nr) => owners(4, (at) => second(nr, at + 1)),
    broken: notCharging
  })),
  ...["before", "after"].map((order): Race => {
    const [sends, fails] = order === "before" ? ["0", "0.03"] : ["0.03", "0"]
    return {
      drops: ["lock guard_attempt"],
      law: `nothing is sent for a session that fails at the same time, right ${order} it`,
      given: scenes.readyForTheSecond,
      workers: (nr) => [
        ...owners(3, (at) => [`select pg_sleep(${sends})`, second(nr, at + 1)]),
        ...owners(1, () => [`select pg_sleep(${fails})`, scenes.become(nr, "failed")])
      ],
      broken: notCharging
    }
  }),
  {
    drops: ["refusal guard_attempt.no_attempt_after_capture"],
    law: "a customer whose money moved is not charged again",
    given: (nr) => [...scenes.readyForTheSecond(nr), s.record(nr, 1, s.captured(`late_${nr}`))],
    workers: (nr) => owners(4, (at) => second(nr, at + 1)),
    broken: (nr) =>
      none(`attempts join captures using (session_id)
        where attempts.session_id = ${session(nr)} and attempts.state = 'in_flight'`)
  },
  {
    drops: ["refusal guard_attempt.no_attempt_for_paid_order"],
    law: "an order whose money moved is not charged again",
    given: (nr) => {
      const order = `order_${nr}`
      return [
        s.declare(nr + 1, { order }),
        s.open(nr + 1),
        s.record(nr + 1, 1, s.outcome.declined),
        scenes.become(nr + 1, "cancelled"),
        s.declare(nr, { order }),
        s.open(nr),
        s.record(nr, 1, s.outcome.declined),
        scenes.become(nr, "processing"),
        `update payment_sessions set fence = 2 where session_id = ${session(nr)}`,
        s.record(nr + 1, 1, s.captured(`late_${nr}`))
      ]
    },
    workers: (nr) => owners(4, (at) => second(nr, at + 1)),
    broken: (nr) => none(`attempts where session_id = ${session(nr)} and ordinal > 1`)
  },
  {
    drops: ["refusal guard_attempt.no_attempt_while_said"],
    law: "nobody is charged while a webhook that was not heard says that they were",
    given: (nr) => [...scenes.readyForTheSecond(nr), saysCaptured(s.attempt(nr, 1))],
    workers: (nr) => owners(4, (at) => second(nr, at + 1)),
    broken: (nr) => none(`attempts where session_id = ${session(nr)} and ordinal > 1`)
  },
  {
    drops: ["refusal guard_attempt.permit_"],
    law: "nothing is sent to an account that was stopped, whoever writes the attempt",
    given: (nr) => [
      ...scenes.company(nr),
      ...scenes.processing(nr, scenes.declaredByCompany(nr)),
      `update merchant_accounts set kill_switch = true where mid_id = 'mid_${nr}'`
    ],
    workers: (nr) => owners(4, (at) => scenes.attemptOfCompany(nr, at)),
    broken: (nr) =>
      none(`attempts join merchant_accounts using (mid_id) where session_id = ${session(nr)} and kill_switch`)
  },
  retried("retry_forbidden", "a card that is never to be tried again is not", "never"),
  retried("card_needs_update", "a card whose data is to be corrected is not tried before", "updated"),
  retried(
    "retry_too_early",
    "a card that is to be tried later is not tried now",
    "later",
    () => "mastercard"
  ),
  retried("retry_budget_spent", "a card is not tried oftener than its network allows", "none"),
  {
    drops: ["lock retry_refusal"],
    law: "of several charges of one card at once each counts the others",
    given: (nr) => [
      ...counted(nr),
      ...[0, 1, 2, 3].map((at) => s.declare(nr + at, { entity: `co_${nr}`, brand: `co-${nr}` }))
    ],
    workers: (nr) => apps(4, (at) => s.open(nr + at - 1, `mid_${nr}`, undefined, card(nr))),
    broken: (nr) => atMostOne(`attempts where mid_id = 'mid_${nr}'`)
  },
  stopped(
    "kill_switch_on",
    "nothing is sent to an account whose kill switch is on",
    (nr) => `update merchant_accounts set kill_switch = true where mid_id = 'mid_${nr}'`
  ),
  {
    ...stopped(
      "gates_missing",
      "nothing is sent to a live account whose gates are not passed",
      (nr) => `update merchant_accounts set live = true where mid_id = 'mid_${nr}'`
    ),
    given: (nr) => [
      ...counted(nr),
      scenes.declaredByCompany(nr),
      `update passed_gates set revoked_at = now(), revoked_by = 'officer 0', revoked_because = 'it lapsed'
        where mid_id = 'mid_${nr}' and gate = 'banking'`
    ]
  },
  {
    ...stopped(
      "gates_by_one_person",
      "nothing is sent to a live account that one person let go live",
      (nr) => `update merchant_accounts set live = true where mid_id = 'mid_${nr}'`
    ),
    given: (nr) => [
      ...counted(nr),
      scenes.declaredByCompany(nr),
      `update passed_gates set revoked_at = now(), revoked_by = 'officer 0', revoked_because = 'it lapsed'
        where mid_id = 'mid_${nr}' and passed_by = 'officer 1'`,
      ...s
        .passGates(`mid_${nr}`)
        .flatMap((passed, at) => (at % 2 === 1 ? [passed.replace("officer 1", "officer 0")] : []))
    ]
  },
  stopped(
    "not_active",
    "nothing is sent to an account that is suspended",
    (nr) => `update merchant_accounts set status = 'suspended' where mid_id = 'mid_${nr}'`
  ),
  stopped(
    "not_underwritten",
    "nothing is sent to an account whose underwriting was revoked",
    (nr) => `update mid_underwriting set revoked_at = now() where mid_id = 'mid_${nr}'`
  ),
  stopped(
    "not_underwritten",
    "nothing is sent for a company whose underwriting was revoked",
    (nr) => `update entity_underwriting set revoked_at = now() where entity_id = 'co_${nr}'`
  ),
  stopped(
    "entity_cannot_collect",
    "nothing is sent for a company that does not collect any more",
    (nr) => `update entities set collects = false where entity_id = 'co_${nr}'`
  ),
  {
    drops: ["refusal guard_attempt.attempt_unchanged"],
    law: "an attempt is looked up where it was sent",
    given: scenes.charging,
    workers: (nr) =>
      owners(
        4,
        () =>
          `update attempts set mid_id = 'mid_goods_2', provider = 'stub_b' where session_id = ${session(nr)}`
      ),
    broken: (nr) => none(`attempts where session_id = ${session(nr)} and mid_id <> 'mid_goods_1'`)
  },
  {
    drops: ["refusal guard_attempt.attempt_move"],
    law: "what was given up as absent is not declined afterwards, and nobody charges again",
    given: (nr) => [
      ...scenes.charging(nr),
      s.record(nr, 1, s.outcome.absent),
      s.record(nr, 1, s.outcome.declined)
    ],
    workers: (nr) =>
      owners(
        4,
        () => `update attempts set state = 'declined', decline_kind = 'soft', evidence = (
          select detail from attempt_evidence where attempt_id = ${attempt(nr)} and outcome = 'Declined')
          where attempt_id = ${attempt(nr)}`
      ),
    broken: (nr) => none(`attempts where attempt_id = ${attempt(nr)} and state <> 'absent'`)
  },
  { drops: ["refusal guard_attempt.attempt_moves_on_evidence"], ...onEvidence },
  { drops: ["trigger attempts.guard_attempt"], ...onEvidence },
  {
    drops: ["refusal guard_attempt.captured_has_capture"],
    law: "an attempt is captured when money is booked, and not before",
    given: (nr) => [
      ...scenes.charging(nr),
      `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
        values (${attempt(nr)}, 1, 'lookup', 'Captured', '{"outcome": "Captured"}')`
    ],
    workers: (nr) =>
      owners(
        4,
        () => `update attempts set state = 'captured', resolved_at = now(), processor_reference = 'ref_${nr}',
          evidence = '{"outcome": "Captured"}' where attempt_id = ${attempt(nr)}`
      ),
    broken: (nr) =>
      none(`attempts a where attempt_id = ${attempt(nr)} and state = 'captured' and not exists (
        select from captures c where c.attempt_id = a.attempt_id)`)
  },
  {
    drops: ["refusal guard_attempt.outcome_unchanged"],
    law: "the evidence of an attempt is what was heard",
    given: (nr) => [...scenes.charging(nr), s.record(nr, 1, s.outcome.declined)],
    workers: (nr) =>
      owners(
        4,
        (at) => `update attempts set evidence = '{"code": "${at}"}' where attempt_id = ${attempt(nr)}`
      ),
    broken: (nr) =>
      none(`attempts a where attempt_id = ${attempt(nr)} and not exists (
        select from attempt_evidence e where e.attempt_id = a.attempt_id and e.detail = a.evidence)`)
  },
  {
    drops: ["constraint attempts.attempts_idempotency_key_key"],
    law: "no two charges go out under one key",
    given: (nr) => [0, 1, 2, 3].flatMap((at) => scenes.processing(nr + at)),
    workers: (nr) =>
      owners(4, (at) => s.insert("attempts", s.attemptRow(nr + at - 1, 1, { idempotency_key: `key_${nr}` }))),
    broken: (nr) => atMostOne(`attempts where idempotency_key = 'key_${nr}'`)
  },
  {
    drops: ["constraint attempts.attempt_named_by_session"],
    law: "an attempt has the name that is derived from its session and its number",
    given: (nr) => scenes.processing(nr),
    workers: (nr) =>
      owners(4, (at) => s.insert("attempts", s.attemptRow(nr, at, { attempt_id: `at_${nr}_${at}` }))),
    broken: (nr) =>
      none(
        `attempts where session_id = ${session(nr)} and attempt_id <> concat('at_', substr(session_id, 4), '_', ordinal)`
      )
  }
]
