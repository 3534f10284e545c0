// Money that goes back, through both doors, on the real database and against the gateways' own books.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { MidId } from "../../src/kernel/ids.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, newSession } from "../graphql/support.ts"
import { anHourPasses, books, paidSession, refund, refundDoors, rest, standing, told } from "./support.ts"

const stateOf = (answer: unknown) => [
  at(answer, "refund", "kind"),
  at(answer, "refund", "state"),
  at(answer, "refund", "money", "amount")
]

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("money of a charge", (it) => {
  it.effect("goes back in parts until all of it went back, and not a cent more", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(5000)
      const first = yield* refund(id, 2000)
      assert.deepStrictEqual(stateOf(first), ["refund", "refunded", 2000])
      assert.strictEqual(at(first, "session", "state"), "settled")
      const tooMuch = yield* refund(id, 3001)
      assert.deepStrictEqual(
        [at(tooMuch, "code"), at(tooMuch, "field"), at(tooMuch, "refundable")],
        ["refund_too_large", "amount", 3000]
      )
      assert.deepStrictEqual(stateOf(yield* refund(id)), ["refund", "refunded", 3000])
      for (const amount of [undefined, 1]) {
        const nothing = yield* refund(id, amount)
        assert.deepStrictEqual([at(nothing, "code"), at(nothing, "field")], ["nothing_to_refund", "session"])
        assert.match(String(at(nothing, "message")), /nothing is left of the charge/)
      }
      assert.deepStrictEqual(yield* standing(id), {
        refunds: ["refund refunded 2000", "refund refunded 3000"],
        left: 0,
        blocked: undefined,
        disputes: []
      })
      assert.deepStrictEqual(yield* books(id), {
        captured: 5000,
        gateway: 5000,
        booked: 5000,
        posted: 5000,
        sends: 2
      })
      assert.deepStrictEqual(yield* told(id), { events: ["refunded", "refunded"], incidents: [] })
    })
  )

  it.effect("goes back once for one key, whichever door it comes through", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession()
      const body = { amount: 1000, reason: "it came back" }
      const first = yield* rest(id, body, { "idempotency-key": `key_${id}` })
      assert.strictEqual(first.status, 201, first.text)
      const again = yield* rest(id, body, { "idempotency-key": `key_${id}` })
      assert.deepStrictEqual(at(again.json, "id"), at(first.json, "id"))
      const other = yield* refund(id, 1000, `key_${id}`)
      assert.strictEqual(at(other, "refund", "refundId"), at(first.json, "id"))
      const changed = yield* rest(id, { ...body, amount: 1001 }, { "idempotency-key": `key_${id}` })
      assert.deepStrictEqual(
        [changed.status, at(changed.json, "error", "code")],
        [409, "idempotency_key_reused"]
      )
      const elsewhere = yield* paidSession()
      const there = yield* rest(elsewhere.id, body, { "idempotency-key": `key_${id}` })
      assert.strictEqual(at(there.json, "error", "code"), "idempotency_key_reused")
      assert.strictEqual((yield* books(id)).gateway, 1000)
      assert.strictEqual((yield* books(elsewhere.id)).gateway, 0)
    })
  )

  it.effect("goes back once when many ask at once, under one key or under none", () =>
    Effect.gen(function* () {
      for (const key of ["the same", undefined]) {
        const { id } = yield* paidSession(5000)
        const answers = yield* Effect.all(
          Array.from({ length: 6 }, () => refund(id, 3000, key === undefined ? undefined : `${key} ${id}`)),
          { concurrency: "unbounded" }
        )
        assert.isTrue(answers.some((answer) => at(answer, "refund", "state") === "refunded"))
        for (const answer of answers) {
          const code = at(answer, "code")
          if (key === undefined && code !== undefined) {
            assert.include(["refund_blocked", "refund_too_large"], code)
          } else assert.isUndefined(code, JSON.stringify(answer))
        }
        const { gateway, booked, sends } = yield* books(id)
        assert.deepStrictEqual({ gateway, booked, sends }, { gateway: 3000, booked: 3000, sends: 1 })
      }
    })
  )

  it.effect("that the processor has not settled is taken back by a void of the whole", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(5094)
      const part = yield* refund(id, 94)
      assert.deepStrictEqual([at(part, "code"), at(part, "field")], ["not_settled_yet", "amount"])
      assert.deepStrictEqual(stateOf(yield* refund(id)), ["void", "refunded", 5094])
      const { gateway, booked, sends } = yield* books(id)
      assert.deepStrictEqual({ gateway, booked, sends }, { gateway: 5094, booked: 5094, sends: 1 })
    })
  )

  it.effect("stays where it is when the processor declines, and may be asked for again", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession()
      const declined = yield* refund(id, 1093)
      assert.deepStrictEqual(stateOf(declined), ["refund", "declined", 1093])
      assert.match(String(at(declined, "refund", "message")), /no money went back/)
      assert.deepStrictEqual(stateOf(yield* refund(id, 1000)), ["refund", "refunded", 1000])
      assert.deepStrictEqual(yield* told(id), { events: ["refund_declined", "refunded"], incidents: [] })
    })
  )

  for (const [what, amount, charge] of [
    ["a refund", 1091, 5000],
    ["a void", undefined, 5095]
  ] as const) {
    it.effect(`of ${what} whose answer is lost is unknown, is not sent again, and is found`, () =>
      Effect.gen(function* () {
        const { id } = yield* paidSession(charge)
        const wanted = amount ?? charge
        const unknown = yield* refund(id, amount, `key ${id}`)
        assert.deepStrictEqual(
          [at(unknown, "refund", "state"), at(unknown, "refund", "money", "amount")],
          ["indeterminate", wanted]
        )
        assert.match(String(at(unknown, "refund", "message")), /checking/)
        assert.notMatch(JSON.stringify(unknown), /fail/i)
        // Whatever is asked for: how much is left nobody knows now.
        const [{ id: own } = { id: "" }] = yield* (yield* Owner)<{ readonly id: string }>`
          select refund_id as id from refunds where session_id = ${id}`
        for (const second of [1, undefined, charge - wanted || charge, charge + 1]) {
          const blocked = yield* refund(id, second)
          assert.deepStrictEqual(
            [at(blocked, "code"), at(blocked, "reason"), at(blocked, "by")],
            ["refund_blocked", "refund_in_review", own]
          )
        }
        const blocked = yield* standing(id)
        assert.deepInclude(blocked, { left: 0, blocked: { reason: "refund_in_review", by: own } })
        yield* (yield* RefundReconciler).pass
        assert.strictEqual(at(yield* refund(id, amount, `key ${id}`), "refund", "state"), "refunded")
        assert.deepStrictEqual(yield* told(id), {
          events: ["refund_in_review", "refunded"],
          incidents: []
        })
        const { gateway, booked, sends } = yield* books(id)
        assert.deepStrictEqual({ gateway, booked, sends }, { gateway: wanted, booked: wanted, sends: 1 })
      })
    )
  }

  for (const [what, amount, charge] of [
    ["a refund", 1092, 5000],
    ["a void", undefined, 5096]
  ] as const) {
    it.effect(`of ${what} that never arrived is unknown until the horizon has passed, and then stays`, () =>
      Effect.gen(function* () {
        const { id } = yield* paidSession(charge)
        assert.strictEqual(at(yield* refund(id, amount), "refund", "state"), "indeterminate")
        const { pass } = yield* RefundReconciler
        yield* pass
        assert.strictEqual((yield* standing(id)).refunds[0]?.split(" ")[1], "indeterminate")
        assert.strictEqual((yield* told(id)).events.join(), "refund_in_review")
        yield* anHourPasses(id)
        yield* pass
        assert.strictEqual((yield* standing(id)).refunds[0]?.split(" ")[1], "absent")
        assert.deepStrictEqual((yield* told(id)).events, ["refund_in_review", "refund_declined"])
        assert.strictEqual((yield* standing(id)).left, charge)
        assert.strictEqual((yield* books(id)).gateway, 0)
      })
    )
  }

  it.effect("does not go back while nobody knows what became of its charge", () =>
    Effect.gen(function* () {
      const nothing = yield* newSession()
      assert.strictEqual(at(yield* refund(nothing), "code"), "nothing_to_refund")
      const lost = yield* newSession()
      assert.strictEqual(at(yield* confirm(lost, "tok_timeout_captured"), "outcome"), "in_review")
      const checked = yield* refund(lost)
      assert.deepStrictEqual(
        [at(checked, "code"), at(checked, "reason")],
        ["refund_blocked", "charge_in_review"]
      )
      assert.strictEqual(at(yield* refund("ps_of_nobody"), "code"), "unknown_session")
      assert.strictEqual((yield* rest(`ps_${"0".repeat(26)}`)).status, 404)
    })
  )

  it.effect("does not go back for what nobody may ask", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession()
      for (const [body, field] of [
        [{ amount: 0, reason: "a" }, "amount"],
        [{ amount: -1, reason: "a" }, "amount"],
        [{ amount: 0.5, reason: "a" }, "amount"],
        [{ reason: "" }, "reason"],
        [{ reason: "  " }, "reason"],
        [{ reason: "r".repeat(501) }, "reason"],
        [{ reason: "card 4242 4242 4242 4242" }, "reason"]
      ] as const) {
        const { status, json } = yield* rest(id, body)
        assert.deepStrictEqual(
          [status, at(json, "error", "code"), at(json, "error", "field")],
          [422, "invalid_input", field]
        )
      }
      assert.strictEqual((yield* rest(id, { amount: 1 })).status, 400)
      assert.strictEqual((yield* rest(id, { reason: "a", who: "me" })).status, 400)
      assert.strictEqual((yield* books(id)).sends, 0)
    })
  )

  it.effect(
    "that somebody gave back at the processor is booked when its webhook comes, once, with an incident",
    () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession()
        const { heard } = yield* RefundNews
        const owner = yield* Owner
        const byHand = (reference: string, amount: number) => owner`
        insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
          charge_reference, amount, currency, token_ref, moves_at, created_at)
        select gateway, mid, ${reference}, 'refund', 'refunded', 'refunded', ${reference}, charge_reference, ${amount},
          currency, token_ref, date_trunc('second', now()), date_trunc('second', now()) from stub_gateway.entries where processor_reference = ${charge}`
        const news = (refundReference: string) =>
          heard(MidId.make(mid), { refundReference, processorReference: charge })
        yield* byHand("elsewhere_1", 700)
        assert.isTrue(yield* news("elsewhere_1"))
        assert.isTrue(yield* news("elsewhere_1"))
        yield* byHand("elsewhere_2", 300)
        yield* byHand("elsewhere_3", 200)
        // The webhook of the second one is late: of it nothing is booked, and a person hears of what is missing, once.
        assert.isTrue(yield* news("elsewhere_3"))
        assert.isTrue(yield* news("elsewhere_1"))
        assert.deepInclude(yield* books(id), { gateway: 1200, booked: 900, posted: 900 })
        assert.deepStrictEqual((yield* told(id)).incidents, [
          "refunded_elsewhere",
          "refunded_elsewhere",
          "refunded_more_than_booked"
        ])
        assert.isTrue(yield* news("elsewhere_2"))
        assert.deepInclude(yield* books(id), { booked: 1200, posted: 1200 })
        assert.deepStrictEqual((yield* told(id)).events, ["refunded", "refunded", "refunded"])
        assert.strictEqual(at(yield* refund(id, 3801), "refundable"), 3800)
        assert.isFalse(
          yield* heard(MidId.make(mid), { refundReference: "re_x", processorReference: "ch_of_nobody" })
        )
      })
  )

  it.effect(
    "news of a refund of ours makes the reconciler look, and news of another one waits until ours is known",
    () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession()
        const { heard } = yield* RefundNews
        const owner = yield* Owner
        // Lost on its way to the processor: the refund is unknown, and another one was made by hand meanwhile.
        assert.strictEqual(at(yield* refund(id, 1092), "refund", "state"), "indeterminate")
        yield* owner`
        insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
          charge_reference, amount, currency, token_ref, moves_at, created_at)
        select gateway, mid, 'by hand ' || ${id}, 'refund', 'refunded', 'refunded', 're_by_hand', charge_reference, 1092,
          currency, token_ref, date_trunc('second', now()), date_trunc('second', now()) from stub_gateway.entries where processor_reference = ${charge}`
        const news = heard(MidId.make(mid), { refundReference: "re_by_hand", processorReference: charge })
        assert.strictEqual((yield* Effect.flip(news))._tag, "Indeterminate")
        assert.strictEqual((yield* books(id)).booked, 0)
        yield* anHourPasses(id)
        assert.isTrue(yield* news)
        assert.deepStrictEqual(yield* told(id), {
          events: ["refund_in_review", "refund_declined", "refunded"],
          incidents: ["refunded_elsewhere"]
        })
        assert.strictEqual((yield* books(id)).booked, 1092)

        const answerLost = yield* paidSession()
        yield* refund(answerLost.id, 1091)
        const [entry] = yield* owner<{ readonly reference: string }>`select processor_reference as reference
        from stub_gateway.entries where charge_reference = ${answerLost.charge} and operation = 'refund'`
        assert.isTrue(
          yield* heard(MidId.make(answerLost.mid), {
            refundReference: entry?.reference ?? "",
            processorReference: answerLost.charge
          })
        )
        assert.deepStrictEqual(yield* told(answerLost.id), {
          events: ["refund_in_review", "refunded"],
          incidents: []
        })
      })
  )
})
