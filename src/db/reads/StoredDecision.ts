import { Schema } from "effect"
import { SessionId } from "../../kernel/ids.ts"
import { PassedOver } from "../../kernel/PaymentLedger.ts"
import { RoutingDecision } from "../../kernel/routing/RoutingPolicyEngine.ts"

/** The routing decision of one confirmation, as it was stored with its attempts. */
export class StoredDecision extends Schema.Class<StoredDecision>("StoredDecision")({
  session: SessionId,
  round: Schema.Int,
  decision: RoutingDecision,
  /** Accounts that were chosen and that a write-ahead then refused, in the order in which that happened. */
  passedOver: Schema.Array(PassedOver),
  decidedAt: Schema.DateTimeUtcFromString
}) {}
