import { type DocumentNode, GraphQLError, visit } from "graphql"
import type { Plugin } from "graphql-yoga"
import { holdsCardNumber } from "../kernel/cardNumbers.ts"
import { cardNumberWords } from "../kernel/text.ts"

/** Names that a caller makes up, such as aliases, are sent back in the answer: a card number is none. */
export const noCardNumbersAsNames: Plugin = {
  onValidate:
    ({ params: { documentAST } }) =>
    ({ setResult }) => {
      const found = judged.get(documentAST) ?? holdsCardNumberAsName(documentAST)
      judged.set(documentAST, found)
      if (found) setResult([new GraphQLError(`a name in this query ${cardNumberWords}`)])
    }
}

/** A document that is asked again is not parsed again, and not looked at either. */
const judged = new WeakMap<DocumentNode, boolean>()

const holdsCardNumberAsName = (document: DocumentNode): boolean => {
  let found = false
  visit(document, {
    Name: ({ value }) => {
      found ||= holdsCardNumber(value)
    }
  })
  return found
}
