import * as s from "../support/scene.ts"
import { saysCaptured } from "../support/webhookScene.ts"
import type { Prohibition } from "./Prohibition.ts"

// An attempt is a permit to send: what it may be written for, and when.

/** A processing session whose first attempt was declined, so that nothing but the case itself stands against one. */
const readyForTheSecond: ReadonlyArray<string> = [
  s.declare(2),
  s.open(2),
  s.record(2, 1, s.outcome.declined),
  `update payment_sessions set state = 'processing', fence = 2 where session_id = '${s.session(2)}'`
]

const second = (
  by: string,
  what: string,
  fields: Readonly<Record<string, unknown>>,
  given: ReadonlyArray<string> = []
): Prohibition => ({
  by,
  what,
  given: [...readyForTheSecond, ...given],
  tries: s.insert("attempts", s.attemptRow(2, 2, { fence: 2, ...fields }))
})

/** What would be allowed: the scene of all the others is a sound one. */
export const allowedSecond = {
  given: readyForTheSecond,
  tries: s.insert("attempts", s.attemptRow(2, 2, { fence: 2 }))
}

const only = (mid: string) => `where mid_id = '${mid}'`

const notAsDeclared: ReadonlyArray<readonly [what: string, fields: Readonly<Record<string, unknown>>]> = [
  ["another amount", { amount: 3501 }],
  ["another currency", { currency: "EUR" }],
  ["another brand", { brand_id: "loop-health" }]
]

/** What the issuer said of the card when it declined the first attempt. */
const retried: ReadonlyArray<readonly [reason: string, what: string, advice: string, brand: string]> = [
  ["retry_forbidden", "a card that is never to be tried again", "never", "visa"],
  ["card_needs_update", "a card whose data is to be corrected first", "updated", "visa"],
  ["retry_too_early", "a card that is to be tried later", "later", "mastercard"],
  ["retry_budget_spent", "a card that was tried as often as its network allows", "none", "visa"]
]

const sentWith: ReadonlyArray<readonly [column: string, value: string]> = [
  ["attempt_id", "'at_of_nobody'"],
  ["session_id", "'ps_of_nobody'"],
  ["ordinal", "2"],
  ["round", "2"],
  ["mid_id", "'mid_goods_2'"],
  ["entity_id", "'loop_nutrition'"],
  ["provider", "'stub_b'"],
  ["category", "'supplements'"],
  ["brand_id", "'loop-health'"],
  ["amount", "1"],
  ["currency", "'EUR'"],
  ["vault_id", "'another'"],
  ["token_ref", "'tok_2'"],
  ["card_fingerprint", "'another card'"],
  ["card_brand", "'amex'"],
  ["idempotency_key", "'another'"],
  ["fence", "7"],
  ["written_at", "now() + interval '1 day'"]
]

const resolved: ReadonlyArray<readonly [column: string, value: string]> = [
  ["processor_reference", "'ref_9'"],
  ["decline_kind", "'hard'"],
  ["evidence", "'{}'"],
  ["resolved_at", "now() + interval '1 day'"]
]

export const attempts: ReadonlyArray<Prohibition> = [
  second("permit_not_underwritten", "a company charging on another company's account", {
    mid_id: "mid_nutrition_1"
  }),
  {
    by: "attempts.attempt_on_own_account",
    what: "the same with the triggers off",
    given: [...readyForTheSecond, s.withoutTriggers("attempts")],
    tries: s.insert("attempts", s.attemptRow(2, 2, { mid_id: "mid_nutrition_1" }))
  },
  {
    by: "attempts.attempt_on_own_account",
    what: "another company's account for the category that it is underwritten for, with the triggers off",
    given: [...readyForTheSecond, s.withoutTriggers("attempts")],
    tries: s.insert("attempts", s.attemptRow(2, 2, { mid_id: "mid_nutrition_1", category: "supplements" }))
  },
  {
    by: "attempts.attempt_as_declared",
    what: "another company's account in its name, with the triggers off",
    given: [...readyForTheSecond, s.withoutTriggers("attempts")],
    tries: s.insert(
      "attempts",
      s.attemptRow(2, 2, { mid_id: "mid_nutrition_1", category: "supplements", entity_id: "loop_nutrition" })
    )
  },
  second("permit_not_underwritten", "another category than the account is underwritten for", {
    category: "telehealth"
  }),
  second("permit_not_underwritten", "an account that does not exist", { mid_id: "mid_of_nobody" }),
  second("permit_not_underwritten", "an account at another provider", { provider: "stub_b" }),
  second("permit_not_underwritten", "an account whose underwriting was revoked", {}, [
    `update mid_underwriting set revoked_at = now() ${only("mid_goods_1")}`
  ]),
  second("permit_not_underwritten", "a company whose underwriting was revoked", {}, [
    "update entity_underwriting set revoked_at = now() where entity_id = 'loop_goods'"
  ]),
  second("permit_kill_switch_on", "an account whose kill switch is on", {}, [
    `update merchant_accounts set kill_switch = true ${only("mid_goods_1")}`
  ]),
  second("permit_not_active", "an account that is not boarded yet", {
    mid_id: "mid_goods_3",
    provider: "stub_b"
  }),
  second("permit_gates_missing", "a live account whose gates are not passed", {}, [
    `update merchant_accounts set live = true ${only("mid_goods_1")}`
  ]),
  second("permit_gates_missing", "a live account of which a gate was revoked", {}, [
    `update merchant_accounts set live = true ${only("mid_goods_1")}`,
    ...s.passGates("mid_goods_1"),
    "update passed_gates set revoked_at = now(), revoked_by = 'officer 0', revoked_because = 'it lapsed' where gate = 'banking'"
  ]),
  second("permit_gates_by_one_person", "a live account that one person let go live with two keys", {}, [
    `update merchant_accounts set live = true ${only("mid_goods_1")}`,
    ...s.passGates("mid_goods_1"),
    `insert into principals (principal, person) values ('officer 1', 'officer 0')`
  ]),
  ...retried.map(([reason, what, advice, brand]) =>
    second(`permit_${reason}`, what, { card_fingerprint: "a card", card_brand: brand }, [
      "update merchant_accounts set live = true where mid_id = 'mid_goods_1'",
      ...s.passGates("mid_goods_1"),
      s.withoutTriggers("attempts"),
      `update attempts set card_fingerprint = 'a card', evidence = evidence || '{"advice": "${advice}"}'`,
      s.withTriggers("attempts"),
      ...(reason === "retry_budget_spent" ? ["update retry_budgets set most = 1"] : [])
    ])
  ),
  second("permit_not_active", "an account that is suspended", {}, [
    `update merchant_accounts set status = 'suspended' ${only("mid_goods_1")}`
  ]),
  second("permit_entity_cannot_collect", "a company that may not collect any more", {}, [
    "update entities set collects = false, pays_out = true where entity_id = 'loop_goods'"
  ]),
  ...notAsDeclared.map(([what, fields]) =>
    second("attempts.attempt_as_declared", `${what} than its session declared`, fields)
  ),
  second("attempts.attempt_has_decision", "an attempt that no routing decision explains", { round: 2 }),
  second("attempt_begins_in_flight", "an attempt that begins captured", { state: "captured" }),
  second("attempt_begins_in_flight", "an attempt that begins declined", { state: "declined" }),
  second("attempt_begins_in_flight", "an attempt in a state that does not exist", { state: "lost" }),
  second("attempt_under_fence", "an attempt under an old fence", { fence: 1 }),
  second("attempt_under_fence", "an attempt under a fence that nobody gave out", { fence: 3 }),
  ...["pending", "in_review", "failed", "cancelled", "expired", "settled"].map((state) =>
    second("attempt_under_fence", `an attempt of a session that is ${state}`, {}, [
      s.withoutTriggers("payment_sessions"),
      `update payment_sessions set state = '${state}' where session_id = '${s.session(2)}'`,
      s.withTriggers("payment_sessions")
    ])
  ),
  second("no_attempt_after_capture", "an attempt of a session that money was captured for", {}, [
    s.insert("captures", s.captureRow(2, 1))
  ]),
  second("no_attempt_for_paid_order", "an attempt for an order that money was captured for late", {}, [
    s.declare(3),
    s.open(3),
    s.record(3, 1, s.outcome.declined),
    s.withoutTriggers("payment_sessions"),
    `update payment_sessions set state = 'cancelled' where session_id = '${s.session(3)}'`,
    `update payment_sessions set order_reference = 'one order' where session_id in ('${s.session(2)}', '${s.session(3)}')`,
    s.withTriggers("payment_sessions"),
    s.insert("captures", s.captureRow(3, 1))
  ]),
  second("no_attempt_while_said", "an attempt of a session whose charge a webhook says took money", {}, [
    saysCaptured(s.attempt(2, 1))
  ]),
  ...sentWith.map(([column, value]): Prohibition => ({
    by: "attempt_unchanged",
    what: `another ${column} than the attempt was sent with`,
    given: [s.declare(2), s.open(2)],
    tries: `update attempts set ${column} = ${value} where session_id = '${s.session(2)}'`
  })),
  ...resolved.map(([column, value]): Prohibition => ({
    by: "outcome_unchanged",
    what: `another ${column} of an attempt that is resolved`,
    given: [s.declare(2), s.open(2), s.record(2, 1, s.outcome.declined)],
    tries: `update attempts set ${column} = ${value} where session_id = '${s.session(2)}'`
  })),
  {
    by: "outcome_unchanged",
    what: "evidence of an attempt that is still in flight",
    given: [s.declare(2), s.open(2)],
    tries: `update attempts set evidence = '{}' where session_id = '${s.session(2)}'`
  },
  ...["declined", "absent", "indeterminate"].map((state): Prohibition => ({
    by: "attempt_moves_on_evidence",
    what: `an attempt that becomes ${state} on evidence that nobody heard`,
    given: [s.declare(2), s.open(2)],
    tries: `update attempts set state = '${state}', resolved_at = now(), decline_kind = 'soft',
        evidence = '{"outcome": "${state[0]?.toUpperCase()}${state.slice(1)}"}' where session_id = '${s.session(2)}'`
  })),
  {
    by: "attempt_moves_on_evidence",
    what: "an attempt that becomes declined without any evidence",
    given: [s.declare(2), s.open(2)],
    tries: `update attempts set state = 'declined', resolved_at = now(), decline_kind = 'soft'
      where session_id = '${s.session(2)}'`
  },
  {
    by: "attempt_moves_on_evidence",
    what: "a decline made out of a timeout",
    given: [s.declare(2), s.open(2), s.record(2, 1, s.outcome.indeterminate)],
    tries: `update attempts set state = 'declined', resolved_at = now(), decline_kind = 'soft'
      where session_id = '${s.session(2)}'`
  },
  {
    by: "captured_has_capture",
    what: "an attempt that is captured without money that moved",
    given: [
      s.declare(2),
      s.open(2),
      `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
        values ('${s.attempt(2)}', 1, 'lookup', 'Captured', '{"outcome": "Captured"}')`
    ],
    tries: `update attempts set state = 'captured', resolved_at = now(), processor_reference = 'ref',
      evidence = '{"outcome": "Captured"}' where session_id = '${s.session(2)}'`
  }
]
