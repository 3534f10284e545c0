import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Reviews } from "../kernel/reviews/Reviews.ts"
import { Api } from "./api/Api.ts"
import { CurrentPrincipal } from "./authorization.ts"
import { adviseOnLedger } from "./refusals.ts"

/** Each endpoint hands over to one method of the kernel's service. */
export const reviewHandlers = HttpApiBuilder.group(
  Api,
  "reviews",
  Effect.fn(function* (handlers) {
    const reviews = yield* Reviews
    return handlers.handleAll({
      request: Effect.fnUntraced(function* ({ payload }) {
        return yield* reviews.request(yield* CurrentPrincipal, payload)
      }, adviseOnLedger("operate")),

      get: Effect.fnUntraced(function* ({ params }) {
        return yield* reviews.get(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("readOperations")),

      approve: Effect.fnUntraced(function* ({ params }) {
        return yield* reviews.approve(yield* CurrentPrincipal, params.id)
      }, adviseOnLedger("operate")),

      reject: Effect.fnUntraced(function* ({ params, payload }) {
        return yield* reviews.reject(yield* CurrentPrincipal, params.id, payload.reason)
      }, adviseOnLedger("operate"))
    })
  })
)
