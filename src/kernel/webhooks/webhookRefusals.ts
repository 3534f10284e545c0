import { Schema } from "effect"
import { withoutCardNumber } from "../cardNumbers.ts"

/** No webhook of that id was received. */
export class UnknownWebhook extends Schema.TaggedError<UnknownWebhook>()("UnknownWebhook", {
  webhook: Schema.String
}) {
  static of(id: string): UnknownWebhook {
    return new UnknownWebhook({ webhook: withoutCardNumber(id).slice(0, 80) })
  }
  get field(): string {
    return "webhook"
  }
  override get message(): string {
    return `there is no webhook ${JSON.stringify(this.webhook)}; webhookDeadLetters lists those that can be replayed`
  }
}

/** There is no merchant account at the address, or its processor sends no webhooks. */
export class NoWebhooksHere extends Schema.TaggedError<NoWebhooksHere>()("NoWebhooksHere", {}) {
  override get message(): string {
    return "no webhooks are taken at this address; it ends in the provider and the merchant account"
  }
}

/** The signature is none of the account's. Why is in the log and not in the answer. */
export class WebhookNotSigned extends Schema.TaggedError<WebhookNotSigned>()("WebhookNotSigned", {}) {
  override get message(): string {
    return "the webhook has no valid signature, or is too old; nothing of it was kept"
  }
}
