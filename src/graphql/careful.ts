import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql"
import type { Plugin } from "graphql-yoga"
import type { GraphqlContext } from "./context.ts"
import { refuseTooMuch } from "./limits/refuseTooMuch.ts"
import { parseQuietly, refuseVariables, validateQuietly } from "./quietErrors.ts"
import { withoutValues } from "./withoutValues.ts"

/** Refuses what asks for too much, and says what is wrong with a request without repeating it. */
export const careful: Plugin<object, GraphqlContext> = {
  onParse: ({ setParseFn }) => setParseFn(parseQuietly),
  onValidate: ({ setValidationFn }) => setValidationFn(validateQuietly),
  onSubscribe: ({ args, setResultAndStopExecution }) => {
    const refusal = refusalOf(args)
    if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] })
  },
  onExecute: ({ args, setResultAndStopExecution }) => {
    const refusal = refusalOf(args)
    if (refusal !== undefined) {
      setResultAndStopExecution({ errors: [refusal] })
      return undefined
    }
    return {
      onExecuteDone: ({ result, setResult }) => {
        if (hasErrors(result)) setResult({ ...result, errors: result.errors.map(quietly) })
      }
    }
  }
}

/** Why the operation is not carried out. */
export const refusalOf = ({ schema, document, operationName, variableValues }: ExecutionArgs) => {
  const variables: Readonly<Record<string, unknown>> = variableValues ?? {}
  return (
    refuseVariables(schema, document, operationName, variables) ??
    refuseTooMuch({ schema, document, operationName, variables })
  )
}

const hasErrors = (
  result: object
): result is ExecutionResult & { readonly errors: ReadonlyArray<GraphQLError> } =>
  "errors" in result && Array.isArray(result.errors)

/** An argument that only its variables make wrong is found while the query is executed. */
const quietly = (error: GraphQLError): GraphQLError => {
  if (!/^Argument "\w+" has invalid value\b/.test(error.message)) return error
  const { nodes, path } = error
  return new GraphQLError(withoutValues(error.message), { nodes, path })
}
