import { assert, it } from "@effect/vitest"
import { Duration, Effect, Exit, Tracer } from "effect"
import { traceparent } from "../../src/layers/transport/trace.ts"
import { exchangeOnce } from "../../src/layers/transport/exchangeOnce.ts"
import { makeServiceTracer } from "../../src/telemetry/serviceTracer.ts"
import { telemetry, type TelemetrySettings } from "../../src/telemetry/telemetry.ts"
import { listen, type Listener, spansIn } from "./collector.ts"

const nothing: TelemetrySettings = {
  tracesEndpoint: undefined,
  tracesHeaders: undefined,
  tracesSampling: 1,
  metricsPort: undefined
}

/** Runs something under these settings, to its end: by then everything is exported. */
const under = <A, E>(settings: Partial<TelemetrySettings>, work: Effect.Effect<A, E>) =>
  Effect.provide(work, telemetry({ ...nothing, ...settings }))

const door = <A, E>(work: Effect.Effect<A, E>) => Effect.withSpan(work, "door", { kind: "server" })

const ask = ({ url }: Listener) =>
  exchangeOnce()({
    method: "POST",
    url: new URL(`${url}/tokens/tok_canary?card=4111111111111111`),
    headers: {},
    body: "canary-body",
    deadline: Duration.seconds(20)
  })

it.live(
  "what goes to a processor says which trace it belongs to, and the span says nothing of its path",
  () =>
    Effect.gen(function* () {
      const [collector, processor] = [yield* listen, yield* listen]
      yield* under({ tracesEndpoint: collector.url }, door(ask(processor)))
      const sent = spansIn(collector).find(({ name }) => name === "POST")
      assert.deepStrictEqual(sent?.attributes, {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        exchanged: "Answered",
        "http.response.status_code": 200
      })
      assert.deepStrictEqual(
        processor.heard.map(({ headers }) => headers["traceparent"]),
        [`00-${sent?.traceId}-${sent?.spanId}-01`]
      )
      assert.notMatch(JSON.stringify(collector.heard), /canary|4111/)
    })
)

it.live("where nobody asked for traces there are none: no span, no header, nothing that is sent", () =>
  Effect.gen(function* () {
    const processor = yield* listen
    const seen = Effect.gen(function* () {
      yield* ask(processor)
      const span = yield* Effect.currentSpan
      return { trace: span.traceId, sampled: span.sampled, header: yield* traceparent }
    })
    // Nor where somebody else's tracer is at work, as in a test.
    yield* door(ask(processor))
    const off = yield* under({}, door(seen))
    assert.deepStrictEqual(off, { trace: "noop", sampled: false, header: undefined })
    // With metrics alone there are spans, which nobody is told of.
    const counted = yield* under({ metricsPort: 1 }, door(seen))
    assert.isFalse(counted.sampled)
    assert.notStrictEqual(counted.trace, "noop")
    assert.strictEqual(counted.header, undefined)
    for (const { headers } of processor.heard) assert.notProperty(headers, "traceparent")
  })
)

it.live("as many traces are kept as the setting says, each as a whole", () =>
  Effect.gen(function* () {
    const charges = Effect.forEach(
      Array.from({ length: 400 }, (_, nr) => nr),
      () => door(Effect.withSpan(Effect.withSpan(Effect.void, "statement"), "charge")),
      { discard: true }
    )
    for (const [sampling, least, most] of [
      [0, 0, 0],
      [0.5, 120, 280],
      [1, 400, 400]
    ] as const) {
      const collector = yield* listen
      yield* under({ tracesEndpoint: collector.url, tracesSampling: sampling }, charges)
      const spans = spansIn(collector)
      const traces = new Set(spans.map(({ traceId }) => traceId))
      assert.isAtLeast(traces.size, least)
      assert.isAtMost(traces.size, most)
      assert.strictEqual(spans.length, traces.size * 3)
    }
  })
)

it.effect("an error tells its kind and none of its words", () =>
  Effect.gen(function* () {
    const ended: Array<Tracer.Span> = []
    const kept = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        ended.push(span)
        return span
      }
    })
    const tracer = makeServiceTracer({ exported: { tracer: kept, perMille: 1000 }, measure: undefined })
    const failing = (error: unknown) => Effect.exit(Effect.withTracer(door(Effect.fail(error)), tracer))
    yield* failing(new RangeError("canary"))
    yield* failing({ _tag: "Refused", message: "canary", card: "4111111111111111" })
    yield* failing("canary")
    const told = ended.map(({ status }) =>
      status._tag === "Ended" && Exit.isFailure(status.exit) ? String(status.exit.cause) : "no failure"
    )
    assert.lengthOf(told, 3)
    for (const [nr, kind] of ["RangeError", "Refused", "string"].entries()) assert.include(told[nr], kind)
    assert.notMatch(told.join(), /canary|4111/)
  })
)

it.live("a collector that is gone keeps nobody waiting and breaks nothing", () =>
  Effect.gen(function* () {
    const answer = yield* under({ tracesEndpoint: "http://127.0.0.1:9" }, door(Effect.succeed("charged")))
    assert.strictEqual(answer, "charged")
  })
)
