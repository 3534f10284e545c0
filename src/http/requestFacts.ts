import { Context, Effect } from "effect"
import { RateLimited } from "../kernel/refusals.ts"

/** What is learnt of a request while it is answered, for its line in the log and its headers. Never bodies. */
export interface RequestFacts {
  /** The pattern of the route, not the path: `/v1/payment-sessions/:id`. */
  route?: string
  principal?: string
  /** It was refused, and may be asked again after so many seconds. */
  retryAfterSeconds?: number
}

/** The facts of the request being answered; undefined outside of one. */
export const RequestFacts = Context.Reference<RequestFacts | undefined>(
  "payment-orchestration/http/RequestFacts",
  { defaultValue: () => undefined }
)

/** Whoever asked too often is told in the header `Retry-After` too when to ask again. */
export const waitingToBeTold = <A, E, R>(asked: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tapError(asked, (error) =>
    error instanceof RateLimited
      ? Effect.map(RequestFacts, (facts) => {
          if (facts !== undefined) facts.retryAfterSeconds = error.retryAfterSeconds
        })
      : Effect.void
  )
