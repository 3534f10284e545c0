// Charges, looks up and cancels through a driver, and reads the emulator's books.
import { DateTime, Effect } from "effect"
import type { Sandbox } from "../../../../sandbox/startSandbox.ts"
import type { Captured, Declined, Indeterminate } from "../../../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../../../src/kernel/cascade/SendPermit.ts"
import { capability, type PaymentProvider } from "../../../../src/kernel/PaymentProvider.ts"
import { movedBy } from "./stripeUnderTest.ts"

/** What a charge comes to, in a word. */
export const outcome = (charging: Effect.Effect<Captured, Declined | Indeterminate>) =>
  charging.pipe(
    Effect.map(({ _tag, processorReference }) => ({ _tag: String(_tag), processorReference })),
    Effect.catch((failed) => Effect.succeed({ ...failed, _tag: String(failed._tag) }))
  )

export const tagOf = (charging: Effect.Effect<Captured, Declined | Indeterminate>) =>
  Effect.map(outcome(charging), ({ _tag }) => _tag)

export const lookup = Effect.fnUntraced(function* (driver: PaymentProvider, permit: SendPermit) {
  const { lookupCharge } = yield* capability(driver, "chargeLookup")
  return yield* lookupCharge({ ...permit.attempt, writtenAt: DateTime.makeUnsafe(Date.now()) })
})

export const cancel = Effect.fnUntraced(function* (driver: PaymentProvider, permit: SendPermit) {
  const { cancelCharge } = yield* capability(driver, "chargeCancel")
  return yield* cancelCharge({ ...permit.attempt, writtenAt: DateTime.makeUnsafe(Date.now()) })
})

export const captures = (sandbox: Sandbox, { attempt }: SendPermit) =>
  movedBy(sandbox, attempt.idempotencyKey).captures
