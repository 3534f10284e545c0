import {
  type FieldNode,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode
} from "graphql"
import type { Below, Wanted } from "../db/reads/listing.ts"
import type { PageRow } from "../db/reads/Page.ts"
import type { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import { type Child, children, nameOf } from "./children.ts"
import type { GraphqlContext } from "./context.ts"
import type { PageArguments } from "./pages.ts"

/** A field that is asked for, wherever in the fragments it stands. */
interface Asked {
  readonly name: string
  readonly node: FieldNode
  readonly sets: Array<SelectionSetNode>
}

/** What is asked of the rows of one level. */
interface Plan {
  /** Which columns their fields need; all of them when that is not known of one of them. */
  readonly columns: ReadonlySet<string> | undefined
  readonly branches: ReadonlyArray<Branch>
}

/** A field below them that is read for all of them at once. */
interface Branch {
  readonly child: Child
  readonly page: PageArguments
  readonly name: string
  readonly plan: Plan
}

/** How a level is read: what comes with its rows, and what has to be read after them. */
interface Looking {
  readonly wanted: Wanted
  readonly within: ReadonlyArray<readonly [Branch, Looking]>
  readonly after: ReadonlyArray<Branch>
  readonly waits: boolean
}

/** Finds out what a query asks of the rows of a page, so that it is read with them. */
export const lookAhead = (
  info: GraphQLResolveInfo,
  reads: PaymentReads["Service"],
  scope: ReadScope
): Looking => {
  const type = rowTypeOf(info, getNamedType(info.returnType).name)
  if (type === undefined) return { wanted: { below: [] }, within: [], after: [], waits: false }
  const sets = info.fieldNodes.flatMap(({ selectionSet }) =>
    selectionSet === undefined ? [] : [selectionSet]
  )
  return looking(planOf(info, type, sets), reads, scope)
}

const looking = ({ columns, branches }: Plan, reads: PaymentReads["Service"], scope: ReadScope): Looking => {
  const below: Array<Below> = []
  const within: Array<readonly [Branch, Looking]> = []
  const after: Array<Branch> = []
  for (const branch of branches) {
    const inside = looking(branch.plan, reads, scope)
    const list = branch.child.below?.(reads, scope, branch.page, inside.wanted)
    if (list === undefined) after.push(branch)
    else {
      below.push(list)
      within.push([branch, inside])
    }
  }
  const waits = after.length > 0 || within.some(([, inside]) => inside.waits)
  return { wanted: { columns, below }, within, after, waits }
}

/**
 * Puts what was read with the rows of a page where their fields find it, and reads what could not be read with them, one
 * statement for each field of each level: no field of theirs has to wait then.
 */
export const settle = async (
  context: GraphqlContext,
  rows: ReadonlyArray<PageRow<object>>,
  asked: Looking
): Promise<void> => {
  place(context, rows, asked)
  if (asked.waits) await readAfter(context, rows, asked)
}

const place = (context: GraphqlContext, rows: ReadonlyArray<PageRow<object>>, { within }: Looking): void => {
  for (const [nr, [{ child, name }, inside]] of within.entries()) {
    const keep = child.keep(context)
    for (const { node, below } of rows) {
      const page = below?.[nr]
      if (page === undefined) continue
      keep(node, name, page)
      if (inside.within.length > 0) place(context, page.rows, inside)
    }
  }
}

const readAfter = async (
  context: GraphqlContext,
  rows: ReadonlyArray<PageRow<object>>,
  { within, after }: Looking
): Promise<void> => {
  const nodes = rows.map(({ node }) => node)
  await Promise.all([
    ...after.map((branch) => level(context, nodes, branch)),
    ...within.map(([, inside], nr) => {
      const inner = rows.flatMap(({ below }): ReadonlyArray<PageRow<object>> => below?.[nr]?.rows ?? [])
      return inside.waits ? readAfter(context, inner, inside) : undefined
    })
  ])
}

const level = async (
  context: GraphqlContext,
  rows: ReadonlyArray<object>,
  { child, page, plan }: Branch
): Promise<void> => {
  if (rows.length === 0) return
  const found = await child.ahead(context, rows, page)
  await Promise.all(plan.branches.map((branch) => level(context, found, branch)))
}

const planOf = (
  info: GraphQLResolveInfo,
  { type, connection }: RowType,
  asked: ReadonlyArray<SelectionSetNode>
): Plan => {
  const sets = connection === undefined ? asked : rowSets(info, connection, asked)
  const fields = type.getFields()
  const columns = new Set<string>()
  let known = true
  const branches = new Map<string, Asked & { readonly page: PageArguments; readonly child: Child }>()
  for (const one of fieldsOf(info, type, sets)) {
    const definition = fields[one.name]
    if (definition === undefined) continue
    const needs = columnsOf(definition)
    if (needs === undefined) known = false
    for (const need of needs ?? []) columns.add(need)
    const child = children.get(`${type.name}.${one.name}`)
    const page = child === undefined ? undefined : pageOf(info, definition, one.node)
    if (child === undefined || page === undefined) continue
    const name = `${one.name} ${nameOf(page)}`
    const before = branches.get(name)
    if (before === undefined) branches.set(name, { ...one, page, child })
    else before.sets.push(...one.sets)
  }
  return {
    columns: known ? columns : undefined,
    branches: [...branches.values()].map(({ name, page, child, sets: below }) => {
      const to = fields[name]
      const of = to === undefined ? undefined : rowTypeOf(info, getNamedType(to.type).name)
      const plan = of === undefined ? { columns: undefined, branches: [] } : planOf(info, of, below)
      return { child, page, name: nameOf(page), plan }
    })
  }
}

/**
 * Which columns of its row a field needs beside the id. A field that tells a property as it is needs that one; any other
 * says so itself, or needs all.
 */
const columnsOf = ({
  name,
  extensions
}: GraphQLField<unknown, unknown>): ReadonlyArray<string> | undefined => {
  const { pothosExposedField: exposed, columns } = extensions
  if (typeof exposed === "string") return [exposed]
  return Array.isArray(columns) ? columns : name === "id" ? [] : undefined
}

interface RowType {
  readonly type: GraphQLObjectType
  readonly connection: GraphQLObjectType | undefined
}

/** The type of the rows that a field leads to: of a connection, what its `nodes` are. */
const rowTypeOf = (info: GraphQLResolveInfo, name: string): RowType | undefined => {
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
  node.directives === undefined ||
  node.directives.length === 0 ||
  (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.["if"] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.["if"] !== false)

const applies = ({ schema }: GraphQLResolveInfo, type: GraphQLObjectType, condition?: string): boolean => {
  if (condition === undefined || condition === type.name) return true
  const of = schema.getType(condition)
  return isAbstractType(of) && schema.isSubType(of, type)
}

/** The arguments of the field as its resolver will be given them; undefined when it will be given none. */
export const pageOf = (
  info: Pick<GraphQLResolveInfo, "variableValues">,
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode
): PageArguments | undefined => {
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
