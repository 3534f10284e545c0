import { Schema } from "effect"

/** The key is no operator's. Nothing was done, and nothing is told of what there is. */
export class OperatorsOnly extends Schema.TaggedError<OperatorsOnly>()("OperatorsOnly", {}) {
  override get message(): string {
    return "only an operator may do this; ask with the API key of one"
  }
}
