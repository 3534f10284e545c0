// What Stripe says, built by hand: valid answers, to be judged as they are and to be spoilt.
import { Option, Schema } from "effect"
import { Money } from "../../../../src/kernel/Money.ts"
import type { Asked } from "../../../../src/layers/providers/stripe/intentDisposition.ts"
import { PaymentIntent, readReply, type Reply } from "../../../../src/layers/providers/stripe/wire.ts"
import type { Answered, Exchanged } from "../../../../src/layers/transport/Exchange.ts"

export const asked: Asked = {
  idempotencyKey: "ps_1-1-abcdef0123",
  money: new Money({ amount: 1250, currency: "USD" }),
  livemode: false
}

export const bytes = (body: unknown): Uint8Array =>
  Buffer.from(typeof body === "string" ? body : JSON.stringify(body))

export const answered = (
  status: number,
  body: unknown,
  headers: Answered["headers"] = [["content-type", "application/json"]],
  change: Partial<Answered> = {}
): Answered => ({ _tag: "Answered", status, headers, body: bytes(body), whole: true, ...change })

export const replayHeader: Answered["headers"] = [["idempotent-replayed", "true"]]

/** An intent of the charge that is asked about. */
export const intent = (status: string, change: Readonly<Record<string, unknown>> = {}) => ({
  id: "pi_1",
  object: "payment_intent",
  amount: 1250,
  amount_capturable: 0,
  amount_received: status === "succeeded" ? 1250 : 0,
  currency: "usd",
  last_payment_error: null,
  livemode: false,
  metadata: { attempt_id: asked.idempotencyKey },
  next_action: null,
  status,
  ...change
})

export const waiting = (change: Readonly<Record<string, unknown>> = {}) =>
  intent("requires_action", {
    next_action: {
      type: "redirect_to_url",
      redirect_to_url: { url: "https://hooks.stripe.com/3d_secure", return_url: "https://pay.example/" }
    },
    ...change
  })

export const cardError = (change: Readonly<Record<string, unknown>> = {}) => ({
  type: "card_error",
  code: "card_declined",
  decline_code: "do_not_honor",
  message: "Your card was declined.",
  ...change
})

export const refused = (code?: string, change: Readonly<Record<string, unknown>> = {}) => ({
  type: "invalid_request_error",
  ...(code === undefined ? {} : { code }),
  message: "The request is refused.",
  ...change
})

/** An error as it comes: alone, or with the intent that it is about. */
export const error = (
  status: number,
  what: Readonly<Record<string, unknown>>,
  payment_intent?: unknown,
  headers?: Answered["headers"]
): Answered =>
  answered(
    status,
    { error: { ...what, ...(payment_intent === undefined ? {} : { payment_intent }) } },
    headers
  )

export const method = { id: "pm_1", object: "payment_method", type: "card", card: { brand: "visa" } }

export const refund = (status: string | null, change: Readonly<Record<string, unknown>> = {}) => ({
  id: "re_1",
  object: "refund",
  amount: 400,
  currency: "usd",
  metadata: { refund_id: "ref_1" },
  payment_intent: "pi_1",
  status,
  ...change
})

export const list = (data: ReadonlyArray<unknown>, has_more: unknown = false) => ({
  object: "list",
  data,
  has_more,
  url: "/v1/payment_intents"
})

const decodeIntent = Schema.decodeUnknownOption(PaymentIntent)

export const replyOf = (exchanged: Exchanged): Reply<PaymentIntent> => readReply(exchanged, decodeIntent)

/** The intent of an example that is one. */
export const intentFrom = (json: unknown): PaymentIntent => Option.getOrThrow(decodeIntent(json))
