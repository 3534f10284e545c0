/** The error object of the API; what is left out is not sent. */
export interface StripeError {
  readonly type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error"
  readonly message: string
  readonly code?: string
  readonly decline_code?: string
  readonly param?: string
  readonly charge?: string
  readonly doc_url?: string
  readonly payment_intent?: unknown
  readonly payment_method?: unknown
  readonly advice_code?: string
  readonly network_decline_code?: string
  readonly network_advice_code?: string
}

/** A request that ends with an error. */
export class StripeRefusal extends Error {
  readonly status: number
  readonly error: StripeError
  /** Whether the endpoint had begun to work, so that the idempotency layer saves the answer. */
  readonly began: boolean

  constructor(status: number, error: StripeError, began: boolean) {
    super(error.message)
    this.status = status
    this.error = error
    this.began = began
  }
}

const documented = (code: string) => `https://docs.stripe.com/error-codes/${code.replaceAll("_", "-")}`

/** Parameters that are not as they should be: refused before anything began, so never saved under a key. */
export const invalid = (message: string, param?: string, code?: string): StripeRefusal =>
  new StripeRefusal(
    400,
    {
      type: "invalid_request_error",
      message,
      ...(param === undefined ? {} : { param }),
      ...(code === undefined ? {} : { code, doc_url: documented(code) })
    },
    false
  )

export const missing = (object: string, id: string, param: string): StripeRefusal =>
  new StripeRefusal(
    404,
    {
      type: "invalid_request_error",
      message: `No such ${object}: '${id}'`,
      param,
      code: "resource_missing",
      doc_url: documented("resource_missing")
    },
    false
  )

/** The object is not in a state for this. */
export const wrongState = (code: string, message: string, intent?: unknown): StripeRefusal =>
  new StripeRefusal(
    400,
    {
      type: "invalid_request_error",
      message,
      code,
      doc_url: documented(code),
      ...(intent === undefined ? {} : { payment_intent: intent })
    },
    true
  )

export const cardError = (error: Omit<StripeError, "type">): StripeRefusal =>
  new StripeRefusal(
    402,
    {
      type: "card_error",
      ...error,
      ...(error.code === undefined ? {} : { doc_url: documented(error.code) })
    },
    true
  )

export const apiError = (status: number): StripeRefusal =>
  new StripeRefusal(
    status,
    {
      type: "api_error",
      message: "An unknown error occurred. If the problem persists, ask the sandbox to stop failing."
    },
    true
  )
