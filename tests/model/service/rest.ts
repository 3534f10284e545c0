// The REST door, in the words of the model.
import { type Answer, refused, type Request } from "../expected/requests.ts"
import { at, listAt, numberAt, outcomeAt, textAt } from "./json.ts"
import { bodyToSend, type Incoming, type Outgoing } from "./wire.ts"

type AtDoor = Extract<Request, { readonly door: string }>

const sessions = "/v1/payment-sessions"

const keyHeader = (key: string | undefined) =>
  key === undefined ? {} : { headers: { "idempotency-key": key } }

export const restRequest = (request: AtDoor): Outgoing => {
  const { by } = request
  switch (request.kind) {
    case "create":
      return {
        method: "POST",
        path: sessions,
        by,
        ...keyHeader(request.key),
        body: bodyToSend(request.declaration, request.malformed)
      }
    case "confirm":
      return {
        method: "POST",
        path: `${sessions}/${request.session}/confirm`,
        by,
        ...keyHeader(request.key),
        body: { vaultToken: { vaultId: request.vault, tokenRef: request.token }, riskLevel: request.risk }
      }
    case "cancel":
      return { method: "POST", path: `${sessions}/${request.session}/cancel`, by }
    case "claim":
      return {
        method: "POST",
        path: `${sessions}/${request.session}/fulfilment`,
        by,
        ...keyHeader(request.key)
      }
    case "read":
      return { method: "GET", path: `${sessions}/${request.session}`, by }
  }
}

/** What each code of a refusal is sent with. */
const statusOf: Readonly<Record<string, number>> = {
  malformed_request: 400,
  unauthorized: 401,
  unknown_session: 404,
  session_not_payable: 409,
  session_not_settled: 409,
  order_already_declared: 409,
  idempotency_key_reused: 409
}

export const restAnswer = (request: AtDoor, { status, json }: Incoming): Answer => {
  if (status >= 400) return refusal(status, at(json, "error"))
  switch (request.kind) {
    case "create":
      return {
        is: "created",
        session: textAt(json, "id"),
        state: textAt(json, "state"),
        ...moneyOf(json),
        category: textAt(json, "category")
      }
    case "confirm":
      return { is: "confirmed", outcome: outcomeAt(json, "outcome"), state: textAt(json, "state") }
    case "cancel":
      return { is: "cancelled", state: textAt(json, "state") }
    case "claim":
      return {
        is: "claimed",
        fulfilment: textAt(json, "fulfilment"),
        ownClaim: at(json, "ownClaim") === true
      }
    case "read":
      return {
        is: "read",
        state: textAt(json, "state"),
        ...moneyOf(json),
        attempts: listAt(json, "attempts").map((attempt) => ({
          ordinal: numberAt(attempt, "ordinal"),
          mid: textAt(attempt, "mid"),
          provider: textAt(attempt, "provider"),
          state: textAt(attempt, "state")
        }))
      }
  }
}

export const moneyOf = (json: unknown) => ({
  amount: numberAt(json, "money", "amount"),
  currency: textAt(json, "money", "currency")
})

/** The other door calls it by a name: `KillSwitchOn` is `kill_switch_on`. */
const nameOf = (code: string): string =>
  code.replaceAll(/(?:^|_)([a-z])/g, (_, initial: string) => initial.toUpperCase())

const refusal = (status: number, error: unknown): Answer => {
  const code = textAt(error, "code")
  const wanted = statusOf[code] ?? 422
  if (status !== wanted) throw new Error(`${code} was answered with the status ${status}, not ${wanted}`)
  const state = at(error, "details", "state")
  const leftOut = listAt(error, "details", "leftOut").flatMap((left) =>
    listAt(left, "reasons").map((reason) => `${textAt(left, "mid")}: ${nameOf(textAt(reason, "code"))}`)
  )
  const passedOver = listAt(error, "details", "passedOver").map(
    (one) => `${textAt(one, "mid")}: ${textAt(one, "reason")}`
  )
  const field = at(error, "field")
  return refused(code, canonicalField(code, typeof field === "string" ? field : null), {
    ...(typeof state === "string" ? { state } : {}),
    ...(code === "no_eligible_merchant_account" ? { reasons: [...leftOut, ...passedOver].toSorted() } : {})
  })
}

/** The model has one name for what is a header here and an argument there, and none for a broken form. */
export const canonicalField = (code: string, field: string | null): string | null => {
  if (code === "malformed_request") return null
  return field === "Idempotency-Key" ? "idempotencyKey" : field
}
