import { Context, type Effect } from "effect"
import type { UnknownMid } from "../EntityRegistry.ts"
import type { MidId, Principal } from "../ids.ts"
import type { Gate } from "../MerchantAccount.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { GateNotPassed, GatePassedBefore, OperatorsOnly } from "./operatorRefusals.ts"

/**
 * The port to the gates that merchant accounts have passed on their way to live. What is on record stays; a gate that
 * is revoked stands there as passed and revoked, and its account charges no more.
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
    /** Takes a gate back, for a reason. Audited; nothing new is sent on the account from the same moment. */
    readonly revoke: (gate: {
      readonly mid: MidId
      readonly gate: Gate
      readonly by: Principal
      readonly reason: string
    }) => Effect.Effect<void, OperatorsOnly | UnknownMid | GateNotPassed | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/operations/GateRecord") {}
