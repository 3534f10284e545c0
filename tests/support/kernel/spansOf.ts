import { Effect, Tracer } from "effect"

/** The names of the spans that some work opens. */
export const spansOf = Effect.fnUntraced(function* <A, E>(work: Effect.Effect<A, E>) {
  const names: Array<string> = []
  const tracer = Tracer.make({
    span: (options) => {
      names.push(options.name)
      return new Tracer.NativeSpan(options)
    }
  })
  yield* Effect.ignore(Effect.withTracer(work, tracer))
  return names
})
