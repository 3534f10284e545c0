import {
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse
} from "graphql"
import { limits } from "../../src/graphql/limits/limits.ts"
import { measure } from "../../src/graphql/limits/measure.ts"

/** A document that comes as near to the limit of cost as its shape allows. */
export interface Dear {
  readonly shape: string
  readonly query: string
  readonly cost: number
}

type Field = GraphQLField<unknown, unknown>

const fieldsOf = (type: GraphQLObjectType): ReadonlyArray<Field> => Object.values(type.getFields())
const asksNothing = ({ args }: Field): boolean => args.every(({ type }) => !isNonNullType(type))

/** What a page holds, if a field is one. */
const rowsOf = (field: Field, schema: GraphQLSchema): GraphQLObjectType | undefined => {
  const page = getNamedType(field.type)
  if (!isObjectType(page) || !page.name.endsWith("Connection") || !asksNothing(field)) return undefined
  const rows = schema.getType(page.name.replace(/Connection$/, ""))
  return isObjectType(rows) && page.getFields()["nodes"] !== undefined ? rows : undefined
}

const isLeaf = (field: Field): boolean => {
  const of = getNamedType(field.type)
  return asksNothing(field) && (isScalarType(of) || isEnumType(of))
}

/** Everything of a row but its pages; what it leads to, with everything there that is no object. */
const leaves = (type: GraphQLObjectType): string =>
  fieldsOf(type)
    .flatMap((field) => {
      if (isLeaf(field)) return [field.name]
      const of = getNamedType(field.type)
      if (!asksNothing(field) || !isObjectType(of) || of.name.endsWith("Connection")) return []
      const inside = fieldsOf(of).filter(isLeaf)
      return inside.length === 0 ? [] : [`${field.name} { ${inside.map(({ name }) => name).join(" ")} }`]
    })
    .join(" ")

export const costOf = (schema: GraphQLSchema, query: string): number => {
  const [operation, ...rest] = parse(query).definitions
  if (operation?.kind !== "OperationDefinition" || rest.length > 0) return Number.POSITIVE_INFINITY
  return measure({ schema, operation, fragments: new Map(), variables: {}, onVariable: () => undefined }).cost
}

const mostRows = 100

/** The largest sizes of pages, the inner ones first, with which a document is still allowed. */
const filled = (
  schema: GraphQLSchema,
  shape: string,
  of: (sizes: ReadonlyArray<number>) => string,
  depth: number
) => {
  const sizes = Array.from({ length: depth }, () => 1)
  for (let at = depth - 1; at >= 0; at--) {
    for (let size = mostRows; size > 1; size--) {
      const tried = sizes.with(at, size)
      if (costOf(schema, of(tried)) > limits.cost) continue
      sizes[at] = size
      break
    }
  }
  const query = of(sizes)
  return { shape, query, cost: costOf(schema, query) }
}

/**
 * Every way from the query through pages within pages, up to three deep, each as full as is allowed and with everything
 * that a row tells of itself. One of a kind: what is the same page below another root costs the same.
 */
export const dearDocuments = (schema: GraphQLSchema): ReadonlyArray<Dear> => {
  const root = schema.getQueryType()
  if (!isObjectType(root)) return []
  const found: Array<Dear> = []
  const walk = (way: ReadonlyArray<{ readonly field: Field; readonly rows: GraphQLObjectType }>): void => {
    const last = way.at(-1)
    if (last === undefined) return
    const of = (sizes: ReadonlyArray<number>): string =>
      `{ ${way.reduceRight(
        (inside, { field, rows }, at) =>
          `${field.name}(first: ${sizes[at]}) { nodes { ${leaves(rows)} ${inside} } pageInfo { hasNextPage } }`,
        ""
      )} }`
    found.push(filled(schema, way.map(({ field }) => field.name).join(" > "), of, way.length))
    if (way.length === 3) return
    for (const field of fieldsOf(last.rows)) {
      const rows = rowsOf(field, schema)
      // From a thing back to what it came from is a circle, which costs as its pages do.
      if (rows !== undefined && !way.some((one) => one.rows === rows)) walk([...way, { field, rows }])
    }
  }
  for (const field of fieldsOf(root)) {
    const rows = rowsOf(field, schema)
    if (rows !== undefined) walk([{ field, rows }])
  }
  return found
}

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

/** What reads whole months, as often and over as long as is allowed. */
export const heavyDocuments = (schema: GraphQLSchema, now: number): ReadonlyArray<Dear> => {
  const window = `window: { from: "${day(now - 91 * 86_400_000)}", until: "${day(now)}" }`
  const dimensions = "by: [mid brand category]"
  const heavy = [
    {
      shape: "paymentFigures",
      field: `paymentFigures(${window} ${dimensions}) { ... on PaymentFiguresPayload { rows { mid brand category attempts } } ... on Refusal { refused: message } }`
    },
    {
      shape: "declineReasons",
      field: `declineReasons(${window}) { ... on DeclineReasonsPayload { rows { code count } } ... on Refusal { refused: message } }`
    },
    {
      shape: "policyReplay",
      field: `policyReplay(${window} changes: [] examples: 50) { ... on PolicyReplayPayload { __typename } ... on Refusal { refused: message } }`
    }
  ]
  return heavy.map(({ shape, field }) => {
    const of = (times: number) =>
      `{ ${Array.from({ length: times }, (_, nr) => `a${nr}: ${field}`).join(" ")} }`
    let times = 1
    while (times < limits.rootFields && costOf(schema, of(times + 1)) <= limits.cost) times++
    return {
      shape: `${shape}, ${times} times over three months`,
      query: of(times),
      cost: costOf(schema, of(times))
    }
  })
}
