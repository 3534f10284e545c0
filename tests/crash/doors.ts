import { Schema } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import type { Answer, Door, Order, Question } from "./exchanges.ts"

// The two doors of the service, as a client sees them: how a question is put, and how an answer is read.

export interface Request {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const State = Schema.Literals([
  "pending",
  "processing",
  "in_review",
  "settled",
  "failed",
  "cancelled",
  "expired"
])

const headers = (id: string, key?: string) => ({
  authorization: `Bearer ${developmentKey.key}`,
  "content-type": "application/json",
  "x-request-id": id,
  ...(key === undefined ? {} : { "idempotency-key": key })
})

/** Puts a question through a door. */
export const requestOf = (door: Door, id: string, question: Question): Request =>
  door === "REST" ? restRequest(id, question) : graphqlRequest(id, question)

/** What was answered, with this status. */
export const answerOf = (door: Door, status: number, text: string): Answer => {
  // A server that is closing answers what it does not take on any more without a word.
  if (status === 503 && text === "") return { is: "unavailable", why: "closing" }
  const answer = door === "REST" ? restAnswer(status, text) : graphqlAnswer(text)
  return answer ?? { is: "broken", words: `${status} ${text.slice(0, 500)}` }
}

const config = ({ amount, currency, ...order }: Order) => ({
  ...order,
  customer: "loop_user_1",
  mode: "hosted",
  intent: { type: "amount", amountCents: amount, currency }
})

const card = (tokenRef: string) => ({ vaultToken: { vaultId: "stub", tokenRef } })

const restRequest = (id: string, question: Question): Request => {
  const sessions = "/v1/payment-sessions"
  const post = (path: string, body?: object, key?: string): Request => ({
    method: "POST",
    path: `${sessions}${path}`,
    headers: headers(id, key),
    body: body === undefined ? undefined : JSON.stringify(body)
  })
  switch (question.ask) {
    case "declare":
      return post("", config(question.order), question.key)
    case "confirm":
      return post(`/${question.session}/confirm`, card(question.tokenRef), question.key)
    case "cancel":
      return post(`/${question.session}/cancel`)
    case "claim":
      return post(`/${question.session}/fulfilment`, undefined, question.key)
    case "read":
      return {
        method: "GET",
        path: `${sessions}/${question.session}`,
        headers: headers(id),
        body: undefined
      }
  }
}

const RestBody = Schema.Union([
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.String,
      details: Schema.optionalKey(Schema.Struct({ state: Schema.optionalKey(State) }))
    })
  }),
  Schema.Struct({ outcome: Schema.String, state: State }),
  Schema.Struct({ fulfilment: Schema.Literals(["first", "duplicate"]), ownClaim: Schema.Boolean }),
  Schema.Struct({ id: Schema.String, state: State })
])
const decodeRest = Schema.decodeUnknownOption(Schema.fromJsonString(RestBody))

const restAnswer = (status: number, text: string): Answer | undefined => {
  const decoded = decodeRest(text)
  if (decoded._tag === "None") return undefined
  const body = decoded.value
  if ("error" in body) {
    if (status === 503) return { is: "unavailable", why: body.error.code }
    return status < 500
      ? { is: "refused", code: body.error.code, state: body.error.details?.state }
      : undefined
  }
  if (status >= 300) return undefined
  if ("outcome" in body) return { is: "confirmed", outcome: body.outcome, state: body.state }
  if ("fulfilment" in body) return { is: "fulfilment", fulfilment: body.fulfilment, own: body.ownClaim }
  return status === 201
    ? { is: "declared", session: body.id, state: body.state }
    : { is: "standing", state: body.state }
}

const graphqlRequest = (id: string, question: Question): Request => {
  const post = (query: string, variables: object): Request => ({
    method: "POST",
    path: "/graphql",
    headers: headers(id),
    body: JSON.stringify({ query, variables })
  })
  switch (question.ask) {
    case "declare":
      return post(
        `mutation ($input: CreatePaymentSessionInput!, $key: String) {
          answer: createPaymentSession(input: $input, idempotencyKey: $key) {
            ... on CreatePaymentSessionPayload { declared: session { sessionId state } } ... on Refusal { code }
          }
        }`,
        { input: config(question.order), key: question.key }
      )
    case "confirm":
      return post(
        `mutation ($input: ConfirmPaymentSessionInput!, $key: String) {
          answer: confirmPaymentSession(input: $input, idempotencyKey: $key) {
            ... on ConfirmPaymentSessionPayload { outcome state } ... on Refusal { code }
            ... on SessionNotPayable { stood: state }
          }
        }`,
        { input: { session: question.session, ...card(question.tokenRef) }, key: question.key }
      )
    case "cancel":
      return post(
        `mutation ($session: ID!) {
          answer: cancelPaymentSession(session: $session) {
            ... on CancelPaymentSessionPayload { standing: session { state } } ... on Refusal { code }
            ... on SessionNotPayable { stood: state }
          }
        }`,
        { session: question.session }
      )
    case "claim":
      return post(
        `mutation ($session: ID!, $key: String) {
          answer: claimFulfilment(session: $session, idempotencyKey: $key) {
            ... on ClaimFulfilmentPayload { fulfilment ownClaim } ... on Refusal { code }
            ... on SessionNotSettled { stood: state }
          }
        }`,
        { session: question.session, key: question.key }
      )
    case "read":
      return post(`query ($session: ID!) { standing: session(id: $session) { state } }`, {
        session: question.session
      })
  }
}

const GraphqlBody = Schema.Struct({
  data: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        answer: Schema.optionalKey(
          Schema.Struct({
            code: Schema.optionalKey(Schema.String),
            stood: Schema.optionalKey(State),
            declared: Schema.optionalKey(Schema.Struct({ sessionId: Schema.String, state: State })),
            outcome: Schema.optionalKey(Schema.String),
            state: Schema.optionalKey(State),
            standing: Schema.optionalKey(Schema.Struct({ state: State })),
            fulfilment: Schema.optionalKey(Schema.Literals(["first", "duplicate"])),
            ownClaim: Schema.optionalKey(Schema.Boolean)
          })
        ),
        standing: Schema.optionalKey(Schema.NullOr(Schema.Struct({ state: State })))
      })
    )
  ),
  errors: Schema.optionalKey(
    Schema.Array(Schema.Struct({ extensions: Schema.optionalKey(Schema.Struct({ code: Schema.String })) }))
  )
})
const decodeGraphql = Schema.decodeUnknownOption(Schema.fromJsonString(GraphqlBody))

const graphqlAnswer = (text: string): Answer | undefined => {
  const decoded = decodeGraphql(text)
  if (decoded._tag === "None") return undefined
  const { data, errors = [] } = decoded.value
  if (errors.some(({ extensions }) => extensions?.code.toLowerCase() === unavailable)) {
    return { is: "unavailable", why: unavailable }
  }
  if (errors.length > 0) return undefined
  if (data?.standing) return { is: "standing", state: data.standing.state }
  const answer = data?.answer
  if (answer === undefined) return undefined
  const { code, declared, fulfilment, outcome, ownClaim, standing, state, stood } = answer
  if (code === unavailable) return { is: "unavailable", why: code }
  if (code !== undefined) return { is: "refused", code, state: stood }
  if (declared !== undefined) return { is: "declared", session: declared.sessionId, state: declared.state }
  if (standing !== undefined) return { is: "standing", state: standing.state }
  if (outcome !== undefined && state !== undefined) return { is: "confirmed", outcome, state }
  return fulfilment !== undefined && ownClaim !== undefined
    ? { is: "fulfilment", fulfilment, own: ownClaim }
    : undefined
}

const unavailable = "ledger_unavailable"
