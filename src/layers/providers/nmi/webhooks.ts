import { DateTime, Effect, Option, Redacted, Schema } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import {
  type WebhookDelivery,
  type WebhookReading,
  WebhookRefused,
  type WebhookSubject
} from "../../../kernel/PaymentProvider.ts"
import { strictJson } from "../../transport/strictJson.ts"
import { plausibleTime } from "../plausibleTime.ts"
import type { ProviderAccount } from "../ProviderAccounts.ts"
import { timeOf } from "./transactions.ts"
import { isTransactionId } from "./wire.ts"

/**
 * Verifies the signature over the bytes as they came, and tells what they are about. NMI signs a nonce and no time, so
 * an old webhook looks like a new one: the id of its event is what tells them apart.
 */
export const readWebhook = (
  account: ProviderAccount,
  delivery: WebhookDelivery
): Effect.Effect<WebhookReading, WebhookRefused> =>
  Effect.gen(function* () {
    yield* verify(account, delivery)
    const event = Option.flatMap(strictJson(delivery.body), decodeEvent)
    if (Option.isNone(event)) return yield* refuse("unreadable", "it is no event")
    const { event_id: eventId, event_type: type, event_body: body } = event.value
    // NMI names the card, the sum and the day, and no transaction, so that no dispute of a charge can be opened. Money
    // that a bank takes back is not passed over: as a dead letter it is kept, and told to operators.
    if (type.startsWith("chargeback."))
      return yield* refuse(
        "unreadable",
        `a ${type} names no transaction: look for it in NMI's own pages, and for the charge by its card, sum and day`
      )
    if (!type.startsWith("transaction.")) return { eventId, type, subjects: [other] }
    const transaction = decodeTransaction(body)
    if (Option.isNone(transaction)) return yield* refuse("unreadable", `it is no ${type} that can be read`)
    const { action } = transaction.value
    const at = action === undefined ? undefined : timeOf(action.date)
    const occurredAt = at === undefined ? undefined : plausibleTime(DateTime.toEpochMillis(at))
    return {
      eventId,
      type,
      ...(occurredAt === undefined ? {} : { occurredAt }),
      subjects: subjectsOf(type, transaction.value, account)
    }
  })

const other: WebhookSubject = { _tag: "Other" }

const refuse = (reason: WebhookRefused["reason"], problem: string) =>
  Effect.fail(new WebhookRefused({ reason, problem }))

const verify = Effect.fnUntraced(function* (
  { webhookSecrets }: ProviderAccount,
  { headers, body }: WebhookDelivery
): Effect.fn.Return<void, WebhookRefused> {
  if (webhookSecrets.length === 0) return yield* refuse("no_secret", "the account has no webhook secret")
  const header = headers["webhook-signature"]
  if (header === undefined || header.trim() === "") {
    return yield* refuse("no_signature", "it has no Webhook-Signature")
  }
  const [, nonce, signature] = /^t=([^\s,]{1,200}),\s*s=([0-9a-f]{64})$/.exec(header) ?? []
  if (nonce === undefined || signature === undefined) {
    return yield* refuse("bad_signature", "its Webhook-Signature is not one nonce and one signature")
  }
  const given = Buffer.from(signature, "hex")
  // Every secret is tried, so that the time it takes tells nothing.
  const matching = webhookSecrets.filter((secret) =>
    timingSafeEqual(
      given,
      createHmac("sha256", Redacted.value(secret)).update(`${nonce}.`).update(body).digest()
    )
  )
  if (matching.length === 0) return yield* refuse("bad_signature", "no signature is of the account's secret")
})

const decodeEvent = Schema.decodeUnknownOption(
  Schema.Struct({
    event_id: Schema.NonEmptyString,
    event_type: Schema.NonEmptyString,
    event_body: Schema.Unknown
  })
)

const TransactionId = Schema.String.check(Schema.makeFilter(isTransactionId))

const TransactionBody = Schema.Struct({
  transaction_id: TransactionId,
  order_id: Schema.optionalKey(Schema.String),
  processor_id: Schema.optionalKey(Schema.String),
  original_transaction_id: Schema.optionalKey(Schema.String),
  action: Schema.optionalKey(Schema.Struct({ date: Schema.String }))
})
const decodeTransaction = Schema.decodeUnknownOption(TransactionBody)

const subjectsOf = (
  type: string,
  {
    transaction_id: id,
    order_id: orderId,
    processor_id,
    original_transaction_id
  }: typeof TransactionBody.Type,
  { settings }: ProviderAccount
): ReadonlyArray<WebhookSubject> => {
  const processorId = settings["processor_id"]
  // One key of NMI's speaks for several accounts of ours; each hears of all of them. Of one that names none it is
  // asked whose it is: what this account knows is looked up, and anything else is parked.
  const named = processor_id === undefined || processor_id === "" ? processorId : processor_id
  if (processorId !== undefined && named !== processorId) return [other]
  // Who says no order id is given the transaction's.
  const key = orderId === undefined || orderId === "" || orderId === id ? {} : { idempotencyKey: orderId }
  const original = isTransactionId(original_transaction_id ?? "") ? original_transaction_id : undefined
  // A void is an action of the transaction that it takes back, which may be a refund.
  if (type.startsWith("transaction.refund.") || original !== undefined) {
    const charge = original === undefined ? {} : { processorReference: original }
    // What is voided was a refund, and does not go back.
    const failed = type === "transaction.refund.failure" || type === "transaction.void.success"
    return [
      {
        _tag: "Refund",
        refundReference: id,
        ...charge,
        ...key,
        ...(failed ? { said: "failed" as const } : {})
      }
    ]
  }
  if (!/^transaction\.(sale|auth|capture|void|validate)\./.test(type)) return [other]
  const charge: WebhookSubject = {
    _tag: "Charge",
    processorReference: id,
    ...key,
    ...(type === "transaction.sale.success" ? { said: "captured" as const } : {})
  }
  return type.startsWith("transaction.void.")
    ? [charge, { _tag: "Refund", refundReference: `void_${id}`, processorReference: id }]
    : [charge]
}
