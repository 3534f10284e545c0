import { BasisTheoryClient } from "@basis-theory/node-sdk"
import { Effect } from "effect"
import { createServer } from "node:http"
import { Stripe } from "stripe"
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/startSandbox.ts"

/** Runs a test against emulators of its own. */
export const sandboxed =
  (body: (sandbox: Sandbox) => Promise<void>, options: SandboxOptions = {}) =>
  (): Promise<void> =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(startSandbox(options), (sandbox) => Effect.promise(() => body(sandbox))))
    )

export const hour = 3_600_000
export const day = 24 * hour

/** The official client, pointed at the emulator. It never retries. */
export const stripeClient = ({ stripe }: Sandbox, name = "shop"): Stripe => {
  const { hostname, port } = new URL(stripe.origin)
  return new Stripe(`sk_test_sandbox_${name}`, {
    host: hostname,
    port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: 20_000
  })
}

/** The official client of the vault. It never retries. */
export const vaultClient = ({ basisTheory }: Sandbox, apiKey = "key_sandbox_private"): BasisTheoryClient =>
  new BasisTheoryClient({ baseUrl: basisTheory.origin, apiKey, maxRetries: 0 })

/** A PaymentMethod of a raw card, which the client's types do not know of. */
export const methodOf = async (stripe: Stripe, number: string): Promise<string> => {
  const method: { readonly id?: unknown } = await stripe.rawRequest("POST", "/v1/payment_methods", {
    type: "card",
    card: { number, exp_month: 12, exp_year: 2034, cvc: "123" }
  })
  return String(method.id)
}

/** One call that creates and confirms, as the driver makes it. */
export const chargeOf = (
  method: string,
  attempt: string,
  more: Stripe.PaymentIntentCreateParams = { amount: 2500, currency: "usd" }
): Stripe.PaymentIntentCreateParams => ({
  ...more,
  confirm: true,
  off_session: true,
  payment_method: method,
  allowed_payment_method_types: ["card"],
  metadata: { attempt_id: attempt }
})

/** What a client threw, or a failed test. */
export const refusal = async (
  promise: Promise<unknown>
): Promise<InstanceType<typeof Stripe.errors.StripeError>> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error
    throw error
  }
  throw new Error("it was not refused")
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A POST of a form. Rejects when the connection is cut. */
export const postForm = async (
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answered> => {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(form), headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** A POST, PATCH or other of JSON. */
export const sendJson = async (
  url: string,
  method: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answered> => {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(value === undefined ? {} : { body: JSON.stringify(value) })
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export const field = (json: string, name: string): unknown => {
  const value: unknown = JSON.parse(json)
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined
}

/** A sale at NMI; what is left out is a good Visa for 25.00. */
export const sale = (
  { nmi }: Sandbox,
  form: Readonly<Record<string, string>> = {},
  name = "shop"
): Promise<Answered> =>
  postForm(`${nmi.origin}/api/transact.php`, {
    security_key: `sandbox_${name}`,
    type: "sale",
    amount: "25.00",
    ccnumber: "4111111111111111",
    ccexp: "1234",
    ...form
  })

/** The XML of a query. */
export const queried = async (
  { nmi }: Sandbox,
  form: Readonly<Record<string, string>>,
  name = "shop"
): Promise<string> =>
  (await postForm(`${nmi.origin}/api/query.php`, { security_key: `sandbox_${name}`, ...form })).text

/** The texts of an element. */
export const texts = (xml: string, element: string): ReadonlyArray<string> =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, text = ""]) => text)

/** The fields of NMI's answer. */
export const answer = ({ text }: Answered): Readonly<Record<string, string>> =>
  Object.fromEntries(text.split("&").map((pair) => pair.split(/=(.*)/s).slice(0, 2)))

/** What moved, as `kind amount`. */
export const moved = (emulator: Sandbox["stripe"] | Sandbox["nmi"]): ReadonlyArray<string> =>
  emulator.books().movements.map(({ kind, amount }) => `${kind} ${amount}`)

export interface Received {
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

/** Someone who listens for events; `answers` are his statuses in turn, the last one for ever. */
export const receiver = async (
  answers: ReadonlyArray<number> = [200]
): Promise<{
  readonly url: string
  readonly received: ReadonlyArray<Received>
  readonly close: () => void
}> => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => (body += String(chunk)))
    request.on("end", () => {
      const status = answers[Math.min(received.length, answers.length - 1)] ?? 200
      received.push({ headers: request.headers, body })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/events`,
    received,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
