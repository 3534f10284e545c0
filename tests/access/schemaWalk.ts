import {
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  isUnionType
} from "graphql"

// Documents that ask for one field of the schema, made from the schema.

/** Texts that have to be read before an id beside them is looked at. */
const readable: Readonly<Record<string, string>> = {
  from: '"2026-11-01"',
  until: '"2026-12-01"',
  month: '"2026-11"'
}

/** Which of the fields of an input that may say which thing is meant do so, beside those that have to. */
type Chosen = (name: string) => boolean

/** What stands for an argument of a type: an id where one belongs, anything valid elsewhere. */
const valueOf = (name: string, type: GraphQLInputType, id: string, chosen: Chosen): string => {
  const inner = getNullableType(type)
  if (isListType(inner)) return `[${valueOf(name, inner.ofType, id, chosen)}]`
  if (isEnumType(inner)) return inner.getValues()[0]?.name ?? ""
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).filter(
      (field) => isRequiredInputField(field) || (takesId(field.name, field.type) && chosen(field.name))
    )
    return `{${fields.map((field) => `${field.name}: ${valueOf(field.name, field.type, id, chosen)}`).join(", ")}}`
  }
  switch (inner.toString()) {
    case "ID":
      return JSON.stringify(id)
    case "Int":
    case "MinorUnits":
    case "WholeNumber":
      return "1"
    case "Boolean":
      return "true"
    case "DateTime":
      return '"2026-01-01T00:00:00Z"'
    default:
      return readable[name] ?? JSON.stringify(inner.toString() === "String" ? id : "x")
  }
}

const named =
  /^(session|attempt|refund|entity|brand|mid|merchantAccount|id|ids|subscription|delivery|review)s?(Id)?$/

/** Whether an argument says which thing is meant. */
const takesId = (name: string, type: GraphQLInputType): boolean => {
  const inner = getNamedType(type)
  return inner.name === "ID" || (inner.name === "String" && named.test(name))
}

/** Where a field takes an id: each argument, or field of an argument, that says which thing is meant. */
export const waysOf = (field: GraphQLField<unknown, unknown>): ReadonlyArray<string> =>
  field.args.flatMap(({ name, type }) => {
    const inner = getNamedType(type)
    if (!isInputObjectType(inner)) return takesId(name, type) ? [name] : []
    return Object.values(inner.getFields())
      .filter((one) => takesId(one.name, one.type))
      .map((one) => `${name}.${one.name}`)
  })

const argumentsOf = (field: GraphQLField<unknown, unknown>, id: string, way: string): string => {
  const [argument, inside] = way.split(".")
  const given = field.args.filter(({ name, type }) => isNonNullType(type) || name === argument)
  const values = given.map(
    ({ name, type }) => `${name}: ${valueOf(name, type, id, (one) => name === argument && one === inside)}`
  )
  return values.length === 0 ? "" : `(${values.join(", ")})`
}

const keywords = { Query: "query", Mutation: "mutation", Subscription: "subscription" } as const

/** Asks for a field with the arguments that it needs, and the one that is named beside them. */
export const documentOf = (
  root: keyof typeof keywords,
  field: GraphQLField<unknown, unknown>,
  { id = "x", way = "" } = {}
): string => {
  const type = getNamedType(field.type)
  const below =
    isObjectType(type) && type.name.endsWith("Connection")
      ? "{ edges { node { __typename id: __typename } } pageInfo { hasNextPage } }"
      : isObjectType(type) || isInterfaceType(type) || isUnionType(type)
        ? `{ __typename ${isUnionType(type) ? "... on Refusal { code field message }" : ""} }`
        : ""
  return `${keywords[root]} { ${field.name}${argumentsOf(field, id, way)} ${below} }`
}
