import type { Because, ErrorDetails, Told } from "./errors.ts"
import type { Heard } from "./exchange.ts"
import type { RefusalDetails } from "./generated/rest.ts"

/** What one try proves. */
export type Verdict<Value> =
  /** With a `refusal` the answer says that nothing was done by this try. */
  | ({ readonly is: "answered"; readonly value: Value; readonly refusal?: Told } & Waiting)
  /** The server says that nothing was done. */
  | ({ readonly is: "refused"; readonly refusal: Refusal; readonly again: boolean } & Waiting)
  /** Nothing was done, and nothing was said. */
  | { readonly is: "nothing" }
  | { readonly is: "unknown"; readonly because: Because; readonly told?: Told; readonly again: boolean }

/** Whether it waits for a second person: under the same key the server tells what came of that. */
interface Waiting {
  readonly waits?: boolean
}

type RefusalCode = keyof RefusalDetails | "graphql_refused"

/** The one shape of the server's errors. */
interface ErrorBody {
  readonly error: {
    readonly code: RefusalCode
    readonly field: string | null
    readonly message: string
    readonly details: ErrorDetails[RefusalCode]
  }
}

/** Why nothing was done. */
export type Refusal = ErrorBody["error"] & { readonly status: number }

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isErrorBody = (json: unknown): json is ErrorBody =>
  isRecord(json) &&
  isRecord(json["error"]) &&
  typeof json["error"]["code"] === "string" &&
  typeof json["error"]["message"] === "string" &&
  typeof json["error"]["requestId"] === "string" &&
  isRecord(json["error"]["details"])

/** The server could not ask somebody else, and did nothing: it may be asked again. */
const nothingDone: ReadonlySet<string> = new Set(["vault_unavailable", "processor_unavailable"])

/** Statuses that pass: whoever answered them, the same request may fare better later. */
export const passing = (status: number): boolean =>
  status >= 500 || status === 408 || status === 425 || status === 429

/**
 * Judges what was heard by an allow-list: an answer that has the expected form, or a refusal in the server's own
 * words, is proof. Everything else is not, whatever its status says: it may come from something in between.
 */
export const judge = <Value>(heard: Heard, read: (json: unknown) => Value | undefined): Verdict<Value> => {
  if (heard.is === "not_sent") return { is: "nothing" }
  if (heard.is === "silence") {
    return { is: "unknown", because: heard.because, again: heard.because !== "aborted" }
  }
  const { status, json } = heard
  if (status >= 200 && status < 300) {
    const value = read(json)
    // It was taken down, and waits for a second person: nothing was done yet.
    if (value === undefined && status === 202 && isErrorBody(json)) {
      return { is: "refused", refusal: { ...json.error, status }, again: false, waits: true }
    }
    return value === undefined
      ? { is: "unknown", because: "unreadable_answer", again: true }
      : { is: "answered", value }
  }
  if (!isErrorBody(json)) return { is: "unknown", because: "unreadable_answer", again: passing(status) }
  const { error } = json
  if (status >= 500 && !nothingDone.has(error.code)) {
    const told = { code: error.code, message: error.message, status }
    return { is: "unknown", because: "server_does_not_know", told, again: true }
  }
  return { is: "refused", refusal: { ...error, status }, again: passing(status) }
}
