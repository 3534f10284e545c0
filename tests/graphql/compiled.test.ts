import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { parse } from "graphql"
import { isCompiled } from "../../src/graphql/execution/compiled.ts"
import { schema } from "../../src/graphql/schema.ts"
import { makeDocuments } from "../fuzz/documents.ts"
import { drawsOf } from "../fuzz/draws.ts"
import { pastTrouble } from "../support/pastTrouble.ts"
import { type Answer, at, Doors, doors, field } from "./support.ts"

const past = Layer.effectDiscard(pastTrouble(80)).pipe(Layer.provideMerge(doors))

/** How many documents are drawn; more with COMPILED_DOCUMENTS. */
const drawn = Number(process.env["COMPILED_DOCUMENTS"] ?? 150)
const seed = Number(process.env["COMPILED_SEED"] ?? 7)

/** What of an answer says something: errors in any order, without the id of the request. */
const told = ({ status, headers, json }: Answer) => {
  const errors = at(json, "errors")
  return {
    status,
    type: headers.get("content-type"),
    data: at(json, "data"),
    errors: Array.isArray(errors)
      ? errors
          .map((one: unknown) =>
            JSON.stringify({ ...objectOf(one), locations: undefined }).replace(/"requestId":"[^"]*"/, "")
          )
          .toSorted()
      : []
  }
}
const objectOf = (value: unknown): object => (typeof value === "object" && value !== null ? value : {})

/** The same for the engine alone: a directive is none of what is compiled. */
const forEngine = (query: string) => query.replace("{", "{ engine: __typename @include(if: true) ")
const withoutMark = (answer: ReturnType<typeof told>) => {
  const { engine, ...data } = { engine: undefined, ...objectOf(answer.data) }
  return { ...answer, data: engine === undefined ? answer.data : data }
}

const written = [
  `{ sessions(first: 3) { __typename edges { cursor node { id sessionId ...Same } } nodes { ...Same createdAt } pageInfo { hasNextPage startCursor endCursor } } }
   fragment Same on PaymentSession { state money { amount currency } entity { name } entity { entityId } }`,
  `{ a: sessions(first: 2) { nodes { attempts(first: 101) { nodes { attemptId } } } } b: sessions(first: 1) { nodes { customer } } }`,
  `{ sessions(first: 2) { nodes { sessionId events(last: 2) { nodes { eventId payload } } intent { __typename ... on AmountIntent { type } ... on LineItemsIntent { items { productId } } } } } }`,
  `{ attempts(first: 4) { nodes { id ordinal declineKind resolvedAt session { sessionId brand { brandId } } merchantAccount { id } decision { policyVersion } } } }`,
  `{ session(id: "ps_00000000000000000000000000") { state } incidents(first: 3) { nodes { kind openedAt attempt { attemptId } } } }`,
  `{ sessions(first: -1) { nodes { state } } entities { __typename edges { node { name } } } }`,
  `query Q($first: Int = 2, $filter: SessionFilter) { sessions(first: $first, filter: $filter) { nodes { customer theme metadata redirects { successUrl } } } }`
]

it.layer(past, { excludeTestServices: true })("a query", (it) => {
  it.effect(
    "that is carried out as functions, also when it was seen before, is answered as the engine answers it",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* Doors
        const sessions = at(
          yield* field(
            "{ sessions(first: 5) { nodes { sessionId id attempts { nodes { id attemptId } } } } }",
            "sessions"
          ),
          "nodes"
        )
        const ids =
          JSON.stringify(sessions).match(/"(ps_|at_|[A-Za-z0-9+/=]{30,})[^"]*"/g) ?? assert.fail("no ids")
        const make = makeDocuments(schema, {
          sessions: ids.map((id) => id.slice(1, -1)),
          words: ["loop_health", "stub_a", "fraud", "x"]
        })
        const documents = [
          ...written.map((query) => ({ query, variables: {} })),
          ...Array.from({ length: drawn }, (_, nr) => make("query", drawsOf(seed, nr)))
        ]
        let compiled = 0
        let broken = 0
        for (const { query, variables } of documents) {
          if (!isCompiled(schema, parse(query), undefined)) continue
          const engine = withoutMark(told(yield* ask(forEngine(query), { variables })))
          for (const time of ["once", "again"])
            assert.deepStrictEqual(
              told(yield* ask(query, { variables })),
              engine,
              `${time}: ${query} ${JSON.stringify(variables)}`
            )
          compiled++
          if (engine.status === 200 && engine.errors.length > 0) broken++
        }
        assert.isAbove(compiled, documents.length / 2)
        assert.isAbove(broken, 3)
      })
  )

  it.effect(
    "that was seen before is refused to whoever may not ask it, and with variables that ask for too much",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* Doors
        const query =
          "query Q($n: Int!) { sessions(first: 100) { nodes { attempts(first: $n) { nodes { attemptId } } } } }"
        for (const time of ["once", "again"])
          assert.strictEqual((yield* ask(query, { variables: { n: 1 } })).status, 200, time)
        assert.include((yield* ask(query, { variables: { n: 100 } })).text, "QUERY_TOO_COSTLY")
        assert.include((yield* ask(query, { variables: { n: "1" } })).text, "BAD_USER_INPUT")
        assert.include((yield* ask(query, { variables: {} })).text, "BAD_USER_INPUT")
        const headers = { authorization: "Bearer nobody" }
        assert.strictEqual((yield* ask(query, { variables: { n: 1 }, headers })).status, 401)
      })
  )
})
