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

  // The last one: what it lowers nobody raises alone.
  it.effect(
    "is told by no preview, account, refusal or decision how much others captured on an account",
    () =>
      Effect.gen(function* () {
        const { ask, fetch } = yield* Doors
        const charge = (amountCents: number) => ({
          ...declared,
          product: "ruo_compounds",
          intent: { type: "amount", amountCents }
        })
        yield* confirm(yield* newSession(charge(7000)), "tok_captured")
        const month = `(select coalesce(sum(c.amount), 0) from captures c where c.mid_id = m.mid_id and c.currency = 'USD'
        and c.captured_at >= date_trunc('month', now() at time zone 'UTC') at time zone 'UTC')`
        yield* asOwner(
          ...keyWith("sk_reads_all", {}),
          ...keyWith("sk_registry", { operations: ["registry:read"] }),
          ...keyWith("sk_of_bio", within({ brands: ["loop-bio"] })),
          ...keyWith("sk_writes", { operations: ["sessions:write"] }),
          `update merchant_accounts m set monthly_cap_currency = 'USD', monthly_cap_amount = ${month}
          + case when mid_id = 'mid_bio_1' then 1000 else 10000000 end where entity_id = 'loop_bio_labs'`
        )
        const as = (key: string, document: string) =>
          Effect.map(ask(document, { headers: { authorization: `Bearer ${key}` } }), ({ json }) =>
            at(json, "data")
          )
        const reasons = `leftOut { midId reasons { code sentence ... on MidMonthlyCapReached { captured amount cap } } }`
        const preview = (key: string, amount: number) =>
          Effect.map(
            as(
              key,
              `{ routingPreview(input: { entity: "loop_bio_labs", product: "ruo_compounds", amountCents: ${amount} }) {
              ... on RoutingPreview { volumesJudged chosen { midId } ${reasons} } } }`
            ),
            (data) => at(data, "routingPreview")
          )
        const capReached = (decision: unknown) =>
          list(at(decision, "leftOut"))
            .filter((one) => at(one, "midId") === "mid_bio_1")
            .flatMap((one) => list(at(one, "reasons")))
            .find((one) => at(one, "code") === "monthly_cap_reached")
        const whole = yield* preview("sk_reads_all", 1500).pipe(
          Effect.repeat({ until: (one) => capReached(one) !== undefined })
        )
        assert.isTrue(at(whole, "volumesJudged"))
        assert.isAtLeast(Number(at(capReached(whole), "captured")), 7000)

        const unread =
          '{ merchantAccount(id: "mid_bio_1") { monthlyCap { approved { amount } captured { amount } } } }'
        assert.isNumber(
          at(yield* as("sk_reads_all", unread), "merchantAccount", "monthlyCap", "captured", "amount")
        )
        const told = (amount: number) => ({
          code: "monthly_cap_reached",
          sentence: `${amount} minor units do not fit under what is approved for this month`,
          captured: null,
          amount,
          cap: null
        })
        for (const key of ["sk_registry", "sk_of_bio"]) {
          assert.isNull(at(yield* as(key, unread), "merchantAccount", "monthlyCap", "captured"), key)
          const [fits, not] = [yield* preview(key, 999), yield* preview(key, 1500)]
          assert.isFalse(at(not, "volumesJudged"))
          assert.deepStrictEqual(at(not, "chosen"), at(fits, "chosen"), key)
          assert.isUndefined(capReached(not), key)
          assert.deepStrictEqual(capReached(yield* preview(key, 99_999_999)), told(99_999_999), key)
        }

        // Of its own charge it reads which accounts were left out, and not how full they were.
        const session = yield* newSession(charge(1500))
        yield* confirm(session, "tok_captured")
        const read = `{ session(id: "${session}") { attempts { nodes { decision { ${reasons} } } } } }`
        const decision = ["session", "attempts", "nodes", 0, "decision"]
        assert.isNumber(at(capReached(at(yield* as("sk_reads_all", read), ...decision)), "captured"))
        assert.deepStrictEqual(capReached(at(yield* as("sk_of_bio", read), ...decision)), told(1500))

        const declaring = (key: string) =>
          fetch("/v1/payment-sessions", {
            method: "POST",
            headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
            body: JSON.stringify(charge(99_999_999))
          })
        for (const key of ["sk_writes", "sk_of_bio"]) {
          const refused = yield* declaring(key)
          assert.strictEqual(at(refused.json, "error", "code"), "no_eligible_merchant_account", key)
          assert.include(refused.text, told(99_999_999).sentence)
          assert.notMatch(refused.text, /"captured"|"cap"|are used/, key)
          const { text } = yield* ask(
            `mutation ($input: CreatePaymentSessionInput!) { createPaymentSession(input: $input) {
            ... on Refusal { message } ... on NoEligibleMerchantAccount { ${reasons} } } }`,
            { variables: { input: charge(99_999_999) }, headers: { authorization: `Bearer ${key}` } }
          )
          assert.include(text, told(99_999_999).sentence)
          assert.notMatch(text, /"captured":\d|"cap":\d|are used/, key)
        }
        assert.match((yield* declaring("sk_reads_all")).text, /are used/)

        // Declared while it fitted, and confirmed when it did not any more.
        const late = yield* newSession(charge(1600))
        yield* asOwner(
          `update merchant_accounts m set monthly_cap_amount = ${month} + 1000 where entity_id = 'loop_bio_labs'`
        )
        yield* preview("sk_reads_all", 1600).pipe(
          Effect.repeat({ until: (one) => list(at(one, "chosen")).length === 0 })
        )
        const confirming = (key: string) =>
          fetch(`/v1/payment-sessions/${late}/confirm`, {
            method: "POST",
            headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
            body: JSON.stringify({ vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } })
          })
        for (const key of ["sk_writes", "sk_of_bio"]) {
          const { json, text } = yield* confirming(key)
          assert.strictEqual(at(json, "error", "code"), "no_eligible_merchant_account", key)
          assert.include(text, told(1600).sentence)
          assert.notMatch(text, /"captured"|"cap"|are used/, key)
        }
        assert.match((yield* confirming("sk_reads_all")).text, /are used/)
      })
  )
})
