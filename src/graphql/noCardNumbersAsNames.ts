import { GraphQLError, visit } from "graphql"
import type { Plugin } from "graphql-yoga"
import { holdsCardNumber } from "../kernel/cardNumbers.ts"
import { cardNumberWords } from "../kernel/text.ts"

/** Names that a caller makes up, such as aliases, are sent back in the answer: a card number is none. */
export const noCardNumbersAsNames: Plugin = {
  onValidate:
    ({ params }) =>
    ({ setResult }) => {
      let found = false
      visit(params.documentAST, {
        Name: ({ value }) => {
          found ||= holdsCardNumber(value)
        }
      })
      if (found) setResult([new GraphQLError(`a name in this query ${cardNumberWords}`)])
    }
}
