import type { RefusalDetails } from "./generated/rest.ts"

/** What was heard instead of an outcome. */
export type Because =
  /** No answer within the time that one try has. */
  | "timeout"
  /** The line was cut, or nothing was to be reached. */
  | "no_answer"
  /** The server answered that it does not know either. */
  | "server_does_not_know"
  /** An answer came that proves nothing: an error page of something in between, or one that cannot be read. */
  | "unreadable_answer"
  /** A later try was refused, which does not say what became of an earlier one. */
  | "refused_later"
  /** You aborted the call while it was on its way. */
  | "aborted"

/** A refusal in short, where another code stands in front. */
export interface Told {
  readonly code: string
  readonly message: string
  /** HTTP status. */
  readonly status: number
}

/** What the SDK itself has to tell, beside the refusals of the server. */
export interface OwnDetails {
  /**
   * Nobody knows yet whether this was done. Do not pay or give money back in another way: make the same call again,
   * which goes out under the same idempotency key and happens once, or read the session.
   */
  readonly outcome_unknown: {
    readonly because: Because
    /** How often it was sent. */
    readonly tries: number
    /** What the server said last, if it said anything. */
    readonly told?: Told
  }
  /** Nothing was changed, and nothing could be found out. Ask again later. */
  readonly unavailable: {
    readonly because: Exclude<Because, "refused_later" | "aborted">
    readonly tries: number
    readonly told?: Told
  }
  /** You aborted the call before anything was sent, or a call that only reads. */
  readonly aborted: { readonly tries: number }
  /** What GraphQL answered instead of data: nothing was executed, or a query could not be. */
  readonly graphql_refused: {
    readonly errors: ReadonlyArray<{
      readonly message: string
      /** For programs: `BAD_USER_INPUT`. */
      readonly code: string
      readonly path: ReadonlyArray<string | number> | null
    }>
  }
  /** The signature of a webhook is missing, or was made with another secret or over other bytes. Answer 401. */
  readonly webhook_not_signed: { readonly problem: string }
  /** The webhook was signed more than the tolerance away from now: an old one, sent again by somebody. Answer 401. */
  readonly webhook_too_old: { readonly timestamp: number; readonly toleranceSeconds: number }
  /** The webhook is signed, and is no event. */
  readonly webhook_unreadable: { readonly problem: string }
}

/** What a program may want of each error, by its code. */
export interface ErrorDetails extends RefusalDetails, OwnDetails {}

export type ErrorCode = keyof ErrorDetails

/** What every error has, whatever its code. */
interface Common {
  /** Where in the request, as a path: `intent.lineItems[1].quantity`. */
  readonly field: string | null
  /** HTTP status of the last answer; null when there was none. */
  readonly status: number | null
  /** By this the server's log knows the request. */
  readonly requestId: string | null
  /**
   * The key under which the call went out. Worth keeping with `outcome_unknown` only, by a program that may be
   * restarted before it asks again: hand it over as `idempotencyKey`.
   */
  readonly idempotencyKey: string | null
  /** How long the server asks to be left alone (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | null
}

/** One error. To tell them apart take {@link PaymentsError}, the union of them by `code`. */
export class Failure<Code extends ErrorCode> extends Error implements Common {
  override readonly name = "PaymentsError"
  readonly code: Code
  /** The same as `code`, for programs in Effect. */
  readonly _tag: Code
  readonly details: ErrorDetails[Code]
  readonly field: string | null
  readonly status: number | null
  readonly requestId: string | null
  readonly idempotencyKey: string | null
  readonly retryAfterMs: number | null

  constructor(
    code: Code,
    message: string,
    details: ErrorDetails[Code],
    more: Partial<Common> & { readonly cause?: unknown } = {}
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this._tag = code
    this.details = details
    this.field = more.field ?? null
    this.status = more.status ?? null
    this.requestId = more.requestId ?? null
    this.idempotencyKey = more.idempotencyKey ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

/**
 * Everything that a call of the SDK may end with instead of an answer, as a union by `code`: `switch (error.code)`
 * knows its `details`. A server that is newer than the SDK may refuse with codes that are not in it, so keep a
 * `default`. Everything but `outcome_unknown` says that nothing was done.
 */
export type PaymentsError<Code extends ErrorCode = ErrorCode> = Code extends ErrorCode ? Failure<Code> : never

/** Whether something that was thrown is an error of the SDK. */
export const isPaymentsError = (thrown: unknown): thrown is PaymentsError =>
  // By its name: a program may have the package twice.
  thrown instanceof Error && thrown.name === "PaymentsError" && "code" in thrown

/** What came of a call, for whoever does not like to catch. */
export type Result<Value, Code extends ErrorCode> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: PaymentsError<Code> }

/** A promise that rejects with {@link PaymentsError}, and whose `result()` does not reject. */
export interface Call<Value, Code extends ErrorCode> extends Promise<Value> {
  /** The value or the error, typed by what this very call may end with. Bugs still reject. */
  readonly result: () => Promise<Result<Value, Code>>
}

const isOneOf = <Code extends ErrorCode>(thrown: unknown): thrown is PaymentsError<Code> =>
  isPaymentsError(thrown)

export const callOf = <Value, Code extends ErrorCode>(promise: Promise<Value>): Call<Value, Code> =>
  Object.assign(promise, {
    result: (): Promise<Result<Value, Code>> =>
      promise.then(
        (value) => ({ ok: true, value }),
        (thrown: unknown) => {
          if (isOneOf<Code>(thrown)) return { ok: false, error: thrown }
          throw thrown
        }
      )
  })
