// What the checkout's pages, their door and the page around them say to each other. Types only: the server reads
// this file too.

import type { Stage } from "../kernel/checkout/Stage.ts"

/** Where a payment stands, as its door tells it. */
export interface Standing {
  readonly stage: Stage
  /** Each payment is asked for in one turn, and each turn is taken once. */
  readonly turn: number
  /** Where the customer's bank asks them to confirm. */
  readonly action?: string
}

/** How the page takes a card without ever seeing it. */
export type Fields =
  | { readonly vault: "stub"; readonly origin: string }
  | {
      readonly vault: "basis_theory"
      readonly publicKey: string
      readonly labels: { readonly number: string; readonly expiry: string; readonly code: string }
      readonly placeholders: { readonly number: string; readonly expiry: string; readonly code: string }
    }

/** What the server writes into the page for its script. */
export interface PageData {
  /** The address of the session's door, without the origin. */
  readonly door: string
  readonly standing: Standing
  readonly fields?: Fields
  /** Only addresses of the brand's own origins. */
  readonly successUrl?: string
  /** The origins that may stand around an embedded page; absent in a hosted one. */
  readonly hosts?: ReadonlyArray<string>
}

/** What a page of the vault's says to the checkout. */
export type FromVault =
  | { readonly type: "ready" }
  | { readonly type: "height"; readonly height: number }
  | { readonly type: "submit" }
  | { readonly type: "token"; readonly ask: number; readonly vaultId: string; readonly tokenRef: string }
  | { readonly type: "refused"; readonly ask: number }

/** What the checkout says to a page of the vault's. */
export type ToVault =
  | { readonly type: "heard" }
  | { readonly type: "tokenize"; readonly ask: number }
  | { readonly type: "clear" }
  | { readonly type: "focus" }

/** What an embedded checkout tells the page around it: never anything of the card, the customer or the secret. */
export type ToHost =
  | { readonly type: "height"; readonly height: number }
  | { readonly type: "refused"; readonly problem: string }
  /** The checkout is being opened, and cannot be for now; it goes on trying. */
  | { readonly type: "opening" | "unavailable" }
  | { readonly type: "ready" | "processing" | "settled" | "declined" | "inReview" | "authenticate" }
  | { readonly type: "ended"; readonly stage: Stage }

/** What the page saw that should not be in it. Origins only: an address may hold anything. */
export interface PageReport {
  readonly type: "tamper"
  readonly element: string
  readonly origin: string
  /** The door of the session, whose secret proves that the page is one of ours; it is written down nowhere. */
  readonly page: string
}
