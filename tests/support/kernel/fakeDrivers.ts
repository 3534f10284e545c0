import { Duration, Effect } from "effect"
import { ProviderName } from "../../../src/kernel/ids.ts"
import { type PaymentProvider, providersOf, type TokenCharge } from "../../../src/kernel/PaymentProvider.ts"

export const deadline = Duration.seconds(10)

/** A driver that can do nothing. */
export const incapable = (name: string): PaymentProvider => ({
  name: ProviderName.make(name),
  charge: () => Effect.die("no test charges a stored payment method"),
  refundContext: () => Effect.die("no test asks for refunds"),
  refund: () => Effect.die("no test refunds")
})

/** Notes a call, and each time that what it made is done once more: whoever sends twice does so with one effect. */
export const noted = <A, E>(note: () => void, call: () => Effect.Effect<A, E>): Effect.Effect<A, E> => {
  note()
  const made = call()
  let runs = 0
  return Effect.suspend(() => {
    if (runs++ > 0) note()
    return made
  })
}

/**
 * Drivers for the accounts that `candidate` makes, each with what it answers to a charge, and the accounts that
 * were charged, in order, with the key that each was charged under.
 */
export const fakeDrivers = (answers: Readonly<Record<string, TokenCharge["chargeToken"]>>) => {
  const sends: Array<string> = []
  const keys: Array<string> = []
  const drivers = Object.entries(answers).map(([mid, answer]): PaymentProvider => {
    const chargeToken: TokenCharge["chargeToken"] = (permit, token) =>
      noted(
        () => {
          sends.push(permit.attempt.mid)
          keys.push(permit.attempt.idempotencyKey)
        },
        () => answer(permit, token)
      )
    return { ...incapable(`driver_of_${mid}`), tokenCharge: { deadline, chargeToken } }
  })
  return { sends, keys, service: providersOf(drivers) }
}
