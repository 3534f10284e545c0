import { DateTime, Schema } from "effect"
import type { Attempt } from "../Attempt.ts"
import type { Brand, Entity } from "../Entity.ts"
import type { PaymentSession } from "../PaymentSession.ts"

/**
 * What a checkout shows. `pay`: waits for a card. `declined`: a card was declined, and another one may be tried.
 * `authenticate`: the customer's bank asks them to confirm. `refused`: the last card was declined and no more is
 * taken. `ended`: over without a payment, for another reason.
 */
export const Stage = Schema.Literals([
  "pay",
  "declined",
  "processing",
  "authenticate",
  "in_review",
  "paid",
  "refused",
  "ended",
  "cancelled",
  "expired"
])
export type Stage = typeof Stage.Type

/** A session as its own customer may see it. */
export interface Looked {
  readonly session: PaymentSession
  readonly brand: Brand
  readonly entity: Entity
  readonly stage: Stage
  /** Each payment is asked for in one turn, and each turn is taken once: attempts, and turns that led to none. */
  readonly turn: number
}

/** What a session's state and its attempts mean to its customer. Nothing unknown is ever called a failure. */
export const stageOf = (
  session: Pick<PaymentSession, "state" | "action" | "expiresAt">,
  attempts: ReadonlyArray<Pick<Attempt, "state">>,
  { turnIsOpen, now }: { readonly turnIsOpen: boolean; readonly now: DateTime.Utc }
): Stage => {
  const declined = attempts.at(-1)?.state === "declined"
  switch (session.state) {
    case "pending":
      // A card was asked for, and what comes of it is not known yet.
      if (turnIsOpen) return "processing"
      // Expired by the clock already; the worker that writes it down is on its way.
      if (DateTime.isLessThanOrEqualTo(session.expiresAt, now)) return "expired"
      return declined ? "declined" : "pay"
    case "processing":
      return "processing"
    case "in_review":
      return session.action === undefined ? "in_review" : "authenticate"
    case "settled":
      return "paid"
    case "failed":
      return declined ? "refused" : "ended"
    case "cancelled":
    case "expired":
      return session.state
  }
}
