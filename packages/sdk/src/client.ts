import { type Asked, type CallOptions, type Line, send } from "./call.ts"
import { type Call, callOf, type ErrorCode } from "./errors.ts"
import type { Fetch } from "./exchange.ts"
import type {
  Confirmation,
  ConfirmAnswer,
  ConfirmOutcome,
  Currency,
  FulfilmentAnswer,
  PaymentMode,
  PaymentSession,
  PaymentSessionConfig,
  PaymentSessionCreated,
  PaymentSessionWithAttempts,
  ProductCategory,
  Refund,
  RefundAsked,
  RefusalsOf,
  SessionReturns
} from "./generated/rest.ts"
import { KeyRing } from "./keys.ts"
import type { Retries } from "./retries.ts"
import { isRecord, judge } from "./verdict.ts"

/** How to reach the service. */
export interface PaymentsOptions {
  /** Where it is: `https://pay.example`. A path at its end is kept, for a proxy of your own. */
  readonly origin: string
  /**
   * Your API key, or what gives it out each time it is needed, so that it can be rotated. It is a secret: it stays on
   * your server. In a browser leave it out, and let `origin` be a proxy of yours that adds it.
   */
  readonly apiKey?: string | (() => string | Promise<string>)
  /** Instead of the global `fetch`. */
  readonly fetch?: Fetch
  /** How long one try waits for its answer, in milliseconds: 15000 by default, 90000 where money moves. */
  readonly timeoutMs?: number
  readonly retries?: Retries
}

/** What is paid for. Amounts are whole minor units: USD 12.50 is 1250. */
export type DeclaredIntent =
  | { readonly type: "subscription_plan"; readonly planKey: string }
  | { readonly type: "amount"; readonly amountCents: number; readonly currency?: Currency }
  | {
      readonly type: "line_items"
      readonly lineItems: ReadonlyArray<
        | {
            /** An article of the price catalogue: `price_bpc157`. */
            readonly providerPriceRef: string
            /** Whole pieces, at least 1. */
            readonly quantity: number
          }
        | {
            /** An article that the catalogue does not have. */
            readonly priceData: {
              /** Minor units of one piece. */
              readonly amountCents: number
              readonly currency: Currency
              /** What the customer reads. */
              readonly name: string
              readonly product: ProductCategory
            }
            /** Whole pieces, at least 1. */
            readonly quantity: number
          }
      >
    }

/** What you declare: who pays, which brand, which company, for what. */
export interface SessionConfig extends Omit<PaymentSessionConfig, "intent" | "mode" | "product"> {
  readonly intent: DeclaredIntent
  /** `hosted` answers a `url` to send the customer to, `embedded` an `embedToken`. */
  readonly mode: PaymentMode
  /** The product category, if you claim to know it. The catalogue decides; a claim that disagrees is refused. */
  readonly product?: ProductCategory
}

/** What a call that reads may end with. */
type ReadingEnds = "unavailable" | "aborted"
/** What a call that changes something may end with. */
type WritingEnds = "outcome_unknown" | "unavailable" | "aborted"

/**
 * The service, as an app sees it. Every call rejects with a `PaymentsError`, or tells it through `result()`; it is
 * tried again by itself where that is safe. `outcome_unknown` is the one error after which something may have been
 * done.
 */
export interface Payments {
  /**
   * Declares a payment and answers the session, with the `url` (hosted) or `embedToken` (embedded) to pay it. Give it
   * an `orderReference`: then one order never has two sessions that could both be paid.
   */
  readonly create: (
    config: SessionConfig,
    options?: CallOptions
  ) => Call<PaymentSessionCreated, RefusalsOf["create"] | WritingEnds>

  /** Where a payment stands, with every try to charge it. */
  readonly read: (
    session: string,
    options?: CallOptions
  ) => Call<PaymentSessionWithAttempts, RefusalsOf["read"] | ReadingEnds>

  /**
   * Charges the session's card, once. What came of it is the `outcome`: a declined charge is an answer, not an error.
   * With `in_review` and `processing` nobody knows yet; show the `message`, and wait with `waitForSettlement`.
   */
  readonly confirm: (
    session: string,
    confirmation: Confirmation,
    options?: CallOptions
  ) => Call<ConfirmAnswer, RefusalsOf["confirm"] | WritingEnds>

  /** Cancels a session that is pending. Cancelling twice is cancelling once. */
  readonly cancel: (
    session: string,
    options?: CallOptions
  ) => Call<PaymentSession, RefusalsOf["cancel"] | WritingEnds>

  /**
   * Claims the right to fulfil: `first` once in a session's life, `duplicate` ever after. Fulfil on `first`, and on
   * nothing else. An answer that got lost on its way is told again: whoever repeats the claim through this client
   * still hears `first`. With an `idempotencyKey` of your own, which one worker alone may use, `duplicate` with
   * `ownClaim` says that the first claim was this worker's: look into your record whether you have fulfilled.
   */
  readonly claimFulfilment: (
    session: string,
    options?: CallOptions
  ) => Call<FulfilmentAnswer, RefusalsOf["claimFulfilment"] | WritingEnds>

  /**
   * Gives money back: all that is left of a charge, or an `amount` of it in minor units. The service chooses between
   * a void and a refund, and `kind` says which. `state` is what came of it; with `indeterminate` and `in_flight`
   * nobody knows yet, and nobody is to give the money back in another way.
   */
  readonly refund: (
    session: string,
    asked: RefundAsked,
    options?: CallOptions
  ) => Call<Refund, RefusalsOf["refund"] | WritingEnds>

  /** What was captured for a session, what of it may still be given back, what went back, and what is disputed. */
  readonly readRefunds: (
    session: string,
    options?: CallOptions
  ) => Call<SessionReturns, RefusalsOf["readRefunds"] | ReadingEnds>
}

const seconds = 1000
const plainTimeout = 15 * seconds
/** A charge may go over several merchant accounts, each with a deadline of its own. */
const moneyTimeout = 90 * seconds

const lines = new WeakMap<Payments, Line>()

/** What the functions of this package that are not methods need of a client. */
export const lineOf = (payments: Payments): Line => {
  const line = lines.get(payments)
  if (line === undefined) throw new TypeError("this is no client that `createPayments` made")
  return line
}

/** Over what is no origin nothing would ever be sent, and each call would end in doubt. */
const checkOrigin = (origin: string): string => {
  if (/^(https?:\/\/[^\s/?#]+)?(\/[^\s?#]*)?$/i.test(origin)) return origin
  throw new TypeError("`origin` is where the service is: `https://pay.example`, or in a browser a path")
}

/** A client of the service. Keep one for the life of the program: it remembers keys of calls nobody knows the end of. */
export const createPayments = (options: PaymentsOptions): Payments => {
  const line: Line = {
    origin: checkOrigin(options.origin).replace(/\/+$/, ""),
    apiKey: options.apiKey,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs: options.timeoutMs,
    retries: options.retries ?? {},
    keys: new KeyRing()
  }
  const payments: Payments = {
    create: (config, more) => write(line, sessions, asJson(config), plainTimeout, isCreated, more),
    read: (session, more) => read(line, pathOf(session), isRead, more),
    confirm: (session, confirmation, more) =>
      write(line, pathOf(session, "/confirm"), confirmation, moneyTimeout, isConfirmed, more),
    cancel: (session, more) =>
      call(
        line,
        {
          method: "POST",
          path: pathOf(session, "/cancel"),
          timeoutMs: plainTimeout,
          effect: "once_anyway",
          judge: (heard) => judge(heard, such(isSession))
        },
        more
      ),
    claimFulfilment: (session, more) => callOf(claim(line, session, more ?? {})),
    refund: (session, asked, more) =>
      write(line, pathOf(session, "/refunds"), asked, moneyTimeout, isRefund, more),
    readRefunds: (session, more) => read(line, pathOf(session, "/refunds"), isReturns, more)
  }
  lines.set(payments, line)
  return payments
}

const sessions = "/v1/payment-sessions"

/** An id is written into an address as it is, so nothing else may be in it. */
const pathOf = (session: string, rest = ""): string => `${sessions}/${encodeURIComponent(session)}${rest}`

/** What the server takes is a little wider than what the SDK does. */
const asJson = (config: SessionConfig): PaymentSessionConfig => config

const call = <Value, Code extends ErrorCode>(
  line: Line,
  asked: Asked<Value>,
  options: CallOptions = {}
): Call<Value, Code> => callOf(send(line, asked, options).then(({ value }) => value))

const read = <Value, Code extends ErrorCode>(
  line: Line,
  path: string,
  is: (json: unknown) => json is Value,
  options?: CallOptions
): Call<Value, Code> =>
  call(
    line,
    {
      method: "GET",
      path,
      timeoutMs: plainTimeout,
      effect: "reads",
      judge: (heard) => judge(heard, such(is))
    },
    options
  )

const write = <Value, Code extends ErrorCode>(
  line: Line,
  path: string,
  body: unknown,
  timeoutMs: number,
  is: (json: unknown) => json is Value,
  options?: CallOptions
): Call<Value, Code> =>
  call(
    line,
    {
      method: "POST",
      path,
      body,
      timeoutMs,
      effect: "once_by_key",
      judge: (heard) => judge(heard, such(is))
    },
    options
  )

const claim = async (line: Line, session: string, options: CallOptions): Promise<FulfilmentAnswer> => {
  const { value, ownKey } = await send(
    line,
    {
      method: "POST",
      path: pathOf(session, "/fulfilment"),
      timeoutMs: plainTimeout,
      effect: "once_by_key",
      judge: (heard) => judge(heard, such(isClaimed))
    },
    options
  )
  // Nobody but this call has its key, and it was not answered before: the first claim was this one's.
  return ownKey && value.ownClaim ? { ...value, fulfilment: "first" } : value
}

const such =
  <Value>(is: (json: unknown) => json is Value) =>
  (json: unknown): Value | undefined =>
    is(json) ? json : undefined

// Whether an answer is what was asked for. Only what a decision about money hangs on is looked at: the rest is the
// server's to keep, and a newer one may say more.

const isSession = (json: unknown): json is PaymentSession =>
  isRecord(json) && typeof json["id"] === "string" && typeof json["state"] === "string"

const isCreated = (json: unknown): json is PaymentSessionCreated => isSession(json)

const isRead = (json: unknown): json is PaymentSessionWithAttempts =>
  isSession(json) && "attempts" in json && Array.isArray(json.attempts)

const outcomes: Readonly<Record<ConfirmOutcome, true>> = {
  settled: true,
  declined: true,
  action_required: true,
  in_review: true,
  processing: true,
  failed: true
}

const isConfirmed = (json: unknown): json is ConfirmAnswer =>
  isRecord(json) && typeof json["outcome"] === "string" && Object.hasOwn(outcomes, json["outcome"])

const isClaimed = (json: unknown): json is FulfilmentAnswer =>
  isRecord(json) &&
  (json["fulfilment"] === "first" || json["fulfilment"] === "duplicate") &&
  typeof json["ownClaim"] === "boolean"

const isRefund = (json: unknown): json is Refund =>
  isRecord(json) && typeof json["id"] === "string" && typeof json["state"] === "string"

const isReturns = (json: unknown): json is SessionReturns =>
  isRecord(json) &&
  Array.isArray(json["refunds"]) &&
  Array.isArray(json["captures"]) &&
  Array.isArray(json["disputes"])
