import { type Duration, Effect } from "effect"
import { Captured, Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { format, isCurrency } from "../../../kernel/Money.ts"
import type { StripeAccount, StripeClient } from "./client.ts"
import type { Decline } from "./declines.ts"
import { detailsOf } from "./disposition.ts"
import { type Asked, judgeIntent } from "./intentDisposition.ts"
import { PaymentIntent, type Reply } from "./wire.ts"

/** Money that an intent says it received: the verdict on it was `Captured`. */
export const capturedOf = (intent: PaymentIntent): Captured | Indeterminate => {
  const { id, amount_received: amount, status } = intent
  const currency = intent.currency.toUpperCase()
  return isCurrency(currency)
    ? new Captured({
        processorReference: id,
        amount,
        currency,
        evidence: { code: status, message: `Stripe received ${format({ amount, currency })}` }
      })
    : unknownOf("unknown_currency", `Stripe received ${amount} ${currency}`, id)
}

export const declinedOf = (
  { kind, advice, offNetwork, code, message }: Decline,
  reference?: string
): Declined =>
  new Declined({
    kind,
    ...(advice === undefined ? {} : { advice }),
    ...(offNetwork === undefined ? {} : { offNetwork }),
    ...(reference === undefined ? {} : { processorReference: reference }),
    evidence: { code, message }
  })

export const unknownOf = (code: string, message: string, reference?: string): Indeterminate =>
  new Indeterminate({
    ...(reference === undefined ? {} : { processorReference: reference }),
    evidence: { code, message }
  })

/**
 * Cancels an intent that moved no money, so that it cannot any more; what the intent says after that counts. It is
 * sent without a key: canceling twice is canceling once, and a failure that Stripe saved under a key would stand in
 * the way of every later try.
 */
export const cancelIntent = Effect.fnUntraced(function* (
  client: StripeClient,
  account: StripeAccount,
  asked: Asked,
  { intent, decline }: { readonly intent: PaymentIntent; readonly decline: Decline },
  deadline: Duration.Duration
): Effect.fn.Return<Captured | Declined | Indeterminate> {
  const reply = yield* client.post(
    account,
    `/v1/payment_intents/${encodeURIComponent(intent.id)}/cancel`,
    [],
    PaymentIntent,
    { deadline }
  )
  const after = intentIn(reply)
  if (after === undefined || after.id !== intent.id) {
    return unknownOf(
      "cancel_unconfirmed",
      `declined (${decline.code}), and the cancellation is not confirmed${detailsOf(reply)}`,
      intent.id
    )
  }
  const verdict = judgeIntent(after, asked)
  switch (verdict._tag) {
    case "Captured":
      return capturedOf(after)
    case "Declined":
      return declinedOf(decline, after.id)
    default:
      return unknownOf(
        "cancel_unconfirmed",
        `declined (${decline.code}), and the intent is still ${after.status}${detailsOf(reply)}`,
        intent.id
      )
  }
})

/**
 * The intent that a reply shows, alone or with the refusal to cancel it in its state. With any other error it shows
 * money that moved, and nothing else: a server that failed may show what was not kept.
 */
const intentIn = (reply: Reply<PaymentIntent>): PaymentIntent | undefined => {
  if (reply._tag === "Object") return reply.replayed ? undefined : reply.value
  if (reply._tag !== "Error") return undefined
  const { intent, status, error, replayed } = reply
  const ofState = status === 400 && error.type === "invalid_request_error" && !replayed
  return ofState || intent?.status === "succeeded" ? intent : undefined
}
