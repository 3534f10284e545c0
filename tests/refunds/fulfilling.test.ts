// Goods go out for money that is there: what went back, or is taken back by a bank, is not handed over.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { MidId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { DisputeState } from "../../src/kernel/PaymentProvider.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, Doors, field } from "../graphql/support.ts"
import { byHand, news, paidSession, refund, refundDoors } from "./support.ts"

type Paid = { readonly id: string; readonly mid: string; readonly charge: string }

const mutation = `mutation ($id: ID!) { claimFulfilment(session: $id) {
  ... on ClaimFulfilmentPayload { fulfilment } ... on Refusal { code } ... on NotFulfillable { reason by } } }`

/** What both doors answer to a claim; where it is refused they refuse alike. */
const claim = Effect.fnUntraced(function* ({ id }: Paid) {
  const { fetch } = yield* Doors
  const told = yield* field(mutation, "claimFulfilment", { id })
  const headers = { authorization: `Bearer ${developmentKey.key}` }
  const { json, status } = yield* fetch(`/v1/payment-sessions/${id}/fulfilment`, { method: "POST", headers })
  if (at(told, "code") === undefined) {
    assert.strictEqual(at(json, "fulfilment"), "duplicate")
    return at(told, "fulfilment")
  }
  assert.strictEqual(at(told, "code"), "not_fulfillable")
  assert.strictEqual(status, 409, JSON.stringify(json))
  assert.strictEqual(at(json, "error", "code"), "not_fulfillable")
  assert.strictEqual(at(json, "error", "field"), "session")
  assert.strictEqual(at(json, "error", "details", "reason"), at(told, "reason"))
  assert.strictEqual(at(json, "error", "details", "by") ?? null, at(told, "by"))
  return [at(told, "reason"), at(told, "by")]
})

const hear = Effect.fnUntraced(function* ({ mid, charge }: Paid, state: DisputeState, amount = 5000) {
  const { heard } = yield* DisputeNews
  yield* heard(
    MidId.make(mid),
    {
      disputeReference: `dp of ${charge}`,
      processorReference: charge,
      state,
      money: new Money({ amount, currency: "USD" }),
      reason: "fraudulent"
    },
    undefined
  )
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("a claim", (it) => {
  it.effect("is refused once all of the money went back, and after a part of it the rest is fulfilled", () =>
    Effect.gen(function* () {
      const whole = yield* paidSession()
      const gone = yield* refund(whole.id)
      assert.deepStrictEqual(yield* claim(whole), ["given_back", at(gone, "refund", "refundId")])
      const parts = yield* paidSession()
      yield* refund(parts.id, 4000)
      assert.strictEqual(yield* claim(parts), "first")
      // What was given out stays given out.
      yield* refund(parts.id)
      assert.strictEqual(
        at(yield* field(mutation, "claimFulfilment", { id: parts.id }), "fulfilment"),
        "duplicate"
      )
      const elsewhere = yield* paidSession()
      yield* byHand(elsewhere.charge, `hand_${elsewhere.charge}`, 5000)
      yield* news(elsewhere.mid, `hand_${elsewhere.charge}`, elsewhere.charge)
      assert.deepStrictEqual(yield* claim(elsewhere), ["given_back", null])
    })
  )

  it.effect(
    "is refused while nobody knows whether the money went back, and not once it is known that it did not",
    () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const paid = yield* paidSession(9091)
        const unsure = yield* refund(paid.id, 9091)
        assert.strictEqual(at(unsure, "refund", "state"), "indeterminate")
        const id = String(at(unsure, "refund", "refundId"))
        assert.deepStrictEqual(yield* claim(paid), ["given_back", id])
        const outcome = {
          _tag: "Declined",
          kind: "hard",
          evidence: { code: "no", message: "it moved nothing" }
        }
        const said = JSON.stringify({ refund: id, outcome, source: "lookup", by: "test" })
        yield* owner`select record_refund(${said}::text::jsonb)`
        assert.strictEqual(yield* claim(paid), "first")
      })
  )

  it.effect("is refused while a bank disputes the charge and after it took it, and not once it is won", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      for (const state of ["open", "under_review", "lost"] as const) {
        yield* hear(paid, state, 1000)
        assert.deepStrictEqual(yield* claim(paid), ["disputed", `dp of ${paid.charge}`], state)
      }
      for (const state of ["warning", "won", "closed"] as const) {
        const other = yield* paidSession()
        yield* hear(other, state)
        assert.strictEqual(yield* claim(other), "first", state)
      }
    })
  )

  it.effect("and a refund at once: whoever comes first is right", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      for (let nr = 0; nr < 12; nr++) {
        const { id } = yield* paidSession()
        // Later from time to time, so that each is first once.
        const claiming = field(mutation, "claimFulfilment", { id }).pipe(Effect.delay(nr * 3))
        const [claimed, gone] = yield* Effect.all([claiming, refund(id)], { concurrency: "unbounded" })
        assert.strictEqual(at(gone, "refund", "state"), "refunded")
        const order = yield* owner<{ readonly action: string }>`select action from audit
          where chain = ${id} and action in ('fulfilment.claimed', 'refund.opened') order by position`
        const first = at(claimed, "fulfilment") === "first"
        assert.strictEqual(first || at(claimed, "reason") === "given_back", true, JSON.stringify(claimed))
        assert.deepStrictEqual(
          order.map(({ action }) => action),
          first ? ["fulfilment.claimed", "refund.opened"] : ["refund.opened"]
        )
      }
    })
  )
})
