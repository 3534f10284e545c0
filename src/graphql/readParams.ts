import { Effect, Predicate, Result, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"

/** A request that is no question of GraphQL, so that nothing of it was executed. */
export class NotAsked extends Schema.TaggedError<NotAsked>()("NotAsked", {
  status: Schema.Int,
  code: Schema.String,
  message: Schema.String,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
}) {}

const jsonType = /^application\/json\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?$/i

const fromJson = (text: string) => Result.try((): unknown => JSON.parse(text))

/**
 * The request as the engine is to see it: a question in the address, or JSON in a body. Nothing else is taken. A
 * browser sends the other content types to another origin without asking that origin first.
 */
export const readParams = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  publicOrigin: string
) {
  const url = new URL(request.originalUrl, publicOrigin)
  const { accept = "application/json", "content-type": contentType = "" } = request.headers
  if (request.method === "GET") {
    for (const name of ["variables", "extensions"]) {
      const sent = url.searchParams.get(name)
      if (sent !== null && sent !== "" && Result.isFailure(fromJson(sent)))
        return yield* badRequest(`${name} are not JSON`)
    }
    return { request: new Request(url, { headers: { accept } }), pays: false }
  }
  if (request.method !== "POST") {
    return yield* new NotAsked({
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      message: "ask with POST, or with GET for queries",
      headers: { allow: "GET, POST" }
    })
  }
  if (!jsonType.test(contentType)) {
    return yield* new NotAsked({
      status: 415,
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: "send the content type application/json, in UTF-8"
    })
  }
  const body = yield* request.text
  const read = fromJson(body)
  if (Result.isFailure(read)) return yield* badRequest("the body is not JSON")
  const headers = { accept, "content-type": "application/json" }
  return { request: new Request(url, { method: "POST", headers, body }), pays: paysWith(read.success) }
})

const badRequest = (message: string) => new NotAsked({ status: 400, code: "BAD_REQUEST", message })

/** Whether a document may declare or confirm a payment. A name of GraphQL cannot be written in another way. */
const paysWith = (params: unknown): boolean =>
  Predicate.hasProperty(params, "query") &&
  Predicate.isString(params.query) &&
  /\b(create|confirm)PaymentSession\b/.test(params.query)
