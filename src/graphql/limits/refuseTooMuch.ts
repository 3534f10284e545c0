import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode
} from "graphql"
import { limits, moneyMutations } from "./limits.ts"
import { measure } from "./measure.ts"
import { rootFields } from "./rootFields.ts"

/** Refused before anything runs: the code says which limit, the extensions what it is and what was asked for. */
export const refused = (message: string, code: string, more: Readonly<Record<string, unknown>> = {}) =>
  new GraphQLError(message, { extensions: { code, ...more, http: { spec: true, status: 400 } } })

export const tooManyTokens = () =>
  refused(`the document has more than ${limits.tokens} tokens; ask for less at once`, "QUERY_TOO_LARGE", {
    limit: limits.tokens
  })

/** GraphQL compares each field with those of its name beside it, and gives up when they are too many. */
export const comparedTooOften = () =>
  refused("the document repeats the same fields too often; ask for each once", "QUERY_TOO_LARGE")

export const nestedTooDeep = () =>
  refused(`the document has more than ${limits.nesting} brackets inside brackets`, "QUERY_TOO_DEEP", {
    limit: limits.nesting
  })

interface Request {
  readonly schema: GraphQLSchema
  /** A valid one. */
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

/** Why an operation is not executed; undefined when it may be. */
export const refuseTooMuch = ({
  schema,
  document,
  operationName,
  variables
}: Request): GraphQLError | undefined => {
  const operation = getOperationAST(document, operationName)
  if (operation === null || operation === undefined || allowed.get(operation) === schema) return undefined
  let isOfText = true
  const onVariable = () => {
    isOfText = false
  }
  const refusal = judge({ schema, document, operation, variables, onVariable })
  if (isOfText && refusal === undefined) allowed.set(operation, schema)
  return refusal
}

/** Operations that may be executed whatever their variables are; a document that is asked again is the same object. */
const allowed = new WeakMap<OperationDefinitionNode, GraphQLSchema>()

const judge = ({
  schema,
  document,
  operation,
  variables,
  onVariable
}: Pick<Request, "schema" | "document" | "variables"> & {
  readonly operation: OperationDefinitionNode
  readonly onVariable: () => void
}): GraphQLError | undefined => {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one)
  }
  const roots = rootFields(operation.selectionSet, fragments)
  const moving = roots.filter(({ name }) => moneyMutations.includes(name.value))
  if (moving.length > 1) {
    return refused(
      `the document has ${moving.length} mutations that create, charge, cancel or fulfil; send 1 with each request`,
      "ONE_MONEY_MUTATION",
      { limit: 1, value: moving.length }
    )
  }
  const { depth, aliases, directives, cost } = measure({
    schema,
    operation,
    fragments,
    variables,
    onVariable
  })
  return (
    above("rootFields", roots.length, "TOO_MANY_ROOT_FIELDS", "root fields") ??
    above("aliases", aliases, "TOO_MANY_ALIASES", "aliases") ??
    above("directives", directives, "TOO_MANY_DIRECTIVES", "directives") ??
    above("depth", depth, "QUERY_TOO_DEEP", "levels of fields") ??
    above("cost", cost, "QUERY_TOO_COSTLY", "objects to resolve when every page is full")
  )
}

const above = (name: keyof typeof limits, value: number, code: string, what: string) =>
  value <= limits[name]
    ? undefined
    : refused(`the query has ${value} ${what}; at most ${limits[name]} are answered`, code, {
        limit: limits[name],
        value
      })
