import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getNamedType,
  getOperationAST,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode
} from "graphql"
import type { Operation } from "../../kernel/access/Operation.ts"
import { needsOf } from "./rules.ts"

/**
 * Everything that an operation of a valid document needs, fragments and what is skipped included; undefined when a field
 * is nobody's to ask for. Judged before anything runs, so that what is refused was not begun.
 */
export const neededOperations = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined
): ReadonlySet<Operation> | undefined => {
  const operation = getOperationAST(document, operationName)
  const needed = new Set<Operation>()
  if (operation === null || operation === undefined) return needed
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one)
  }
  const seen = new Set<string>()
  let known = true

  const look = (set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): void => {
    for (const one of set?.selections ?? []) {
      if (one.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(one.name.value)
        if (seen.has(one.name.value)) continue
        seen.add(one.name.value)
        look(fragment?.selectionSet, schema.getType(fragment?.typeCondition.name.value ?? ""))
      } else if (one.kind === Kind.INLINE_FRAGMENT) {
        const condition = one.typeCondition?.name.value
        look(one.selectionSet, condition === undefined ? type : schema.getType(condition))
      } else {
        // Introspection tells of the schema, which is no secret of a caller's.
        if (one.name.value.startsWith("__") || !(isObjectType(type) || isInterfaceType(type))) continue
        const field = type.getFields()[one.name.value]
        const leadsTo = field === undefined ? undefined : getNamedType(field.type)
        if (leadsTo === undefined) continue
        const needs = needsOf(type.name, one.name.value, leadsTo.name)
        if (needs === undefined) known = false
        for (const need of needs ?? []) needed.add(need)
        look(one.selectionSet, leadsTo)
      }
    }
  }
  look(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined)
  return known ? needed : undefined
}
