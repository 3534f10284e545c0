import type { Currency, DisputeState, ProductCategory, RefundKind } from "./generated/rest.ts"

/** What every event tells of its session. Amounts are whole minor units. */
export interface OfSession {
  /** `ps_...` */
  readonly session: string
  readonly entity: string
  readonly brand: string
  /** Who pays: the `loopUserId`. */
  readonly customer: string
  readonly category: ProductCategory
  /** Minor units: what the session is for. */
  readonly amount: number
  readonly currency: Currency
  /** Your own order, if you named one. */
  readonly orderReference?: string
}

/** What an event tells of the charge that it is about. */
export interface OfCharge extends OfSession {
  /** `at_...` */
  readonly attempt: string
  /** The merchant account. */
  readonly mid: string
  readonly provider: string
  /** The processor's own id of the charge; only of what was captured. */
  readonly processorReference?: string
  /** In the processor's or the line's words: `do_not_honor`, `timeout`. */
  readonly reason?: string
  /** Who told: `driver`, `lookup`, `webhook`, `person` or `takeover`. */
  readonly source?: string
}

/** What an event tells of money that was captured late. */
export interface OfLateCapture extends OfCharge {
  /** Minor units. */
  readonly capturedAmount: number
  readonly capturedCurrency: Currency
}

/** What an event tells of money that goes back. */
export interface OfRefund extends OfCharge {
  /** `re_...`; without it the money was given back at the processor, by somebody who did not ask here. */
  readonly refund?: string
  readonly kind?: RefundKind
  /** Minor units. */
  readonly refundAmount: number
  /** The processor's own id of the refund; only of what went back. */
  readonly refundReference?: string
}

/** What an event tells of a dispute. */
export interface OfDispute extends OfCharge {
  /** The processor's own id of the dispute. */
  readonly dispute: string
  readonly state: DisputeState
  /** Minor units. */
  readonly disputeAmount: number
}

/** What an event tells operators. */
export interface OfPage extends OfCharge {
  /** `pg_...` */
  readonly page: string
  readonly kind: "in_review" | "refund_in_review" | "capture_unheard" | "incident"
  readonly incident?: number
  readonly incidentKind?: string
}

interface Event<Type extends string, Data> {
  /** `evt_...`: the same at every delivery of this event. Take each id once. */
  readonly id: string
  readonly type: Type
  /** When it happened, as ISO 8601. */
  readonly timestamp: string
  readonly data: Data
}

/**
 * What the service tells the apps that subscribed: at least once, in no promised order. `switch (event.type)` knows
 * its `data`. There may be more types and more fields later, so keep a `default` and answer it with 2xx.
 */
export type PaymentEvent =
  /** The session is settled. Claim the fulfilment, and fulfil on `first`. */
  | Event<"payment.charged.v1", OfCharge>
  /** Proof that no money moved. Read the session to see whether another card may be tried. */
  | Event<"payment.declined.v1", OfCharge>
  /** Nobody knows yet whether money moved. Nobody is to pay again. */
  | Event<"payment.in_review.v1", OfCharge>
  /** The session ended without a payment. With the reason `given_back`, all that was captured for it went back. */
  | Event<"payment.failed.v1", OfCharge>
  /**
   * Money was captured after everybody had said no, or beyond what settled the session. Fulfil nothing for it; persons
   * look at it, and `lateCaptures` of the session says when they did.
   */
  | Event<"payment.captured_late.v1", OfLateCapture>
  /** The session was not paid in its time. */
  | Event<"payment.session_expired.v1", OfSession>
  /** Money went back to the customer. */
  | Event<"payment.refunded.v1", OfRefund>
  /** A refund ended without money going back. */
  | Event<"payment.refund_declined.v1", OfRefund>
  /** Nobody knows yet whether a refund went through. It is not sent again meanwhile. */
  | Event<"payment.refund_in_review.v1", OfRefund>
  /** Money that had gone back did not arrive and is here again. Give it back anew, or in another way. */
  | Event<"payment.refund_taken_back.v1", OfRefund>
  /** The customer disputes the payment at the bank. */
  | Event<"payment.dispute_opened.v1", OfDispute>
  | Event<"payment.dispute_updated.v1", OfDispute>
  | Event<"payment.dispute_closed.v1", OfDispute>
  /** For operators who asked for it by name: a person is needed. */
  | Event<"operations.page.v1", OfPage>
