import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Logger, Predicate, References, Tracer } from "effect"
import { HttpServer } from "effect/http"
import { ApiKeys } from "../../src/db/ApiKeys.ts"
import * as KeyRecordPg from "../../src/db/access/KeyRecordPg.ts"
import * as KeySecretsHmac from "../../src/db/access/KeySecretsHmac.ts"
import { keyHashSecretsOf } from "../../src/db/access/keyHash.ts"
import * as ChangeStorePg from "../../src/db/changes/ChangeStorePg.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import * as RefundLedgerPg from "../../src/db/RefundLedgerPg.ts"
import * as PriceCataloguePg from "../../src/db/PriceCataloguePg.ts"
import { LiveChanges } from "../../src/db/live/LiveChanges.ts"
import * as EventSubscriptionStorePg from "../../src/db/events/EventSubscriptionStorePg.ts"
import { PaymentReads } from "../../src/db/reads/PaymentReads.ts"
import * as PageRecordPg from "../../src/db/PageRecordPg.ts"
import * as GateRecordPg from "../../src/db/GateRecordPg.ts"
import * as ReviewStorePg from "../../src/db/reviews/ReviewStorePg.ts"
import * as WebhookInboxPg from "../../src/db/webhooks/WebhookInboxPg.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import type { LiveBounds } from "../../src/graphql/live/LiveSubscriptions.ts"
import { graphqlRoutes } from "../../src/graphql/server.ts"
import { noTrustedDocuments, type TrustedDocuments } from "../../src/graphql/trusted/TrustedDocuments.ts"
import { statusOf } from "../../src/http/refusals.ts"
import { restRoutes } from "../../src/http/restRoutes.ts"
import { listener } from "../../src/http/listener.ts"
import { httpServer } from "../../src/http/server.ts"
import type { KeyRecord } from "../../src/kernel/access/KeyRecord.ts"
import { Changes } from "../../src/kernel/changes/Changes.ts"
import { SignedRefunds } from "../../src/kernel/changes/SignedRefunds.ts"
import type { ChangeStore } from "../../src/kernel/changes/ChangeStore.ts"
import type { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { EventSubscriptions } from "../../src/kernel/events/EventSubscriptions.ts"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { RateLimits } from "../../src/kernel/limits/RateLimits.ts"
import type { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { ProviderNames, Providers, providersOf } from "../../src/kernel/PaymentProvider.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import type { PriceCatalogue } from "../../src/kernel/PriceCatalogue.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { Vaults, vaultsOf, type VaultUnavailable } from "../../src/kernel/TokenVault.ts"
import { ExclusionReason } from "../../src/kernel/routing/ExclusionReason.ts"
import type { GateRecord } from "../../src/kernel/operations/GateRecord.ts"
import type { PageRecord } from "../../src/kernel/operations/Paging.ts"
import { Reviews } from "../../src/kernel/reviews/Reviews.ts"
import type { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { defaultTimings } from "../../src/layers/providers/stub/config.ts"
import { makeStubProvider } from "../../src/layers/providers/stub/driver.ts"
import { pgStubGatewayLedger } from "../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"
import { makeStubVault } from "../../src/layers/vault/stub/StubVault.ts"
import { Resolver } from "../../src/layers/webhooks/Resolver.ts"
import * as SealedSecrets from "../../src/layers/webhooks/SealedSecrets.ts"
import * as WebhookSender from "../../src/layers/webhooks/WebhookSender.ts"
import { keepsAttribute } from "../../src/telemetry/attributes.ts"
import { sentOnce } from "../support/sentOnce.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { addresses } from "../support/checkoutAddresses.ts"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is something else. */
  readonly json: unknown
}

interface Ask {
  readonly variables?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Both doors, listening, over the real kernel, the real database and the simulated gateways. */
export class Doors extends Context.Service<
  Doors,
  {
    readonly origin: string
    /** Every line that was logged so far, as one text each. */
    readonly log: ReadonlyArray<string>
    /** Every span that began so far, with what of it may leave the process. */
    readonly traced: () => string
    /** The SQL that the doors ran so far; looking up keys and the gateways' own books are not counted. */
    readonly statements: () => ReadonlyArray<string>
    readonly fetch: (path: string, init?: RequestInit) => Effect.Effect<Answer>
    /** POSTs a query with the development key. */
    readonly ask: (query: string, more?: Ask) => Effect.Effect<Answer>
  }
>()("payment-orchestration/tests/graphql/support/Doors") {}

/** The drivers of the seeded accounts, who do not wait long for an answer that never comes. */
const drivers = Layer.effect(
  Providers,
  Effect.gen(function* () {
    const ledger = yield* StubGatewayLedger
    const timings = { ...defaultTimings, deadline: Duration.millis(400), slow: Duration.millis(200) }
    return yield* sentOnce(
      providersOf(["stub_a", "stub_b"].map((name) => makeStubProvider({ name, ledger, timings })))
    )
  })
)

/** What happens before the simulated vault tells of a card; nothing, unless a test sets it. */
export class VaultFault extends Context.Service<
  VaultFault,
  { before: Effect.Effect<void, VaultUnavailable> }
>()("payment-orchestration/tests/graphql/support/VaultFault") {}

const vault = Layer.effectContext(
  Effect.sync(() => {
    const fault: VaultFault["Service"] = { before: Effect.void }
    const slow = makeStubVault({ reading: Effect.suspend(() => fault.before) })
    return Context.make(Vaults, vaultsOf([slow])).pipe(Context.add(VaultFault, fault))
  })
)

/** What the doors ask for. */
export type Kernel =
  | ApiKeys
  | EntityRegistry
  | EventSubscriptions
  | FulfilmentGate
  | PaymentLedger
  | PaymentOrchestrator
  | LiveChanges
  | PaymentReads
  | PaymentSessions
  | PriceCatalogue
  | WebhookInbox
  | Refunds
  | Reviews
  | Changes
  | ChangeStore
  | GateRecord
  | KeyRecord
  | PageRecord

const stubGateways = Layer.unwrap(
  Effect.map(TestDatabase, ({ connect }) => pgStubGatewayLedger.pipe(Layer.provide(connect("payments_stub"))))
)

const storage = Layer.mergeAll(
  PaymentLedgerPg.layer,
  RefundLedgerPg.layer,
  PriceCataloguePg.layer,
  EntityRegistryPg.layer,
  EventSubscriptionStorePg.layer,
  WebhookInboxPg.layer,
  ReviewStorePg.layer,
  ChangeStorePg.layer,
  GateRecordPg.layer,
  KeyRecordPg.layer.pipe(
    Layer.provide(KeySecretsHmac.layer({ keyHashSecrets: keyHashSecretsOf(undefined, true) }))
  ),
  PageRecordPg.layer,
  LiveChanges.layer,
  ApiKeys.layer({ loopbackOnly: true, keyHashSecrets: keyHashSecretsOf(undefined, true) }),
  PaymentReads.layer
)

const kernel = Layer.mergeAll(
  PaymentSessions.layer({ lifetime: Duration.hours(1) }),
  PaymentOrchestrator.layer,
  FulfilmentGate.layer,
  Refunds.layer,
  RefundReconciler.layer,
  DisputeNews.layer,
  Reviews.layer,
  Changes.layer.pipe(Layer.provide(SignedRefunds.layer)),
  EventSubscriptions.layer
).pipe(
  Layer.provideMerge(storage.pipe(Layer.provide(ProviderNames.layer))),
  Layer.provideMerge(
    Layer.mergeAll(
      drivers.pipe(Layer.provide(stubGateways)),
      vault,
      SealedSecrets.layer({ eventSecretsKey: undefined, loopbackOnly: true }),
      WebhookSender.layer({ loopbackToo: false }).pipe(
        Layer.provide(Layer.succeed(Resolver, { resolve: () => Effect.succeed(["93.184.216.34"]) }))
      )
    )
  ),
  Layer.provide(NodeCrypto.layer)
)

interface DoorSettings {
  /** Puts other services in the place of real ones. */
  readonly replace?: (services: Context.Context<Kernel>) => Context.Context<Kernel>
  readonly graphiql?: boolean
  /** What differs from the bounds of subscriptions. */
  readonly live?: Partial<LiveBounds>
  readonly trusted?: TrustedDocuments
}

/** Doors over the real services of the context. */
export const openDoors = ({
  replace = (services) => services,
  graphiql = true,
  live = {},
  trusted = noTrustedDocuments
}: DoorSettings = {}) =>
  Layer.effect(
    Doors,
    Effect.gen(function* () {
      const log: Array<string> = []
      const spans: Array<Tracer.Span> = []
      const capture = Logger.make(({ message, cause, fiber }) => {
        log.push(
          [message, cause, JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))]
            .map(String)
            .join(" ")
        )
      })
      const tracer = Tracer.make({
        span: (options) => {
          const span = Tracer.nativeTracer.span(options)
          spans.push(span)
          return span
        }
      })
      const services = yield* Effect.context<Kernel>()
      const context = yield* httpServer(
        Layer.mergeAll(restRoutes(addresses), graphqlRoutes({ addresses, graphiql, live, trusted }))
      ).pipe(
        Layer.provide([
          Layer.succeedContext(replace(services)),
          NodeCrypto.layer,
          Logger.layer([capture]),
          Layer.succeed(Tracer.Tracer, tracer)
        ]),
        Layer.provideMerge(NodeHttpServer.layer(listener(), { port: 0, host: "127.0.0.1" })),
        Layer.build
      )
      const origin = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
      const call = (path: string, init?: RequestInit) =>
        Effect.promise(async (): Promise<Answer> => {
          const response = await fetch(`${origin}${path}`, init)
          const text = await response.text()
          const isJson = response.headers.get("content-type")?.includes("json") === true
          const json: unknown = isJson ? JSON.parse(text) : undefined
          return { status: response.status, headers: response.headers, text, json }
        })
      return {
        origin,
        log,
        traced: () =>
          spans
            .flatMap(({ name, attributes }) => [
              name,
              ...[...attributes].flatMap(([key, value]) =>
                keepsAttribute(key, value) ? [String(value)] : []
              )
            ])
            .join("\n"),
        statements: () =>
          spans
            .map((span) => span.attributes.get("db.query.text"))
            .filter(Predicate.isString)
            .filter((text) => !/api_key|stub_gateway/.test(text)),
        fetch: call,
        ask: (query, { variables, headers } = {}) =>
          call("/graphql", {
            method: "POST",
            headers: {
              authorization: `Bearer ${developmentKey.key}`,
              "content-type": "application/json",
              ...headers
            },
            body: JSON.stringify({ query, variables })
          }).pipe(Effect.tap(({ json }) => Effect.sync(() => speaksInCodes(json))))
      }
    })
  )

/** What stands behind the doors: the real kernel on a database of its own. */
export const house = kernel.pipe(Layer.provideMerge(TestDatabase.appLayer))

/** The same with limits on how often something may be asked. */
export const houseWith = (limits: RateLimits) => kernel.pipe(Layer.provide(Layer.succeed(RateLimits, limits)))

/** The doors of a house of their own. */
export const doors = openDoors().pipe(Layer.provideMerge(house))

/** The field of an answer that has no errors. */
export const dataOf = ({ json }: Answer, ...path: ReadonlyArray<string>): unknown => {
  assert.isTrue(Predicate.isObject(json) && !("errors" in json), JSON.stringify(json))
  return at(json, "data", ...path)
}

const tags = new Set<unknown>([
  ...Object.keys(statusOf),
  ...ExclusionReason.members.map(({ fields }) => fields._tag.schema.literal)
])

/** No answer names anything as only the source code does: what refuses has a code, and types have their names. */
const speaksInCodes = (json: unknown): void => {
  if (Array.isArray(json)) json.forEach(speaksInCodes)
  else if (Predicate.isObject(json)) {
    for (const [name, value] of Object.entries(json)) {
      // The schema names its types.
      if (name === "__schema") continue
      assert.isFalse(
        name === "_tag" || (name !== "__typename" && tags.has(value)),
        `${name}: ${String(value)}`
      )
      speaksInCodes(value)
    }
  }
}

/** What stands at a path of some JSON. */
export const at = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((value, key) => (Predicate.hasProperty(value, key) ? value[key] : undefined), json)

/** The code of every refusal that a test of this process was answered with. */
export const codesSeen = new Set<string>()

/** A field of a query, asked for and answered without an error. */
export const field = Effect.fnUntraced(function* (
  query: string,
  name: string,
  variables: Readonly<Record<string, unknown>> = {}
) {
  const found = dataOf(yield* (yield* Doors).ask(query, { variables }), name)
  const code = at(found, "code")
  if (Predicate.isString(code)) codesSeen.add(code)
  return found
})

/** One line of the price catalogue, as `loop-bio` sells it. */
export const declared = {
  customer: "loop_user_1",
  brand: "loop-bio",
  entity: "loop_bio_labs",
  mode: "hosted",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] }
}

const createQuery = `mutation ($input: CreatePaymentSessionInput!, $key: String) {
  createPaymentSession(input: $input, idempotencyKey: $key) {
    __typename
    ... on CreatePaymentSessionPayload { url embedToken session { sessionId state } }
    ... on Refusal { code field message }
  }
}`

export const create = (input: unknown, key?: string) =>
  field(createQuery, "createPaymentSession", { input, key })

/** A new session's id. */
export const newSession = Effect.fnUntraced(function* (input: unknown = declared) {
  const id = at(yield* create(input), "session", "sessionId")
  assert.isString(id)
  return String(id)
})

const confirmQuery = `mutation ($input: ConfirmPaymentSessionInput!, $key: String) {
  confirmPaymentSession(input: $input, idempotencyKey: $key) {
    __typename
    ... on ConfirmPaymentSessionPayload {
      outcome state message session { state attempts { nodes { ordinal state merchantAccount { midId } } } }
    }
    ... on Refusal { code field message }
  }
}`

export const confirm = (session: string, tokenRef: string, key?: string, more: object = {}) =>
  field(confirmQuery, "confirmPaymentSession", {
    input: { session, vaultToken: { vaultId: "stub", tokenRef }, ...more },
    key
  })
