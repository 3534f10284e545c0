import { Context, type Effect } from "effect"
import type { SessionId } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"

/**
 * The port to the record of embed tokens that were exchanged. Each is exchanged by one page, the first; that page may
 * ask again, because its answer may have been lost. Only hashes come this far.
 */
export class EmbedExchanges extends Context.Service<
  EmbedExchanges,
  {
    /** Whether the token is this holder's: nobody else has exchanged it before. */
    readonly exchange: (request: {
      readonly session: SessionId
      readonly token: string
      readonly holder: string
    }) => Effect.Effect<boolean, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/checkout/EmbedExchanges") {}
