import { Schema } from "effect"
import { PaymentAction } from "./cascade/Disposition.ts"
import { ProductCategory } from "./Category.ts"
import { AttemptId, BrandId, CustomerId, EntityId, MidId, SessionId } from "./ids.ts"
import { Money } from "./Money.ts"

/**
 * `pending`: waits for a card. `processing`: a charge is on its way. `in_review`: an attempt's outcome is unknown
 * and is being checked; nobody charges again. The others are final. A session whose charge was positively
 * declined is `pending` again, for another card, until its rounds are used up.
 */
export const SessionState = Schema.Literals([
  "pending",
  "processing",
  "in_review",
  "settled",
  "failed",
  "cancelled",
  "expired"
])
export type SessionState = typeof SessionState.Type

/**
 * Why a settled session is not fulfilled any more: its money went back, or is on its way; or its cardholder's bank
 * disputes it, or took it; or a webhook that nobody has heard yet names a refund or a dispute of it.
 */
export const FulfilmentBlocker = Schema.Literals(["given_back", "disputed", "news_waiting"])
export type FulfilmentBlocker = typeof FulfilmentBlocker.Type

/** How often a customer may try with another card before the session fails: a brake on card testing. */
export const mostRounds = 5

/** Where the customer pays: on the hosted page or in the embedded component. */
export const PaymentMode = Schema.Literals(["hosted", "embedded"])
export type PaymentMode = typeof PaymentMode.Type

/** One line of what is paid for, priced. */
export const PricedLine = Schema.Struct({
  name: Schema.String,
  priceRef: Schema.optionalKey(Schema.String),
  quantity: Schema.Int,
  /** Minor units of one piece, in the session's currency. */
  unitAmount: Schema.Int,
  category: ProductCategory
})
export type PricedLine = typeof PricedLine.Type

/** What is paid for, as the catalogue priced it. */
export const Intent = Schema.Union([
  Schema.Struct({ type: Schema.Literal("subscription_plan"), planKey: Schema.String, name: Schema.String }),
  Schema.Struct({ type: Schema.Literal("line_items"), lines: Schema.NonEmptyArray(PricedLine) }),
  Schema.Struct({ type: Schema.Literal("amount") })
])
export type Intent = typeof Intent.Type

const Labels = Schema.Record(Schema.String, Schema.String)

/** What was declared: it never changes, so it may be remembered. */
export class SessionDeclaration extends Schema.Class<SessionDeclaration>("SessionDeclaration")({
  id: SessionId,
  customer: CustomerId,
  brand: BrandId,
  entity: EntityId,
  category: ProductCategory,
  money: Money,
  intent: Intent,
  mode: PaymentMode,
  theme: Labels,
  metadata: Labels,
  redirects: Schema.optionalKey(Schema.Struct({ successUrl: Schema.String, cancelUrl: Schema.String })),
  orderReference: Schema.optionalKey(Schema.String)
}) {}

/** A declared payment and where it stands. */
export class PaymentSession extends SessionDeclaration.extend<PaymentSession>("PaymentSession")({
  state: SessionState,
  /** What the customer has to do before the charge in review can go on. */
  action: Schema.optionalKey(PaymentAction),
  createdAt: Schema.DateTimeUtcFromString,
  expiresAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

/**
 * Something that keeps a session in review, or, of one that ended without money, an incident that persons still have to
 * deal with. `reference`: an attempt's id, a refund's id, the processor's id of a dispute,
 * the number of an incident, or the processor's id of a charge of which `money` is still to be given back.
 */
export const WaitsFor = Schema.Struct({
  what: Schema.Literals(["charge", "refund", "dispute", "incident", "money"]),
  reference: Schema.String,
  /** What the incident is. */
  kind: Schema.optionalKey(Schema.String),
  money: Schema.optionalKey(Money)
})
export type WaitsFor = typeof WaitsFor.Type

/**
 * Money that was captured after everybody had said no, or beyond the charge that the session is settled by. Nothing is
 * fulfilled for it before persons have looked at it.
 */
export const LateCapture = Schema.Struct({
  attempt: AttemptId,
  mid: MidId,
  /** The processor's own id of the charge. */
  processorReference: Schema.String,
  money: Money,
  /** Minor units that have not gone back. */
  left: Schema.Int,
  capturedAt: Schema.DateTimeUtcFromString,
  /** The number of its incident. */
  incident: Schema.optionalKey(Schema.Int),
  /** When persons said that it was dealt with; absent until then. */
  handledAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
})
export type LateCapture = typeof LateCapture.Type
