import {
  type FieldNode,
  getNamedType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isEnumType,
  isLeafType,
  isNonNullType,
  isObjectType
} from "graphql"
import type { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import {
  type ListTold,
  type Members,
  oneOfWords,
  type PageWord,
  type Spelling,
  spelt,
  type Told
} from "../db/reads/telling.ts"
import type { RegistrySnapshot } from "../kernel/EntityRegistry.ts"
import { children } from "./children.ts"
import { fieldsBelow } from "./execution/fieldsBelow.ts"
import { isGlobalId, textsOf } from "./knownTexts.ts"
import { pageOf } from "./lookAhead.ts"

// Which lists PostgreSQL can tell by itself. A field that exposes a property is a column, spelt as its type says; one that
// is no column says in its extensions what tells it: `told: "columns"`, an object of columns, or `told: "entities"` and
// the like, what the registry knows of the value of its one column. A list that is read with its parents is told with
// them. Whatever else is asked for makes nothing of it plain, and the answer is told field by field.

interface Asking {
  readonly info: Pick<GraphQLResolveInfo, "variableValues">
  readonly reads: PaymentReads["Service"]
  readonly scope: ReadScope
  readonly registry: () => RegistrySnapshot
}

/** What is told once it is known who asks, and with which variables; undefined when that cannot be told. */
type Tell<Value> = (asking: Asking) => Value | undefined
type ListWord = ListTold["members"][number][1]

/** What PostgreSQL is to tell of a list at the root, if it can. The document is looked at once. */
export const tellingOf = (info: GraphQLResolveInfo, of: Omit<Asking, "info">): ListTold | undefined => {
  const { fieldNodes, returnType } = info
  let tell = known.get(fieldNodes)
  if (tell === undefined) {
    tell = listOf(info, getNamedType(returnType), fieldNodes, true) ?? (() => undefined)
    known.set(fieldNodes, tell)
  }
  return tell({ ...of, info })
}

const known = new WeakMap<ReadonlyArray<FieldNode>, Tell<ListTold>>()

type Nodes = ReadonlyArray<FieldNode>

/** Each member of an object, or nothing if one of them is not plain. */
const membersOf = <Value>(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  nodes: Nodes,
  tellOf: (field: GraphQLField<unknown, unknown>, below: Nodes) => Tell<Value> | undefined
): Tell<Members<Value | Said>> | undefined => {
  const sets = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))
  const tells: Array<readonly [string, Tell<Value | Said>]> = []
  for (const [key, below] of fieldsBelow(info.schema, info.fragments, type, sets)) {
    const name = below[0].name.value
    const field = type.getFields()[name]
    const tell =
      name === "__typename"
        ? said(JSON.stringify(type.name))
        : field === undefined
          ? undefined
          : tellOf(field, below)
    if (tell === undefined) return undefined
    tells.push([key, tell])
  }
  return (asking) => {
    const members: Array<readonly [string, Value | Said]> = []
    for (const [key, tell] of tells) {
      const value = tell(asking)
      if (value === undefined) return undefined
      members.push([key, value])
    }
    return members
  }
}

type Said = Extract<Told, { readonly is: "said" }>
const said = (json: string): Tell<Said> => {
  const value: Said = { is: "said", json }
  return () => value
}

/** A connection. Only at the root its cursors are known beforehand: below, each parent has its own. */
const listOf = (
  info: GraphQLResolveInfo,
  type: unknown,
  nodes: Nodes,
  hasCursors: boolean
): Tell<ListTold> | undefined => {
  if (!isObjectType(type)) return undefined
  const rowsOf = (field: GraphQLField<unknown, unknown>, below: Nodes): Tell<ListWord> | undefined => {
    const row = getNamedType(field.type)
    if (!isObjectType(row)) return undefined
    const tell = field.name === "nodes" ? rowOf(info, row, below) : edgeOf(info, row, below, hasCursors)
    return tell && ((asking) => wrapped(tell(asking), (told) => ({ is: "rows", row: told })))
  }
  const tell = membersOf<ListWord>(info, type, nodes, (field, below) => {
    if (field.name === "nodes" || field.name === "edges") return rowsOf(field, below)
    return field.name === "pageInfo" ? pageInfoOf(info, field, below, hasCursors) : undefined
  })
  return tell && ((asking) => wrapped(tell(asking), (members) => ({ members })))
}

const wrapped = <A, B>(value: A | undefined, wrap: (value: A) => B): B | undefined =>
  value === undefined ? undefined : wrap(value)

const pageInfoOf = (
  info: GraphQLResolveInfo,
  { type }: GraphQLField<unknown, unknown>,
  nodes: Nodes,
  hasCursors: boolean
): Tell<ListWord> | undefined => {
  const of = getNamedType(type)
  if (!isObjectType(of)) return undefined
  const tell = membersOf<{ readonly is: PageWord }>(info, of, nodes, ({ name }) => {
    const word = pageWords.find((one) => one === name)
    return word === undefined || (word.endsWith("Cursor") && !hasCursors) ? undefined : () => ({ is: word })
  })
  return tell && ((asking) => wrapped(tell(asking), (members) => ({ is: "pageInfo", members })))
}
const pageWords: ReadonlyArray<PageWord> = ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]

const edgeOf = (info: GraphQLResolveInfo, type: GraphQLObjectType, nodes: Nodes, hasCursors: boolean) =>
  objectOf(
    membersOf<Told>(info, type, nodes, (field, below) => {
      const row = getNamedType(field.type)
      if (field.name === "node") return isObjectType(row) ? rowOf(info, row, below) : undefined
      return field.name === "cursor" && hasCursors ? () => ({ is: "cursor" }) : undefined
    })
  )

const objectOf = (tell: Tell<Members<Told>> | undefined): Tell<Told> | undefined =>
  tell && ((asking) => wrapped(tell(asking), (members): Told => ({ is: "object", members })))

const rowOf = (info: GraphQLResolveInfo, type: GraphQLObjectType, nodes: Nodes): Tell<Told> | undefined =>
  objectOf(membersOf<Told>(info, type, nodes, (field, below) => fieldOf(info, type, field, below)))

const fieldOf = (
  info: GraphQLResolveInfo,
  row: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  nodes: Nodes
): Tell<Told> | undefined => {
  const { name, type, extensions } = field
  const of = getNamedType(type)
  const { told, columns, pothosExposedField: exposed } = extensions
  if (isGlobalId(row, name)) return () => ({ is: "globalId", type: row.name })
  if (isLeafType(of)) return typeof exposed === "string" ? columnOf(field, exposed) : undefined
  if (!isObjectType(of)) return undefined
  if (told === "columns" && typeof exposed === "string" && isNonNullType(type))
    return objectOf(
      membersOf<Told>(info, of, nodes, (part) =>
        typeof part.extensions["pothosExposedField"] === "string"
          ? columnOf(part, exposed, part.extensions["pothosExposedField"])
          : undefined
      )
    )
  if (told === "entities" || told === "brands" || told === "accounts") {
    const column: unknown = Array.isArray(columns) ? columns[0] : undefined
    const texts = textsOf(info, of, nodes)
    if (typeof column !== "string" || texts === undefined) return undefined
    return ({ registry }) =>
      wrapped(texts(registry()[told]), (json): Told => ({ is: "known", column, texts: json }))
  }
  return belowOf(info, row, field, nodes)
}

/** A list that is read with the row. */
const belowOf = (
  info: GraphQLResolveInfo,
  row: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  nodes: Nodes
): Tell<Told> | undefined => {
  const [node] = nodes
  const child = children.get(`${row.name}.${field.name}`)
  const tell = child?.below && listOf(info, getNamedType(field.type), nodes, false)
  if (child?.below === undefined || tell === undefined || node === undefined) return undefined
  const { below: belowIt } = child
  return (asking) => {
    const { reads, scope } = asking
    const list = tell(asking)
    const page = pageOf(asking.info, field, node)
    if (list === undefined || page === undefined) return undefined
    return wrapped(belowIt(reads, scope, page, { below: [] }), (below): Told => ({
      is: "list",
      below,
      told: list
    }))
  }
}

const columnOf = (
  { type }: GraphQLField<unknown, unknown>,
  column: string,
  part?: string
): Tell<Told> | undefined => {
  const inner = isNonNullType(type) ? type.ofType : type
  const spelling = isLeafType(inner) ? spellingOf(inner) : undefined
  if (spelling === undefined) return undefined
  const told: Told = {
    is: "column",
    column,
    ...(part === undefined ? {} : { part }),
    spelling,
    nullable: !isNonNullType(type)
  }
  return () => told
}

const spellings: ReadonlyMap<string, Spelling> = new Map([
  ["String", spelt.text],
  ["Boolean", spelt.number],
  ["Int", spelt.number],
  ["MinorUnits", spelt.number],
  ["WholeNumber", spelt.number],
  ["DateTime", spelt.instant],
  ["Json", spelt.json],
  ["Labels", spelt.json]
])

/** A word that this version does not know is no value. */
const spellingOf = (type: GraphQLLeafType): Spelling | undefined =>
  isEnumType(type)
    ? oneOfWords(new Map(type.getValues().map(({ name, value }) => [String(value), name])))
    : spellings.get(type.name)
