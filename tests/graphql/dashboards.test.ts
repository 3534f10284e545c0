import { assert, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { pastPayments } from "../support/pastPayments.ts"
import { at, Doors, doors } from "./support.ts"

/** Always the same payments, so that what is asked has always the same answer. */
const now = Date.UTC(2026, 10, 1, 12)
const past = Layer.effectDiscard(pastPayments(1500, 2, now)).pipe(Layer.provideMerge(doors))

const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/dashboards.md"), "utf8")
const queries = [...guide.matchAll(/```graphql\n(query (\w+)[^]*?)```/g)].map(
  ([, query = "", name = ""]) => ({
    name,
    query
  })
)

/** One for each level of each query, and for each field that is read there. */
const statementsOf: Readonly<Record<string, number>> = {
  // Sessions with their attempts, events and evidence, and their estimate; captures; below attempts decisions and audit.
  Sessions: 5,
  // Attempts with their evidence, and their estimate; sessions; below those attempts.
  Declines: 4,
  // Attempts, their sessions; the company's sessions.
  Account: 3,
  // Refunds, attempts, sessions.
  Refunds: 3,
  // One for each sum.
  Figures: 3,
  // What was captured before; then one batch of decisions, and of captures.
  Replay: 3
}

/** A cursor has a digest, an estimate is of statistics, and what is seeded makes versions of the policy. */
const steady = (text: string): string =>
  text
    .replaceAll(/"endCursor": "[^"]+"/g, '"endCursor": "(a cursor)"')
    .replaceAll(/"(estimatedCount|policyVersion)": \d+/g, '"$1": 0')

it.layer(past, { excludeTestServices: true })("the queries of the guide for dashboards", (it) => {
  it.effect("answer what their golden files say, by the statements that stand beside them", () =>
    Effect.gen(function* () {
      const { ask, statements } = yield* Doors
      assert.deepStrictEqual(
        queries.map(({ name }) => name),
        Object.keys(statementsOf)
      )
      for (const { name, query } of queries) {
        const asked = Effect.fnUntraced(function* (variables: object) {
          const before = statements().length
          const answer = yield* ask(query, { variables: { ...variables } })
          assert.isUndefined(at(answer.json, "errors"), answer.text)
          return { json: answer.json, sql: statements().slice(before) }
        })
        const { json, sql } = yield* asked({})
        const texts = sql.map((text) => `${text.replaceAll(/\s+/g, " ").trim()};\n`)
        const file = (kind: string) => `golden/dashboards/${name}.${kind}`
        yield* Effect.promise(async () => {
          await expect(query).toMatchFileSnapshot(file("query"))
          await expect(steady(`${JSON.stringify(json, null, 2)}\n`)).toMatchFileSnapshot(file("json"))
          // Statements of one level are asked at once.
          await expect(texts.toSorted().join("")).toMatchFileSnapshot(file("sql"))
        })
        assert.strictEqual(sql.length, statementsOf[name], name)
        if (query.includes("$first")) {
          const many = yield* asked({ first: 12 })
          assert.strictEqual(many.sql.length, sql.length, name)
          assert.isAbove(JSON.stringify(many.json).length, JSON.stringify(json).length)
        }
      }
    })
  )
})
