import { Duration, Effect, Layer, Schedule } from "effect"
import { Singleton, SingleRunner } from "effect/cluster"
import type { Digest } from "effect/crypto"
import type { SqlClient } from "effect/sql"
import { Outbox } from "../kernel/Outbox.ts"
import { type LedgerUnavailable, PaymentLedger } from "../kernel/PaymentLedger.ts"
import { Reconciler } from "../kernel/Reconciler.ts"
import { EventConsumers } from "./EventConsumers.ts"

/** How long a pass waits for the next one when it found nothing left to do. */
const pause = Duration.millis(500)

/** How much one pass takes on, and how long what it took is its own. */
const batch = 200
const deliveryLease = Duration.seconds(30)

/**
 * One pass after the other for as long as the process lives. A pass that fails is logged and tried again: what it
 * left undone is still in the database.
 */
const forever = <R>(
  name: string,
  pass: Effect.Effect<unknown, LedgerUnavailable, R>
): Effect.Effect<void, never, R> =>
  pass.pipe(
    Effect.catchCause((cause) => Effect.logWarning(`${name} could not finish a pass and tries again`, cause)),
    Effect.repeat(Schedule.spaced(pause)),
    Effect.asVoid
  )

const expiry = Singleton.make(
  "expiry",
  Effect.gen(function* () {
    const ledger = yield* PaymentLedger
    yield* forever("expiry", ledger.expireDue(batch))
  })
)

const reconciliation = Singleton.make(
  "reconciliation",
  Effect.gen(function* () {
    const reconciler = yield* Reconciler
    const pass = reconciler.pass.pipe(
      Effect.tap((done) =>
        done.takenOver + done.resolved === 0
          ? Effect.void
          : Effect.logInfo("attempts reconciled").pipe(Effect.annotateLogs({ ...done }))
      )
    )
    yield* forever("reconciliation", pass)
  })
)

/** Delivered at least once: an event is marked only after every consumer took it. */
const delivery = Singleton.make(
  "delivery",
  Effect.gen(function* () {
    const outbox = yield* Outbox
    const { consume } = yield* EventConsumers
    const pass = Effect.gen(function* () {
      const events = yield* outbox.claim(batch, deliveryLease)
      if (events.length === 0) return
      yield* Effect.forEach(events, consume, { discard: true })
      yield* outbox.markDelivered(events.map(({ id }) => id))
    })
    yield* forever("delivery", pass)
  })
)

/**
 * The work that no request does: expiry, reconciliation, delivery of events. Each runs once in the cluster; here
 * the cluster is this one process, and its storage is the same PostgreSQL, in a schema and a role of its own.
 */
export const workers = <E>(
  clusterDatabase: Layer.Layer<SqlClient.SqlClient, E>
): Layer.Layer<never, E, PaymentLedger | Reconciler | Outbox | EventConsumers | Digest.Digest> =>
  Layer.mergeAll(expiry, reconciliation, delivery).pipe(
    Layer.provide(SingleRunner.layer({ runnerStorage: "memory" }).pipe(Layer.orDie)),
    Layer.provide(clusterDatabase)
  )
