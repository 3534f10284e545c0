// What the workers do for refunds whose sender died, on a real database and against the gateways' own books.
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schedule } from "effect"
import * as OutboxPg from "../../src/db/OutboxPg.ts"
import * as RefundLedgerPg from "../../src/db/RefundLedgerPg.ts"
import { EventDispatcher } from "../../src/kernel/events/EventDispatcher.ts"
import { Principal } from "../../src/kernel/ids.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { ReturnSearch } from "../../src/kernel/refunds/ReturnSearch.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { Paging } from "../../src/kernel/operations/Paging.ts"
import { ReviewStore } from "../../src/kernel/reviews/ReviewStore.ts"
import { WebhookProcessing } from "../../src/kernel/webhooks/WebhookProcessing.ts"
import { EventConsumers } from "../../src/workers/EventConsumers.ts"
import { workers } from "../../src/workers/workers.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { anHourPasses, books, paidSession, refundDoors, told } from "../refunds/support.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Starts the workers in the scope of the caller, whose end is the end of the process. */
const start = Effect.gen(function* () {
  const { connect } = yield* TestDatabase
  yield* workers(connect("payments_cluster", 4), { host: "one", port: 1 }).pipe(
    Layer.provide([Reconciler.layer, RefundReconciler.layer]),
    Layer.provide([
      Layer.succeed(EventConsumers, { consume: () => Effect.void }),
      Layer.succeed(EventDispatcher, { prepare: Effect.succeed(false), claim: () => Effect.succeed([]) }),
      Layer.mock(ReviewStore, { expireDue: () => Effect.succeed(0) }),
      Layer.succeed(Paging, { pass: Effect.succeed(0) }),
      Layer.succeed(ReturnSearch, { pass: Effect.succeed({ asked: 0, resolved: 0 }) }),
      Layer.succeed(WebhookProcessing, {
        lanes: [],
        pass: Effect.succeed({ taken: 0, deadLetters: 0 })
      }),
      OutboxPg.layer,
      RefundLedgerPg.layer,
      NodeCrypto.layer
    ]),
    Layer.build
  )
})

/** A process that dies at a step of a refund: what it did until then stands, and it never goes on. */
const dieAt = Effect.fnUntraced(function* (session: string, amount: number, step: "before" | "after") {
  const real = yield* RefundLedger
  // Nobody is left who could record, or even send: a death is no error that anybody handles.
  const dying: RefundLedger["Service"] =
    step === "before"
      ? { ...real, open: (order, request) => Effect.andThen(real.open(order, request), Effect.interrupt) }
      : { ...real, record: () => Effect.interrupt }
  const exit = yield* Refunds.pipe(
    Effect.flatMap(({ refund }) =>
      refund(session, {
        by: Principal.make("test"),
        idempotencyKey: `key ${session}`,
        body: { amount, reason: "it came back" }
      })
    ),
    Effect.provide(Refunds.layer.pipe(Layer.provide(Layer.succeed(RefundLedger, dying))), { local: true }),
    Effect.exit
  )
  return Exit.isFailure(exit) ? Cause.hasInterrupts(exit.cause) : exit.value.state === "in_flight"
})

const states = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  const rows = yield* owner<{
    readonly state: string
  }>`select state from refunds where session_id = ${session}`
  return rows.map(({ state }) => state)
})

/** Waits for what has to come, as long as a slow machine may need. */
const eventually = <E, R>(what: string, holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("50 millis"), times: 400 }),
    Effect.map((now) => assert.isTrue(now, what))
  )

layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("the workers", (it) => {
  for (const [step, outcome, gateway] of [
    ["after", "refunded", 1000],
    ["before", "absent", 0]
  ] as const) {
    it.effect(
      `find out what became of a refund whose process died ${step} it was sent, and send nothing`,
      () =>
        Effect.gen(function* () {
          const { id } = yield* paidSession()
          assert.isTrue(yield* dieAt(id, 1000, step))
          assert.deepStrictEqual(yield* states(id), ["in_flight"])
          yield* start
          // While the lease runs it is its sender's.
          yield* Effect.sleep("1 second")
          assert.deepStrictEqual(yield* states(id), ["in_flight"])
          yield* anHourPasses(id)
          yield* eventually(
            "it is known",
            Effect.map(states(id), ([state]) => state === outcome)
          )
          const sums = yield* books(id)
          assert.deepStrictEqual(
            [sums.gateway, sums.booked, sums.sends],
            [gateway, gateway, gateway === 0 ? 0 : 1]
          )
          const { events } = yield* told(id)
          assert.deepStrictEqual(events, [
            "refund_in_review",
            outcome === "refunded" ? "refunded" : "refund_declined"
          ])
        })
    )
  }
})
