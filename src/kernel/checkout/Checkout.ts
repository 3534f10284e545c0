import { Context, DateTime, Effect, Fiber, Layer } from "effect"
import { EntityRegistry } from "../EntityRegistry.ts"
import { Principal, type SessionId } from "../ids.ts"
import { type LedgerUnavailable, PaymentLedger } from "../PaymentLedger.ts"
import { checkRequest, PaymentOrchestrator } from "../PaymentOrchestrator.ts"
import {
  type InvalidInput,
  type NoEligibleMerchantAccount,
  type RateLimited,
  UnknownSession
} from "../refusals.ts"
import type { UnknownToken, UnknownVault, VaultUnavailable } from "../TokenVault.ts"
import { CheckoutTurns } from "./CheckoutTurns.ts"
import { type Looked, type Stage, stageOf } from "./Stage.ts"

/** Who a customer's confirmation is written down as: nobody of whom anything is known. */
const customer = Principal.make("checkout")

/** What a customer hands over: the card's token, and the turn that the page showed when the button was pressed. */
export interface Payment {
  readonly turn: number
  readonly vaultToken: { readonly vaultId: string; readonly tokenRef: string }
}

/** Why a customer's card was not even tried. Nothing was charged. */
export type PaymentRefusal =
  | InvalidInput
  | UnknownSession
  | UnknownVault
  | UnknownToken
  | VaultUnavailable
  | NoEligibleMerchantAccount
  | RateLimited

/** The customer's own door to one session, which the page that asks has proven to be theirs. */
export class Checkout extends Context.Service<
  Checkout,
  {
    readonly look: (session: SessionId) => Effect.Effect<Looked, UnknownSession | LedgerUnavailable>
    /**
     * Charges the session once for each turn, on the same way as an app's confirmation. A turn that was used, by a
     * second click, another tab or a page that was loaded again, charges nothing: it is answered with where the
     * payment stands. The same card in the same turn may be asked for again, by who lost the answer.
     */
    readonly pay: (
      session: SessionId,
      payment: Payment
    ) => Effect.Effect<Looked, PaymentRefusal | LedgerUnavailable>
    /**
     * Ends the turn in which nothing has arrived, before its customer goes elsewhere: what is still on its way, in this
     * turn or in one that came after it, charges nothing then. Answers where the payment stands.
     */
    readonly withdraw: (
      session: SessionId,
      turn: number
    ) => Effect.Effect<Looked, UnknownSession | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/checkout/Checkout") {
  static readonly layer: Layer.Layer<
    Checkout,
    never,
    CheckoutTurns | EntityRegistry | PaymentLedger | PaymentOrchestrator
  > = Layer.effect(
    Checkout,
    Effect.gen(function* () {
      const registry = yield* EntityRegistry
      const ledger = yield* PaymentLedger
      const orchestrator = yield* PaymentOrchestrator
      const turns = yield* CheckoutTurns

      const scope = yield* Effect.scope

      const look = Effect.fn("Checkout.look")(function* (id: SessionId) {
        // In this order: whoever confirms in between makes the turn an old one, which charges nothing.
        const attempts = yield* ledger.attempts(id)
        const { over, open } = yield* turns.of(id)
        const session = yield* ledger.session(id)
        const { brands, entities } = yield* registry.snapshot
        const brand = session === undefined ? undefined : brands.get(session.brand)
        const entity = session === undefined ? undefined : entities.get(session.entity)
        if (session === undefined || brand === undefined || entity === undefined)
          return yield* UnknownSession.of(id)
        const stage = stageOf(session, attempts, { turnIsOpen: open, now: yield* DateTime.now })
        return { session, brand, entity, stage, turn: attempts.length + over }
      })

      const payTaken = Effect.fnUntraced(function* (
        session: SessionId,
        { vaultToken }: Payment,
        turn: { readonly session: SessionId; readonly turn: number; readonly key: string }
      ) {
        yield* orchestrator
          .confirm(session, { by: customer, idempotencyKey: turn.key, body: { vaultToken } })
          .pipe(
            // A refusal is definite: whoever is still at this turn charges nothing. Without the record's
            // acknowledgement nobody knows, and the turn stays open.
            Effect.tapError((refusal) =>
              refusal._tag === "LedgerUnavailable" ? Effect.void : turns.end(turn)
            ),
            // What came of it, and what stands against it, is told alike: by where the session stands now.
            Effect.catchTag(["SessionNotPayable", "IdempotencyKeyReused"], () => Effect.void)
          )
      })

      const pay = Effect.fn("Checkout.pay")(function* (session: SessionId, payment: Payment) {
        // What is no token is not even noted.
        yield* checkRequest(payment)
        const turn = turnOf(session, payment.turn)
        // From the note on it is the server's: a customer who hangs up here has paid.
        const paying = turns
          .take({ ...turn, vaultToken: payment.vaultToken })
          .pipe(Effect.flatMap((taken) => (taken ? payTaken(session, payment, turn) : Effect.void)))
        yield* Fiber.join(yield* Effect.forkIn(paying, scope))
        return yield* look(session)
      })

      const withdraw = Effect.fn("Checkout.withdraw")(function* (session: SessionId, turn: number) {
        for (let asked = turn; ;) {
          const ended = yield* turns.withdraw(turnOf(session, asked))
          const looked = yield* look(session)
          // An old page: another window may be asking in the turn that has come since.
          if (ended || !takesCard.has(looked.stage) || looked.turn <= asked) return looked
          asked = looked.turn
        }
      })

      return { look, pay, withdraw }
    })
  )
}

/** Where a payment may be asked for. */
const takesCard: ReadonlySet<Stage> = new Set(["pay", "declined"])

const turnOf = (session: SessionId, turn: number) => ({ session, turn, key: `${session} turn ${turn}` })
