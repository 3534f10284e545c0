import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { at, confirm, create, declared, Doors, doors, newSession } from "../graphql/support.ts"
import { listen } from "../graphql/sse.ts"
import { pastPayments } from "../support/pastPayments.ts"
import { asOwner, keyWith, within } from "./support.ts"

// What is summed up, estimated, replayed and told as it happens, for keys that see only some of it.

const past = Layer.effectDiscard(pastPayments(400, 2)).pipe(Layer.provideMerge(doors))

/** Keys, and what they see as a condition of SQL. */
const keys = [
  ["sk_of_goods", "entity_id = 'loop_goods'"],
  ["sk_of_store", "brand_id = 'loop-store'"],
  ["sk_of_both", "entity_id = 'loop_nutrition' and brand_id = 'loop-store'"]
] as const

const made = [
  ...keyWith("sk_of_goods", within({ entities: ["loop_goods"] })),
  ...keyWith("sk_of_store", within({ brands: ["loop-store"] })),
  ...keyWith("sk_of_both", within({ entities: ["loop_nutrition"], brands: ["loop-store"] }))
]

const query = `query ($window: DayWindow!, $month: String!) {
  paymentFigures(window: $window, by: [entity, brand, mid]) {
    ... on PaymentFiguresPayload { rows { entity brand mid attempts } } }
  declineReasons(window: $window) { ... on DeclineReasonsPayload { rows { count } } }
  capUsage(month: $month) { ... on CapUsagePayload { rows { merchantAccount { midId } captured { amount } } } }
  attempts(first: 1) { estimatedCount }
  sessions(first: 1) { estimatedCount }
}`

const replay = `query ($window: DayWindow!) { policyReplay(window: $window, changes: [], examples: 50) {
  ... on PolicyReplayPayload { decisions firstChoices { before } examples { sessionId } } } }`

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const total = (rows: unknown, ...path: ReadonlyArray<string>): number =>
  list(rows).reduce<number>((sum, row) => sum + Number(at(row, ...path)), 0)

const rowsOf = Effect.fnUntraced(function* <Row extends object>(statement: string) {
  return yield* (yield* SqlClient.SqlClient).unsafe<Row>(statement)
})

const numberOf = (statement: string) =>
  Effect.map(rowsOf<{ n: number }>(`select (${statement})::float8 as n`), ([row]) => row?.n ?? 0)

it.layer(past, { excludeTestServices: true })("a key that sees only some", (it) => {
  it.effect("has its own figures, caps, replays and estimates, and nothing of the others' in them", () =>
    Effect.gen(function* () {
      // One whose account is several brands': of its cap a key of one brand sees what that brand captured.
      const capped =
        "update merchant_accounts set monthly_cap_amount = 90000000, monthly_cap_currency = 'USD'"
      yield* asOwner(...made, `${capped} where entity_id = 'loop_nutrition'`, "analyze")
      const now = yield* DateTime.now
      const day = (days: number) => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))
      const month = day(0).slice(0, 7)
      const window = { from: day(-80), until: day(1) }
      const everything = yield* numberOf("select count(*) from attempts")
      const { ask } = yield* Doors
      const narrowest: Array<number> = []
      for (const [key, seen] of keys) {
        const asked = (document: string, variables: Readonly<Record<string, unknown>>) =>
          ask(document, { variables, headers: { authorization: `Bearer ${key}` } })
        const { json, text } = yield* asked(query, { window, month })
        const own = yield* numberOf(`select count(*) from attempts where ${seen}`)
        assert.isTrue(own > 5 && own < everything / 2, `${key} sees ${own} of ${everything}`)
        narrowest.push(own)
        const figures = at(json, "data", "paymentFigures", "rows")
        assert.strictEqual(total(figures, "attempts"), own, text.slice(0, 500))
        const groups = yield* rowsOf<object>(
          `select distinct entity_id as entity, brand_id as brand, mid_id as mid, currency from attempts where ${seen}`
        )
        assert.lengthOf(list(figures), groups.length, key)
        assert.strictEqual(
          total(at(json, "data", "declineReasons", "rows"), "count"),
          yield* numberOf(`select count(*) from attempts where state = 'declined' and ${seen}`),
          key
        )
        assert.strictEqual(
          total(at(json, "data", "capUsage", "rows"), "captured", "amount"),
          yield* numberOf(`select coalesce(sum(c.amount), 0) from captures c
            join merchant_accounts m on m.mid_id = c.mid_id and m.monthly_cap_currency = c.currency
            where c.captured_at >= '${month}-01T00:00:00Z' and ${seen.replaceAll(/(entity|brand)_id/g, "c.$1_id")}`),
          key
        )
        const replayed = at((yield* asked(replay, { window })).json, "data", "policyReplay")
        const decided = yield* rowsOf<{ id: string }>(
          `select session_id as id from routing_decisions d join payment_sessions s using (session_id) where ${seen}`
        )
        assert.strictEqual(at(replayed, "decisions"), decided.length, key)
        const ids = new Set(decided.map(({ id }) => id))
        for (const one of list(at(replayed, "examples"))) {
          assert.isTrue(ids.has(String(at(one, "sessionId"))), key)
        }
        // Nothing of it is guessed from what the others have.
        for (const name of ["attempts", "sessions"]) {
          const counted = yield* numberOf(
            `select count(*) from ${name === "sessions" ? "payment_sessions" : name} where ${seen}`
          )
          assert.strictEqual(at(json, "data", name, "estimatedCount"), counted, `${key} ${name}`)
        }
      }
      assert.strictEqual(new Set(narrowest).size, keys.length, "each sees something else")
    })
  )

  it.effect("finds out by no cap of its own choosing what is captured on an account that others share", () =>
    Effect.gen(function* () {
      yield* asOwner(
        ...keyWith("sk_bisects", within({ entities: ["loop_nutrition"], brands: ["loop-store"] }))
      )
      const now = yield* DateTime.now
      const day = (days: number) => DateTime.formatIsoDateUtc(DateTime.add(now, { days }))
      const window = { from: day(-80), until: day(1) }
      const shared = `captures where entity_id = 'loop_nutrition'
        and captured_at >= '${window.from}T00:00:00Z' and captured_at < '${window.until}T00:00:00Z'`
      const [account] = yield* rowsOf<{ mid: string; own: number; whole: number }>(`
        select mid_id as mid, max(own)::float8 as own, max(whole)::float8 as whole from (
          select mid_id, sum(amount) filter (where brand_id = 'loop-store') as own, sum(amount) as whole
          from ${shared} and currency = 'USD' group by mid_id, date_trunc('month', captured_at at time zone 'UTC')) x
        group by mid_id having max(own) < max(whole) limit 1`)
      if (account === undefined) return assert.fail("no account is shared")
      // With all that is captured on the account it would be reached, with what this key sees it is not.
      const largest = yield* numberOf(
        "select max(amount) from payment_sessions where entity_id = 'loop_nutrition'"
      )
      assert.isAbove(account.whole, account.own + largest)
      const bisect = `query ($window: DayWindow!, $mid: ID!, $cap: MinorUnits!) {
        policyReplay(window: $window, changes: [{ mid: $mid, monthlyCap: { amount: $cap, currency: USD } }]) {
          ... on PolicyReplayPayload { decisions different nobodyAfter firstChoices { before after }
            examples { wouldBe { leftOut { reasons { __typename } } } } } } }`
      const { ask } = yield* Doors
      const answers = yield* Effect.forEach([account.own + largest, account.whole + largest], (cap) =>
        Effect.map(
          ask(bisect, {
            variables: { window, mid: account.mid, cap },
            headers: { authorization: "Bearer sk_bisects" }
          }),
          ({ json }) => at(json, "data", "policyReplay")
        )
      )
      assert.isAbove(Number(at(answers[0], "decisions")), 5)
      assert.deepStrictEqual(answers[0], answers[1])
    })
  )

  it.effect("is told nothing of the others as it happens, in lists and by name", () =>
    Effect.gen(function* () {
      const { origin } = yield* Doors
      const store = {
        ...declared,
        brand: "loop-store",
        entity: "loop_goods",
        intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tshirt", quantity: 1 }] }
      }
      const foreign = yield* newSession()
      const own = String(at(yield* create(store), "session", "sessionId"))
      for (const key of ["sk_of_goods", "sk_of_store"]) {
        const as = { authorization: `Bearer ${key}`, "x-request-id": "req_same" }
        const told = (id: string) =>
          Effect.gen(function* () {
            const named = `subscription { sessionChanged(session: "${id}") { sessionId state } }`
            return yield* (yield* listen(origin, named, { headers: as })).next
          }).pipe(Effect.scoped)
        assert.strictEqual(at((yield* told(own))?.json, "data", "sessionChanged", "sessionId"), own)
        const absent = `ps_${"0".repeat(26)}`
        assert.strictEqual(
          JSON.stringify(yield* told(foreign)).replaceAll(foreign, absent),
          JSON.stringify(yield* told(absent))
        )
      }
      const heard = yield* Effect.forEach(["sk_of_goods", "sk_of_store"], (key) =>
        listen(origin, "subscription { attemptRecorded { session { sessionId } } }", {
          headers: { authorization: `Bearer ${key}` }
        })
      )
      yield* confirm(foreign, "tok_captured")
      yield* confirm(own, "tok_captured")
      for (const { next } of heard) {
        assert.strictEqual(at((yield* next)?.json, "data", "attemptRecorded", "session", "sessionId"), own)
      }
    }).pipe(Effect.scoped)
  )
})
