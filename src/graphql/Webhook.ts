import { Effect } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { WebhookInbox, type WebhookRecord } from "../kernel/webhooks/WebhookInbox.ts"
import { UnknownWebhook } from "../kernel/webhooks/webhookRefusals.ts"
import { builder } from "./builder.ts"
import { WebhookState, WebhookTrouble } from "./enums.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { Refusal } from "./Refusal.ts"

const Webhook = builder.objectRef<WebhookRecord>("Webhook").implement({
  description: "A webhook of a processor, as it was received. What it was about was asked of the processor.",
  fields: (t) => ({
    webhookId: t.exposeString("id", { description: "The plain id: `wh_1`." }),
    provider: t.exposeString("provider"),
    midId: t.exposeString("mid", { description: "The merchant account whose secret it was signed with." }),
    eventId: t.exposeString("eventId", { description: "The processor's own id of the event." }),
    type: t.exposeString("type", { description: "The processor's own name of what happened." }),
    occurredAt: t.expose("occurredAt", { type: "DateTime", nullable: true }),
    receivedAt: t.expose("receivedAt", { type: "DateTime" }),
    state: t.expose("state", { type: WebhookState }),
    trouble: t.expose("trouble", { type: WebhookTrouble, nullable: true }),
    problem: t.exposeString("problem", { nullable: true, description: "What came of the last try." }),
    tries: t.exposeInt("tries"),
    lastTryAt: t.expose("lastTryAt", { type: "DateTime", nullable: true })
  })
})

const WebhookConnection = builder.connectionObject({ type: Webhook, name: "WebhookConnection" })

builder.queryField("webhookDeadLetters", (t) =>
  t.connection(
    {
      type: Webhook,
      nullable: true,
      description: "Webhooks that an operator has to look at, the newest first. For operators.",
      resolve: async (_root, page, { principal, run }) => {
        const slice = sliceOf("webhook", page)
        const { size, from, after, before } = slice
        const asked = { size, from, after: after?.major, before: before?.major }
        const found = await run(
          WebhookInbox.pipe(
            Effect.flatMap(({ deadLetters }) => deadLetters(principal, asked)),
            adviseOnLedger("readOperations")
          )
        )
        const rows = found.map((node) => ({
          node,
          position: { major: node.id.slice("wh_".length), id: node.id }
        }))
        return connectionOf("webhook", pageOf(slice, rows))
      }
    },
    WebhookConnection
  )
)

const ReplayWebhookPayload = builder
  .objectRef<{ readonly webhook: WebhookRecord }>("ReplayWebhookPayload")
  .implement({ fields: (t) => ({ webhook: t.expose("webhook", { type: Webhook }) }) })

builder.mutationField("replayWebhook", (t) =>
  t.field({
    type: ReplayWebhookPayload,
    description:
      "Tries a dead letter again, from the beginning; of any other webhook it changes nothing. For operators.",
    args: { webhook: t.arg.id({ required: true, description: "`wh_...`" }) },
    errors: {
      types: [OperatorsOnly, UnknownWebhook, LedgerDidNotAnswer],
      union: { name: "ReplayWebhookResult" }
    },
    resolve: async (_root, { webhook }, { principal, run }) => ({
      webhook: await run(
        WebhookInbox.pipe(
          Effect.flatMap(({ replay }) => replay(principal, webhook)),
          adviseOnLedger("operate")
        )
      )
    })
  })
)

builder.objectType(UnknownWebhook, {
  name: "UnknownWebhook",
  interfaces: [Refusal],
  fields: (t) => ({ webhookId: t.exposeString("webhook") })
})

builder.objectType(OperatorsOnly, {
  name: "OperatorsOnly",
  description: "The key is no operator's.",
  interfaces: [Refusal]
})
