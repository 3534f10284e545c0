import { declineOf, type Decline } from "./declines.ts"
import { type Asked, judgeIntent, type Row, type Verdict } from "./intentDisposition.ts"
import type { PaymentError, PaymentIntent, Reply } from "./wire.ts"

interface SeenAnswer {
  readonly reply: Reply<PaymentIntent>
  /** The intent that came, alone or with an error. */
  readonly intent: PaymentIntent | undefined
  /** What the intent itself proves. */
  readonly itself: Verdict | undefined
  readonly replayed: boolean
  /** The HTTP status of an error; 0 without one. */
  readonly status: number
  readonly error: PaymentError | undefined
  readonly asked: Asked
}

/** A refusal of the request itself. One with an issuer's reason contradicts itself: the request went as far as that. */
const isRefusal = ({ intent, error }: SeenAnswer): boolean =>
  intent === undefined &&
  error?.type === "invalid_request_error" &&
  !error.decline_code &&
  !error.network_decline_code

/** Whether an error is about another request under this key than the one that it answers. */
const tellsOfAnother = (error: PaymentError | undefined): boolean =>
  error?.type === "idempotency_error" ||
  ["idempotency_key_in_use", "lock_timeout"].includes(error?.code ?? "")

/** Whether it is about the state of an intent, which it should show. */
const isOfState = (error: PaymentError | undefined): boolean =>
  error?.code === "payment_intent_unexpected_state"

const told = (verdict: Verdict | undefined, ...tags: ReadonlyArray<Verdict["_tag"]>): boolean =>
  verdict !== undefined && tags.includes(verdict._tag)

/**
 * What an answer proves to the call that creates and confirms an intent, the first and only time that it is sent under
 * its key. `requestRefusals` lists the codes of requests that nothing was done about.
 */
export const answerRows: ReadonlyArray<Row<SeenAnswer>> = [
  {
    code: "not_sent",
    answer: "the line to Stripe was never there",
    applies: ({ reply }) => reply._tag === "NotSent",
    means: "Declined",
    why: "not a byte left this process"
  },
  {
    code: "unanswered",
    answer: "no answer: cut, reset, or our deadline",
    applies: ({ reply }) => reply._tag === "Unanswered",
    means: "Unknown",
    why: "Stripe may have charged before"
  },
  {
    code: "unreadable_answer",
    answer: "cut short, no JSON, names twice, another object, a redirect",
    applies: ({ reply }) => reply._tag === "Unreadable",
    means: "Unknown",
    why: "whatever it says, it does not say it"
  },
  {
    code: "replayed",
    answer: "Idempotent-Replayed",
    applies: ({ replayed }) => replayed,
    means: "Unknown",
    why: "it is what an earlier request was told; the intent itself is asked instead"
  },
  {
    code: "other_money",
    answer: "an intent of another amount or currency than was asked for",
    applies: ({ intent, asked }) =>
      intent !== undefined &&
      (intent.amount !== asked.money.amount || intent.currency.toUpperCase() !== asked.money.currency),
    means: "Unknown",
    why: "the answer contradicts the request; what the intent says when it is asked again is recorded as it is"
  },
  {
    code: "intent",
    answer: "200 with the intent",
    applies: ({ reply, itself }) => reply._tag === "Object" && itself !== undefined,
    means: "Captured",
    why: "what the intent itself proves, see above"
  },
  {
    code: "error_of_succeeded",
    answer: "any error that carries the intent, succeeded",
    applies: ({ itself }) => told(itself, "Captured"),
    means: "Captured",
    why: "the error is about the call, the intent about the money"
  },
  {
    code: "error_of_canceled",
    answer: "400 or 402 that carries the intent, canceled, and tells of no other request",
    applies: (seen) =>
      told(seen.itself, "Declined") && [400, 402].includes(seen.status) && !tellsOfAnother(seen.error),
    means: "Declined",
    why: "a canceled intent never moves money any more"
  },
  {
    code: "card_error_intent",
    answer: "402 card_error with the intent, requires_payment_method",
    applies: ({ itself, status, error, intent }) =>
      status === 402 &&
      error?.type === "card_error" &&
      intent?.status === "requires_payment_method" &&
      told(itself, "Cancel"),
    means: "Cancel",
    why: "the issuer said no; the intent can be confirmed again, so it is canceled first"
  },
  {
    code: "error_intent_unclear",
    answer: "any other error that carries an intent",
    applies: ({ intent }) => intent !== undefined,
    means: "Unknown",
    why: "the intent exists and is not over"
  },
  {
    code: "card_error",
    answer: "402 card_error without an intent",
    applies: ({ status, error }) =>
      status === 402 && error?.type === "card_error" && !tellsOfAnother(error) && !isOfState(error),
    means: "Declined",
    why: "the card was refused before there was anything to charge"
  },
  {
    code: "rate_limit",
    answer: "429 rate_limit",
    applies: (seen) => seen.status === 429 && isRefusal(seen) && seen.error?.code === "rate_limit",
    means: "Declined",
    why: "throttled before anything was worked on, and it is sent no second time"
  },
  {
    code: "refused",
    answer: "400, 401, 403 or 404 invalid_request_error of a listed code, or of none",
    applies: (seen) =>
      [400, 401, 403, 404].includes(seen.status) && isRefusal(seen) && isRequestRefusal(seen.error),
    means: "Declined",
    why: "the request itself is wrong, so nothing was done; another account may be set up better"
  },
  {
    code: "conflict",
    answer: "409, 424, idempotency_error, a lock, a wrong state",
    applies: ({ status, error }) =>
      [409, 424, 429].includes(status) || tellsOfAnother(error) || isOfState(error),
    means: "Unknown",
    why: "it tells of another request under this key, which may have charged"
  },
  {
    code: "stripe_failed",
    answer: "5xx or api_error",
    applies: ({ status, error }) => status >= 500 || error?.type === "api_error",
    means: "Unknown",
    why: "Stripe may have charged before it failed, and may still"
  }
]

/** Codes of requests that Stripe refuses before it does anything about them. */
const requestRefusals: ReadonlySet<string> = new Set([
  "account_closed",
  "account_invalid",
  "amount_too_large",
  "amount_too_small",
  "api_key_expired",
  "charge_exceeds_source_limit",
  "charge_exceeds_transaction_limit",
  "country_unsupported",
  "invalid_charge_amount",
  "livemode_mismatch",
  "parameter_invalid_empty",
  "parameter_invalid_integer",
  "parameter_invalid_string_blank",
  "parameter_invalid_string_empty",
  "parameter_missing",
  "parameter_unknown",
  "parameters_exclusive",
  "payment_method_currency_mismatch",
  "payment_method_invalid_parameter",
  "payment_method_not_available",
  "payment_method_unsupported_type",
  "platform_account_required",
  "platform_api_key_expired",
  "resource_missing",
  "secret_key_required",
  "testmode_charges_only",
  "tls_version_unsupported",
  "url_invalid"
])

/** Whether an error says that the request was wrong, and nothing else. */
export const isRequestRefusal = (error: PaymentError | undefined): boolean =>
  error?.type === "invalid_request_error" &&
  (error.code === undefined || error.code === null || requestRefusals.has(error.code))

export const seenIn = (reply: Reply<PaymentIntent>, asked: Asked): SeenAnswer => {
  const intent = reply._tag === "Object" ? reply.value : reply._tag === "Error" ? reply.intent : undefined
  return {
    reply,
    intent,
    itself: intent === undefined ? undefined : judgeIntent(intent, asked),
    replayed: (reply._tag === "Object" || reply._tag === "Error") && reply.replayed,
    status: reply._tag === "Error" ? reply.status : 0,
    error: reply._tag === "Error" ? reply.error : undefined,
    asked
  }
}

/** What the answer to the one call that can move money proves. */
export const judgeAnswer = (reply: Reply<PaymentIntent>, asked: Asked): Verdict => {
  const seen = seenIn(reply, asked)
  const { intent, itself, error } = seen
  const row = answerRows.find(({ applies }) => applies(seen))
  if (row?.code === "intent" && itself !== undefined) return itself
  switch (row?.means) {
    case "Captured":
      if (intent !== undefined) return { _tag: "Captured", intent }
      break
    case "Cancel":
      if (intent !== undefined) return { _tag: "Cancel", decline: declineOf(error), intent }
      break
    case "Declined":
      return {
        _tag: "Declined",
        decline: declineOfRow(row, seen),
        ...(intent === undefined ? {} : { intent })
      }
    default:
      break
  }
  const code = row?.code ?? "unlisted"
  return {
    _tag: "Unknown",
    code: reply._tag === "Unanswered" && reply.code === "timeout" ? "timeout" : error?.code || code,
    message: `${row?.answer ?? "an answer that is in no table"}${detailsOf(reply)}`,
    // Of another attempt's intent nothing is kept, not even where it is.
    ...(intent === undefined || intent.metadata["attempt_id"] !== asked.idempotencyKey ? {} : { intent })
  }
}

const declineOfRow = (row: Row<SeenAnswer>, { itself, error, reply }: SeenAnswer): Decline => {
  switch (row.code) {
    case "error_of_canceled":
      return itself?._tag === "Declined" ? itself.decline : declineOf(error)
    case "card_error":
      return declineOf(error)
    case "rate_limit":
      return {
        kind: "soft",
        offNetwork: true,
        code: row.code,
        message: `nothing was charged: ${row.why}`
      }
    default:
      return {
        kind: "soft",
        offNetwork: true,
        code: error?.code || row.code,
        message: `nothing was charged: ${row.answer}${detailsOf(reply)}`
      }
  }
}

export const detailsOf = (reply: Reply<unknown>): string => {
  switch (reply._tag) {
    case "Object":
      return ""
    case "Error":
      return ` (${reply.status} ${reply.error.type}${reply.error.message ? `: ${reply.error.message}` : ""})`
    case "Unreadable":
      return ` (${reply.status}: ${reply.problem})`
    case "Unanswered":
    case "NotSent":
      return ` (${reply.code})`
  }
}
