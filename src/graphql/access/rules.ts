import type { Operation } from "../../kernel/access/Operation.ts"

// What a key needs for what. Everything that a caller can begin with is named here, and so is every type that stands for
// something: one that is new and not named is refused to everybody, and fails the tests.

type Needs = ReadonlyArray<Operation>

const payments: Needs = ["sessions:read"]
const registry: Needs = ["registry:read"]
const both: Needs = ["sessions:read", "registry:read"]
const events: Needs = ["events:manage"]
const operations: Needs = ["operations:manage"]
const keys: Needs = ["keys:manage"]
const asked: Needs = ["changes:request"]
const signing: Needs = ["changes:approve"]
const charging: Needs = ["sessions:write"]

export const needsOfRoots: Readonly<Record<string, Readonly<Record<string, Needs>>>> = {
  Query: {
    // What it needs is in the id.
    node: [],
    nodes: [],
    session: payments,
    sessions: payments,
    attempts: payments,
    refunds: payments,
    disputes: payments,
    events: payments,
    incidents: payments,
    paymentFigures: payments,
    declineReasons: payments,
    capUsage: both,
    policyReplay: both,
    entity: registry,
    entities: registry,
    merchantAccount: registry,
    merchantAccounts: registry,
    routingPreview: registry,
    eventSubscription: events,
    eventSubscriptions: events,
    review: operations,
    reviews: operations,
    operationsPages: operations,
    webhookDeadLetters: operations,
    apiKeys: keys,
    changeRequest: asked,
    changeRequests: asked
  },
  Mutation: {
    createPaymentSession: charging,
    confirmPaymentSession: charging,
    cancelPaymentSession: charging,
    claimFulfilment: charging,
    refundPayment: ["refunds:write"],
    createEventSubscription: events,
    enableEventSubscription: events,
    disableEventSubscription: events,
    removeEventSubscription: events,
    rotateEventSubscriptionSecret: events,
    replayEvents: events,
    replayEventDelivery: events,
    requestReview: operations,
    approveReview: operations,
    rejectReview: operations,
    replayWebhook: operations,
    passGate: operations,
    revokeGate: operations,
    setMidKillSwitch: ["registry:write"],
    setMonthlyCap: ["registry:write", "changes:request"],
    setUnderwriting: ["registry:write", "changes:request"],
    changeRouting: ["registry:write", "changes:request"],
    setRefundLimit: ["registry:write", "changes:request"],
    createApiKey: keys,
    requestApiKey: ["keys:manage", "changes:request"],
    rotateApiKey: keys,
    revokeApiKey: keys,
    approveChange: signing,
    rejectChange: signing,
    withdrawChange: asked
  },
  Subscription: { sessionChanged: payments, attemptRecorded: payments }
}

/** What stands for something of its own, wherever a query comes upon it. */
export const needsOfTypes: Readonly<Record<string, Needs>> = {
  PaymentSession: payments,
  Attempt: payments,
  AttemptEvidence: payments,
  RoutingDecision: payments,
  PaymentEvent: payments,
  Incident: payments,
  Refund: payments,
  Dispute: payments,
  Capture: payments,
  Entity: registry,
  Brand: registry,
  MerchantAccount: registry,
  AuditRow: ["audit:read"],
  EventSubscription: events,
  EventDelivery: events,
  Review: operations,
  OperationsPage: operations,
  Webhook: operations,
  ApiKey: keys,
  ChangeRequest: asked,
  ChangeReplayResult: both
}

/** Parts of what they stand in, which need no more than that. */
export const partsOfOthers: ReadonlySet<string> = new Set([
  "AcceptanceRules",
  "AmountIntent",
  "CapUsage",
  "ChangedReasons",
  "DeclineReason",
  "Difference",
  "FigureSum",
  "FirstChoice",
  "LateCapture",
  "Latency",
  "LeftOutAccount",
  "LineItem",
  "LineItemsIntent",
  "Money",
  "MonthlyCap",
  "PageInfo",
  "PassedGate",
  "PassedOverAccount",
  "PaymentAction",
  "PaymentFigures",
  "Redirects",
  "RefundBlock",
  "ReplayedDecision",
  "ReplayedRouting",
  "RoutingInputs",
  "RoutingPreview",
  "SubscriptionPlanIntent",
  "WaitsFor"
])

/** A list of things and its edges are of the things. */
const thingOf = (type: string): string => type.replace(/(Connection|Edge)$/, "")

/** What a field needs, by the type that it is of and the one that it leads to; undefined when nobody said. */
export const needsOf = (parent: string, field: string, leadsTo: string): Needs | undefined => {
  const root = needsOfRoots[parent]
  if (root !== undefined) return root[field]
  // What was done is answered to whoever did it.
  return parent.endsWith("Payload") ? [] : (needsOfTypes[thingOf(leadsTo)] ?? [])
}
