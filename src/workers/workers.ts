import { Duration, Effect, Layer, Option, Schedule } from "effect"
import { RunnerAddress, ShardId, Sharding, ShardingConfig, SingleRunner, Singleton } from "effect/cluster"
import type { Digest } from "effect/crypto"
import type { SqlClient } from "effect/sql"
import type { Outbox } from "../kernel/Outbox.ts"
import { type LedgerUnavailable, PaymentLedger } from "../kernel/PaymentLedger.ts"
import { Reconciler } from "../kernel/Reconciler.ts"
import { Paging } from "../kernel/operations/Paging.ts"
import { ChangeStore } from "../kernel/changes/ChangeStore.ts"
import { ReviewStore } from "../kernel/reviews/ReviewStore.ts"
import { WebhookProcessing } from "../kernel/webhooks/WebhookProcessing.ts"
import type { EventDispatcher } from "../kernel/events/EventDispatcher.ts"
import { ReturnSearch } from "../kernel/refunds/ReturnSearch.ts"
import { RefundReconciler } from "../kernel/refunds/RefundReconciler.ts"
import { ClusterSeat } from "./ClusterSeat.ts"
import { deliver, deliveryDefaults, type DeliverySettings } from "./delivery.ts"
import type { EventConsumers } from "./EventConsumers.ts"
import { deliverIn, prepareDeliveries } from "./eventDispatch.ts"
import { quietClosing } from "./quietClosing.ts"

/** How long a pass waits for the next one when it found nothing left to do. */
const pause = Duration.millis(500)

/** How much one pass takes on. */
const batch = 200

/** Work that one process of the cluster does; the log says which to whoever asks for that much. */
const once = <R>(worker: string, work: Effect.Effect<void, never, R>) =>
  Singleton.make(
    worker,
    Effect.acquireUseRelease(
      Effect.logDebug("a worker begins here"),
      () => work,
      () => Effect.logDebug("a worker ends here")
    ).pipe(Effect.annotateLogs({ worker }))
  )

/**
 * One pass after the other for as long as the process lives. A pass that fails is logged and tried again: what it
 * left undone is still in the database.
 */
const forever = <R>(
  name: string,
  pass: Effect.Effect<unknown, LedgerUnavailable, R>
): Effect.Effect<void, never, R> =>
  pass.pipe(
    Effect.withSpan("worker.pass", { root: true, attributes: { worker: name } }),
    Effect.catchCause((cause) => Effect.logWarning(`${name} could not finish a pass and tries again`, cause)),
    Effect.repeat(Schedule.spaced(pause)),
    Effect.asVoid
  )

const expiry = once(
  "expiry",
  Effect.gen(function* () {
    const ledger = yield* PaymentLedger
    const reviews = yield* ReviewStore
    const changes = yield* ChangeStore
    yield* forever(
      "expiry",
      Effect.all([ledger.expireDue(batch), reviews.expireDue(batch), changes.expireDue(batch)])
    )
  })
)

/** Apart from reconciliation, so that a slow processor holds up nobody whose driver died. */
const takeover = once(
  "takeover",
  Effect.gen(function* () {
    const { takeOver } = yield* Reconciler
    yield* forever(
      "takeover",
      telling(takeOver, (attempts) => (attempts === 0 ? undefined : { takenOver: attempts }))
    )
  })
)

const reconciliation = once(
  "reconciliation",
  Effect.gen(function* () {
    const { pass } = yield* Reconciler
    yield* forever(
      "reconciliation",
      telling(pass, (done) => (done.resolved === 0 ? undefined : { ...done }))
    )
  })
)

/** Calls a person where nothing else helps. */
const paging = Singleton.make(
  "paging",
  Effect.gen(function* () {
    const { pass } = yield* Paging
    yield* forever("paging", pass)
  })
)

/** Webhooks in: what processors told of is looked into. */
const webhooksIn = once(
  "webhooks-in",
  Effect.gen(function* () {
    const { lanes } = yield* WebhookProcessing
    yield* Effect.forEach(lanes, (pass) => forever("webhooks-in", pass), {
      concurrency: "unbounded",
      discard: true
    })
  })
)

/** The same two for refunds: apart, so that neither holds up the other. */
const refundTakeover = once(
  "refund-takeover",
  Effect.gen(function* () {
    const { takeOver } = yield* RefundReconciler
    yield* forever(
      "refund takeover",
      telling(takeOver, (refunds) => (refunds === 0 ? undefined : { takenOver: refunds }), "refunds")
    )
  })
)

const refundReconciliation = once(
  "refund-reconciliation",
  Effect.gen(function* () {
    const { pass } = yield* RefundReconciler
    yield* forever(
      "refund reconciliation",
      telling(pass, (done) => (done.resolved === 0 ? undefined : { ...done }), "refunds")
    )
  })
)

/** Apart from both: a list is long, and what is missing in the books is no hurry of anybody who waits. */
const returnSearch = once(
  "return-search",
  Effect.gen(function* () {
    const { pass } = yield* ReturnSearch
    yield* forever(
      "return search",
      telling(pass, (done) => (done.resolved === 0 ? undefined : { ...done }), "unheard refunds")
    )
  })
)

/** Writes into the log what a pass did, if that is worth a line. */
const telling = <A, E, R>(
  pass: Effect.Effect<A, E, R>,
  worth: (done: A) => Record<string, unknown> | undefined,
  of = "attempts"
): Effect.Effect<A, E, R> =>
  Effect.tap(pass, (done) => {
    const annotations = worth(done)
    return annotations === undefined
      ? Effect.void
      : Effect.logInfo(`${of} reconciled`).pipe(Effect.annotateLogs(annotations))
  })

const delivery = (settings: DeliverySettings) => once("delivery", forever("delivery", deliver(settings)))

/** Events out: what happened becomes deliveries, and those are made; the endpoints that fail are apart. */
const eventsOut = Layer.mergeAll(
  once("fan-out", forever("fan-out", prepareDeliveries)),
  once("webhooks", deliverIn("healthy")),
  once("failing-webhooks", deliverIn("failing"))
)

/** A process that holds no shard has no part in the work. */
const seat = Layer.effectDiscard(
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding
    const { shardsPerGroup } = ShardingConfig.defaults
    const shards = Array.from({ length: shardsPerGroup }, (_, nr) => ShardId.make("default", nr + 1))
    const taken = yield* ClusterSeat
    taken.isTaken = () => shards.some((shard) => sharding.hasShardId(shard))
  })
)

/**
 * How soon a process that died, or stands still, is not counted any more and its work is taken on by another. It tells
 * that it lives every third of that.
 */
const silence = Duration.seconds(9)

/**
 * The work that no request does: expiry, takeover, reconciliation, webhooks in, delivery of events. Each runs once in the
 * cluster, which is every process on one PostgreSQL: who does what is agreed on by locks there, in a schema and a
 * role of its own. Nothing depends on it being once, because every pass claims the rows that it takes.
 */
export const workers = <E>(
  clusterDatabase: Layer.Layer<SqlClient.SqlClient, E>,
  /** What this process is called in the cluster: no other may have it, and after a restart it is the same. */
  process: { readonly host: string; readonly port: number },
  settings: DeliverySettings = deliveryDefaults
): Layer.Layer<
  never,
  E,
  | PaymentLedger
  | Reconciler
  | RefundReconciler
  | ReturnSearch
  | WebhookProcessing
  | ReviewStore
  | ChangeStore
  | Paging
  | Outbox
  | EventConsumers
  | EventDispatcher
  | Digest.Digest
> =>
  Layer.mergeAll(
    expiry,
    takeover,
    reconciliation,
    refundTakeover,
    refundReconciliation,
    returnSearch,
    webhooksIn,
    paging,
    delivery(settings),
    eventsOut,
    seat
  ).pipe(
    Layer.provide(
      quietClosing(
        SingleRunner.layer({
          shardingConfig: {
            runnerAddress: Option.some(RunnerAddress.make(process.host, process.port)),
            shardLockExpiration: silence,
            shardLockRefreshInterval: Duration.divideUnsafe(silence, 3),
            refreshAssignmentsInterval: Duration.seconds(1)
          }
        }).pipe(Layer.orDie)
      )
    ),
    Layer.provide(clusterDatabase)
  )
