// What is heard of a refund is always taken: what it proves moves the refund, what contradicts opens an incident.
import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Absent, Declined } from "../../src/kernel/cascade/Disposition.ts"
import { MidId, Principal } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { Reporter } from "../../src/kernel/PaymentLedger.ts"
import type { Refund } from "../../src/kernel/refunds/Refund.ts"
import { RefundLedger, type RefundOutcome } from "../../src/kernel/refunds/RefundLedger.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { processed, take } from "../db/support/webhookScene.ts"
import { books, paidSession, refundDoors, standing, told } from "./support.ts"

const by = Principal.make("test")
const evidence = { code: "said_so", message: "the processor said so" }
const declined: RefundOutcome = new Declined({ kind: "hard", evidence })
/** A refund that was made, and that failed. */
const failed = (processorReference: string): RefundOutcome =>
  new Declined({ kind: "hard", processorReference, evidence })
const absent: RefundOutcome = new Absent({ evidence })
const unknown: RefundOutcome = { _tag: "Indeterminate", evidence }
const back = (refundReference: string, amount = 1000): RefundOutcome => ({
  _tag: "Refunded",
  refundReference,
  money: new Money({ amount, currency: "USD" }),
  evidence
})

type Paid = Effect.Success<ReturnType<typeof paidSession>>

/** A refund that is written ahead; nothing is sent here. */
const written = Effect.fnUntraced(function* ({ id, mid, charge }: Paid, amount = 1000) {
  const ledger = yield* RefundLedger
  const opening = yield* ledger.open(
    {
      session: id,
      mid: MidId.make(mid),
      processorReference: charge,
      amount,
      kind: "refund",
      reason: "it came back",
      lease: Duration.minutes(1)
    },
    { by, idempotencyKey: undefined, body: { session: id, amount, reason: "it came back" } }
  )
  return opening._tag === "Permitted" ? opening.refund : assert.fail(opening._tag)
})

const hear = Effect.fnUntraced(function* (
  { id }: Refund,
  outcome: RefundOutcome,
  source: Reporter = "driver"
) {
  return (yield* (yield* RefundLedger).record({ refund: id, outcome, source, by }))?.state
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("evidence of a refund", (it) => {
  const cases: ReadonlyArray<{
    readonly what: string
    readonly hears: ReadonlyArray<readonly [RefundOutcome, Reporter]>
    readonly state: string
    readonly booked: number
    readonly incidents: ReadonlyArray<string>
  }> = [
    {
      what: "the same again changes nothing",
      hears: [
        [back("re"), "driver"],
        [back("re"), "webhook"],
        [back("re"), "lookup"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: []
    },
    {
      what: "what went back after a decline is booked, and is an incident",
      hears: [
        [declined, "driver"],
        [back("re"), "webhook"]
      ],
      state: "declined",
      booked: 1000,
      incidents: ["late_refund"]
    },
    {
      what: "what went back after it was given up as absent is booked, and is an incident",
      hears: [
        [unknown, "driver"],
        [absent, "lookup"],
        [back("re"), "webhook"]
      ],
      state: "absent",
      booked: 1000,
      incidents: ["late_refund"]
    },
    {
      what: "what went back and then did not arrive is here again, and a person sees to it",
      hears: [
        [back("re"), "driver"],
        [failed("re"), "webhook"],
        [failed("re"), "lookup"]
      ],
      state: "taken_back",
      booked: 0,
      incidents: ["refund_taken_back"]
    },
    {
      what: "what went back is not taken back by a failure that names another, or nothing",
      hears: [
        [back("re"), "driver"],
        [failed("re_other"), "webhook"],
        [declined, "lookup"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: []
    },
    {
      what: "what was taken back and is said to have arrived all the same is booked anew, and is an incident",
      hears: [
        [back("re"), "driver"],
        [failed("re"), "webhook"],
        [back("re"), "webhook"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: ["refund_taken_back", "late_refund"]
    },
    {
      what: "what went back, did not arrive, went back and did not arrive again is here",
      hears: [
        [back("re"), "driver"],
        [failed("re"), "webhook"],
        [back("re"), "lookup"],
        [failed("re"), "webhook"],
        [failed("re"), "lookup"]
      ],
      state: "taken_back",
      booked: 0,
      incidents: ["refund_taken_back", "late_refund"]
    },
    {
      what: "what its sender hears late of one that was found to have failed since proves nothing any more",
      hears: [
        [failed("re"), "webhook"],
        [back("re"), "driver"]
      ],
      state: "declined",
      booked: 0,
      incidents: []
    },
    {
      what: "what its sender hears late of one that did not arrive proves nothing any more",
      hears: [
        [back("re"), "webhook"],
        [failed("re"), "webhook"],
        [back("re"), "driver"]
      ],
      state: "taken_back",
      booked: 0,
      incidents: ["refund_taken_back"]
    },
    {
      what: "a second movement that did not arrive is taken out of the books, and the first stays",
      hears: [
        [back("re_a"), "driver"],
        [back("re_b"), "webhook"],
        [failed("re_b"), "webhook"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: ["late_refund", "refund_taken_back"]
    },
    {
      what: "another amount of what is booked is a person's to find out",
      hears: [
        [back("re"), "driver"],
        [back("re", 900), "webhook"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: ["refunded_other_amount"]
    },
    {
      what: "another amount than was asked for is booked as it is, and is an incident",
      hears: [[back("re", 900), "driver"]],
      state: "refunded",
      booked: 900,
      incidents: ["refunded_other_amount"]
    },
    {
      what: "more than was captured is booked as it is, and is two incidents",
      hears: [[back("re", 5001), "driver"]],
      state: "refunded",
      booked: 5001,
      incidents: ["refunded_other_amount", "refunded_too_much"]
    },
    {
      what: "a second movement under another reference is booked, and is an incident",
      hears: [
        [back("re_a"), "driver"],
        [back("re_b"), "webhook"]
      ],
      state: "refunded",
      booked: 2000,
      incidents: ["late_refund"]
    },
    {
      what: "what proves nothing does not unmake what is known",
      hears: [
        [back("re"), "driver"],
        [unknown, "lookup"],
        [absent, "lookup"]
      ],
      state: "refunded",
      booked: 1000,
      incidents: []
    },
    {
      what: "a decline after an unknown answer is a decline",
      hears: [
        [unknown, "driver"],
        [unknown, "lookup"],
        [declined, "lookup"]
      ],
      state: "declined",
      booked: 0,
      incidents: []
    }
  ]
  for (const { what, hears, state, booked, incidents } of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const paid = yield* paidSession()
        const refund = yield* written(paid)
        let last = ""
        for (const [outcome, source] of hears) {
          const own =
            outcome._tag === "Refunded"
              ? back(`${outcome.refundReference} ${paid.id}`, outcome.money.amount)
              : outcome._tag === "Declined" && outcome.processorReference !== undefined
                ? failed(`${outcome.processorReference} ${paid.id}`)
                : outcome
          last = (yield* hear(refund, own, source)) ?? ""
        }
        assert.strictEqual(last, state)
        const sums = yield* books(paid.id)
        assert.deepStrictEqual([sums.booked, sums.posted], [booked, booked])
        assert.deepStrictEqual((yield* told(paid.id)).incidents, incidents)
        const owner = yield* Owner
        const [kept] = yield* owner<{ readonly count: number }>`
          select count(*)::int as count from refund_evidence where refund_id = ${refund.id}`
        assert.strictEqual(kept?.count, hears.length)
      })
    )
  }

  it.effect("a refund is not absent while a webhook that carries its key waits to be heard", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const waiting: ReadonlyArray<readonly [subject: object, state: string]> = [
        [{}, "indeterminate"],
        // Of one that failed nothing went back, and another's says nothing of this one.
        [{ said: "failed" }, "absent"],
        [{ idempotencyKey: "another" }, "absent"]
      ]
      for (const [subject, state] of waiting) {
        const paid = yield* paidSession()
        const refund = yield* written(paid)
        yield* hear(refund, unknown)
        const { provider, mid, entity, idempotencyKey, processorReference } = refund
        const named = {
          _tag: "Refund",
          refundReference: "re_1",
          processorReference,
          idempotencyKey,
          ...subject
        }
        yield* owner.unsafe(take(refund.id, { provider, mid, entity, subjects: [named] }))
        assert.strictEqual(yield* hear(refund, absent, "lookup"), state)
        yield* owner.unsafe(processed(refund.id))
        assert.strictEqual(yield* hear(refund, absent, "lookup"), "absent")
      }
    })
  )

  it.effect("a reference that another refund has proves nothing of this one", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      assert.strictEqual(yield* hear(yield* written(paid), back(`re ${paid.id}`)), "refunded")
      const second = yield* written(paid)
      assert.strictEqual(yield* hear(second, back(`re ${paid.id}`)), "indeterminate")
      assert.deepStrictEqual((yield* told(paid.id)).incidents, ["refund_reference_reused"])
      assert.strictEqual((yield* books(paid.id)).booked, 1000)
      // Once a processor said that money went back, a lookup does not unmake it.
      assert.strictEqual(yield* hear(second, absent, "lookup"), "indeterminate")
      assert.strictEqual((yield* standing(paid.id)).left, 0)
    })
  )
})
