import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
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

/** What stands for an argument of a type: an id where one belongs, anything valid elsewhere. */
const valueOf = (type: GraphQLInputType, id: string, all: boolean): string => {
  const inner = getNullableType(type)
  if (isListType(inner)) return `[${valueOf(inner.ofType, id, all)}]`
  if (isEnumType(inner)) return inner.getValues()[0]?.name ?? ""
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).filter(
      (field) => isRequiredInputField(field) || (all && takesId(field.name, field.type))
    )
    return `{${fields.map((field) => `${field.name}: ${valueOf(field.type, id, all)}`).join(", ")}}`
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
      return JSON.stringify(inner.toString() === "String" ? id : "x")
  }
}

const named =
  /^(session|attempt|refund|entity|brand|mid|merchantAccount|id|ids|subscription|delivery|review)s?(Id)?$/

/** Whether an argument says which thing is meant. */
const takesId = (name: string, type: GraphQLInputType): boolean => {
  const inner = getNamedType(type)
  return inner.name === "ID" || (inner.name === "String" && named.test(name))
}

/** Whether some argument of a field says which thing is meant. */
export const takesIds = (field: GraphQLField<unknown, unknown>): boolean =>
  field.args.some(function asks({ name, type }: Pick<GraphQLArgument, "name" | "type">): boolean {
    const inner = getNamedType(type)
    return isInputObjectType(inner)
      ? Object.values(inner.getFields()).some((one) => takesId(one.name, one.type))
      : takesId(name, type)
  })

const argumentsOf = (field: GraphQLField<unknown, unknown>, id: string, all: boolean): string => {
  const given = field.args.filter(
    ({ name, type }) =>
      isNonNullType(type) || (all && (takesId(name, type) || isInputObjectType(getNamedType(type))))
  )
  return given.length === 0
    ? ""
    : `(${given.map(({ name, type }) => `${name}: ${valueOf(type, id, all)}`).join(", ")})`
}

/** Asks for a field with its arguments; with `all`, with every one that may say which thing is meant. */
export const documentOf = (
  root: "Query" | "Mutation",
  field: GraphQLField<unknown, unknown>,
  { id = "x", all = false } = {}
): string => {
  const type = getNamedType(field.type)
  const below =
    isObjectType(type) && type.name.endsWith("Connection")
      ? "{ edges { node { __typename id: __typename } } pageInfo { hasNextPage } }"
      : isObjectType(type) || isInterfaceType(type) || isUnionType(type)
        ? `{ __typename ${isUnionType(type) ? "... on Refusal { code field message }" : ""} }`
        : ""
  return `${root === "Query" ? "query" : "mutation"} { ${field.name}${argumentsOf(field, id, all)} ${below} }`
}
