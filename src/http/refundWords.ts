import { format } from "../kernel/Money.ts"
import type { WaitsFor } from "../kernel/PaymentSession.ts"
import type { Refund } from "../kernel/refunds/Refund.ts"

/** What the state of a refund means, in a sentence. */
export const meaningOfRefund = ({ state, kind }: Pick<Refund, "state" | "kind">): string => {
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
    case "taken_back":
      return "The money did not arrive and was taken back: it is here again. Give it back anew, or in another way."
    case "absent":
      return "The refund never reached the processor, and no money went back. You may ask again."
  }
}

/** What has to happen before a session in review can end, in a sentence. */
export const meaningOfWaiting = ({ what, reference, kind, money }: WaitsFor): string => {
  switch (what) {
    case "charge":
      return `It is being found out whether ${reference} moved money.`
    case "refund":
      return `The refund ${reference} is on its way or being checked.`
    case "dispute":
      return `The dispute ${reference} is not over.`
    case "incident":
      return `Two operators have to say that the incident ${reference} (${kind ?? "unknown"}) was dealt with.`
    case "money":
      return `${money === undefined ? "Money" : format(money)} of the charge ${reference} is still to be given back.`
  }
}
