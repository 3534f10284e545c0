import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { isObjectType } from "graphql"
import { needsOf, needsOfRoots, needsOfTypes, partsOfOthers } from "../../src/graphql/access/rules.ts"
import { schema } from "../../src/graphql/schema.ts"
import { needsOfEndpoints } from "../../src/http/api/needs.ts"
import { Operation } from "../../src/kernel/access/Operation.ts"
import { at, confirm, type Answer, doors, Doors, field as fieldOf, newSession } from "../graphql/support.ts"
import { listen } from "../graphql/sse.ts"
import { allBut, asOwner, keyWith, overAll, within } from "./support.ts"
import { documentOf, waysOf } from "./schemaWalk.ts"

// Every field and mutation of the schema and every operation of REST, with each key that it is not for: generated, so
// that what is new is in it, or fails because nobody said what it needs.

const roots = (["Query", "Mutation"] as const).flatMap((root) => {
  const type = schema.getType(root)
  return isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ root, field })) : []
})

const places = /(entity|entities|brand|mid|merchantAccount)s?$/i
const payments = /(session|attempt|refund|review|delivery|subscription)s?(Id)?$/i

/** Whether an id of this kind may stand there: nobody looks for a session by the name of a company. */
const fits = (way: string, id: string): boolean => {
  const plainly = plain(id)
  if (/^(ps|at)_/.test(plainly)) return !places.test(way)
  if (plainly.startsWith("loop-")) return /brand$/i.test(way)
  return !payments.test(way) && !/brand$/i.test(way)
}

const subscriptions = Object.values(schema.getSubscriptionType()?.getFields() ?? {})

/** What a subscription is told first; one that is refused is told nothing else. */
const firstTold = (key: string, query: string) =>
  Effect.gen(function* () {
    const { origin } = yield* Doors
    const { next } = yield* listen(origin, query, { headers: asKey(key) })
    return JSON.stringify(yield* next)
  }).pipe(Effect.scoped)

const asKey = (key: string | undefined): Readonly<Record<string, string>> => ({
  ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  "content-type": "application/json",
  "x-request-id": "req_same"
})

const graphql = Effect.fnUntraced(function* (key: string | undefined, query: string) {
  return yield* (yield* Doors).fetch("/graphql", {
    method: "POST",
    headers: asKey(key),
    body: JSON.stringify({ query })
  })
})

interface Endpoint {
  readonly method: string
  readonly path: string
  readonly name: string
}

/** Every operation of the API's own description that asks for a key. */
const endpoints = Effect.gen(function* () {
  const { json } = yield* (yield* Doors).fetch("/openapi.json")
  const found: Array<Endpoint> = []
  for (const [path, methods] of entries(at(json, "paths"))) {
    for (const [method, one] of entries(methods)) {
      if (at(one, "security", 0) === undefined) continue
      found.push({ path, method: method.toUpperCase(), name: String(at(one, "operationId")) })
    }
  }
  return found
})

const entries = (value: unknown): ReadonlyArray<[string, unknown]> =>
  typeof value === "object" && value !== null ? Object.entries(value) : []

const rest = Effect.fnUntraced(function* (key: string | undefined, { method, path }: Endpoint, id = "x") {
  return yield* (yield* Doors).fetch(path.replaceAll(/\{\w+\}/g, encodeURIComponent(id)), {
    method,
    headers: asKey(key),
    ...(method === "POST" ? { body: "{}" } : {})
  })
})

/** An answer about one id as it would be about another, whichever form of it was sent. */
const same = (text: string, foreign: string, none: string): string =>
  text.replaceAll(foreign, none).replaceAll(plain(foreign), plain(none))

const plain = (id: string): string =>
  /^[A-Za-z0-9+/]+=*$/.test(id) && !id.includes("_")
    ? Buffer.from(id, "base64").toString().replace(/^\w+:/, "")
    : id

const everyKey = [
  ...keyWith("sk_all", {}),
  ...keyWith("sk_revoked", { revoked: true }),
  ...Operation.literals.flatMap((one) => keyWith(`sk_but_${one}`, { operations: allBut(one) })),
  ...keyWith("sk_of_goods", within({ entities: ["loop_goods"] })),
  ...keyWith("sk_of_store", within({ brands: ["loop-store"] }))
]

const codeOf = ({ json }: Answer): unknown =>
  at(json, "errors", 0, "extensions", "code") ?? at(json, "error", "code")

/** The global ids of a refund of a session and of its last event. */
const returned = Effect.fnUntraced(function* (session: string) {
  yield* fieldOf(
    `mutation ($id: ID!) { refundPayment(input: { session: $id, reason: "it came back" }) {
      ... on RefundPaymentPayload { refund { id } } ... on Refusal { message } } }`,
    "refundPayment",
    { id: session }
  )
  const read = `query ($id: ID!) { session(id: $id) { refunds { nodes { id } } events(first: 1) { nodes { id } } } }`
  const found = yield* fieldOf(read, "session", { id: session })
  return {
    refund: String(at(found, "refunds", "nodes", 0, "id")),
    event: String(at(found, "events", "nodes", 0, "id"))
  }
})

it.layer(doors, { excludeTestServices: true, timeout: 120_000 })("access", (it) => {
  it.effect(
    "every field that a request begins with says what it needs, and every type what it stands for",
    () =>
      Effect.sync(() => {
        for (const { root, field } of roots) {
          assert.isDefined(needsOfRoots[root]?.[field.name], `${root}.${field.name} has no rule`)
        }
        assert.hasAllKeys(
          needsOfRoots["Subscription"],
          subscriptions.map(({ name }) => name)
        )
        const described =
          Object.keys(needsOfRoots["Query"] ?? {}).length + Object.keys(needsOfRoots["Mutation"] ?? {}).length
        assert.strictEqual(described, roots.length, "a rule of a field that is not there")
        for (const type of Object.values(schema.getTypeMap())) {
          if (!isObjectType(type) || /^(__|Query$|Mutation$|Subscription$)/.test(type.name)) continue
          const interfaces = type.getInterfaces().map(({ name }) => name)
          const isAnswer = /(Payload|Connection|Edge)$/.test(type.name)
          const isReason = interfaces.includes("Refusal") || interfaces.includes("ExclusionReason")
          const ruled = needsOfTypes[type.name] !== undefined || partsOfOthers.has(type.name)
          assert.isTrue(isAnswer || isReason || ruled, `${type.name} has no rule`)
          if (interfaces.includes("Node"))
            assert.isDefined(needsOfTypes[type.name], `${type.name} is asked for by id`)
        }
      })
  )

  it.effect("every endpoint says what it needs", () =>
    Effect.gen(function* () {
      const found = yield* endpoints
      assert.deepStrictEqual(
        found.map(({ name }) => name).toSorted(),
        Object.keys(needsOfEndpoints).toSorted()
      )
    })
  )

  it.effect("nobody is let in without a key, or with one that was revoked", () =>
    Effect.gen(function* () {
      yield* asOwner(...everyKey)
      for (const key of [undefined, "sk_revoked", "sk_of_nobody"]) {
        for (const { root, field } of roots) {
          const answer = yield* graphql(key, documentOf(root, field))
          assert.strictEqual(`${answer.status} ${String(codeOf(answer))}`, "401 unauthorized", field.name)
        }
        for (const endpoint of yield* endpoints) {
          const answer = yield* rest(key, endpoint)
          assert.strictEqual(`${answer.status} ${String(codeOf(answer))}`, "401 unauthorized", endpoint.name)
        }
      }
    })
  )

  it.effect("a key without what is needed is told what it lacks, and nothing runs", () =>
    Effect.gen(function* () {
      const { statements } = yield* Doors
      const before = statements().length
      for (const { root, field } of roots) {
        for (const need of needsOf(root, field.name, "") ?? []) {
          const answer = yield* graphql(`sk_but_${need}`, documentOf(root, field))
          assert.strictEqual(codeOf(answer), "forbidden", field.name)
          assert.deepStrictEqual(at(answer.json, "errors", 0, "extensions", "missing"), [need])
          assert.isUndefined(at(answer.json, "data"))
        }
      }
      for (const endpoint of yield* endpoints) {
        const need = needsOfEndpoints[endpoint.name]
        const answer = yield* rest(`sk_but_${need}`, endpoint)
        assert.strictEqual(`${answer.status} ${String(codeOf(answer))}`, "403 forbidden", endpoint.name)
        assert.deepStrictEqual(at(answer.json, "error", "details", "missing"), [need])
      }
      assert.strictEqual(statements().length, before)
    })
  )

  it.effect("a subscription is nobody's without a key, and not one's that lacks what it needs", () =>
    Effect.gen(function* () {
      for (const field of subscriptions) {
        const query = documentOf("Subscription", field)
        for (const key of ["sk_revoked", "sk_of_nobody"]) {
          const { fetch } = yield* Doors
          const headers = { ...asKey(key), accept: "text/event-stream" }
          const { status } = yield* fetch("/graphql", {
            method: "POST",
            headers,
            body: JSON.stringify({ query })
          })
          assert.strictEqual(status, 401, field.name)
        }
        const needs = needsOf("Subscription", field.name, "") ?? []
        assert.isNotEmpty(needs)
        for (const need of needs) {
          const told = yield* firstTold(`sk_but_${need}`, query)
          assert.include(told, `"code":"forbidden"`, field.name)
          assert.include(told, `"missing":["${need}"]`, field.name)
        }
      }
    })
  )

  it.effect("a key with what is needed is let in", () =>
    Effect.gen(function* () {
      for (const { root, field } of roots) {
        const answer = yield* graphql("sk_all", documentOf(root, field))
        assert.notInclude(["forbidden", "unauthorized"], codeOf(answer), field.name)
      }
      for (const endpoint of yield* endpoints) {
        assert.notInclude([401, 403], (yield* rest("sk_all", endpoint)).status, endpoint.name)
      }
    })
  )

  it.effect("what a query comes upon needs what it would need by itself: fields, fragments, global ids", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const global = Buffer.from(`PaymentSession:${id}`).toString("base64")
      const lacking = [
        ["registry:read", `{ session(id: "${id}") { entity { name } } }`],
        ["registry:read", `{ session(id: "${id}") { attempts { nodes { merchantAccount { midId } } } } }`],
        ["audit:read", `{ session(id: "${id}") { audit { pageInfo { hasNextPage } } } }`],
        [
          "audit:read",
          `query { session(id: "${id}") { ...F } } fragment F on PaymentSession { audit { nodes { hash } } }`
        ],
        ["sessions:read", `{ entities { nodes { sessions { pageInfo { hasNextPage } } } } }`],
        [
          "sessions:read",
          `{ entities { nodes { ... @include(if: false) { sessions { nodes { state } } } } } }`
        ],
        ["sessions:read", `{ node(id: "${global}") { ... on PaymentSession { state } } }`],
        ["sessions:read", `{ node(id: "${global}") { id } }`],
        ["sessions:read", `{ nodes(ids: ["${global}"]) { __typename } }`]
      ] as const
      for (const [need, query] of lacking) {
        const answer = yield* graphql(`sk_but_${need}`, query)
        assert.strictEqual(codeOf(answer), "forbidden", query)
        assert.notInclude(answer.text, '"PaymentSession"', query)
        assert.isUndefined(codeOf(yield* graphql("sk_all", query)), query)
      }
    })
  )

  it.effect("refunds and events are found again by their global ids, by whoever reads payments", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      yield* confirm(session, "tok_captured")
      const { refund, event } = yield* returned(session)
      const read = `{ nodes(ids: ["${refund}", "${event}"]) { __typename id
        ... on Refund { attempt { attemptId } } ... on PaymentEvent { type session { sessionId } } } }`
      const found = at((yield* graphql("sk_all", read)).json, "data", "nodes")
      assert.strictEqual(at(found, 0, "attempt", "attemptId"), session.replace("ps_", "at_") + "_1")
      assert.strictEqual(at(found, 1, "session", "sessionId"), session)
      assert.deepStrictEqual([at(found, 0, "id"), at(found, 1, "id")], [refund, event])
      for (const id of [refund, event]) {
        const unread = yield* graphql("sk_but_sessions:read", `{ node(id: "${id}") { id } }`)
        assert.strictEqual(codeOf(unread), "forbidden")
        const foreign = yield* graphql("sk_of_goods", `{ node(id: "${id}") { id } }`)
        assert.deepStrictEqual(foreign.json, { data: { node: null } })
      }
    })
  )

  it.effect("what is another company's or another brand's is answered as what is not there", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      yield* confirm(session, "tok_captured")
      const attempt = session.replace("ps_", "at_") + "_1"
      const { refund, event } = yield* returned(session)
      const unknown = "01JD0000000000000000000000"
      const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString("base64")
      const pairs: ReadonlyArray<readonly [foreign: string, unknown: string]> = [
        [session, `ps_${unknown}`],
        [attempt, `at_${unknown}_1`],
        [global("PaymentSession", session), global("PaymentSession", `ps_${unknown}`)],
        [global("Attempt", attempt), global("Attempt", `at_${unknown}_1`)],
        [refund, global("Refund", `re_${unknown}_1`)],
        [event, global("PaymentEvent", "evt_999999")]
      ]
      const registry: ReadonlyArray<readonly [foreign: string, unknown: string]> = [
        ["loop_bio_labs", "loop_nowhere_"],
        ["mid_bio_1", "mid_xxx_1"],
        [global("Entity", "loop_bio_labs"), global("Entity", "loop_nowhere_")],
        [global("MerchantAccount", "mid_bio_1"), global("MerchantAccount", "mid_xxx_1")]
      ]
      const foreignBrand: ReadonlyArray<readonly [foreign: string, unknown: string]> = [
        ["loop-bio", "loop-xyz"]
      ]
      const keys = [
        ["sk_of_goods", [...pairs, ...registry, ...foreignBrand]],
        ["sk_of_store", [...pairs, ...foreignBrand]]
      ] as const
      let compared = 0
      for (const [key, ids] of keys) {
        for (const [foreign, none] of ids) {
          for (const { root, field } of roots) {
            const needs = needsOf(root, field.name, "") ?? []
            if (needs.some((one) => overAll.includes(one))) continue
            // One at a time: of two, the first that is refused would hide what the other is answered.
            for (const way of waysOf(field).filter((one) => fits(one, foreign))) {
              const hidden = yield* graphql(key, documentOf(root, field, { id: foreign, way }))
              const absent = yield* graphql(key, documentOf(root, field, { id: none, way }))
              const name = `${key} ${field.name} ${way} ${foreign}`
              assert.strictEqual(hidden.status, absent.status, name)
              assert.strictEqual(same(hidden.text, foreign, none), absent.text, name)
              assert.notInclude(hidden.text, "GRAPHQL_VALIDATION_FAILED", name)
              assert.notMatch(hidden.text, /is no (day|month)/, name)
              compared++
            }
          }
          for (const field of subscriptions) {
            for (const way of waysOf(field).filter((one) => fits(one, foreign))) {
              const [hidden, absent] = [
                yield* firstTold(key, documentOf("Subscription", field, { id: foreign, way })),
                yield* firstTold(key, documentOf("Subscription", field, { id: none, way }))
              ]
              assert.strictEqual(
                same(hidden, foreign, none),
                absent,
                `${key} ${field.name} ${way} ${foreign}`
              )
              assert.match(absent, /"code":"unknown_/)
              compared++
            }
          }
          for (const endpoint of yield* endpoints) {
            if (
              !endpoint.path.includes("{") ||
              overAll.some((one) => one === needsOfEndpoints[endpoint.name])
            )
              continue
            const hidden = yield* rest(key, endpoint, foreign)
            const absent = yield* rest(key, endpoint, none)
            assert.strictEqual(hidden.status, absent.status, `${key} ${endpoint.name} ${foreign}`)
            assert.strictEqual(same(hidden.text, foreign, none), absent.text, `${key} ${endpoint.name}`)
            compared++
          }
        }
      }
      assert.isAbove(compared, 400)
    })
  )

  it.effect("lists and sums hold nothing of other companies and brands", () =>
    Effect.gen(function* () {
      const lists = roots.filter(
        ({ field }) =>
          /Connection!?$/.test(String(field.type)) &&
          needsOf("Query", field.name, "")?.includes("sessions:read")
      )
      assert.isAbove(lists.length, 3)
      let shown = 0
      for (const { root, field } of lists) {
        const all = yield* graphql("sk_all", documentOf(root, field))
        if (at(all.json, "data", field.name, "edges", 0) !== undefined) shown++
        for (const key of ["sk_of_goods", "sk_of_store"]) {
          const own = yield* graphql(key, documentOf(root, field))
          assert.deepStrictEqual(at(own.json, "data", field.name, "edges"), [], `${key} ${field.name}`)
        }
      }
      assert.isAbove(shown, 2)
    })
  )
})
