import { Context, type DateTime, Effect, type Redacted, Schema } from "effect"
import type { VaultedCard, VaultToken } from "./Card.ts"

/** A raw card. For tests, the vault spike and migration only: no door of this service accepts one. */
export interface RawCard {
  readonly number: Redacted.Redacted<string>
  readonly expiryMonth: number
  readonly expiryYear: number
  readonly securityCode?: Redacted.Redacted<string>
}

/** The second seam: custody of cards. Tokens name their vault, so that two can serve during a migration. */
export interface TokenVault {
  readonly vaultId: string
  /** Vaults a raw card. For tests, the vault spike and migration only. */
  readonly vaultCard: (card: RawCard) => Effect.Effect<VaultedCard, CardRefused | VaultUnavailable>
  /** What may be known of a vaulted card; never its number. */
  readonly getCard: (tokenRef: string) => Effect.Effect<VaultedCard, UnknownToken | VaultUnavailable>

  readonly browserSessions?: BrowserSessions
  readonly cardIntents?: CardIntents
}

/** Browsers hand cards straight to the vault, so that no card number passes through this service. */
export interface BrowserSessions {
  /** Opens a session with the right to hand over cards, and no other, for some minutes. */
  readonly openSession: Effect.Effect<BrowserSession, VaultUnavailable>
}

/** What one browser is given, and nobody else. */
export interface BrowserSession {
  readonly sessionKey: Redacted.Redacted
  readonly expiresAt: DateTime.Utc
}

/**
 * A browser may hand over a card without having it kept: an intent, which can be shown and charged like a token until
 * it expires by itself.
 */
export interface CardIntents {
  /** Keeps the card of an intent for good. The security code is not kept. */
  readonly keepCard: (intentRef: string) => Effect.Effect<VaultedCard, UnknownToken | VaultUnavailable>
}

/** The vault will not keep such a card: the number or the expiry cannot be one. */
export class CardRefused extends Schema.TaggedError<CardRefused>()("CardRefused", {
  field: Schema.Literals(["number", "expiryMonth", "expiryYear", "securityCode"]),
  problem: Schema.String
}) {
  override get message(): string {
    return `the card's ${this.field} ${this.problem}`
  }
}

/** The vault knows no such token. */
export class UnknownToken extends Schema.TaggedError<UnknownToken>()("UnknownToken", {
  vaultId: Schema.String,
  tokenRef: Schema.String
}) {
  override get message(): string {
    return `the vault ${this.vaultId} has no token ${this.tokenRef}; tokenize the card again and send the new token`
  }
}

/** The vault did not answer, and this request charged nothing. What came before it is not known here. */
export class VaultUnavailable extends Schema.TaggedError<VaultUnavailable>()("VaultUnavailable", {
  vaultId: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `the vault ${this.vaultId} did not answer (${this.problem}); this request charged nothing and may be repeated`
  }
}

/** No vault of that id is configured. */
export class UnknownVault extends Schema.TaggedError<UnknownVault>()("UnknownVault", {
  vaultId: Schema.String,
  configured: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `no vault ${this.vaultId} is configured; configured are ${this.configured.join(", ") || "none"}`
  }
}

/** The vaults of this process. */
export class Vaults extends Context.Service<
  Vaults,
  {
    readonly getCard: (
      token: VaultToken
    ) => Effect.Effect<VaultedCard, UnknownVault | UnknownToken | VaultUnavailable>
  }
>()("payment-orchestration/kernel/TokenVault/Vaults") {}

/** The registry of some vaults. */
export const vaultsOf = (vaults: ReadonlyArray<TokenVault>): Vaults["Service"] => {
  const byId = new Map(vaults.map((vault) => [vault.vaultId, vault]))
  return {
    getCard: ({ vaultId, tokenRef }) => {
      const vault = byId.get(vaultId)
      return vault === undefined
        ? Effect.fail(new UnknownVault({ vaultId, configured: [...byId.keys()] }))
        : vault.getCard(tokenRef)
    }
  }
}
