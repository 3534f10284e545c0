import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { PaymentProvider, Providers } from "../../src/kernel/PaymentProvider.ts"

/**
 * Providers of which nothing that moves money is asked twice under one key, whatever the processor makes of the second
 * time: the gateways' books hold one line for a key, so a second sending is not seen there. It is judged when the scope
 * closes, over everything that was sent in it.
 */
export const sentOnce = Effect.fnUntraced(function* (
  real: Providers["Service"]
): Effect.fn.Return<Providers["Service"], never, Scope.Scope> {
  const sent = new Map<string, number>()
  const noted = <A, E>(what: string, key: string, sending: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const times = (sent.get(`${what} ${key}`) ?? 0) + 1
      sent.set(`${what} ${key}`, times)
      return sending
    })
  const noting = (provider: PaymentProvider): PaymentProvider => {
    const { tokenCharge, void: voids } = provider
    return {
      ...provider,
      charge: (request) => noted("charge", request.idempotencyKey, provider.charge(request)),
      refund: (request) => noted("refund", request.idempotencyKey, provider.refund(request)),
      ...(tokenCharge === undefined
        ? {}
        : {
            tokenCharge: {
              ...tokenCharge,
              chargeToken: (permit, token) =>
                noted("charge", permit.attempt.idempotencyKey, tokenCharge.chargeToken(permit, token))
            }
          }),
      ...(voids === undefined
        ? {}
        : {
            void: {
              voidCharge: (request) => noted("void", request.idempotencyKey, voids.voidCharge(request))
            }
          })
    }
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      const twice = [...sent].flatMap(([key, times]) => (times > 1 ? [`${key}: ${times} times`] : []))
      assert.deepStrictEqual(twice, [], "no key is sent twice")
    })
  )
  return { ...real, get: (name) => Effect.map(real.get(name), noting) }
})
