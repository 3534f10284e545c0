import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { OperationsReads } from "../../src/db/operations/OperationsReads.ts"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import { lookedUp, Series } from "../../src/telemetry/metrics.ts"
import { makeScrape } from "../../src/telemetry/scrape.ts"

const quiet = {
  inReview: [{ provider: "stub_a", mid: "mid_bio_1", attempts: 2 }],
  oldestInReview: 61.5,
  inFlight: 0,
  refundsInReview: 0,
  oldestRefundInReview: 0,
  outbox: 0,
  oldestInOutbox: 0,
  deliveriesDue: 0,
  oldestDelivery: 0,
  deliveriesDead: 0,
  subscriptionsFailing: 0,
  webhooksPending: 0,
  oldestWebhook: 0,
  webhooksDead: 0,
  incidents: 0,
  reviews: 0
}

it.live("while the database is gone it says so, and gives out no figure of before for one of now", () =>
  Effect.gen(function* () {
    let answers = true
    const reads = Layer.succeed(OperationsReads, {
      shape: Effect.succeed("current" as const),
      figures: Effect.suspend(() =>
        answers
          ? Effect.succeed(quiet)
          : Effect.fail(new LedgerUnavailable({ operation: "operations_figures", cause: "gone" }))
      )
    })
    // Each has nothing of what the other remembers of the database, but counts into the same series.
    const series = new Series()
    const scrape = Effect.gen(function* () {
      return yield* (yield* makeScrape(series)).scrape
    }).pipe(Effect.scoped, Effect.provide(reads))
    const before = yield* scrape
    assert.include(before, `${lookedUp.databaseUp.name} 1\n`)
    assert.include(before, `${lookedUp.inReview.name}{provider="stub_a",mid="mid_bio_1"} 2\n`)
    assert.include(before, `${lookedUp.oldestInReview.name} 61.5\n`)
    answers = false
    const after = yield* scrape
    assert.include(after, `${lookedUp.databaseUp.name} 0\n`)
    assert.include(after, `${lookedUp.oldestInReview.name} NaN\n`)
    assert.notInclude(after, `${lookedUp.inReview.name}{`)
    assert.include(after, "payments_event_loop_delay_seconds{")
  })
)
