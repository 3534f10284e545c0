import { retryAfterOf } from "./retries.ts"

/** One request as it goes over the line. */
export interface Sent {
  readonly method: "GET" | "POST"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** What was heard of one try. */
export type Heard =
  | {
      readonly is: "answer"
      readonly status: number
      /** The body; undefined when it is no JSON. */
      readonly json: unknown
      readonly requestId: string | null
      readonly retryAfterMs: number | undefined
    }
  /** Proof that nothing left this machine. */
  | { readonly is: "not_sent"; readonly cause: unknown }
  | { readonly is: "silence"; readonly because: "timeout" | "no_answer" | "aborted"; readonly cause: unknown }

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Sends a request once and hears it out: there is an answer only when its body was read to the end. No redirect is
 * followed, because whoever redirects may have done something already.
 */
export const exchange = async (
  fetch: Fetch,
  { method, url, headers, body }: Sent,
  timeoutMs: number,
  signal: AbortSignal | undefined
): Promise<Heard> => {
  const control = new AbortController()
  const onAbort = () => control.abort(signal?.reason)
  signal?.addEventListener("abort", onAbort)
  const timer = setTimeout(() => control.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: control.signal,
      ...(body === undefined ? {} : { body })
    })
    const text = await response.text()
    return {
      is: "answer",
      status: response.status,
      json: parsed(text),
      requestId: response.headers.get("x-request-id"),
      retryAfterMs: retryAfterOf(response.headers.get("retry-after"))
    }
  } catch (cause) {
    if (signal?.aborted === true) return { is: "silence", because: "aborted", cause }
    if (control.signal.aborted) return { is: "silence", because: "timeout", cause }
    return wasNotSent(cause) ? { is: "not_sent", cause } : { is: "silence", because: "no_answer", cause }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", onAbort)
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Errors of Node that are about finding and opening a line. Browsers do not tell why, so there it is never sure. */
const beforeSending = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])

const wasNotSent = (thrown: unknown): boolean => {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  if (typeof cause !== "object" || cause === null) return false
  // One line for each address of a name: none of them was opened.
  if ("errors" in cause && Array.isArray(cause.errors) && cause.errors.length > 0) {
    return cause.errors.every(isOfConnecting)
  }
  return isOfConnecting(cause)
}

const isOfConnecting = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  typeof error.code === "string" &&
  beforeSending.has(error.code)
