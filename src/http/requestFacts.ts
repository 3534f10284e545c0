import { Context } from "effect"

/** What is learnt of a request while it is answered, for its line in the log. Never bodies or headers. */
export interface RequestFacts {
  /** The pattern of the route, not the path: `/v1/payment-sessions/:id`. */
  route?: string
  principal?: string
}

/** The facts of the request being answered; undefined outside of one. */
export const RequestFacts = Context.Reference<RequestFacts | undefined>(
  "payment-orchestration/http/RequestFacts",
  { defaultValue: () => undefined }
)
