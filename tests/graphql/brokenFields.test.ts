import { assert, it } from "@effect/vitest"
import {
  execute as engine,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  parse
} from "graphql"
import { execute } from "../../src/graphql/execution/compiled.ts"

const breaks = () => {
  throw new Error("it broke")
}
const breaksLater = () => Promise.reject(new Error("it broke later"))
const Int = new GraphQLNonNull(GraphQLInt)

const Thing: GraphQLObjectType = new GraphQLObjectType({
  name: "Thing",
  fields: () => ({
    value: { type: Int, resolve: () => 1 },
    missing: { type: Int, resolve: () => null },
    perhaps: { type: GraphQLInt, resolve: breaks },
    later: { type: GraphQLInt, resolve: breaksLater },
    broken: { type: Int, resolve: breaks },
    brokenLater: { type: Int, resolve: breaksLater },
    thing: { type: Thing, resolve: () => ({}) },
    sure: { type: new GraphQLNonNull(Thing), resolve: async () => ({}) },
    things: { type: new GraphQLList(Thing), resolve: () => [{}, null, new Error("no thing"), {}] },
    sureThings: { type: new GraphQLList(new GraphQLNonNull(Thing)), resolve: () => [{}, null] }
  })
})
const schema = new GraphQLSchema({ query: Thing })

const fields = "value missing perhaps later broken brokenLater".split(" ")
const within = fields.flatMap((field) =>
  ["thing", "sure", "things", "sureThings"].map((above) => `{ value ${above} { value ${field} } }`)
)

it("a field that breaks takes with it what it does in the engine, and is told of in the same words and place", async () => {
  for (const text of [...fields.map((field) => `{ value ${field} }`), ...within]) {
    const document = parse(`${text}`)
    const expected = await engine({ schema, document })
    const found = await execute({ schema, document })
    assert.deepStrictEqual(JSON.parse(JSON.stringify(found)), JSON.parse(JSON.stringify(expected)), text)
  }
})
