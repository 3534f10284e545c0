// What two persons decide, through both doors, on the real database.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as s from "../db/support/scene.ts"
import * as v from "../db/support/reviewScene.ts"
import { at, Doors, field } from "../graphql/support.ts"
import {
  asked,
  codeOf,
  contradictionOf,
  first,
  house,
  rest,
  second,
  set,
  shows,
  signed,
  wentBack
} from "./support.ts"
import { giveKey } from "../support/apiKeys.ts"

const captured = (nr: number, more: object = {}) => ({
  attempt: s.attempt(nr),
  conclusion: "captured",
  processorReference: `seen_${nr}`,
  amount: 3500,
  currency: "USD",
  evidence: "succeeded in the processor's dashboard",
  ...more
})

const stands = Effect.fnUntraced(function* (nr: number) {
  const owner = yield* Owner
  const [row] = yield* owner<{ readonly stands: string }>`select
    (select state from payment_sessions where session_id = ${s.session(nr)}) || ' ' ||
    (select state from attempts where attempt_id = ${s.attempt(nr)}) as stands`
  return row?.stands
})

it.layer(house, { excludeTestServices: true })("a review", (it) => {
  it.effect("that a second operator signs settles what nobody could find out, on both names", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(1), shows(1)])
      const id = yield* asked(captured(1))
      assert.strictEqual(yield* stands(1), "in_review indeterminate")
      const approved = yield* rest(second, `/${id}/approve`, {})
      assert.strictEqual(approved.status, 200)
      assert.deepInclude(approved.json, {
        state: "approved",
        requestedBy: developmentKey.principal,
        decidedBy: secondDevelopmentKey.principal
      })
      assert.strictEqual(yield* stands(1), "settled captured")
      // Twice is once.
      assert.deepStrictEqual((yield* rest(second, `/${id}/approve`, {})).json, approved.json)
      assert.deepStrictEqual((yield* rest(first, `/${id}`)).json, approved.json)
      const owner = yield* Owner
      const evidence = yield* owner`select source, outcome, detail ->> 'code' as code,
        detail ->> 'message' like ${`%${id}, seen by ${developmentKey.principal}%`} as names
        from attempt_evidence where attempt_id = ${s.attempt(1)} order by nr desc limit 1`
      assert.deepStrictEqual(evidence, [
        { source: "person", outcome: "Captured", code: "signed_off", names: true }
      ])
      const audited = yield* owner<{ readonly line: string }>`select action || ' ' || actor as line from audit
        where chain = ${s.session(1)} and actor like 'development%' order by position`
      assert.deepStrictEqual(
        audited.map(({ line }) => line),
        [
          `review.requested ${developmentKey.principal}`,
          `review.approved ${secondDevelopmentKey.principal}`,
          `attempt.captured ${secondDevelopmentKey.principal}`
        ]
      )
      assert.deepStrictEqual(yield* owner`select * from audit_faults()`, [])
    })
  )

  it.effect("is signed by somebody else than who asked for it, and by an operator", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(2), giveKey("sk_app", "an app")])
      const id = yield* asked(captured(2))
      assert.strictEqual(codeOf(yield* rest(first, `/${id}/approve`, {})), "403 second_person_needed")
      for (const tried of [
        yield* rest("sk_app", `/${id}/approve`, {}),
        yield* rest("sk_app", `/${id}/reject`, { reason: "no" }),
        yield* rest("sk_app", "", captured(2))
      ]) {
        assert.strictEqual(codeOf(tried), "403 operators_only")
      }
      assert.strictEqual(codeOf(yield* rest("sk_app", `/${id}`)), "404 unknown_review")
      assert.strictEqual(yield* stands(2), "in_review indeterminate")
      // Whoever asked may withdraw it; then it cannot be signed any more.
      assert.strictEqual((yield* rest(first, `/${id}/reject`, { reason: "the wrong one" })).status, 200)
      assert.strictEqual(codeOf(yield* rest(second, `/${id}/approve`, {})), "409 review_decided")
    })
  )

  it.effect(
    "is refused when its two signatures are one person's, or one of them is no operator's any more",
    () =>
      Effect.gen(function* () {
        yield* set([
          ...v.inReview(11),
          shows(11),
          giveKey("sk_third", "third", { operator: true }),
          giveKey("sk_third_again", "third, at home", { operator: true, person: "third" })
        ])
        const { json } = yield* rest("sk_third", "", captured(11))
        const id = String(at(json, "id"))
        // Another key of the same person, whichever of the two asked.
        assert.strictEqual(
          codeOf(yield* rest("sk_third_again", `/${id}/approve`, {})),
          "403 second_person_needed"
        )
        yield* set(["update api_keys set revoked_at = now() where principal = 'third'"])
        assert.strictEqual(codeOf(yield* rest(second, `/${id}/approve`, {})), "409 asked_by_no_operator")
        assert.strictEqual(yield* stands(11), "in_review indeterminate")
        assert.strictEqual(
          (yield* rest(second, `/${id}/reject`, { reason: "nobody vouches for it" })).status,
          200
        )
        const anew = yield* asked(captured(11))
        assert.strictEqual((yield* rest(second, `/${anew}/approve`, {})).status, 200)
        assert.strictEqual(yield* stands(11), "settled captured")
      })
  )

  it.effect("of money is of no more than was asked for, and of an attempt that has none", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(12), ...v.inReview(13), ...v.inReview(14), shows(12, 3499), shows(14)])
      for (const other of [{ amount: 3501 }, { amount: 350_000 }, { currency: "EUR" }]) {
        const refused = yield* rest(first, "", captured(12, other))
        assert.strictEqual(codeOf(refused), "409 review_contradicted", JSON.stringify(other))
        assert.strictEqual(at(refused.json, "error", "details", "by"), "other_amount")
      }
      // A part of it is what a processor may do: a fact and an incident, and nothing to fulfil.
      const part = yield* asked(captured(12, { amount: 3499 }))
      assert.strictEqual((yield* rest(second, `/${part}/approve`, {})).status, 200)
      assert.strictEqual(yield* stands(12), "in_review captured")
      const owner = yield* Owner
      const incidents = yield* owner`select kind from incidents where session_id = ${s.session(12)}`
      assert.deepStrictEqual(incidents, [{ kind: "captured_other_amount" }])
      // Money of the attempt is on record, whether it settled the session or not.
      yield* set([s.record(13, 1, s.captured("found_13"))])
      for (const nr of [12, 13]) {
        const again = yield* rest(first, "", captured(nr, { processorReference: "another", amount: 3500 }))
        assert.strictEqual(at(again.json, "error", "details", "by"), "captured", String(nr))
      }
      // Also when it came after the question.
      const late = yield* asked(captured(14))
      yield* set([s.record(14, 1, s.captured("found_14"))])
      assert.strictEqual(codeOf(yield* rest(second, `/${late}/approve`, {})), "409 review_contradicted")
      const moved =
        yield* owner`select count(*)::int as count from captures where session_id = ${s.session(14)}`
      assert.deepStrictEqual(moved, [{ count: 1 }])
    })
  )

  it.effect("of money is asked of its processor before anything is booked for it", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(18), ...v.inReview(19), shows(19, 3400)])
      const slip = yield* asked(captured(18, { processorReference: "seen_81" }))
      assert.strictEqual(contradictionOf(yield* rest(second, `/${slip}/approve`, {})), "unknown_to_processor")
      const sum = yield* asked(captured(19))
      assert.strictEqual(contradictionOf(yield* rest(second, `/${sum}/approve`, {})), "other_at_processor")
      for (const nr of [18, 19]) assert.strictEqual(yield* stands(nr), "in_review indeterminate")
      const owner = yield* Owner
      const sessions = [18, 19].map(s.session)
      assert.deepStrictEqual(yield* owner`select from captures where session_id = any (${sessions})`, [])
      yield* rest(first, `/${sum}/reject`, { reason: "a slip" })
      yield* set([...v.inReview(20), shows(20), wentBack(20)])
      const gone = yield* asked(captured(20))
      assert.strictEqual(contradictionOf(yield* rest(second, `/${gone}/approve`, {})), "other_at_processor")
      assert.strictEqual(yield* stands(20), "in_review indeterminate")
      yield* signed(captured(19, { amount: 3400 }))
      assert.strictEqual(yield* stands(19), "in_review captured")
    })
  )

  it.effect("of money is of what was sent for that attempt, and of no stranger's", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(21), shows(21, 3500, "a key of a stranger")])
      const strange = yield* asked(captured(21))
      const refused = yield* rest(second, `/${strange}/approve`, {})
      assert.strictEqual(contradictionOf(refused), "other_at_processor")
      assert.include(at(refused.json, "error", "message"), "sent for another attempt")
      assert.strictEqual(yield* stands(21), "in_review indeterminate")
    })
  )

  it.effect("of a decline lets the customer try again, of absence ends the session", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(3), ...v.inReview(4), ...v.aDayPasses(4)])
      const evidence = "the dashboard shows it as failed"
      const declined = yield* asked({
        attempt: s.attempt(3),
        conclusion: "declined",
        processorReference: "failed_3",
        evidence
      })
      const absent = yield* asked({ attempt: s.attempt(4), conclusion: "absent", evidence: "nothing there" })
      for (const id of [declined, absent]) yield* rest(second, `/${id}/approve`, {})
      assert.strictEqual(yield* stands(3), "pending declined")
      assert.strictEqual(yield* stands(4), "failed absent")
    })
  )

  it.effect("decides what a processor said under another charge's name, which no lookup takes back", () =>
    Effect.gen(function* () {
      yield* set([
        s.declare(15),
        s.open(15),
        s.record(15, 1, s.captured("its own")),
        ...[16, 17].flatMap((nr) => [s.declare(nr), s.open(nr), s.record(nr, 1, s.captured("its own"))]),
        ...[16, 17].map((nr) => s.record(nr, 1, s.outcome.absent))
      ])
      for (const nr of [16, 17]) assert.strictEqual(yield* stands(nr), "in_review indeterminate")
      yield* signed({
        attempt: s.attempt(16),
        conclusion: "declined",
        processorReference: "failed",
        evidence: "seen"
      })
      assert.strictEqual(yield* stands(16), "pending declined")
      const absent = yield* rest(first, "", {
        attempt: s.attempt(17),
        conclusion: "absent",
        evidence: "seen"
      })
      assert.strictEqual(at(absent.json, "error", "details", "by"), "known_to_processor")
      yield* set([shows(17)])
      yield* signed(captured(17))
      assert.strictEqual(yield* stands(17), "settled captured")
    })
  )

  it.effect("that stronger evidence stands against is refused, also if it came after the question", () =>
    Effect.gen(function* () {
      yield* set([s.declare(5), s.open(5), ...v.inReview(6), ...v.aDayPasses(6), ...v.inReview(7)])
      assert.strictEqual(codeOf(yield* rest(first, "", captured(5))), "409 review_contradicted")
      const absent = { attempt: s.attempt(6), conclusion: "absent", evidence: "nothing there" }
      const id = yield* asked(absent)
      yield* set([s.record(6, 1, s.captured("found_6"))])
      const refused = yield* rest(second, `/${id}/approve`, {})
      assert.strictEqual(codeOf(refused), "409 review_contradicted")
      assert.strictEqual(at(refused.json, "error", "details", "by"), "captured")
      assert.strictEqual(yield* stands(6), "settled captured")
      // The same money under another attempt's name.
      const stolen = captured(7, { processorReference: "found_6" })
      assert.strictEqual(codeOf(yield* rest(first, "", stolen)), "409 review_contradicted")
    })
  )

  it.effect("is one at a time for an attempt, and expires", () =>
    Effect.gen(function* () {
      yield* set(v.inReview(8))
      const id = yield* asked(captured(8))
      const again = yield* rest(second, "", captured(8))
      assert.strictEqual(codeOf(again), "409 review_open_already")
      assert.strictEqual(at(again.json, "error", "details", "review"), id)
      yield* set([
        s.withoutTriggers("reviews"),
        `update reviews set expires_at = now() - interval '1 second' where ${v.of(8)}`,
        s.withTriggers("reviews")
      ])
      const late = yield* rest(second, `/${id}/approve`, {})
      assert.strictEqual(codeOf(late), "409 review_decided")
      assert.strictEqual(at(late.json, "error", "details", "state"), "expired")
      assert.strictEqual(yield* stands(8), "in_review indeterminate")
      assert.notStrictEqual(yield* asked(captured(8)), id)
    })
  )

  it.effect("closes an incident", () =>
    Effect.gen(function* () {
      yield* set([
        s.declare(9),
        s.open(9),
        s.record(9, 1, s.outcome.declined),
        s.record(9, 1, s.captured("late_9"))
      ])
      const owner = yield* Owner
      const [incident] = yield* owner<{ readonly nr: number }>`select incident_id::int as nr from incidents
        where session_id = ${s.session(9)}`
      const handled = { incident: incident?.nr, conclusion: "handled", evidence: "the surplus was refunded" }
      const id = yield* asked(handled)
      yield* rest(second, `/${id}/approve`, {})
      const closed =
        yield* owner`select closed_at is not null as closed from incidents where session_id = ${s.session(9)}`
      assert.deepStrictEqual(closed, [{ closed: true }])
      assert.strictEqual(codeOf(yield* rest(first, "", handled)), "409 review_contradicted")
    })
  )

  it.effect("says what it saw: each conclusion with what shows it, and nothing else", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [field: string, asked: object]> = [
        ["conclusion", captured(1, { conclusion: "perhaps" })],
        ["evidence", captured(1, { evidence: " " })],
        ["evidence", captured(1, { evidence: "4242 4242 4242 4242" })],
        ["evidence", captured(1, { evidence: "x".repeat(2001) })],
        ["processorReference", captured(1, { processorReference: "" })],
        ["processorReference", { attempt: "at_1", conclusion: "declined", evidence: "seen" }],
        [
          "processorReference",
          { attempt: "at_1", conclusion: "absent", processorReference: "x", evidence: "seen" }
        ],
        ["amount", captured(1, { amount: 0 })],
        ["amount", captured(1, { amount: 1.5 })],
        ["amount", { attempt: "at_1", conclusion: "absent", amount: 1, evidence: "seen" }],
        ["currency", captured(1, { currency: "usd" })],
        ["currency", { attempt: "at_1", conclusion: "absent", currency: "USD", evidence: "seen" }],
        ["attempt", { conclusion: "absent", evidence: "seen" }],
        ["attempt", { attempt: "at_1", incident: 1, conclusion: "handled", evidence: "seen" }],
        ["incident", { conclusion: "handled", evidence: "seen" }],
        ["incident", { attempt: "at_1", incident: 1, conclusion: "absent", evidence: "seen" }]
      ]
      for (const [name, body] of wrong) {
        const refused = yield* rest(first, "", body)
        assert.strictEqual(codeOf(refused), "422 invalid_input", JSON.stringify(body))
        assert.strictEqual(at(refused.json, "error", "field"), name, JSON.stringify(body))
      }
      assert.strictEqual(codeOf(yield* rest(first, "", captured(99))), "422 nothing_to_review")
      assert.strictEqual(codeOf(yield* rest(first, "/rv_99999/approve", {})), "404 unknown_review")
      assert.strictEqual(codeOf(yield* rest(first, "/rv_/reject", { reason: "no" })), "404 unknown_review")
      assert.strictEqual(codeOf(yield* rest(first, "/rv_1/reject", { reason: "" })), "422 invalid_input")
    })
  )

  it.effect("is asked for, listed and signed through GraphQL as well", () =>
    Effect.gen(function* () {
      yield* set([...v.inReview(10), shows(10)])
      const { ask } = yield* Doors
      const request = `mutation ($attempt: ID!) {
        requestReview(attempt: $attempt, conclusion: captured, processorReference: "seen_10", amount: 3500,
          currency: "USD", evidence: "seen") {
          ... on RequestReviewPayload { review { reviewId state amount conclusion attemptId } }
          ... on Refusal { code } } }`
      const requested = yield* field(request, "requestReview", { attempt: s.attempt(10) })
      const id = String(at(requested, "review", "reviewId"))
      assert.deepInclude(at(requested, "review"), { state: "open", amount: 3500, conclusion: "captured" })
      assert.deepInclude(yield* field(request, "requestReview", { attempt: s.attempt(10) }), {
        code: "review_open_already"
      })
      const open = yield* field("{ reviews(open: true, first: 1) { nodes { reviewId } } }", "reviews")
      assert.strictEqual(at(open, "nodes", 0, "reviewId"), id)
      const approve = `mutation ($id: ID!) { approveReview(review: $id) {
        ... on ApproveReviewPayload { review { state decidedBy } } ... on Refusal { code } } }`
      assert.deepInclude(yield* field(approve, "approveReview", { id }), { code: "second_person_needed" })
      const bySecond = yield* ask(approve, {
        variables: { id },
        headers: { authorization: `Bearer ${second}` }
      })
      assert.deepStrictEqual(at(bySecond.json, "data", "approveReview", "review"), {
        state: "approved",
        decidedBy: secondDevelopmentKey.principal
      })
      assert.strictEqual(yield* stands(10), "settled captured")
      const reject = `mutation ($id: ID!) { rejectReview(review: $id, reason: "no") { ... on Refusal { code } } }`
      assert.deepInclude(yield* field(reject, "rejectReview", { id }), { code: "review_decided" })
      const found = yield* field(`{ review(id: "${id}") { state } }`, "review")
      assert.deepStrictEqual(found, { state: "approved" })
      assert.isNull(yield* field(`{ review(id: "rv_99999") { state } }`, "review"))
    })
  )
})

it.layer(house, { excludeTestServices: true })("a gate to live", (it) => {
  const mutate = Effect.fnUntraced(function* (
    call: string,
    payload: string,
    variables: Readonly<Record<string, string>>,
    key = first
  ) {
    const { ask } = yield* Doors
    const told = yield* ask(
      `mutation ($mid: ID!, $said: String!) { told: ${call} {
        ... on ${payload} { midId gate } ... on Refusal { code field } } }`,
      { variables, headers: { authorization: `Bearer ${key}` } }
    )
    return at(told.json, "data", "told")
  })
  const pass = (gate: string, mid = "mid_goods_1", said = "a letter of 2026-11-20", key = first) =>
    mutate(`passGate(mid: $mid, gate: ${gate}, evidence: $said)`, "PassGatePayload", { mid, said }, key)
  const revoke = (gate: string, mid = "mid_goods_1", said = "the report was of another account") =>
    mutate(`revokeGate(mid: $mid, gate: ${gate}, reason: $said)`, "RevokeGatePayload", { mid, said })

  it.effect(
    "is put on record once by an operator, and lets a live account charge with the last of them",
    () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        yield* owner`update merchant_accounts set live = true where mid_id = 'mid_goods_1'`
        const refusal = owner<{ readonly why: string | null }>`select
        permit_refusal('mid_goods_1', 'loop_goods', 'stub_a', 'merchandise') as why`
        const gates = ["counsel", "banking", "credentials", "contract_run"]
        for (const gate of gates) {
          assert.deepStrictEqual(yield* refusal, [{ why: "gates_missing" }])
          assert.deepStrictEqual(yield* pass(gate), { midId: "mid_goods_1", gate })
        }
        // Nobody lets an account go live alone: another operator vouches for one of them.
        assert.deepStrictEqual(yield* refusal, [{ why: "gates_by_one_person" }])
        const preview = `{ routingPreview(input: { entity: "loop_goods", product: "merchandise", amountCents: 3500 }) {
          ... on RoutingPreview { leftOut { midId reasons { code sentence ... on MidGatesByOnePerson { by } ... on MidGatesMissing { missing } } } } } }`
        const reasonsOf = Effect.fnUntraced(function* (code: string) {
          const said = yield* Effect.repeat(field(preview, "routingPreview"), {
            until: (told) => JSON.stringify(told).includes(code),
            times: 200
          })
          const left = [at(said, "leftOut")].flat().find((one) => at(one, "midId") === "mid_goods_1")
          return at(left, "reasons", 0)
        })
        assert.deepInclude(yield* reasonsOf("gates_by_one_person"), { by: developmentKey.principal })
        assert.deepStrictEqual(yield* revoke("contract_run"), { midId: "mid_goods_1", gate: "contract_run" })
        assert.deepStrictEqual(yield* refusal, [{ why: "gates_missing" }])
        assert.deepInclude(yield* reasonsOf("gates_missing"), { missing: ["contract_run"] })
        assert.deepStrictEqual(yield* revoke("contract_run"), { code: "gate_not_passed", field: "gate" })
        yield* pass("contract_run", "mid_goods_1", "a letter of 2026-11-20", second)
        assert.deepStrictEqual(yield* refusal, [{ why: null }])
        assert.deepStrictEqual(yield* pass("counsel"), { code: "gate_passed_before", field: "gate" })
        const shown = yield* Effect.repeat(
          field(
            `{ merchantAccount(id: "mid_goods_1") { missingGates passedGates { gate by } } }`,
            "merchantAccount"
          ),
          { until: (account) => JSON.stringify(at(account, "missingGates")) === "[]", times: 200 }
        )
        assert.deepStrictEqual(at(shown, "passedGates", 0), { gate: "banking", by: developmentKey.principal })
        const audited = yield* owner`select actor, detail from audit
        where chain = 'mid:mid_goods_1' and action = 'gate.passed' order by position limit 1`
        assert.deepStrictEqual(audited, [
          { actor: developmentKey.principal, detail: { gate: "counsel", evidence: "a letter of 2026-11-20" } }
        ])
        const revoked = yield* owner`select actor, detail from audit
          where chain = 'mid:mid_goods_1' and action = 'gate.revoked'`
        assert.deepStrictEqual(revoked, [
          {
            actor: developmentKey.principal,
            detail: {
              gate: "contract_run",
              reason: "the report was of another account",
              passedBy: developmentKey.principal
            }
          }
        ])
      })
  )

  it.effect("is no app's to pass, of a known account, and on some evidence", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      assert.deepStrictEqual(yield* pass("counsel", "mid_gold"), { code: "unknown_mid", field: "mid" })
      assert.deepStrictEqual(yield* pass("counsel", "mid_goods_2", " "), {
        code: "invalid_input",
        field: "evidence"
      })
      assert.deepStrictEqual(yield* revoke("counsel", "mid_gold"), { code: "unknown_mid", field: "mid" })
      assert.deepStrictEqual(yield* revoke("counsel", "mid_goods_2", " "), {
        code: "invalid_input",
        field: "reason"
      })
      yield* owner`update principals set operator = false where principal = ${developmentKey.principal}`
      assert.deepStrictEqual(yield* pass("counsel", "mid_goods_2"), { code: "operators_only", field: null })
      assert.deepStrictEqual(yield* revoke("counsel", "mid_goods_2"), { code: "operators_only", field: null })
      assert.deepStrictEqual(yield* owner`select from passed_gates where mid_id = 'mid_goods_2'`, [])
    })
  )
})
