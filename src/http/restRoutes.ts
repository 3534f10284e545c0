import { Effect, Layer } from "effect"
import { HttpApiBuilder, OpenApi } from "effect/http-api"
import { Api } from "./api/Api.ts"
import { Authorized } from "./api/Authorized.ts"
import { JsonBody, JsonBodyOrNone } from "./api/JsonBody.ts"
import { withReadiness } from "./api/readiness.ts"
import { WellFormed } from "./api/WellFormed.ts"
import type { CheckoutAddresses } from "./checkout/addresses.ts"
import { deadLetterHandlers } from "./deadLetterHandlers.ts"
import { exampleCards } from "./exampleCards.ts"
import { eventSubscriptionHandlers } from "./eventSubscriptionHandlers.ts"
import { methodsNotAllowed } from "./methodsNotAllowed.ts"
import { paymentSessionHandlers } from "./paymentSessionHandlers.ts"
import { refundHandlers } from "./refundHandlers.ts"
import { reviewHandlers } from "./reviewHandlers.ts"
import { reference } from "./reference.ts"

const serverHandlers = HttpApiBuilder.group(Api, "server", (handlers) =>
  handlers.handle("health", () => Effect.succeed({ status: "ok" as const }))
)

/** The API whose document shows cards of the emulators' vault: the ones that it is written with are the stub's. */
const sandboxed = Api.annotate(OpenApi.Transform, (document) =>
  JSON.parse(JSON.stringify(withReadiness(document)), (key, value) =>
    key === "vaultToken" && value.vaultId === "stub" ? exampleCards({ sandbox: true }).captured : value
  )
)

/**
 * The REST door: the API, its OpenAPI document at `/openapi.json` and its reference at `/docs`.
 * `sandbox`: whether examples are to be of the emulators' vault.
 */
export const restRoutes = (addresses: CheckoutAddresses, { sandbox = false } = {}) => {
  const api = sandbox ? sandboxed : Api
  return Layer.mergeAll(
    HttpApiBuilder.layer(api, { openapiPath: "/openapi.json" }).pipe(
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
    reference(api),
    methodsNotAllowed
  )
}
