// What a charge of a provider keeps to: proof, one key, one movement of money.
import { DateTime, Effect, Exit, Fiber } from "effect"
import { expect } from "vitest"
import { capability } from "../../../src/kernel/PaymentProvider.ts"
import { type Bench, ProviderUnderTest, aMoment, failureOf, otherMid, successOf } from "./bench.ts"

export const chargeLaws = ({
  newCharge,
  charging,
  capturedCharge,
  lookUp,
  afterTheHorizon,
  assertCapturesAre,
  assertLookupTellsTheTruth,
  law,
  scenarios,
  passTime,
  capabilities
}: Bench): void => {
  law(
    "is captured only with proof, and the money moves once",
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      const charge = newCharge(provider)
      const captured = successOf(yield* charging(charge, scenarios.captured))
      expect(captured.processorReference).not.toBe("")
      expect(captured.evidence.code).not.toBe("")
      expect({ amount: captured.amount, currency: captured.currency }).toEqual({ ...charge.money })
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  law(
    "gives every charge of an account a reference of its own",
    Effect.gen(function* () {
      const one = yield* capturedCharge()
      const other = yield* capturedCharge()
      expect(one.processorReference).not.toBe(other.processorReference)
    })
  )

  for (const { token, kind, name = token.tokenRef, amount } of scenarios.declined) {
    law(
      `declines ${name} (${kind}) only if no money moves, now and later`,
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const charge = newCharge(provider, amount === undefined ? {} : { amount })
        const declined = failureOf(yield* charging(charge, token))
        expect(declined).toMatchObject({ _tag: "Declined", kind })
        expect(declined.evidence.code).not.toBe("")
        yield* assertCapturesAre(charge.idempotencyKey, [])
        yield* afterTheHorizon
        yield* assertCapturesAre(charge.idempotencyKey, [])
        yield* assertLookupTellsTheTruth(charge)
      })
    )
  }

  for (const { name, token, truth } of scenarios.unanswered) {
    law(
      `does not guess when no answer comes (${name})`,
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const charge = newCharge(provider)
        const unanswered = failureOf(yield* charging(charge, token))
        expect(unanswered._tag).toBe("Indeterminate")
        // Our own deadline, or that of whoever stands between us and the processor.
        expect(unanswered.evidence.code).toMatch(/^(proxy_)?timeout$/)
        expect((yield* lookUp(charge))._tag).not.toBe("FoundDeclined")
        yield* afterTheHorizon
        yield* assertCapturesAre(charge.idempotencyKey, truth === "captured" ? [charge.money.amount] : [])
        yield* assertLookupTellsTheTruth(charge)
      })
    )
  }

  for (const { name, token } of scenarios.provesNothing) {
    law(
      `does not believe an answer that proves nothing (${name})`,
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const charge = newCharge(provider)
        expect(failureOf(yield* charging(charge, token))._tag).toBe("Indeterminate")
        yield* afterTheHorizon
        yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
        yield* assertLookupTellsTheTruth(charge)
      })
    )
  }

  law(
    "moves money once for one key, asked again and again",
    Effect.gen(function* () {
      const charge = yield* capturedCharge()
      const again = successOf(yield* charging(charge, scenarios.captured))
      expect(again.processorReference).toBe(charge.processorReference)
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  law(
    "moves money once for one key, asked many times at once",
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      const charge = newCharge(provider)
      const exits = yield* Effect.all(
        Array.from({ length: 8 }, () => charging(charge, scenarios.captured)),
        { concurrency: "unbounded" }
      )
      const references = exits.flatMap((exit) =>
        Exit.isSuccess(exit) ? [exit.value.processorReference] : []
      )
      expect(new Set(references).size).toBe(1)
      yield* afterTheHorizon
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  law(
    "moves no other money under a used key",
    Effect.gen(function* () {
      const charge = yield* capturedCharge()
      const { provider } = yield* ProviderUnderTest
      const other = newCharge(provider, {
        session: charge.permit.attempt.session,
        amount: charge.money.amount + 100
      })
      expect(other.idempotencyKey).toBe(charge.idempotencyKey)
      expect(failureOf(yield* charging(other, scenarios.captured))._tag).toBe("Indeterminate")
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  law(
    "charges a payment method that the processor stores",
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      const charge = newCharge(provider)
      const { paymentMethodRef } = scenarios
      const captured = yield* provider.charge({ ...charge, paymentMethodRef })
      expect(captured.amount).toBe(charge.money.amount)
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  law(
    "finds nothing under a key that was never sent",
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      expect((yield* lookUp(newCharge(provider)))._tag).toBe("NotFound")
    })
  )

  if (scenarios.otherAccount !== false) {
    law(
      "finds nothing of an account's charges under another account's credentials",
      Effect.gen(function* () {
        const charge = yield* capturedCharge()
        yield* assertLookupTellsTheTruth(charge)
        expect((yield* lookUp({ ...charge, mid: otherMid }))._tag).toBe("NotFound")
      })
    )
  }

  law(
    "neither loses nor doubles a charge whose sender is interrupted",
    Effect.gen(function* () {
      const { provider, moved } = yield* ProviderUnderTest
      const { chargeToken, deadline } = yield* capability(provider, "tokenCharge")
      const charge = newCharge(provider)
      const sender = yield* Effect.forkChild(chargeToken(charge.permit, scenarios.slow))
      yield* aMoment.pipe(
        Effect.andThen(moved(charge.idempotencyKey)),
        Effect.repeat({ until: ({ captures }) => captures.length > 0, times: 500 })
      )
      yield* Fiber.interrupt(sender)
      yield* passTime(deadline)
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
      yield* afterTheHorizon
      yield* assertLookupTellsTheTruth(charge)
      const again = successOf(yield* charging(charge, scenarios.slow))
      expect(again.amount).toBe(charge.money.amount)
      yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
    })
  )

  if (capabilities.includes("chargeCancel")) {
    law(
      "cancels no charge that is captured, and says so",
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const { cancelCharge } = yield* capability(provider, "chargeCancel")
        const charge = yield* capturedCharge()
        const writtenAt = yield* DateTime.now
        expect((yield* cancelCharge({ ...charge, writtenAt }))._tag).toBe("FoundCaptured")
        yield* assertCapturesAre(charge.idempotencyKey, [charge.money.amount])
        expect((yield* cancelCharge({ ...newCharge(provider), writtenAt }))._tag).toBe("NotFound")
      })
    )
  }

  const { waits } = scenarios
  if (waits !== undefined) {
    law(
      "keeps a charge that waits for its customer alive until its cancellation is confirmed",
      Effect.gen(function* () {
        const { provider } = yield* ProviderUnderTest
        const { cancelCharge } = yield* capability(provider, "chargeCancel")
        const charge = newCharge(provider)
        const waiting = failureOf(yield* charging(charge, waits))
        expect(waiting).toMatchObject({ _tag: "Indeterminate", action: { type: "redirect" } })
        expect(yield* lookUp(charge)).toMatchObject({
          _tag: "StillPending",
          action: { type: "redirect" }
        })
        const query = { ...charge, writtenAt: yield* DateTime.now }
        expect((yield* cancelCharge(query))._tag).toBe("FoundDeclined")
        expect((yield* cancelCharge(query))._tag).toBe("FoundDeclined")
        yield* afterTheHorizon
        yield* assertCapturesAre(charge.idempotencyKey, [])
        yield* assertLookupTellsTheTruth(charge)
      })
    )
  }
}
