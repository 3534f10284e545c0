import { Cause, Clock, Effect, type Exit, Option, type Types } from "effect"
import { SecureRandom } from "effect/crypto"
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { IncomingMessage } from "node:http"
import { traceparent } from "../layers/transport/trace.ts"
import { logAccess, noRoute, statusOf } from "./accessLog.ts"
import { bodyLimitOf, bodyLimitSize } from "./bodyLimit.ts"
import { Closing } from "./closing.ts"
import { BodyTooLarge, Internal, MalformedRequest, RouteNotFound } from "./doorRefusals.ts"
import { graphqlRefusal } from "./graphqlBody.ts"
import { refusalResponse } from "./refusalResponse.ts"
import { RequestFacts } from "./requestFacts.ts"
import { RequestId, requestIdOf } from "./requestId.ts"
import { withSecurityHeaders } from "./securityHeaders.ts"

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>

/**
 * What every request passes, whichever door it knocks at: it gets an id, its body is limited, what goes wrong
 * becomes the one error body with the cause in the log only, and one line of the log tells how it ended.
 */
export const guard = HttpRouter.middleware(
  Effect.gen(function* () {
    const random = yield* SecureRandom.SecureRandom
    const closing = yield* Closing
    return Effect.fnUntraced(function* (app: App) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const id = yield* requestIdOf(request.headers["x-request-id"]).pipe(
        Effect.provideService(SecureRandom.SecureRandom, random)
      )
      const facts: RequestFacts = {}
      const trace = yield* traceparent
      const startedAt = yield* Clock.currentTimeNanos
      const admitted: App = announcesTooMuch(request)
        ? Effect.succeed(tooLargeFor(request, id))
        : isForTwoHosts(request)
          ? Effect.succeed(twoHostsFor(request, id))
          : Effect.onExit(app, () => noteRoute(facts))
      return yield* admitted.pipe(
        Effect.catchCause((cause): App => answerFor(cause, request, id)),
        Effect.map((response) => finished(response, id, closing.now, facts)),
        Effect.onExit((exit) => logAccess(request, exit, facts, startedAt)),
        Effect.onExit((exit) => tellSpan(request, exit, facts)),
        Effect.provideService(RequestId, id),
        Effect.provideService(RequestFacts, facts),
        Effect.provideService(HttpIncomingMessage.MaxBodySize, bodyLimitSize),
        Effect.annotateSpans("requestId", id),
        Effect.annotateLogs({ requestId: id, ...(trace === undefined ? {} : { trace: trace.slice(3, 35) }) })
      )
    })
  }),
  { global: true }
)

/** What the request's span says of it. */
const tellSpan = <E>(
  { method }: HttpServerRequest.HttpServerRequest,
  exit: Exit.Exit<HttpServerResponse.HttpServerResponse, E>,
  { route = noRoute }: RequestFacts
): Effect.Effect<void> =>
  Effect.annotateCurrentSpan({
    "http.request.method": method,
    "http.route": route,
    "http.response.status_code": statusOf(exit)
  })

const isForGraphql = (url: string): boolean => /^\/graphql(\?|$)/.test(url)

/** Each door says it in its own shape. */
const tooLargeFor = ({ url }: HttpServerRequest.HttpServerRequest, requestId: string) => {
  const tooLarge = new BodyTooLarge({ limit: bodyLimitOf(url) })
  return isForGraphql(url)
    ? graphqlRefusal({ status: 413, code: "BODY_TOO_LARGE", message: tooLarge.message, requestId })
    : refusalResponse(tooLarge, { limit: tooLarge.limit }, requestId)
}

/** Node keeps the first of them, and something in between may have gone by the other one. */
const isForTwoHosts = ({ source }: HttpServerRequest.HttpServerRequest): boolean =>
  source instanceof IncomingMessage &&
  source.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length > 1

const twoHostsFor = ({ url }: HttpServerRequest.HttpServerRequest, requestId: string) => {
  const twice = new MalformedRequest({ problems: [{ field: "Host", problem: "is sent more than once" }] })
  return isForGraphql(url)
    ? graphqlRefusal({ status: 400, code: "BAD_REQUEST", message: twice.message, requestId })
    : refusalResponse(twice, { problems: twice.problems }, requestId)
}

const announcesTooMuch = ({ url, headers }: HttpServerRequest.HttpServerRequest): boolean =>
  Number(headers["content-length"] ?? 0) > bodyLimitOf(url)

/** The router leaves the route that it found in the request's own context, which is still there when it ends. */
const noteRoute = (facts: RequestFacts): Effect.Effect<void> =>
  Effect.map(Effect.serviceOption(HttpRouter.RouteContext), (found) => {
    if (Option.isSome(found)) facts.route = found.value.route.path
  })

const finished = (
  response: HttpServerResponse.HttpServerResponse,
  id: string,
  closing: boolean,
  { retryAfterSeconds }: RequestFacts
) =>
  HttpServerResponse.setHeaders(withSecurityHeaders(response), {
    "x-request-id": id,
    // A stop waits for all connections: one that is kept alive would hold it up, for as long as somebody uses it.
    ...(closing ? { connection: "close" } : {}),
    ...(response.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(response.status === 429 && retryAfterSeconds !== undefined
      ? { "retry-after": String(retryAfterSeconds) }
      : {})
  })

/** What no endpoint declared. Interruption stays what it is: there is nobody to answer. */
const answerFor = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest,
  id: string
): App => {
  if (Cause.hasInterruptsOnly(cause))
    return Effect.failCause(Cause.fromReasons(cause.reasons.filter(Cause.isInterruptReason)))
  const error = Cause.squash(cause)
  if (HttpServerResponse.isHttpServerResponse(error)) return Effect.succeed(error)
  if (HttpServerError.isHttpServerError(error)) {
    if (error.reason._tag === "RouteNotFound") {
      return Effect.succeed(refusalResponse(new RouteNotFound(), {}, id))
    }
    if (error.reason._tag === "RequestParseError") {
      return Effect.succeed(
        error.reason.reason === "BodyTooLarge"
          ? tooLargeFor(request, id)
          : refusalResponse(unreadable, { problems: unreadable.problems }, id)
      )
    }
  }
  return Effect.as(Effect.logError("a request broke", cause), refusalResponse(new Internal(), {}, id))
}

const unreadable = new MalformedRequest({
  problems: [{ field: null, problem: "could not be read to its end" }]
})
