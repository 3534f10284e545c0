import { Context, DateTime, Effect, Layer, Result, Schema } from "effect"
import { Digest } from "effect/crypto"
import { hidesCardNumber } from "../hiddenCardNumbers.ts"
import { EntityRegistry } from "../EntityRegistry.ts"
import type { MerchantAccount } from "../MerchantAccount.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { Providers, type WebhookDelivery, type WebhookRefused } from "../PaymentProvider.ts"
import { keptReading, keptText } from "./keptReading.ts"
import { type RawWebhook, WebhookInbox } from "./WebhookInbox.ts"
import { NoWebhooksHere, WebhookNotSigned } from "./webhookRefusals.ts"

/** A webhook as it knocks: to whom its address says that it is, and what came. */
export interface KnockingWebhook {
  readonly provider: string
  readonly mid: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Takes webhooks of processors in: the driver verifies the signature over the raw bytes with the secrets of the
 * account that the address names, what it is about is written down, and then it is acknowledged. No network, one
 * statement. Of a forged one nothing is kept; one that is signed and cannot be read is a dead letter at once, so that
 * the processor goes on sending the others and a person sees it.
 */
export class WebhookIntake extends Context.Service<
  WebhookIntake,
  {
    /** False: it was received before. */
    readonly receive: (
      webhook: KnockingWebhook
    ) => Effect.Effect<boolean, NoWebhooksHere | WebhookNotSigned | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/webhooks/WebhookIntake") {
  static readonly layer: Layer.Layer<
    WebhookIntake,
    never,
    WebhookInbox | EntityRegistry | Providers | Digest.Digest
  > = Layer.effect(
    WebhookIntake,
    Effect.gen(function* () {
      const inbox = yield* WebhookInbox
      const registry = yield* EntityRegistry
      const providers = yield* Providers
      const digest = yield* Digest.Digest

      const receive = Effect.fn("WebhookIntake.receive")(function* (webhook: KnockingWebhook) {
        const { headers, body } = webhook
        const account = (yield* registry.snapshot).accounts.get(webhook.mid)
        if (account === undefined || account.provider !== webhook.provider) return yield* new NoWebhooksHere()
        const { id: mid, entity, provider } = account
        const { webhooks } = yield* Effect.catchTag(
          providers.get(provider),
          "UnknownProvider",
          () => new NoWebhooksHere()
        )
        if (webhooks === undefined) return yield* new NoWebhooksHere()
        const delivery: WebhookDelivery = { mid, headers, body, receivedAt: yield* DateTime.now }
        const reading = yield* Effect.result(webhooks.readWebhook(delivery))
        if (Result.isSuccess(reading)) {
          const { eventId } = reading.success
          // An id that cannot be kept as it is, is kept by its digest: it stays unique.
          const id = keptText(eventId) === eventId ? eventId : yield* digestOf(eventId)
          const taking = inbox.take({ provider, mid, entity, eventId: id, ...keptReading(reading.success) })
          return yield* Effect.catchIf(taking, isRefusal, (error) =>
            Effect.logError("the database refuses what was read of a webhook", error.cause).pipe(
              Effect.annotateLogs({ provider, mid }),
              Effect.andThen(takeUnread(delivery, account, "the database refuses what was read of it"))
            )
          )
        }
        const refused: WebhookRefused = reading.failure
        if (refused.reason !== "unreadable") {
          yield* Effect.logWarning("a webhook was refused").pipe(
            Effect.annotateLogs({ provider, mid, reason: refused.reason, problem: refused.problem })
          )
          return yield* new WebhookNotSigned()
        }
        return yield* takeUnread(delivery, account, refused.problem)
      })

      /** Keeps one that is signed and leads nowhere, for a person: the processor need not send it again. */
      const takeUnread = Effect.fnUntraced(function* (
        delivery: WebhookDelivery,
        { id: mid, entity, provider }: MerchantAccount,
        problem: string
      ) {
        const raw = rawOf(delivery)
        const isNew = yield* inbox.take({
          provider,
          mid,
          entity,
          eventId: `sha256:${yield* digest.digestHex(Digest.sha256, delivery.body)}`,
          type: "unreadable",
          subjects: [],
          problem: `${problem}${raw === undefined ? "; its body holds a card number and was not kept" : ""}`,
          ...(raw === undefined ? {} : { raw })
        })
        if (isNew) {
          yield* Effect.logError("a webhook that is signed cannot be read").pipe(
            Effect.annotateLogs({ provider, mid, problem })
          )
        }
        return isNew
      })

      const digestOf = (text: string) =>
        Effect.map(digest.digestHex(Digest.sha256, bytesOf(text)), (hex) => `sha256:${hex}`)

      return { receive }
    })
  )
}

const isRefusal = ({ refused }: LedgerUnavailable): boolean => refused === true

/** What has to be kept so that a later version can verify it and read it; nothing if it holds a card number. */
const rawOf = ({ headers, body }: WebhookDelivery): RawWebhook | undefined => {
  const signing = Object.entries(headers).filter(([name]) => /signature|^webhook-/.test(name))
  return [textOf(body), ...signing.flat()].some((text) => hidesCardNumber(text))
    ? undefined
    : { headers: Object.fromEntries(signing), body }
}

// The kernel has no TextEncoder; Base64 leads from texts to bytes as well.
/** Bytes that are no UTF-8 are read over: the digits among them are what is looked for. */
const textOf = (bytes: Uint8Array): string =>
  Schema.decodeSync(Schema.StringFromBase64)(Schema.encodeSync(Schema.Uint8ArrayFromBase64)(bytes))
const bytesOf = (text: string): Uint8Array =>
  Schema.decodeSync(Schema.Uint8ArrayFromBase64)(Schema.encodeSync(Schema.StringFromBase64)(text))
