import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument
} from "graphql"
import { schema } from "../../src/graphql/schema.ts"
import { pastTrouble } from "../support/pastTrouble.ts"
import { at, doors, field } from "./support.ts"

const past = Layer.effectDiscard(pastTrouble(150)).pipe(Layer.provideMerge(doors))

/** Lists of rows that are read by their columns, and how many rows show all that there is to see. */
const lists = ["sessions", "attempts", "refunds", "disputes", "events", "incidents"]

const leavesOf = (type: GraphQLNamedType): string =>
  isObjectType(type)
    ? Object.values(type.getFields())
        .filter(({ type: of, args }) => isLeafType(getNamedType(of)) && !args.some(isRequiredArgument))
        .map(({ name }) => name)
        .join(" ")
    : ""

const askedAs = ({ name, type }: GraphQLField<unknown, unknown>): string => {
  const of = getNamedType(type)
  if (isLeafType(of)) return name
  if (!isObjectType(of)) return ""
  const nodes = of.getFields()["nodes"]
  if (nodes !== undefined) return `${name}(first: 2) { nodes { ${leavesOf(getNamedType(nodes.type))} } }`
  return leavesOf(of) === "" ? "" : `${name} { ${leavesOf(of)} }`
}

it.layer(past, { excludeTestServices: true })("a field of a row", (it) => {
  it.effect(
    "answers by itself what it answers among all others, so that it reads every column it needs",
    () =>
      Effect.gen(function* () {
        let compared = 0
        for (const list of lists) {
          const connection = getNamedType(schema.getQueryType()?.getFields()[list]?.type ?? assert.fail(list))
          const nodes = isObjectType(connection) ? connection.getFields()["nodes"] : undefined
          const row = getNamedType(nodes?.type ?? assert.fail(list))
          const fields = isObjectType(row) ? Object.values(row.getFields()) : []
          const asked = fields
            .map((one) => ({ name: one.name, text: askedAs(one) }))
            .filter(({ text }) => text !== "")
          const ask = (text: string) => field(`{ ${list}(first: 12) { nodes { ${text} } } }`, list)
          const all = at(yield* ask(asked.map(({ text }) => text).join(" ")), "nodes")
          const rows = Array.isArray(all) ? all : assert.fail(list)
          assert.isNotEmpty(rows, list)
          for (const { name, text } of asked) {
            const alone = at(yield* ask(text), "nodes")
            assert.deepStrictEqual(
              alone,
              rows.map((one: unknown) => ({ [name]: at(one, name) })),
              `${list}: ${name}`
            )
            compared++
          }
        }
        assert.isAbove(compared, 60)
      })
  )
})
