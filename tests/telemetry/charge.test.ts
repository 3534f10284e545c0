import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { families } from "../../src/telemetry/metrics.ts"
import type { ExportedSpan } from "./collector.ts"
import { callers, canaries, Story } from "./story.ts"

/** The names from a span up to the door, and whose child the door is. */
const wayUp = (spans: ReadonlyArray<ExportedSpan>, from: ExportedSpan): ReadonlyArray<string> => {
  const parent = spans.find(({ spanId }) => spanId === from.parentSpanId)
  return parent === undefined ? [from.name, from.parentSpanId ?? ""] : [from.name, ...wayUp(spans, parent)]
}

/** The lines of a metric. */
const linesOf = (metrics: string, name: string): ReadonlyArray<string> =>
  metrics.split("\n").filter((line) => line.startsWith(`${name}{`))

it.layer(Story.layer, { excludeTestServices: true, timeout: 180_000 })(
  "a server that tells of itself",
  (it) => {
    it.effect("a charge is one trace from the door to the processor and back, and it is its caller's", () =>
      Effect.gen(function* () {
        const { spans: all, session } = yield* Story
        const spans = all.filter(({ traceId }) => traceId === callers.traceId)
        const ways = spans
          .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))
          .filter(({ name }) => ["open_attempt", "record_outcome", "StubProvider.chargeToken"].includes(name))
          .map((span) => wayUp(spans, span))
        const door = ["POST /v1/payment-sessions/:id/confirm", callers.spanId]
        const charge = ["chargeAcrossProviders", "PaymentOrchestrator.confirm", ...door]
        const opened = ["open_attempt", "PaymentLedger.open", ...charge]
        const sent = ["StubProvider.chargeToken", "PaymentProvider.chargeToken", ...charge]
        const recorded = ["record_outcome", "PaymentLedger.record", ...charge]
        assert.deepStrictEqual(ways, [opened, sent, recorded, sent, recorded, sent, recorded])
        assert.deepStrictEqual(
          spans
            .filter(({ name }) => name === "PaymentProvider.chargeToken")
            .map(({ attributes: { provider, mid, outcome } }) => [provider, mid, outcome]),
          [
            ["stub_a", "mid_bio_1", "Declined"],
            ["stub_a", "mid_bio_2", "Declined"],
            ["stub_b", "mid_bio_3", "Captured"]
          ]
        )
        const cascade = spans.find(({ name }) => name === "chargeAcrossProviders")
        assert.strictEqual(cascade?.attributes["session"], session)
      })
    )

    it.effect("an event is delivered in a trace of its own that leads back to what made it true", () =>
      Effect.gen(function* () {
        const { spans, receiver } = yield* Story
        const delivered = spans.find(
          ({ name, links }) => name === "EventDispatcher.deliver" && links[0]?.traceId === callers.traceId
        )
        const cause = spans.find(({ spanId }) => spanId === delivered?.links[0]?.spanId)
        assert.strictEqual(cause?.name, "PaymentLedger.record")
        assert.notStrictEqual(delivered?.traceId, callers.traceId)
        assert.strictEqual(delivered?.attributes["type"], "payment.charged.v1")
        // Whoever receives it is told which trace that is.
        const told = receiver.heard.map(({ headers }) => String(headers["traceparent"]).split("-")[1])
        assert.include(told, delivered?.traceId)
      })
    )

    it.effect("what its caller does not keep is not kept, and no round of a worker begins a trace", () =>
      Effect.gen(function* () {
        const { spans } = yield* Story
        assert.notInclude(
          spans.map(({ traceId }) => traceId),
          "1".repeat(32)
        )
        const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)
        assert.isAbove(roots.length, 5)
        for (const root of roots) assert.match(root, /^(GET|POST) |^EventDispatcher\.deliver$/)
      })
    )

    it.effect("no card, token, customer or word of anybody's is in a span or a label", () =>
      Effect.gen(function* () {
        const { collector, metrics } = yield* Story
        const exported = collector.heard.map(({ body }) => body).join("\n")
        assert.include(exported, "GET (no route)")
        assert.include(exported, "giveBack")
        for (const [what, canary] of Object.entries(canaries)) {
          assert.notInclude(exported, canary, what)
          assert.notInclude(metrics, canary, what)
        }
        for (const { headers } of collector.heard) {
          assert.strictEqual(headers["x-tenant"], "payments")
          assert.strictEqual(headers.authorization, "Bearer of-the-collector")
        }
      })
    )

    it.effect("its metrics count what happened, under names that are listed", () =>
      Effect.gen(function* () {
        const { metrics, atTheDoors } = yield* Story
        assert.strictEqual(atTheDoors, 404, "the doors have no metrics")
        const named = [...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name)
        assert.deepStrictEqual(
          named.filter((name) => !families.some((family) => family.name === name)),
          []
        )
        assert.sameMembers(
          [...linesOf(metrics, "payments_charges_total")],
          [
            'payments_charges_total{provider="stub_a",mid="mid_bio_1",outcome="declined"} 1',
            'payments_charges_total{provider="stub_a",mid="mid_bio_1",outcome="captured"} 1',
            'payments_charges_total{provider="stub_a",mid="mid_bio_2",outcome="declined"} 1',
            'payments_charges_total{provider="stub_b",mid="mid_bio_3",outcome="captured"} 1'
          ]
        )
        assert.deepStrictEqual(linesOf(metrics, "payments_refunds_total"), [
          'payments_refunds_total{provider="stub_b",mid="mid_bio_3",outcome="refunded"} 1'
        ])
        const lines = metrics.split("\n")
        for (const line of [
          'payments_http_requests_total{method="POST",route="/v1/payment-sessions/:id/confirm",status="200"} 2',
          'payments_http_requests_total{method="GET",route="(no route)",status="404"} 2',
          'payments_statement_seconds_count{statement="record_outcome"} 4',
          'payments_deliveries_total{outcome="delivered"} 3',
          "payments_database_up 1",
          "payments_deliveries_dead 0",
          "payments_incidents_open 0"
        ]) {
          assert.include(lines, line)
        }
        for (const worker of ["reconciliation", "delivery", "fan-out", "webhooks-in", "healthy_deliveries"]) {
          assert.include(metrics, `payments_worker_passes_total{worker="${worker}",result="done"}`)
        }
        for (const pool of ["money", "reads", "events"]) {
          assert.include(metrics, `payments_pool_wait_seconds_count{pool="${pool}"}`)
        }
      })
    )

    it.effect("it says that it is ready", () =>
      Effect.gen(function* () {
        const { ready } = yield* Story
        assert.deepStrictEqual(ready, {
          status: 200,
          json: {
            status: "ready",
            server: "serving",
            database: "answers",
            migrations: "current",
            workers: "member"
          }
        })
      })
    )
  }
)
