import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "./api/Api.ts"
import { Authorized } from "./api/Authorized.ts"
import { JsonBody } from "./api/JsonBody.ts"
import { WellFormed } from "./api/WellFormed.ts"
import { eventSubscriptionHandlers } from "./eventSubscriptionHandlers.ts"
import { methodsNotAllowed } from "./methodsNotAllowed.ts"
import { paymentSessionHandlers } from "./paymentSessionHandlers.ts"
import { refundHandlers } from "./refundHandlers.ts"
import { reviewHandlers } from "./reviewHandlers.ts"
import { reference } from "./reference.ts"

const serverHandlers = HttpApiBuilder.group(Api, "server", (handlers) =>
  handlers.handle("health", () => Effect.succeed({ status: "ok" as const }))
)

/**
 * The REST door: the API, its OpenAPI document at `/openapi.json` and its reference at `/docs`.
 * `publicOrigin`: where customers reach this server, without a slash at the end: `http://127.0.0.1:4000`.
 */
export const restRoutes = (settings: { readonly publicOrigin: string }) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide([
        paymentSessionHandlers(settings),
        refundHandlers,
        eventSubscriptionHandlers,
        reviewHandlers,
        serverHandlers
      ]),
      Layer.provide([Authorized.layer, JsonBody.layer, WellFormed.layer])
    ),
    reference,
    methodsNotAllowed
  )
