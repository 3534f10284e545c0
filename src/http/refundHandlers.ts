import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import type { Refund } from "../kernel/refunds/Refund.ts"
import { Refunds } from "../kernel/refunds/Refunds.ts"
import { Api } from "./api/Api.ts"
import { CurrentPrincipal } from "./authorization.ts"
import { adviseOnLedger } from "./refusals.ts"
import { meaningOfRefund } from "./refundWords.ts"

const told = (refund: Refund) => ({ ...refund, message: meaningOfRefund(refund) })

/** Each endpoint hands over to one method of the kernel's service. */
export const refundHandlers = HttpApiBuilder.group(
  Api,
  "refunds",
  Effect.fn(function* (handlers) {
    const refunds = yield* Refunds
    return handlers.handleAll({
      // It is given back in the service's own scope, so a caller who hangs up changes nothing.
      create: Effect.fnUntraced(function* ({ headers, params, payload }) {
        const by = yield* CurrentPrincipal
        const idempotencyKey = headers["idempotency-key"]
        return told(yield* refunds.refund(params.id, { by, idempotencyKey, body: payload }))
      }, adviseOnLedger("refund")),

      list: Effect.fnUntraced(function* ({ params }) {
        const { captures, disputes, refunds: found } = yield* refunds.ofSession(params.id)
        return {
          refunds: found.map(told),
          disputes,
          captures: captures.map(({ processorReference, mid, captured, refundable, blocked }) => ({
            processorReference,
            mid,
            money: captured,
            refundable,
            ...(blocked === undefined ? {} : { blocked })
          }))
        }
      }, adviseOnLedger("read"))
    })
  })
)
