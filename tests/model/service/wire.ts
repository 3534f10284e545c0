// One HTTP request on loopback.
import { apiKeys, type Opened } from "./openService.ts"
import type { Caller } from "../expected/requests.ts"

/** What goes out for a request, whichever door it goes to. */
export interface Outgoing {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly by: Caller
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Incoming {
  readonly status: number
  readonly json: unknown
}

export const send = async (
  { origin }: Opened,
  requestId: string,
  { method, path, by, headers, body }: Outgoing,
  signal: AbortSignal
): Promise<Incoming> => {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKeys[by]}`,
      "x-request-id": requestId,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal
  })
  const text = await response.text()
  try {
    return { status: response.status, json: JSON.parse(text) }
  } catch {
    throw new Error(`${method} ${path} was answered ${response.status} with ${text.slice(0, 500)}`)
  }
}

/** The declaration as it is sent, spoilt if it is to be. */
export const bodyToSend = (
  declaration: object,
  malformed: "no customer" | "a quantity in words" | "a field that nobody knows" | undefined
): object => {
  switch (malformed) {
    case undefined:
      return declaration
    case "no customer":
      return { ...declaration, customer: undefined }
    case "a quantity in words":
      return {
        ...declaration,
        intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: "two" }] }
      }
    case "a field that nobody knows":
      return { ...declaration, currencyCode: "USD" }
  }
}
