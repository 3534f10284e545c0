import { Cause, Clock, Effect, Exit } from "effect"
import { HttpServerError, type HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { RequestFacts } from "./requestFacts.ts"

/** What stands for a path that nobody answers. */
export const noRoute = "(no route)"

export const statusOf = <E>(exit: Exit.Exit<HttpServerResponse.HttpServerResponse, E>): number =>
  Exit.isSuccess(exit) ? exit.value.status : statusOfFailure(exit.cause)

/**
 * One line for each request: what was asked of which route, how it ended, how long it took, who asked. The path
 * stands there as its pattern only, because a caller may write anything into a path.
 */
export const logAccess = <E>(
  request: HttpServerRequest.HttpServerRequest,
  exit: Exit.Exit<HttpServerResponse.HttpServerResponse, E>,
  facts: RequestFacts,
  startedAt: bigint
): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeNanos, (now) =>
    Effect.logInfo("request").pipe(
      Effect.annotateLogs({
        method: request.method,
        path: facts.route ?? noRoute,
        status: statusOf(exit),
        milliseconds: Number((now - startedAt) / 1000n) / 1000,
        ...(facts.principal === undefined ? {} : { principal: facts.principal })
      })
    )
  )

/** 499: the caller hung up; 503: the server is closing. Nothing was sent in either case. */
const statusOfFailure = (cause: Cause.Cause<unknown>): number => (isHangUp(cause) ? 499 : 503)

const isHangUp = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some(
    (reason) => Cause.isInterruptReason(reason) && reason.annotations.has(HttpServerError.ClientAbort.key)
  )
