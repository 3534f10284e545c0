import { assert, it } from "@effect/vitest"
import { Effect, Predicate, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { declare } from "../db/support/scene.ts"
import { at, confirm, Doors, doors, field, newSession } from "./support.ts"

interface Read {
  readonly ids: ReadonlyArray<string>
  readonly next: boolean
  readonly previous: boolean
  readonly start: string | null
  readonly end: string | null
}

const sessionsQuery = `query ($first: Int, $last: Int, $after: String, $before: String, $filter: SessionFilter) {
  sessions(first: $first, last: $last, after: $after, before: $before, filter: $filter) {
    edges { cursor node { sessionId } } nodes { sessionId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const textOrNull = (value: unknown): string | null => (Predicate.isString(value) ? value : null)

const read = Effect.fnUntraced(function* (variables: Readonly<Record<string, unknown>>) {
  const page = yield* field(sessionsQuery, "sessions", variables)
  const ids = list(at(page, "nodes")).map((node) => String(at(node, "sessionId")))
  const ofEdges = list(at(page, "edges")).map((edge) => String(at(edge, "node", "sessionId")))
  assert.deepStrictEqual(ofEdges, ids, "the nodes are those of the edges")
  const answer: Read = {
    ids,
    next: at(page, "pageInfo", "hasNextPage") === true,
    previous: at(page, "pageInfo", "hasPreviousPage") === true,
    start: textOrNull(at(page, "pageInfo", "startCursor")),
    end: textOrNull(at(page, "pageInfo", "endCursor"))
  }
  return answer
})

let sessions = 0

/** Declares some sessions in one statement: they all have the same instant, so only their ids tell them apart. */
const declareTogether = Effect.fnUntraced(function* (count: number) {
  if (count === 0) return
  const sql = yield* SqlClient.SqlClient
  const calls = Array.from({ length: count }, () => declare(++sessions).replace(/^select /, ""))
  yield* sql.unsafe(`select ${calls.join(", ")}`)
})

/** Reads a whole list page by page; after each page some sessions are declared. */
const walk = Effect.fnUntraced(function* (
  direction: "forwards" | "backwards",
  size: number,
  { newcomers = 0, filter }: { readonly newcomers?: number; readonly filter?: object } = {}
) {
  const pages: Array<ReadonlyArray<string>> = []
  let cursor: string | null = null
  while (true) {
    const page: Read = yield* read(
      direction === "forwards"
        ? { first: size, after: cursor, filter }
        : { last: size, before: cursor, filter }
    )
    assert.isAtMost(page.ids.length, size)
    pages.push(page.ids)
    yield* declareTogether(newcomers)
    if (!(direction === "forwards" ? page.next : page.previous)) break
    cursor = direction === "forwards" ? page.end : page.start
  }
  return (direction === "forwards" ? pages : pages.toReversed()).flat()
})

/** What there is, in the order that is promised; not read through the door. */
const everything = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string }>`
    select session_id as id from payment_sessions order by created_at desc, session_id desc`
  return rows.map(({ id }) => id)
})

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

it.layer(doors, { excludeTestServices: true })("pages", (it) => {
  it.effect.prop(
    "give a list whole and in order, without gaps and repeats, whatever is added meanwhile",
    { size: between(2, 9), together: between(1, 5), newcomers: between(0, 3) },
    ({ size, together, newcomers }) =>
      Effect.gen(function* () {
        yield* declareTogether(together)
        // What is newer stands before the first page, so a reader who goes on from there does not meet it.
        const before = yield* everything
        const forwards = yield* walk("forwards", size, { newcomers })
        assert.deepStrictEqual(forwards, before)
        // Backwards it comes last: whoever was there keeps his place, and newcomers stand in front.
        const there = yield* everything
        const backwards = yield* walk("backwards", size, { newcomers: Math.min(newcomers, size - 1) })
        assert.deepStrictEqual(backwards.slice(-there.length), there)
        assert.strictEqual(new Set(backwards).size, backwards.length)
      }),
    { arbitrary: { runs: 6, seed: 7 } }
  )

  it.effect("say truly whether there is more, at both ends", () =>
    Effect.gen(function* () {
      yield* declareTogether(5)
      const all = yield* everything
      const whole = yield* read({ first: 100 })
      assert.deepStrictEqual(
        [whole.ids, whole.next, whole.previous],
        [all.slice(0, 100), all.length > 100, false]
      )
      const first = yield* read({ first: 2 })
      assert.deepStrictEqual([first.ids, first.next, first.previous], [all.slice(0, 2), true, false])
      const second = yield* read({ first: 2, after: first.end })
      assert.deepStrictEqual([second.ids, second.next, second.previous], [all.slice(2, 4), true, true])
      const back = yield* read({ last: 2, before: second.start })
      assert.deepStrictEqual([back.ids, back.next, back.previous], [all.slice(0, 2), true, false])
      const last = yield* read({ last: 2 })
      assert.deepStrictEqual([last.ids, last.next, last.previous], [all.slice(-2), false, true])
      const middle = yield* read({ first: 50, after: first.start, before: second.end })
      assert.deepStrictEqual(middle.ids, all.slice(1, 3))
      const none = yield* read({ first: 0 })
      assert.deepStrictEqual(none, { ids: [], next: true, previous: false, start: null, end: null })
    })
  )

  it.effect("are filtered by company and state", () =>
    Effect.gen(function* () {
      yield* declareTogether(3)
      const paid = yield* newSession()
      yield* confirm(paid, "tok_captured")
      const open = yield* newSession()
      const entity = "loop_bio_labs"
      assert.deepStrictEqual(yield* walk("forwards", 1, { filter: { entity } }), [open, paid])
      assert.deepStrictEqual((yield* read({ filter: { entity, states: ["settled"] } })).ids, [paid])
      assert.deepStrictEqual((yield* read({ filter: { entity, states: [] } })).ids, [])
      const attempts = `query ($filter: AttemptFilter) { attempts(filter: $filter) { nodes { session { sessionId } } } }`
      const found = { nodes: [{ session: { sessionId: paid } }] }
      for (const filter of [{ session: paid }, { mid: "mid_bio_1" }, { entity }, { states: ["captured"] }]) {
        assert.deepStrictEqual(yield* field(attempts, "attempts", { filter }), found, JSON.stringify(filter))
      }
      assert.deepStrictEqual(yield* field(attempts, "attempts", { filter: { session: open } }), { nodes: [] })
    })
  )

  it.effect("of what is in memory work the same way", () =>
    Effect.gen(function* () {
      const query = `query ($first: Int, $last: Int, $after: String, $before: String) {
        entities(first: $first, last: $last, after: $after, before: $before) {
          nodes { entityId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
      const ids = (page: unknown) => list(at(page, "nodes")).map((node) => at(node, "entityId"))
      const all = yield* field(query, "entities")
      assert.strictEqual(ids(all).length, 7)
      const first = yield* field(query, "entities", { first: 3 })
      const rest = yield* field(query, "entities", { first: 10, after: at(first, "pageInfo", "endCursor") })
      assert.deepStrictEqual([...ids(first), ...ids(rest)], ids(all))
      assert.deepStrictEqual(
        [at(first, "pageInfo", "hasNextPage"), at(rest, "pageInfo", "hasNextPage")],
        [true, false]
      )
      const last = yield* field(query, "entities", { last: 2, before: at(rest, "pageInfo", "endCursor") })
      assert.deepStrictEqual(ids(last), ids(all).slice(-3, -1))
    })
  )

  it.effect("of children are each parent's own", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      yield* confirm(id, "tok_declined_at_stub_a")
      const query = `query ($id: ID!, $after: String) { session(id: $id) {
        attempts(first: 2, after: $after) { nodes { ordinal evidence(last: 1) { nodes { nr outcome } } }
          pageInfo { hasNextPage endCursor } } } }`
      const first = yield* field(query, "session", { id })
      const declined = { nodes: [{ nr: 1, outcome: "declined" }] }
      assert.deepStrictEqual(at(first, "attempts", "nodes"), [
        { ordinal: 1, evidence: declined },
        { ordinal: 2, evidence: declined }
      ])
      const second = yield* field(query, "session", {
        id,
        after: at(first, "attempts", "pageInfo", "endCursor")
      })
      assert.deepStrictEqual(at(second, "attempts", "nodes"), [
        { ordinal: 3, evidence: { nodes: [{ nr: 1, outcome: "captured" }] } }
      ])
      assert.isFalse(at(second, "attempts", "pageInfo", "hasNextPage"))
    })
  )

  it.effect("are not begun at a cursor of another list, or at what is no cursor", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const id = yield* newSession()
      yield* confirm(id, "tok_captured")
      const pageInfo = "pageInfo { endCursor }"
      const cursors = yield* field(
        `query ($id: ID!) { session(id: $id) { attempts { ${pageInfo} nodes { evidence { ${pageInfo} } } } } }`,
        "session",
        { id }
      )
      const roots = ["sessions", "attempts", "entities", "merchantAccounts"]
      const own = yield* Effect.forEach(roots, (root) => field(`{ ${root} { ${pageInfo} } }`, root))
      const endOf = (page: unknown) => String(at(page, "pageInfo", "endCursor"))
      const [sessionsEnd, attemptsEnd, entitiesEnd, accountsEnd] = own.map(endOf)
      const ofSession = endOf(at(cursors, "attempts"))
      const ofEvidence = endOf(at(cursors, "attempts", "nodes", 0, "evidence"))
      const junk = ["", "junk", "MDoxOjI", Buffer.from("0:loop_goods").toString("base64url"), "session:1:a"]
      const all = [sessionsEnd, attemptsEnd, entitiesEnd, accountsEnd, ofSession, ofEvidence, ...junk]
      const lists: ReadonlyArray<readonly [(argument: string) => string, string | undefined]> = [
        [(argument) => `sessions(${argument}) { ${pageInfo} }`, sessionsEnd],
        [(argument) => `attempts(${argument}) { ${pageInfo} }`, attemptsEnd],
        [(argument) => `entities(${argument}) { ${pageInfo} }`, entitiesEnd],
        [(argument) => `merchantAccounts(${argument}) { ${pageInfo} }`, accountsEnd],
        [(argument) => `session(id: "${id}") { attempts(${argument}) { ${pageInfo} } }`, ofSession],
        [
          (argument) =>
            `session(id: "${id}") { attempts { nodes { evidence(${argument}) { ${pageInfo} } } } }`,
          ofEvidence
        ]
      ]
      for (const [query, itsOwn] of lists) {
        for (const argument of ["after", "before"]) {
          for (const cursor of all) {
            const { json } = yield* ask(`query ($cursor: String) { ${query(`${argument}: $cursor`)} }`, {
              variables: { cursor }
            })
            if (cursor === itsOwn) {
              assert.isUndefined(at(json, "errors"))
            } else {
              const { requestId: _, ...extensions } = Object(at(json, "errors", 0, "extensions"))
              assert.deepStrictEqual(extensions, { code: "BAD_CURSOR", field: argument }, String(cursor))
            }
          }
        }
      }
    })
  )

  it.effect("are refused when too much is asked for, and the limit is named", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const refusals: ReadonlyArray<readonly [string, string, RegExp]> = [
        ["sessions(first: 101)", "first", /is 101; a page has 0 to 100 rows/],
        ["sessions(first: -1)", "first", /is -1; a page has 0 to 100 rows/],
        ["attempts(last: 1000)", "last", /is 1000; a page has 0 to 100 rows/],
        ["sessions(first: 1, last: 1)", "last", /ask for one of the two/],
        ['sessions(filter: { entity: "loop_bank" })', "entity", /there is no entity "loop_bank"/],
        ['merchantAccounts(entity: "loop_bank")', "entity", /there is no entity "loop_bank"/],
        ['attempts(filter: { mid: "mid_gold" })', "mid", /there is no merchant account mid_gold/],
        ['attempts(filter: { session: "junk" })', "filter.session", /a session id is ps_/]
      ]
      for (const [query, name, message] of refusals) {
        const { json } = yield* ask(`{ ${query} { pageInfo { hasNextPage } } }`)
        assert.isNull(at(json, "data"), query)
        assert.match(String(at(json, "errors", 0, "message")), message)
        assert.strictEqual(at(json, "errors", 0, "extensions", "field"), name, query)
        assert.match(
          String(at(json, "errors", 0, "extensions", "code")),
          /^(invalid_input|unknown_(entity|mid))$/
        )
        assert.isString(at(json, "errors", 0, "extensions", "requestId"))
      }
    })
  )
})
