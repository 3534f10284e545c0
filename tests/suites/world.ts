import { randomBytes } from "node:crypto"
import { DateTime, Duration, Effect } from "effect"
import { type CardBrand, VaultToken } from "../../src/kernel/Card.ts"
import {
  Absent,
  Captured,
  Declined,
  Indeterminate,
  type RetryAdvice
} from "../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import { Brand, Entity } from "../../src/kernel/Entity.ts"
import { BrandId, CustomerId, EntityId, MidId, Principal, SessionId } from "../../src/kernel/ids.ts"
import { AcceptanceRules, Gate, MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { Money } from "../../src/kernel/Money.ts"
import { Outbox, type PaymentEvent } from "../../src/kernel/Outbox.ts"
import {
  type Candidate,
  type Confirmation,
  type Reporter,
  type IdempotentRequest,
  PaymentLedger
} from "../../src/kernel/PaymentLedger.ts"
import { SessionDeclaration } from "../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import type { SessionConfig } from "../../src/kernel/SessionConfig.ts"
import { fixtureProviders, StorageFixture } from "./StorageFixture.ts"

// What the laws of the storage ports start from: companies, sessions and answers of processors, all with ids that
// nobody else has, because a storage outlives one test.

/** An id part that is new: lower-case letters and digits. */
export const fresh = (): string => randomBytes(8).toString("hex")

export const freshSessionId = (): SessionId => {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
  return SessionId.make(`ps_${[...randomBytes(26)].map((byte) => alphabet[byte % 32]).join("")}`)
}

/** A time that is never over in a test, and one that is over by the next call. */
export const long = Duration.hours(1)
export const over = Duration.zero

export const app = Principal.make("app")

/** One entity that sells supplements under one brand over three accounts, and one foreign account. */
export interface World {
  readonly entity: Entity
  readonly brand: Brand
  readonly accounts: readonly [MerchantAccount, MerchantAccount, MerchantAccount]
  /** The three accounts, to be tried in this order. */
  readonly candidates: readonly [Candidate, Candidate, Candidate]
  /** An account of another company, underwritten for the same category. */
  readonly foreign: Candidate
  /** Rows of that other company. */
  readonly others: {
    readonly entities: ReadonlyArray<Entity>
    readonly accounts: ReadonlyArray<MerchantAccount>
  }
}

export const account = (
  entity: EntityId,
  fields: Partial<
    Pick<MerchantAccount, "provider" | "priority" | "status" | "killSwitch" | "monthlyCap" | "live" | "gates">
  > = {}
): MerchantAccount =>
  new MerchantAccount({
    id: MidId.make(`mid_${fresh()}`),
    entity,
    provider: fixtureProviders[0],
    name: "An account",
    status: "active",
    killSwitch: false,
    underwrittenFor: ["supplements"],
    accepts: new AcceptanceRules({ currencies: ["USD"] }),
    priority: 1,
    weight: 1,
    ...fields
  })

/** What makes an account one that charges money. */
export const live = {
  live: true,
  gates: Gate.literals.map((gate) => ({
    gate,
    by: gate === "banking" ? "a banker" : "an officer",
    at: DateTime.makeUnsafe(0)
  }))
} as const

export const company = (fields: Partial<Pick<Entity, "collects">> = {}): Entity =>
  new Entity({
    id: EntityId.make(`llc_${fresh()}`),
    name: "A company",
    collects: true,
    paysOut: true,
    underwrittenFor: ["supplements"],
    placeholder: true,
    ...fields
  })

export const brandOf = (...entities: ReadonlyArray<Entity>): Brand =>
  new Brand({
    id: BrandId.make(`brand-${fresh()}`),
    name: "A brand",
    entities: entities.map(({ id }) => id),
    redirectOrigins: ["https://shop.example"]
  })

export const candidate = ({ id, provider }: MerchantAccount, lease = long): Candidate => ({
  mid: id,
  provider,
  lease
})

export const drawWorld = (fields: Parameters<typeof account>[1] = {}): World => {
  const entity = company()
  const other = company()
  const accounts = [
    account(entity.id, { priority: 1, ...fields }),
    account(entity.id, { priority: 2, provider: fixtureProviders[1], ...fields }),
    account(entity.id, { priority: 3, ...fields })
  ] as const
  const foreign = account(other.id)
  return {
    entity,
    brand: brandOf(entity),
    accounts,
    candidates: [candidate(accounts[0]), candidate(accounts[1]), candidate(accounts[2])],
    foreign: candidate(foreign),
    others: { entities: [other], accounts: [foreign] }
  }
}

export const seedWorld = Effect.fnUntraced(function* ({ entity, brand, accounts, others }: World) {
  yield* (yield* StorageFixture).seed({
    entities: [entity, ...others.entities],
    brands: [brand],
    accounts: [...accounts, ...others.accounts]
  })
})

/** A world that the storage knows. */
export const newWorld = Effect.sync(() => drawWorld()).pipe(Effect.tap(seedWorld))

/** The same with accounts that charge money. */
export const newLiveWorld = Effect.sync(() => drawWorld(live)).pipe(Effect.tap(seedWorld))

export const price = new Money({ amount: 4200, currency: "USD" })

export const declarationIn = (
  { entity, brand }: World,
  fields: Partial<Pick<SessionDeclaration, "orderReference" | "category" | "id">> = {}
): SessionDeclaration =>
  new SessionDeclaration({
    id: freshSessionId(),
    customer: CustomerId.make("loop_user_1"),
    brand: brand.id,
    entity: entity.id,
    category: "supplements",
    money: price,
    intent: {
      type: "line_items",
      lines: [
        { name: "Magnesium", priceRef: "price_mg", quantity: 2, unitAmount: 2100, category: "supplements" }
      ]
    },
    mode: "hosted",
    theme: { colour: "green" },
    metadata: { campaign: "autumn" },
    redirects: { successUrl: "https://shop.example/thanks", cancelUrl: "https://shop.example/cart" },
    ...fields
  })

export const configOf = (declaration: SessionDeclaration): SessionConfig => ({
  customer: declaration.customer,
  brand: declaration.brand,
  entity: declaration.entity,
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_mg", quantity: 2 }] },
  mode: declaration.mode,
  product: undefined,
  orderReference: declaration.orderReference
})

/** A new pending session. */
export const declared = Effect.fnUntraced(function* (
  world: World,
  {
    lifetime = long,
    ...fields
  }: Parameters<typeof declarationIn>[1] & { readonly lifetime?: Duration.Duration } = {}
) {
  const declaration = declarationIn(world, fields)
  const declaring = yield* (yield* PaymentLedger).declare(declaration, lifetime, {
    by: app,
    body: configOf(declaration)
  })
  if (declaring._tag !== "Created") return yield* Effect.die(`expected a new session, got ${declaring._tag}`)
  return declaring.session
})

/** A card as its vault names it. */
export interface KnownCard {
  readonly cardBrand: CardBrand
  readonly fingerprint: string
}

export const decisionFor = ({ entity, candidates }: World, card?: KnownCard): RoutingDecision =>
  RoutingDecision.make({
    policyVersion: 1,
    inputs: {
      entity: entity.id,
      category: "supplements",
      amount: price.amount,
      currency: price.currency,
      risk: "low",
      ...card
    },
    chosen: candidates.map(({ mid }) => mid),
    leftOut: []
  })

export const confirmation = (
  idempotencyKey?: string,
  tokenRef = "tok_1"
): IdempotentRequest<Confirmation> => ({
  by: app,
  idempotencyKey,
  body: { vaultToken: new VaultToken({ vaultId: "stub", tokenRef }), riskLevel: "low" }
})

/** Opens a session without expecting anything. */
export const open = Effect.fnUntraced(function* (
  world: World,
  session: SessionId,
  {
    candidates = world.candidates,
    request = confirmation(),
    card
  }: {
    readonly card?: KnownCard
    readonly candidates?: ReadonlyArray<Candidate>
    readonly request?: IdempotentRequest<Confirmation>
  } = {}
) {
  return yield* (yield* PaymentLedger).open(session, candidates, decisionFor(world, card), request)
})

/** The permit of a session that may be opened. */
export const opened = Effect.fnUntraced(function* (
  world: World,
  session: SessionId,
  candidates: ReadonlyArray<Candidate> = world.candidates
) {
  const opening = yield* open(world, session, { candidates })
  if (opening._tag !== "Permitted") return yield* Effect.die(`expected a permit, got ${opening._tag}`)
  return opening.permit
})

/** A new session with its first attempt in flight. */
export const charging = Effect.fnUntraced(function* (world: World, lease = long) {
  const session = yield* declared(world)
  const permit = yield* opened(world, session.id, [candidate(world.accounts[0], lease)])
  return { session: session.id, permit }
})

export const captured = (
  processorReference = `ref_${fresh()}`,
  amount = price.amount,
  currency = price.currency
) =>
  new Captured({
    processorReference,
    amount,
    currency,
    evidence: { code: "approved", message: "captured" }
  })
export const declined = (kind: Declined["kind"] = "soft", advice?: RetryAdvice) =>
  new Declined({
    kind,
    ...(advice === undefined ? {} : { advice }),
    evidence: { code: "do_not_honor", message: "declined" }
  })
export const timeout = new Indeterminate({ evidence: { code: "timeout", message: "no answer" } })
export const absent = new Absent({ evidence: { code: "not_found", message: "never heard of it" } })

/** Records an outcome of a permit's attempt; by its driver, under its fence, with nowhere to go on to. */
export const record = Effect.fnUntraced(function* (
  { attempt: { attempt, fence } }: SendPermit,
  outcome: Captured | Declined | Indeterminate | Absent,
  as: {
    readonly source?: Reporter
    readonly fence?: number
    readonly next?: ReadonlyArray<Candidate>
  } = {}
) {
  return yield* (yield* PaymentLedger).record({
    attempt,
    fence,
    outcome,
    source: "driver",
    next: [],
    by: app,
    ...as
  })
})

export const stateOf = Effect.fnUntraced(function* (session: SessionId) {
  return (yield* (yield* PaymentLedger).session(session))?.state
})

export const attemptStates = Effect.fnUntraced(function* (session: SessionId) {
  return (yield* (yield* PaymentLedger).attempts(session)).map(({ state }) => state)
})

export const written = Effect.fnUntraced(function* (session: SessionId) {
  return yield* (yield* StorageFixture).written(session)
})

/** More than any test leaves behind. */
export const everything = 100_000

/** The events of one session that were not delivered yet, in their order; nobody is kept from them. */
export const eventsOf = Effect.fnUntraced(function* (session: SessionId) {
  const events: ReadonlyArray<PaymentEvent> = yield* (yield* Outbox).claim(everything, over)
  return events.filter((event) => event.session === session)
})

export const eventTypes = Effect.fnUntraced(function* (session: SessionId) {
  return (yield* eventsOf(session)).map(({ type }) => type)
})

/** Everything that a refused step may not have touched. */
export const everythingOf = Effect.fnUntraced(function* (session: SessionId) {
  const ledger = yield* PaymentLedger
  return {
    session: yield* ledger.session(session),
    attempts: yield* ledger.attempts(session),
    written: yield* written(session),
    events: yield* eventTypes(session)
  }
})
