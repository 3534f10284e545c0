import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { DeadLettersGroup } from "./DeadLettersGroup.ts"
import { EventSubscriptionsGroup } from "./EventSubscriptionsGroup.ts"
import { withReadiness } from "./readiness.ts"
import { RefundsGroup } from "./RefundsGroup.ts"
import { ReviewsGroup } from "./ReviewsGroup.ts"
import { PaymentSessionsGroup } from "./PaymentSessionsGroup.ts"

class ServerGroup extends HttpApiGroup.make("server")
  .add(
    HttpApiEndpoint.get("health", "/health", {
      success: Schema.Struct({ status: Schema.Literal("ok") })
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Whether the process lives",
        description: "Needs no key and asks nobody else; it says nothing about the database."
      })
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Server" })) {}

const description = `Moves money for every brand and company of the group, over several processors, exactly once.

1. Declare a payment: \`POST /v1/payment-sessions\`.
2. Confirm it with a vault token: \`POST /v1/payment-sessions/{id}/confirm\`.
3. When it is \`settled\`, claim the fulfilment and fulfil on \`first\`.
4. To give money back: \`POST /v1/payment-sessions/{id}/refunds\`.
5. To be told what happens, subscribe to events: \`POST /v1/event-subscriptions\`.

Every error has one shape: \`error.code\`, \`field\`, \`message\`, \`details\`, \`requestId\`. An outcome that nobody knows yet is called \`in_review\`, never failed. Amounts are whole minor units (cents, yen). Send your own \`X-Request-Id\` to find a request again in the log; every answer carries one.`

/** The REST API; its reference and its OpenAPI document are made from this. */
export class Api extends HttpApi.make("payment-orchestration")
  .add(
    PaymentSessionsGroup,
    RefundsGroup,
    EventSubscriptionsGroup,
    ReviewsGroup,
    DeadLettersGroup,
    ServerGroup
  )
  .annotateMerge(
    OpenApi.annotations({
      title: "Payment orchestration",
      version: "1",
      description,
      transform: withReadiness
    })
  ) {}
