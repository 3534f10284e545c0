import { Effect, Layer } from "effect"
import { HttpServerError, HttpServerRequest } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { withoutCardNumber } from "../../kernel/cardNumbers.ts"
import { bodyLimit } from "../bodyLimit.ts"
import { BodyTooLarge, UnsupportedMediaType } from "../doorRefusals.ts"
import { packing, saysJson } from "../jsonType.ts"
import { malformed } from "../malformed.ts"
import * as refusals from "./refusalSchemas.ts"
import { isOfTheRequest } from "./WellFormed.ts"

const taking = (mayBeAbsent: boolean) =>
  Effect.fnUntraced(function* <A, E, R>(httpEffect: Effect.Effect<A, E, R>) {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    if (!(mayBeAbsent && isAbsent(headers))) {
      const contentType = told(headers["content-type"] ?? "")
      if (!saysJson(headers)) return yield* new UnsupportedMediaType({ contentType })
      const packed = packing(headers)
      if (packed !== undefined) return yield* new UnsupportedMediaType({ contentType, packing: told(packed) })
    }
    return yield* httpEffect.pipe(
      Effect.catch((error) => Effect.fail(isOfTheRequest(error) ? malformed(error) : error)),
      // The framework takes a body that cannot be read for a defect.
      Effect.catchDefect((defect) =>
        isTooLarge(defect) ? new BodyTooLarge({ limit: bodyLimit }) : Effect.die(defect)
      )
    )
  })

const told = (header: string): string => withoutCardNumber(header).slice(0, 100)

/** Nothing is sent, and nothing said of it. */
const isAbsent = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  headers["content-type"] === undefined &&
  headers["transfer-encoding"] === undefined &&
  Number(headers["content-length"] ?? 0) === 0

const refusedBodies = [
  refusals.MalformedRequest,
  refusals.BodyTooLarge,
  refusals.UnsupportedMediaType
] as const

/** For endpoints that take a body: it is JSON, not too large, and of the declared shape, or a typed refusal. */
export class JsonBody extends HttpApiMiddleware.Service<JsonBody>()(
  "payment-orchestration/http/api/JsonBody",
  { error: refusedBodies }
) {
  static readonly layer = Layer.succeed(JsonBody, taking(false))
}

/** The same for endpoints to which nothing needs to be said: no body is the one that says nothing, as null. */
export class JsonBodyOrNone extends HttpApiMiddleware.Service<JsonBodyOrNone>()(
  "payment-orchestration/http/api/JsonBodyOrNone",
  { error: refusedBodies }
) {
  static readonly layer = Layer.succeed(JsonBodyOrNone, taking(true))
}

export const isTooLarge = (error: unknown): boolean =>
  HttpServerError.isHttpServerError(error) &&
  error.reason._tag === "RequestParseError" &&
  error.reason.reason === "BodyTooLarge"
