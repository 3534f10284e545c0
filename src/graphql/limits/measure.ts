import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode
} from "graphql"
import { mostRows, rowsByDefault } from "../pages.ts"
import { heavy } from "./limits.ts"

/** How large the answer to an operation may become, as far as that can be told before it is executed. */
export interface Measure {
  /** Fields inside fields, with fragments in their places; introspection, which has its own limit, not counted. */
  readonly depth: number
  readonly aliases: number
  /** On fields, fragments and what they are spread by; those of the operation itself too. */
  readonly directives: number
  /** The objects that are resolved at most: pages count as large as they may be, and multiply what is in them. */
  readonly cost: number
  /** Fields that are values, of the object that is measured and not of those in it. */
  readonly values: number
}

/** So many values of an object count as one object more: rows that are asked for whole are dear by what is in them. */
const valuesOfOne = 10

/** What a list counts that is not a connection; no such list is longer than the companies' few accounts. */
const listLength = 5

/** What the schema counts that is asked for; it cannot be paged. Once more for every alias in it. */
const introspectionCost = 4000

/** Far above every limit, and still a number that can be written. */
const most = 1e9

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0, values: 0 }

interface Asked {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** As they were sent; page sizes are taken from them. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Is told when the measure follows from the variables, and not from the operation alone. */
  readonly onVariable: () => void
}

/** Measures a valid operation. A fragment is measured once however often it is spread, so this is quick. */
export const measure = ({ schema, operation, fragments, variables, onVariable }: Asked): Measure => {
  const measured = new Map<string, Measure>()

  const valueOf = (field: FieldNode, argument: string): unknown => {
    const value = field.arguments?.find(({ name }) => name.value === argument)?.value
    if (value?.kind === "IntValue") return Number(value.value)
    if (value?.kind === "ListValue") return value.values
    if (value?.kind !== "Variable") return undefined
    onVariable()
    const { name } = value
    const sent = variables[name.value]
    if (sent !== undefined) return sent
    const declared = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name.value)
    if (declared?.defaultValue?.kind === "IntValue") return Number(declared.defaultValue.value)
    return declared?.defaultValue?.kind === "ListValue" ? declared.defaultValue.values : undefined
  }

  const pageSize = (field: FieldNode): number => {
    const size = valueOf(field, "last") ?? valueOf(field, "first") ?? rowsByDefault
    return typeof size === "number" ? Math.min(Math.max(size, 0), mostRows) : mostRows
  }

  const listSize = (field: FieldNode): number => {
    const ids = valueOf(field, "ids")
    return Array.isArray(ids) ? ids.length : listLength
  }

  const ofFields = (
    set: SelectionSetNode | undefined,
    type: GraphQLNamedType | undefined,
    rows?: number
  ): Measure => {
    let sum = nothing
    for (const one of set?.selections ?? []) {
      sum = withDirectives(sum, one)
      if (one.kind === "Field") sum = plus(sum, ofField(one, type, rows))
      else if (one.kind === "FragmentSpread") sum = plus(sum, ofFragment(one.name.value, rows))
      else {
        const condition = one.typeCondition?.name.value
        const inside = condition === undefined ? type : schema.getType(condition)
        sum = plus(sum, ofFields(one.selectionSet, inside, rows))
      }
    }
    return sum
  }

  const ofFragment = (name: string, rows: number | undefined): Measure => {
    const key = `${name}:${rows}`
    const found = measured.get(key)
    if (found !== undefined) return found
    const fragment = fragments.get(name)
    const type = schema.getType(fragment?.typeCondition.name.value ?? "")
    const answer = withDirectives(ofFields(fragment?.selectionSet, type, rows), fragment)
    measured.set(key, answer)
    return answer
  }

  const ofField = (
    field: FieldNode,
    type: GraphQLNamedType | undefined,
    rows: number | undefined
  ): Measure => {
    const name = field.name.value
    const alias = field.alias === undefined ? 0 : 1
    if (name === "__schema" || name === "__type") {
      const { aliases, directives } = ofFields(field.selectionSet, undefined)
      const cost = introspectionCost * (1 + aliases)
      return { depth: 1, aliases: alias + aliases, directives, cost, values: 0 }
    }
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
    const of = definition === undefined ? undefined : getNamedType(definition.type)
    const isPage = of?.name.endsWith("Connection") === true
    const inside = ofFields(field.selectionSet, of, isPage ? pageSize(field) : undefined)
    const isList = definition !== undefined && isListType(getNullableType(definition.type))
    const times = isList ? (rows ?? listSize(field)) : 1
    const own = heavy[type === schema.getQueryType() ? name : `${type?.name}.${name}`] ?? 0
    const isValue = field.selectionSet === undefined
    const one = 1 + Math.floor(inside.values / valuesOfOne) + inside.cost
    const cost = isValue ? 0 : Math.min(own + times * one, most)
    const { depth, aliases, directives } = inside
    return { depth: 1 + depth, aliases: alias + aliases, directives, cost, values: isValue ? 1 : 0 }
  }

  const whole = ofFields(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined)
  return (operation.variableDefinitions ?? []).reduce(withDirectives, withDirectives(whole, operation))
}

const withDirectives = (
  { directives, ...rest }: Measure,
  node: { readonly directives?: ReadonlyArray<unknown> | undefined } | undefined
): Measure => ({ ...rest, directives: Math.min(directives + (node?.directives?.length ?? 0), most) })

const plus = (a: Measure, b: Measure): Measure => ({
  depth: Math.max(a.depth, b.depth),
  aliases: Math.min(a.aliases + b.aliases, most),
  directives: Math.min(a.directives + b.directives, most),
  cost: Math.min(a.cost + b.cost, most),
  values: a.values + b.values
})
