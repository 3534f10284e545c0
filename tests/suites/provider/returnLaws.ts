// What a provider keeps to when it gives money back.
import { DateTime, Effect, Exit } from "effect"
import { expect } from "vitest"
import { Money } from "../../../src/kernel/Money.ts"
import { capability } from "../../../src/kernel/PaymentProvider.ts"
import { type Bench, ProviderUnderTest, failureOf, successOf } from "./bench.ts"

export const returnLaws = ({ newCharge, capturedCharge, law, capabilities }: Bench): void => {
  law(
    "refunds once for one key, and never more than was captured",
    Effect.gen(function* () {
      const { provider, moved } = yield* ProviderUnderTest
      const charge = yield* capturedCharge()
      const refundOf = (key: string, amount: number) =>
        Effect.exit(
          provider.refund({
            ...charge,
            idempotencyKey: key,
            money: new Money({ amount, currency: "USD" })
          })
        )
      const key = `${charge.idempotencyKey}-r`
      const part = successOf(yield* refundOf(`${key}1`, 400))
      expect(part.money.amount).toBe(400)
      const again = successOf(yield* refundOf(`${key}1`, 400))
      expect(again.refundReference).toBe(part.refundReference)
      expect((yield* moved(`${key}1`)).refunds).toEqual([400])
      expect(yield* provider.refundContext(charge)).toMatchObject({
        captured: { amount: charge.money.amount, currency: "USD" },
        refundedAmount: 400,
        // Whose money it is.
        idempotencyKey: charge.idempotencyKey
      })
      const rest = charge.money.amount - 400
      expect(failureOf(yield* refundOf(`${key}2`, rest + 1))._tag).toBe("Declined")
      expect((yield* moved(`${key}2`)).refunds).toEqual([])
      expect(failureOf(yield* refundOf(`${key}1`, 300))._tag).toBe("Indeterminate")

      const racing = yield* Effect.all(
        [3, 4, 5, 6].map((nth) => refundOf(`${key}${nth}`, rest)),
        { concurrency: "unbounded" }
      )
      expect(racing.filter(Exit.isSuccess)).toHaveLength(1)
      expect((yield* provider.refundContext(charge)).refundedAmount).toBe(charge.money.amount)
    })
  )

  law(
    "has no context and no refund for a charge that it does not know",
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      const charge = { ...newCharge(provider), processorReference: "ch_unknown" }
      const context = yield* Effect.exit(provider.refundContext(charge))
      expect(Exit.isFailure(context) && String(context.cause)).toContain("ch_unknown")
      expect(failureOf(yield* Effect.exit(provider.refund(charge)))._tag).toBe("Declined")
    })
  )

  if (capabilities.includes("refundLookup")) {
    law(
      "finds a refund by its key, and under no other",
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const { lookupRefund } = yield* capability(provider, "refundLookup")
        const charge = yield* capturedCharge()
        const writtenAt = yield* DateTime.now
        const key = `${charge.idempotencyKey}-r`
        const asked = (of: string) => ({
          ...charge,
          idempotencyKey: of,
          money: new Money({ amount: 400, currency: "USD" }),
          writtenAt
        })
        expect((yield* lookupRefund(asked(key)))._tag).toBe("RefundNotFound")
        const { refundReference } = yield* provider.refund(asked(key))
        const refunded = { refundReference, money: { amount: 400, currency: "USD" } }
        expect(yield* lookupRefund(asked(key))).toMatchObject({ _tag: "RefundDone", refunded })
        expect(yield* lookupRefund({ ...asked(key), refundReference })).toMatchObject({
          _tag: "RefundDone",
          refunded
        })
        // A reference that somebody heard wrong leads to no other refund.
        expect((yield* lookupRefund({ ...asked(`${key}2`), refundReference }))._tag).toBe("RefundNotFound")
      })
    )
  }

  if (capabilities.includes("refundLookup")) {
    law(
      "reads a refund by its own id, and no other",
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const { readRefund } = yield* capability(provider, "refundLookup")
        const charge = yield* capturedCharge()
        const money = new Money({ amount: 400, currency: "USD" })
        const idempotencyKey = `${charge.idempotencyKey}-r`
        const { refundReference } = yield* provider.refund({ ...charge, idempotencyKey, money })
        const refunded = { refundReference, money: { amount: 400, currency: "USD" } }
        expect(yield* readRefund({ ...charge, refundReference })).toMatchObject({
          _tag: "RefundDone",
          refunded
        })
        const other = yield* capturedCharge()
        const crossed = yield* Effect.exit(readRefund({ ...other, refundReference }))
        expect(Exit.isSuccess(crossed) && crossed.value._tag === "RefundDone").toBe(false)
      })
    )
  }

  if (capabilities.includes("void")) {
    law(
      "voids a charge once, before any of it went back and not after",
      Effect.gen(function* () {
        const { provider, moved } = yield* ProviderUnderTest
        const { voidCharge } = yield* capability(provider, "void")
        const charge = yield* capturedCharge()
        const key = `${charge.idempotencyKey}-v`
        const voided = yield* voidCharge({ ...charge, idempotencyKey: key })
        expect(voided.evidence.code).not.toBe("")
        yield* voidCharge({ ...charge, idempotencyKey: key })
        expect((yield* moved(key)).voids).toEqual([charge.money.amount])
        const twice = yield* Effect.exit(voidCharge({ ...charge, idempotencyKey: `${key}2` }))
        expect(failureOf(twice)._tag).toBe("Declined")
        const refund = yield* Effect.exit(provider.refund({ ...charge, idempotencyKey: `${key}r` }))
        expect(failureOf(refund)._tag).toBe("Declined")

        const refunded = yield* capturedCharge()
        const refundedKey = `${refunded.idempotencyKey}-r`
        yield* provider.refund({ ...refunded, idempotencyKey: refundedKey })
        const late = yield* Effect.exit(voidCharge({ ...refunded, idempotencyKey: `${refundedKey}v` }))
        expect(failureOf(late)._tag).toBe("Declined")
        expect((yield* moved(`${refundedKey}v`)).voids).toEqual([])
      })
    )
  }
}
