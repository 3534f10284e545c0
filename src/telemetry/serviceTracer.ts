import { Cause, Exit, Option, Predicate, Tracer } from "effect"
import { statementName } from "./statementName.ts"
import { keepsAttribute } from "./attributes.ts"

export interface ServiceTracerParts {
  /** Where traces go, and how many of a thousand that begin here are kept. */
  readonly exported: { readonly tracer: Tracer.Tracer; readonly perMille: number } | undefined
  /** Is told of every span that ends, kept or not. */
  readonly measure:
    | ((span: Tracer.Span, endTime: bigint, exit: Exit.Exit<unknown, unknown>) => void)
    | undefined
}

type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

/**
 * Spans of this service. A trace begins at a door or with an item that a worker takes on, never with a worker's own
 * rounds; whether one is kept is drawn from its id, and whoever calls may only ask for less. What a span tells is an
 * allow-list: no text that somebody sent, no card, token or customer, and of an error its kind alone.
 */
export const makeServiceTracer = ({ exported, measure }: ServiceTracerParts): Tracer.Tracer =>
  Tracer.make({
    span: (options) => {
      const kept = exported === undefined ? undefined : keptSpan(options, exported.tracer, exported.perMille)
      return careful(kept ?? new Tracer.NativeSpan({ ...options, sampled: false }), measure)
    }
  })

const begins: ReadonlySet<Tracer.SpanKind> = new Set(["server", "consumer", "producer"])

const keptSpan = (options: SpanOptions, tracer: Tracer.Tracer, perMille: number): Tracer.Span | undefined => {
  const within = Option.isSome(options.parent) && options.parent.value._tag === "Span"
  if (!options.sampled || (!within && !begins.has(options.kind))) return undefined
  const span = tracer.span(options)
  // What a kept trace led to is kept.
  const follows = options.links.some((link) => link.span.sampled)
  return within || follows || isDrawn(span.traceId, perMille) ? span : undefined
}

/** By the end of the id, so that all processes draw alike. */
const isDrawn = (traceId: string, perMille: number): boolean =>
  Number.parseInt(traceId.slice(-8), 16) % 1000 < perMille

const careful = (span: Tracer.Span, measure: ServiceTracerParts["measure"]): Tracer.Span => {
  const { name } = span
  const attribute = span.attribute.bind(span)
  const end = span.end.bind(span)
  return Object.assign(span, {
    attribute: (key: string, value: unknown) => {
      if (!keepsAttribute(key, value)) return
      attribute(key, value)
      // Which route and which statement is known only once the span is there.
      if (key === "http.route") Object.assign(span, { name: `${name} ${String(value)}` })
      if (key === "db.query.text") Object.assign(span, { name: statementName(String(value)) })
    },
    event: () => undefined,
    end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => {
      if (span.status._tag === "Ended") return
      measure?.(span, endTime, exit)
      end(endTime, span.sampled ? withoutWords(exit) : exit)
    }
  })
}

/** An error's own words may hold what a caller or a processor said. */
const withoutWords = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return exit
  const kind = kindOf(Cause.squash(exit.cause))
  const error = new Error(kind)
  error.name = kind
  error.stack = kind
  return Exit.fail(error)
}

const kindOf = (error: unknown): string => {
  if (Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag)) return error._tag
  return error instanceof Error ? error.constructor.name : typeof error
}
