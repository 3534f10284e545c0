import { keepable } from "../cascade/keepable.ts"
import { Captured, Indeterminate } from "../cascade/Disposition.ts"
import type { RefundOutcome } from "./RefundLedger.ts"

/** What a driver says may be anything; it is judged here, and nothing of it may break. */
const unchecked = { disableChecks: true }

/**
 * The outcome of a refund in a form that every ledger can write down, by the rules for charges: a refund that cannot
 * be one (no amount, no usable reference) proves nothing.
 */
export const keepableRefund = (outcome: RefundOutcome): RefundOutcome => {
  switch (outcome._tag) {
    case "Refunded": {
      const { refundReference, money, evidence } = outcome
      const kept = keepable(
        new Captured({ processorReference: refundReference, ...money, evidence }, unchecked)
      )
      return kept._tag === "Captured"
        ? { _tag: "Refunded", refundReference, money, evidence: kept.evidence }
        : { _tag: "Indeterminate", evidence: { ...kept.evidence, code: "impossible_refund" } }
    }
    case "Indeterminate": {
      const { refundReference, evidence } = outcome
      const kept = keepable(
        new Indeterminate(
          { evidence, ...(refundReference === undefined ? {} : { processorReference: refundReference }) },
          unchecked
        )
      )
      const reference = kept._tag === "Indeterminate" ? kept.processorReference : undefined
      return {
        _tag: "Indeterminate",
        evidence: kept.evidence,
        ...(reference === undefined ? {} : { refundReference: reference })
      }
    }
    case "Declined":
    case "Absent": {
      const kept = keepable(outcome)
      return kept._tag === "Declined" || kept._tag === "Absent" ? kept : outcome
    }
  }
}
