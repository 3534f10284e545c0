import { Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import { ApiKeys } from "../../db/ApiKeys.ts"
import { CurrentKey } from "../../kernel/access/Caller.ts"
import { CurrentScope } from "../../kernel/access/Scope.ts"
import { CurrentSeesVolumes, seesVolumes } from "../../kernel/access/volumes.ts"
import { callerOf, CurrentPrincipal } from "../authorization.ts"
import { Forbidden } from "../doorRefusals.ts"
import { needsOfEndpoints, payments } from "./needs.ts"
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
    error: [refusals.Unauthorized, refusals.Forbidden, refusals.RateLimited, refusals.LedgerUnavailable]
  }
) {
  static readonly layer = Layer.effect(
    Authorized,
    Effect.gen(function* () {
      const apiKeys = yield* ApiKeys
      return Authorized.of({
        apiKey: Effect.fnUntraced(function* (httpEffect, { endpoint, group }) {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          const asked = `${group.identifier}.${endpoint.identifier}`
          const caller = yield* callerOf(
            headers["authorization"],
            payments.has(asked) ? "a payment" : "a request"
          ).pipe(Effect.provideService(ApiKeys, apiKeys))
          const need = needsOfEndpoints[asked]
          if (need === undefined)
            return yield* Effect.die(new Error(`${endpoint.path} has no rule that says who may ask`))
          if (!caller.operations.has(need)) return yield* new Forbidden({ missing: [need] })
          return yield* Effect.provideService(httpEffect, CurrentPrincipal, caller.principal).pipe(
            Effect.provideService(CurrentScope, caller.scope),
            Effect.provideService(CurrentSeesVolumes, seesVolumes(caller)),
            Effect.provideService(CurrentKey, caller.key)
          )
        })
      })
    })
  )
}
