import { Effect } from "effect"
import { HttpIncomingMessage, HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { WebhookIntake } from "../kernel/webhooks/WebhookIntake.ts"
import { webhookBodyLimitSize } from "./bodyLimit.ts"
import { MethodNotAllowed } from "./doorRefusals.ts"
import { adviseOnLedger } from "./refusals.ts"
import { refusalResponse } from "./refusalResponse.ts"
import { RequestId } from "./requestId.ts"

const path = "/v1/webhooks/:provider/:mid"

/**
 * Where processors send their webhooks. No API key: the signature over the raw bytes is what lets one in, and it is
 * asked for before anything else is looked at. What is new and what was received before are answered alike.
 */
export const webhookRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const intake = yield* WebhookIntake

    const receive = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const { provider = "", mid = "" } = yield* HttpRouter.params
      const body = new Uint8Array(yield* request.arrayBuffer)
      yield* intake.receive({ provider, mid, headers: request.headers, body })
      return HttpServerResponse.jsonUnsafe({ received: true })
    })

    yield* router.add("POST", path, (request) =>
      receive(request).pipe(
        Effect.provideService(HttpIncomingMessage.MaxBodySize, webhookBodyLimitSize),
        adviseOnLedger("webhook"),
        Effect.catchTag(["NoWebhooksHere", "WebhookNotSigned", "LedgerUnavailable"], (refusal) =>
          Effect.map(RequestId, (requestId) => refusalResponse(refusal, {}, requestId))
        )
      )
    )
    for (const method of ["GET", "PUT", "PATCH", "DELETE"] as const) {
      yield* router.add(
        method,
        path,
        Effect.map(RequestId, (requestId) => {
          const details = { method, allowed: ["POST"] }
          const response = refusalResponse(new MethodNotAllowed(details), details, requestId)
          return HttpServerResponse.setHeader(response, "allow", "POST")
        })
      )
    }
  })
)
