import type { Confirmed } from "../kernel/PaymentOrchestrator.ts"

/** What a confirmation's outcome means, in a sentence that a customer may read. */
export const meaningOf = ({ outcome, state }: Confirmed): string => {
  switch (outcome) {
    case "settled":
      return "The payment is complete."
    case "action_required":
      return "Your bank asks you to confirm this payment. Please follow its page; nothing is charged twice."
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
