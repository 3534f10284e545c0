import { refundDue } from "../../support/pageScene.ts"
import { refund } from "../../support/refundScene.ts"
import * as v from "../../support/reviewScene.ts"
import { insert } from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Race, stillThere } from "../Race.ts"
import { drop, inTable } from "./twoPersons.ts"

// What persons decide: two of them, once, and nothing that stronger evidence stands against.

const { of } = v

const row = (nr: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  insert("reviews", v.reviewRow(nr, fields))

/** What the trigger would refuse as well, for another reason. */
const unguarded = (statement: string): ReadonlyArray<string> => [
  "alter table reviews disable trigger guard_review",
  statement,
  "alter table reviews enable trigger guard_review"
]

const { format, deciding } = inTable({
  table: "reviews",
  of,
  row,
  written: v.inReview,
  asked: v.asked
})

const seen = { conclusion: "captured", processor_reference: "seen", amount: 3500, currency: "USD" }
const changed = ["trigger reviews.guard_review", "refusal guard_review.review_unchanged"] as const

export const reviews: ReadonlyArray<Race> = [
  ...changed.map((what) =>
    deciding(what, "what was asked for is what is signed", "amount = 3499", "amount = 3499")
  ),
  deciding(
    "refusal guard_review.second_person",
    "nobody signs what they asked for",
    `state = 'approved', decided_by = '${v.asks}', decided_at = now()`,
    "decided_by = requested_by"
  ),
  deciding(
    "refusal guard_review.second_person",
    "nobody signs what they asked for under another key",
    `state = 'approved', decided_by = 'key ' || review_nr, decided_at = now()`,
    "state = 'approved'",
    (nr) => [
      ...v.asked(nr),
      `insert into principals (principal, operator, person) select 'key ' || review_nr, true, '${v.asks}' from reviews where ${of(nr)}`,
      `insert into api_keys (key_id, principal, development, operations)
        select encode(sha256(('key ' || review_nr)::bytea), 'hex'), 'key ' || review_nr, true, '{}' from reviews where ${of(nr)}`
    ]
  ),
  deciding(
    "constraint reviews.approved_in_time",
    "what was seen long ago is not signed",
    `state = 'approved', decided_by = '${v.signs}', decided_at = now() + interval '1 year'`,
    "decided_at > expires_at"
  ),
  deciding(
    "constraint reviews.decided_by_somebody",
    "a decision is somebody's",
    `state = 'rejected', decided_by = '${v.signs}'`,
    "state = 'rejected' and decided_at is null"
  ),
  deciding(
    "refusal guard_review.review_by_operators",
    "only an operator decides",
    "state = 'approved', decided_by = 'an app', decided_at = now()",
    "decided_by = 'an app'"
  ),
  deciding(
    "refusal guard_review.review_decided_once",
    "what was rejected is not approved",
    `state = 'approved', decided_by = '${v.signs}', decided_at = now()`,
    "state = 'approved'",
    (nr) => [...v.asked(nr), v.reject(nr)]
  ),
  deciding(
    "constraint reviews.reviews_state_check",
    "a review is in a state that the service knows",
    `state = 'lost', decided_by = '${v.signs}', decided_at = now()`,
    "state = 'lost'"
  ),
  deciding(
    "constraint reviews.reviews_reason_check",
    "a reason says something",
    `state = 'rejected', decided_by = '${v.signs}', decided_at = now(), reason = ''`,
    "reason = ''"
  ),
  drop("refusal guard_review.review_contradicted", {
    law: "no person unmakes money that is on record",
    given: (nr) => [...v.asked(nr), v.approve(nr)],
    workers: (nr) => owners(2, () => row(nr, { conclusion: "declined", processor_reference: "another" })),
    broken: (nr) =>
      none(`reviews r where ${of(nr)} and conclusion = 'declined' and exists (
        select from captures c where c.attempt_id = r.attempt_id)`)
  }),
  drop("refusal guard_review.review_begins_open", {
    law: "a review is asked for before it is signed",
    given: v.inReview,
    workers: (nr) => owners(2, () => row(nr, { state: "approved", decided_by: v.signs, decided_at: "now" })),
    broken: (nr) => none(`reviews where ${of(nr)} and state = 'approved'`)
  }),
  drop("index one_open_review", {
    law: "one review of an attempt is open",
    given: v.inReview,
    workers: (nr) => owners(4, (at) => row(nr, { review_nr: 2_000_000 + nr * 10 + at })),
    broken: (nr) => atMostOne(`reviews where ${of(nr)}`)
  }),
  drop("constraint reviews.reviews_pkey", {
    law: "a review has a number of its own",
    given: (nr) => [0, 1, 2, 3].flatMap((at) => v.inReview(nr + at)),
    workers: (nr) => owners(4, (at) => row(nr + at - 1, { review_nr: 3_000_000 + nr })),
    broken: (nr) => atMostOne(`reviews where review_nr = ${3_000_000 + nr}`)
  }),
  drop("constraint reviews.reviews_attempt_id_fkey", {
    law: "a review is of an attempt",
    given: () => [],
    workers: (nr) => owners(2, (at) => row(nr + at, { attempt_id: `at_of_nobody_${nr}_${at}` })),
    broken: () => none("reviews where attempt_id like 'at_of_nobody%'")
  }),
  ...(["refusal guard_person.person_by_review", "trigger attempt_evidence.guard_person"] as const).map(
    (what) =>
      drop(what, {
        law: "a person says nothing of a charge that a second one did not sign",
        given: v.inReview,
        workers: (nr) => apps(2, () => v.hearsay(nr)),
        broken: (nr) => none(`attempt_evidence where ${of(nr)} and source = 'person'`)
      })
  ),
  drop("trigger refund_evidence.guard_person", {
    law: "a person says nothing of a refund that a second one did not sign",
    given: refundDue,
    workers: (nr) => apps(2, () => v.refundHearsay(nr)),
    broken: (nr) => none(`refund_evidence where refund_id = '${refund(nr)}' and source = 'person'`)
  }),
  drop("constraint reviews.reviews_refund_id_fkey", {
    law: "what went back was a refund",
    given: v.inReview,
    workers: (nr) =>
      owners(2, () =>
        unguarded(row(nr, { ...seen, conclusion: "refunded", refund_id: `re_of_nobody_${nr}` }))
      ),
    broken: (nr) => none(`reviews where refund_id = 're_of_nobody_${nr}'`)
  }),
  drop("constraint reviews.reviews_incident_id_fkey", {
    law: "what was handled was an incident",
    given: v.inReview,
    workers: (nr) =>
      owners(2, () =>
        unguarded(row(nr, { ...v.absent, conclusion: "handled", incident_id: 1_000_000 + nr }))
      ),
    broken: (nr) => none(`reviews where incident_id = ${1_000_000 + nr}`)
  }),
  format(
    "reviews_conclusion_check",
    "a conclusion is one that the service knows",
    { conclusion: "perhaps", processor_reference: null },
    "conclusion = 'perhaps'"
  ),
  format(
    "reviews_processor_reference_check",
    "a reference leads somewhere",
    { ...seen, processor_reference: "" },
    "processor_reference = ''"
  ),
  format("reviews_amount_check", "captured is some money", { ...seen, amount: 0 }, "amount = 0"),
  drop("constraint reviews.reviews_currency_check", {
    law: "money has a currency",
    given: v.inReview,
    workers: (nr) => owners(2, () => unguarded(row(nr, { ...seen, currency: "usd" }))),
    broken: (nr) => none(`reviews where ${of(nr)} and currency = 'usd'`)
  }),
  format(
    "horizon_of_a_day",
    "nobody makes the day shorter in which a charge may turn up",
    { horizon: "1 hour" },
    "horizon < '1 day'"
  ),
  format("reviews_evidence_check", "who saw something says what", { evidence: "" }, "evidence = ''"),
  format(
    "conclusion_says_what",
    "who says that money moved says how much",
    { ...seen, amount: null },
    "conclusion = 'captured' and amount is null"
  ),
  drop("trigger reviews.no_delete", {
    law: "what was decided is kept",
    given: v.asked,
    workers: (nr) => owners(2, () => `delete from reviews where ${of(nr)}`),
    broken: (nr) => stillThere(`reviews where ${of(nr)}`)
  }),
  drop("right payments_app reviews", {
    law: "who asks for a review is written down",
    given: v.inReview,
    workers: (nr) => apps(2, () => row(nr)),
    broken: (nr) =>
      none(`reviews r join attempts a using (attempt_id) where ${of(nr).replace("attempt_id", "a.attempt_id")} and not exists (
        select from audit where chain = a.session_id and action = 'review.requested')`)
  }),
  drop("trigger reviews.no_truncate", {
    law: "reviews is not emptied",
    given: v.asked,
    workers: () => owners(2, () => "truncate reviews"),
    broken: () => "select (not exists (select from reviews))::int as broken"
  })
]
