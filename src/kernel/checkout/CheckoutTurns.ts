import { Context, type Effect } from "effect"
import type { SessionId } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"

/** One turn of a session. Its key is the one under which the session is confirmed in it. */
interface Turn {
  readonly session: SessionId
  readonly turn: number
  readonly key: string
}

/**
 * The port to the record of turns. A payment of the checkout is asked for in a turn, and the record knows of it before
 * anything is read or sent: from there on nobody is told that nothing was charged until that is so for good. A turn is
 * over when its key is used, by the attempt or by the note that nothing will ever be charged under it.
 */
export class CheckoutTurns extends Context.Service<
  CheckoutTurns,
  {
    /** How many turns were over without an attempt, and whether one is open. One that nobody can be at any more ends. */
    readonly of: (
      session: SessionId
    ) => Effect.Effect<{ readonly over: number; readonly open: boolean }, LedgerUnavailable>
    /** Whether the turn is this card's, and may be charged in: for who asks again it still is, until it is over. */
    readonly take: (
      turn: Turn & { readonly vaultToken: { readonly vaultId: string; readonly tokenRef: string } }
    ) => Effect.Effect<boolean, LedgerUnavailable>
    /** Ends a turn that was taken, unless it led to an attempt: whoever is still at it charges nothing. */
    readonly end: (turn: Turn) => Effect.Effect<void, LedgerUnavailable>
    /** Ends a turn if it is the one to be asked for next and nobody has taken it, and tells whether it did. */
    readonly withdraw: (turn: Turn) => Effect.Effect<boolean, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/checkout/CheckoutTurns") {}
