import { Effect, Schema, type Scope } from "effect"
import { createServer, type IncomingHttpHeaders } from "node:http"

const Value = Schema.Struct({
  stringValue: Schema.optionalKey(Schema.NullOr(Schema.String)),
  intValue: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Number])))
})
const Attribute = Schema.Struct({ key: Schema.String, value: Value })
const Exported = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String),
  name: Schema.String,
  kind: Schema.Number,
  startTimeUnixNano: Schema.String,
  attributes: Schema.Array(Attribute),
  links: Schema.Array(Schema.Struct({ traceId: Schema.String, spanId: Schema.String }))
})
const Body = Schema.fromJsonString(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({
        resource: Schema.Struct({ attributes: Schema.Array(Attribute) }),
        scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Exported) }))
      })
    )
  })
)

export interface ExportedSpan extends Omit<typeof Exported.Type, "attributes"> {
  readonly attributes: Readonly<Record<string, string | number>>
}

/** Somebody on loopback to whom things are sent over HTTP. */
export interface Listener {
  readonly url: string
  readonly heard: ReadonlyArray<{ readonly headers: IncomingHttpHeaders; readonly body: string }>
}

export const listen: Effect.Effect<Listener, never, Scope.Scope> = Effect.gen(function* () {
  const heard: Array<{ readonly headers: IncomingHttpHeaders; readonly body: string }> = []
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const listening = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") })
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      })
      listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
    }),
    (listening) =>
      Effect.callback<void>((resume) => {
        listening.closeAllConnections()
        listening.close(() => resume(Effect.void))
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, heard }
})

/** The spans that a collector was sent so far. */
export const spansIn = ({ heard }: Listener): ReadonlyArray<ExportedSpan> =>
  heard.flatMap(({ body }) =>
    decode(body).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({ ...span, attributes: plain(span.attributes) }))
      )
    )
  )

const decode = Schema.decodeUnknownSync(Body)

const plain = (attributes: ReadonlyArray<typeof Attribute.Type>): Record<string, string | number> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""] as const)
  )
