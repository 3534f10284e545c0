import { DateTime, Effect, Option, Redacted, Schema } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { Money } from "../../../kernel/Money.ts"
import {
  DisputeState,
  type WebhookDelivery,
  type WebhookReading,
  WebhookRefused,
  type Webhooks
} from "../../../kernel/PaymentProvider.ts"
import { plausibleTime } from "../plausibleTime.ts"

// Webhooks of the simulated gateways, in the form of Standard Webhooks: `webhook-id`, `webhook-timestamp`, and
// `webhook-signature` over both and the raw body. Each account has a secret of its own.

/** How far a webhook's time may be from ours, in seconds, either way. */
const tolerance = 300

const Named = { mid: Schema.String }

/** The body of a simulated gateway's webhook. */
export const StubWebhook = Schema.Struct({
  /** `charge.updated`. Nothing hangs on it. */
  type: Schema.NonEmptyString,
  timestamp: Schema.DateTimeUtcFromString,
  data: Schema.Union([
    Schema.Struct({
      object: Schema.Literal("charge"),
      ...Named,
      reference: Schema.optionalKey(Schema.NonEmptyString),
      key: Schema.optionalKey(Schema.NonEmptyString)
    }),
    Schema.Struct({
      object: Schema.Literal("refund"),
      ...Named,
      reference: Schema.NonEmptyString,
      charge: Schema.optionalKey(Schema.NonEmptyString),
      state: Schema.optionalKey(Schema.Literal("failed"))
    }),
    Schema.Struct({
      object: Schema.Literal("dispute"),
      ...Named,
      reference: Schema.NonEmptyString,
      charge: Schema.NonEmptyString,
      state: DisputeState,
      ...Money.fields,
      reason: Schema.String
    }),
    Schema.Struct({ object: Schema.Literal("other"), ...Named })
  ])
})
export type StubWebhook = typeof StubWebhook.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(StubWebhook))

/**
 * The secret of one account, made from that of all gateways: a webhook of one account is none of another. Standard
 * Webhooks write it as `whsec_` and Base64.
 */
export const accountSecret = (master: Redacted.Redacted, provider: string, mid: string): Redacted.Redacted =>
  Redacted.make(
    `whsec_${createHmac("sha256", Redacted.value(master)).update(`${provider}/${mid}`).digest("base64")}`
  )

/** How the driver of one gateway reads its webhooks. `masters`: two while the secret is rotated. */
export const stubWebhooks = (provider: string, masters: ReadonlyArray<Redacted.Redacted>): Webhooks => ({
  readWebhook: Effect.fn("StubProvider.readWebhook")(function* (delivery) {
    yield* verify(
      masters.map((master) => accountSecret(master, provider, delivery.mid)),
      delivery
    )
    const webhook = decode(new TextDecoder().decode(delivery.body))
    if (Option.isNone(webhook)) return yield* refuse("unreadable", "it is no webhook of a simulated gateway")
    return readingOf(delivery.headers["webhook-id"] ?? "", webhook.value)
  })
})

const readingOf = (eventId: string, { type, timestamp, data }: StubWebhook): WebhookReading => {
  const occurredAt = plausibleTime(DateTime.toEpochMillis(timestamp))
  return {
    eventId,
    type,
    ...(occurredAt === undefined ? {} : { occurredAt }),
    subjects: [subjectOf(data)]
  }
}

const subjectOf = (data: StubWebhook["data"]): WebhookReading["subjects"][number] => {
  switch (data.object) {
    case "charge": {
      const { reference, key } = data
      return {
        _tag: "Charge",
        ...(reference === undefined ? {} : { processorReference: reference }),
        ...(key === undefined ? {} : { idempotencyKey: key })
      }
    }
    case "refund": {
      const { reference, charge, state } = data
      return {
        _tag: "Refund",
        refundReference: reference,
        ...(charge === undefined ? {} : { processorReference: charge }),
        ...(state === undefined ? {} : { said: state })
      }
    }
    case "dispute": {
      const { reference, charge, state, amount, currency, reason } = data
      return {
        _tag: "Dispute",
        disputeReference: reference,
        processorReference: charge,
        state,
        money: new Money({ amount, currency }),
        reason
      }
    }
    case "other":
      return { _tag: "Other" }
  }
}

const verify = Effect.fnUntraced(function* (
  secrets: ReadonlyArray<Redacted.Redacted>,
  { headers, body, receivedAt }: WebhookDelivery
): Effect.fn.Return<void, WebhookRefused> {
  if (secrets.length === 0) return yield* refuse("no_secret", "the simulated gateways have no webhook secret")
  const { "webhook-id": id, "webhook-timestamp": time = "", "webhook-signature": given = "" } = headers
  if (id === undefined || id === "" || given === "") {
    return yield* refuse("no_signature", "it has no webhook-id or no webhook-signature")
  }
  const expected = secrets.map((secret) =>
    createHmac("sha256", Buffer.from(Redacted.value(secret).slice("whsec_".length), "base64"))
      .update(`${id}.${time}.`)
      .update(body)
      .digest()
  )
  // Every one is compared with every other, so that the time it takes tells nothing.
  const matching = given.split(" ").filter((one) => {
    const signature = Buffer.from(one.startsWith("v1,") ? one.slice(3) : "", "base64")
    return (
      expected.filter((digest) => signature.length === digest.length && timingSafeEqual(signature, digest))
        .length > 0
    )
  })
  if (matching.length === 0) return yield* refuse("bad_signature", "no signature is of the account's secret")
  const age = DateTime.toEpochMillis(receivedAt) / 1000 - Number(time)
  if (!/^[0-9]{1,12}$/.test(time) || Math.abs(age) > tolerance) {
    return yield* refuse("too_old", `it was not signed within ${tolerance} seconds`)
  }
})

const refuse = (reason: WebhookRefused["reason"], problem: string) =>
  Effect.fail(new WebhookRefused({ reason, problem }))
