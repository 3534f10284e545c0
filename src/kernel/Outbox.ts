import { Context, type Duration, type Effect, Schema } from "effect"
import { SessionId } from "./ids.ts"
import type { LedgerUnavailable } from "./PaymentLedger.ts"

/** What the service tells the world. Written by the statement that made it true, delivered at least once. */
export const EventType = Schema.Literals([
  "payment.charged.v1",
  "payment.declined.v1",
  "payment.in_review.v1",
  "payment.failed.v1",
  "payment.captured_late.v1",
  "payment.session_expired.v1",
  "payment.refunded.v1",
  "payment.refund_declined.v1",
  "payment.refund_in_review.v1",
  "payment.refund_taken_back.v1",
  "payment.dispute_opened.v1",
  "payment.dispute_updated.v1",
  "payment.dispute_closed.v1",
  "operations.page.v1"
])
export type EventType = typeof EventType.Type

/** Consumers dedupe by `id`, and fulfil by session through the fulfilment gate. */
export class PaymentEvent extends Schema.Class<PaymentEvent>("PaymentEvent")({
  id: Schema.NonEmptyString,
  type: EventType,
  session: SessionId,
  occurredAt: Schema.DateTimeUtcFromString,
  payload: Schema.Record(Schema.String, Schema.Unknown)
}) {}

/** The port to the transactional outbox. */
export class Outbox extends Context.Service<
  Outbox,
  {
    /** Undelivered events, oldest first; each is given to one deliverer for the time `lease`. */
    readonly claim: (
      limit: number,
      lease: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<PaymentEvent>, LedgerUnavailable>
    readonly markDelivered: (ids: ReadonlyArray<string>) => Effect.Effect<void, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/Outbox") {}
