import { Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import { ApiKeys } from "../../db/ApiKeys.ts"
import { CurrentPrincipal, principalOf } from "../authorization.ts"
import * as refusals from "./refusalSchemas.ts"

/** Lets in whoever holds an API key, and says who it is. */
export class Authorized extends HttpApiMiddleware.Service<Authorized, { provides: CurrentPrincipal }>()(
  "payment-orchestration/http/api/Authorized",
  {
    security: {
      apiKey: HttpApiSecurity.http({ scheme: "bearer" }).pipe(
        HttpApiSecurity.annotate(OpenApi.Description, "An API key: `Authorization: Bearer <key>`.")
      )
    },
    error: [refusals.Unauthorized, refusals.LedgerUnavailable]
  }
) {
  static readonly layer = Layer.effect(
    Authorized,
    Effect.gen(function* () {
      const apiKeys = yield* ApiKeys
      return Authorized.of({
        apiKey: Effect.fnUntraced(function* (httpEffect) {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          const principal = yield* principalOf(headers["authorization"]).pipe(
            Effect.provideService(ApiKeys, apiKeys)
          )
          return yield* Effect.provideService(httpEffect, CurrentPrincipal, principal)
        })
      })
    })
  )
}
