import type { Bench } from "../plumbing/Bench.ts"
import type { Fault } from "../plumbing/Fault.ts"
import { faultOfCard } from "../plumbing/faultCards.ts"
import { json, type Reply, type Request } from "../plumbing/Http.ts"
import { randomText } from "../plumbing/ids.ts"
import { type Gateway, paced } from "../plumbing/serve.ts"
import { accountOf, endpointObject, rollSecret } from "./accounts.ts"
import { authenticatePage } from "./authenticate.ts"
import { settleLater } from "./charging.ts"
import { controlDisputes } from "./disputes.ts"
import { apiVersion } from "./events.ts"
import { makeIdempotency, savedAnswer, type Worked } from "./idempotency.ts"
import { cardAsked } from "./methods.ts"
import { controlRefunds, settleRefunds } from "./refunds.ts"
import { routed } from "./routes.ts"
import { apiError, StripeRefusal } from "./StripeRefusal.ts"
import { type Call, makeWorld, type World } from "./world.ts"

const errorReply = (refusal: StripeRefusal, requestId: string): Reply =>
  json(refusal.status, {
    error: {
      ...refusal.error,
      ...(refusal.status === 402 || refusal.began
        ? { request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` }
        : {})
    }
  })

const unauthenticated = (message: string) =>
  new StripeRefusal(401, { type: "invalid_request_error", message }, false)

/** The key of a request: as a bearer, or as the user name of basic authentication. */
const keyOf = (request: Request): string => {
  const [scheme = "", value = ""] = (request.headers.get("authorization") ?? "").split(" ")
  if (/^bearer$/i.test(scheme)) return value
  return /^basic$/i.test(scheme) ? (Buffer.from(value, "base64").toString("utf8").split(":")[0] ?? "") : ""
}

const masked = (key: string) =>
  `${key.slice(0, 8)}${"*".repeat(Math.max(key.length - 12, 0))}${key.slice(-4)}`

/** Who calls, or the refusal of a key that is no account's. */
const callOf = (request: Request, requestId: string): Call => {
  const key = keyOf(request)
  if (key === "") {
    throw unauthenticated(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer " +
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    )
  }
  const known = accountOf(key)
  if (known === undefined) throw unauthenticated(`Invalid API Key provided: ${masked(key)}`)
  if (known.publishable && !(request.method === "POST" && request.path === "/v1/payment_methods")) {
    throw new StripeRefusal(
      403,
      {
        type: "invalid_request_error",
        code: "secret_key_required",
        message: "This API call cannot be made with a publishable API key. Please use a secret API key."
      },
      false
    )
  }
  return {
    account: request.headers.get("stripe-account") ?? known.account,
    requestId,
    idempotencyKey: request.headers.get("idempotency-key") ?? "",
    version: versionOf(request),
    fields: request.fields
  }
}

const versionOf = (request: Request) => request.headers.get("stripe-version") ?? apiVersion

const charges = ({ method, path, fields }: Request): boolean =>
  method === "POST" &&
  ((path === "/v1/payment_intents" && fields.get("confirm") === "true") ||
    /^\/v1\/payment_intents\/\w+\/confirm$/.test(path))

/** The emulated Stripe. */
export const makeStripe = (
  bench: Bench,
  options: { readonly searchDelay: number; readonly origin: () => string }
): { readonly gateway: Gateway; readonly world: World } => {
  const world = makeWorld(bench, options.searchDelay, options.origin)
  const once = makeIdempotency(world)
  settleLater(world)
  settleRefunds(world)

  const work = (call: Call, request: Request, fault: Fault | undefined): Worked => {
    const run = routed(request, call)
    try {
      if (run === undefined) {
        throw new StripeRefusal(
          404,
          {
            type: "invalid_request_error",
            message: `Unrecognized request URL (${request.method}: ${request.path}).`
          },
          false
        )
      }
      const reply = json(200, run(world, fault))
      if (fault?.kind !== "error_after") return { reply, began: true }
      throw apiError(fault.status ?? 500)
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error
      return { reply: errorReply(error, call.requestId), began: error.began }
    }
  }

  const answer = async (request: Request, fault: Fault | undefined): Promise<Reply> => {
    const requestId = `req_${randomText(14)}`
    const headers = {
      "request-id": requestId,
      "stripe-version": versionOf(request),
      ...(request.headers.has("idempotency-key")
        ? { "idempotency-key": request.headers.get("idempotency-key") ?? "", "original-request": requestId }
        : {})
    }
    try {
      const call = callOf(request, requestId)
      const reply =
        request.method === "POST"
          ? await once(call, request.path, fault, () => work(call, request, fault))
          : await paced(bench.clock, fault, () =>
              bench.store.transact(() => work(call, request, fault).reply)
            )
      return { ...reply, headers: { ...headers, ...reply.headers } }
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error
      return { ...errorReply(error, requestId), headers: { "content-type": "application/json", ...headers } }
    }
  }

  /** The card's own fault, unless an answer is only replayed. */
  const askedFault = (request: Request): Fault | undefined => {
    const who = accountOf(keyOf(request))
    if (!charges(request) || who === undefined) return undefined
    const account = request.headers.get("stripe-account") ?? who.account
    const idempotencyKey = request.headers.get("idempotency-key") ?? ""
    const call: Call = { account, idempotencyKey, requestId: "", version: "", fields: request.fields }
    if (savedAnswer(world, call) !== undefined) return undefined
    const [, intent = null] = /^\/v1\/payment_intents\/(\w+)\/confirm$/.exec(request.path) ?? []
    return faultOfCard("stripe", cardAsked(world, account, request.fields, intent), bench.seconds)
  }

  const control = (request: Request): Reply | undefined => {
    const [, rolled] = /^\/_sandbox\/webhook_endpoints\/(\w+)\/roll$/.exec(request.path) ?? []
    if (rolled !== undefined && request.method === "POST") {
      const endpoint = world.endpoints.get(rolled)
      return endpoint === undefined
        ? json(404, { sandbox_error: "no such endpoint" })
        : json(200, endpointObject(rollSecret(world, endpoint), true))
    }
    if (request.method === "GET" && request.path === "/_sandbox/deliveries") {
      return json(200, world.webhooks.list())
    }
    return (
      authenticatePage(world, request) ?? controlDisputes(world, request) ?? controlRefunds(world, request)
    )
  }

  return {
    world,
    gateway: {
      bench,
      charges,
      askedFault,
      answer,
      failure: (status) => errorReply(apiError(status), `req_${randomText(14)}`),
      throttled: () =>
        errorReply(
          new StripeRefusal(
            429,
            {
              type: "invalid_request_error",
              code: "rate_limit",
              message: "Request rate limit exceeded."
            },
            false
          ),
          `req_${randomText(14)}`
        ),
      control
    }
  }
}
