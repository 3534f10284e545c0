import { type CallOptions, type Effect, send } from "./call.ts"
import { lineOf, type Payments } from "./client.ts"
import { type Call, callOf, type ErrorDetails } from "./errors.ts"
import type { Heard } from "./exchange.ts"
import type { Operation } from "./operation.ts"
import { operationIn, printDocument } from "./printDocument.ts"
import { isRecord, passing, type Verdict } from "./verdict.ts"

export type { Operation } from "./operation.ts"
export * from "./generated/operations.ts"

/** A document as GraphQL's tools make it (`TypedDocumentNode`), with the types of its result and its variables. */
export interface TypedDocument<Data, Variables> {
  readonly kind: string
  readonly definitions: ReadonlyArray<{ readonly kind: string }>
  readonly __apiType?: (variables: Variables) => Data
}

/**
 * Runs one operation: one of those that this module exports, or a document of your own with one operation in it.
 * Refusals are members of a result's union, told apart by `__typename`; an error is what REST calls have too.
 *
 * Queries are tried again. A mutation is when it takes its `idempotencyKey` from a variable: leave that variable out,
 * and the SDK fills it, keeps it while the outcome is unknown, and forgets it afterwards. A mutation without one is
 * sent once; ask what became of it before you send it again.
 */
export const graphql = <Data, Variables>(
  payments: Payments,
  document: Operation<Data, Variables> | TypedDocument<Data, Variables>,
  variables: Variables,
  options: CallOptions = {}
): Call<Data, "graphql_refused" | "outcome_unknown" | "unavailable" | "aborted"> =>
  callOf(run<Data>(payments, document, isRecord(variables) ? variables : {}, options))

const run = async <Data>(
  payments: Payments,
  document: object,
  given: Readonly<Record<string, unknown>>,
  options: CallOptions
): Promise<Data> => {
  const { text, changes, key } = isOperation(document)
    ? document
    : { text: printDocument(document), ...operationIn(document) }
  const effect: Effect = key !== undefined ? "once_by_key" : changes ? "each_time" : "reads"
  const { [key ?? ""]: ownKey, ...variables } = given
  const { value } = await send<Data>(
    lineOf(payments),
    {
      method: "POST",
      path: "/graphql",
      body: { query: text, variables },
      timeoutMs: changes ? 90_000 : 15_000,
      effect,
      judge: (heard) => judge(heard, changes, isData<Data>),
      ...(key === undefined
        ? {}
        : { keyed: (made: string) => ({ query: text, variables: { ...variables, [key]: made } }) })
    },
    typeof ownKey === "string" ? { ...options, idempotencyKey: ownKey } : options
  )
  return value
}

const isOperation = (document: object): document is Operation<unknown, unknown> => "text" in document

/** GraphQL answers in the form that was asked for. */
const isData = <Data>(data: unknown): data is Data => isRecord(data)

const judge = <Data>(heard: Heard, changes: boolean, is: (data: unknown) => data is Data): Verdict<Data> => {
  if (heard.is === "not_sent") return { is: "nothing" }
  if (heard.is === "silence") {
    return { is: "unknown", because: heard.because, again: heard.because !== "aborted" }
  }
  const { status, json } = heard
  const errors = isRecord(json) ? errorsIn(json["errors"]) : undefined
  if (!isRecord(json) || (errors === undefined && !is(json["data"]))) {
    return { is: "unknown", because: "unreadable_answer", again: passing(status) || status < 300 }
  }
  if (errors !== undefined) return errorsMean(errors, "data" in json, status, changes)
  const { data } = json
  if (!is(data)) return { is: "unknown", because: "unreadable_answer", again: true }
  const told = refusalIn(data, status)
  if (told?.code === "LedgerUnavailable") {
    return { is: "unknown", because: "server_does_not_know", told, again: true }
  }
  if (told === undefined || !changes) return { is: "answered", value: data }
  return { is: "answered", value: data, refusal: told, waits: told.code === "NeedsApproval" }
}

type Errors = ErrorDetails["graphql_refused"]["errors"]

/** Without data nothing was executed, as GraphQL says. With it, something may have been before it broke. */
const errorsMean = (errors: Errors, executed: boolean, status: number, changes: boolean): Verdict<never> => {
  const [first] = errors
  const code = first?.code ?? "INTERNAL"
  const message = first?.message ?? "GraphQL answered with errors"
  if (status >= 500 || code === "INTERNAL" || (executed && changes)) {
    const again = passing(status) || code === "INTERNAL"
    return { is: "unknown", because: "server_does_not_know", told: { code, message, status }, again }
  }
  const refusal = { code: "graphql_refused", message, field: null, details: { errors }, status } as const
  return { is: "refused", refusal, again: passing(status) }
}

const errorsIn = (errors: unknown): Errors | undefined =>
  Array.isArray(errors) && errors.length > 0 ? errors.map(errorIn) : undefined

const errorIn = (error: unknown): Errors[number] => {
  const { message, extensions, path } = isRecord(error) ? error : {}
  const code = isRecord(extensions) ? extensions["code"] : undefined
  return {
    message: typeof message === "string" ? message : "",
    code: typeof code === "string" ? code : "INTERNAL",
    path: Array.isArray(path)
      ? path.filter((part) => typeof part === "string" || typeof part === "number")
      : null
  }
}

/** What a field at the root was refused for: its result is then not the payload. */
const refusalIn = (data: unknown, status: number) => {
  for (const result of isRecord(data) ? Object.values(data) : []) {
    if (!isRecord(result)) continue
    const { __typename: name, message } = result
    if (typeof name !== "string" || name.endsWith("Payload")) continue
    return { code: name, message: typeof message === "string" ? message : "", status }
  }
  return undefined
}
