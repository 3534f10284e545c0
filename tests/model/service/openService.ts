// The service as it is shipped, on a database of its own and a listener on loopback: both doors, kernel, ledger,
// registry, gateways with their own books. Only the workers are away, because the tests say when their work is done,
// and the clock of the process stands still, because the tests say when it goes on.
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Clock, Context, Duration, Effect, Exit, Layer, Logger, Schedule, Scope } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { createServer } from "node:http"
import { ApiKeys } from "../../../src/db/ApiKeys.ts"
import * as Database from "../../../src/db/Database.ts"
import * as EntityRegistryPg from "../../../src/db/EntityRegistryPg.ts"
import * as PaymentLedgerPg from "../../../src/db/PaymentLedgerPg.ts"
import * as PriceCataloguePg from "../../../src/db/PriceCataloguePg.ts"
import { LiveChanges } from "../../../src/db/live/LiveChanges.ts"
import { PaymentReads } from "../../../src/db/reads/PaymentReads.ts"
import { developmentKey } from "../../../src/db/seedData.ts"
import { graphqlRoutes } from "../../../src/graphql/server.ts"
import { restRoutes } from "../../../src/http/restRoutes.ts"
import { httpServer } from "../../../src/http/server.ts"
import { EventSubscriptions } from "../../../src/kernel/events/EventSubscriptions.ts"
import { PageRecord } from "../../../src/kernel/operations/Paging.ts"
import { KeyRecord } from "../../../src/kernel/access/KeyRecord.ts"
import { GateRecord } from "../../../src/kernel/operations/GateRecord.ts"
import { Reviews } from "../../../src/kernel/reviews/Reviews.ts"
import { WebhookInbox } from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { Changes } from "../../../src/kernel/changes/Changes.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { FulfilmentGate } from "../../../src/kernel/FulfilmentGate.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../../src/kernel/PaymentOrchestrator.ts"
import { ProviderNames, Providers, providersOf } from "../../../src/kernel/PaymentProvider.ts"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import { Reconciler } from "../../../src/kernel/Reconciler.ts"
import { Refunds } from "../../../src/kernel/refunds/Refunds.ts"
import { Vaults, vaultsOf } from "../../../src/kernel/TokenVault.ts"
import { pgStubGatewayLedger } from "../../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { makeStubVault } from "../../../src/layers/vault/stub/StubVault.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import type { Caller } from "../expected/requests.ts"
import { Stage } from "../stage.ts"
import { type Hand, makeHand } from "./hand.ts"
import { steppedLedger } from "./steppedLedger.ts"
import { steppedProvider } from "./steppedProviders.ts"
import { addresses } from "../../support/checkoutAddresses.ts"
import { giveKey } from "../../support/apiKeys.ts"

/** The keys that the callers send; nobody knows the last one. */
export const apiKeys: Readonly<Record<Caller, string>> = {
  shop: developmentKey.key,
  kiosk: "sk_model_kiosk",
  nobody: "sk_model_nobody"
}

/** The work that no door does, as the workers do it. */
export interface Workers {
  readonly reconcile: () => Promise<Readonly<Record<string, number>>>
  readonly takeOver: () => Promise<number>
  readonly expire: () => Promise<number>
}

/** What a test may put in the place of the real service, to see that it is noticed. */
export type Replace = (stage: Stage) => Layer.Layer<PaymentLedger, never, PaymentLedger>

const kernelOver = (stage: Stage, hand: Hand, replace: Replace) => {
  const storage = Layer.mergeAll(
    replace(stage).pipe(Layer.provide(steppedLedger(stage, hand)), Layer.provide(PaymentLedgerPg.layer)),
    PriceCataloguePg.layer,
    EntityRegistryPg.layer,
    ApiKeys.layer({ loopbackOnly: true, keyHashSecrets: [] }),
    PaymentReads.layer
  )
  const gateways = Layer.unwrap(
    Effect.map(TestDatabase, ({ connect }) =>
      pgStubGatewayLedger.pipe(Layer.provide(connect("payments_stub")))
    )
  )
  const drivers = Layer.effect(
    Providers,
    Effect.forEach(["stub_a", "stub_b"], (name) => steppedProvider(name, stage)).pipe(Effect.map(providersOf))
  )
  return Layer.mergeAll(
    PaymentSessions.layer({ lifetime: Duration.hours(1) }),
    PaymentOrchestrator.layer,
    FulfilmentGate.layer,
    // No caller of the model subscribes.
    Layer.mock(EventSubscriptions, {}),
    Layer.succeed(LiveChanges, { hear: () => () => {} }),
    Layer.mock(WebhookInbox, {}),
    // Nor does one refund: those have a model of their own.
    // Nothing is given back here, so what a session waits for is not asked of the model.
    Layer.mock(Refunds, {
      ofSession: () =>
        Effect.succeed({ captures: [], refunds: [], disputes: [], waitsFor: [], lateCaptures: [] })
    }),
    Layer.mock(Reviews, {}),
    Layer.mock(Changes, {}),
    Layer.mock(GateRecord, {}),
    Layer.mock(KeyRecord, {}),
    Layer.mock(PageRecord, {}),
    Reconciler.layer
  ).pipe(
    Layer.provideMerge(storage.pipe(Layer.provide(ProviderNames.layer))),
    Layer.provideMerge(
      Layer.mergeAll(
        drivers.pipe(Layer.provide(gateways), Layer.orDie),
        Layer.sync(Vaults, () => vaultsOf([makeStubVault()]))
      )
    ),
    Layer.provide(NodeCrypto.layer)
  )
}

const asItIs: Replace = () => Layer.effect(PaymentLedger, Effect.service(PaymentLedger))

/** A clock on which nothing passes but what the tests let pass, so that no permit is ever too old by accident. */
const clockOf = (real: Clock.Clock, passed: () => bigint): Clock.Clock => {
  const origin = real.monotonicTimeNanosUnsafe()
  const now = () => origin + passed()
  return {
    currentTimeMillisUnsafe: () => real.currentTimeMillisUnsafe(),
    currentTimeMillis: real.currentTimeMillis,
    currentTimeNanosUnsafe: () => real.currentTimeNanosUnsafe(),
    currentTimeNanos: real.currentTimeNanos,
    monotonicTimeNanosUnsafe: now,
    monotonicTimeNanos: Effect.sync(now),
    sleep: (duration) => real.sleep(duration)
  }
}

const giveOutKey = Effect.fnUntraced(function* (key: string, principal: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(giveKey(key, principal))
})

/** A listening service in the scope. */
const open = Effect.fnUntraced(function* (replace: Replace) {
  const stage = new Stage()
  const complaints: Array<string> = []
  let paused = 0n
  const clock = clockOf(yield* Clock.Clock, () => paused)
  const database = yield* Layer.build(TestDatabase.appLayer)
  const { url, connect } = Context.get(database, TestDatabase)
  const hand = yield* makeHand.pipe(Effect.provide(yield* Layer.build(Database.administrator(url))))
  yield* giveOutKey(apiKeys.kiosk, "kiosk").pipe(
    Effect.provide(yield* Layer.build(connect("payments_owner", 1)))
  )
  const listen = Logger.make(({ message, cause, logLevel }) => {
    if (logLevel === "Error" || logLevel === "Fatal") complaints.push([message, cause].map(String).join(" "))
  })
  const surroundings = Context.make(Clock.Clock, clock)
  const services = yield* httpServer(
    Layer.mergeAll(restRoutes(addresses), graphqlRoutes({ addresses, graphiql: false }))
  ).pipe(
    Layer.provideMerge(kernelOver(stage, hand, replace)),
    Layer.provide([Layer.succeedContext(database), NodeCrypto.layer, Logger.layer([listen])]),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
    Layer.build,
    Effect.provideContext(surroundings)
  )
  const { pass, takeOver } = Context.get(services, Reconciler)
  const ledger = Context.get(services, PaymentLedger)
  const run = Effect.runPromiseWith(surroundings)
  const workers = (requestId: string): Workers => {
    const work = <A, E>(effect: Effect.Effect<A, E>) => run(Effect.annotateLogs(effect, { requestId }))
    return {
      reconcile: async () => ({ ...(await work(pass)) }),
      takeOver: () => work(takeOver),
      expire: () => work(ledger.expireDue(batch))
    }
  }
  const registry = Context.get(services, EntityRegistry)
  /** The same, until the routing of this process has heard of it. */
  const resume = (mid: string) =>
    run(
      Effect.andThen(
        hand.resume(mid),
        Effect.repeat(registry.snapshot, {
          until: ({ accounts }) => accounts.get(mid)?.killSwitch === false,
          schedule: Schedule.spaced(Duration.millis(2))
        })
      )
    )
  return {
    resume,
    origin: HttpServer.formatAddress(Context.get(services, HttpServer.HttpServer).address),
    stage,
    hand,
    workers,
    complaints,
    run,
    processPauses: (ms: number) => {
      paused += BigInt(ms) * 1_000_000n
    }
  }
})

/** As much as the workers take on at a time. */
const batch = 200

export type Opened = Effect.Success<ReturnType<typeof open>> & { readonly close: () => Promise<void> }

export const openService = async (replace: Replace = asItIs): Promise<Opened> => {
  const scope = await Effect.runPromise(Scope.make())
  const opened = await Effect.runPromise(Scope.provide(open(replace), scope))
  const close = () => {
    // Closing waits for charges under way, and a run that failed may have left one standing.
    opened.stage.free()
    return Effect.runPromise(Scope.close(scope, Exit.void))
  }
  return { ...opened, close }
}
