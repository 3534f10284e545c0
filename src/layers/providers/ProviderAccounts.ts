import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { EntityRegistry } from "../../kernel/EntityRegistry.ts"
import type { MidId } from "../../kernel/ids.ts"
import { Secrets } from "../../kernel/Secrets.ts"

/** What a driver has to know of a merchant account to speak for it. */
export interface ProviderAccount {
  readonly mid: MidId
  /** What the processor knows the account by. */
  readonly secret: Redacted.Redacted
  /** What its webhooks are signed with: two during a rotation, the newest first; none when it sends none. */
  readonly webhookSecrets: ReadonlyArray<Redacted.Redacted>
  readonly settings: Readonly<Record<string, string>>
  /** It is to move real money: credentials of a test mode are a mistake. */
  readonly live: boolean
}

/** The account cannot be spoken for, so nothing was sent. */
export class AccountNotReady extends Schema.TaggedError<AccountNotReady>()("AccountNotReady", {
  mid: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.mid} cannot be asked: ${this.problem}`
  }
}

/** Where drivers find the accounts that they are asked to charge on. No network and no database. */
export class ProviderAccounts extends Context.Service<
  ProviderAccounts,
  { readonly get: (mid: MidId) => Effect.Effect<ProviderAccount, AccountNotReady> }
>()("payment-orchestration/layers/providers/ProviderAccounts") {
  /**
   * The registry's accounts, each with the secret that it names. The webhooks of `name` are signed with
   * `name_webhook`: one secret, or two with a comma between them while they are rotated.
   */
  static readonly layer: Layer.Layer<ProviderAccounts, never, EntityRegistry> = Layer.effect(
    ProviderAccounts,
    Effect.gen(function* () {
      const registry = yield* EntityRegistry
      const secrets = yield* Secrets

      const get = Effect.fnUntraced(function* (mid: MidId) {
        const refuse = (problem: string) => new AccountNotReady({ mid, problem })
        const { accounts } = yield* registry.snapshot.pipe(
          Effect.mapError(() => refuse("the registry did not answer"))
        )
        const account = accounts.get(mid)
        if (account === undefined) return yield* refuse("there is no such merchant account")
        const { credentials, settings = {}, live = false } = account
        if (credentials === undefined) return yield* refuse("it names no credentials")
        const secret = yield* secrets.get(credentials)
        if (secret === undefined) return yield* refuse(`its credentials ${credentials} are not configured`)
        const webhook = yield* secrets.get(`${credentials}_webhook`)
        return { mid, secret, webhookSecrets: webhook === undefined ? [] : apart(webhook), settings, live }
      })

      return { get }
    })
  )
}

const apart = (secrets: Redacted.Redacted): ReadonlyArray<Redacted.Redacted> =>
  Redacted.value(secrets)
    .split(",")
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "")
    .map((secret) => Redacted.make(secret))
