import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { eventMeanings } from "../../kernel/events/eventTypes.ts"
import { EventType } from "../../kernel/Outbox.ts"
import { retryDelays } from "../../kernel/events/retrySchedule.ts"
import { Authorized } from "./Authorized.ts"
import {
  DeliveryAnswer,
  DeliveryPage,
  ReplayAsked,
  RotationAsked,
  SecretRotated,
  SubscriptionAnswer,
  SubscriptionAsked,
  SubscriptionCreated,
  SubscriptionList
} from "./eventAnswers.ts"
import { JsonBody, JsonBodyOrNone } from "./JsonBody.ts"
import * as refusals from "./refusalSchemas.ts"
import { WellFormed } from "./WellFormed.ts"
import { inWords } from "../durations.ts"

const params = { id: Schema.String.annotate({ description: "The subscription's id: `es_...`." }) }
const deliveryParams = {
  ...params,
  delivery: Schema.String.annotate({ description: "The delivery's id: `ed_...`." })
}

const ofOne = [refusals.UnknownSubscription, refusals.LedgerUnavailable] as const
const about = (summary: string, description: string) => OpenApi.annotations({ summary, description })

const create = HttpApiEndpoint.post("create", "/", {
  payload: SubscriptionAsked,
  success: SubscriptionCreated,
  error: [
    refusals.InvalidInput,
    refusals.UnknownEntity,
    refusals.UnknownBrand,
    refusals.BrandNotOfEntity,
    refusals.AddressNotAllowed,
    refusals.AlreadySubscribed,
    refusals.TooManySubscriptions,
    refusals.SecretsNotKept,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(
    about(
      "Subscribe to events",
      "Answers the secret that verifies what you are sent; it is shown this once. You are told of what happens from then on. One address is subscribed once."
    )
  )

const list = HttpApiEndpoint.get("list", "/", {
  success: SubscriptionList,
  error: refusals.LedgerUnavailable
}).annotateMerge(about("List your subscriptions", "The newest first. Those of other apps are not there."))

const get = HttpApiEndpoint.get("get", "/:id", {
  params,
  success: SubscriptionAnswer,
  error: ofOne
}).annotateMerge(about("Read a subscription", "Whether it is active, and since when it fails if it does."))

const remove = HttpApiEndpoint.delete("remove", "/:id", {
  params,
  success: HttpApiSchema.NoContent,
  error: ofOne
}).annotateMerge(
  about(
    "Remove a subscription",
    "Nothing is sent to it any more, and its secrets are deleted. It does not come back."
  )
)

const rotate = HttpApiEndpoint.post("rotate", "/:id/secret", {
  params,
  payload: [Schema.Null, RotationAsked],
  success: SecretRotated,
  error: [refusals.InvalidInput, refusals.SecretsNotKept, ...ofOne]
})
  .middleware(JsonBodyOrNone)
  .annotateMerge(
    about(
      "Exchange the secret",
      "The new one is shown this once. The body may be left out. For the overlap every event is signed with both, so no event is lost while you exchange them."
    )
  )

const disable = HttpApiEndpoint.post("disable", "/:id/disable", {
  params,
  success: SubscriptionAnswer,
  error: ofOne
}).annotateMerge(about("Disable a subscription", "Nothing is sent until it is enabled again. Twice is once."))

const enable = HttpApiEndpoint.post("enable", "/:id/enable", {
  params,
  success: SubscriptionAnswer,
  error: ofOne
}).annotateMerge(
  about(
    "Enable a subscription",
    "What was on its way goes on. What happened while it was disabled comes by a replay. Twice is once."
  )
)

const deliveries = HttpApiEndpoint.get("deliveries", "/:id/deliveries", {
  params,
  query: {
    first: Schema.optionalKey(
      Schema.FiniteFromString.annotate({ description: "How many: 1 to 100, 20 when it is left out." })
    ),
    after: Schema.optionalKey(
      Schema.String.annotate({ description: "`next` of the page before: only what comes after it." })
    ),
    undelivered: Schema.optionalKey(
      Schema.Literals(["true", "false"]).annotate({ description: "Only what was not received." })
    )
  },
  success: DeliveryPage,
  error: [refusals.InvalidInput, ...ofOne]
})
  .middleware(WellFormed)
  .annotateMerge(about("List deliveries", "The newest event first, each with what came of its last try."))

const replayDelivery = HttpApiEndpoint.post("replayDelivery", "/:id/deliveries/:delivery/replay", {
  params: deliveryParams,
  success: DeliveryAnswer,
  error: [refusals.UnknownDelivery, refusals.SubscriptionDisabled, ...ofOne]
}).annotateMerge(
  about("Replay a delivery", "Sends it once more, whatever became of it, under the same `webhook-id`.")
)

const replay = HttpApiEndpoint.post("replay", "/:id/replay", {
  params,
  payload: ReplayAsked,
  success: SubscriptionAnswer,
  error: [refusals.InvalidInput, refusals.SubscriptionDisabled, ...ofOne]
})
  .middleware(JsonBody)
  .annotateMerge(
    about(
      "Replay everything since a time",
      "Also what happened while the subscription was disabled. It is worked off in the background: `replayingSince` is there until then."
    )
  )

const types = EventType.literals.map((type) => `| \`${type}\` | ${eventMeanings[type]} |`)

const description = `What happens is told to the apps that subscribed, as signed webhooks in the form of [Standard Webhooks](https://www.standardwebhooks.com): a POST of \`{ "id", "type", "timestamp", "data" }\` with the headers \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\`. Verify each with the secret of the subscription and a library of that standard.

| type | told when |
|---|---|
${types.join("\n")}

\`data\` has \`session\`, \`entity\`, \`brand\`, \`customer\`, \`category\`, \`amount\` (minor units), \`currency\`, \`orderReference\` if there is one, and of a charge \`attempt\`, \`mid\`, \`provider\`, \`processorReference\`, \`reason\` and \`source\`. A refund adds \`refund\`, \`kind\`, \`refundAmount\` and \`refundReference\`; one without \`refund\` was made at the processor, by somebody who did not ask here. A dispute adds \`dispute\`, \`state\` and \`disputeAmount\`. Card data is never in it. Take no notice of fields that you do not know: there may be more later.

**Answer 2xx within 15 seconds**, and do your work afterwards. Everything else is a failure, redirects included. A failure is tried again after ${retryDelays.map(inWords).join(", ")}, a little later each time so that not everything comes at once. 410 disables the subscription at once, five days of nothing but failures do too.

**Delivered at least once, in no promised order**: dedupe by \`webhook-id\`, which is the same at every try and every replay, and read the session when you need to know where it stands. Fulfil by claiming the fulfilment, never by the event alone.`

export class EventSubscriptionsGroup extends HttpApiGroup.make("eventSubscriptions")
  .add(create, list, get, remove, rotate, disable, enable, deliveries, replayDelivery, replay)
  .prefix("/v1/event-subscriptions")
  // Added last, so it is asked first: a caller without a key learns nothing else.
  .middleware(Authorized)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(OpenApi.annotations({ title: "Event subscriptions", description })) {}
