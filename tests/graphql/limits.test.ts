import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { getIntrospectionQuery } from "graphql"
import { examples } from "../../src/graphql/examples.ts"
import { limits, moneyMutations } from "../../src/graphql/limits/limits.ts"
import { schema } from "../../src/graphql/schema.ts"
import { at, type Answer, Doors, field, house, newSession, openDoors } from "./support.ts"

const asked = Effect.fnUntraced(function* (query: string, variables: Readonly<Record<string, unknown>> = {}) {
  return yield* (yield* Doors).ask(query, { variables })
})

const passes = ({ text, json }: Answer) => {
  assert.isUndefined(at(json, "errors"), text.slice(0, 300))
  assert.isDefined(at(json, "data"))
}

const refusedBy = ({ text, json }: Answer, code: string, limit: number, value?: number) => {
  assert.isUndefined(at(json, "data"), text.slice(0, 300))
  const { requestId, ...extensions } = Object(at(json, "errors", 0, "extensions"))
  assert.isString(requestId)
  assert.deepStrictEqual(extensions, { code, limit, ...(value === undefined ? {} : { value }) })
  assert.include(String(at(json, "errors", 0, "message")), String(limit))
}

const braces = (words: ReadonlyArray<string>): string =>
  words.map((word) => `{ ${word} `).join("") + "}".repeat(words.length)

/** A chain of fields from a page on: its company, the brands of that, their companies and so on. */
const nodes = (depth: number) =>
  braces([
    "nodes",
    ...Array.from({ length: depth - 2 }, (_, i) => (i % 2 === 0 ? "brands" : "entities")),
    "name"
  ])

/** As deep as it is asked for, and nothing to resolve: the page that it begins with is empty. */
const chain = (depth: number) => `{ entities(first: 0) ${nodes(depth - 1)} }`

const sumOf = (...fields: ReadonlyArray<string>) => `{ ${fields.join(" ")} }`
const repeat = (count: number, one: (i: number) => string) => Array.from({ length: count }, (_, i) => one(i))

/** Costs 9,998: 49 sessions, each with a page of 100 attempts, each of an amount; and 49 attempts beside them. */
const almostAll = `sessions(first: 49) { nodes { attempts(first: 100) { nodes { money { amount } } } } }
  attempts(last: 49) { nodes { money { amount } } }`

it.layer(openDoors().pipe(Layer.provideMerge(house)), { excludeTestServices: true })("a document", (it) => {
  it.effect("may have so many tokens and not one more", () =>
    Effect.gen(function* () {
      const words = (count: number) =>
        `{ attempts(filter: { states: [${repeat(count - 19, () => "captured").join(" ")}] }) { nodes { id } } }`
      passes(yield* asked(words(limits.tokens)))
      refusedBy(yield* asked(words(limits.tokens + 1)), "QUERY_TOO_LARGE", limits.tokens)
    })
  )

  it.effect("that repeats a field without end is refused for that", () =>
    Effect.gen(function* () {
      const { json } = yield* asked(sumOf(...repeat(1900, () => "__typename")))
      assert.strictEqual(at(json, "errors", 0, "extensions", "code"), "QUERY_TOO_LARGE")
      assert.match(String(at(json, "errors", 0, "message")), /repeats the same fields too often/)
      passes(yield* asked("{ __typename __typename }"))
    })
  )

  it.effect("may nest its brackets so deep and not deeper, and no depth breaks the parser", () =>
    Effect.gen(function* () {
      const { log } = yield* Doors
      const nested = (depth: number) =>
        `{ entity(id: ${"[".repeat(depth - 2)}${"]".repeat(depth - 2)}) { name } }`
      const passed = yield* asked(nested(limits.nesting))
      assert.strictEqual(at(passed.json, "errors", 0, "extensions", "code"), "GRAPHQL_VALIDATION_FAILED")
      refusedBy(yield* asked(nested(limits.nesting + 1)), "QUERY_TOO_DEEP", limits.nesting)
      for (const deep of [
        "{a".repeat(10_000),
        `{a(b:${"[".repeat(10_000)}`,
        `query($a:${"[".repeat(10_000)}`
      ]) {
        refusedBy(yield* asked(deep), "QUERY_TOO_DEEP", limits.nesting)
      }
      assert.notMatch(log.join("\n"), /RangeError|broke/)
    })
  )

  it.effect("may ask so deep and not deeper, with fragments in their places", () =>
    Effect.gen(function* () {
      passes(yield* asked(chain(limits.depth)))
      refusedBy(yield* asked(chain(limits.depth + 1)), "QUERY_TOO_DEEP", limits.depth, limits.depth + 1)
      const spread = (depth: number) =>
        `{ entities(first: 0) { ...f } } fragment f on EntityConnection { ... ${nodes(depth - 1)} }`
      passes(yield* asked(spread(limits.depth)))
      refusedBy(yield* asked(spread(limits.depth + 1)), "QUERY_TOO_DEEP", limits.depth, limits.depth + 1)
    })
  )

  it.effect("may have so many aliases and not one more, also where a fragment is spread again", () =>
    Effect.gen(function* () {
      const names = (count: number) =>
        sumOf('entity(id: "nobody") {', ...repeat(count, (i) => `a${i}: name`), "}")
      passes(yield* asked(names(limits.aliases)))
      refusedBy(
        yield* asked(names(limits.aliases + 1)),
        "TOO_MANY_ALIASES",
        limits.aliases,
        limits.aliases + 1
      )
      const twice = `{ entity(id: "nobody") { ...f brands { entities { ...f } } } }
        fragment f on Entity { ${repeat(limits.aliases / 2 + 1, (i) => `a${i}: name`).join(" ")} }`
      refusedBy(yield* asked(twice), "TOO_MANY_ALIASES", limits.aliases, limits.aliases + 2)
    })
  )

  it.effect("may have so many directives and not one more, wherever they stand", () =>
    Effect.gen(function* () {
      const on = (count: number) =>
        `{ entity(id: "nobody") { ${repeat(count - 3, (i) => `f${i % 20}: name @skip(if: false)`).join(" ")} ...f @include(if: true)
          ... on Entity @include(if: true) { brands @skip(if: true) { name } } } } fragment f on Entity { name }`
      passes(yield* asked(on(limits.directives)))
      const [most, more] = [limits.directives, limits.directives + 1]
      refusedBy(yield* asked(on(more)), "TOO_MANY_DIRECTIVES", most, more)
      // A fragment counts as often as it is spread.
      const twice = `{ entity(id: "nobody") { ...f brands { entities { ...f } } } }
        fragment f on Entity { ${repeat(most / 2 + 1, () => "name @skip(if: false)").join(" ")} }`
      refusedBy(yield* asked(twice), "TOO_MANY_DIRECTIVES", most, most + 2)
    })
  )

  it.effect("whose fragments go in circles is refused, however long the circle is", () =>
    Effect.gen(function* () {
      const circle = (length: number) =>
        `{ entity(id: "nobody") { ...f0 } } ${repeat(
          length,
          (i) => `fragment f${i} on Entity { brands { entities { ...f${(i + 1) % length} } } }`
        ).join(" ")}`
      for (const length of [1, 2, 60]) {
        const { json, text } = yield* asked(circle(length))
        assert.isUndefined(at(json, "data"), text)
        assert.match(String(at(json, "errors", 0, "message")), /Cannot spread fragment "f0" within itself/)
      }
      passes(
        yield* asked(
          `{ entity(id: "nobody") { ...f } } fragment f on Entity { ...g } fragment g on Entity { name }`
        )
      )
    })
  )

  it.effect("may have so many root fields and not one more", () =>
    Effect.gen(function* () {
      const roots = (count: number) =>
        `{ ...f } fragment f on Query { ${repeat(count, (i) => `a${i}: __typename`).join(" ")} }`
      passes(yield* asked(roots(limits.rootFields)))
      refusedBy(
        yield* asked(roots(limits.rootFields + 1)),
        "TOO_MANY_ROOT_FIELDS",
        limits.rootFields,
        limits.rootFields + 1
      )
    })
  )

  it.effect("may cost so much and not one object more, however the sizes of its pages are said", () =>
    Effect.gen(function* () {
      const { limit, over } = { limit: limits.cost, over: limits.cost + 1 }
      const rest = (argument: string) => sumOf(almostAll, `entities(${argument}) { nodes { name } }`)
      passes(yield* asked(rest("first: 1")))
      refusedBy(yield* asked(rest("first: 2")), "QUERY_TOO_COSTLY", limit, over)
      refusedBy(yield* asked(rest("last: 2")), "QUERY_TOO_COSTLY", limit, over)
      const variable = `query ($n: Int = 2) ${rest("first: $n")}`
      passes(yield* asked(variable, { n: 1 }))
      refusedBy(yield* asked(variable), "QUERY_TOO_COSTLY", limit, over)
      refusedBy(yield* asked(variable, { n: 2 }), "QUERY_TOO_COSTLY", limit, over)
      // Twenty rows when nothing is said: one page and twenty objects on top of the 9,998.
      refusedBy(
        yield* asked(sumOf(almostAll, "entities { nodes { name } }")),
        "QUERY_TOO_COSTLY",
        limit,
        10_019
      )
      refusedBy(yield* asked(`query ($n: Int) ${rest("first: $n")}`), "QUERY_TOO_COSTLY", limit, 10_019)
      refusedBy(
        yield* asked(`query ($ids: [ID!]!) ${sumOf(almostAll, "nodes(ids: $ids) { id }")}`, {
          ids: ["a", "b", "c"]
        }),
        "QUERY_TOO_COSTLY",
        limit,
        over
      )
    })
  )

  it.effect(
    "costs more the more values of each row it asks for, also in fragments and under other names",
    () =>
      Effect.gen(function* () {
        const { limit, over } = { limit: limits.cost, over: limits.cost + 1 }
        const names = (count: number) => repeat(count, (i) => `a${i}: name`).join(" ")
        const rest = (values: string) => sumOf(almostAll, `entity(id: "nobody") { ${values} }`)
        passes(yield* asked(rest(names(19))))
        refusedBy(yield* asked(rest(names(20))), "QUERY_TOO_COSTLY", limit, over)
        const spread = (count: number) => `${rest(`${names(10)} ...f`)} fragment f on Entity {
        ${repeat(count, (i) => `b${i}: name`).join(" ")} }`
        passes(yield* asked(spread(9)))
        refusedBy(yield* asked(spread(10)), "QUERY_TOO_COSTLY", limit, over)
      })
  )

  it.effect("that would fill the memory is refused before anything is read", () =>
    Effect.gen(function* () {
      const { statements } = yield* Doors
      const before = statements().length
      const companies = braces([
        "entities(first: 100)",
        "nodes",
        ...repeat(8, (i) => (i % 2 === 0 ? "brands" : "entities")),
        "name"
      ])
      const lists = yield* asked(companies)
      assert.strictEqual(at(lists.json, "errors", 0, "extensions", "code"), "QUERY_TOO_COSTLY")
      const many = yield* asked(sumOf(...repeat(1500, (i) => `a${i}:sessions(first:100){nodes{id}}`)))
      assert.strictEqual(at(many.json, "errors", 0, "extensions", "code"), "QUERY_TOO_LARGE")
      const spreads = repeat(
        60,
        (i) =>
          `fragment f${i} on Entity { brands { entities { ...f${i + 1} name } } merchantAccounts { nodes { entity { ...f${i + 1} } } } }`
      )
      const doubling = `{ entity(id: "loop_goods") { ...f0 } } ${spreads.join(" ")} fragment f60 on Entity { name }`
      const doubled = yield* asked(doubling)
      assert.strictEqual(at(doubled.json, "errors", 0, "extensions", "code"), "QUERY_TOO_DEEP")
      const circle = yield* asked(
        `{ entity(id: "loop_goods") { ...f } } fragment f on Entity { brands { entities { ...f } } }`
      )
      assert.strictEqual(at(circle.json, "errors", 0, "extensions", "code"), "GRAPHQL_VALIDATION_FAILED")
      const schemas = yield* asked(sumOf(...repeat(3, (i) => `a${i}: __schema { types { name } }`)))
      refusedBy(schemas, "QUERY_TOO_COSTLY", limits.cost, 12_000)
      const names = repeat(2, (i) => `a${i}: types { name }`).join(" ")
      refusedBy(yield* asked(`{ __schema { ${names} } }`), "QUERY_TOO_COSTLY", limits.cost, 12_000)
      assert.strictEqual(statements().length, before)
    })
  )

  it.effect("of the README, the demo or GraphiQL passes", () =>
    Effect.gen(function* () {
      for (const query of Object.values(examples)) {
        passes(yield* asked(query, { session: `ps_${"0".repeat(26)}` }))
      }
      passes(
        yield* asked(`{ sessions(first: 30) { nodes { sessionId state money { formatted }
          attempts { nodes { ordinal round midId: merchantAccount { midId } state evidence(last: 1) { nodes { message } } } }
          decisions { round chosen { midId } leftOut { midId reasons { sentence } } passedOver { midId reason } } } } }`)
      )
      const options = {
        inputValueDeprecation: true,
        specifiedByUrl: true,
        schemaDescription: true,
        oneOf: true
      }
      passes(yield* asked(getIntrospectionQuery(options)))
      passes(yield* asked(getIntrospectionQuery()))
    })
  )

  it.effect("moves money once: of two such mutations none is done", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [one, two] = [yield* newSession(), yield* newSession()]
      const charge = (id: string) =>
        `confirmPaymentSession(input: { session: "${id}", vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }) { __typename }`
      const cancel = `cancelPaymentSession(session: "${two}") { __typename }`
      const refusals = [
        `mutation { a: ${charge(one)} b: ${charge(two)} }`,
        `mutation { ${cancel} ${charge(one)} }`,
        `mutation { ${charge(one)} claimFulfilment(session: "${one}") { __typename } }`,
        `mutation { ${charge(one)} ...f } fragment f on Mutation { ... { ${cancel} } }`
      ]
      for (const query of refusals) refusedBy(yield* asked(query), "ONE_MONEY_MUTATION", 1, 2)
      for (const id of [one, two]) {
        const session = yield* field("query ($id: ID!) { session(id: $id) { state } }", "session", { id })
        assert.deepStrictEqual(session, { state: "pending" })
      }
      const attempts = yield* sql`select 1 from attempts`
      assert.lengthOf(attempts, 0, "no gateway was asked")
      passes(yield* asked(`mutation { ${charge(one)} }`))
    })
  )

  it("knows the mutations that move money by the names that they have", () => {
    const names = Object.keys(schema.getMutationType()?.getFields() ?? {})
    assert.deepStrictEqual(
      names.filter(
        (name) =>
          !/^(?:set(?:MidKillSwitch|RefundLimit|MonthlyCap|Underwriting)|changeRouting)$/.test(name) &&
          !/Event|Webhook|(?:request|reject)(?:Review|Change)|withdrawChange|passGate|revokeGate|ApiKey/.test(
            name
          )
      ),
      [...moneyMutations].toSorted()
    )
  })
})
