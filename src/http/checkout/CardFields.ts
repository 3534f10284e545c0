import { Context, type Effect } from "effect"
import type { BrowserSession, VaultUnavailable } from "../../kernel/TokenVault.ts"

/** How a customer's page takes a card without ever seeing it: fields of the vault's own origin. */
export type Offered =
  /** A page of the simulated vault's, in a frame. */
  | { readonly vault: "stub"; readonly origin: string }
  /** The elements of Basis Theory. */
  | {
      readonly vault: "basis_theory"
      /** Of a public application: known to every browser, and good for nothing by itself. */
      readonly publicKey: string
      readonly script: string
      readonly integrity: string | undefined
      /** What the vault's script may load from and talk to. */
      readonly origins: ReadonlyArray<string>
      readonly openSession: Effect.Effect<BrowserSession, VaultUnavailable>
    }

/** The card fields that this server offers; none when no vault that takes cards from browsers is configured. */
export class CardFields extends Context.Service<CardFields, { readonly offered: Offered | undefined }>()(
  "payment-orchestration/http/checkout/CardFields"
) {}
