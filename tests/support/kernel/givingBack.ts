import { Duration, Effect, Fiber, Layer, Scope } from "effect"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { TestClock } from "effect/testing"
import {
  type PaymentProvider,
  Providers,
  providersOf,
  type RefundContext,
  type RefundRequest
} from "../../../src/kernel/PaymentProvider.ts"
import { RefundLedger, type RefundOrder } from "../../../src/kernel/refunds/RefundLedger.ts"
import { type RefundRequested, Refunds } from "../../../src/kernel/refunds/Refunds.ts"
import { incapable, noted } from "./fakeDrivers.ts"
import { keptLog } from "./keptLog.ts"
import { by, fakeRefundLedger, provider, session, usd } from "./refunding.ts"

const evidence = { code: "code", message: "message" }

/** What a processor says of a charge of which nothing went back yet. */
export const settledThere: RefundContext = { captured: usd(4900), refundedAmount: 0 }
/** It takes back the whole of it only. */
export const unsettled: RefundContext = { ...settledThere, voidOnly: true }

export interface Script {
  readonly ledger?: Partial<RefundLedger["Service"]>
  readonly context?: ReturnType<PaymentProvider["refundContext"]>
  readonly refund?: PaymentProvider["refund"]
  readonly voids?: NonNullable<PaymentProvider["void"]>["voidCharge"]
  readonly drivers?: ReadonlyArray<PaymentProvider>
}

/** Refunds over a processor and a ledger that say what a test says; what they were asked. */
export const refunding = Effect.fnUntraced(function* (script: Script = {}) {
  const sent: Array<RefundRequest> = []
  const voided: Array<object> = []
  const asked: Array<object> = []
  const orders: Array<RefundOrder> = []
  const wishes: Array<unknown> = []
  const ledger = fakeRefundLedger(script.ledger)
  const service: RefundLedger["Service"] = {
    ...ledger.service,
    open: (order, wish) => {
      orders.push(order)
      wishes.push(wish)
      return ledger.service.open(order, wish)
    }
  }
  const driver: PaymentProvider = {
    ...incapable(provider),
    refundContext: (charge) => {
      asked.push(charge)
      return script.context ?? Effect.succeed(settledThere)
    },
    refund: (request) =>
      noted(
        () => sent.push(request),
        () => script.refund?.(request) ?? Effect.succeed({ refundReference: "re_9", money: request.money })
      ),
    ...(script.voids === undefined
      ? {}
      : {
          void: {
            voidCharge: (charge) =>
              noted(
                () => voided.push(charge),
                () => script.voids?.(charge) ?? Effect.succeed({ evidence })
              )
          }
        })
  }
  const scope = yield* Scope.make()
  const context = yield* Refunds.layer.pipe(
    Layer.provide([
      Layer.succeed(RefundLedger, service),
      Layer.mock(PaymentLedger, {}),
      Layer.succeed(Providers, providersOf(script.drivers ?? [driver]))
    ]),
    Layer.buildWithScope(scope)
  )
  const log = keptLog()
  const ask = (
    body: Partial<RefundRequested> = {},
    id: string = session,
    key: { readonly idempotencyKey?: string } = { idempotencyKey: "key_1" }
  ) =>
    Effect.flatMap(Refunds, (refunds) =>
      refunds.refund(id, { by, ...key, body: { reason: "it was broken", ...body } })
    ).pipe(Effect.provideContext(context), log.keeping)
  /** The same, with a clock that goes on until nobody waits any more. */
  const waiting = (body?: Partial<RefundRequested>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask(body))
      yield* TestClock.adjust(Duration.minutes(2))
      return yield* Fiber.join(fiber)
    })
  const refused = (...asking: Parameters<typeof ask>) => Effect.flip(ask(...asking))
  const ofSession = (id: string) =>
    Effect.flatMap(Refunds, (refunds) => refunds.ofSession(id)).pipe(Effect.provideContext(context))
  const { recorded } = ledger
  return {
    ask,
    waiting,
    refused,
    ofSession,
    sent,
    voided,
    asked,
    orders,
    wishes,
    recorded,
    scope,
    log: log.entries
  }
})
