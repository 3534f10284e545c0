import { Schema } from "effect"

/** How a gateway account is set up. */
export const Settings = Schema.Struct({
  /** The window of the duplicate check in seconds; 0 switches it off. */
  duplicateSeconds: Schema.Finite,
  /** Whether a request may say `dup_seconds`. */
  allowOverride: Schema.Boolean,
  /** Whether declined transactions count as the first of two duplicates. */
  declinesCount: Schema.Boolean,
  /** Whether two of the same card and amount but other orderid are no duplicates. */
  orderIdCounts: Schema.Boolean,
  /** Approves everything and moves nothing. */
  testMode: Schema.Boolean,
  /** The processor_ids there are; any if the list is empty. */
  processors: Schema.Array(Schema.String),
  /** Answers leave `type` empty. */
  emptyType: Schema.Boolean,
  /** Seconds until a query shows a transaction. */
  queryDelay: Schema.Finite,
  /** The number of the first page of a query. */
  firstPage: Schema.Int,
  /** Where events go, and the key that signs them. */
  webhook: Schema.NullOr(Schema.Struct({ url: Schema.String, key: Schema.String }))
})
export type Settings = typeof Settings.Type

export const defaults: Settings = {
  duplicateSeconds: 1200,
  allowOverride: false,
  declinesCount: false,
  orderIdCounts: false,
  testMode: false,
  processors: [],
  emptyType: false,
  queryDelay: 0,
  firstPage: 0,
  webhook: null
}

export const CardFacts = Schema.Struct({
  /** As reports show it: the issuer's digits, asterisks, the last four. */
  masked: Schema.String,
  last4: Schema.String,
  bin: Schema.String,
  brand: Schema.String,
  fingerprint: Schema.String,
  expiry: Schema.String,
  /** The number of a magic card; empty for every other. */
  magic: Schema.String
})
export type CardFacts = typeof CardFacts.Type

export const Condition = Schema.Literals([
  "pending",
  "pendingsettlement",
  "in_progress",
  "abandoned",
  "failed",
  "canceled",
  "complete",
  "unknown"
])
export type Condition = typeof Condition.Type

export const Action = Schema.Struct({
  type: Schema.Literals(["sale", "auth", "capture", "void", "refund", "credit", "validate", "settle"]),
  /** Minor units; negative for money that goes to the card. */
  amount: Schema.Int,
  /** Epoch milliseconds. */
  at: Schema.Finite,
  success: Schema.Boolean,
  code: Schema.String,
  text: Schema.String
})
export type Action = typeof Action.Type

export const Transaction = Schema.Struct({
  id: Schema.String,
  account: Schema.String,
  /** Epoch milliseconds. */
  at: Schema.Finite,
  type: Schema.Literals(["sale", "auth", "refund", "credit", "validate"]),
  condition: Condition,
  orderId: Schema.String,
  processorId: Schema.String,
  currency: Schema.String,
  /** Minor units: what was asked for, and what was approved of it. */
  requested: Schema.Int,
  approved: Schema.Int,
  /** Of a sale or a captured auth: what was taken, and what of it went back, by whose will. */
  captured: Schema.Int,
  refunded: Schema.Int,
  chargedBack: Schema.Int,
  card: CardFacts,
  authCode: Schema.String,
  avs: Schema.String,
  cvv: Schema.String,
  original: Schema.String,
  testMode: Schema.Boolean,
  /** What else came with the request and reports show: names, address, ponumber. */
  details: Schema.Record(Schema.String, Schema.String),
  actions: Schema.Array(Action),
  /** Epoch milliseconds until which queries do not show it. */
  hiddenUntil: Schema.Finite
})
export type Transaction = typeof Transaction.Type

export const AccountRow = Schema.Struct({ account: Schema.String, settings: Settings })
