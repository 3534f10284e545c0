import { Effect, Layer } from "effect"
import { DisputeNews } from "../kernel/disputes/DisputeNews.ts"
import { RefundNews } from "../kernel/refunds/RefundNews.ts"

/** Knows of no refund and no dispute, so that webhooks about them are parked and kept for a person. */
export const noNews = Layer.mergeAll(
  Layer.succeed(RefundNews, { heard: () => Effect.succeed(false) }),
  Layer.succeed(DisputeNews, { heard: () => Effect.succeed(false) })
)
