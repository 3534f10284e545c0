import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { pastPayments } from "../support/pastPayments.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { at, Doors, doors, field } from "./support.ts"

const past = Layer.effectDiscard(pastPayments(900)).pipe(Layer.provideMerge(doors))

interface Listed {
  readonly root: "sessions" | "attempts" | "refunds" | "disputes" | "events"
  readonly filter?: Readonly<Record<string, unknown>>
  readonly orderBy?: string
  /** What the filter means, for whoever reads the tables. */
  readonly means?: string
  /** What the order means; the newest first when nothing is said. */
  readonly ordered?: string
}

const lists = {
  sessions: {
    input: "SessionFilter",
    node: "sessionId",
    from: "payment_sessions s",
    id: "s.session_id",
    order: "s.created_at desc, s.session_id desc"
  },
  attempts: {
    input: "AttemptFilter",
    node: "attemptId",
    from: "attempts a join payment_sessions s using (session_id)",
    id: "a.attempt_id",
    order: "a.written_at desc, a.attempt_id desc"
  },
  refunds: {
    input: "RefundFilter",
    node: "refundId",
    from: "refunds r",
    id: "r.refund_id",
    order: "r.written_at desc, r.refund_id desc"
  },
  disputes: {
    input: "DisputeFilter",
    node: "reference",
    from: "disputes d",
    id: "d.dispute_reference",
    order: "d.opened_at desc, md5(d.mid_id || ' ' || d.dispute_reference) desc"
  },
  events: {
    input: "EventFilter",
    node: "eventId",
    from: "outbox o",
    id: "'evt_' || o.event_nr",
    order: "o.event_nr desc"
  }
} as const

const middle = "(select percentile_disc(0.5) within group (order by created_at) from payment_sessions)"
const tried = (what: string) =>
  `exists (select from attempts x where x.session_id = s.session_id and ${what})`

/** A customer and an order that are there, and the instant that half of all sessions were made before. */
const known = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ customer: string; order: string; session: string; middle: string }>(`
    select (select customer_id from payment_sessions group by 1 order by count(*) desc, 1 limit 1) as customer,
      (select order_reference from payment_sessions where state = 'settled' and order_reference is not null limit 1) as order,
      (select session_id from attempts group by 1 order by count(*) desc, 1 limit 1) as session,
      iso(${middle}) as middle`)
  return row ?? assert.fail("nothing was seeded")
})

const whole = Effect.fnUntraced(function* ({ root, filter, orderBy }: Listed, from: "first" | "last") {
  const { ask } = yield* Doors
  const { input, node } = lists[root]
  const [cursor, edge, more] =
    from === "first" ? ["after", "endCursor", "hasNextPage"] : ["before", "startCursor", "hasPreviousPage"]
  const orders = root !== "events"
  const query = `query ($size: Int, $cursor: String, $filter: ${input}${orders ? ", $orderBy: ListOrder" : ""}) {
    ${root}(${from}: $size, ${cursor}: $cursor, filter: $filter${orders ? ", orderBy: $orderBy" : ""}) {
      nodes { ${node} } pageInfo { ${edge} ${more} } } }`
  const pages: Array<ReadonlyArray<unknown>> = []
  for (let at_: unknown = null; ;) {
    const answer = yield* ask(query, { variables: { size: 90, cursor: at_, filter, orderBy } })
    const page = at(answer.json, "data", root)
    const nodes = at(page, "nodes")
    assert.isTrue(Array.isArray(nodes), answer.text)
    pages.push(Array.isArray(nodes) ? nodes.map((one: unknown) => at(one, node)) : [])
    if (at(page, "pageInfo", more) !== true) break
    at_ = at(page, "pageInfo", edge)
  }
  return (from === "first" ? pages : pages.toReversed()).flat()
})

it.layer(past, { excludeTestServices: true })("lists", (it) => {
  it.effect("are what their filter and their order say, forwards and backwards, and nothing else", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { customer, order, session, middle: half } = yield* known
      const usd = { currency: "USD", from: 3000, to: 9000 }
      const inUsd = (alias: string) => `${alias}.currency = 'USD' and ${alias}.amount between 3000 and 9000`
      const cases: ReadonlyArray<Listed> = [
        { root: "sessions" },
        { root: "sessions", orderBy: "oldest_first", ordered: "s.created_at, s.session_id" },
        { root: "sessions", filter: { entity: "loop_goods" }, means: "s.entity_id = 'loop_goods'" },
        { root: "sessions", filter: { brand: "loop-health" }, means: "s.brand_id = 'loop-health'" },
        { root: "sessions", filter: { mid: "mid_goods_2" }, means: tried("x.mid_id = 'mid_goods_2'") },
        { root: "sessions", filter: { provider: "stub_b" }, means: tried("x.provider = 'stub_b'") },
        { root: "sessions", filter: { dispositions: ["declined"] }, means: tried("x.state = 'declined'") },
        {
          root: "sessions",
          filter: { mid: "mid_bio_1", dispositions: ["declined"] },
          means: tried("x.mid_id = 'mid_bio_1' and x.state = 'declined'")
        },
        {
          root: "sessions",
          filter: { states: ["expired", "cancelled"] },
          means: "s.state in ('expired', 'cancelled')"
        },
        {
          root: "sessions",
          filter: { states: ["settled", "failed"], brand: "loop-store", entity: "loop_goods" },
          means:
            "s.state in ('settled', 'failed') and s.brand_id = 'loop-store' and s.entity_id = 'loop_goods'"
        },
        { root: "sessions", filter: { states: [] }, means: "false" },
        { root: "sessions", filter: { customer }, means: `s.customer_id = '${customer}'` },
        { root: "sessions", filter: { orderReference: order }, means: `s.order_reference = '${order}'` },
        { root: "sessions", filter: { createdAt: { from: half } }, means: `s.created_at >= '${half}'` },
        { root: "sessions", filter: { createdAt: { until: half } }, means: `s.created_at < '${half}'` },
        {
          root: "sessions",
          filter: { amount: usd, entity: "loop_bio_labs" },
          orderBy: "largest_first",
          means: `${inUsd("s")} and s.entity_id = 'loop_bio_labs'`,
          ordered: "s.amount desc, s.session_id desc"
        },
        { root: "attempts" },
        { root: "attempts", filter: { session }, means: `a.session_id = '${session}'` },
        { root: "attempts", filter: { entity: "loop_bio_labs" }, means: "a.entity_id = 'loop_bio_labs'" },
        { root: "attempts", filter: { brand: "loop-health" }, means: "a.brand_id = 'loop-health'" },
        {
          root: "attempts",
          filter: { provider: "stub_b", states: ["captured"] },
          orderBy: "oldest_first",
          means: "a.provider = 'stub_b' and a.state = 'captured'",
          ordered: "a.written_at, a.attempt_id"
        },
        {
          root: "attempts",
          filter: { mid: "mid_bio_1", provider: "stub_b" },
          means: "a.mid_id = 'mid_bio_1' and a.provider = 'stub_b'"
        },
        {
          root: "attempts",
          filter: { states: ["absent", "indeterminate"], entity: "loop_bio_labs" },
          means: "a.state in ('absent', 'indeterminate') and a.entity_id = 'loop_bio_labs'"
        },
        { root: "attempts", filter: { customer }, means: `s.customer_id = '${customer}'` },
        { root: "attempts", filter: { orderReference: order }, means: `s.order_reference = '${order}'` },
        { root: "attempts", filter: { writtenAt: { until: half } }, means: `a.written_at < '${half}'` },
        {
          root: "attempts",
          filter: { amount: usd },
          orderBy: "smallest_first",
          means: inUsd("a"),
          ordered: "a.amount, a.attempt_id"
        },
        { root: "refunds" },
        { root: "refunds", filter: { provider: "stub_a" }, means: "r.provider = 'stub_a'" },
        { root: "refunds", filter: { states: ["declined"] }, means: "r.state = 'declined'" },
        { root: "disputes" },
        { root: "disputes", filter: { states: ["won", "open"] }, means: "d.state in ('won', 'open')" },
        { root: "events", filter: { session }, means: `o.session_id = '${session}'` },
        {
          root: "events",
          filter: { types: ["payment.charged.v1"] },
          means: "o.type = 'payment.charged.v1'"
        }
      ]
      let empty = 0
      for (const one of cases) {
        const { from, id, order: usual } = lists[one.root]
        const rows = yield* sql.unsafe<{ id: string }>(
          `select ${id} as id from ${from} where ${one.means ?? "true"} order by ${one.ordered ?? usual}`
        )
        const expected = rows.map((row) => row.id)
        if (expected.length === 0) empty++
        assert.deepStrictEqual(yield* whole(one, "first"), expected, `${JSON.stringify(one)} forwards`)
        assert.deepStrictEqual(yield* whole(one, "last"), expected, `${JSON.stringify(one)} backwards`)
      }
      // Nothing at all is what four of the filters mean; the others find something.
      assert.isAtMost(empty, 4)
    })
  )

  it.effect("estimate their length near what it is, and say it exactly where a page is all there is", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const estimated = (root: string, filter = "") =>
        Effect.map(field(`{ ${root}(first: 5${filter}) { estimatedCount } }`, root), (page) =>
          Number(at(page, "estimatedCount"))
        )
      const counted = (from: string) =>
        Effect.map(
          sql.unsafe<{ n: number }>(`select count(*)::int as n from ${from}`),
          ([row]) => row?.n ?? 0
        )
      for (const [root, filter, from] of [
        ["sessions", "", "payment_sessions"],
        ["attempts", "", "attempts"],
        ["attempts", ', filter: { mid: "mid_bio_1" }', "attempts where mid_id = 'mid_bio_1'"],
        ["sessions", ", filter: { states: [settled] }", "payment_sessions where state = 'settled'"]
      ] as const) {
        const [guess, exact] = [yield* estimated(root, filter), yield* counted(from)]
        assert.isAbove(guess, exact * 0.7, `${root}${filter}`)
        assert.isBelow(guess, exact * 1.3, `${root}${filter}`)
      }
      assert.strictEqual(yield* estimated("attempts", ", filter: { states: [in_flight] }"), 0)
      const { session } = yield* known
      const own = yield* counted(`attempts where session_id = '${session}'`)
      assert.isAtMost(own, 5)
      assert.strictEqual(yield* estimated("attempts", `, filter: { session: "${session}" }`), own)
      const child = yield* field(`{ session(id: "${session}") { attempts { estimatedCount } } }`, "session")
      assert.isNull(at(child, "attempts", "estimatedCount"))
    })
  )

  it.effect("take no cursor of another filter, another order or another parent, and say so", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const sql = yield* SqlClient.SqlClient
      const [a, b] = yield* sql.unsafe<{ id: string }>(
        "select session_id as id from attempts group by 1 having count(*) > 1 order by 1 limit 2"
      )
      const info = "{ pageInfo { startCursor } }"
      const ofSession = (id: string | undefined, args = "") =>
        `session(id: "${id}") { list: attempts${args} ${info} }`
      const root = (name: string, args = "") => `list: ${name}${args} ${info}`
      const usd = "filter: { amount: { currency: USD } }"
      const strangers: ReadonlyArray<readonly [string, (cursor: string) => string]> = [
        [ofSession(a?.id), (cursor) => ofSession(b?.id, `(after: "${cursor}")`)],
        [
          root("sessions"),
          (cursor) => root("sessions", `(after: "${cursor}", filter: { entity: "loop_goods" })`)
        ],
        [
          root("sessions", '(filter: { entity: "loop_goods" })'),
          (cursor) => root("sessions", `(after: "${cursor}", filter: { entity: "loop_bio_labs" })`)
        ],
        [root("attempts"), (cursor) => root("attempts", `(after: "${cursor}", orderBy: oldest_first)`)],
        [
          root("attempts", `(${usd}, orderBy: largest_first)`),
          (cursor) => root("attempts", `(${usd}, orderBy: smallest_first, after: "${cursor}")`)
        ]
      ]
      for (const [from, to] of strangers) {
        const list = (json: unknown) => at(json, "data", "list") ?? at(json, "data", "session", "list")
        const cursor = String(at(list((yield* ask(`{ ${from} }`)).json), "pageInfo", "startCursor"))
        const { json } = yield* ask(`{ ${to(cursor)} }`)
        assert.strictEqual(at(json, "errors", 0, "extensions", "code"), "BAD_CURSOR", from)
        assert.match(
          String(at(json, "errors", 0, "message")),
          /another filter, in another order or of another parent/
        )
      }
      // The same filter is the same list, however it is written.
      const page = yield* ask(
        `{ ${root("sessions", "(filter: { states: [settled, expired], brand: null })")} }`
      )
      const cursor = String(at(page.json, "data", "list", "pageInfo", "startCursor"))
      const same = yield* ask(
        `{ ${root("sessions", `(after: "${cursor}", filter: { states: [expired, settled, expired] })`)} }`
      )
      assert.isUndefined(at(same.json, "errors"), same.text)
    })
  )

  it.effect("of incidents are those that are open, or of a kind, and lead to their attempts", () =>
    Effect.gen(function* () {
      const { connect } = yield* TestDatabase
      yield* Effect.gen(function* () {
        const owner = yield* SqlClient.SqlClient
        yield* owner`insert into incidents (kind, session_id, attempt_id, detail, closed_at)
          select case when nr % 2 = 0 then 'late_capture' else 'captured_other_amount' end, session_id, attempt_id,
            '{"code": "seen"}', case when nr > 3 then now() end
          from (select *, row_number() over (order by attempt_id) as nr from attempts) a where nr <= 6`
      }).pipe(Effect.provide(connect("payments_owner", 1)))
      const query = `query ($filter: IncidentFilter) { incidents(filter: $filter) {
        nodes { nr kind detail closedAt attempt { attemptId session { sessionId } } } } }`
      const listed = Effect.fnUntraced(function* (filter: object) {
        const nodes = at(yield* field(query, "incidents", { filter }), "nodes")
        return Array.isArray(nodes) ? nodes : assert.fail("no incidents")
      })
      const numbers = (nodes: ReadonlyArray<unknown>) => nodes.map((node) => Number(at(node, "nr")))
      assert.deepStrictEqual(numbers(yield* listed({})), [6, 5, 4, 3, 2, 1])
      assert.deepStrictEqual(numbers(yield* listed({ open: true })), [3, 2, 1])
      assert.deepStrictEqual(numbers(yield* listed({ open: false, kinds: ["late_capture"] })), [6, 4])
      const [first] = yield* listed({ open: true })
      const attempt = String(at(first, "attempt", "attemptId"))
      assert.include(attempt, String(at(first, "attempt", "session", "sessionId")).slice(3))
      assert.deepStrictEqual(at(first, "detail"), { code: "seen" })
      const session = at(first, "attempt", "session", "sessionId")
      assert.isNotEmpty(yield* listed({ session }))
    })
  )

  it.effect("refuse filters that mean nothing, and name the field", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const refusals: ReadonlyArray<readonly [string, string, RegExp]> = [
        ['sessions(filter: { brand: "gold" })', "filter.brand", /is no brand; there are /],
        ['attempts(filter: { provider: "bank" })', "filter.provider", /there are stub_a, stub_b/],
        ["sessions(orderBy: largest_first)", "orderBy", /say filter.amount.currency/],
        [
          "refunds(filter: { amount: { currency: USD, from: 1.5 } })",
          "filter.amount.from",
          /whole minor units/
        ],
        ["disputes(filter: { amount: { currency: USD, to: -1 } })", "filter.amount.to", /0 or more/],
        ['events(filter: { session: "junk" })', "filter.session", /ps_ and 26 characters/],
        ['sessions(filter: { customer: "a\\u0000" })', "filter.customer", /NUL/],
        ['attempts(filter: { orderReference: "\\u0000" })', "filter.orderReference", /NUL/],
        ['apiKeys(principal: "\\u0000")', "principal", /NUL/]
      ]
      for (const [query, name, message] of refusals) {
        const { json } = yield* ask(`{ ${query} { pageInfo { hasNextPage } } }`)
        assert.match(String(at(json, "errors", 0, "message")), message)
        assert.strictEqual(at(json, "errors", 0, "extensions", "field"), name, query)
        assert.strictEqual(at(json, "errors", 0, "extensions", "code"), "invalid_input", query)
      }
      for (const when of [
        "yesterday",
        "2026-11-20",
        "2026-11-20T10:00:00",
        // No such day, or none that the records could hold.
        "2026-02-30T10:00:00Z",
        "2026-11-20T24:00:00Z",
        "0000-01-01T10:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00"
      ]) {
        const { json } = yield* ask(
          `{ sessions(filter: { createdAt: { from: "${when}" } }) { nodes { state } } }`
        )
        assert.strictEqual(at(json, "errors", 0, "extensions", "code"), "GRAPHQL_VALIDATION_FAILED", when)
      }
    })
  )
})
