import {
  type FieldNode,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode
} from "graphql"
import { children, nameOf } from "./children.ts"
import type { GraphqlContext } from "./context.ts"
import type { PageArguments } from "./pages.ts"

/** A field that is asked for, wherever in the fragments it stands. */
interface Asked {
  readonly name: string
  readonly node: FieldNode
  readonly sets: Array<SelectionSetNode>
}

/**
 * Reads everything that a query asks of the rows of a page, one statement for each field of each level, before the
 * first of them is resolved: no field of theirs has to wait then.
 */
export const lookAhead = async (
  context: GraphqlContext,
  info: GraphQLResolveInfo,
  rows: ReadonlyArray<object>
): Promise<void> => {
  const type = rowTypeOf(info, getNamedType(info.returnType).name)
  const sets = info.fieldNodes.flatMap(({ selectionSet }) =>
    selectionSet === undefined ? [] : [selectionSet]
  )
  if (type !== undefined)
    await level(context, info, type.type, rows, type.connection ? rowSets(info, type.connection, sets) : sets)
}

const level = async (
  context: GraphqlContext,
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  rows: ReadonlyArray<object>,
  sets: ReadonlyArray<SelectionSetNode>
): Promise<void> => {
  if (rows.length === 0 || sets.length === 0) return
  const reads = new Map<string, Asked & { readonly page: PageArguments }>()
  for (const asked of fieldsOf(info, type, sets)) {
    const field = `${type.name}.${asked.name}`
    if (!children.has(field)) continue
    const page = pageOf(info, type, asked.node)
    if (page === undefined) continue
    const name = nameOf(field, page)
    const before = reads.get(name)
    if (before === undefined) reads.set(name, { ...asked, page })
    else before.sets.push(...asked.sets)
  }
  await Promise.all(
    [...reads.values()].map(async ({ name, page, sets: below }) => {
      const found = await children.get(`${type.name}.${name}`)?.ahead(context, rows, page)
      const to = type.getFields()[name]
      const of = to === undefined ? undefined : rowTypeOf(info, getNamedType(to.type).name)
      if (of === undefined || found === undefined) return
      await level(context, info, of.type, found, of.connection ? rowSets(info, of.connection, below) : below)
    })
  )
}

/** The type of the rows that a field leads to: of a connection, what its `nodes` are. */
const rowTypeOf = (info: GraphQLResolveInfo, name: string) => {
  const type = info.schema.getType(name)
  if (!isObjectType(type)) return undefined
  if (!name.endsWith("Connection")) return { type, connection: undefined }
  const node = type.getFields()["nodes"]
  const of = node === undefined ? undefined : getNamedType(node.type)
  return isObjectType(of) ? { type: of, connection: type } : undefined
}

/** What is asked of the rows of a connection: under `nodes`, and under `edges { node }`. */
const rowSets = (
  info: GraphQLResolveInfo,
  connection: GraphQLObjectType,
  sets: ReadonlyArray<SelectionSetNode>
): ReadonlyArray<SelectionSetNode> =>
  fieldsOf(info, connection, sets).flatMap((asked) => {
    if (asked.name === "nodes") return asked.sets
    const edge = connection.getFields()["edges"]
    const type = edge === undefined ? undefined : getNamedType(edge.type)
    if (asked.name !== "edges" || !isObjectType(type)) return []
    return fieldsOf(info, type, asked.sets).flatMap(({ name, sets: below }) => (name === "node" ? below : []))
  })

const fieldsOf = (
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  sets: ReadonlyArray<SelectionSetNode>
): ReadonlyArray<Asked> => {
  const found: Array<Asked> = []
  const walk = (selections: ReadonlyArray<SelectionNode>): void => {
    for (const one of selections) {
      if (!isIncluded(info, one)) continue
      if (one.kind === "Field") {
        found.push({
          name: one.name.value,
          node: one,
          sets: one.selectionSet === undefined ? [] : [one.selectionSet]
        })
        continue
      }
      const of = one.kind === "FragmentSpread" ? info.fragments[one.name.value] : one
      if (of !== undefined && applies(info, type, of.typeCondition?.name.value))
        walk(of.selectionSet.selections)
    }
  }
  for (const { selections } of sets) walk(selections)
  return found
}

const isIncluded = ({ variableValues }: GraphQLResolveInfo, node: SelectionNode): boolean =>
  getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.["if"] !== true &&
  getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.["if"] !== false

const applies = ({ schema }: GraphQLResolveInfo, type: GraphQLObjectType, condition?: string): boolean => {
  if (condition === undefined || condition === type.name) return true
  const of = schema.getType(condition)
  return isAbstractType(of) && schema.isSubType(of, type)
}

/** The arguments of the field as its resolver will be given them; undefined when it will be given none. */
const pageOf = (
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  node: FieldNode
): PageArguments | undefined => {
  const definition = type.getFields()[node.name.value]
  if (definition === undefined) return undefined
  try {
    const { first, last, after, before } = getArgumentValues(definition, node, info.variableValues)
    return { first: number(first), last: number(last), after: text(after), before: text(before) }
  } catch {
    // The field itself will say what is wrong with them.
    return undefined
  }
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
