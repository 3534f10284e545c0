import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { pastPayments } from "../support/pastPayments.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { at, Doors, doors, field } from "./support.ts"

const past = Layer.effectDiscard(pastPayments(700, 2)).pipe(Layer.provideMerge(doors))

interface Row {
  readonly mid: string
  readonly provider: string
  readonly entity: string
  readonly category: string
  readonly brand: string
  readonly day: string
  readonly currency: string
  readonly state: string
  readonly amount: number
  readonly code: string
  readonly millis: number
}

/** Every attempt, to be summed up here instead of there. */
const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<Row>`select mid_id as mid, provider, entity_id as entity, category, brand_id as brand,
    substr(iso(written_at), 1, 10) as day, currency, state, amount::int, evidence ->> 'code' as code,
    (extract(epoch from resolved_at - written_at) * 1000)::float8 as millis from attempts`
})

const dayAfter = (days: number) =>
  Effect.map(DateTime.now, (now) => DateTime.formatIsoDateUtc(DateTime.add(now, { days })))

const figures = `query ($window: DayWindow!, $by: [FigureDimension!]!, $filter: FigureFilter) {
  paymentFigures(window: $window, by: $by, filter: $filter) {
    __typename
    ... on PaymentFiguresPayload { rows {
      mid entity provider brand category day currency attempts absent approvalRate latency { p50 p95 p99 }
      captured { count money { amount currency } } declined { count money { amount currency } }
      inReview { count money { amount currency } } } }
    ... on Refusal { code field message }
  }
}`

const dimensions = ["mid", "entity", "provider", "brand", "category", "day"] as const

/** The same, summed up one attempt after the other. */
const summed = (all: ReadonlyArray<Row>, by: ReadonlyArray<string>) => {
  const keyOf = (row: Row) =>
    JSON.stringify([...dimensions.map((name) => (by.includes(name) ? row[name] : null)), row.currency])
  return [...Map.groupBy(all, keyOf)].map(([key, group]) => {
    const [mid, entity, provider, brand, category, day, currency] = JSON.parse(key)
    const sum = (...states: ReadonlyArray<string>) => {
      const own = group.filter(({ state }) => states.includes(state))
      return {
        count: own.length,
        money: { amount: own.reduce((total, { amount }) => total + amount, 0), currency }
      }
    }
    const [captured, declined] = [sum("captured"), sum("declined")]
    const certain = captured.count + declined.count
    const times = group
      .filter(({ state }) => state === "captured" || state === "declined")
      .map(({ millis }) => millis)
      .toSorted((a, b) => a - b)
    const percentile = (share: number) => {
      const place = share * (times.length - 1)
      const low = times[Math.floor(place)] ?? 0
      return Math.round(low + ((times[Math.ceil(place)] ?? 0) - low) * (place - Math.floor(place)))
    }
    return {
      mid,
      entity,
      provider,
      brand,
      category,
      day,
      currency,
      attempts: group.length,
      absent: sum("absent").count,
      approvalRate: certain === 0 ? null : captured.count / certain,
      latency:
        certain === 0
          ? null
          : {
              p50: percentile(0.5),
              p95: percentile(0.95),
              p99: percentile(0.99)
            },
      captured,
      declined,
      inReview: sum("in_flight", "indeterminate")
    }
  })
}

const sorted = (list: unknown) =>
  (Array.isArray(list) ? list : assert.fail("no rows")).map((one: unknown) => JSON.stringify(one)).toSorted()

/** Half milliseconds may be rounded either way. */
const near = (list: unknown, expected: ReadonlyArray<object>, about: string) => {
  const withoutTimes = (one: unknown) => ({ ...Object(one), latency: undefined })
  const found = Array.isArray(list) ? list : assert.fail("no rows")
  assert.deepStrictEqual(sorted(found.map(withoutTimes)), sorted(expected.map(withoutTimes)), about)
  const keyed = (one: unknown) => JSON.stringify(withoutTimes(one))
  const byKey = new Map(expected.map((one) => [keyed(one), one]))
  for (const one of found) {
    for (const name of ["p50", "p95", "p99"]) {
      const [a, b] = [at(one, "latency", name), at(byKey.get(keyed(one)), "latency", name)]
      if (a === undefined && b === undefined) continue
      assert.isAtMost(Math.abs(Number(a) - Number(b)), 1, `${about} ${name}`)
    }
  }
}

it.layer(past, { excludeTestServices: true })("figures", (it) => {
  it.effect("are what the attempts add up to, by every dimension, and never over two currencies", () =>
    Effect.gen(function* () {
      const all = yield* rows
      assert.isAbove(new Set(all.map(({ currency }) => currency)).size, 1)
      const window = { from: yield* dayAfter(-80), until: yield* dayAfter(1) }
      for (const by of [
        [],
        ["mid"],
        ["entity", "category"],
        ["provider", "brand"],
        ["day"],
        ["day", "mid"]
      ]) {
        const found = at(yield* field(figures, "paymentFigures", { window, by }), "rows")
        near(found, summed(all, by), by.join())
      }
      const half = { from: yield* dayAfter(-30), until: yield* dayAfter(-3) }
      const inside = all.filter(({ day }) => day >= half.from && day < half.until)
      assert.isTrue(inside.length > 50 && inside.length < all.length)
      const filter = { entity: "loop_bio_labs", provider: "stub_a" }
      const own = inside.filter(({ entity, provider }) => entity === filter.entity && provider === "stub_a")
      near(
        at(yield* field(figures, "paymentFigures", { window: half, by: ["mid"], filter }), "rows"),
        summed(own, ["mid"]),
        "filtered"
      )
    })
  )

  it.effect("say why processors said no, the commonest first", () =>
    Effect.gen(function* () {
      const declined = (yield* rows).filter(({ state }) => state === "declined")
      const window = { from: yield* dayAfter(-80), until: yield* dayAfter(1) }
      const query = `query ($window: DayWindow!, $filter: FigureFilter) { declineReasons(window: $window, filter: $filter) {
        ... on DeclineReasonsPayload { rows { provider code kind count share } } } }`
      const found = at(
        yield* field(query, "declineReasons", { window, filter: { provider: "stub_b" } }),
        "rows"
      )
      const own = declined.filter(({ provider }) => provider === "stub_b")
      const groups = Map.groupBy(own, ({ code }) => code)
      const hard = ["insufficient_funds", "expired_card", "stolen_card"]
      assert.deepStrictEqual(
        sorted(found),
        sorted(
          [...groups].map(([code, group]) => ({
            provider: "stub_b",
            code,
            kind: hard.includes(code) ? "hard" : "soft",
            count: group.length,
            share: group.length / own.length
          }))
        )
      )
      const counts = (Array.isArray(found) ? found : []).map((one) => Number(at(one, "count")))
      assert.deepStrictEqual(
        counts,
        counts.toSorted((a, b) => b - a)
      )
    })
  )

  it.effect("set what was captured in a month against the caps", () =>
    Effect.gen(function* () {
      const { connect } = yield* TestDatabase
      const day = yield* dayAfter(0)
      const [captured] = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        return yield* sql<{ sum: string }>`select coalesce(sum(amount), 0)::text as sum from captures
          where mid_id = 'mid_goods_1' and currency = 'USD' and substr(iso(captured_at), 1, 7) = ${day.slice(0, 7)}`
      }).pipe(Effect.provide(connect("payments_owner", 1)))
      assert.isAbove(Number(captured?.sum), 0)
      const query = `query ($month: String!) { capUsage(month: $month) { ... on CapUsagePayload { rows {
        merchantAccount { midId } approved { amount currency } captured { amount currency } share } } } }`
      assert.deepStrictEqual(yield* field(query, "capUsage", { month: day.slice(0, 7) }), {
        rows: [
          {
            merchantAccount: { midId: "mid_goods_1" },
            approved: { amount: 50_000_000, currency: "USD" },
            captured: { amount: Number(captured?.sum), currency: "USD" },
            share: Number(captured?.sum) / 50_000_000
          }
        ]
      })
    })
  )

  it.effect("of too much, or of no time, are refused by the field that asks for it", () =>
    Effect.gen(function* () {
      const ask = (variables: object) => field(figures, "paymentFigures", { by: [], ...variables })
      const refusals: ReadonlyArray<readonly [object, string, RegExp]> = [
        [{ window: { from: "2026-01-01", until: "2026-04-04" } }, "window", /93 days; ask for at most 92/],
        [{ window: { from: "2026-01-01", until: "2026-01-01" } }, "window.until", /not after/],
        [{ window: { from: "2026-02-30", until: "2026-03-01" } }, "window.from", /is no day/],
        [{ window: { from: "2026-01-01", until: "now" } }, "window.until", /is no day/],
        [
          { window: { from: "2026-01-01", until: "2026-01-02" }, filter: { entity: "loop_bank" } },
          "entity",
          /there is no entity/
        ]
      ]
      for (const [variables, name, message] of refusals) {
        const answer = yield* ask(variables)
        assert.strictEqual(at(answer, "field"), name)
        assert.match(String(at(answer, "message")), message)
      }
      assert.strictEqual(
        at(yield* ask({ window: { from: "2026-01-01", until: "2026-04-03" } }), "__typename"),
        "PaymentFiguresPayload"
      )
    })
  )

  it.effect("cost so much that few of them fit into one document", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const one = (nr: number) =>
        `a${nr}: declineReasons(window: { from: "2026-01-01", until: "2026-01-02" }) { __typename }`
      const of = (count: number) => `{ ${Array.from({ length: count }, (_, nr) => one(nr)).join(" ")} }`
      assert.isUndefined(at((yield* ask(of(3))).json, "errors"))
      assert.strictEqual(at((yield* ask(of(4))).json, "errors", 0, "extensions", "code"), "QUERY_TOO_COSTLY")
    })
  )
})
