import { type DocumentNode, type ValueNode, visit } from "graphql"

/** What is not for a compiled query: the engine does it. */
export class Unusual extends Error {}

/** What is skipped or included follows from variables, and the schema tells of itself in its own way. */
export const isUsual = (document: DocumentNode): boolean => {
  let usual = true
  visit(document, {
    Directive: () => {
      usual = false
    },
    Field: ({ name, alias }) => {
      const own = name.value.startsWith("__") && name.value !== "__typename"
      // An object has no field of that name: it would be another prototype.
      if (own || alias?.value === "__proto__") usual = false
    }
  })
  return usual
}

/** Whether a value of the text is another one in every execution. */
export const usesVariables = (value: ValueNode): boolean => {
  switch (value.kind) {
    case "Variable":
      return true
    case "ListValue":
      return value.values.some(usesVariables)
    case "ObjectValue":
      return value.fields.some((field) => usesVariables(field.value))
    default:
      return false
  }
}
