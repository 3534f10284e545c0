import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, confirm, Doors, doors, field, newSession } from "./support.ts"

/** Four levels below the page, each with everything that its type can lead to. */
const query = `{
  sessions(first: 20) {
    nodes {
      sessionId state money { formatted } entity { name brands { brandId } merchantAccounts { nodes { midId } } }
      decisions { round chosen { midId } leftOut { reasons { sentence } } }
      attempts(first: 10) {
        nodes {
          ordinal state merchantAccount { midId entity { entityId } }
          decision { policyVersion }
          evidence { nodes { source outcome code } }
        }
      }
    }
  }
}`

it.layer(doors, { excludeTestServices: true })("a page of twenty sessions", (it) => {
  it.effect(
    "costs one statement, and one for each level of what is no list, however many there are on it",
    () =>
      Effect.gen(function* () {
        const { statements } = yield* Doors
        for (let i = 0; i < 25; i++) yield* confirm(yield* newSession(), "tok_declined_at_stub_a")
        const before = statements().length
        const page = yield* field(query, "sessions")
        const nodes = at(page, "nodes")
        assert.isTrue(Array.isArray(nodes) && nodes.length === 20)
        assert.strictEqual(at(nodes, 19, "attempts", "nodes", "length"), 3)
        assert.strictEqual(
          at(nodes, 19, "attempts", "nodes", 2, "evidence", "nodes", 0, "outcome"),
          "captured"
        )
        const tables = statements()
          .slice(before)
          .map((text) => /from (payment_sessions|routing_decisions)\b/.exec(text)?.[1])
        // The companies and accounts are in memory; attempts and their evidence come with the sessions. Decisions are
        // asked for on two levels.
        assert.deepStrictEqual(tables.toSorted(), [
          "payment_sessions",
          "routing_decisions",
          "routing_decisions"
        ])
      })
  )

  it.effect("upwards too: a page of attempts reads their sessions together", () =>
    Effect.gen(function* () {
      const { statements } = yield* Doors
      const before = statements().length
      const page = yield* field(
        "{ attempts(first: 50) { nodes { session { sessionId brand { name } } } } }",
        "attempts"
      )
      assert.strictEqual(at(page, "nodes", "length"), 50)
      assert.strictEqual(statements().length - before, 2)
    })
  )
})
