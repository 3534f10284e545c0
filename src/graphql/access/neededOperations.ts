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
  type OperationDefinitionNode,
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
  if (operation === null || operation === undefined) return new Set()
  const before = known.get(operation)
  if (before?.schema === schema) return before.needed
  const needed = look(schema, document, operation)
  known.set(operation, { schema, needed })
  return needed
}

/** What an operation needs is in its text; a document that is asked again is the same object. */
const known = new WeakMap<
  OperationDefinitionNode,
  { readonly schema: GraphQLSchema; readonly needed: ReadonlySet<Operation> | undefined }
>()

const look = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode
): ReadonlySet<Operation> | undefined => {
  const needed = new Set<Operation>()
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one)
  }
  const seen = new Set<string>()
  let judged = true

  const within = (set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): void => {
    for (const one of set?.selections ?? []) {
      if (one.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(one.name.value)
        if (seen.has(one.name.value)) continue
        seen.add(one.name.value)
        within(fragment?.selectionSet, schema.getType(fragment?.typeCondition.name.value ?? ""))
      } else if (one.kind === Kind.INLINE_FRAGMENT) {
        const condition = one.typeCondition?.name.value
        within(one.selectionSet, condition === undefined ? type : schema.getType(condition))
      } else {
        // Introspection tells of the schema, which is no secret of a caller's.
        if (one.name.value.startsWith("__") || !(isObjectType(type) || isInterfaceType(type))) continue
        const field = type.getFields()[one.name.value]
        const leadsTo = field === undefined ? undefined : getNamedType(field.type)
        if (leadsTo === undefined) continue
        const needs = needsOf(type.name, one.name.value, leadsTo.name)
        if (needs === undefined) judged = false
        for (const need of needs ?? []) needed.add(need)
        within(one.selectionSet, leadsTo)
      }
    }
  }
  within(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined)
  return judged ? needed : undefined
}
