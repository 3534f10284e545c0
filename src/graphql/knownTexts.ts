import { encodeGlobalID } from "@pothos/plugin-relay"
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isLeafType,
  isNonNullType
} from "graphql"
import { fieldsBelow } from "./execution/fieldsBelow.ts"

interface Known {
  readonly id: string
}
type AllKnown = ReadonlyMap<string, Known>

/** More than this is too much to send with a statement. */
const most = 100

/**
 * What a query asks of the companies, brands or accounts that this process knows, for PostgreSQL to put into its answer:
 * the JSON of each by its id. What cannot be told has no text. Nothing if more is asked than properties.
 */
export const textsOf = (
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  nodes: ReadonlyArray<FieldNode>
): ((known: AllKnown) => string | undefined) | undefined => {
  const sets = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))
  const fields = type.getFields()
  const tells: Array<(source: Known) => string | undefined> = []
  for (const [key, [{ name }]] of fieldsBelow(info.schema, info.fragments, type, sets)) {
    const field = fields[name.value]
    const tell =
      name.value === "__typename"
        ? () => JSON.stringify(type.name)
        : isGlobalId(type, name.value)
          ? ({ id }: Known) => JSON.stringify(encodeGlobalID(type.name, id))
          : field && propertyOf(field)
    if (tell === undefined) return undefined
    tells.push((source) => {
      const json = tell(source)
      return json === undefined ? undefined : `${JSON.stringify(key)}:${json}`
    })
  }
  const textOf = (source: Known): string | undefined => {
    const members = tells.map((tell) => tell(source))
    return members.includes(undefined) ? undefined : `{${members.join(",")}}`
  }
  // A snapshot of the registry does not change.
  const before = new WeakMap<AllKnown, string>()
  return (known) => {
    if (known.size > most) return undefined
    const found = before.get(known)
    if (found !== undefined) return found
    const texts = JSON.stringify(Object.fromEntries([...known].map(([id, one]) => [id, textOf(one)])))
    before.set(known, texts)
    return texts
  }
}

/** Whether a field of a type is the id by which a value is found among those of all types. */
export const isGlobalId = (type: GraphQLObjectType, field: string): boolean =>
  field === "id" && type.getInterfaces().some(({ name }) => name === "Node")

/** The JSON of a property that is told as it is. */
const propertyOf = ({
  type,
  extensions
}: ReturnType<GraphQLObjectType["getFields"]>[string]):
  | ((source: object) => string | undefined)
  | undefined => {
  const { pothosExposedField: exposed } = extensions
  const inner = isNonNullType(type) ? type.ofType : type
  if (typeof exposed !== "string" || !isLeafType(inner)) return undefined
  return (source) => {
    const value: unknown = Reflect.get(source, exposed)
    if (value === undefined || value === null) return isNonNullType(type) ? undefined : "null"
    try {
      return JSON.stringify(inner.coerceOutputValue(value))
    } catch {
      // Asked for in the other way, it says what is wrong.
      return undefined
    }
  }
}
