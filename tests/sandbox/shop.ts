import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { ConfigProvider, Context, Duration, Effect, Layer, Schedule, Schema } from "effect"
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/startSandbox.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import * as PriceCataloguePg from "../../src/db/PriceCataloguePg.ts"
import * as RefundLedgerPg from "../../src/db/RefundLedgerPg.ts"
import * as WebhookInboxPg from "../../src/db/webhooks/WebhookInboxPg.ts"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { MidId, ProviderName, type SessionId } from "../../src/kernel/ids.ts"
import { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { ReturnSearch } from "../../src/kernel/refunds/ReturnSearch.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { WebhookIntake } from "../../src/kernel/webhooks/WebhookIntake.ts"
import { WebhookProcessing } from "../../src/kernel/webhooks/WebhookProcessing.ts"
import { environmentSecrets } from "../../src/layers/environmentSecrets.ts"
import { ProviderAccounts } from "../../src/layers/providers/ProviderAccounts.ts"
import { providerNames, providers } from "../../src/layers/providers/providers.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"
import { vaults } from "../../src/layers/vault/vaults.ts"
import { seedRows } from "../db/support/seedRows.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { withoutTriggers, withTriggers } from "../db/support/scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import type { Received } from "./support.ts"
import { account, app, brandOf, company, fresh } from "../suites/world.ts"

export type Gateway = "stripe" | "nmi"

/** What the service wrote down of a session. Minor units. */
const Written = Schema.Struct({
  state: Schema.String,
  attempts: Schema.Array(
    Schema.Struct({ provider: Schema.String, state: Schema.String, code: Schema.String })
  ),
  captures: Schema.Array(Schema.Struct({ provider: Schema.String, amount: Schema.Int })),
  postings: Schema.Array(Schema.Int),
  incidents: Schema.Array(Schema.String),
  fulfilments: Schema.Int,
  refunds: Schema.Array(Schema.Struct({ kind: Schema.String, state: Schema.String, amount: Schema.Int }))
})
export type Written = typeof Written.Type

/** A company of its own with a merchant account at each gateway, asked in this order. */
export const openCompany = Effect.fnUntraced(function* (order: readonly [Gateway, Gateway]) {
  const owner = yield* Owner
  const registry = yield* EntityRegistry
  const entity = company()
  const brand = brandOf(entity)
  const accounts = order.map(
    (gateway, index) =>
      new MerchantAccount({
        ...account(entity.id),
        id: MidId.make(`mid_${gateway}_${fresh()}`),
        provider: ProviderName.make(gateway),
        credentials: `${gateway}_shop`,
        priority: index + 1
      })
  )
  yield* seedRows(owner, { entities: [entity], brands: [brand], accounts })
  yield* registry.snapshot.pipe(
    Effect.repeat({
      until: ({ accounts: known }) => accounts.every(({ id }) => known.has(id)),
      schedule: Schedule.spaced(Duration.millis(5))
    }),
    Effect.timeout(Duration.seconds(20))
  )
  return { entity, brand, accounts }
})
type Company = Effect.Success<ReturnType<typeof openCompany>>

/** What the gateways sign their webhooks with. */
export const webhookSecrets: Readonly<Record<Gateway, string>> = {
  stripe: "whsec_shop",
  nmi: "nmi_signing_key"
}

/** A Visa that no emulator knows for anything, another for each number. */
const plainCard = (nr: number): string => {
  const digits = `411111${String(nr).padStart(9, "0")}`
  const sum = [...digits].reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

const keepCard = (origin: string, number: string) =>
  Effect.promise(async () => {
    const response = await fetch(new URL("/tokens", origin), {
      method: "POST",
      headers: { "bt-api-key": "key_sandbox_private", "content-type": "application/json" },
      body: JSON.stringify({
        type: "card",
        data: { number, expiration_month: 12, expiration_year: 2034, cvc: "123" }
      })
    })
    const kept: unknown = await response.json()
    return String(typeof kept === "object" && kept !== null && "id" in kept ? kept.id : "")
  })

/**
 * The service as it is shipped, from its services down to the wire, over a real database and the emulators: only its
 * HTTP doors and its clockwork are left out.
 */
export class Shop extends Context.Service<
  Shop,
  {
    readonly sandbox: Sandbox
    /** Declares a session of a new amount and confirms it with a new card; what the customer was told. */
    readonly pay: (
      at: Company
    ) => Effect.Effect<{ readonly session: SessionId; readonly told: string; readonly amount: number }>
    /** Gives an amount of a session back, or all that is left: its state then, or why it is refused. */
    readonly giveBack: (session: SessionId, amount?: number) => Effect.Effect<string>
    /** A webhook knocks at the address of an account; whether it was taken, known already or refused. */
    readonly knock: (
      gateway: Gateway,
      mid: string,
      webhook: Received
    ) => Effect.Effect<"taken" | "known" | "refused">
    /** What was told by webhooks is looked into. */
    readonly workOff: Effect.Effect<void>
    readonly written: (session: SessionId) => Effect.Effect<Written>
    /** The reconciler asks for everything that is unresolved, now. */
    readonly reconcile: Effect.Effect<void>
    /** An hour passes for everything that is unresolved: every horizon is over. */
    readonly anHourLater: Effect.Effect<void>
    /** What of it went back, by whatever name. */
    readonly returned: (session: SessionId) => ReadonlyArray<number>
    /** What was captured at the gateways for a session, in minor units. */
    readonly moved: (
      session: SessionId
    ) => ReadonlyArray<{ readonly gateway: Gateway; readonly amount: number }>
  }
>()("payment-orchestration/tests/sandbox/shop") {
  static readonly layer = (options: SandboxOptions = {}) =>
    Layer.unwrap(
      Effect.map(startSandbox(options), (sandbox) => {
        const environment = ConfigProvider.fromEnvRecord({
          STRIPE_ORIGIN: sandbox.stripe.origin,
          NMI_ORIGIN: sandbox.nmi.origin,
          BASIS_THEORY_ORIGIN: sandbox.basisTheory.origin,
          BASIS_THEORY_API_KEY: "key_sandbox_private",
          SECRET_STRIPE_SHOP: "sk_test_sandbox_shop",
          SECRET_NMI_SHOP: "sandbox_shop",
          SECRET_STRIPE_SHOP_WEBHOOK: webhookSecrets.stripe,
          SECRET_NMI_SHOP_WEBHOOK: webhookSecrets.nmi
        })
        const storage = Layer.mergeAll(
          PaymentLedgerPg.layer,
          PriceCataloguePg.layer,
          RefundLedgerPg.layer,
          WebhookInboxPg.layer,
          EntityRegistryPg.layer.pipe(Layer.provide(Layer.mergeAll(providerNames, environmentSecrets)))
        )
        const accounts = ProviderAccounts.layer.pipe(Layer.provide(environmentSecrets))
        const outside = Layer.mergeAll(
          providers({ checkoutPage: (session) => `https://pay.example/pay/${session}` }).pipe(
            Layer.provide(Layer.mergeAll(StubGatewayLedger.layerMemory, accounts))
          ),
          vaults
        )
        const kernel = Layer.mergeAll(
          PaymentSessions.layer({ lifetime: Duration.hours(1) }),
          PaymentOrchestrator.layer,
          Reconciler.layer,
          Refunds.layer,
          WebhookIntake.layer,
          Layer.mergeAll(WebhookProcessing.layer, ReturnSearch.layer).pipe(
            Layer.provideMerge(Layer.mergeAll(RefundReconciler.layer, DisputeNews.layer))
          )
        )
        return Layer.effect(Shop, open(sandbox)).pipe(
          Layer.provideMerge(kernel),
          Layer.provideMerge(outside),
          Layer.provideMerge(storage),
          Layer.provideMerge(Owner.layer),
          Layer.provideMerge(TestDatabase.appLayer),
          Layer.provide(NodeCrypto.layer),
          Layer.provide(Layer.succeed(ConfigProvider.ConfigProvider, environment))
        )
      })
    )
}

const open = (sandbox: Sandbox) =>
  Effect.gen(function* () {
    const owner = yield* Owner
    const sessions = yield* PaymentSessions
    const orchestrator = yield* PaymentOrchestrator
    const reconciler = yield* Reconciler
    const refunds = yield* Refunds
    const refundReconciler = yield* RefundReconciler
    const intake = yield* WebhookIntake
    const processing = yield* WebhookProcessing
    let customers = 0

    const pay = Effect.fnUntraced(function* ({ entity, brand }: Company) {
      const nr = (customers += 1)
      const amount = 1000 + nr
      const declared = yield* sessions.create({
        by: app,
        body: {
          customer: `loop_user_${nr}`,
          brand: brand.id,
          entity: entity.id,
          intent: { type: "amount", amountCents: amount, currency: "USD" },
          mode: "hosted",
          product: "supplements"
        }
      })
      const tokenRef = yield* keepCard(sandbox.basisTheory.origin, plainCard(nr))
      const { outcome } = yield* orchestrator.confirm(declared.id, {
        by: app,
        idempotencyKey: undefined,
        body: { vaultToken: { vaultId: "basis_theory", tokenRef } }
      })
      return { session: declared.id, told: outcome, amount }
    })

    const written = Effect.fnUntraced(function* (session: SessionId) {
      const [row] = yield* owner<{ readonly written: unknown }>`select jsonb_build_object(
        'state', (select state from payment_sessions where session_id = ${session}),
        'attempts', (select coalesce(jsonb_agg(jsonb_build_object('provider', provider, 'state', state,
          'code', coalesce(evidence ->> 'code', '')) order by ordinal), '[]') from attempts where session_id = ${session}),
        'captures', (select coalesce(jsonb_agg(jsonb_build_object('provider', provider, 'amount', amount)
          order by captured_at), '[]') from captures where session_id = ${session}),
        'postings', (select coalesce(jsonb_agg(amount), '[]') from postings where session_id = ${session}),
        'incidents', (select coalesce(jsonb_agg(kind), '[]') from incidents where session_id = ${session}),
        'refunds', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'state', state, 'amount', amount)
          order by ordinal), '[]') from refunds where session_id = ${session}),
        'fulfilments', (select count(*) from fulfilments where session_id = ${session})) as written`
      return yield* Schema.decodeUnknownEffect(Written)(row?.written)
    })

    const due = owner`with a as (update attempts set next_check_at = now() where state = 'indeterminate')
      update refunds set next_check_at = now() where state = 'indeterminate'`
    return {
      sandbox,
      pay: (at: Company) => Effect.orDie(pay(at)),
      written: (session: SessionId) => Effect.orDie(written(session)),
      reconcile: Effect.orDie(
        Effect.andThen(due, Effect.andThen(reconciler.pass, refundReconciler.pass))
      ).pipe(Effect.asVoid),
      anHourLater: Effect.orDie(
        owner.withTransaction(
          Effect.gen(function* () {
            for (const table of ["attempts", "refunds"]) {
              yield* owner.unsafe(withoutTriggers(table))
              yield* owner`update ${owner(table)} set written_at = written_at - interval '1 hour'
                where state = 'indeterminate'`
              yield* owner.unsafe(withTriggers(table))
            }
          })
        )
      ),
      knock: (gateway: Gateway, mid: string, { headers, body }: Received) =>
        intake
          .receive({
            provider: gateway,
            mid,
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, value]) => [name, String(value)])
            ),
            body: new TextEncoder().encode(body)
          })
          .pipe(
            Effect.map((isNew) => (isNew ? "taken" : "known")),
            Effect.catchTag("WebhookNotSigned", () => Effect.succeed("refused" as const)),
            Effect.orDie
          ),
      workOff: Effect.asVoid(Effect.orDie(processing.pass)),
      giveBack: (session: SessionId, amount?: number) =>
        Effect.match(
          refunds.refund(session, {
            by: app,
            idempotencyKey: undefined,
            body: { reason: "it came back", ...(amount === undefined ? {} : { amount }) }
          }),
          { onFailure: ({ _tag }) => _tag, onSuccess: ({ state }) => state }
        ),
      returned: (session: SessionId) =>
        [sandbox.stripe, sandbox.nmi].flatMap((gateway) => {
          const { movements } = gateway.books()
          const charges = new Set(
            movements.flatMap(({ order, reference }) => (order.startsWith(`${session}-`) ? [reference] : []))
          )
          return movements.flatMap(({ kind, reference, amount }) =>
            (kind === "refunded" || kind === "voided") && charges.has(reference) ? [amount] : []
          )
        }),
      moved: (session: SessionId) =>
        (["stripe", "nmi"] as const).flatMap((gateway) =>
          sandbox[gateway]
            .books()
            .movements.flatMap(({ kind, order, amount }) =>
              kind === "captured" && order.startsWith(`${session}-`) ? [{ gateway, amount }] : []
            )
        )
    }
  })
