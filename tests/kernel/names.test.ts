import { expect, it } from "@effect/vitest"
import { Predicate } from "effect"
import * as attempt from "../../src/kernel/Attempt.ts"
import * as card from "../../src/kernel/Card.ts"
import * as chargeResolver from "../../src/kernel/ChargeResolver.ts"
import * as disposition from "../../src/kernel/cascade/Disposition.ts"
import * as disputeNews from "../../src/kernel/disputes/DisputeNews.ts"
import * as entity from "../../src/kernel/Entity.ts"
import * as registry from "../../src/kernel/EntityRegistry.ts"
import * as eventDeliveries from "../../src/kernel/events/EventDeliveries.ts"
import * as eventDispatcher from "../../src/kernel/events/EventDispatcher.ts"
import * as eventRefusals from "../../src/kernel/events/eventRefusals.ts"
import * as eventSecrets from "../../src/kernel/events/EventSecrets.ts"
import * as eventSender from "../../src/kernel/events/EventSender.ts"
import * as eventSubscription from "../../src/kernel/events/EventSubscription.ts"
import * as eventSubscriptions from "../../src/kernel/events/EventSubscriptions.ts"
import * as eventSubscriptionStore from "../../src/kernel/events/EventSubscriptionStore.ts"
import * as gate from "../../src/kernel/FulfilmentGate.ts"
import * as ids from "../../src/kernel/ids.ts"
import * as account from "../../src/kernel/MerchantAccount.ts"
import * as money from "../../src/kernel/Money.ts"
import * as outbox from "../../src/kernel/Outbox.ts"
import * as ledger from "../../src/kernel/PaymentLedger.ts"
import * as orchestrator from "../../src/kernel/PaymentOrchestrator.ts"
import * as provider from "../../src/kernel/PaymentProvider.ts"
import * as session from "../../src/kernel/PaymentSession.ts"
import * as sessions from "../../src/kernel/PaymentSessions.ts"
import * as catalogue from "../../src/kernel/PriceCatalogue.ts"
import * as reconciler from "../../src/kernel/Reconciler.ts"
import * as dispute from "../../src/kernel/disputes/Dispute.ts"
import * as refund from "../../src/kernel/refunds/Refund.ts"
import * as refundLedger from "../../src/kernel/refunds/RefundLedger.ts"
import * as returnSearch from "../../src/kernel/refunds/ReturnSearch.ts"
import * as refundReconciler from "../../src/kernel/refunds/RefundReconciler.ts"
import * as refundRefusals from "../../src/kernel/refunds/refundRefusals.ts"
import * as refunds from "../../src/kernel/refunds/Refunds.ts"
import * as refundNews from "../../src/kernel/refunds/RefundNews.ts"
import * as refusals from "../../src/kernel/refusals.ts"
import * as decision from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import * as webhookInbox from "../../src/kernel/webhooks/WebhookInbox.ts"
import * as webhookIntake from "../../src/kernel/webhooks/WebhookIntake.ts"
import * as webhookProcessing from "../../src/kernel/webhooks/WebhookProcessing.ts"
import * as webhookRefusals from "../../src/kernel/webhooks/webhookRefusals.ts"
import * as operatorRefusals from "../../src/kernel/operations/operatorRefusals.ts"
import * as review from "../../src/kernel/reviews/Review.ts"
import * as reviewRefusals from "../../src/kernel/reviews/reviewRefusals.ts"
import * as reviewStore from "../../src/kernel/reviews/ReviewStore.ts"
import * as reviewsService from "../../src/kernel/reviews/Reviews.ts"
import * as operationsPage from "../../src/kernel/operations/Page.ts"
import * as paging from "../../src/kernel/operations/Paging.ts"
import * as gateRecord from "../../src/kernel/operations/GateRecord.ts"
import * as vault from "../../src/kernel/TokenVault.ts"

// A message that says what could not be read, and the tag that a refusal is told by, name the thing. A service
// whose key is another's would take its place.

const nouns = [
  attempt,
  card,
  disposition,
  entity,
  registry,
  eventDeliveries,
  eventRefusals,
  eventSecrets,
  eventSubscription,
  ids,
  account,
  money,
  outbox,
  ledger,
  provider,
  session,
  catalogue,
  refusals,
  decision,
  vault,
  webhookInbox,
  webhookRefusals,
  operatorRefusals,
  dispute,
  refund,
  refundRefusals,
  review,
  reviewRefusals,
  operationsPage
]

/** Everything of those modules that has a property of that name, with what it says. */
const saying = (modules: ReadonlyArray<object>, property: string): ReadonlyArray<[string, unknown]> =>
  modules
    .flatMap((module) => Object.entries(module))
    .flatMap(([name, value]) =>
      (Predicate.isFunction(value) || Predicate.isObject(value)) && Predicate.hasProperty(value, property)
        ? [[name, value[property]]]
        : []
    )

it("a noun is told by the name that it has in the code", () => {
  const named = saying(nouns, "identifier").filter(([, identifier]) => identifier !== undefined)
  expect(named.length).toBeGreaterThan(40)
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(named.map(([name]) => [name, name])))
})

it("a service has a key of its own, which says where it is declared", () => {
  const services = [
    chargeResolver,
    registry,
    eventDeliveries,
    eventDispatcher,
    eventSecrets,
    eventSender,
    eventSubscriptions,
    eventSubscriptionStore,
    gate,
    outbox,
    ledger,
    orchestrator,
    provider,
    sessions,
    catalogue,
    reconciler,
    refunds,
    refundLedger,
    refundReconciler,
    returnSearch,
    refundNews,
    disputeNews,
    vault,
    webhookInbox,
    webhookIntake,
    webhookProcessing,
    reviewStore,
    reviewsService,
    gateRecord,
    paging
  ]
  expect(saying(services, "key").map(([name, key]) => `${name}: ${String(key)}`)).toEqual([
    "ChargeResolver: payment-orchestration/kernel/ChargeResolver",
    "EntityRegistry: payment-orchestration/kernel/EntityRegistry",
    "EventDeliveries: payment-orchestration/kernel/events/EventDeliveries",
    "EventDispatcher: payment-orchestration/kernel/events/EventDispatcher",
    "EventSecrets: payment-orchestration/kernel/events/EventSecrets",
    "EventSender: payment-orchestration/kernel/events/EventSender",
    "EventSubscriptions: payment-orchestration/kernel/events/EventSubscriptions",
    "EventSubscriptionStore: payment-orchestration/kernel/events/EventSubscriptionStore",
    "FulfilmentGate: payment-orchestration/kernel/FulfilmentGate",
    "Outbox: payment-orchestration/kernel/Outbox",
    "PaymentLedger: payment-orchestration/kernel/PaymentLedger",
    "PaymentOrchestrator: payment-orchestration/kernel/PaymentOrchestrator",
    "ProviderNames: payment-orchestration/kernel/PaymentProvider/ProviderNames",
    "Providers: payment-orchestration/kernel/PaymentProvider/Providers",
    "PaymentSessions: payment-orchestration/kernel/PaymentSessions",
    "PriceCatalogue: payment-orchestration/kernel/PriceCatalogue",
    "Reconciler: payment-orchestration/kernel/Reconciler",
    "Refunds: payment-orchestration/kernel/refunds/Refunds",
    "RefundLedger: payment-orchestration/kernel/refunds/RefundLedger",
    "RefundReconciler: payment-orchestration/kernel/refunds/RefundReconciler",
    "ReturnSearch: payment-orchestration/kernel/refunds/ReturnSearch",
    "RefundNews: payment-orchestration/kernel/refunds/RefundNews",
    "DisputeNews: payment-orchestration/kernel/disputes/DisputeNews",
    "Vaults: payment-orchestration/kernel/TokenVault/Vaults",
    "WebhookInbox: payment-orchestration/kernel/webhooks/WebhookInbox",
    "WebhookIntake: payment-orchestration/kernel/webhooks/WebhookIntake",
    "WebhookProcessing: payment-orchestration/kernel/webhooks/WebhookProcessing",
    "ReviewStore: payment-orchestration/kernel/reviews/ReviewStore",
    "Reviews: payment-orchestration/kernel/reviews/Reviews",
    "GateRecord: payment-orchestration/kernel/operations/GateRecord",
    "PageRecord: payment-orchestration/kernel/operations/Paging/PageRecord",
    "Paging: payment-orchestration/kernel/operations/Paging"
  ])
})
