import { Context } from "effect"

/** Whether this process takes part in the cluster now. Its workers say so, once they are there. */
export const ClusterSeat = Context.Reference<{ isTaken: () => boolean }>(
  "payment-orchestration/workers/ClusterSeat",
  { defaultValue: () => ({ isTaken: () => false }) }
)
