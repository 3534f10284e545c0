// News of a refund is asked about, and what is asked about may change before the answer is written down. What is booked is
// what the processor says of that very refund, after everything that was written before.
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type PaymentProvider, Providers } from "../../src/kernel/PaymentProvider.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at } from "../graphql/support.ts"
import { capturedLate, declinedTwice, handleAll, sign, waits } from "./inReview.ts"
import {
  books,
  byHand,
  news,
  overtaken,
  paidSession,
  refund,
  refundDoors,
  returnsTo,
  standing,
  told
} from "./support.ts"

/** Incidents of a session, but those that somebody is told of anyway when money goes back elsewhere. */
const alarms = Effect.fnUntraced(function* (session: string) {
  return (yield* told(session)).incidents.filter((kind) => kind !== "refunded_elsewhere")
})

const midOf = Effect.fnUntraced(function* (session: string) {
  const [row] = yield* (yield* Owner)<{ readonly mid: string }>`
    select mid_id as mid from captures where session_id = ${session}`
  return row?.mid ?? assert.fail("nothing was captured")
})

/** The gateway's sum of what went back is wrong by so much, as one that lags behind is. */
const withSum = Effect.fnUntraced(function* <A, E, R>(asks: Effect.Effect<A, E, R>, wrong: number) {
  const real = yield* Providers
  const lagging = (provider: PaymentProvider): PaymentProvider => ({
    ...provider,
    refundContext: (charge) =>
      Effect.map(provider.refundContext(charge), (said) => ({
        ...said,
        refundedAmount: said.refundedAmount + wrong
      }))
  })
  const wrapped = Layer.succeed(Providers, { ...real, get: (name) => Effect.map(real.get(name), lagging) })
  return yield* asks.pipe(Effect.provide(Layer.fresh(RefundReconciler.layer).pipe(Layer.provide(wrapped))))
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })(
  "news that is overtaken",
  (it) => {
    for (const after of ["sum", "refund"] as const) {
      it.effect(`by another refund of the same amount takes nothing back (${after})`, () =>
        Effect.gen(function* () {
          for (const other of ["elsewhere", "ours"]) {
            const { id, mid, charge } = yield* paidSession(6000)
            const [x, y] = [`rx ${charge}`, `ry ${charge}`]
            yield* byHand(charge, x, 2000)
            yield* news(mid, x, charge)
            const meanwhile = Effect.gen(function* () {
              if (other === "ours") return yield* refund(id, 2000)
              yield* byHand(charge, y, 2000)
              return yield* news(mid, y, charge)
            })
            assert.isTrue(yield* overtaken(news(mid, x, charge), meanwhile, after))
            assert.deepInclude(yield* books(id), { booked: 4000, posted: 4000, gateway: 4000 })
            assert.deepInclude(yield* standing(id), { left: 2000 })
            assert.deepStrictEqual(yield* alarms(id), [])
          }
        })
      )

      it.effect(`by its own failure books nothing, and frees no order (${after})`, () =>
        Effect.gen(function* () {
          const id = yield* declinedTwice(5000, `order_of_${after}`)
          const charge = yield* capturedLate(id, 1)
          const mid = yield* midOf(id)
          const x = `rx ${charge}`
          yield* byHand(charge, x, 5000)
          const meanwhile = Effect.andThen(returnsTo(x), news(mid, x, charge))
          assert.isTrue(yield* overtaken(news(mid, x, charge), meanwhile, after))
          assert.deepInclude(yield* books(id), { booked: 0, posted: 0 })
          yield* handleAll(id)
          assert.deepInclude(yield* waits(id), { state: "settled" })
        })
      )
    }

    it.effect("by the failure of what the reconciler heard of as done books nothing", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession()
        assert.strictEqual(at(yield* refund(id, 1091), "refund", "state"), "indeterminate")
        const owner = yield* Owner
        const [entry] = yield* owner<{ readonly reference: string }>`select processor_reference as reference
        from stub_gateway.entries where charge_reference = ${charge} and operation = 'refund'`
        const own = entry?.reference ?? assert.fail("nothing was sent")
        yield* owner`update refunds set next_check_at = now() where session_id = ${id}`
        const pass = Effect.flatMap(RefundReconciler, (reconciler) => reconciler.pass)
        yield* overtaken(pass, Effect.andThen(returnsTo(own), news(mid, own, charge)), "refund")
        assert.deepInclude(yield* books(id), { booked: 0, posted: 0 })
        assert.deepInclude(yield* standing(id), { refunds: ["refund declined 1091"], left: 5000 })
        assert.deepStrictEqual(yield* alarms(id), [])
      })
    )

    it.effect("before the processor shows the refund comes again, and it is not forgotten", () =>
      Effect.gen(function* () {
        const { id, mid, charge } = yield* paidSession(5000)
        const x = `rx ${charge}`
        assert.strictEqual((yield* Effect.flip(news(mid, x, charge)))._tag, "Indeterminate")
        yield* byHand(charge, x, 2000)
        assert.isTrue(yield* news(mid, x, charge))
        assert.deepInclude(yield* books(id), { booked: 2000, posted: 2000 })
        assert.strictEqual(at(yield* refund(id, 4000), "__typename"), "RefundTooLarge")
      })
    )

    it.effect(
      "is not touched by a sum that lags behind or is ahead; one that is ahead calls a person, once",
      () =>
        Effect.gen(function* () {
          const { id, mid, charge } = yield* paidSession(6000)
          const x = `rx ${charge}`
          yield* byHand(charge, x, 2000)
          yield* news(mid, x, charge)
          yield* withSum(news(mid, x, charge), -2000)
          assert.deepStrictEqual(yield* alarms(id), [])
          for (const _ of [1, 2]) yield* withSum(news(mid, x, charge), 700)
          assert.deepStrictEqual(yield* alarms(id), ["refunded_more_than_booked"])
          assert.deepInclude(yield* books(id), { booked: 2000, posted: 2000 })
        })
    )
  }
)

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })(
  "what two persons signed",
  (it) => {
    /** Ours is unknown, its own object fails, and two persons sign that it went back under another name. */
    const signed = Effect.fnUntraced(function* (conclusion: "refunded" | "refunded_outside") {
      const { id, mid, charge } = yield* paidSession()
      const refundId = String(at(yield* refund(id, 1091), "refund", "refundId"))
      const [entry] = yield* (yield* Owner)<{
        readonly reference: string
      }>`select processor_reference as reference
      from stub_gateway.entries where charge_reference = ${charge} and operation = 'refund'`
      const own = entry?.reference ?? assert.fail("nothing was sent")
      const name = `signed ${charge}`
      if (conclusion === "refunded") yield* byHand(charge, name, 1091)
      yield* sign({ refund: refundId, conclusion, processorReference: name, amount: 1091, currency: "USD" })
      assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1091"] })
      return { id, mid, charge, own, name }
    })

    it.effect("and truly failed calls a person, where what they signed has another name", () =>
      Effect.gen(function* () {
        const { id, mid, charge, own } = yield* signed("refunded")
        yield* returnsTo(own)
        for (const _ of [1, 2]) assert.isTrue(yield* news(mid, own, charge))
        assert.deepStrictEqual(yield* alarms(id), ["signed_refund_failed"])
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1091"] })
      })
    )

    it.effect("as paid by a bank is no object of the processor's, however that calls one", () =>
      Effect.gen(function* () {
        const { id, mid, charge, own, name } = yield* signed("refunded_outside")
        yield* returnsTo(own)
        assert.isTrue(yield* news(mid, own, charge))
        assert.deepStrictEqual(yield* alarms(id), [])
        // What the processor says of a refund that is spelled like the transfer takes nothing back.
        const spelled = `outside_${name}`
        yield* byHand(charge, spelled, 1091)
        yield* returnsTo(spelled)
        assert.isTrue(yield* news(mid, spelled, charge))
        assert.deepStrictEqual(yield* alarms(id), ["refund_reference_reused"])
        assert.deepInclude(yield* standing(id), { refunds: ["refund refunded 1091"], left: 3909 })
        // Nor does the transfer hide money that went back at the processor without anybody hearing of it.
        yield* byHand(charge, `unheard ${charge}`, 500)
        const heard = `heard ${charge}`
        yield* byHand(charge, heard, 300)
        assert.isTrue(yield* news(mid, heard, charge))
        assert.include(yield* alarms(id), "refunded_more_than_booked")
      })
    )

    it.effect("is taken back when it fails under the name that they signed", () =>
      Effect.gen(function* () {
        const { id, mid, charge, name } = yield* signed("refunded")
        assert.isTrue(yield* news(mid, name, charge))
        yield* returnsTo(name)
        assert.isTrue(yield* news(mid, name, charge))
        assert.deepInclude(yield* standing(id), { refunds: ["refund taken_back 1091"] })
        assert.include(yield* alarms(id), "refund_taken_back")
      })
    )
  }
)
