// The GraphQL door, in the words of the model.
import { type Answer, refused, type Request } from "../expected/requests.ts"
import { at, listAt, numberAt, outcomeAt, textAt } from "./json.ts"
import { canonicalField, moneyOf } from "./rest.ts"
import { bodyToSend, type Incoming, type Outgoing } from "./wire.ts"

type Asked = Extract<Request, { readonly door: string } | { readonly kind: "switch" }>

const refusal = `... on Refusal { code field }`
const state = (name: string) => `... on ${name} { state }`
const routing = `... on NoEligibleMerchantAccount {
  leftOut { midId reasons { __typename } } passedOver { midId reason }
}`

const documents = {
  create: `mutation ($input: CreatePaymentSessionInput!, $key: String) {
    createPaymentSession(input: $input, idempotencyKey: $key) {
      ... on CreatePaymentSessionPayload { session { sessionId state category money { amount currency } } }
      ${refusal} ${state("OrderAlreadyDeclared")} ${routing}
    }
  }`,
  confirm: `mutation ($input: ConfirmPaymentSessionInput!, $key: String) {
    confirmPaymentSession(input: $input, idempotencyKey: $key) {
      ... on ConfirmPaymentSessionPayload { outcome state }
      ${refusal} ${state("SessionNotPayable")} ${routing}
    }
  }`,
  cancel: `mutation ($session: ID!) {
    cancelPaymentSession(session: $session) {
      ... on CancelPaymentSessionPayload { session { state } }
      ${refusal} ${state("SessionNotPayable")}
    }
  }`,
  claim: `mutation ($session: ID!, $key: String) {
    claimFulfilment(session: $session, idempotencyKey: $key) {
      ... on ClaimFulfilmentPayload { fulfilment ownClaim }
      ${refusal} ${state("SessionNotSettled")}
    }
  }`,
  read: `query ($session: ID!) {
    session(id: $session) {
      state money { amount currency }
      attempts { nodes { ordinal state provider merchantAccount { midId } } }
    }
  }`,
  readWhole: `query ($session: ID!) {
    session(id: $session) {
      state money { amount currency }
      attempts { nodes {
        ordinal round state provider declineKind merchantAccount { midId }
        evidence { nodes { source outcome } }
      } }
      decisions {
        round chosen { midId } leftOut { midId reasons { __typename } } passedOver { midId reason }
      }
    }
  }`,
  switch: `mutation ($mid: ID!, $on: Boolean!) {
    setMidKillSwitch(mid: $mid, on: $on, reason: "the acquirer called") {
      ... on SetMidKillSwitchPayload { merchantAccount { killSwitch } }
      ${refusal}
    }
  }`
}

const variablesOf = (request: Asked): object => {
  switch (request.kind) {
    case "create":
      return { input: bodyToSend(request.declaration, request.malformed), key: request.key }
    case "confirm": {
      const { session, vault, token, risk, key } = request
      return { input: { session, vaultToken: { vaultId: vault, tokenRef: token }, riskLevel: risk }, key }
    }
    case "cancel":
    case "read":
      return { session: request.session }
    case "claim":
      return { session: request.session, key: request.key }
    case "switch":
      return { mid: request.mid, on: request.on }
  }
}

export const graphqlRequest = (request: Asked): Outgoing => ({
  method: "POST",
  path: "/graphql",
  by: request.kind === "switch" ? "shop" : request.by,
  body: {
    query: documents[request.kind === "read" && request.whole ? "readWhole" : request.kind],
    variables: variablesOf(request)
  }
})

/** What GraphQL itself finds wrong with a request, before any field is asked. */
const malformed = ["BAD_USER_INPUT", "BAD_REQUEST"]

export const graphqlAnswer = (request: Asked, { json }: Incoming): Answer => {
  const error = at(json, "errors", 0, "extensions", "code")
  if (typeof error === "string") {
    if (malformed.includes(error)) return refused("malformed_request", null)
    return error === "unauthorized"
      ? refused("unauthorized", "Authorization")
      : refused(error.toLowerCase(), null)
  }
  if (at(json, "errors") !== undefined) throw new Error(`GraphQL answered ${JSON.stringify(json)}`)
  const data = Object.values(Object(at(json, "data")))[0]
  const code = at(data, "code")
  if (typeof code === "string") return refusalOf(code, data)
  switch (request.kind) {
    case "create": {
      const session = at(data, "session")
      return {
        is: "created",
        session: textAt(session, "sessionId"),
        state: textAt(session, "state"),
        ...moneyOf(session),
        category: textAt(session, "category")
      }
    }
    case "confirm":
      return { is: "confirmed", outcome: outcomeAt(data, "outcome"), state: textAt(data, "state") }
    case "cancel":
      return { is: "cancelled", state: textAt(data, "session", "state") }
    case "claim":
      return {
        is: "claimed",
        fulfilment: textAt(data, "fulfilment"),
        ownClaim: at(data, "ownClaim") === true
      }
    case "read":
      // A session that is not there is null here, and a refusal at the other door.
      return data === null ? refused("unknown_session", "session") : read(data, request.whole)
    case "switch":
      return { is: "switched", on: at(data, "merchantAccount", "killSwitch") === true }
  }
}

const refusalOf = (code: string, data: unknown): Answer => {
  const found = at(data, "state")
  const field = at(data, "field")
  return refused(code, canonicalField(code, typeof field === "string" ? field : null), {
    ...(typeof found === "string" ? { state: found } : {}),
    ...(code === "no_eligible_merchant_account"
      ? { reasons: [...leftOutOf(data), ...passedOverOf(data)].toSorted() }
      : {})
  })
}

const leftOutOf = (json: unknown): ReadonlyArray<string> =>
  listAt(json, "leftOut")
    .flatMap((left) =>
      listAt(left, "reasons").map((reason) => `${textAt(left, "midId")}: ${reasonOf(reason)}`)
    )
    .toSorted()

/** GraphQL has one name space for everything, so what is about accounts begins with `Mid` here. */
const reasonOf = (reason: unknown): string => textAt(reason, "__typename").replace(/^Mid/, "")

const passedOverOf = (json: unknown): ReadonlyArray<string> =>
  listAt(json, "passedOver").map((one) => `${textAt(one, "midId")}: ${textAt(one, "reason")}`)

const read = (session: unknown, whole: boolean): Answer => {
  const attempts = listAt(session, "attempts", "nodes").map((attempt) => {
    const kind = at(attempt, "declineKind")
    return {
      ordinal: numberAt(attempt, "ordinal"),
      mid: textAt(attempt, "merchantAccount", "midId"),
      provider: textAt(attempt, "provider"),
      state: textAt(attempt, "state"),
      ...(whole
        ? {
            round: numberAt(attempt, "round"),
            declineKind: typeof kind === "string" ? kind : null,
            heard: listAt(attempt, "evidence", "nodes").map(
              (one) => `${textAt(one, "source")}: ${textAt(one, "outcome")}`
            )
          }
        : {})
    }
  })
  const decisions = listAt(session, "decisions").map((decision) => ({
    round: numberAt(decision, "round"),
    chosen: listAt(decision, "chosen").map((account) => textAt(account, "midId")),
    leftOut: leftOutOf(decision),
    passedOver: passedOverOf(decision)
  }))
  return {
    is: "read",
    state: textAt(session, "state"),
    ...moneyOf(session),
    attempts,
    ...(whole ? { decisions } : {})
  }
}
