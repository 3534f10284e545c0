import { Context, Duration, Effect, Layer, type Redacted, References, Tracer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Statement } from "effect/sql"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { version } from "../version.ts"
import { TellsTrace } from "../layers/transport/trace.ts"
import { headersIn } from "./headersIn.ts"
import { measureInto } from "./measure.ts"
import { Series } from "./metrics.ts"
import { makeServiceTracer } from "./serviceTracer.ts"

export interface TelemetrySettings {
  /** Where an OpenTelemetry collector takes OTLP over HTTP. */
  readonly tracesEndpoint: string | undefined
  /** `name=value`, with commas between. */
  readonly tracesHeaders: Redacted.Redacted | undefined
  /** The part of the traces that is kept, up to 1. */
  readonly tracesSampling: number
  readonly metricsPort: number | undefined
}

/** What was counted in this process; nothing is counted in one that serves no metrics. */
export const Counted = Context.Reference<Series | undefined>("payment-orchestration/telemetry/Counted", {
  defaultValue: () => undefined
})

/** Statements say how long they waited for a connection. */
const waits = Layer.succeed(Statement.SpanPropagationEnabled, true)

/**
 * Traces and metrics of everything that runs within. Where neither is asked for there are no spans at all. The last of
 * them leave the process within three seconds of its end.
 */
export const telemetry = (settings: TelemetrySettings): Layer.Layer<never> => {
  const series = settings.metricsPort === undefined ? undefined : new Series()
  const measure = series === undefined ? undefined : measureInto(series)
  const ours = (exported: Tracer.Tracer | undefined) =>
    makeServiceTracer({
      measure,
      exported:
        exported === undefined
          ? undefined
          : { tracer: exported, perMille: Math.round(settings.tracesSampling * 1000) }
    })
  const counted = Layer.succeed(Counted, series)
  if (settings.tracesEndpoint === undefined) {
    return series === undefined
      ? Layer.merge(counted, Layer.succeed(References.TracerEnabled, false))
      : Layer.mergeAll(counted, waits, Layer.succeed(Tracer.Tracer, ours(undefined)))
  }
  const exporting = OtlpTracer.make({
    url: `${settings.tracesEndpoint}/v1/traces`,
    resource: { serviceName: "payment-orchestration", serviceVersion: version },
    headers: headersIn(settings.tracesHeaders),
    exportInterval: Duration.seconds(2),
    shutdownTimeout: Duration.seconds(3)
  })
  return Layer.mergeAll(
    counted,
    waits,
    Layer.succeed(TellsTrace, true),
    Layer.effect(Tracer.Tracer, Effect.map(exporting, ours)).pipe(
      Layer.provide(
        Layer.mergeAll(OtlpExporter.layerFlusher, OtlpSerialization.layerJson, FetchHttpClient.layer)
      )
    )
  )
}
