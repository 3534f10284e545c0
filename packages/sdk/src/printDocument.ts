import { isRecord } from "./verdict.ts"

type Node = Readonly<Record<string, unknown>>

const nodesIn = (value: unknown): ReadonlyArray<Node> => (Array.isArray(value) ? value.filter(isRecord) : [])
const nameOf = (node: unknown): string =>
  isRecord(node) && isRecord(node["name"]) ? textOf(node["name"]) : ""
const textOf = (node: Node): string => (typeof node["value"] === "string" ? node["value"] : "")
const all = (value: unknown, separator: string): string => nodesIn(value).map(print).join(separator)
const within = (open: string, inside: string, close: string): string =>
  inside === "" ? "" : `${open}${inside}${close}`
const directives = (node: Node): string => within(" ", all(node["directives"], " "), "")

/** The document that a parser made, as text again: an operation with its fragments, in few characters. */
export const printDocument = (document: unknown): string => print(document)

const print = (node: unknown): string => {
  if (!isRecord(node)) return ""
  switch (node["kind"]) {
    case "Document":
      return all(node["definitions"], "\n")
    case "OperationDefinition": {
      const variables = within("(", all(node["variableDefinitions"], ","), ")")
      const head = `${String(node["operation"])} ${nameOf(node)}${variables}${directives(node)}`
      return `${head}${print(node["selectionSet"])}`
    }
    case "VariableDefinition": {
      const standard = isRecord(node["defaultValue"]) ? `=${print(node["defaultValue"])}` : ""
      return `${print(node["variable"])}:${print(node["type"])}${standard}${directives(node)}`
    }
    case "SelectionSet":
      return `{${all(node["selections"], " ")}}`
    case "Field": {
      const alias = isRecord(node["alias"]) ? `${textOf(node["alias"])}:` : ""
      const given = within("(", all(node["arguments"], ","), ")")
      return `${alias}${nameOf(node)}${given}${directives(node)}${print(node["selectionSet"])}`
    }
    case "Argument":
    case "ObjectField":
      return `${nameOf(node)}:${print(node["value"])}`
    case "FragmentSpread":
      return `...${nameOf(node)}${directives(node)}`
    case "InlineFragment": {
      const on = isRecord(node["typeCondition"]) ? `on ${nameOf(node["typeCondition"])}` : ""
      return `...${on}${directives(node)}${print(node["selectionSet"])}`
    }
    case "FragmentDefinition": {
      const on = nameOf(node["typeCondition"])
      return `fragment ${nameOf(node)} on ${on}${directives(node)}${print(node["selectionSet"])}`
    }
    case "Directive":
      return `@${nameOf(node)}${within("(", all(node["arguments"], ","), ")")}`
    case "Variable":
      return `$${nameOf(node)}`
    case "NamedType":
      return nameOf(node)
    case "ListType":
      return `[${print(node["type"])}]`
    case "NonNullType":
      return `${print(node["type"])}!`
    case "StringValue":
      return JSON.stringify(textOf(node))
    case "IntValue":
    case "FloatValue":
    case "EnumValue":
      return textOf(node)
    case "BooleanValue":
      return String(node["value"])
    case "NullValue":
      return "null"
    case "ListValue":
      return `[${all(node["values"], ",")}]`
    case "ObjectValue":
      return `{${all(node["fields"], ",")}}`
    default:
      throw new TypeError(`a document with a ${String(node["kind"])} is nothing that can be asked`)
  }
}

/** What is asked for by the one operation of a document. */
export const operationIn = (document: unknown): { readonly changes: boolean; readonly key?: string } => {
  const operations = isRecord(document)
    ? nodesIn(document["definitions"]).filter(({ kind }) => kind === "OperationDefinition")
    : []
  const [operation] = operations
  if (operation === undefined || operations.length > 1) {
    throw new TypeError("a document has one operation, and the fragments that it uses")
  }
  const selections = fieldsOf(operation)
  if (operation["operation"] !== "mutation") return { changes: false }
  const keys = new Set(selections.map(keyOf))
  const [key] = keys
  if (key === undefined || keys.size !== 1) return { changes: true }
  if (!selections.every((field) => fieldsOf(field).some((below) => nameOf(below) === "__typename"))) {
    throw new TypeError(
      "select __typename in the result of a mutation with an idempotency key: it says whether the key is used up"
    )
  }
  return { changes: true, key }
}

const fieldsOf = (node: Node): ReadonlyArray<Node> =>
  isRecord(node["selectionSet"]) ? nodesIn(node["selectionSet"]["selections"]) : []

/** The variable that a field takes its idempotency key from. */
const keyOf = (field: Node): string | undefined => {
  const argument = nodesIn(field["arguments"]).find((one) => nameOf(one) === "idempotencyKey")
  const value = argument?.["value"]
  return isRecord(value) && value["kind"] === "Variable" ? nameOf(value) : undefined
}
