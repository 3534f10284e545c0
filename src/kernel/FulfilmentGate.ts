import { Context, Effect, Layer, Schema } from "effect"
import { type Principal, SessionId } from "./ids.ts"
import { type LedgerUnavailable, PaymentLedger } from "./PaymentLedger.ts"
import { SessionNotSettled, UnknownSession } from "./refusals.ts"

/** `first`: fulfil now. `duplicate`: it was given out before, do nothing. */
export type Fulfilment = "first" | "duplicate"

/**
 * The handoff to the apps: whatever redelivers, races or crashes, `first` is given out once for a session, and
 * only when its money is certain.
 */
export class FulfilmentGate extends Context.Service<
  FulfilmentGate,
  {
    /**
     * With a key a claim may be repeated until its answer is heard: the same caller and key are told the same.
     * Without one, a lost answer is a lost `first`.
     */
    readonly claim: (
      session: string,
      by: Principal,
      idempotencyKey?: string
    ) => Effect.Effect<Fulfilment, UnknownSession | SessionNotSettled | LedgerUnavailable>
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
        const claimed = Schema.is(SessionId)(id)
          ? yield* ledger.claimFulfilment(id, by, idempotencyKey)
          : undefined
        if (claimed === undefined || !Schema.is(SessionId)(id))
          return yield* new UnknownSession({ session: id })
        if (claimed._tag === "NotSettled")
          return yield* new SessionNotSettled({ session: id, state: claimed.state })
        return claimed.fulfilment
      })
      return { claim }
    })
  )
}
