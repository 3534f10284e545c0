// What two persons decide of a refund that no processor tells of: through both doors, on the real database.
import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { PageRecord } from "../../src/kernel/operations/Paging.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as f from "../db/support/refundScene.ts"
import * as s from "../db/support/scene.ts"
import { at, field } from "../graphql/support.ts"
import {
  asked,
  codeOf,
  contradictionOf,
  first,
  house,
  rest,
  second,
  set,
  showsRefund,
  signed
} from "./support.ts"

const evidence = { code: "timeout", message: "nobody knows" }

/** A session that was paid, and a refund of it that nobody knows of. */
const inReview = (nr: number, amount = 1000, more: object = {}): ReadonlyArray<string> => [
  ...f.paid(nr),
  f.openRefund(nr, { amount }),
  f.recordRefund(nr, 1, { _tag: "Indeterminate", evidence, ...more })
]

const yesterday = (nr: number): ReadonlyArray<string> => [
  s.withoutTriggers("refunds"),
  `update refunds set written_at = now() - interval '25 hours' where refund_id = '${f.refund(nr)}'`,
  s.withTriggers("refunds")
]

const refunded = (nr: number, more: object = {}) => ({
  refund: f.refund(nr),
  conclusion: "refunded",
  processorReference: `back_${nr}`,
  amount: 1000,
  currency: "USD",
  evidence: "the dashboard shows it as paid out",
  ...more
})

const declined = (nr: number) => ({
  refund: f.refund(nr),
  conclusion: "declined",
  processorReference: `failed_${nr}`,
  evidence: "the dashboard shows it as failed: the account is closed"
})

const absent = (nr: number) => ({
  refund: f.refund(nr),
  conclusion: "absent",
  evidence: "the dashboard shows the charge without any refund"
})

/** Where a refund stands, and what of its session may be given back. */
const stands = Effect.fnUntraced(function* (nr: number) {
  const read = yield* field(
    `query ($id: ID!) { session(id: $id) { captures { refundable { amount } } refunds { nodes { state refundReference } } } }`,
    "session",
    { id: s.session(nr) }
  )
  const [refund] = [at(read, "refunds", "nodes")].flat()
  return [at(refund, "state"), at(refund, "refundReference"), at(read, "captures", 0, "refundable", "amount")]
})

it.layer(house, { excludeTestServices: true })("a review of a refund", (it) => {
  it.effect("that nobody could find out calls a person, and two of them end it", () =>
    Effect.gen(function* () {
      yield* set([...inReview(1), showsRefund(1)])
      const { raise } = yield* PageRecord
      const raised = yield* raise(50, Duration.zero)
      assert.deepStrictEqual(
        raised.map(({ kind, refund, open }) => `${kind} ${refund} ${open}`),
        [`refund_in_review ${f.refund(1)} true`]
      )
      assert.deepStrictEqual(yield* raise(50, Duration.zero), [])
      const pages = "{ operationsPages(first: 1) { nodes { kind refundId attemptId sessionId open } } }"
      const page = {
        kind: "refund_in_review",
        refundId: f.refund(1),
        attemptId: s.attempt(1),
        sessionId: s.session(1)
      }
      assert.deepStrictEqual(at(yield* field(pages, "operationsPages"), "nodes"), [{ ...page, open: true }])

      const request = `mutation ($refund: ID!) {
        requestReview(refund: $refund, conclusion: refunded, processorReference: "back_1", amount: 1000,
          currency: "USD", evidence: "seen") {
          ... on RequestReviewPayload { review { reviewId refundId attemptId conclusion } } ... on Refusal { code } } }`
      const requested = at(yield* field(request, "requestReview", { refund: f.refund(1) }), "review")
      const id = String(at(requested, "reviewId"))
      assert.deepStrictEqual(requested, {
        reviewId: id,
        refundId: f.refund(1),
        attemptId: s.attempt(1),
        conclusion: "refunded"
      })
      assert.deepStrictEqual(yield* field(request, "requestReview", { refund: f.refund(1) }), {
        code: "review_open_already"
      })
      assert.strictEqual((yield* rest(first, `/${id}/approve`, {})).status, 403)
      assert.deepStrictEqual(yield* stands(1), ["indeterminate", null, 0])
      const approved = yield* rest(second, `/${id}/approve`, {})
      assert.deepInclude(approved.json, {
        state: "approved",
        refund: f.refund(1),
        charge: "by hand 1 1",
        amount: 1000
      })
      assert.deepStrictEqual((yield* rest(first, `/${id}`)).json, approved.json)
      assert.deepStrictEqual(yield* stands(1), ["refunded", "back_1", 2500])
      assert.deepStrictEqual(at(yield* field(pages, "operationsPages"), "nodes"), [{ ...page, open: false }])
      const owner = yield* Owner
      assert.deepStrictEqual(
        yield* owner`select source, outcome, detail ->> 'code' as code from refund_evidence
          where refund_id = ${f.refund(1)} order by nr desc limit 1`,
        [{ source: "person", outcome: "Refunded", code: "signed_off" }]
      )
      assert.deepStrictEqual(yield* owner`select * from audit_faults()`, [])
    })
  )

  it.effect("that failed, or that was not there a day later, sets its amount free", () =>
    Effect.gen(function* () {
      yield* set([...inReview(2), ...inReview(3), ...yesterday(3)])
      yield* signed(declined(2))
      yield* signed(absent(3))
      assert.deepStrictEqual(yield* stands(2), ["declined", null, 3500])
      assert.deepStrictEqual(yield* stands(3), ["absent", null, 3500])
    })
  )

  it.effect("calls nothing absent that might still turn up, or that its processor named", () =>
    Effect.gen(function* () {
      yield* set([...inReview(4), ...inReview(5, 1000, { refundReference: "pending_5" }), ...yesterday(5)])
      assert.strictEqual(contradictionOf(yield* rest(first, "", absent(4))), "too_early")
      assert.strictEqual(contradictionOf(yield* rest(first, "", absent(5))), "known_to_processor")
      // What was named between the question and the signature is not absent either.
      yield* set(yesterday(4))
      const id = yield* asked(absent(4))
      yield* set([
        f.recordRefund(4, 1, { _tag: "Indeterminate", evidence, refundReference: "pending_4" }, "webhook")
      ])
      assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), "known_to_processor")
      for (const nr of [4, 5]) assert.deepStrictEqual(yield* stands(nr), ["indeterminate", null, 0])
    })
  )

  it.effect("that stronger evidence stands against is refused, also if it came after the question", () =>
    Effect.gen(function* () {
      yield* set([...f.paid(6), f.openRefund(6, { amount: 1000 }), ...inReview(7), ...inReview(8)])
      assert.strictEqual(contradictionOf(yield* rest(first, "", refunded(6))), "in_flight")
      const id = yield* asked(declined(7))
      yield* set([f.recordRefund(7, 1, f.refunded("found_7", 1000), "webhook")])
      assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), "refunded")
      yield* rest(first, `/${id}/reject`, { reason: "it went back after all" })
      // A second return of one refund, and money that is another refund's.
      assert.strictEqual(contradictionOf(yield* rest(first, "", refunded(7))), "refunded")
      const stolen = refunded(8, { processorReference: "found_7" })
      assert.strictEqual(contradictionOf(yield* rest(first, "", stolen)), "reference_of_another")
      for (const other of [{ amount: 1001 }, { currency: "EUR" }]) {
        assert.strictEqual(contradictionOf(yield* rest(first, "", refunded(8, other))), "other_amount")
      }
      yield* set([f.recordRefund(8, 1, { _tag: "Declined", kind: "hard", evidence })])
      assert.strictEqual(contradictionOf(yield* rest(first, "", declined(8))), "declined")
      // Money that went back after all is the truth, and opens an incident as if its processor said so; a part does too.
      yield* set([showsRefund(8, { amount: 900 })])
      yield* signed(refunded(8, { amount: 900 }))
      const owner = yield* Owner
      assert.deepStrictEqual(
        yield* owner`select kind from incidents where session_id = ${s.session(8)} order by kind`,
        [{ kind: "late_refund" }, { kind: "refunded_other_amount" }]
      )
      const booked = yield* owner`select amount::int, source from returns where refund_id = ${f.refund(8)}`
      assert.deepStrictEqual(booked, [{ amount: 900, source: "person" }])
    })
  )

  it.effect("as given back is signed when its processor shows just that refund of that charge", () =>
    Effect.gen(function* () {
      yield* set([
        ...inReview(9),
        ...f.paid(10),
        showsRefund(9),
        showsRefund(9, { reference: "failed_9", failed: true }),
        showsRefund(9, { reference: "less_9", amount: 999 }),
        showsRefund(10, { charge: "by hand 10 1" })
      ])
      const against: ReadonlyArray<readonly [reference: string, by: string]> = [
        ["back_99", "unknown_to_processor"],
        ["back_10", "unknown_to_processor"],
        ["failed_9", "not_refunded_at_processor"],
        ["less_9", "other_at_processor"]
      ]
      for (const [processorReference, by] of against) {
        const id = yield* asked(refunded(9, { processorReference }))
        assert.strictEqual(contradictionOf(yield* rest(second, `/${id}/approve`, {})), by, processorReference)
        assert.deepStrictEqual(yield* stands(9), ["indeterminate", null, 0])
        yield* rest(first, `/${id}/reject`, { reason: "it was another" })
      }
      yield* signed(refunded(9))
      assert.deepStrictEqual(yield* stands(9), ["refunded", "back_9", 2500])
    })
  )

  it.effect("is of no name that is a charge's, or that another refund was told", () =>
    Effect.gen(function* () {
      yield* set([
        ...inReview(11),
        ...inReview(12, 1000, { refundReference: "pending_12" }),
        showsRefund(11, { reference: "pending_12" }),
        showsRefund(11, { reference: "by hand 12 1" })
      ])
      for (const processorReference of ["pending_12", "by hand 12 1"]) {
        const stolen = yield* rest(first, "", refunded(11, { processorReference }))
        assert.strictEqual(contradictionOf(stolen), "reference_of_another", processorReference)
      }
      yield* set([showsRefund(12, { reference: "pending_12_too" })])
      yield* signed(refunded(12, { processorReference: "pending_12_too" }))
    })
  )

  it.effect("that went back without the processor says so, and is no object of the processor's", () =>
    Effect.gen(function* () {
      yield* set([...inReview(13), ...inReview(14)])
      const transfer = (nr: number) =>
        refunded(nr, { conclusion: "refunded_outside", processorReference: "SEPA 7/13" })
      yield* signed(transfer(13))
      assert.deepStrictEqual(yield* stands(13), ["refunded", "outside_SEPA 7/13", 2500])
      const owner = yield* Owner
      const [event] = yield* owner<{ readonly payload: object }>`select payload from outbox
        where session_id = ${s.session(13)} and type = 'payment.refunded.v1'`
      assert.deepInclude(event?.payload, {
        outside: true,
        reason: "signed_off_outside",
        source: "person",
        refundReference: "outside_SEPA 7/13"
      })
      // The processor still owes what it captured: the bank paid.
      assert.deepStrictEqual(
        yield* owner`select debit_account as debit, credit_account as credit, amount::int from postings
          where session_id = ${s.session(13)} order by posting_id`,
        [
          { debit: "processor_receivable", credit: "customer_payments", amount: 3500 },
          { debit: "customer_payments", credit: "bank", amount: 1000 }
        ]
      )
      // One transfer is one refund's.
      assert.strictEqual(contradictionOf(yield* rest(first, "", transfer(14))), "reference_of_another")
      assert.strictEqual(
        codeOf(yield* rest(first, "", { ...transfer(14), refund: undefined, attempt: s.attempt(14) })),
        "422 invalid_input"
      )
    })
  )

  it.effect("says what it saw of one refund, and nothing else", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [field: string, asked: object]> = [
        ["refund", refunded(1, { refund: undefined })],
        ["refund", refunded(1, { refund: undefined, conclusion: "refunded_outside" })],
        [
          "processorReference",
          refunded(1, { processorReference: undefined, conclusion: "refunded_outside" })
        ],
        ["amount", refunded(1, { amount: undefined, conclusion: "refunded_outside" })],
        ["refund", { ...refunded(1), conclusion: "captured" }],
        ["refund", { refund: f.refund(1), incident: 1, conclusion: "handled", evidence: "seen" }],
        ["attempt", { ...absent(1), attempt: s.attempt(1) }],
        ["incident", { ...absent(1), incident: 1 }],
        ["processorReference", { ...declined(1), processorReference: undefined }],
        ["processorReference", { ...absent(1), processorReference: "x" }],
        ["amount", refunded(1, { amount: undefined })],
        ["currency", refunded(1, { currency: undefined })],
        ["amount", { ...declined(1), amount: 1 }]
      ]
      for (const [name, body] of wrong) {
        const refused = yield* rest(first, "", body)
        assert.strictEqual(refused.status, 422, JSON.stringify(body))
        assert.strictEqual(at(refused.json, "error", "field"), name, JSON.stringify(body))
      }
      const unknown = yield* rest(first, "", refunded(99))
      assert.strictEqual(at(unknown.json, "error", "code"), "nothing_to_review")
    })
  )
})
