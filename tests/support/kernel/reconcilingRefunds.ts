import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import {
  type PaymentProvider,
  Providers,
  providersOf,
  type RefundLookup,
  type RefundLookupResult
} from "../../../src/kernel/PaymentProvider.ts"
import { RefundLedger, type UnresolvedRefund } from "../../../src/kernel/refunds/RefundLedger.ts"
import { RefundNews } from "../../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../../src/kernel/refunds/RefundReconciler.ts"
import { incapable } from "./fakeDrivers.ts"
import { keptLog } from "./keptLog.ts"
import { fakeRefundLedger, mid, provider, refund, usd } from "./refunding.ts"

export const horizon = Duration.minutes(5)

export const done: RefundLookupResult = {
  _tag: "RefundDone",
  refunded: { refundReference: "re_9", money: usd(4900) }
}

/** A refund that nobody knows the outcome of, so long after its write-ahead. */
export const due = (
  changes: Parameters<typeof refund>[0] = {},
  age: Duration.Duration = Duration.seconds(1)
): UnresolvedRefund => ({
  refund: refund({ state: "indeterminate", ...changes }),
  age: Duration.toMillis(age),
  version: 7
})

export interface Script {
  readonly due?: ReadonlyArray<UnresolvedRefund>
  readonly found?: RefundLookupResult
  readonly lookUp?: RefundLookup["lookupRefund"]
  /** What it says of the one refund that it is asked for by its own id. */
  readonly read?: ReturnType<RefundLookup["readRefund"]>
  readonly absenceHorizon?: Duration.Duration
  readonly context?: ReturnType<PaymentProvider["refundContext"]>
  readonly drivers?: ReadonlyArray<PaymentProvider>
  readonly ledger?: Partial<RefundLedger["Service"]>
}

/** A reconciler of refunds over a processor and a ledger that say what a test says; what they were asked. */
export const reconciling = (script: Script = {}) => {
  const asked: Array<object> = []
  const contexts: Array<object> = []
  const reads: Array<object> = []
  const claims: Array<readonly [number, string]> = []
  const driver: PaymentProvider = {
    ...incapable(provider),
    refundContext: (charge) => {
      contexts.push(charge)
      return script.context ?? Effect.succeed({ captured: usd(4900), refundedAmount: 4900 })
    },
    refundLookup: {
      absenceHorizon: script.absenceHorizon ?? horizon,
      lookupRefund: (query) => {
        asked.push(query)
        return script.lookUp?.(query) ?? Effect.succeed(script.found ?? done)
      },
      readRefund: (named) => {
        reads.push(named)
        return script.read ?? Effect.succeed(done)
      }
    }
  }
  const { service, recorded } = fakeRefundLedger({
    claimUnresolved: (limit, lease) => {
      claims.push([limit, Duration.format(lease)])
      return Effect.succeed(script.due ?? [due()])
    },
    takeOver: (limit) => Effect.succeed(limit),
    ...script.ledger
  })
  const layer = RefundReconciler.layer.pipe(
    Layer.provide([
      Layer.succeed(RefundLedger, service),
      Layer.succeed(Providers, providersOf(script.drivers ?? [driver]))
    ])
  )
  const log = keptLog()
  /** With a clock that goes on until nobody waits any more. */
  const using = <A, E>(use: Effect.Effect<A, E, RefundReconciler | RefundNews>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(use.pipe(Effect.provide(layer), log.keeping))
      yield* TestClock.adjust(Duration.minutes(1))
      return yield* Fiber.join(fiber)
    })
  const pass = using(Effect.flatMap(RefundReconciler, (reconciler) => reconciler.pass))
  return {
    pass,
    takeOver: using(Effect.flatMap(RefundReconciler, (reconciler) => reconciler.takeOver)),
    hears: using(Effect.flatMap(RefundNews, (news) => news.heard(mid, { refundReference: "re_9" }))),
    outcome: Effect.map(pass, () => recorded[0]?.outcome),
    asked,
    contexts,
    reads,
    claims,
    recorded,
    log: log.entries
  }
}
