import { Context, type Effect } from "effect"
import type { Indeterminate } from "../cascade/Disposition.ts"
import type { MidId } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { RefundHeard } from "../PaymentProvider.ts"

/** Where webhooks about refunds go. */
export class RefundNews extends Context.Service<
  RefundNews,
  {
    /**
     * Asks the processor what became of the refund and records it, whoever had asked for it. `false`: it is of no
     * charge that this service knows. What is said to have failed and is shown as given back is recorded as neither, and
     * fails: the processor is asked again later. With the code `refund_in_review` nothing failed: the refund, or another one of
     * its charge, is not over yet.
     */
    readonly heard: (
      mid: MidId,
      refund: RefundHeard,
      /** Where the refund was heard of; a webhook if nothing is said. */
      source?: "webhook" | "lookup"
    ) => Effect.Effect<boolean, LedgerUnavailable | Indeterminate>
  }
>()("payment-orchestration/kernel/refunds/RefundNews") {}
