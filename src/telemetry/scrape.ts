import { Clock, Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { OperationsReads } from "../db/operations/OperationsReads.ts"
import { version } from "../version.ts"
import { lookedUp, ofProcess, type Series } from "./metrics.ts"

/** The metrics of this process as Prometheus reads them, with what the database says at that moment. */
export const makeScrape = Effect.fnUntraced(function* (series: Series) {
  const reads = yield* OperationsReads
  const delays = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const monitor = monitorEventLoopDelay({ resolution: 20 })
      monitor.enable()
      return monitor
    }),
    (monitor) => Effect.sync(() => monitor.disable())
  )
  series.note(ofProcess.build, { version, node: process.versions.node }, 1)
  series.note(ofProcess.started, {}, (yield* Clock.currentTimeMillis) / 1000)

  const look = Effect.gen(function* () {
    const figures = yield* Effect.option(reads.figures)
    series.forget(lookedUp.inReview)
    if (figures._tag === "None") {
      series.note(lookedUp.databaseUp, {}, 0)
      // Nobody knows: a figure of before would be taken for one of now.
      for (const key of plain) series.note(lookedUp[key], {}, Number.NaN)
      return
    }
    series.note(lookedUp.databaseUp, {}, 1)
    for (const key of plain) series.note(lookedUp[key], {}, figures.value[key])
    for (const { provider, mid, attempts } of figures.value.inReview) {
      series.note(lookedUp.inReview, { provider, mid }, attempts)
    }
  })

  const ofItself = Effect.sync(() => {
    for (const [quantile, percentile] of quantiles) {
      series.note(ofProcess.eventLoopDelay, { quantile }, delays.percentile(percentile) / 1e9)
    }
    delays.reset()
    series.note(ofProcess.memory, {}, process.memoryUsage.rss())
    const { user, system } = process.cpuUsage()
    series.note(ofProcess.cpu, {}, (user + system) / 1e6)
  })

  // However many look at it, the database is asked every other second at most.
  const looked = yield* Effect.cachedWithTTL(look, "2 seconds")
  const scrape = Effect.andThen(looked, ofItself).pipe(
    Effect.andThen(Effect.sync(() => PrometheusMetrics.formatUnsafe(series.context)))
  )
  return { scrape }
})

const quantiles = [
  ["0.5", 50],
  ["0.99", 99],
  ["1", 100]
] as const

const plain = [
  "oldestInReview",
  "inFlight",
  "refundsInReview",
  "oldestRefundInReview",
  "outbox",
  "oldestInOutbox",
  "deliveriesDue",
  "oldestDelivery",
  "deliveriesDead",
  "subscriptionsFailing",
  "webhooksPending",
  "oldestWebhook",
  "webhooksDead",
  "incidents",
  "reviews"
] as const
