import { assert, it } from "@effect/vitest"
import { Effect, Layer, Predicate } from "effect"
import { isObjectType } from "graphql"
import { schema } from "../../src/graphql/schema.ts"
import { pastPayments } from "../support/pastPayments.ts"
import { at, Doors, doors } from "./support.ts"

const past = Layer.effectDiscard(pastPayments(150)).pipe(Layer.provideMerge(doors))

/** Answers and how many statements they took. */
const asked = Effect.fnUntraced(function* (query: string, variables: object = {}) {
  const { ask, statements } = yield* Doors
  const before = statements().length
  const { json, text } = yield* ask(query, { variables: { ...variables } })
  return { json, text, count: statements().length - before }
})

/** The fields that answer with a promise from now on, once for each time. */
const whoWaits = () => {
  const waiting: Array<string> = []
  const before: Array<() => void> = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field
      if (resolve === undefined) continue
      before.push(() => {
        field.resolve = resolve
      })
      field.resolve = (...args) => {
        const value: unknown = resolve(...args)
        if (Predicate.isPromiseLike(value)) waiting.push(`${type.name}.${field.name}`)
        return value
      }
    }
  }
  return { waiting, restore: () => before.forEach((undo) => undo()) }
}

const plain =
  "{ sessions(first: 9) { nodes { sessionId attempts { nodes { ordinal evidence { nodes { nr } } } } } } }"

it.layer(past, { excludeTestServices: true })("what is read ahead", (it) => {
  it.effect("is what would be read field by field, whatever the query calls it and wherever it stands", () =>
    Effect.gen(function* () {
      const expected = yield* asked(plain)
      assert.strictEqual(expected.count, 1)
      const written = [
        `query { sessions(first: 9) { edges { node { ...A } } } }
         fragment A on PaymentSession { sessionId ... on Node { ... on PaymentSession { attempts { ...B } } } }
         fragment B on AttemptConnection { nodes { ordinal ... { evidence { edges { node { nr } } } } } }`,
        `query ($n: Int = 20, $no: Boolean = false, $yes: Boolean = true) { sessions(first: 9) { nodes { sessionId
           attempts(first: $n) @include(if: $yes) { nodes { ordinal evidence @skip(if: $no) { nodes { nr } } } }
           refunds @include(if: $no) { nodes { state } } captures @skip(if: $yes) { processorReference } } } }`,
        `{ sessions(first: 9) { nodes { sessionId attempts { nodes { ordinal } } }
           nodes { attempts { nodes { evidence { nodes { nr } } } } } } }`
      ]
      const flat = (json: unknown): unknown =>
        JSON.parse(JSON.stringify(json), (_, value: unknown) => {
          const edges = at(value, "edges")
          return Array.isArray(edges) ? { nodes: edges.map((edge: unknown) => at(edge, "node")) } : value
        })
      for (const query of written) {
        const answer = yield* asked(query)
        assert.deepStrictEqual(flat(answer.json), expected.json, query)
        assert.strictEqual(answer.count, 1, query)
      }
    })
  )

  it.effect("reads every slice with its rows, the same one under two names once", () =>
    Effect.gen(function* () {
      const { json, count } = yield* asked(`{ sessions(first: 9) { nodes {
        a: attempts(first: 1) { nodes { ordinal } } b: attempts(first: 1) { nodes { state } } c: attempts(last: 1) { nodes { ordinal } }
      } } }`)
      assert.isUndefined(at(json, "errors"))
      assert.strictEqual(count, 1)
    })
  )

  it.effect("goes up and down again, with a statement for each step", () =>
    Effect.gen(function* () {
      const { json, count } = yield* asked(`{ attempts(first: 30) { nodes { ordinal session { sessionId
        attempts { nodes { attemptId session { sessionId } } } } } } }`)
      assert.strictEqual(count, 4)
      const nodes = at(json, "data", "attempts", "nodes")
      for (const node of Array.isArray(nodes) ? nodes : assert.fail("no attempts")) {
        const session = at(node, "session")
        assert.strictEqual(
          at(session, "attempts", "nodes", 0, "session", "sessionId"),
          at(session, "sessionId")
        )
      }
    })
  )

  it.effect("leaves no field below the page to wait for", () =>
    Effect.gen(function* () {
      const { waiting, restore } = whoWaits()
      const { json } = yield* asked(`{ sessions(first: 7) { estimatedCount nodes {
        state money { formatted } brand { name } entity { name merchantAccounts { nodes { midId entity { name } } } }
        captures { merchantAccount { midId } } decisions { chosen { midId } leftOut { merchantAccount { midId } } }
        refunds { nodes { attempt { ordinal } } } disputes { nodes { state } } events { nodes { type } } waitsFor { what } lateCaptures { left { amount } merchantAccount { midId } }
        attempts { nodes { session { state } decision { chosen { midId } } audit { nodes { at } }
          merchantAccount { name entity { name } monthlyCap { captured { amount } } } evidence { nodes { code } } } }
      } } }`).pipe(Effect.ensuring(Effect.sync(restore)))
      assert.isUndefined(at(json, "errors"))
      assert.deepStrictEqual(waiting, ["Query.sessions", "PaymentSessionConnection.estimatedCount"])
    })
  )

  it.effect("fails in its own place where its arguments are wrong", () =>
    Effect.gen(function* () {
      const { json } = yield* asked(
        "{ sessions(first: 2) { nodes { attempts(first: 500) { nodes { ordinal } } } } }"
      )
      assert.match(String(at(json, "errors", 0, "message")), /is 500; a page has 0 to 100 rows/)
      assert.deepStrictEqual(at(json, "errors", 0, "path"), ["sessions", "nodes", 0, "attempts"])
    })
  )
})
