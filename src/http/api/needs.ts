import type { Operation } from "../../kernel/access/Operation.ts"

/** What a key needs for each endpoint, by group and name. One that is not listed is nobody's to ask. */
export const needsOfEndpoints: Readonly<Record<string, Operation>> = {
  "paymentSessions.create": "sessions:write",
  "paymentSessions.get": "sessions:read",
  "paymentSessions.confirm": "sessions:write",
  "paymentSessions.cancel": "sessions:write",
  "paymentSessions.fulfil": "sessions:write",
  "refunds.create": "refunds:write",
  "refunds.list": "sessions:read",
  "eventSubscriptions.create": "events:manage",
  "eventSubscriptions.list": "events:manage",
  "eventSubscriptions.get": "events:manage",
  "eventSubscriptions.remove": "events:manage",
  "eventSubscriptions.rotate": "events:manage",
  "eventSubscriptions.disable": "events:manage",
  "eventSubscriptions.enable": "events:manage",
  "eventSubscriptions.deliveries": "events:manage",
  "eventSubscriptions.replayDelivery": "events:manage",
  "eventSubscriptions.replay": "events:manage",
  "reviews.request": "operations:manage",
  "reviews.get": "operations:manage",
  "reviews.approve": "operations:manage",
  "reviews.reject": "operations:manage",
  "deadLetters.list": "operations:manage",
  "deadLetters.replay": "operations:manage"
}

/** What counts by the limit of payments. */
export const payments: ReadonlySet<string> = new Set(["paymentSessions.create", "paymentSessions.confirm"])
