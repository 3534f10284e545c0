import type { Proxied } from "../../vault/basis-theory/proxied.ts"
import { type Decline, declineOf } from "./declines.ts"
import { detailsOf, isRequestRefusal } from "./disposition.ts"
import type { PaymentMethod, Reply } from "./wire.ts"

/** What came of making a PaymentMethod of the card, on the way through the vault's proxy. */
export type MethodStep =
  | { readonly _tag: "Proxied"; readonly proxied: Exclude<Proxied, { readonly _tag: "Destination" }> }
  | { readonly _tag: "Replied"; readonly reply: Reply<PaymentMethod> }

export type MethodVerdict =
  /** The charge may be sent. */
  | { readonly _tag: "Made"; readonly method: PaymentMethod }
  /** The same may be asked for without the security code, which the vault no longer has. */
  | { readonly _tag: "WithoutCode" }
  | { readonly _tag: "Declined"; readonly decline: Decline }
  | { readonly _tag: "Unknown"; readonly code: string; readonly message: string }

interface Row {
  readonly code: string
  readonly answer: string
  readonly applies: (step: MethodStep) => boolean
  readonly means: MethodVerdict["_tag"]
  readonly why: string
}

const errorOf = (step: MethodStep) =>
  step._tag === "Replied" && step.reply._tag === "Error" ? step.reply : undefined

/**
 * What each answer means for the charge. Making a PaymentMethod moves no money, and without one the call that does is
 * never made: that, and not what went wrong, is why most of these prove that nothing moved. The exceptions tell of
 * another request under the same key, which may have gone further.
 */
export const methodRows: ReadonlyArray<Row> = [
  {
    code: "not_sent",
    answer: "the proxy did not forward it, or nobody heard what came of it",
    applies: ({ _tag }) => _tag === "Proxied",
    means: "Declined",
    why: "the PaymentMethod may exist or not; the charge was never sent"
  },
  {
    code: "made",
    answer: "200 with the PaymentMethod, replayed or not",
    applies: (step) => step._tag === "Replied" && step.reply._tag === "Object",
    means: "Made",
    why: "now the charge can be sent, under its own key"
  },
  {
    code: "other_request",
    answer: "replayed, 409, 424, idempotency_error, a lock",
    applies: (step) => {
      const error = errorOf(step)
      return (
        error !== undefined &&
        (error.replayed ||
          error.status === 409 ||
          error.status === 424 ||
          error.error.type === "idempotency_error" ||
          error.error.code === "lock_timeout")
      )
    },
    means: "Unknown",
    why: "somebody asked under this key before, and may have charged"
  },
  {
    code: "without_security_code",
    answer: "400 parameter_invalid_empty of card[cvc]",
    applies: (step) => {
      const error = errorOf(step)
      return (
        error?.status === 400 &&
        error.error.code === "parameter_invalid_empty" &&
        error.error.param === "card[cvc]"
      )
    },
    means: "WithoutCode",
    why: "the vault keeps a security code for an hour only; the card may be charged without it"
  },
  {
    code: "card_error",
    answer: "402 card_error",
    applies: (step) => errorOf(step)?.status === 402 && errorOf(step)?.error.type === "card_error",
    means: "Declined",
    why: "Stripe refuses the card itself"
  },
  {
    code: "not_sent",
    answer: "400, 401, 403 or 404 invalid_request_error: the account or the request is set up wrong",
    applies: (step) => isRequestRefusal(errorOf(step)?.error),
    means: "Declined",
    why: "another account may be set up better; the charge was never sent"
  },
  {
    code: "not_sent",
    answer: "anything else: 429, 5xx, an answer that cannot be read",
    applies: () => true,
    means: "Declined",
    why: "the PaymentMethod may exist or not; the charge was never sent"
  }
]

/** What came of the step before the charge. Nothing here can be a capture. */
export const judgeMethod = (step: MethodStep): MethodVerdict => {
  const row = methodRows.find(({ applies }) => applies(step))
  const error = errorOf(step)?.error
  const message =
    step._tag === "Proxied"
      ? `${step.proxied.code}: ${step.proxied.message}`
      : `${row?.answer ?? ""}${detailsOf(step.reply)}`
  switch (row?.means) {
    case "Made":
      if (step._tag === "Replied" && step.reply._tag === "Object") {
        return { _tag: "Made", method: step.reply.value }
      }
      break
    case "WithoutCode":
      return { _tag: "WithoutCode" }
    case "Declined":
      return row.code === "card_error"
        ? { _tag: "Declined", decline: { ...declineOf(error), offNetwork: true } }
        : { _tag: "Declined", decline: notSent(message) }
    default:
      break
  }
  return { _tag: "Unknown", code: row?.code ?? "unlisted", message }
}

/** The money call was never made. Another account, or the same one later, may be asked. */
export const notSent = (message: string): Decline => ({
  kind: "soft",
  offNetwork: true,
  code: "not_sent",
  message: `no charge was sent: ${message}`
})
