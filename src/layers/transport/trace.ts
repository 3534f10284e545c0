import { Context, Effect, Option } from "effect"
import { HttpTraceContext } from "effect/http"

/** Whether what leaves this process says which trace it belongs to. Only where traces are exported. */
export const TellsTrace = Context.Reference<boolean>("payment-orchestration/layers/transport/TellsTrace", {
  defaultValue: () => false
})

/** The `traceparent` of the work under way; none outside of a trace, and none in one that is not kept. */
export const traceparent: Effect.Effect<string | undefined> = Effect.gen(function* () {
  if (!(yield* TellsTrace)) return undefined
  const span = Option.getOrUndefined(yield* Effect.option(Effect.currentSpan))
  return span?.sampled === true ? HttpTraceContext.toHeaders(span)["traceparent"] : undefined
})
