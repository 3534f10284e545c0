// One page of one contender, as a request that may be repeated.
import { Effect, Schema } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { asking } from "../support/postgres.ts"
import { ourQuery, theirQuery } from "./page.ts"

export const kinds = ["first", "deep", "filtered"] as const
export type Kind = (typeof kinds)[number]

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const entity = "loop_health"
const json = { "content-type": "application/json" }

const graphql = (
  query: string,
  variables: object,
  headers: Readonly<Record<string, string>> = {}
): Request => ({
  method: "POST",
  path: "/graphql",
  headers: { ...json, ...headers },
  body: JSON.stringify({ query, variables })
})

const ours = (variables: object) =>
  graphql(ourQuery, variables, { authorization: `Bearer ${developmentKey.key}` })

const byHand = (path: string, values: ReadonlyArray<string> = []): Request => ({
  method: "GET",
  path: `/${path}?${values.map((value) => `value=${encodeURIComponent(value)}`).join("&")}`,
  headers: {},
  body: ""
})

export const send = async (port: number, { method, path, headers, body }: Request): Promise<unknown> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body === "" ? {} : { body })
  })
  const text = await response.text()
  if (!response.ok || text.startsWith('{"errors"')) throw new Error(`it answers ${text.slice(0, 1000)}`)
  return JSON.parse(text)
}

const decodeFirst = Schema.decodeUnknownSync(
  Schema.Struct({
    data: Schema.Struct({
      sessions: Schema.Struct({ pageInfo: Schema.Struct({ endCursor: Schema.String }) })
    })
  })
)
const cursorOf = (answer: unknown): string =>
  Buffer.from(decodeFirst(answer).data.sessions.pageInfo.endCursor, "base64").toString("utf8")

/** The row in the middle of the list: a deep page begins after it. */
const middle = (database: string) =>
  asking<{ readonly micros: string; readonly at: string; readonly id: string }>(
    database,
    `select (extract(epoch from created_at) * 1000000)::bigint::text as micros, session_id as id,
       to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00' as at
     from payments.payment_sessions order by created_at desc, session_id desc
     offset (select count(*) / 2 from payments.payment_sessions) limit 1`
  ).pipe(
    Effect.map(([row]) => {
      if (row === undefined) throw new Error("nothing was seeded")
      return row
    })
  )

/** The requests of every contender; a cursor into the middle is that of a first page with another row put into it. */
export const requests = Effect.fnUntraced(function* (
  database: string,
  ports: { readonly service: number; readonly postgraphile?: number }
) {
  const { micros, at, id } = yield* middle(database)
  const cursor = yield* Effect.promise(() => send(ports.service, ours({})).then(cursorOf))
  const deep = Buffer.from(cursor.split(":").slice(0, 2).concat(micros, id).join(":")).toString("base64url")
  const service: Record<Kind, Request> = {
    first: ours({}),
    deep: ours({ after: deep }),
    filtered: ours({ filter: { entity } })
  }
  const hand: Record<Kind, Request> = {
    first: byHand("first"),
    deep: byHand("deep", [micros, id]),
    filtered: byHand("filtered", [entity])
  }
  const { postgraphile: port } = ports
  if (port === undefined) return { service, hand, postgraphile: service }
  const theirs = yield* Effect.promise(() => send(port, graphql(theirQuery, {})).then(cursorOf))
  const after = Buffer.from(JSON.stringify([JSON.parse(theirs)[0], at, id])).toString("base64")
  const postgraphile: Record<Kind, Request> = {
    first: graphql(theirQuery, {}),
    deep: graphql(theirQuery, { after }),
    filtered: graphql(theirQuery, { condition: { entityId: entity } })
  }
  return { service, hand, postgraphile }
})
