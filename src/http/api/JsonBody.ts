import { Effect, Layer } from "effect"
import { HttpServerError, HttpServerRequest } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { withoutCardNumber } from "../../kernel/cardNumbers.ts"
import { bodyLimit } from "../bodyLimit.ts"
import { BodyTooLarge, UnsupportedMediaType } from "../doorRefusals.ts"
import { malformed } from "../malformed.ts"
import * as refusals from "./refusalSchemas.ts"
import { isOfTheRequest } from "./WellFormed.ts"

/** For endpoints that take a body: it is JSON, not too large, and of the declared shape, or a typed refusal. */
export class JsonBody extends HttpApiMiddleware.Service<JsonBody>()(
  "payment-orchestration/http/api/JsonBody",
  {
    error: [refusals.MalformedRequest, refusals.BodyTooLarge, refusals.UnsupportedMediaType]
  }
) {
  static readonly layer = Layer.succeed(
    JsonBody,
    Effect.fnUntraced(function* (httpEffect) {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const contentType = headers["content-type"] ?? ""
      if (!/^application\/json *(;|$)/i.test(contentType)) {
        return yield* new UnsupportedMediaType({ contentType: withoutCardNumber(contentType).slice(0, 100) })
      }
      return yield* httpEffect.pipe(
        Effect.catch((error) => Effect.fail(isOfTheRequest(error) ? malformed(error) : error)),
        // The framework takes a body that cannot be read for a defect.
        Effect.catchDefect((defect) =>
          isTooLarge(defect) ? new BodyTooLarge({ limit: bodyLimit }) : Effect.die(defect)
        )
      )
    })
  )
}

export const isTooLarge = (error: unknown): boolean =>
  HttpServerError.isHttpServerError(error) &&
  error.reason._tag === "RequestParseError" &&
  error.reason.reason === "BodyTooLarge"
