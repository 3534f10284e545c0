import type { Refund } from "../kernel/refunds/Refund.ts"

/** What the state of a refund means, in a sentence. */
export const meaningOfRefund = ({ state, kind }: Refund): string => {
  switch (state) {
    case "refunded":
      return kind === "void"
        ? "The charge was taken back before it was settled."
        : "The money was given back; it may take days until the customer sees it."
    case "in_flight":
    case "indeterminate":
      return "We are checking whether the money went back. Do not refund again meanwhile."
    case "declined":
      return "The processor declined the refund, and no money went back."
    case "absent":
      return "The refund never reached the processor, and no money went back. You may ask again."
  }
}
