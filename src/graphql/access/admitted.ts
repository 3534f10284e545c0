import { type DocumentNode, GraphQLError, type GraphQLSchema } from "graphql"
import type { Plugin } from "graphql-yoga"
import { Forbidden } from "../../http/doorRefusals.ts"
import { codeOf } from "../../http/errorBody.ts"
import type { Operation } from "../../kernel/access/Operation.ts"
import type { GraphqlContext } from "../context.ts"
import { neededOperations } from "./neededOperations.ts"
import { needsOfTypes } from "./rules.ts"

interface Asked {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
}

/** Why the key may not ask an operation. */
export const notAdmitted = (
  { schema, document, operationName }: Asked,
  { operations }: Pick<GraphqlContext, "operations">
): GraphQLError | undefined => {
  const needed = neededOperations(schema, document, operationName)
  if (needed === undefined) throw new Error("a field has no rule that says who may ask for it")
  const missing = [...needed].filter((one) => !operations.has(one))
  return missing.length === 0 ? undefined : forbidden(missing)
}

const forbidden = (missing: ReadonlyArray<Operation>): GraphQLError => {
  const { _tag, message } = new Forbidden({ missing })
  return new GraphQLError(message, {
    extensions: { code: codeOf(_tag), field: null, missing, http: { spec: true, status: 403 } }
  })
}

/** Lets an operation run if the caller's key has everything that it needs; else nothing of it runs. */
export const admitted: Plugin<GraphqlContext, GraphqlContext> = {
  onExecute: ({ args, context, setResultAndStopExecution }) => {
    const refusal = notAdmitted(args, context)
    if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] })
  },
  onSubscribe: ({ args, context, setResultAndStopExecution }) => {
    const refusal = notAdmitted(args, context)
    if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] })
  }
}

/** What a global id stands for is asked for by whoever may. */
export const admitToType = (typename: string, operations: ReadonlySet<Operation>): void => {
  admitTo(needsOfTypes[typename] ?? [], operations)
}

/** What shows only when it is asked for. */
export const admitTo = (needs: ReadonlyArray<Operation>, operations: ReadonlySet<Operation>): void => {
  const missing = needs.filter((one) => !operations.has(one))
  if (missing.length > 0) throw forbidden(missing)
}
