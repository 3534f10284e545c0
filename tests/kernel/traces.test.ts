import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Providers, providersOf } from "../../src/kernel/PaymentProvider.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { sessionId } from "../support/kernel/accounts.ts"
import { fakeLedger } from "../support/kernel/FakeLedger.ts"
import { openOrchestrator } from "../support/kernel/orchestrator.ts"
import { captures } from "../support/kernel/runningCascade.ts"
import { by, openSessions } from "../support/kernel/sessions.ts"
import { spansOf } from "../support/kernel/spansOf.ts"
import { unresolved } from "../support/kernel/unresolved.ts"

const session = sessionId(1)
const { service: ledger } = fakeLedger({
  answers: {
    claimFulfilment: () => Effect.succeed(undefined),
    claimUnresolved: () => Effect.succeed([unresolved(1, "nobody")])
  }
})
const overLedger = Layer.merge(
  Layer.succeed(PaymentLedger, ledger),
  Layer.succeed(Providers, providersOf([]))
)

describe("who reads a trace finds", () => {
  it.effect("a confirmation, and the charge in it", () =>
    Effect.gen(function* () {
      const { confirm } = yield* openOrchestrator({ mid_a: captures })
      expect(yield* spansOf(confirm())).toEqual([
        "PaymentOrchestrator.confirm",
        "chargeAcrossProviders",
        "PaymentProvider.chargeToken"
      ])
    })
  )

  it.effect("a declaration, and the pricing in it", () =>
    Effect.gen(function* () {
      expect(yield* spansOf(openSessions().create())).toEqual(["PaymentSessions.create", "Cart.price"])
    })
  )

  it.effect("a cancellation, and the look at what came of it", () =>
    Effect.gen(function* () {
      const { call } = openSessions({
        cancel: () => Effect.succeed({ cancelled: true, state: "cancelled" }),
        session: () => Effect.succeed(undefined)
      })
      const cancel = call((sessions) => sessions.cancel(session, by))
      expect(yield* spansOf(cancel)).toEqual(["PaymentSessions.cancel", "PaymentSessions.get"])
    })
  )

  it.effect("a claim at the gate", () =>
    Effect.gen(function* () {
      const claim = Effect.flatMap(FulfilmentGate, (gate) => gate.claim(session, by)).pipe(
        Effect.provide(FulfilmentGate.layer.pipe(Layer.provide(overLedger)))
      )
      expect(yield* spansOf(claim)).toEqual(["FulfilmentGate.claim"])
    })
  )

  it.effect("a pass of the reconciler, and each attempt in it", () =>
    Effect.gen(function* () {
      const pass = Effect.flatMap(Reconciler, (reconciler) => reconciler.pass).pipe(
        Effect.provide(Reconciler.layer.pipe(Layer.provide(overLedger)))
      )
      expect(yield* spansOf(pass)).toEqual(["Reconciler.pass", "Reconciler.resolve"])
    })
  )
})
