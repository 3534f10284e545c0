import { DateTime, Effect, Option, Redacted, Result, Schema } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { isCurrency, Money } from "../../../kernel/Money.ts"
import {
  type DisputeState,
  type WebhookDelivery,
  type WebhookReading,
  WebhookRefused,
  type WebhookSubject
} from "../../../kernel/PaymentProvider.ts"
import { strictJson } from "../../transport/strictJson.ts"
import { plausibleTime } from "../plausibleTime.ts"
import type { ProviderAccount } from "../ProviderAccounts.ts"
import { refundStatuses } from "./refundDisposition.ts"

/** How old a webhook may be, in seconds. One from the future is only of somebody whose clock is ahead. */
const tolerance = 300

/** Which state of ours each status of a dispute is. */
export const disputeStatuses: Readonly<Record<string, DisputeState>> = {
  warning_needs_response: "warning",
  warning_under_review: "warning",
  warning_closed: "closed",
  needs_response: "open",
  under_review: "under_review",
  won: "won",
  lost: "lost",
  prevented: "closed"
}

/** Verifies the signature over the bytes as they came, and tells what they are about. */
export const readWebhook = (
  account: ProviderAccount,
  delivery: WebhookDelivery
): Effect.Effect<WebhookReading, WebhookRefused> =>
  Effect.gen(function* () {
    yield* verify(account, delivery)
    const json = strictJson(delivery.body)
    const event = Option.flatMap(json, decodeEvent)
    if (Option.isNone(event)) return yield* unreadable("it is no event")
    const { id, type, created, data } = event.value
    // A platform's endpoint hears of all its accounts; this one speaks for one of them, or for the platform.
    const ours = (event.value.account ?? undefined) === account.settings["stripe_account"]
    const occurredAt = plausibleTime(created * 1000)
    return {
      eventId: id,
      type,
      ...(occurredAt === undefined ? {} : { occurredAt }),
      subjects: ours ? yield* subjectsOf(type, data.object) : [{ _tag: "Other" }]
    }
  })

const refuse = (reason: WebhookRefused["reason"], problem: string) =>
  Effect.fail(new WebhookRefused({ reason, problem }))

const unreadable = (problem: string) => refuse("unreadable", problem)

const verify = Effect.fnUntraced(function* (
  { webhookSecrets }: ProviderAccount,
  { headers, body, receivedAt }: WebhookDelivery
): Effect.fn.Return<void, WebhookRefused> {
  if (webhookSecrets.length === 0) return yield* refuse("no_secret", "the account has no webhook secret")
  const header = headers["stripe-signature"]
  if (header === undefined || header.trim() === "") {
    return yield* refuse("no_signature", "it has no Stripe-Signature")
  }
  const parts = header.split(",").map((part) => {
    const [name = "", ...value] = part.trim().split("=")
    return { name, value: value.join("=") }
  })
  const times = parts.filter(({ name }) => name === "t")
  const signatures = parts.flatMap(({ name, value }) => (name === "v1" ? [value] : []))
  const time = times[0]?.value ?? ""
  if (times.length !== 1 || !/^[0-9]{1,12}$/.test(time) || signatures.length === 0) {
    return yield* refuse("bad_signature", "its Stripe-Signature names no time or no v1 signature")
  }
  const expected = webhookSecrets.map((secret) =>
    createHmac("sha256", Redacted.value(secret)).update(`${time}.`).update(body).digest()
  )
  // Every one is compared with every other, so that the time it takes tells nothing.
  const matching = signatures.filter(
    (signature) =>
      expected.filter((one) => {
        const given = Buffer.from(/^[0-9a-f]{64}$/.test(signature) ? signature : "", "hex")
        return given.length === one.length && timingSafeEqual(given, one)
      }).length > 0
  )
  if (matching.length === 0) return yield* refuse("bad_signature", "no signature is of the account's secret")
  // The official client takes one that was signed in the future; whoever stored one could use it for as long.
  if (Math.abs(Math.floor(DateTime.toEpochMillis(receivedAt) / 1000) - Number(time)) > tolerance) {
    return yield* refuse("too_old", `it was not signed within ${tolerance} seconds`)
  }
})

const MaybeText = Schema.optionalKey(Schema.NullOr(Schema.String))

const decodeEvent = Schema.decodeUnknownOption(
  Schema.Struct({
    id: Schema.NonEmptyString,
    object: Schema.Literal("event"),
    type: Schema.NonEmptyString,
    created: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9_999_999_999 })),
    account: MaybeText,
    data: Schema.Struct({ object: Schema.Unknown })
  })
)

const isIntent = Schema.is(
  Schema.Struct({
    object: Schema.Literal("payment_intent"),
    id: Schema.NonEmptyString,
    status: Schema.optionalKey(Schema.Unknown),
    metadata: Schema.Record(Schema.String, Schema.String)
  })
)
const isCharge = Schema.is(
  Schema.Struct({
    object: Schema.Literal("charge"),
    payment_intent: Schema.NullOr(Schema.String),
    status: Schema.optionalKey(Schema.Unknown),
    captured: Schema.optionalKey(Schema.Unknown),
    metadata: Schema.Record(Schema.String, Schema.String)
  })
)
const isRefund = Schema.is(
  Schema.Struct({
    object: Schema.Literal("refund"),
    id: Schema.NonEmptyString,
    payment_intent: Schema.NullOr(Schema.String),
    metadata: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String))),
    status: MaybeText
  })
)
const isDispute = Schema.is(
  Schema.Struct({
    object: Schema.Literal("dispute"),
    id: Schema.NonEmptyString,
    payment_intent: Schema.NullOr(Schema.String),
    amount: Schema.Int,
    currency: Schema.String,
    reason: Schema.String,
    status: Schema.String,
    evidence_details: Schema.optionalKey(
      Schema.NullOr(Schema.Struct({ due_by: Schema.optionalKey(Schema.NullOr(Schema.Int)) }))
    )
  })
)

/** The families of events that this service keeps something of, and the object that each is about. */
const families: ReadonlyArray<readonly [beginning: RegExp, read: (object: unknown) => Reading]> = [
  [
    /^payment_intent\./,
    (object) =>
      isIntent(object) ? ofCharge(object.id, object.metadata, object.status === "succeeded") : undefined
  ],
  // Before the charges: `charge.dispute.*` and `charge.refund.updated` are named like them.
  [/^charge\.dispute\./, (object) => disputeOf(object)],
  [/^(refund|charge\.refund)\./, (object) => refundOf(object)],
  [
    /^charge\./,
    (object) =>
      isCharge(object)
        ? object.payment_intent === null
          ? []
          : ofCharge(
              object.payment_intent,
              object.metadata,
              object.status === "succeeded" && object.captured === true
            )
        : undefined
  ]
]

/** What an object is about; nothing if it cannot be read. */
type Reading = ReadonlyArray<WebhookSubject> | undefined

const subjectsOf = (
  type: string,
  object: unknown
): Effect.Effect<ReadonlyArray<WebhookSubject>, WebhookRefused> => {
  const family = families.find(([beginning]) => beginning.test(type))
  if (family === undefined) return Effect.succeed([{ _tag: "Other" }])
  const subjects = family[1](object)
  if (subjects === undefined) return unreadable(`it is no ${type} that can be read`)
  return Effect.succeed(subjects.length === 0 ? [{ _tag: "Other" }] : subjects)
}

const ofCharge = (
  processorReference: string,
  { attempt_id: key }: Readonly<Record<string, string>>,
  captured: boolean
): ReadonlyArray<WebhookSubject> => [
  {
    _tag: "Charge",
    processorReference,
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(captured ? { said: "captured" as const } : {})
  }
]

const refundOf = (object: unknown): Reading => {
  if (!isRefund(object)) return undefined
  const { id: refundReference, payment_intent, metadata, status } = object
  const key = metadata?.["refund_id"]
  if (payment_intent === null) return []
  const failed =
    Object.hasOwn(refundStatuses, status ?? "") && refundStatuses[status ?? ""]?.means === "declined"
  return [
    {
      _tag: "Refund",
      refundReference,
      processorReference: payment_intent,
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(failed ? { said: "failed" as const } : {})
    }
  ]
}

const disputeOf = (object: unknown): Reading => {
  if (!isDispute(object)) return undefined
  const { id, payment_intent, amount, reason, status, evidence_details } = object
  // Every charge of this service has an intent; one without is somebody else's.
  if (payment_intent === null) return []
  const state = Object.hasOwn(disputeStatuses, status) ? disputeStatuses[status] : undefined
  const currency = object.currency.toUpperCase()
  if (state === undefined || !isCurrency(currency)) return undefined
  const money = Result.try(() => new Money({ amount, currency }))
  if (Result.isFailure(money)) return undefined
  const evidenceDueBy = plausibleTime((evidence_details?.due_by ?? Number.NaN) * 1000)
  return [
    {
      _tag: "Dispute",
      disputeReference: id,
      processorReference: payment_intent,
      state,
      money: money.success,
      reason,
      ...(evidenceDueBy === undefined ? {} : { evidenceDueBy })
    }
  ]
}
