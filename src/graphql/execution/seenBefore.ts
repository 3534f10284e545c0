import type { DocumentNode, ExecutionArgs, GraphQLSchema } from "graphql"
import type { Plugin } from "graphql-yoga"
import { notAdmitted } from "../access/admitted.ts"
import { refusalOf } from "../careful.ts"
import type { GraphqlContext } from "../context.ts"
import type { Posted } from "../readParams.ts"
import { execute, isCompiled } from "./compiled.ts"

/** How many documents are kept, and how many headers that say which answers are accepted. */
const most = 500

/**
 * Queries that the engine let through once, and how it sends answers to whoever accepts what. Those who ask the same
 * again are answered without it: what depends on the key and on variables is judged as it was, and whatever is unusual is
 * the engine's again.
 */
export const makeSeenBefore = (schema: GraphQLSchema) => {
  const documents = new Map<string, DocumentNode>()
  const contentTypes = new Map<string, string>()

  /** Stands last, so that it is asked for what no other plugin refused. */
  const plugin: Plugin<GraphqlContext, GraphqlContext> = {
    onExecute: ({ args, context, executeFn, setExecuteFn }) => {
      const { executed, params } = context
      if (executed !== undefined) return setExecuteFn(() => executed)
      const { document, operationName } = args
      if (params.query !== undefined && params.query !== null && isCompiled(schema, document, operationName))
        keep(documents, params.query, document)
      return setExecuteFn(async (asked: ExecutionArgs) => (await execute(asked)) ?? executeFn(asked))
    }
  }

  /** Carries it out, if that needs no engine. */
  const carryOut = (
    { query, operationName, variables, accept }: Posted,
    context: GraphqlContext
  ): { readonly contentType: string; readonly result: ReturnType<typeof execute> } | undefined => {
    const document = documents.get(query)
    const contentType = contentTypes.get(accept)
    if (document === undefined || contentType === undefined) return undefined
    const contextValue: GraphqlContext = { ...context, takesTexts: true }
    const args = { schema, document, operationName, variableValues: variables, contextValue }
    if (notAdmitted(args, contextValue) !== undefined || refusalOf(args) !== undefined) return undefined
    const result = execute(args)
    return result === undefined ? undefined : { contentType, result }
  }

  /** Takes note of the content type of an answer without errors. */
  const answered = (accept: string, { status, headers }: Response): void => {
    const contentType = headers.get("content-type")
    if (status === 200 && contentType?.startsWith("application/") === true)
      keep(contentTypes, accept, contentType)
  }

  return { plugin, carryOut, answered }
}

/** The oldest makes room. */
const keep = <Value>(kept: Map<string, Value>, key: string, value: Value): void => {
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size >= most) kept.delete(oldest)
  kept.set(key, value)
}
