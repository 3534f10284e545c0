import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Layer, type Redacted, Result } from "effect"
import { Aead, Digest, SecureRandom } from "effect/crypto"
import { hostname } from "node:os"
import type { Settings } from "./config.ts"
import * as KeyRecordPg from "./db/access/KeyRecordPg.ts"
import * as KeySecretsHmac from "./db/access/KeySecretsHmac.ts"
import { ApiKeys } from "./db/ApiKeys.ts"
import * as CheckoutTurnsPg from "./db/checkout/CheckoutTurnsPg.ts"
import * as EmbedExchangesPg from "./db/checkout/EmbedExchangesPg.ts"
import * as ChangeStorePg from "./db/changes/ChangeStorePg.ts"
import * as Database from "./db/Database.ts"
import * as EntityRegistryPg from "./db/EntityRegistryPg.ts"
import * as EventDeliveriesPg from "./db/events/EventDeliveriesPg.ts"
import * as EventSubscriptionStorePg from "./db/events/EventSubscriptionStorePg.ts"
import * as PageRecordPg from "./db/PageRecordPg.ts"
import * as GateRecordPg from "./db/GateRecordPg.ts"
import * as OutboxPg from "./db/OutboxPg.ts"
import * as PaymentLedgerPg from "./db/PaymentLedgerPg.ts"
import * as RefundLedgerPg from "./db/RefundLedgerPg.ts"
import * as PriceCataloguePg from "./db/PriceCataloguePg.ts"
import { LiveChanges } from "./db/live/LiveChanges.ts"
import { OperationsReads } from "./db/operations/OperationsReads.ts"
import { PaymentReads } from "./db/reads/PaymentReads.ts"
import * as ReviewStorePg from "./db/reviews/ReviewStorePg.ts"
import * as WebhookInboxPg from "./db/webhooks/WebhookInboxPg.ts"
import { graphqlRoutes } from "./graphql/server.ts"
import { checkoutAddresses } from "./http/checkout/addresses.ts"
import { checkoutRoutes } from "./http/checkout/checkoutRoutes.ts"
import { readyRoute } from "./http/readyRoute.ts"
import { restRoutes } from "./http/restRoutes.ts"
import { listener } from "./http/listener.ts"
import { httpServer } from "./http/server.ts"
import { webhookRoutes } from "./http/webhookRoutes.ts"
import { Changes } from "./kernel/changes/Changes.ts"
import { ChangeLifetime } from "./kernel/changes/ChangeStore.ts"
import { SignedRefunds } from "./kernel/changes/SignedRefunds.ts"
import { Checkout } from "./kernel/checkout/Checkout.ts"
import { DisputeNews } from "./kernel/disputes/DisputeNews.ts"
import { EventDispatcher } from "./kernel/events/EventDispatcher.ts"
import { EventSubscriptions } from "./kernel/events/EventSubscriptions.ts"
import { FulfilmentGate } from "./kernel/FulfilmentGate.ts"
import { RateLimits } from "./kernel/limits/RateLimits.ts"
import { PaymentOrchestrator } from "./kernel/PaymentOrchestrator.ts"
import { PaymentSessions } from "./kernel/PaymentSessions.ts"
import { Reconciler } from "./kernel/Reconciler.ts"
import { Paging } from "./kernel/operations/Paging.ts"
import { Reviews } from "./kernel/reviews/Reviews.ts"
import { WebhookIntake } from "./kernel/webhooks/WebhookIntake.ts"
import { WebhookProcessing } from "./kernel/webhooks/WebhookProcessing.ts"
import { RefundReconciler } from "./kernel/refunds/RefundReconciler.ts"
import { ReturnSearch } from "./kernel/refunds/ReturnSearch.ts"
import { Refunds } from "./kernel/refunds/Refunds.ts"
import { environmentSecrets } from "./layers/environmentSecrets.ts"
import { ProviderAccounts } from "./layers/providers/ProviderAccounts.ts"
import { providerNames, providers } from "./layers/providers/providers.ts"
import { pgStubGatewayLedger } from "./layers/providers/stub/PgStubGatewayLedger.ts"
import { StubWebhookTarget } from "./layers/providers/stub/teller.ts"
import { vaults } from "./layers/vault/vaults.ts"
import { Resolver } from "./layers/webhooks/Resolver.ts"
import * as SealedSecrets from "./layers/webhooks/SealedSecrets.ts"
import * as WebhookSender from "./layers/webhooks/WebhookSender.ts"
import { trustedBy } from "./settings/trustedBy.ts"
import { metricsServer } from "./telemetry/metricsServer.ts"
import { ClusterSeat } from "./workers/ClusterSeat.ts"
import { EventConsumers } from "./workers/EventConsumers.ts"
import { workers } from "./workers/workers.ts"

/** The whole service over one database: kernel, storage, providers, doors and workers. */
export const service = (settings: Settings, url: Redacted.Redacted) => {
  const addresses = checkoutAddresses(settings)
  const pool = (role: Database.Role, maxConnections: number, name: string = role) =>
    Database.layer({ url, role, maxConnections, name })

  const stubBooks = pgStubGatewayLedger.pipe(
    Layer.provide(
      Database.layer({ url: settings.stubDatabaseUrl ?? url, role: "payments_stub", maxConnections: 4 })
    )
  )
  const storage = Layer.mergeAll(
    PaymentLedgerPg.layer,
    PriceCataloguePg.layer,
    OutboxPg.layer,
    RefundLedgerPg.layer,
    CheckoutTurnsPg.layer(),
    EntityRegistryPg.layer.pipe(Layer.provide(Layer.mergeAll(providerNames, environmentSecrets)))
  ).pipe(Layer.provideMerge(pool("payments_app", settings.databaseConnections, "money")))

  const accounts = ProviderAccounts.layer.pipe(Layer.provide(Layer.mergeAll(storage, environmentSecrets)))

  const outside = Layer.mergeAll(
    providers({ checkoutPage: addresses.backTo }).pipe(
      Layer.provide(Layer.mergeAll(stubBooks, accounts)),
      Layer.provide(
        Layer.succeed(StubWebhookTarget, { address: reachable(settings.host), port: settings.port })
      )
    ),
    vaults,
    SealedSecrets.layer(settings).pipe(Layer.provide(Aead.layerWebCrypto)),
    WebhookSender.layer({ loopbackToo: settings.loopbackOnly }).pipe(Layer.provide(Resolver.layer))
  )

  // Connections of their own: a slow list on a dashboard does not stand in front of a charge.
  const reads = Layer.mergeAll(PaymentReads.layer, ApiKeys.layer(settings)).pipe(
    Layer.provide(pool("payments_app", settings.databaseReadConnections, "reads"))
  )

  // One to listen, one to take notes away.
  const live = LiveChanges.layer.pipe(Layer.provide(pool("payments_app", 2, "live")))

  // So have events on their way out: many deliveries that end at once do not either.
  const events = Layer.mergeAll(
    EventSubscriptionStorePg.layer,
    EventDeliveriesPg.layer,
    WebhookInboxPg.layer,
    ReviewStorePg.layer,
    ChangeStorePg.layer,
    GateRecordPg.layer,
    KeyRecordPg.layer.pipe(Layer.provide(KeySecretsHmac.layer(settings))),
    PageRecordPg.layer,
    EmbedExchangesPg.layer
  ).pipe(Layer.provide(pool("payments_app", 4, "events")))

  const kernel = Layer.mergeAll(
    PaymentSessions.layer({ lifetime: settings.sessionLifetime }),
    Checkout.layer.pipe(Layer.provideMerge(PaymentOrchestrator.layer)),
    FulfilmentGate.layer,
    Reconciler.layer,
    Refunds.layer,
    EventSubscriptions.layer,
    EventDispatcher.layer,
    Reviews.layer,
    Changes.layer.pipe(Layer.provide(SignedRefunds.layer)),
    Paging.layer({ patience: settings.pageAfter }),
    WebhookIntake.layer,
    Layer.mergeAll(WebhookProcessing.layer, ReturnSearch.layer).pipe(
      Layer.provideMerge(Layer.mergeAll(RefundReconciler.layer, DisputeNews.layer))
    )
  ).pipe(Layer.provideMerge(Layer.mergeAll(storage, reads, live, events)), Layer.provideMerge(outside))

  const operations = OperationsReads.layer.pipe(Layer.provide(pool("payments_app", 1, "operations")))

  const doors = httpServer(
    Layer.mergeAll(
      restRoutes(addresses, settings),
      readyRoute(settings).pipe(Layer.provide(operations)),
      checkoutRoutes({ ...settings, addresses }),
      webhookRoutes,
      graphqlRoutes({
        addresses,
        graphiql: settings.loopbackOnly,
        sandbox: settings.sandbox,
        live: {
          perKey: settings.subscriptionsPerKey,
          lifetime: settings.subscriptionLifetime,
          waiting: settings.subscriptionBuffer
        },
        // Judged with the other settings, before anything was started.
        trusted: Result.getOrThrow(trustedBy(settings))
      })
    ),
    settings
  ).pipe(Layer.provideMerge(NodeHttpServer.layer(listener(), { host: settings.host, port: settings.port })))

  return Layer.mergeAll(
    doors,
    metricsServer(settings).pipe(Layer.provide(operations)),
    workers(pool("payments_cluster", 4), { host: hostname(), port: settings.port })
  ).pipe(
    Layer.provide([EventConsumers.layer, Layer.sync(ClusterSeat, () => ({ isTaken: () => false }))]),
    Layer.provideMerge(kernel),
    Layer.provide(
      Layer.mergeAll(
        SecureRandom.layerWebCrypto,
        Digest.layerWebCrypto,
        Layer.succeed(ChangeLifetime, settings.changeLifetime)
      )
    ),
    Layer.provide(Layer.succeed(RateLimits, settings.rateLimits))
  )
}

/** An address of this machine at which a server that listens there is reached. */
const reachable = (host: string): string => {
  if (host === "0.0.0.0" || host === "localhost") return "127.0.0.1"
  return host === "::" ? "::1" : host
}
