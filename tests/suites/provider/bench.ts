// What every law of a provider works with: the driver under test, its far end, and charges to make on it.
import { Context, DateTime, type Duration, Effect, Exit, Fiber, type Layer } from "effect"
import { randomUUID } from "node:crypto"
import { expect } from "vitest"
import type { VaultToken } from "../../../src/kernel/Card.ts"
import type { Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { type Capability, capability, type PaymentProvider } from "../../../src/kernel/PaymentProvider.ts"

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
>()("payment-orchestration/tests/suites/provider/bench/ProviderUnderTest") {}

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

export interface ProviderSuiteOptions<E> {
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
}

/** What the laws are written with. */
export const benchOf = <E>(options: ProviderSuiteOptions<E>) => {
  const { scenarios, passTime, nextAmount = () => 1250 } = options
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

  return {
    newCharge,
    charging,
    capturedCharge,
    lookUp,
    afterTheHorizon,
    assertCapturesAre,
    assertLookupTellsTheTruth
  }
}

/** The laws of one suite are written with this, and told to vitest by `law`. */
export type Bench = ReturnType<typeof benchOf> & {
  readonly law: (name: string, body: Effect.Effect<void, unknown, ProviderUnderTest>) => void
  readonly scenarios: ProviderScenarios
  readonly passTime: ProviderSuiteOptions<never>["passTime"]
  readonly capabilities: ReadonlyArray<Capability>
}

interface NewCharge {
  readonly permit: SendPermit
  readonly mid: MidId
  readonly idempotencyKey: string
  readonly money: Money
}

const mid = MidId.make("mid_under_test")
export const otherMid = MidId.make("mid_of_nobody")

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
export const aMoment = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 5)))

export const successOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(`expected a success, got ${String(exit.cause)}`)
}

export const failureOf = <A>(exit: Exit.Exit<A, Declined | Indeterminate>): Declined | Indeterminate => {
  if (Exit.isSuccess(exit)) throw new Error(`expected a failure, got ${JSON.stringify(exit.value)}`)
  const [reason, ...others] = exit.cause.reasons
  if (reason?._tag === "Fail" && others.length === 0) return reason.error
  throw new Error(`expected one typed failure, got ${String(exit.cause)}`)
}
