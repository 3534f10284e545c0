import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType
} from "graphql"
import type { Draws } from "./draws.ts"

/** Ids that mean something to the server, and words that mean nothing. */
export interface Known {
  readonly sessions: ReadonlyArray<string>
  readonly words: ReadonlyArray<string>
}

export interface Document {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A value as a literal of GraphQL and as JSON, for it may stand in either. */
interface Value {
  readonly literal: string
  readonly json: unknown
}

const same = (json: unknown): Value => ({ literal: JSON.stringify(json), json })

const numbers = [0, 1, 2, 5, 100, 101, 3500, -1, 2_147_483_647]

/** Makes documents of a schema: every one of them is valid, and may still be refused for what it says. */
export const makeDocuments = (schema: GraphQLSchema, { sessions, words }: Known) => {
  const scalar = (name: string, draws: Draws): Value => {
    switch (name) {
      case "Int":
      case "MinorUnits":
      case "WholeNumber":
        return same(draws.one(numbers, 1))
      case "Float":
        return same(draws.below(1000) / 7)
      case "Boolean":
        return same(draws.chance(0.5))
      case "DateTime":
        return same(`20${10 + draws.below(40)}-0${1 + draws.below(9)}-1${draws.below(10)}T00:00:00Z`)
      case "ID":
        return same(draws.chance(0.6) ? draws.one(sessions, "x") : draws.one(words, "x"))
      default:
        return same(draws.chance(0.3) ? draws.one(sessions, "x") : draws.one(words, "x"))
    }
  }

  const valueOf = (type: GraphQLInputType, draws: Draws, depth: number): Value => {
    const inner = getNullableType(type)
    if (!isNonNullType(type) && draws.chance(0.05)) return same(null)
    if (isListType(inner)) {
      const values = Array.from({ length: draws.below(4) }, () => valueOf(inner.ofType, draws, depth + 1))
      return {
        literal: `[${values.map(({ literal }) => literal).join(" ")}]`,
        json: values.map(({ json }) => json)
      }
    }
    if (isEnumType(inner)) {
      const name = draws.one(inner.getValues(), undefined)?.name ?? ""
      return { literal: name, json: name }
    }
    if (!isInputObjectType(inner)) return scalar(inner.name, draws)
    const fields = Object.values(inner.getFields()).filter(
      ({ type: of }) => isNonNullType(of) || (depth < 4 && draws.chance(0.4))
    )
    const values = fields.map(({ name, type: of }) => [name, valueOf(of, draws, depth + 1)] as const)
    return {
      literal: `{${values.map(([name, { literal }]) => `${name}: ${literal}`).join(" ")}}`,
      json: Object.fromEntries(values.map(([name, { json }]) => [name, json]))
    }
  }

  return (root: "query" | "mutation", draws: Draws): Document => {
    const variables: Record<string, unknown> = {}
    const declared: Array<string> = []
    const fragments: Array<string> = []
    let left = 60

    const argumentOf = ({ name, type }: GraphQLArgument): string => {
      const { literal, json } = valueOf(type, draws, 0)
      if (!draws.chance(0.2)) return `${name}: ${literal}`
      const variable = `v${declared.length}`
      declared.push(`$${variable}: ${type.toString()}`)
      variables[variable] = json
      return `${name}: $${variable}`
    }

    const fieldOf = (field: GraphQLField<unknown, unknown>, depth: number): string => {
      const given = field.args.filter(({ type }) => isNonNullType(type) || draws.chance(0.4)).map(argumentOf)
      const alias = draws.chance(0.05) ? `a${draws.below(9)}x${left}: ` : ""
      const skip = draws.chance(0.03) ? ` @skip(if: ${draws.chance(0.5)})` : ""
      return `${alias}${field.name}${given.length === 0 ? "" : `(${given.join(" ")})`}${skip} ${selectionOf(field.type, depth + 1)}`
    }

    const selectionOf = (type: GraphQLOutputType, depth: number): string => {
      const inner = getNamedType(type)
      if (isUnionType(inner)) {
        const members = inner.getTypes().filter(() => draws.chance(0.3))
        return `{ __typename ${members.map((one) => `... on ${one.name} ${selectionOf(one, depth + 1)}`).join(" ")} }`
      }
      if (!isObjectType(inner) && !isInterfaceType(inner)) return ""
      const all = Object.values(inner.getFields())
      const leaves = all.filter((field) => {
        const of = getNamedType(field.type)
        return !isObjectType(of) && !isInterfaceType(of) && !isUnionType(of)
      })
      const from = depth > 6 || left <= 0 ? leaves : all
      const chosen = new Set(Array.from({ length: 1 + draws.below(4) }, () => draws.one(from, undefined)))
      left -= chosen.size
      const inside = [...chosen].flatMap((field) => (field === undefined ? [] : [fieldOf(field, depth)]))
      // Of the same name with other arguments two fields cannot be merged: a set of fields has each once.
      const body = `{ __typename ${inside.join(" ")} }`
      if (!draws.chance(0.06)) return body
      const name = `F${fragments.length}`
      fragments.push(`fragment ${name} on ${inner.name} ${body}`)
      return `{ ...${name} }`
    }

    const type = root === "query" ? schema.getQueryType() : schema.getMutationType()
    const roots = Object.values(type?.getFields() ?? {})
    const asked = new Set(
      Array.from({ length: root === "query" ? 1 + draws.below(3) : 1 }, () => draws.one(roots, undefined))
    )
    const body = [...asked].flatMap((field) => (field === undefined ? [] : [fieldOf(field, 1)])).join(" ")
    const head = declared.length === 0 ? "" : `(${declared.join(", ")})`
    return { query: `${root} Q${head} { ${body} } ${fragments.join(" ")}`, variables }
  }
}
