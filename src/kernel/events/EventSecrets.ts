import { Context, type Effect, type Redacted, Schema } from "effect"
import type { SecretsNotKept } from "./eventRefusals.ts"
import type { SubscriptionId } from "./EventSubscription.ts"

/** A secret cannot be read with the keys of this server. */
export class SecretUnreadable extends Schema.TaggedError<SecretUnreadable>()("SecretUnreadable", {
  subscription: Schema.String
}) {
  override get message(): string {
    return `a signing secret of ${this.subscription} cannot be read with the keys that EVENT_SECRETS_KEY has`
  }
}

/** The port to where signing secrets are drawn, sealed for the database, and opened to sign. */
export class EventSecrets extends Context.Service<
  EventSecrets,
  {
    /** A new secret as its app is shown it once (`whsec_...`), and as the database keeps it. */
    readonly draw: (
      subscription: SubscriptionId
    ) => Effect.Effect<{ readonly secret: Redacted.Redacted; readonly sealed: string }, SecretsNotKept>
    /** Opens what was sealed for this subscription; for another one it is unreadable. */
    readonly open: (
      subscription: SubscriptionId,
      sealed: string
    ) => Effect.Effect<Redacted.Redacted, SecretUnreadable>
  }
>()("payment-orchestration/kernel/events/EventSecrets") {}
