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
import { asOwner, keyWith, within } from "../access/support.ts"
import { makeDocuments } from "../fuzz/documents.ts"
import { drawsOf } from "../fuzz/draws.ts"
import { pastTrouble } from "../support/pastTrouble.ts"
import { at, Doors, doors } from "./support.ts"

const past = Layer.effectDiscard(pastTrouble(150)).pipe(Layer.provideMerge(doors))

/** How many documents are drawn; more with TOLD_DOCUMENTS. */
const drawn = Number(process.env["TOLD_DOCUMENTS"] ?? 60)

/** What PostgreSQL tells by itself of the rows of each list. */
const plain: Readonly<Record<string, string>> = {
  sessions:
    "attempts brand category createdAt customer disputes entity events expiresAt id metadata mode money orderReference refunds sessionId state theme updatedAt audit",
  attempts:
    "attemptId brand category declineKind entity evidence id idempotencyKey merchantAccount money ordinal processorReference provider resolvedAt round state writtenAt",
  refunds:
    "id idempotencyKey kind merchantAccount money ordinal processorReference provider reason refundId refundReference requestedBy resolvedAt state writtenAt",
  disputes:
    "evidenceDueBy merchantAccount money openedAt processorReference reason reference state updatedAt",
  events: "eventId id occurredAt payload type",
  incidents: "closedAt detail kind nr openedAt"
}
const lists = Object.keys(plain)
const sorted = (names: string) => names.split(" ").toSorted().join(" ")

/** The fields that stand in a row of a type as they are. */
const ownOf = (type: GraphQLNamedType): string =>
  isObjectType(type)
    ? Object.values(type.getFields())
        .filter(({ type: of, args }) => isLeafType(getNamedType(of)) && !args.some(isRequiredArgument))
        .filter(({ extensions, name }) => name === "id" || "pothosExposedField" in extensions)
        // A list of words is no word.
        .filter(({ type: of }) => !String(of).startsWith("["))
        .map(({ name }) => name)
        .join(" ")
    : ""

const askedAs = ({ name, type, args }: GraphQLField<unknown, unknown>): string => {
  const of = getNamedType(type)
  if (args.some(isRequiredArgument)) return ""
  if (isLeafType(of)) return name
  if (!isObjectType(of)) return ""
  const nodes = of.getFields()["nodes"]
  if (nodes !== undefined)
    return `${name}(last: 2) { nodes { ${ownOf(getNamedType(nodes.type))} } pageInfo { hasNextPage hasPreviousPage } }`
  return ownOf(of) === "" ? "" : `${name} { __typename ${ownOf(of)} }`
}

const rowsOf = (list: string) => {
  const connection = getNamedType(schema.getQueryType()?.getFields()[list]?.type ?? assert.fail(list))
  const nodes = isObjectType(connection) ? connection.getFields()["nodes"] : undefined
  const row = getNamedType(nodes?.type ?? assert.fail(list))
  return isObjectType(row) ? Object.values(row.getFields()) : assert.fail(list)
}

interface Question {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly key?: string | undefined
}

/**
 * Asks until it is answered without the engine, and holds the answer, name after name, against that of the engine, which
 * a directive makes sure of. Answers whether PostgreSQL told it, and in how many statements.
 */
const held = Effect.fnUntraced(function* ({ query, variables = {}, key }: Question) {
  const { ask, statements } = yield* Doors
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const engine = yield* ask(query.replace("{", "{ engine: __typename @include(if: true) "), {
    variables,
    headers
  })
  yield* ask(query, { variables, headers })
  const before = statements().length
  const told = yield* ask(query, { variables, headers })
  const asked = statements().slice(before)
  const about = `${query} ${JSON.stringify(variables)} ${key}`
  if (at(engine.json, "errors") === undefined) {
    const expected = JSON.stringify(engine.json).replace('"engine":"Query",', "")
    assert.strictEqual(JSON.stringify(told.json), expected, about)
  } else assert.isDefined(at(told.json, "errors"), about)
  return { json: told.json, asked, isTold: asked.some((text) => /^\s*select '\{/.test(text)) }
})

const page = (list: string, what: string, args = "first: 12") => `{ ${list}(${args}) { ${what} } }`

const keys = [undefined, "sk_of_health", "sk_of_store", "sk_of_both"]
const madeKeys = [
  ...keyWith("sk_of_health", within({ entities: ["loop_health"] })),
  ...keyWith("sk_of_store", within({ brands: ["loop-store"] })),
  ...keyWith("sk_of_both", within({ entities: ["loop_nutrition"], brands: ["loop-store"] }))
]

it.layer(past, { excludeTestServices: true })("a list that PostgreSQL tells", (it) => {
  it.effect("is told of every plain field as the engine tells it, by itself and with all others", () =>
    Effect.gen(function* () {
      yield* asOwner(...madeKeys)
      for (const list of lists) {
        const asked = rowsOf(list)
          .map((one) => ({ name: one.name, text: askedAs(one) }))
          .filter(({ text }) => text !== "")
        const own: Array<{ readonly name: string; readonly text: string }> = []
        for (const one of asked) {
          const { isTold } = yield* held({ query: page(list, `nodes { ${one.text} }`) })
          if (isTold) own.push(one)
        }
        assert.strictEqual(
          own
            .map(({ name }) => name)
            .toSorted()
            .join(" "),
          sorted(plain[list] ?? ""),
          list
        )
        const all = `__typename nodes { ${own.map(({ text }) => text).join(" ")} __typename }`
        for (const key of keys) {
          const { isTold, asked: statements, json } = yield* held({ query: page(list, all), key })
          assert.isTrue(isTold, list)
          assert.lengthOf(statements, 1, list)
          if (key === undefined) assert.isNotEmpty(at(json, "data", list, "nodes"), list)
        }
      }
    })
  )

  it.effect("is told from either end, between cursors, filtered and in every order", () =>
    Effect.gen(function* () {
      const words = `pageInfo { hasPreviousPage startCursor endCursor hasNextPage __typename }
        rest: edges { at: cursor node { __typename id state } __typename } nodes { money { formattedNot: currency amount } }`
      const query = `query ($first: Int, $last: Int, $after: String, $before: String, $filter: SessionFilter, $by: ListOrder) {
        sessions(first: $first, last: $last, after: $after, before: $before, filter: $filter, orderBy: $by) { ${words} } }`
      const asks = Effect.fnUntraced(function* (variables: Readonly<Record<string, unknown>>) {
        const { json, isTold, asked } = yield* held({ query, variables })
        assert.isTrue(isTold, JSON.stringify(variables))
        assert.lengthOf(asked, 1)
        return at(json, "data", "sessions", "pageInfo")
      })
      const first = yield* asks({ first: 7 })
      const after = at(first, "endCursor")
      const second = yield* asks({ first: 7, after })
      for (const variables of [
        { last: 7 },
        { last: 3, before: at(second, "endCursor") },
        { first: 5, after, before: at(second, "endCursor") },
        { last: 100 },
        { first: 100, filter: { states: ["in_review", "failed"] } },
        { first: 5, filter: { entity: "loop_health" } },
        { first: 5, filter: { brand: "loop-store" } },
        { first: 5, filter: { customer: "nobody" } },
        { first: 0 },
        { last: 0 },
        { first: 9, by: "oldest_first" },
        { first: 9, by: "largest_first", filter: { amount: { currency: "USD", from: 1 } } }
      ])
        yield* asks(variables)
      const ofFilter = at(yield* asks({ first: 2, filter: { entity: "loop_health" } }), "endCursor")
      const { json } = yield* held({ query, variables: { first: 2, after: ofFilter } })
      assert.strictEqual(at(json, "errors", 0, "extensions", "code"), "BAD_CURSOR")
      for (const list of ["events", "disputes", "attempts", "refunds"]) {
        const ends = "pageInfo { startCursor endCursor hasNextPage } edges { cursor }"
        for (const args of ["first: 3", "last: 3"])
          assert.isTrue((yield* held({ query: page(list, ends, args) })).isTold, list)
      }
    })
  )

  it.effect("is told beside others, and left to the functions where anything in it is more than plain", () =>
    Effect.gen(function* () {
      const other = "nodes { state money { formatted } }"
      const both = `{ __typename a: sessions(first: 2) { nodes { id } } b: sessions(first: 2) { ${other} }
        entities { nodes { name } } }`
      const found = yield* held({ query: both })
      assert.isTrue(found.isTold)
      assert.lengthOf(found.asked, 2)
      for (const what of [
        other,
        "estimatedCount nodes { id }",
        "nodes { entity { brands { name } } }",
        "nodes { attempts { edges { cursor } } }",
        "nodes { attempts { nodes { session { id } } } }"
      ])
        assert.isFalse((yield* held({ query: page("sessions", what) })).isTold, what)
    })
  )

  it.effect("is told by the functions when a value is not there that has to be, with its error", () =>
    Effect.gen(function* () {
      const query = page("incidents", "nodes { nr detail }", "first: 3")
      assert.isUndefined(at((yield* held({ query })).json, "errors"))
      yield* asOwner(
        `insert into incidents (kind, session_id, attempt_id, detail)
          select 'late_capture', session_id, attempt_id, 'null' from attempts limit 1`
      )
      const { json } = yield* held({ query })
      assert.deepStrictEqual(at(json, "errors", 0, "path"), ["incidents", "nodes", 0, "detail"])
    })
  )

  it.effect("is told of whatever documents are drawn, to whoever sees all or some, as the engine does", () =>
    Effect.gen(function* () {
      const make = makeDocuments(schema, {
        sessions: ["ps_00000000000000000000000000"],
        words: ["loop_health", "loop-store", "stub_a", "x"]
      })
      for (let nr = 0; nr < drawn; nr++) {
        const { query, variables } = make("query", drawsOf(11, nr))
        yield* held({ query, variables, key: keys[nr % keys.length] })
      }
    })
  )
})
