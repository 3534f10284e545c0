import {
  type DocumentNode,
  getLocation,
  getOperationAST,
  GraphQLError,
  isInputType,
  Lexer,
  TokenKind,
  type GraphQLSchema,
  parse,
  Source,
  specifiedRules,
  typeFromAST,
  validate,
  validateInputValue,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule
} from "graphql"
import { limits } from "./limits/limits.ts"
import { comparedTooOften, nestedTooDeep, refused, tooManyTokens } from "./limits/refuseTooMuch.ts"
import { withoutValues } from "./withoutValues.ts"

// What was sent is never sent back: an answer names the field and the problem, so that a card number in the wrong
// place does not end in somebody's log. Nor does an answer guess names that were not asked for.

const opening = /^[{[(]$/
const closing = /^[}\])]$/

/** Looks at one token after the other, so that no document, however deep, is too deep for it. */
const nestsTooDeep = (source: string | Source): boolean => {
  const lexer = new Lexer(typeof source === "string" ? new Source(source) : source)
  let depth = 0
  for (let count = 0; count <= limits.tokens && lexer.advance().kind !== TokenKind.EOF; count++) {
    if (opening.test(lexer.token.kind)) depth++
    if (closing.test(lexer.token.kind)) depth--
    if (depth > limits.nesting) return true
  }
  return false
}

/** Parses, up to the limit of tokens. */
export const parseQuietly = (source: string | Source): DocumentNode => {
  try {
    if (nestsTooDeep(source)) throw nestedTooDeep()
    return parse(source, { maxLexicalTokens: limits.tokens })
  } catch (error) {
    if (error instanceof GraphQLError && error.extensions.code !== undefined) throw error
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.startsWith("Syntax Error: Document contains more than")) throw tooManyTokens()
    const { source: text, positions } = error
    const at = text === undefined ? undefined : getLocation(text, positions?.[0] ?? 0)
    const where = at === undefined ? "" : ` at line ${at.line}, column ${at.column}`
    throw new GraphQLError(`Syntax Error: the document cannot be parsed${where}`, {
      source: text,
      positions
    })
  }
}

const valuesQuietly: ValidationRule = (context) => {
  const quiet: ValidationContext = Object.create(context, {
    reportError: {
      value: ({ message, nodes }: GraphQLError) =>
        context.reportError(new GraphQLError(withoutValues(message), { nodes }))
    }
  })
  return ValuesOfCorrectTypeRule(quiet)
}

const rules = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? valuesQuietly : rule))

export const validateQuietly = (schema: GraphQLSchema, document: DocumentNode) =>
  validate(schema, document, rules, { hideSuggestions: true, maxErrors: 20 }).map((error) =>
    error.message === "Validation aborted." ? comparedTooOften() : withoutSuggestion(error)
  )

/** GraphQL suggests a selection where one is missing, even to whoever wants no suggestions. */
const withoutSuggestion = (error: GraphQLError): GraphQLError => {
  const [message = ""] = error.message.split(" Did you mean ")
  return message === error.message ? error : new GraphQLError(message, { nodes: error.nodes })
}

/** What is wrong with the variables; undefined when nothing is. */
export const refuseVariables = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Readonly<Record<string, unknown>>
): GraphQLError | undefined => {
  const problems: Array<string> = []
  for (const { variable, type, defaultValue } of getOperationAST(document, operationName)
    ?.variableDefinitions ?? []) {
    const name = variable.name.value
    const expected = typeFromAST(schema, type)
    const sent = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (!isInputType(expected) || (sent === undefined && defaultValue !== undefined)) continue
    validateInputValue(
      sent,
      expected,
      ({ message }, path) => problems.push(`$${[name, ...path].join(".")}: ${withoutValues(message)}`),
      true
    )
  }
  const [first] = problems
  return first === undefined
    ? undefined
    : refused(first, "BAD_USER_INPUT", { problems: problems.slice(0, 20) })
}
