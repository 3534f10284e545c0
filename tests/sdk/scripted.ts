import { createPayments, type Fetch, type PaymentsOptions } from "../../packages/sdk/src/index.ts"

/** What a scripted line does with one request. */
export type Scripted =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** An answer that is no JSON, as something in between would give. */
  | { readonly status: number; readonly text: string }
  /** The error that `fetch` rejects with. */
  | { readonly cut: unknown }
  /** No answer, until whoever asks gives up. */
  | "silence"

/** A request as a scripted line saw it. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly key: string | null
  readonly authorization: string | null
  readonly body: unknown
}

export const origin = "https://pay.example"

/** A line that answers by a script, the last line of which goes on for ever; and what it saw. */
export const scriptedFetch = (script: ReadonlyArray<Scripted>) => {
  const seen: Array<Seen> = []
  const fetch: Fetch = (url, init) => {
    const headers = new Headers(init.headers)
    seen.push({
      method: init.method ?? "",
      path: url.slice(origin.length),
      key: headers.get("idempotency-key"),
      authorization: headers.get("authorization"),
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined
    })
    return answer(script[Math.min(seen.length, script.length) - 1] ?? "silence", init.signal ?? undefined)
  }
  return { fetch, seen }
}

/** A client on such a line. */
export const scripted = (script: ReadonlyArray<Scripted>, options: Partial<PaymentsOptions> = {}) => {
  const { fetch, seen } = scriptedFetch(script)
  const payments = createPayments({
    origin: `${origin}/`,
    apiKey: "sk_1",
    fetch,
    retries: { firstDelayMs: 1, longestDelayMs: 2 },
    timeoutMs: 40,
    ...options
  })
  return { payments, seen, keys: () => seen.map(({ key }) => key) }
}

const answer = (line: Scripted, signal: AbortSignal | undefined): Promise<Response> => {
  if (line === "silence") {
    return new Promise((_resolve, reject) => {
      const end = () => reject(new Error("given up", { cause: signal?.reason }))
      if (signal?.aborted === true) end()
      else signal?.addEventListener("abort", end)
    })
  }
  if ("cut" in line) return Promise.reject(line.cut)
  const text = "text" in line ? line.text : JSON.stringify(line.json ?? {})
  const headers = "headers" in line ? line.headers : undefined
  return Promise.resolve(
    new Response(text, { status: line.status, headers: { "x-request-id": "req_1", ...headers } })
  )
}

/** A refusal in the server's own words. */
export const refusal = (status: number, code: string, details: object = {}, headers = {}): Scripted => ({
  status,
  json: { error: { code, field: null, message: `refused as ${code}`, details, requestId: "req_1" } },
  headers
})

/** What Node's `fetch` rejects with when a line is cut. */
export const cut: Scripted = { cut: new TypeError("fetch failed", { cause: new Error("other side closed") }) }

const failing = (code: string) => Object.assign(new Error(code), { code })

/** What Node's `fetch` rejects with when nobody listens at any address of a name. */
export const nobodyThere: Scripted = {
  cut: new TypeError("fetch failed", {
    cause: new AggregateError([failing("ECONNREFUSED"), failing("ECONNREFUSED")])
  })
}

export const badGateway: Scripted = { status: 502, text: "<html>Bad Gateway</html>" }

export const session = (state = "pending") => ({ id: "ps_1", state, attempts: [] })
export const created: Scripted = { status: 201, json: session() }
export const confirmed = (outcome = "settled", state = outcome): Scripted => ({
  status: 200,
  json: { session: "ps_1", outcome, state, message: "words" }
})

export const config = {
  customer: "loop_user_1",
  brand: "loop-bio",
  entity: "loop_bio_labs",
  mode: "hosted",
  intent: { type: "amount", amountCents: 4200, currency: "USD" }
} as const

export const card = { vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }
