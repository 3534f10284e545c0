import { refundDue } from "../support/pageScene.ts"
import { openRefund, paid, refund } from "../support/refundScene.ts"
import * as v from "../support/reviewScene.ts"
import { take } from "../support/webhookScene.ts"
import {
  captured,
  declare,
  everyTable,
  insert,
  open,
  outcome,
  record,
  session,
  withoutTriggers,
  withTriggers
} from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What persons decide.

const given: ReadonlyArray<string> = [
  ...everyTable,
  ...v.asked(2),
  ...v.asked(3),
  v.reject(3),
  ...v.inReview(4)
]

const setting = (constraint: string, change: string): Prohibition => ({
  by: `reviews.${constraint}`,
  what: `reviews set ${change}`,
  given: [...given, withoutTriggers("reviews")],
  tries: `update reviews set ${change} where ${v.of(2)}`
})

const refused = (by: string, change: string, nr = 2, before: ReadonlyArray<string> = []): Prohibition => ({
  by,
  what: `reviews set ${change} of ${nr}${before.length === 0 ? "" : ", after evidence"}`,
  given: [...given, ...before],
  tries: `update reviews set ${change} where ${v.of(nr)}`
})

const approved = `state = 'approved', decided_by = '${v.signs}', decided_at = now()`

const contradicted = (
  what: string,
  nr: number,
  before: ReadonlyArray<string>,
  fields: Readonly<Record<string, unknown>>
): Prohibition => ({
  by: "review_contradicted",
  what: `a review of ${what}`,
  given: [...given, ...before],
  tries: insert("reviews", v.reviewRow(nr, fields))
})

/** The key that the attempt of a scene was sent with. */
const keyOf = (nr: number): string => `${session(nr)}-1-mid_goods_1`

const seen = { conclusion: "captured", amount: 3500, currency: "USD" }

export const reviews: ReadonlyArray<Prohibition> = [
  setting("reviews_attempt_id_fkey", "attempt_id = 'at_of_nobody'"),
  setting(
    "reviews_incident_id_fkey",
    "incident_id = 1000000, conclusion = 'handled', processor_reference = null, amount = null, currency = null"
  ),
  setting("reviews_refund_id_fkey", "refund_id = 're_of_nobody', conclusion = 'refunded'"),
  setting("conclusion_says_what", "conclusion = 'refunded'"),
  setting("conclusion_says_what", "conclusion = 'refunded_outside'"),
  setting("conclusion_says_what", `refund_id = '${refund(4)}'`),
  setting(
    "reviews_conclusion_check",
    "conclusion = 'perhaps', processor_reference = null, amount = null, currency = null"
  ),
  setting("reviews_processor_reference_check", "processor_reference = ''"),
  setting("reviews_processor_reference_check", "processor_reference = repeat('a', 256)"),
  setting("reviews_amount_check", "amount = 0"),
  setting("reviews_currency_check", "currency = 'usd'"),
  setting("reviews_evidence_check", "evidence = ''"),
  setting("reviews_evidence_check", "evidence = repeat('a', 2001)"),
  setting("reviews_state_check", "state = 'lost', decided_by = 'a', decided_at = now()"),
  setting("reviews_reason_check", "reason = ''"),
  setting("conclusion_says_what", "processor_reference = null"),
  setting("conclusion_says_what", "amount = null"),
  setting("conclusion_says_what", "currency = null"),
  setting("conclusion_says_what", "conclusion = 'declined'"),
  setting("conclusion_says_what", "conclusion = 'absent'"),
  setting("decided_by_somebody", "state = 'rejected', decided_at = now()"),
  setting("decided_by_somebody", "state = 'rejected', decided_by = 'a'"),
  setting("decided_by_somebody", "decided_by = 'a', decided_at = now()"),
  setting("approved_in_time", `${approved}, expires_at = now() - interval '1 second'`),
  {
    by: "reviews.reviews_pkey",
    what: "the same review twice",
    given: [...given, withoutTriggers("reviews")],
    tries: "insert into reviews overriding system value select * from reviews where state = 'rejected'"
  },
  {
    by: "reviews.one_open_review",
    what: "two open reviews of one attempt",
    given,
    tries: insert("reviews", v.reviewRow(2))
  },
  {
    by: "review_begins_open",
    what: "a review that begins approved",
    given,
    tries: insert("reviews", v.reviewRow(4, { state: "approved", decided_by: v.signs, decided_at: "now" }))
  },
  {
    by: "review_by_operators",
    what: "an app that asks for a review",
    given,
    tries: insert("reviews", v.reviewRow(4, { requested_by: "an app" }))
  },
  refused("review_by_operators", "state = 'approved', decided_by = 'an app', decided_at = now()"),
  refused("review_by_operators", "state = 'rejected', decided_by = 'an app', decided_at = now()"),
  refused("second_person", `state = 'approved', decided_by = '${v.asks}', decided_at = now()`),
  refused("second_person", approved, 2, [
    `update principals set person = '${v.signs}' where principal = '${v.asks}'`
  ]),
  {
    by: "review_by_operators",
    what: "what somebody asked for who is no operator any more",
    given: [...given, `update api_keys set revoked_at = now() where principal = '${v.asks}'`],
    tries: `update reviews set ${approved} where ${v.of(2)}`
  },
  {
    by: "review_by_operators",
    what: "an operator whose key was revoked",
    given: [...given, `update api_keys set revoked_at = now() where principal = '${v.signs}'`],
    tries: `update reviews set ${approved} where ${v.of(2)}`
  },
  ...[
    "evidence = 'another'",
    "amount = 3499",
    "processor_reference = 'another'",
    `requested_by = '${v.signs}'`,
    "expires_at = 'infinity'",
    "horizon = '2 days'"
  ].map((change) => refused("review_unchanged", change)),
  refused("review_decided_once", approved, 3),
  refused("review_decided_once", "state = 'open', decided_by = null, decided_at = null", 3),
  refused("review_contradicted", approved, 2, [record(2, 1, captured("seen_2"))]),
  refused("review_contradicted", approved, 2, [declare(5), open(5), record(5, 1, captured("seen_2"))]),
  contradicted("an attempt that is on its way", 5, [declare(5), open(5)], {}),
  contradicted("a decline as absent", 4, [record(4, 1, outcome.declined)], v.absent),
  contradicted("a charge as absent that may still turn up", 4, [], v.absent),
  contradicted("a charge as absent before its processor's horizon", 4, v.aDayPasses(4), {
    ...v.absent,
    horizon: "2 days"
  }),
  contradicted(
    "a charge as absent that a webhook names",
    4,
    [...v.aDayPasses(4), take(1, { subjects: [{ _tag: "Charge", idempotencyKey: keyOf(4) }] })],
    v.absent
  ),
  setting("horizon_of_a_day", "horizon = '23 hours'"),
  contradicted("a capture as declined", 4, [record(4, 1, captured("c"))], {
    conclusion: "declined",
    processor_reference: "x"
  }),
  contradicted("money that is booked", 4, [record(4, 1, captured("c"))], {
    ...seen,
    processor_reference: "c"
  }),
  contradicted("another charge's money", 4, [], { ...seen, processor_reference: "ref_2" }),
  contradicted("a second capture of one attempt", 4, [record(4, 1, captured("c"))], {
    ...seen,
    processor_reference: "d"
  }),
  contradicted("more money than was asked for", 4, [], { ...seen, processor_reference: "c", amount: 3501 }),
  contradicted("money that was not asked for", 4, [], { ...seen, processor_reference: "c", currency: "EUR" }),
  contradicted(
    "a charge as absent that its processor named",
    4,
    [record(4, 1, { ...outcome.indeterminate, processorReference: "named" }), ...v.aDayPasses(4)],
    v.absent
  ),
  ...[
    ["of an attempt that is in review", v.hearsay(4)],
    ["while somebody has asked for another one", v.hearsay(2)],
    ["after it was rejected", v.hearsay(3)]
  ].map(([what = "", tries = ""]) => ({
    by: "person_by_review",
    what: `a person's word ${what}`,
    given,
    tries
  })),
  {
    by: "person_by_review",
    what: "a person's word of what another review was signed for",
    given: [...given, v.approve(2), ...v.inReview(6)],
    tries: v.hearsay(6)
  },
  {
    by: "person_by_review",
    what: "the word that two signed, said again after the commit of the second signature",
    given: [
      ...given,
      v.approve(2),
      withoutTriggers("reviews"),
      `update reviews set requested_at = requested_at - interval '1 hour', decided_at = decided_at - interval '1 second' where ${v.of(2)}`,
      withTriggers("reviews")
    ],
    tries: `insert into attempt_evidence (attempt_id, nr, source, outcome, detail)
      select attempt_id, nr + 1, source, outcome, detail from attempt_evidence where ${v.of(2)} and source = 'person'`
  },
  {
    by: "person_by_review",
    what: "a person's word of a refund",
    given: [...given, ...refundDue(6)],
    tries: v.refundHearsay(6)
  },
  contradicted("a refund of another attempt", 4, [...paid(6), openRefund(6)], { refund_id: refund(6) }),
  contradicted("a refund that is on its way", 6, [...paid(6), openRefund(6)], { refund_id: refund(6) }),
  contradicted("a refund as absent that may still turn up", 6, refundDue(6), {
    ...v.absent,
    refund_id: refund(6)
  }),
  contradicted(
    "a refund as absent whose charge a webhook names",
    6,
    [
      ...refundDue(6),
      ...v.aDayPasses(6),
      take(1, { subjects: [{ _tag: "Refund", refundReference: "re_x", processorReference: "by hand 6 1" }] })
    ],
    { ...v.absent, refund_id: refund(6) }
  ),
  contradicted("more money that went back than was asked for", 6, refundDue(6), {
    ...seen,
    conclusion: "refunded",
    refund_id: refund(6),
    processor_reference: "b",
    amount: 3501
  }),
  {
    by: "review_contradicted",
    what: "an incident of another attempt",
    given,
    tries: `insert into reviews (attempt_id, incident_id, conclusion, evidence, requested_by, expires_at)
      select '${v.reviewRow(4)["attempt_id"]}', max(incident_id), 'handled', 'seen', '${v.asks}', 'infinity' from incidents`
  },
  {
    by: "review_contradicted",
    what: "an incident that is closed",
    given: [...given, "update incidents set closed_at = now()"],
    tries: `insert into reviews (attempt_id, incident_id, conclusion, evidence, requested_by, expires_at)
      select attempt_id, incident_id, 'handled', 'seen', '${v.asks}', 'infinity' from incidents limit 1`
  },
  { by: "reviews.no_delete", what: "a review that vanishes", given, tries: "delete from reviews" },
  { by: "reviews.no_truncate", what: "reviews that vanish", given, tries: "truncate reviews" }
]
