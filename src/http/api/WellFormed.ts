import { Effect, Layer } from "effect"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"
import { malformed } from "../malformed.ts"
import * as refusals from "./refusalSchemas.ts"

/** Headers and parameters are of the declared shape, or the refusal says which is not. */
export class WellFormed extends HttpApiMiddleware.Service<WellFormed>()(
  "payment-orchestration/http/api/WellFormed",
  { error: refusals.MalformedRequest }
) {
  static readonly layer = Layer.succeed(WellFormed, (httpEffect) =>
    httpEffect.pipe(Effect.catch((error) => Effect.fail(isOfTheRequest(error) ? malformed(error) : error)))
  )
}

/** What the framework found wrong with the request, rather than with our own answer. */
export const isOfTheRequest = (error: unknown): error is HttpApiError.HttpApiSchemaError =>
  HttpApiError.HttpApiSchemaError.is(error) && error.kind !== "Body" && error.kind !== "ResponseHeaders"
