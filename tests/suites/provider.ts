import { layer } from "@effect/vitest"
import { DateTime, Context, type Duration, Effect, Exit, Fiber, type Layer } from "effect"
import { randomUUID } from "node:crypto"
import { expect } from "vitest"
import type { VaultToken } from "../../src/kernel/Card.ts"
import type { Declined, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, SessionId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import {
  type Capability,
  CapabilityMissing,
  capability,
  type PaymentProvider
} from "../../src/kernel/PaymentProvider.ts"

/** What moved for one idempotency key at the far end, told by somebody who is not the driver. Minor units. */
export interface Moved {
  /** One element for each time that money was or will be captured. */
  readonly captures: ReadonlyArray<number>
  readonly refunds: ReadonlyArray<number>
  readonly voids: ReadonlyArray<number>
}

/** A driver, and a witness of the far end. */
export class ProviderUnderTest extends Context.Service<
  ProviderUnderTest,
  {
    readonly provider: PaymentProvider
    readonly moved: (idempotencyKey: string) => Effect.Effect<Moved>
  }
>()("payment-orchestration/tests/suites/provider/ProviderUnderTest") {}

/** The tokens with which the far end does as the suite needs it to. */
export interface ProviderScenarios {
  readonly captured: VaultToken
  readonly declined: ReadonlyArray<{
    /** What it is called, when its token says nothing. */
    readonly name?: string
    readonly token: VaultToken
    readonly kind: "soft" | "hard"
    /** Minor units, where it is the amount that is declined. */
    readonly amount?: number
  }>
  /** No answer comes before the deadline, and this is the truth. */
  readonly unanswered: ReadonlyArray<{
    readonly name: string
    readonly token: VaultToken
    readonly truth: "captured" | "nothing"
  }>
  /** An answer comes and proves nothing; the money moved. */
  readonly provesNothing: ReadonlyArray<{ readonly name: string; readonly token: VaultToken }>
  /** Waits for its customer, who does nothing; for drivers that can cancel. */
  readonly waits?: VaultToken
  /** Captured before the deadline, after the far end has written it down. */
  readonly slow: VaultToken
  /** A stored payment method of the processor that is captured. */
  readonly paymentMethodRef: string
  /** The driver has no credentials of a second account, so what one says of another's charges is not tried. */
  readonly otherAccount?: false
}

const allCapabilities: ReadonlyArray<Capability> = [
  "tokenCharge",
  "chargeLookup",
  "chargeCancel",
  "void",
  "refundLookup",
  "webhooks",
  "subscriptions",
  "hostedCheckout",
  "billingManagement",
  "promotions"
]

/**
 * The laws of a provider. Every driver has to pass them, whatever is at its far end; those about a capability are
 * left out when the driver does not claim it, and then asking for it has to be a typed error.
 */
export const providerSuite = <E>(options: {
  readonly name: string
  readonly layer: Layer.Layer<ProviderUnderTest, E>
  /** On the test clock, or live with a far end beyond the process and short times. */
  readonly clock: "test" | "live"
  /** Moves the test clock, or waits. */
  readonly passTime: (duration: Duration.Duration) => Effect.Effect<void>
  readonly capabilities: ReadonlyArray<Capability>
  readonly scenarios: ProviderScenarios
  /** The amount of the next charge, 1250 unless told otherwise: some far ends take two alike for one. */
  readonly nextAmount?: () => number
}): void => {
  const { scenarios, passTime, capabilities, nextAmount = () => 1250 } = options
  const newCharge = (
    provider: PaymentProvider,
    { session = newSession(), amount = nextAmount() }: { session?: SessionId; amount?: number } = {}
  ) => chargeOf(provider, session, amount)
  const live = options.clock === "live"
  /** The exit of an effect that needs this much time to pass. */
  const during = Effect.fnUntraced(function* <A, Err, R>(
    duration: Duration.Duration,
    effect: Effect.Effect<A, Err, R>
  ) {
    const fiber = yield* Effect.forkChild(effect)
    if (!live) yield* passTime(duration)
    return yield* Fiber.await(fiber)
  })

  const charging = (charge: NewCharge, token: VaultToken) =>
    Effect.gen(function* () {
      const { provider } = yield* ProviderUnderTest
      const { chargeToken, deadline } = yield* capability(provider, "tokenCharge")
      return yield* during(deadline, chargeToken(charge.permit, token))
    })

  /** A captured charge, for what can be done to it. */
  const capturedCharge = Effect.fnUntraced(function* () {
    const { provider } = yield* ProviderUnderTest
    const charge = newCharge(provider)
    const captured = successOf(yield* charging(charge, scenarios.captured))
    return { ...charge, processorReference: captured.processorReference }
  })

  const lookUp = Effect.fnUntraced(function* (charge: NewCharge) {
    const { provider } = yield* ProviderUnderTest
    const { lookupCharge } = yield* capability(provider, "chargeLookup")
    return yield* lookupCharge({ ...charge, writtenAt: yield* DateTime.now })
  })

  /** Waits until the driver's own horizon is over: from then on, a lookup has to tell the truth. */
  const afterTheHorizon = Effect.gen(function* () {
    const { provider } = yield* ProviderUnderTest
    const { absenceHorizon } = yield* capability(provider, "chargeLookup")
    yield* passTime(absenceHorizon)
  })

  const assertCapturesAre = Effect.fnUntraced(function* (key: string, amounts: ReadonlyArray<number>) {
    const { moved } = yield* ProviderUnderTest
    expect((yield* moved(key)).captures).toEqual(amounts)
  })

  const assertLookupTellsTheTruth = Effect.fnUntraced(function* (charge: NewCharge) {
    const { moved } = yield* ProviderUnderTest
    const found = yield* lookUp(charge)
    const { captures } = yield* moved(charge.idempotencyKey)
    if (captures.length === 0) {
      expect(["NotFound", "FoundDeclined"]).toContain(found._tag)
    } else {
      expect(found).toMatchObject({ _tag: "FoundCaptured", captured: { amount: captures[0] } })
    }
  })

  // Live, the laws wait for real deadlines, so several wait at a time; they share nothing but the far end.
  layer(options.layer, { excludeTestServices: live, concurrent: live })(
    `${options.name}: a provider`,
    (it) => {
      const law = (name: string, body: Effect.Effect<void, unknown, ProviderUnderTest>) =>
        it.effect(name, () => body)

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
            refundedAmount: 400
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
            expect((yield* lookupRefund({ ...asked(`${key}2`), refundReference }))._tag).toBe(
              "RefundNotFound"
            )
          })
        )
      }

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

      if (capabilities.includes("webhooks")) {
        law(
          "believes no webhook that nobody signed",
          Effect.gen(function* () {
            const { provider } = yield* ProviderUnderTest
            const { readWebhook } = yield* capability(provider, "webhooks")
            const refused = yield* Effect.flip(
              readWebhook({
                mid: newCharge(provider).mid,
                headers: {},
                body: new TextEncoder().encode("{}"),
                receivedAt: yield* DateTime.now
              })
            )
            expect(refused).toMatchObject({ _tag: "WebhookRefused", reason: "no_signature" })
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

      for (const wanted of allCapabilities) {
        law(
          capabilities.includes(wanted) ? `can do ${wanted}` : `says that it cannot do ${wanted}`,
          Effect.gen(function* () {
            const { provider } = yield* ProviderUnderTest
            const asked = yield* Effect.result(capability(provider, wanted))
            expect(asked).toMatchObject(
              capabilities.includes(wanted)
                ? { _tag: "Success" }
                : {
                    _tag: "Failure",
                    failure: new CapabilityMissing({ provider: provider.name, capability: wanted })
                  }
            )
          })
        )
      }
    }
  )
}

interface NewCharge {
  readonly permit: SendPermit
  readonly mid: MidId
  readonly idempotencyKey: string
  readonly money: Money
}

const mid = MidId.make("mid_under_test")
const otherMid = MidId.make("mid_of_nobody")

const newSession = () => SessionId.make(`ps_${randomUUID().replaceAll("-", "").slice(0, 26).toUpperCase()}`)

/** A charge that nobody has sent yet: of a new session, or a second opinion about a known one. */
const chargeOf = (provider: PaymentProvider, session: SessionId, amount: number): NewCharge => {
  const money = new Money({ amount, currency: "USD" })
  const key = idempotencyKey(session, 1, mid)
  const permit = SendPermit.afterCommit({
    attempt: attemptId(session, 1),
    session,
    ordinal: 1,
    mid,
    provider: provider.name,
    money,
    idempotencyKey: key,
    fence: 1
  })
  return { permit, mid, idempotencyKey: key, money }
}

/** Real time, on whichever clock the test runs: for a far end that has to get somewhere. */
const aMoment = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 5)))

const successOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(`expected a success, got ${String(exit.cause)}`)
}

const failureOf = <A>(exit: Exit.Exit<A, Declined | Indeterminate>): Declined | Indeterminate => {
  if (Exit.isSuccess(exit)) throw new Error(`expected a failure, got ${JSON.stringify(exit.value)}`)
  const [reason, ...others] = exit.cause.reasons
  if (reason?._tag === "Fail" && others.length === 0) return reason.error
  throw new Error(`expected one typed failure, got ${String(exit.cause)}`)
}
