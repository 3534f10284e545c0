import { Context, type Effect } from "effect"
import type { UnknownMid } from "../EntityRegistry.ts"
import type { MidId, Principal } from "../ids.ts"
import type { Gate } from "../MerchantAccount.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { GatePassedBefore, OperatorsOnly } from "./operatorRefusals.ts"

/**
 * The port to the gates that merchant accounts have passed on their way to live. What is on record stays: an account
 * that must not be charged on any more is stopped by its kill switch or closed.
 */
export class GateRecord extends Context.Service<
  GateRecord,
  {
    /** Puts a gate on record, with whoever vouches for it and what they saw. Audited. */
    readonly pass: (gate: {
      readonly mid: MidId
      readonly gate: Gate
      readonly by: Principal
      readonly evidence: string
    }) => Effect.Effect<void, OperatorsOnly | UnknownMid | GatePassedBefore | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/operations/GateRecord") {}
