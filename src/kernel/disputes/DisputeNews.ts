import { Context, type DateTime, Effect, Layer } from "effect"
import type { MidId } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { DisputeHeard } from "../PaymentProvider.ts"
import { RefundLedger } from "../refunds/RefundLedger.ts"

/** Where webhooks about disputes go. */
export class DisputeNews extends Context.Service<
  DisputeNews,
  {
    /**
     * Records the state of a dispute. Webhooks come in any order: an older state never replaces a newer one, and a
     * time that is ahead of when the news was received makes nothing newer. One that names another charge than before
     * opens an incident. `false`: it is of no charge that this service knows.
     */
    readonly heard: (
      mid: MidId,
      dispute: DisputeHeard,
      occurredAt: DateTime.Utc | undefined,
      receivedAt?: DateTime.Utc
    ) => Effect.Effect<boolean, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/disputes/DisputeNews") {
  static readonly layer: Layer.Layer<DisputeNews, never, RefundLedger> = Layer.effect(
    DisputeNews,
    Effect.map(RefundLedger, ({ recordDispute }) => ({ heard: recordDispute }))
  )
}
