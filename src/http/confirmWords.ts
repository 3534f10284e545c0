import type { Confirmed } from "../kernel/PaymentOrchestrator.ts"
import { IdempotencyKeyReused, InvalidInput } from "../kernel/refusals.ts"

/** What a confirmation's outcome means, in a sentence that a customer may read. */
export const meaningOf = ({ outcome, state }: Confirmed): string => {
  switch (outcome) {
    case "settled":
      return "The payment is complete."
    case "in_review":
      return "We are checking whether the payment went through. You will not be charged twice; please do not pay again."
    case "processing":
      return "The payment is on its way and its outcome is not known yet. Please wait, and do not pay again."
    case "failed":
      return "The session ended without a payment. Declare a new one to pay."
    case "declined":
      return state === "pending"
        ? "The payment was declined and no money moved. You may try another card."
        : "The payment was declined and no money moved. This session takes no further card."
  }
}

/** The kernel names the fields of a confirmation in its own way; a caller reads them as the body spells them. */
const restName = (field: string): string =>
  field
    .replace(/^(vaultId|tokenRef)$/, "vaultToken.$1")
    .replace(/^token(?=$|\.)/, "vaultToken")
    .replace(/^risk$/, "riskLevel")

export const inRestWords = <E>(error: E): E | InvalidInput | IdempotencyKeyReused => {
  if (error instanceof InvalidInput) {
    return new InvalidInput({ field: restName(error.field), problem: error.problem })
  }
  if (error instanceof IdempotencyKeyReused) {
    return new IdempotencyKeyReused({
      differences: error.differences.map((one) => ({ ...one, field: restName(one.field) }))
    })
  }
  return error
}
