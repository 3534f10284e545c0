export { createPayments } from "./client.ts"
export type { DeclaredIntent, Payments, PaymentsOptions, SessionConfig } from "./client.ts"
export type { CallOptions } from "./call.ts"
export { isPaymentsError } from "./errors.ts"
export type {
  Because,
  Call,
  ErrorCode,
  ErrorDetails,
  Failure,
  PaymentsError,
  Result,
  Told
} from "./errors.ts"
export type { Fetch } from "./exchange.ts"
export type * from "./generated/rest.ts"
export type { Retries } from "./retries.ts"
export type { OfCharge, OfDispute, OfPage, OfRefund, OfSession, PaymentEvent } from "./events.ts"
export { settlementNews, waitForSettlement } from "./settlement.ts"
export type { Settlement, SettlementNews, WaitOptions } from "./settlement.ts"
export { verifyWebhook } from "./webhooks.ts"
export type { Webhook } from "./webhooks.ts"
