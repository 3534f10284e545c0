import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, codesSeen, Doors } from "../graphql/support.ts"

/** The keys of two operators. */
export const first = developmentKey.key
export const second = secondDevelopmentKey.key

const refusal = "__typename ... on Refusal { code field message }"
const needed = `${refusal} ... on NeedsApproval { changeId }`

/** Asks GraphQL under a key, and answers what its one field says. */
export const as = Effect.fnUntraced(function* (
  key: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {}
) {
  const { json } = yield* (yield* Doors).ask(query, {
    variables,
    headers: { authorization: `Bearer ${key}` }
  })
  const error = at(json, "errors", 0)
  const answer: unknown = error ?? Object.values(Object(at(json, "data")))[0]
  const code = at(answer, "code")
  if (typeof code === "string") codesSeen.add(code)
  return answer
})

export const codeOf = (answer: unknown): unknown => at(answer, "code") ?? at(answer, "extensions", "code")

/** Throws the kill switch of an account. */
export const turn = (key: string, mid: string, on: boolean, reason = "the acquirer called") =>
  as(
    key,
    `mutation ($mid: ID!, $on: Boolean!, $reason: String!) { setMidKillSwitch(mid: $mid, on: $on, reason: $reason) {
      ... on SetMidKillSwitchPayload { merchantAccount { killSwitch } } ${needed} } }`,
    { mid, on, reason }
  )

/** The plain id of the request that an answer says is waited for. */
export const waits = (answer: unknown): string => {
  assert.strictEqual(codeOf(answer), "needs_approval", JSON.stringify(answer))
  return String(at(answer, "changeId"))
}

const details = "kind state wanted before reason requestedBy decidedBy said"

export const approve = (key: string, id: string) =>
  as(
    key,
    `mutation ($id: ID!) { approveChange(changeRequest: $id) {
      ... on ApproveChangePayload { changeRequest { ${details} } }
      ... on ChangedSince { differences { field before now } } ... on ChangeDecided { state } ${refusal} } }`,
    { id }
  )

const ending = (mutation: "reject" | "withdraw") => (key: string, id: string, reason: string) =>
  as(
    key,
    `mutation ($id: ID!, $reason: String!) { ${mutation}Change(changeRequest: $id, reason: $reason) {
      ... on ${mutation === "reject" ? "Reject" : "Withdraw"}ChangePayload { changeRequest { ${details} } }
      ... on ChangeDecided { state } ${refusal} } }`,
    { id, reason }
  )

export const reject = ending("reject")
export const withdraw = ending("withdraw")

/** An account that somebody stopped, and the request of the first operator to let it send again. */
export const stopped = Effect.fnUntraced(function* (mid: string) {
  yield* turn(second, mid, true)
  return waits(yield* turn(first, mid, false, "it is mended"))
})

/** Two operators let an account send again. */
export const resumed = Effect.fnUntraced(function* (mid: string) {
  return yield* approve(second, waits(yield* turn(first, mid, false, "it is mended")))
})

export const set = Effect.fnUntraced(function* (...statements: ReadonlyArray<string>) {
  const owner = yield* Owner
  for (const statement of statements) yield* owner.unsafe(statement)
})

/** Who did what to something, as the audit tells it. */
export const audited = Effect.fnUntraced(function* (chain: string) {
  const owner = yield* Owner
  const rows = yield* owner<{ readonly line: string }>`
    select action || ' ' || actor as line from audit where chain = ${chain} order by position`
  assert.deepStrictEqual(yield* owner`select * from audit_faults()`, [])
  return rows.map(({ line }) => line)
})

export const isStopped = Effect.fnUntraced(function* (mid: string) {
  const owner = yield* Owner
  const [row] = yield* owner<{ readonly on: boolean }>`
    select kill_switch as on from merchant_accounts where mid_id = ${mid}`
  return row?.on
})
