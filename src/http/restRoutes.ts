import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "./api/Api.ts"
import { Authorized } from "./api/Authorized.ts"
import { JsonBody, JsonBodyOrNone } from "./api/JsonBody.ts"
import { WellFormed } from "./api/WellFormed.ts"
import type { CheckoutAddresses } from "./checkout/addresses.ts"
import { deadLetterHandlers } from "./deadLetterHandlers.ts"
import { eventSubscriptionHandlers } from "./eventSubscriptionHandlers.ts"
import { methodsNotAllowed } from "./methodsNotAllowed.ts"
import { paymentSessionHandlers } from "./paymentSessionHandlers.ts"
import { refundHandlers } from "./refundHandlers.ts"
import { reviewHandlers } from "./reviewHandlers.ts"
import { reference } from "./reference.ts"

const serverHandlers = HttpApiBuilder.group(Api, "server", (handlers) =>
  handlers.handle("health", () => Effect.succeed({ status: "ok" as const }))
)

/** The REST door: the API, its OpenAPI document at `/openapi.json` and its reference at `/docs`. */
export const restRoutes = (addresses: CheckoutAddresses) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide([
        paymentSessionHandlers(addresses),
        refundHandlers,
        eventSubscriptionHandlers,
        reviewHandlers,
        deadLetterHandlers,
        serverHandlers
      ]),
      Layer.provide([Authorized.layer, JsonBody.layer, JsonBodyOrNone.layer, WellFormed.layer])
    ),
    reference,
    methodsNotAllowed
  )
