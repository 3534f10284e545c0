import { Schema } from "effect"

/** What the emulator keeps of each object, under the names that the API has for them. */

const Metadata = Schema.Record(Schema.String, Schema.String)

export const Method = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  /** Seconds, as all times of the API. */
  created: Schema.Int,
  /** How the card behaves; its number is not kept. */
  behaviour: Schema.String,
  brand: Schema.String,
  bin: Schema.String,
  last4: Schema.String,
  fingerprint: Schema.String,
  expMonth: Schema.Int,
  expYear: Schema.Int,
  hasCvc: Schema.Boolean,
  customer: Schema.NullOr(Schema.String),
  metadata: Metadata,
  billing: Metadata,
  /** It was set up with the customer present, so that later charges need no authentication. */
  setUp: Schema.Boolean
})
export type Method = typeof Method.Type

export const IntentStatus = Schema.Literals([
  "requires_payment_method",
  "requires_confirmation",
  "requires_action",
  "processing",
  "requires_capture",
  "canceled",
  "succeeded"
])
export type IntentStatus = typeof IntentStatus.Type

export const Intent = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  amount: Schema.Int,
  currency: Schema.String,
  status: IntentStatus,
  amountReceived: Schema.Int,
  amountCapturable: Schema.Int,
  captureMethod: Schema.Literals(["automatic", "automatic_async", "manual"]),
  method: Schema.NullOr(Schema.String),
  methodTypes: Schema.Array(Schema.String),
  allowedTypes: Schema.NullOr(Schema.Array(Schema.String)),
  automaticMethods: Schema.Boolean,
  latestCharge: Schema.NullOr(Schema.String),
  /** The error object of the API, as it was answered. */
  lastError: Schema.Unknown,
  returnUrl: Schema.NullOr(Schema.String),
  setupFutureUsage: Schema.NullOr(Schema.String),
  customer: Schema.NullOr(Schema.String),
  description: Schema.NullOr(Schema.String),
  receiptEmail: Schema.NullOr(Schema.String),
  statementDescriptor: Schema.NullOr(Schema.String),
  statementDescriptorSuffix: Schema.NullOr(Schema.String),
  metadata: Metadata,
  canceledAt: Schema.NullOr(Schema.Int),
  cancellationReason: Schema.NullOr(Schema.String),
  clientSecret: Schema.String,
  /** The key under which it was charged last. */
  idempotencyKey: Schema.String,
  /** Epoch milliseconds until which lists and searches do not see it. */
  hiddenUntil: Schema.Finite
})
export type Intent = typeof Intent.Type

export const Charge = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  intent: Schema.String,
  method: Schema.String,
  amount: Schema.Int,
  amountCaptured: Schema.Int,
  amountRefunded: Schema.Int,
  currency: Schema.String,
  captured: Schema.Boolean,
  status: Schema.Literals(["succeeded", "failed"]),
  failureCode: Schema.NullOr(Schema.String),
  failureMessage: Schema.NullOr(Schema.String),
  declineCode: Schema.NullOr(Schema.String),
  blocked: Schema.Boolean,
  disputed: Schema.Boolean,
  released: Schema.Boolean
})
export type Charge = typeof Charge.Type

export const Refund = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  intent: Schema.String,
  charge: Schema.String,
  amount: Schema.Int,
  currency: Schema.String,
  status: Schema.Literals(["pending", "requires_action", "succeeded", "failed", "canceled"]),
  failureReason: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String),
  metadata: Metadata
})
export type Refund = typeof Refund.Type

export const DisputeStatus = Schema.Literals([
  "warning_needs_response",
  "warning_under_review",
  "warning_closed",
  "needs_response",
  "under_review",
  "won",
  "lost",
  "appeal_needs_response",
  "appeal_under_review"
])

export const Dispute = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  intent: Schema.String,
  charge: Schema.String,
  amount: Schema.Int,
  currency: Schema.String,
  reason: Schema.String,
  status: DisputeStatus,
  /** Minor units that were taken from the merchant for it and not given back. */
  withdrawn: Schema.Int
})
export type Dispute = typeof Dispute.Type

export const EventRow = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  type: Schema.String,
  body: Schema.Unknown
})
export type EventRow = typeof EventRow.Type

export const Endpoint = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  created: Schema.Int,
  url: Schema.String,
  enabledEvents: Schema.Array(Schema.String),
  disabled: Schema.Boolean,
  description: Schema.NullOr(Schema.String),
  metadata: Metadata,
  secret: Schema.String,
  /** The secret before the last roll; both sign until then (epoch milliseconds). */
  oldSecret: Schema.NullOr(Schema.Struct({ secret: Schema.String, until: Schema.Finite }))
})
export type Endpoint = typeof Endpoint.Type

export const SavedAnswer = Schema.Struct({
  /** The path of the first request, and a hash of its parameters. */
  endpoint: Schema.String,
  parameters: Schema.String,
  requestId: Schema.String,
  at: Schema.Finite,
  status: Schema.Int,
  body: Schema.String
})
export type SavedAnswer = typeof SavedAnswer.Type
