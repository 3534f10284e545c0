import { GraphQLError } from "graphql"
import type { Plugin } from "graphql-yoga"
import { Internal } from "../http/doorRefusals.ts"
import { codeOf } from "../http/errorBody.ts"
import { holdsCardNumber } from "../kernel/cardNumbers.ts"
import { cardNumberWords } from "../kernel/text.ts"
import { Broken, type GraphqlContext } from "./context.ts"
import { fieldOf, isRefusal } from "./Refusal.ts"

/**
 * What a client sees of an error that is not a member of a union: every one has a code and the request's id. Typed
 * refusals have the code and field that they have everywhere. What GraphQL itself found wrong with a request keeps
 * its words. Everything else goes to the log, and the client reads nothing but that something broke.
 */
export const presentErrors: Plugin<GraphqlContext, GraphqlContext> = {
  onSubscribe: ({ args: { contextValue } }) => ({
    // Each event is an answer of its own.
    onSubscribeResult: () => ({
      onNext: ({ result, setResult }) => {
        if (result.errors !== undefined)
          setResult({ ...result, errors: result.errors.map((error) => present(error, contextValue)) })
      }
    })
  }),
  onResultProcess: ({ result, setResult, serverContext }) => {
    if (Array.isArray(result) || !("errors" in result) || result.errors === undefined) return
    setResult({ ...result, errors: result.errors.map((error) => present(error, serverContext)) })
  }
}

/** Keeps causes for {@link presentErrors}, which alone knows whose request it was. */
export const keepCause = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError(internal, { originalError: asError(error) })

const internal = new Internal().message
const numberWords = `something in this request ${cardNumberWords}`

/** As the client sees it. */
export const present = (
  error: GraphQLError,
  { requestId, report }: Pick<GraphqlContext, "requestId" | "report">
): GraphQLError => {
  const { nodes, source, positions, path } = error
  const cause = causeOf(error)
  const shown = (message: string, extensions: Readonly<Record<string, unknown>>) =>
    new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions, requestId } })
  if (cause === undefined) {
    // GraphQL repeats what it could not read, and that may be a card number.
    const message = holdsCardNumber(error.message) ? numberWords : error.message
    return shown(message, { code: codeOfGraphql(error), ...error.extensions })
  }
  if (isRefusal(cause))
    return shown(cause.message, { code: codeOf(cause._tag), field: fieldOf(cause) ?? null })
  if (!(cause instanceof Broken)) report(cause)
  return shown(internal, { code: "INTERNAL" })
}

/** What was thrown; undefined when GraphQL itself found the error. */
const causeOf = (error: GraphQLError): unknown => {
  const { originalError } = error
  return originalError instanceof GraphQLError ? causeOf(originalError) : originalError
}

/** Errors of GraphQL's own that have no code yet: in the fields they are about values, before about the request. */
const codeOfGraphql = ({ path }: GraphQLError): string =>
  path === undefined ? "BAD_REQUEST" : "BAD_USER_INPUT"

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
