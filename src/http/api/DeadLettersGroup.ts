import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { WebhookRecord } from "../../kernel/webhooks/WebhookInbox.ts"
import { Authorized } from "./Authorized.ts"
import * as refusals from "./refusalSchemas.ts"
import { WellFormed } from "./WellFormed.ts"

const WebhookAnswer = Schema.Struct(WebhookRecord.fields).annotate({ identifier: "Webhook" })

const DeadLetterPage = Schema.Struct({
  webhooks: Schema.Array(WebhookAnswer),
  next: Schema.NullOr(Schema.String).annotate({
    description: "Give it as `after` to read on; null at the end."
  })
}).annotate({ identifier: "DeadLetterPage" })

const about = (summary: string, description: string) => OpenApi.annotations({ summary, description })

const list = HttpApiEndpoint.get("list", "/", {
  query: {
    first: Schema.optionalKey(
      Schema.FiniteFromString.annotate({ description: "How many: 1 to 100, 20 when it is left out." })
    ),
    after: Schema.optionalKey(
      Schema.String.annotate({ description: "`next` of the page before: only what comes after it." })
    )
  },
  success: DeadLetterPage,
  error: [refusals.InvalidInput, refusals.OperatorsOnly, refusals.LedgerUnavailable]
})
  .middleware(WellFormed)
  .annotateMerge(about("List dead letters", "The newest first, each with what came of its last try."))

const replay = HttpApiEndpoint.post("replay", "/:id/replay", {
  params: { id: Schema.String.annotate({ description: "The webhook's id: `wh_...`." }) },
  success: WebhookAnswer,
  error: [refusals.OperatorsOnly, refusals.UnknownWebhook, refusals.LedgerUnavailable]
}).annotateMerge(
  about(
    "Replay a dead letter",
    "It is tried again, from the beginning of its schedule; of any other webhook nothing is changed. Twice is once."
  )
)

export class DeadLettersGroup extends HttpApiGroup.make("deadLetters")
  .add(list, replay)
  .prefix("/v1/webhook-dead-letters")
  // Added last, so it is asked first: a caller without a key learns nothing else.
  .middleware(Authorized)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Dead letters",
      description:
        "Webhooks of processors that came to nothing, for operators: `unknown` is about no charge of ours, `failed` says what failed, `unreadable` was signed and cannot be read."
    })
  ) {}
