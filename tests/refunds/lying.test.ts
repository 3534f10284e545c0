// A gateway that lies, or mixes up its own: what it says of one refund of one charge is believed of nothing else.
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Declined } from "../../src/kernel/cascade/Disposition.ts"
import type { Currency } from "../../src/kernel/Money.ts"
import {
  type PaymentProvider,
  Providers,
  type RefundHeard,
  type RefundLookupResult
} from "../../src/kernel/PaymentProvider.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at } from "../graphql/support.ts"
import { books, byHand, news, paidSession, refund, refundDoors, standing, told } from "./support.ts"

const went = (refundReference: string, amount: number, currency: Currency = "USD"): RefundLookupResult => ({
  _tag: "RefundDone",
  refunded: { refundReference, money: { amount, currency } }
})

const failed = (processorReference: string): RefundLookupResult => ({
  _tag: "RefundDeclined",
  declined: new Declined({
    kind: "hard",
    processorReference,
    evidence: { code: "failed", message: "failed" }
  })
})

/** News of a refund, of which the gateway says whatever it likes. */
const hears = Effect.fnUntraced(function* (
  { mid, charge }: { readonly mid: string; readonly charge: string },
  reference: string,
  says: RefundLookupResult,
  said: Pick<RefundHeard, "said"> = {}
) {
  const real = yield* Providers
  const lying = (provider: PaymentProvider): PaymentProvider =>
    provider.refundLookup === undefined
      ? provider
      : {
          ...provider,
          refundLookup: {
            ...provider.refundLookup,
            readRefund: () => Effect.succeed(says),
            lookupRefund: () => Effect.succeed(says)
          }
        }
  const wrapped = Layer.succeed(Providers, { ...real, get: (name) => Effect.map(real.get(name), lying) })
  return yield* news(mid, reference, charge, said).pipe(
    Effect.provide(Layer.fresh(RefundReconciler.layer).pipe(Layer.provide(wrapped)))
  )
})

/** What our books hold of a session, by refund. */
const held = Effect.fnUntraced(function* (session: string) {
  const rows = yield* (yield* Owner)<{ readonly line: string }>`
    select refund_reference || ' ' || sum(amount) || ' ' || currency as line from returns
    where session_id = ${session} group by refund_reference, currency order by 1`
  return rows.map(({ line }) => line)
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })(
  "of a gateway that lies",
  (it) => {
    it.effect("a refund of another charge is believed of neither, until it is asked for under its own", () =>
      Effect.gen(function* () {
        const a = yield* paidSession()
        const b = yield* paidSession()
        const x = `rx ${b.charge}`
        yield* byHand(b.charge, x, 700)
        assert.strictEqual((yield* Effect.flip(news(a.mid, x, a.charge)))._tag, "Indeterminate")
        assert.deepStrictEqual([yield* held(a.id), yield* held(b.id)], [[], []])
        assert.isTrue(yield* news(b.mid, x, b.charge))
        assert.deepStrictEqual([yield* held(a.id), yield* held(b.id)], [[], [`${x} 700 USD`]])
      })
    )

    it.effect(
      "one name for refunds of two charges of an account is a person's to find out, and booked once",
      () =>
        Effect.gen(function* () {
          const a = yield* paidSession()
          const x = `one name ${a.charge}`
          assert.isTrue(yield* hears(a, x, went(x, 700)))
          const seen = new Set<boolean>()
          for (let tries = 0; tries < 20 && seen.size < 2; tries++) {
            const b = yield* paidSession()
            const sameAccount = a.mid === b.mid
            if (seen.has(sameAccount)) continue
            seen.add(sameAccount)
            for (const says of [went(x, 900), failed(x), failed(x)]) assert.isTrue(yield* hears(b, x, says))
            // Two accounts have names of their own.
            assert.deepStrictEqual(yield* held(b.id), sameAccount ? [] : [`${x} 0 USD`])
            const [first] = (yield* told(b.id)).incidents
            assert.strictEqual(first, sameAccount ? "refund_reference_reused" : "refunded_elsewhere")
          }
          assert.isTrue(seen.has(true))
          assert.deepStrictEqual(yield* held(a.id), [`${x} 700 USD`])
          assert.notInclude((yield* told(a.id)).incidents, "refund_taken_back")
        })
    )

    it.effect("an answer that names another refund, or none, is no answer", () =>
      Effect.gen(function* () {
        const paid = yield* paidSession()
        const x = `rx ${paid.charge}`
        assert.isTrue(yield* hears(paid, x, went(x, 700)))
        for (const says of [went("re_other", 700), failed("re_other")]) {
          assert.strictEqual((yield* Effect.flip(hears(paid, x, says)))._tag, "Indeterminate")
        }
        assert.deepStrictEqual(yield* held(paid.id), [`${x} 700 USD`])
      })
    )

    it.effect("another amount or currency than it said before calls a person and changes no books", () =>
      Effect.gen(function* () {
        const paid = yield* paidSession()
        const x = `rx ${paid.charge}`
        for (const says of [went(x, 700), went(x, 900), went(x, 700, "EUR")]) {
          assert.isTrue(yield* hears(paid, x, says))
        }
        assert.deepStrictEqual(yield* held(paid.id), [`${x} 700 USD`])
        assert.deepStrictEqual((yield* told(paid.id)).incidents, [
          "refunded_elsewhere",
          "refunded_other_amount",
          "refunded_other_amount"
        ])
      })
    )

    it.effect(
      "more than was captured, or in another currency, is booked as it is said, and calls a person",
      () =>
        Effect.gen(function* () {
          const paid = yield* paidSession()
          const [x, y] = [`rx ${paid.charge}`, `ry ${paid.charge}`]
          assert.isTrue(yield* hears(paid, x, went(x, 700, "EUR")))
          assert.deepInclude(yield* standing(paid.id), { left: 5000 })
          assert.isTrue(yield* hears(paid, y, went(y, 6000)))
          assert.deepInclude(yield* standing(paid.id), { left: 0 })
          assert.includeMembers((yield* told(paid.id)).incidents, ["refunded_elsewhere", "refunded_too_much"])
          for (const [reference, says] of [
            [x, failed(x)],
            [y, failed(y)]
          ] as const) {
            assert.isTrue(yield* hears(paid, reference, says))
          }
          assert.deepInclude(yield* standing(paid.id), { left: 5000 })
          assert.deepInclude(yield* books(paid.id), { booked: 0, posted: 0 })
        })
    )

    it.effect("what it knew before is no answer to the news that a refund failed", () =>
      Effect.gen(function* () {
        const paid = yield* paidSession()
        const itFailed = { said: "failed" } as const
        const own = String(at(yield* refund(paid.id, 1000), "refund", "refundReference"))
        const pending: RefundLookupResult = {
          _tag: "RefundPending",
          evidence: { code: "pending", message: "pending" },
          refundReference: own
        }
        for (const stale of [went(own, 1000), pending]) {
          const unsure = yield* Effect.flip(hears(paid, own, stale, itFailed))
          assert.strictEqual(Object(unsure).evidence.code, "refund_contradicted")
        }
        assert.deepInclude(yield* standing(paid.id), { refunds: ["refund refunded 1000"], left: 4000 })
        assert.isTrue(yield* hears(paid, own, failed(own), itFailed))
        assert.deepInclude(yield* standing(paid.id), { refunds: ["refund taken_back 1000"], left: 5000 })

        // Nor is one booked that was made elsewhere, or one of ours that nobody knows yet.
        const x = `rx ${paid.charge}`
        assert.strictEqual((yield* Effect.flip(hears(paid, x, went(x, 700), itFailed)))._tag, "Indeterminate")
        const other = yield* paidSession()
        assert.strictEqual(at(yield* refund(other.id, 1091), "refund", "state"), "indeterminate")
        const y = `ry ${other.charge}`
        assert.strictEqual(
          (yield* Effect.flip(hears(other, y, went(y, 1091), itFailed)))._tag,
          "Indeterminate"
        )
        assert.deepStrictEqual([yield* held(paid.id), yield* held(other.id)], [[`${own} 0 USD`], []])
        assert.isTrue(yield* hears(other, y, failed(y), itFailed))
        assert.deepInclude(yield* standing(other.id), { refunds: ["refund declined 1091"], left: 5000 })
      })
    )

    it.effect("a failure of what nobody booked takes nothing back, however often it is told", () =>
      Effect.gen(function* () {
        const paid = yield* paidSession()
        yield* refund(paid.id, 1000)
        for (const _ of [1, 2]) assert.isTrue(yield* hears(paid, "re_unheard_of", failed("re_unheard_of")))
        assert.deepInclude(yield* standing(paid.id), { refunds: ["refund refunded 1000"], left: 4000 })
        assert.deepStrictEqual((yield* told(paid.id)).incidents, [])
      })
    )
  }
)
