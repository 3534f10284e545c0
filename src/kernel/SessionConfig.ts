/**
 * What an app declares, as it comes through either door: not judged yet. `PaymentSessions.create` judges every
 * field and answers with the first refusal in the order of the contract.
 */
export interface SessionConfig {
  /** Who pays: the canonical customer identity (loopUserId). */
  readonly customer: string
  readonly brand: string
  readonly entity: string
  readonly intent: IntentConfig
  readonly mode: string
  /** The product category, when the app claims to know it. The catalogue decides. */
  readonly product?: string | undefined
  readonly theme?: Readonly<Record<string, string>> | undefined
  readonly redirects?: { readonly successUrl: string; readonly cancelUrl: string } | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** The app's own order; at most one session of an entity that may still pay it. */
  readonly orderReference?: string | undefined
}

export interface IntentConfig {
  /** `subscription_plan`, `line_items` or `amount`. */
  readonly type: string
  readonly planKey?: string | undefined
  readonly lineItems?: ReadonlyArray<LineItemConfig> | undefined
  /** Minor units. */
  readonly amountCents?: number | undefined
  readonly currency?: string | undefined
}

export interface LineItemConfig {
  /** An article of the price catalogue. */
  readonly providerPriceRef?: string | undefined
  readonly priceData?:
    | {
        /** Minor units of one piece. */
        readonly amountCents: number
        readonly currency: string
        readonly name: string
        /** The product category of an article that the catalogue does not have. */
        readonly product: string
      }
    | undefined
  readonly quantity: number
}
