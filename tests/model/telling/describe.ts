// Requests and answers in words, for whoever reads a failure.
import type { Answer, Declaration, Request } from "../expected/requests.ts"

export const describe = (request: Request): string => {
  switch (request.kind) {
    case "create": {
      const { malformed, declaration } = request
      const form = malformed === undefined ? "" : ` (sent with ${malformed})`
      return `${who(request)} declares ${describeDeclaration(declaration)}${keyed(request.key)}${form}`
    }
    case "confirm": {
      const { session, vault, token, risk } = request
      const card = `${vault === "stub" ? "" : `${vault}/`}${token}${risk === undefined ? "" : ` at ${risk} risk`}`
      return `${who(request)} confirms ${session} with ${card}${keyed(request.key)}`
    }
    case "cancel":
      return `${who(request)} cancels ${request.session}`
    case "claim":
      return `${who(request)} claims the fulfilment of ${request.session}${keyed(request.key)}`
    case "read":
      return `${who(request)} reads ${request.session}${request.whole ? " whole" : ""}`
    case "switch":
      return `the operator ${request.on ? "stops" : "resumes"} ${request.mid}`
    case "reconcile":
      return "the reconciler asks for what is unknown (Q)"
    case "takeOver":
      return "the reconciler takes over what is late"
    case "expire":
      return "sessions that are over expire"
    case "timePasses":
      return `${request.ms / 1000} seconds pass`
    case "processPauses":
      return `the process stands still for ${request.ms / 1000} seconds`
  }
}

const who = ({ by, door }: { readonly by: string; readonly door: string }): string =>
  `${by} by ${door === "rest" ? "REST" : "GraphQL"}`

const keyed = (key: string | undefined): string =>
  key === undefined
    ? ""
    : ` under the key ${key.length > 40 ? `of ${key.length} characters` : key || "(empty)"}`

const describeDeclaration = (declaration: Declaration): string => {
  const { entity, brand, intent, orderReference, ...rest } = declaration
  const { customer: _customer, mode: _mode, ...others } = rest
  const order = orderReference === undefined ? "" : `, order ${orderReference}`
  const more = Object.keys(others).length === 0 ? "" : ` ${JSON.stringify(others)}`
  return `${brand}/${entity} ${JSON.stringify(intent)}${order}${more}`
}

export const describeAnswer = (answer: Answer | undefined): string => {
  if (answer === undefined) return "nothing: the client hung up"
  const { is, ...rest } = answer
  return `${is} ${JSON.stringify(rest)}`
}

/** What kind of answer it is, for counting. */
export const kindOf = (request: Request, answer: Answer): string => {
  switch (answer.is) {
    case "refused":
      return `${request.kind}: refused ${answer.code}${answer.state === undefined ? "" : ` (${answer.state})`}`
    case "confirmed":
      return `${request.kind}: ${answer.outcome} (${answer.state})`
    case "claimed":
      return `${request.kind}: ${answer.fulfilment}${answer.ownClaim ? ", own" : ""}`
    case "read":
      return `${request.kind}: ${answer.state}`
    case "created":
      return `${request.kind}: ${answer.state}`
    case "cancelled":
      return `${request.kind}: ${answer.state}`
    case "switched":
      return `${request.kind}: ${answer.on ? "on" : "off"}`
    case "done":
      return `${request.kind}: done`
  }
}
