import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { WebhookInbox } from "../kernel/webhooks/WebhookInbox.ts"
import { Api } from "./api/Api.ts"
import { CurrentPrincipal } from "./authorization.ts"
import { pageOf, positionOf, sizeOf } from "./paging.ts"
import { adviseOnLedger } from "./refusals.ts"

/** Each endpoint hands over to one method of the kernel's inbox. */
export const deadLetterHandlers = HttpApiBuilder.group(
  Api,
  "deadLetters",
  Effect.fn(function* (handlers) {
    const inbox = yield* WebhookInbox
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const size = yield* sizeOf(query.first)
        const after = yield* positionOf(query.after)
        const found = yield* inbox.deadLetters(yield* CurrentPrincipal, { size, from: "start", after })
        const { rows, next } = pageOf(found, size, ({ id }) => id.slice("wh_".length))
        return { webhooks: rows, next }
      }, adviseOnLedger("readOperations")),

      replay: Effect.fnUntraced(function* ({ params }) {
        return yield* inbox.replay(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("operate"))
    })
  })
)
