import { Context, type Duration, type Effect, Schema } from "effect"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { type DisabledReason, SubscriptionId } from "./EventSubscription.ts"

/** A delivery that one worker has for the time of its lease, with all that it takes to make it. */
export class ClaimedDelivery extends Schema.Class<ClaimedDelivery>("ClaimedDelivery")({
  subscription: SubscriptionId,
  event: Schema.String,
  /** Whose turn it is: a failure is recorded under the newest claim only. */
  claim: Schema.Int,
  /** Where it stands in the schedule of retries. */
  step: Schema.Int,
  url: Schema.String,
  type: Schema.String,
  occurredAt: Schema.String,
  payload: Schema.Record(Schema.String, Schema.Unknown),
  /** The trace and the span in which it happened, `trace-span` in hex, if they were kept. */
  trace: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Sealed; the current one first. */
  secrets: Schema.Array(Schema.String)
}) {}

/** How much is claimed, and of whom. */
export interface Claim {
  /** Whether of the subscriptions that fail, or of the others: each has its own room. */
  readonly failing: boolean
  readonly limit: number
  /** How many of one subscription may be under way at a time. */
  readonly each: number
  readonly lease: Duration.Duration
}

/** What came of one try, with what follows from it. */
export interface DeliveryOutcome {
  readonly outcome: "delivered" | "failed" | "gone"
  readonly status?: number
  readonly answer: string
  /** Absent: it was the last try. */
  readonly retryAfter?: Duration.Duration
  /** A failure that comes later than this after the one before it begins a new row of them. */
  readonly streak: Duration.Duration
  /** How long a row of failures may last. */
  readonly disableAfter: Duration.Duration
}

type Kept<A> = Effect.Effect<A, LedgerUnavailable>

/** The port to what the outbox tells and to whom it is still to be told. Each method is one statement. */
export class EventDeliveries extends Context.Service<
  EventDeliveries,
  {
    /** Makes deliveries of events that nobody made them of; answers of how many. */
    readonly fanOut: (limit: number) => Kept<number>
    /** Makes deliveries anew for somebody who asked for a replay; answers how many events were looked at. */
    readonly replay: (limit: number) => Kept<number>
    /** Deliveries that are due; each is given to one worker for the time of the lease. */
    readonly claim: (claim: Claim) => Kept<ReadonlyArray<ClaimedDelivery>>
    /** Answers why the subscription was disabled by it, if it was. */
    readonly record: (delivery: ClaimedDelivery, outcome: DeliveryOutcome) => Kept<DisabledReason | undefined>
  }
>()("payment-orchestration/kernel/events/EventDeliveries") {}
