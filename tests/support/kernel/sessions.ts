import { DateTime, Duration, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { Brand, Entity } from "../../../src/kernel/Entity.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { BrandId, EntityId, Principal } from "../../../src/kernel/ids.ts"
import { type Declaring, PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { PaymentSession, type SessionDeclaration } from "../../../src/kernel/PaymentSession.ts"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import { PriceCatalogue } from "../../../src/kernel/PriceCatalogue.ts"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import type { SessionConfig } from "../../../src/kernel/SessionConfig.ts"
import { account } from "./accounts.ts"
import { catalogue } from "./catalogue.ts"
import { fakeLedger, type Mischief } from "./FakeLedger.ts"

const company = (id: string, collects: boolean) =>
  new Entity({
    id: EntityId.make(id),
    name: id,
    collects,
    paysOut: true,
    underwrittenFor: ["merchandise", "membership"],
    placeholder: true
  })

const brand = (id: string, entities: ReadonlyArray<string>) =>
  new Brand({
    id: BrandId.make(id),
    name: id,
    entities: entities.map((one) => EntityId.make(one)),
    redirectOrigins: ["https://shop.example"]
  })

const entities = [company("loop_goods", true), company("loop_health", true), company("loop_payouts", false)]
const brands = [brand("loop-goods", ["loop_goods", "loop_payouts"]), brand("loop-health", ["loop_health"])]
const accounts = [account({ id: "mid_a" }), account({ id: "mid_b", rules: { maximumAmount: 5000 } })]

export const registry: EntityRegistry["Service"] = {
  snapshot: Effect.succeed({
    entities: new Map(entities.map((one): [string, Entity] => [one.id, one])),
    brands: new Map(brands.map((one): [string, Brand] => [one.id, one])),
    accounts: new Map(accounts.map((one) => [one.account.id, one.account])),
    policy: compile(1, accounts)
  }),
  refresh: Effect.void,
  stop: () => Effect.die("no test flips a switch here")
}

/** A declaration that nothing stands against. */
export const good: SessionConfig = {
  customer: "user_1",
  brand: "loop-goods",
  entity: "loop_goods",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_mug", quantity: 2 }] },
  mode: "hosted"
}

export const by = Principal.make("app")
export const lifetime = Duration.minutes(30)

const asSession = (declaration: SessionDeclaration): PaymentSession =>
  new PaymentSession({
    ...declaration,
    state: "pending",
    createdAt: DateTime.makeUnsafe(0),
    expiresAt: DateTime.makeUnsafe(1_800_000),
    updatedAt: DateTime.makeUnsafe(0)
  })

/** Sessions over a ledger that keeps what is declared, or answers what a test says. */
export const openSessions = (answers: Mischief["answers"] = {}) => {
  const declared: Array<SessionDeclaration> = []
  const ledger = fakeLedger({
    answers: {
      declare: (declaration) => {
        declared.push(declaration)
        return Effect.succeed<Declaring>({ _tag: "Created", session: asSession(declaration) })
      },
      declaredBefore: () => Effect.undefined,
      ...answers
    }
  })
  const layer = PaymentSessions.layer({ lifetime }).pipe(
    Layer.provide([
      Layer.succeed(EntityRegistry, registry),
      Layer.succeed(PaymentLedger, ledger.service),
      Layer.succeed(PriceCatalogue, catalogue),
      SecureRandom.layerWebCrypto
    ])
  )
  const call = <A, E>(use: (sessions: PaymentSessions["Service"]) => Effect.Effect<A, E>) =>
    Effect.scoped(
      Effect.flatMap(Layer.build(layer), (context) =>
        Effect.provideContext(Effect.flatMap(PaymentSessions, use), context)
      )
    )
  const create = (changes: Partial<SessionConfig> = {}) =>
    call((sessions) => sessions.create({ by, idempotencyKey: "key_1", body: { ...good, ...changes } }))
  return { call, create, declared }
}
