import { Clock, Context, Effect, Fiber, Layer, Schema } from "effect"
import { MidId, SessionId } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { Providers } from "../PaymentProvider.ts"
import { MinorUnits } from "../Money.ts"
import { giveBack } from "../refunds/giveBack.ts"
import { judgeRefund, refusalOf, type RefundImpossible } from "../refunds/judgeRefund.ts"
import { RefundLedger } from "../refunds/RefundLedger.ts"
import { UnknownSession } from "../refusals.ts"
import type { ChangeRequest } from "./ChangeRequest.ts"
import { ChangeStore, type Signer, type Signing } from "./ChangeStore.ts"

const Wanted = Schema.Struct({
  session: SessionId,
  mid: MidId,
  processorReference: Schema.String,
  amount: MinorUnits
})
const decode = Schema.decodeUnknownEffect(Wanted)

type Signed = Exclude<Signing, { readonly _tag: "GivesBack" }>

/**
 * Gives back what a second person signs. The processor is asked again before anything is signed; the signature and the
 * write-ahead of the refund are one commit, and whoever has committed it sends it, once, like every other refund.
 */
export class SignedRefunds extends Context.Service<
  SignedRefunds,
  {
    readonly sign: (
      who: Signer,
      change: ChangeRequest
    ) => Effect.Effect<Signed, RefundImpossible | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/changes/SignedRefunds") {
  static readonly layer: Layer.Layer<SignedRefunds, never, ChangeStore | RefundLedger | Providers> =
    Layer.effect(
      SignedRefunds,
      Effect.gen(function* () {
        const store = yield* ChangeStore
        const ledger = yield* RefundLedger
        const providers = yield* Providers
        const scope = yield* Effect.scope

        const sign = Effect.fn("SignedRefunds.sign")(function* (who: Signer, change: ChangeRequest) {
          const { session, amount, processorReference } = yield* Effect.orDie(decode(change.wanted))
          const body = { session, amount, processorReference, reason: change.reason }
          const refundable = yield* ledger.refundable({
            by: change.requestedBy,
            idempotencyKey: undefined,
            body
          })
          if (refundable === undefined) return yield* UnknownSession.of(session)
          if (refundable._tag !== "Refundable") return yield* impossible(refundable._tag)
          const { capture, provider, order } = yield* judgeRefund({ ledger, providers }, body, refundable)
          // From the write-ahead to the recorded outcome nothing may interrupt.
          const giving = yield* Effect.gen(function* () {
            const permittedAt = yield* Clock.monotonicTimeNanos
            const signing = yield* store.signRefund(who, change.id, order)
            switch (signing._tag) {
              case "Permitted": {
                yield* giveBack({ ledger, provider, refund: signing.refund, permittedAt, by: who.by })
                const [done] = yield* store
                  .byId(who.by, [change.id])
                  .pipe(Effect.catchTag("OperatorsOnly", () => Effect.succeed([])))
                return { _tag: "Decided" as const, change: done ?? change }
              }
              case "NothingCaptured":
              case "ChargeInReview":
              case "Disputed":
              case "RefundInReview":
              case "TooMuch":
              case "NoSuchSession":
                return yield* refusalOf(order, capture, signing)
              case "OpenAlready":
              case "MayNotAsk":
              case "RefundReplayed":
              case "ApprovalAsked":
              case "RefundKeyReused":
                return yield* impossible(signing._tag)
              default:
                return signing
            }
          }).pipe(Effect.forkIn(scope, { uninterruptible: true }))
          return yield* Fiber.join(giving)
        })

        return { sign }
      })
    )
}

/** What is answered to requests of apps alone. */
const impossible = (tag: string) => Effect.die(new Error(`${tag} is said of no refund that is signed`))
