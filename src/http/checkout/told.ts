import { Effect } from "effect"
import type { HttpServerResponse } from "effect/http"
import { refusalResponse } from "../refusalResponse.ts"
import { RequestId } from "../requestId.ts"

type Refusal = Parameters<typeof refusalResponse>[0]

/** Every refusal in the one error body; what a page needs of it is its code. */
export const told = <E extends Refusal, R>(
  answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  answer.pipe(
    Effect.catch((refusal: E) =>
      Effect.map(RequestId, (requestId) => refusalResponse(refusal, {}, requestId))
    )
  )
