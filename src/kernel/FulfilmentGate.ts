import { Context, Effect, Layer, Schema } from "effect"
import { seesSession } from "./access/Scope.ts"
import { type Principal, SessionId } from "./ids.ts"
import { type LedgerUnavailable, PaymentLedger } from "./PaymentLedger.ts"
import { NotFulfillable, SessionNotSettled, UnknownSession } from "./refusals.ts"

/** What a claim is answered with. */
export interface Fulfilment {
  /** `first`: fulfil now. `duplicate`: it was given out before, do nothing. */
  readonly fulfilment: "first" | "duplicate"
  /**
   * The first claim was this caller's own, under the same key. With `duplicate` it says: your first answer may have
   * been lost on its way. Whoever uses a key for one worker only, and remembers what it has fulfilled, may then
   * finish its work; nobody else may.
   */
  readonly ownClaim: boolean
}

/**
 * The handoff to the apps: whatever redelivers, races or crashes, `first` is given out once for a session, and
 * only when its money is certain and still there.
 */
export class FulfilmentGate extends Context.Service<
  FulfilmentGate,
  {
    readonly claim: (
      session: string,
      by: Principal,
      idempotencyKey?: string
    ) => Effect.Effect<Fulfilment, UnknownSession | SessionNotSettled | NotFulfillable | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/FulfilmentGate") {
  static readonly layer: Layer.Layer<FulfilmentGate, never, PaymentLedger> = Layer.effect(
    FulfilmentGate,
    Effect.gen(function* () {
      const ledger = yield* PaymentLedger
      const claim = Effect.fn("FulfilmentGate.claim")(function* (
        id: string,
        by: Principal,
        idempotencyKey?: string
      ) {
        const claimed =
          Schema.is(SessionId)(id) && (yield* seesSession(ledger.declaration(id)))
            ? yield* ledger.claimFulfilment(id, by, idempotencyKey)
            : undefined
        if (claimed === undefined || !Schema.is(SessionId)(id)) return yield* UnknownSession.of(id)
        if (claimed._tag === "NotSettled")
          return yield* new SessionNotSettled({ session: id, state: claimed.state })
        if (claimed._tag === "NotFulfillable") {
          const { reason, by: blocker } = claimed
          return yield* new NotFulfillable({
            session: id,
            reason,
            ...(blocker === undefined ? {} : { by: blocker })
          })
        }
        return { fulfilment: claimed.fulfilment, ownClaim: claimed.ownClaim }
      })
      return { claim }
    })
  )
}
