import { Effect, Schedule, Schema } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import type { Server } from "./Servers.ts"

// What the service itself tells of a session's attempts, over HTTP: for the reason of a review, for the place where a
// fault struck, and for stories. The auditor judges without it.

const query = `query ($session: ID!) {
  session(id: $session) {
    attempts(first: 50) {
      nodes {
        idempotencyKey state provider writtenAt
        evidence(first: 50) { nodes { source outcome code message heardAt } }
      }
    }
  }
}`

const nodes = <S extends Schema.Top>(node: S) => Schema.Struct({ nodes: Schema.Array(node) })

const Told = Schema.Struct({
  data: Schema.Struct({
    session: Schema.Struct({
      attempts: nodes(
        Schema.Struct({
          idempotencyKey: Schema.String,
          state: Schema.String,
          provider: Schema.String,
          writtenAt: Schema.String,
          evidence: nodes(
            Schema.Struct({
              source: Schema.String,
              outcome: Schema.String,
              code: Schema.String,
              message: Schema.String,
              heardAt: Schema.String
            })
          )
        })
      )
    })
  })
})
const decode = Schema.decodeUnknownEffect(Told)

/** One attempt, as the service tells of it. Times are epoch milliseconds. */
export interface Attempt {
  readonly key: string
  readonly state: string
  readonly gateway: string
  readonly writtenAt: number
  readonly evidence: ReadonlyArray<{
    readonly source: string
    readonly outcome: string
    readonly code: string
    readonly message: string
    readonly heardAt: number
  }>
}

/** The attempts of a session, oldest first; none when nobody could be asked. */
export const historyOf = (
  servers: ReadonlyArray<Server>,
  session: string
): Effect.Effect<ReadonlyArray<Attempt>> =>
  Effect.tryPromise(async (signal) => {
    const origin = servers.map((server) => server.origin()).find((one) => one !== undefined)
    const response = await fetch(`${origin ?? ""}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables: { session } }),
      signal
    })
    return await response.json()
  }).pipe(
    Effect.timeout("5 seconds"),
    Effect.flatMap(decode),
    Effect.retry({ times: 5, schedule: Schedule.spaced("200 millis") }),
    Effect.map(({ data }) =>
      data.session.attempts.nodes.map(({ evidence, idempotencyKey, provider, state, writtenAt }) => ({
        key: idempotencyKey,
        state,
        gateway: provider,
        writtenAt: Date.parse(writtenAt),
        evidence: evidence.nodes.map(({ heardAt, ...heard }) => ({ ...heard, heardAt: Date.parse(heardAt) }))
      }))
    ),
    Effect.orElseSucceed(() => [])
  )
