import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  type SelectionSetNode
} from "graphql"

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>

/** The fields that are asked of an object, by the names that they have in the answer. */
export type Fields = ReadonlyMap<string, readonly [FieldNode, ...ReadonlyArray<FieldNode>]>

export const fragmentsOf = ({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> => {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  for (const one of definitions) if (one.kind === "FragmentDefinition") fragments[one.name.value] = one
  return fragments
}

/** Which fields some selections ask of an object of a type, in their order, fragments in their places. */
export const fieldsBelow = (
  schema: GraphQLSchema,
  fragments: Fragments,
  type: GraphQLObjectType,
  sets: ReadonlyArray<SelectionSetNode>
): Fields => {
  const fields = new Map<string, [FieldNode, ...Array<FieldNode>]>()
  const seen = new Set<string>()
  const walk = ({ selections }: SelectionSetNode): void => {
    for (const one of selections) {
      if (one.kind === "Field") {
        const key = (one.alias ?? one.name).value
        const before = fields.get(key)
        if (before === undefined) fields.set(key, [one])
        else before.push(one)
        continue
      }
      if (one.kind === "FragmentSpread") {
        if (seen.has(one.name.value)) continue
        seen.add(one.name.value)
      }
      const of = one.kind === "FragmentSpread" ? fragments[one.name.value] : one
      if (of !== undefined && applies(schema, type, of.typeCondition?.name.value)) walk(of.selectionSet)
    }
  }
  for (const set of sets) walk(set)
  return fields
}

const applies = (schema: GraphQLSchema, type: GraphQLObjectType, condition: string | undefined): boolean => {
  if (condition === undefined || condition === type.name) return true
  const of = schema.getType(condition)
  return isAbstractType(of) && schema.isSubType(of, type)
}
