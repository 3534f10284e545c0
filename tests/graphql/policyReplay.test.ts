import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { pastPayments } from "../support/pastPayments.ts"
import { at, doors, field } from "./support.ts"

const past = Layer.effectDiscard(pastPayments(600, 2)).pipe(Layer.provideMerge(doors))

const query = `query ($window: DayWindow!, $changes: [AccountChange!]!, $entity: ID) {
  policyReplay(window: $window, changes: $changes, entity: $entity, examples: 3) {
    __typename
    ... on PolicyReplayPayload {
      decisions complete different differentFirst nobodyBefore nobodyAfter differentToday
      firstChoices { merchantAccount { midId } before after }
      examples { sessionId round differsToday was { chosen { midId } leftOut { midId } }
        wouldBe { policyVersion chosen { midId } leftOut { midId reasons { code } } }
        changes { midId before { code } after { code } } }
    }
    ... on Refusal { code field message }
  }
}`

const day = (days: number) =>
  Effect.map(DateTime.now, (now) => DateTime.formatIsoDateUtc(DateTime.add(now, { days })))

const replayed = Effect.fnUntraced(function* (changes: ReadonlyArray<object>, more: object = {}) {
  const window = { from: yield* day(-70), until: yield* day(1) }
  return yield* field(query, "policyReplay", { window, changes, ...more })
})

const count = (condition: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<{ n: number }>(
      `select count(*)::int as n from routing_decisions d where ${condition}`
    )
    return row?.n ?? 0
  })

const numbers = (answer: unknown) =>
  ["decisions", "different", "differentFirst", "nobodyAfter", "differentToday"].map((name) =>
    at(answer, name)
  )

it.layer(past, { excludeTestServices: true })("a replay of the routing policy", (it) => {
  it.effect("that changes nothing chooses what was chosen", () =>
    Effect.gen(function* () {
      const answer = yield* replayed([])
      assert.deepStrictEqual(numbers(answer), [yield* count("true"), 0, 0, 0, 0], JSON.stringify(answer))
      assert.isTrue(at(answer, "complete"))
      const own = yield* replayed([], { entity: "loop_bio_labs" })
      assert.strictEqual(
        at(own, "decisions"),
        yield* count(
          "exists (select from payment_sessions s where s.session_id = d.session_id and entity_id = 'loop_bio_labs')"
        )
      )
    })
  )

  it.effect("without an account sends its charges to the next one, and says why", () =>
    Effect.gen(function* () {
      const changes = [{ mid: "mid_bio_1", killSwitch: true }]
      const answer = yield* replayed(changes)
      const first = yield* count("d.chosen ->> 0 = 'mid_bio_1'")
      const listed = yield* count("d.chosen ? 'mid_bio_1'")
      const alone = yield* count(`d.chosen = '["mid_bio_1"]'`)
      assert.isAbove(first, 20)
      assert.deepStrictEqual(numbers(answer), [yield* count("true"), listed, first, alone, 0])
      const choices = at(answer, "firstChoices")
      const of = (mid: string) =>
        (Array.isArray(choices) ? choices : []).find(
          (one: unknown) => at(one, "merchantAccount", "midId") === mid
        )
      assert.strictEqual(at(of("mid_bio_1"), "before"), first)
      assert.strictEqual(at(of("mid_bio_1"), "after"), 0)
      const next = yield* count(
        "d.chosen ->> 0 = 'mid_bio_2' or d.chosen ->> 1 = 'mid_bio_2' and d.chosen ->> 0 = 'mid_bio_1'"
      )
      assert.strictEqual(at(of("mid_bio_2"), "after"), next)
      const [example] = [at(answer, "examples", 0)]
      assert.deepStrictEqual(at(example, "changes"), [
        { midId: "mid_bio_1", before: [], after: [{ code: "kill_switch_on" }] }
      ])
      assert.strictEqual(at(example, "was", "chosen", 0, "midId"), "mid_bio_1")
      assert.strictEqual(at(example, "wouldBe", "chosen", 0, "midId"), "mid_bio_2")
      assert.isFalse(at(example, "differsToday"))
    })
  )

  it.effect("with another cap leaves out what would not have fitted under it, by the volumes that were", () =>
    Effect.gen(function* () {
      const cap = 100_000
      const changes = [{ mid: "mid_bio_1", monthlyCap: { amount: cap, currency: "USD" } }]
      const before = `(select coalesce(sum(c.amount), 0) from captures c where c.mid_id = 'mid_bio_1' and c.currency = 'USD'
        and c.captured_at < d.decided_at
        and c.captured_at >= date_trunc('month', d.decided_at at time zone 'UTC') at time zone 'UTC')`
      const full = yield* count(
        `d.chosen ? 'mid_bio_1' and d.inputs ->> 'currency' = 'USD' and (d.inputs ->> 'amount')::int + ${before} > ${cap}`
      )
      const listed = yield* count("d.chosen ? 'mid_bio_1'")
      assert.isTrue(full > 20 && full < listed, `${full} of ${listed}`)
      const answer = yield* replayed(changes)
      assert.strictEqual(at(answer, "different"), full)
      assert.strictEqual(at(answer, "differentToday"), 0)
      assert.deepStrictEqual(at(answer, "examples", 0, "changes", 0, "after"), [
        { code: "monthly_cap_reached" }
      ])
    })
  )

  it.effect("with other rules, another rank or another status changes who is asked first", () =>
    Effect.gen(function* () {
      const ranked = yield* replayed([{ mid: "mid_bio_2", priority: 0 }])
      assert.strictEqual(
        at(ranked, "differentFirst"),
        yield* count("d.chosen ? 'mid_bio_2' and d.chosen ->> 0 <> 'mid_bio_2'")
      )
      const rules = { cardBrands: ["visa"], highestRisk: null }
      const answer = yield* replayed([{ mid: "mid_bio_1", accepts: rules }])
      assert.strictEqual(
        at(answer, "different"),
        yield* count("d.chosen ? 'mid_bio_1' and d.inputs ->> 'cardBrand' <> 'visa'")
      )
      const opened = yield* replayed([{ mid: "mid_goods_3", status: "active", priority: 0 }])
      assert.strictEqual(
        at(opened, "differentFirst"),
        yield* count("d.inputs ->> 'entity' = 'loop_goods' and d.inputs ->> 'currency' = 'USD'")
      )
      // A rule that is taken away: this account takes no high risk today.
      const risky = yield* replayed([{ mid: "mid_bio_3", accepts: { highestRisk: null } }])
      assert.strictEqual(
        at(risky, "different"),
        yield* count(
          "d.inputs ->> 'entity' = 'loop_bio_labs' and d.inputs ->> 'risk' = 'high' and d.inputs ->> 'currency' = 'USD'"
        )
      )
    })
  )

  it.effect("of nonsense is refused by name", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [object, string, RegExp]> = [
        [{ mid: "mid_gold" }, "mid", /there is no merchant account/],
        [{ mid: "mid_bio_1", weight: 0 }, "changes[0].weight", /1 to 1000/],
        [
          { mid: "mid_bio_1", monthlyCap: { amount: -1, currency: "USD" } },
          "changes[0]",
          /whole minor units/
        ],
        [{ mid: "mid_bio_1", accepts: { countries: ["usa"] } }, "changes[0].accepts.countries", /two capital/]
      ]
      for (const [change, name, message] of refusals) {
        const answer = yield* replayed([change])
        assert.strictEqual(at(answer, "field"), name, JSON.stringify(answer))
        assert.match(String(at(answer, "message")), message)
      }
      const long = yield* replayed([], { window: { from: "2026-01-01", until: "2026-06-01" } })
      assert.strictEqual(at(long, "field"), "window")
    })
  )
})
