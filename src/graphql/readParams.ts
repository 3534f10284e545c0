import { Effect, Predicate, Result, Schema } from "effect"
import type { HttpServerError, HttpServerRequest } from "effect/http"
import { packing, saysJson } from "../http/jsonType.ts"
import { hashOf, namedHash, type TrustedDocuments } from "./trusted/TrustedDocuments.ts"

/** A request that is no question of GraphQL, so that nothing of it was executed. */
export class NotAsked extends Schema.TaggedError<NotAsked>()("NotAsked", {
  status: Schema.Int,
  code: Schema.String,
  message: Schema.String,
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
}) {}

const fromJson = (text: string) => Result.try((): unknown => JSON.parse(text))

/** What was asked, as it stood in a body that has nothing else. */
export interface Posted {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  /** Which types of content the answer may have. */
  readonly accept: string
}

/** A question as the engine is to see it, with what has to be known of it before it is asked. */
export interface Asked {
  readonly request: () => Request
  readonly posted: Posted | undefined
  /** Whether it may declare or confirm a payment. */
  readonly pays: boolean
  /** Whether its document is one of those that are trusted. */
  readonly trusted: boolean
}

/**
 * The request as the engine is to see it: a question in the address, or JSON in a body. Nothing else is taken. A
 * browser sends the other content types to another origin without asking that origin first. A document that is named by
 * its hash stands in its place from here on.
 */
export const readParams = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  publicOrigin: string,
  documents: TrustedDocuments
): Effect.fn.Return<Asked, NotAsked | HttpServerError.HttpServerError> {
  const { accept = "application/json" } = request.headers
  if (request.method === "GET") {
    const url = new URL(request.originalUrl, publicOrigin)
    const params: Record<string, unknown> = Object.fromEntries(url.searchParams)
    for (const name of ["variables", "extensions"]) {
      const sent = url.searchParams.get(name)
      if (sent === null || sent === "") continue
      const read = fromJson(sent)
      if (Result.isFailure(read)) return yield* badRequest(`${name} are not JSON`)
      params[name] = read.success
    }
    const { query, trusted } = yield* documentOf(params, documents)
    if (query !== undefined) url.searchParams.set("query", query)
    url.searchParams.delete("documentId")
    const asked = () => new Request(url, { headers: { accept } })
    return { request: asked, posted: undefined, pays: false, trusted }
  }
  if (request.method !== "POST") {
    return yield* new NotAsked({
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      message: "ask with POST, or with GET for queries",
      headers: { allow: "GET, POST" }
    })
  }
  if (!saysJson(request.headers) || packing(request.headers) !== undefined) {
    return yield* new NotAsked({
      status: 415,
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: "send the content type application/json, in UTF-8 and not packed"
    })
  }
  const sent = yield* request.text
  const read = fromJson(sent)
  if (Result.isFailure(read)) return yield* badRequest("the body is not JSON")
  const { query, trusted, named } = yield* documentOf(read.success, documents)
  const body =
    named && Predicate.isObject(read.success)
      ? JSON.stringify({ ...read.success, documentId: undefined, query })
      : sent
  return {
    request: () =>
      new Request(new URL(request.originalUrl, publicOrigin), {
        method: "POST",
        headers: { accept, "content-type": "application/json" },
        body
      }),
    posted: query === undefined ? undefined : postedOf(read.success, query, accept),
    pays: query !== undefined && paysWith(query),
    trusted
  }
})

const postedOf = (params: unknown, query: string, accept: string): Posted | undefined => {
  if (!isParams(params)) return undefined
  const { variables, operationName } = params
  if (operationName !== undefined && operationName !== null && !Predicate.isString(operationName))
    return undefined
  if (variables !== undefined && variables !== null && !isParams(variables)) return undefined
  if (!Object.keys(params).every((name) => plainParams.has(name))) return undefined
  return { query, operationName: operationName ?? undefined, variables: variables ?? {}, accept }
}

const plainParams: ReadonlySet<string> = new Set(["query", "variables", "operationName", "documentId"])

const isParams = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && !Array.isArray(value)

const badRequest = (message: string) => new NotAsked({ status: 400, code: "BAD_REQUEST", message })

/** The document of a request, which stands in it or is named by its hash. */
const documentOf = Effect.fnUntraced(function* (params: unknown, { byHash }: TrustedDocuments) {
  const sent =
    Predicate.hasProperty(params, "query") && Predicate.isString(params.query) ? params.query : undefined
  const hash = namedHash(params)
  if (hash === undefined) {
    // Nobody pays for a hash whom it tells nothing.
    const trusted = sent !== undefined && byHash.size > 0 && byHash.has(hashOf(sent))
    return { query: sent, trusted, named: false }
  }
  if (sent !== undefined && hashOf(sent) !== hash) {
    return yield* new NotAsked({
      status: 400,
      code: "PERSISTED_QUERY_MISMATCH",
      message: "the hash is not the SHA-256 of the document; send one of them, or both of the same"
    })
  }
  const kept = byHash.get(hash)
  if (kept === undefined && sent === undefined) {
    return yield* new NotAsked({
      status: 400,
      code: "PERSISTED_QUERY_NOT_FOUND",
      message: "no document of this hash is trusted here; send the document itself"
    })
  }
  return { query: kept ?? sent, trusted: kept !== undefined, named: true }
})

/** Whether a document may declare or confirm a payment. A name of GraphQL cannot be written in another way. */
const paysWith = (query: string): boolean => /\b(create|confirm)PaymentSession\b/.test(query)
