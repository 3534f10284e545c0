import { assert, it } from "@effect/vitest"
import { Client, fetchExchange, gql, type OperationResult } from "@urql/core"
import { cacheExchange } from "@urql/exchange-graphcache"
import { relayPagination } from "@urql/exchange-graphcache/extras"
import { Effect, Schedule } from "effect"
import { getNamedType, introspectionFromSchema, isObjectType } from "graphql"
import { developmentKey } from "../../src/db/seedData.ts"
import { schema } from "../../src/graphql/schema.ts"
import { at, confirm, declared, Doors, doors, newSession } from "../graphql/support.ts"

// urql with its normalized cache, made for the schema that the server tells: what has an id is kept once, under it.

const hasId = (name: string): boolean => {
  const type = schema.getType(name)
  return isObjectType(type) && getNamedType(type.getFields()["id"]?.type)?.name === "ID"
}

/** What has no id of its own is kept within what it is a part of. */
const parts = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !hasId(type.name))
    .map((type) => [type.name, () => null])
)

/** A client, and how often it asked the server. */
const openClient = Effect.map(Doors, ({ origin }) => {
  const asked: Array<string> = []
  const warnings: Array<string> = []
  const client = new Client({
    url: `${origin}/graphql`,
    preferGetMethod: false,
    fetchSubscriptions: true,
    fetchOptions: { headers: { authorization: `Bearer ${developmentKey.key}` } },
    fetch: async (input, init) => {
      asked.push(String(init?.body))
      return fetch(input, init)
    },
    exchanges: [
      cacheExchange({
        schema: introspectionFromSchema(schema, { descriptions: false }),
        keys: parts,
        resolvers: { Query: { sessions: relayPagination() } },
        logger: (severity, message) => {
          if (severity !== "debug") warnings.push(message)
        }
      }),
      fetchExchange
    ]
  })
  return { client, asked, warnings }
})

const answerOf = (ask: PromiseLike<OperationResult>) =>
  Effect.map(
    Effect.promise(async () => ask),
    ({ data, error }): unknown => {
      assert.isUndefined(error)
      return data
    }
  )

const list = gql`
  query ($after: String) {
    sessions(first: 2, after: $after, filter: { customer: "loop_user_urql" }) {
      edges {
        node {
          id
          state
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`

const one = gql`
  query ($id: ID!) {
    node(id: $id) {
      id
      ... on PaymentSession {
        state
      }
    }
  }
`

const cancel = gql`
  mutation ($session: ID!) {
    cancelPaymentSession(session: $session) {
      __typename
      ... on CancelPaymentSessionPayload {
        session {
          id
          state
        }
      }
      ... on Refusal {
        code
      }
    }
  }
`

const follow = gql`
  subscription ($session: ID!) {
    sessionChanged(session: $session) {
      id
      state
    }
  }
`

it.layer(doors, { excludeTestServices: true, timeout: 60_000 })("urql with a normalized cache", (it) => {
  it.effect("pages become one list, and what was read is not asked for again", () =>
    Effect.gen(function* () {
      const { client, asked, warnings } = yield* openClient
      for (let nr = 0; nr < 3; nr++) yield* newSession({ ...declared, customer: "loop_user_urql" })
      const first = yield* answerOf(client.query(list, {}))
      assert.strictEqual(at(first, "sessions", "edges", "length"), 2)
      const after = at(first, "sessions", "pageInfo", "endCursor")
      const both = yield* answerOf(client.query(list, { after }))
      assert.strictEqual(at(both, "sessions", "edges", "length"), 3)
      assert.strictEqual(at(both, "sessions", "pageInfo", "hasNextPage"), false)
      yield* answerOf(client.query(list, { after }))
      assert.lengthOf(asked, 2)
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("a thing is fetched again by its global id, and a mutation changes it wherever it is shown", () =>
    Effect.gen(function* () {
      const { client, asked, warnings } = yield* openClient
      const session = yield* newSession({ ...declared, customer: "loop_user_urql" })
      const listed = yield* answerOf(client.query(list, {}))
      const id = String(at(listed, "sessions", "edges", 0, "node", "id"))
      assert.strictEqual(at(yield* answerOf(client.query(one, { id })), "node", "state"), "pending")
      yield* answerOf(client.mutation(cancel, { session }))
      const before = asked.length
      const node = yield* answerOf(client.query(one, { id }, { requestPolicy: "cache-only" }))
      assert.strictEqual(at(node, "node", "state"), "cancelled")
      const again = yield* answerOf(client.query(list, {}, { requestPolicy: "cache-only" }))
      assert.deepStrictEqual(at(again, "sessions", "edges", 0, "node", "state"), "cancelled")
      assert.lengthOf(asked, before)
      const fresh = yield* answerOf(client.query(one, { id }, { requestPolicy: "network-only" }))
      assert.strictEqual(at(fresh, "node", "state"), "cancelled")
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("a subscription changes what is shown", () =>
    Effect.gen(function* () {
      const { client } = yield* openClient
      const session = yield* newSession()
      const states: Array<string> = []
      let id = ""
      const settled = new Promise<void>((resolve) => {
        client.subscription(follow, { session }).subscribe(({ data }) => {
          id = String(at(data, "sessionChanged", "id"))
          states.push(String(at(data, "sessionChanged", "state")))
          // Nobody unsubscribes: urql cuts the line then, and leaves what that throws to the process. The server ends it.
          if (states.at(-1) === "settled") resolve()
        })
      })
      yield* Effect.sync(() => states.length).pipe(
        Effect.repeat({ until: (heard) => heard > 0, schedule: Schedule.spaced("20 millis") })
      )
      assert.strictEqual(at(yield* answerOf(client.query(one, { id })), "node", "state"), "pending")
      yield* confirm(session, "tok_captured")
      yield* Effect.promise(async () => settled)
      assert.strictEqual(states[0], "pending")
      const shown = yield* answerOf(client.query(one, { id }, { requestPolicy: "cache-only" }))
      assert.strictEqual(at(shown, "node", "state"), "settled")
    })
  )
})
